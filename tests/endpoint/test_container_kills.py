"""The endpoint dies while files go into containers and out of them: none is half there, and nothing else is left.

`KIT_SOAK=10` kills it ten times as often.
"""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any

import httpx2
import openai
import pytest
from support.processes import Serving
from support.recording import Recorder
from support.soaking import SOAK
from support.talking import V2, azure

from mock_endpoint.server import Options, start

from .test_upload_processes import blobs

pytestmark = pytest.mark.all

KILLS = 3 * SOAK
LONGEST = 1.0
"""Seconds from the first acknowledged file to the latest kill."""
PATIENCE = 60
"""Seconds for what must happen some time."""
SIZES = (0, 10, 70_000, 3_000_000)


@dataclass
class Told:
    """What clients were told before the endpoint died."""

    files: dict[str, tuple[str, int]] = field(default_factory=dict)
    """The container of each file that was made, and its bytes, by its id."""
    gone: set[str] = field(default_factory=set)
    """The ids of files and containers that were deleted, or that somebody was about to delete."""


class Filling(threading.Thread):
    """Does one thing again and again until nobody answers any more."""

    def __init__(self, endpoint: Serving, told: Told, act: Callable[["Filling", openai.AzureOpenAI], None]) -> None:
        super().__init__()
        self.told, self.begun = told, threading.Event()
        self.broke: BaseException | None = None
        self._act = act
        self._client = openai.AzureOpenAI(
            azure_endpoint=endpoint.url,
            api_key=endpoint.key,
            api_version=V2["api-version"],
            max_retries=0,
            http_client=httpx2.Client(verify=False, timeout=PATIENCE),
        )
        self.start()

    def run(self) -> None:
        """What the thread does."""
        try:
            with self._client as client:
                while True:
                    self._act(self, client)
        except (openai.APIConnectionError, httpx2.TransportError):
            pass
        except BaseException as error:
            self.broke = error
        finally:
            self.begun.set()

    def keep(self, file: Any) -> None:  # noqa: ANN401
        """Take note of a file."""
        self.told.files[file.id] = file.container_id, file.bytes
        self.begun.set()


def upload(filling: Filling, client: openai.AzureOpenAI) -> None:
    """A container of its own, a file of each size, some of them deleted again."""
    box = client.containers.create(name="box").id
    for size in SIZES:
        filling.keep(client.containers.files.create(box, file=(f"{size}.bin", bytes(size))))
        made = client.containers.files.create(box, file=("gone.bin", bytes(size)))
        filling.told.gone.add(made.id)
        client.containers.files.delete(made.id, container_id=box)


def copy(filling: Filling, client: openai.AzureOpenAI) -> None:
    """A container that is made with copies, and one that is deleted with them."""
    file_ids = [client.files.create(file=(f"{size}.csv", bytes(size)), purpose="assistants").id for size in SIZES]
    for name in ("kept", "gone"):
        box = client.containers.create(name=name, file_ids=file_ids).id
        for file in client.containers.files.list(box):
            filling.keep(file)
            if name == "gone":
                filling.told.gone |= {file.id, box}
        if name == "gone":
            client.containers.delete(box)
    for file_id in file_ids:
        client.files.delete(file_id)


def test_killed_again_and_again(state: Path, recorder: Recorder) -> None:
    """What was acknowledged is there with all its bytes; each row has its bytes, and no bytes are without a row."""
    for kill in range(KILLS):
        told = Told()
        with Serving(state) as endpoint:
            fillings = [Filling(endpoint, told, act) for act in (upload, upload, copy, copy)]
            assert fillings[0].begun.wait(PATIENCE)
            time.sleep(Random(kill).uniform(0, LONGEST))  # noqa: S311
            endpoint.kill()
            for filling in fillings:
                filling.join(PATIENCE)
            assert [filling.broke for filling in fillings if filling.broke] == []
        check(state, recorder, told)


def check(state: Path, recorder: Recorder, told: Told) -> None:
    """What the next process finds, and what it has swept away; all that it finds is deleted."""
    with start(Options(state=state)) as running, azure(running, recorder) as client:
        found = {}
        for box in client.containers.list(limit=100):
            for file in client.containers.files.list(box.id, limit=100):
                content = client.containers.files.content.retrieve(file.id, container_id=box.id).read()
                assert len(content) == file.bytes
                found[file.id] = box.id, file.bytes
        expected = {file_id: each for file_id, each in told.files.items() if file_id not in told.gone}
        assert expected.items() <= found.items()
        uploaded = {file.id for file in client.files.list(limit=100)}
        assert blobs(state) == found.keys() | uploaded
        for box in client.containers.list(limit=100):
            client.containers.delete(box.id)
        assert blobs(state) == uploaded
