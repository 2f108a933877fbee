"""The endpoint dies while files go into containers and out of them: none is half there, and nothing else is left.

`KIT_SOAK=10` kills it ten times as often.
"""

from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any

import pytest
from support.processes import Serving
from support.recording import Recorder
from support.soaking import SOAK
from support.talking import azure

from mock_endpoint.server import Options, start

from .test_kills import Acknowledged, Client, live_and_die
from .test_upload_processes import blobs

pytestmark = pytest.mark.all

KILLS = 3 * SOAK
LONGEST = 1.0
"""Seconds from the first acknowledged file to the latest kill."""
SIZES = (0, 10, 70_000, 3_000_000)


@dataclass
class Told:
    """What clients were told before the endpoint died."""

    files: dict[str, tuple[str, int]] = field(default_factory=dict)
    """The container of each file that was made, and its bytes, by its id."""
    gone: set[str] = field(default_factory=set)
    """The ids of files and containers that were deleted, or that somebody was about to delete."""


class Filling(Client):
    """Fills containers in place of conversing; every other client with copies of uploaded files."""

    def __init__(self, endpoint: Serving, number: int, told: Told) -> None:
        super().__init__(endpoint, number, Acknowledged())
        self._files = told

    def _converse(self, assistant: str, word: str, *, streams: bool) -> None:
        (self._copy if self._number % 2 else self._upload)()

    def _upload(self) -> None:
        """A container of its own, a file of each size, some of them deleted again."""
        containers = self._client.containers
        box = containers.create(name="box").id
        for size in SIZES:
            self._keep(containers.files.create(box, file=(f"{size}.bin", bytes(size))))
            made = containers.files.create(box, file=("gone.bin", bytes(size)))
            self._files.gone.add(made.id)
            containers.files.delete(made.id, container_id=box)

    def _copy(self) -> None:
        """A container that is made with copies, and one that is deleted with them."""
        containers, files = self._client.containers, self._client.files
        file_ids = [files.create(file=(f"{size}.csv", bytes(size)), purpose="assistants").id for size in SIZES]
        for name in ("kept", "gone"):
            box = containers.create(name=name, file_ids=file_ids).id
            for file in containers.files.list(box):
                self._keep(file)
                if name == "gone":
                    self._files.gone |= {file.id, box}
            if name == "gone":
                containers.delete(box)
        for file_id in file_ids:
            files.delete(file_id)

    def _keep(self, file: Any) -> None:  # noqa: ANN401
        """Take note of a file."""
        self._files.files[file.id] = file.container_id, file.bytes
        self.begun.set()


def test_killed_again_and_again(state: Path, recorder: Recorder) -> None:
    """What was acknowledged is there with all its bytes; each row has its bytes, and no bytes are without a row."""
    for kill in range(KILLS):
        told = Told()
        with Serving(state) as endpoint:
            clients = [Filling(endpoint, number, told) for number in range(4)]
            live_and_die(endpoint, clients, Random(kill).uniform(0, LONGEST))  # noqa: S311
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
