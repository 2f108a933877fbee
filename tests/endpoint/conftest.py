"""An endpoint to talk to, and clients whose every answer is checked."""

import logging
import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import httpx2
import openai
import pytest
from openai.types.beta import Assistant, Thread
from support.recording import Recorder
from support.schemas import Schemas
from support.scripted import Scripted
from support.talking import V2, azure

from mock_endpoint.server import Options, Running, start
from mock_endpoint.state.store import Store

Starter = Callable[..., Running]


@pytest.fixture(scope="session")
def recorder() -> Iterator[Recorder]:
    """Where all clients of these tests send their requests through."""
    file = os.environ.get("KIT_OPENAPI", "none")
    recorder = Recorder(None if file == "none" else Schemas(Path(file)))
    yield recorder
    recorder.close()


@pytest.fixture(autouse=True)
def every_answer_is_right(recorder: Recorder) -> Iterator[None]:
    """Contract §8.3, §12.36, §12.38, §13: headers, error bodies and the published schemas, in every test."""
    recorder.clear()
    yield
    assert recorder.faults == []


@pytest.fixture(scope="session")
def model() -> Scripted:
    """The model of the shared endpoint."""
    return Scripted()


@pytest.fixture(scope="session")
def endpoint(tmp_path_factory: pytest.TempPathFactory, model: Scripted) -> Iterator[Running]:
    """One endpoint for all tests that make their own objects on it."""
    with start(Options(state=tmp_path_factory.mktemp("shared") / "state.db", model=model)) as running:
        yield running


@pytest.fixture
def starting(tmp_path: Path) -> Iterator[Starter]:
    """Start an endpoint of the test's own: `starting(pace=1)`; it stops by itself."""
    with ExitStack() as stack:

        def begin(**options: Any) -> Running:  # noqa: ANN401
            given: dict[str, Any] = {"state": tmp_path / "state.db", "model": Scripted()} | options
            return stack.enter_context(start(Options(**given)))

        yield begin


@pytest.fixture
def state(tmp_path: Path) -> Path:
    """A state file that is not there yet."""
    return tmp_path / "state.db"


@pytest.fixture
def client(endpoint: Running, recorder: Recorder) -> Iterator[openai.AzureOpenAI]:
    """The official client on the later shape; its own types are checked strictly."""
    with azure(endpoint, recorder) as client:
        yield client


@pytest.fixture
def old(endpoint: Running, recorder: Recorder) -> Iterator[openai.AzureOpenAI]:
    """The official client on the old shape, whose objects its types no longer describe."""
    with azure(endpoint, recorder, api_version="2024-02-15-preview", _strict_response_validation=False) as client:
        yield client


@pytest.fixture
def raw(endpoint: Running, recorder: Recorder) -> Iterator[httpx2.Client]:
    """Plain HTTP on the dated paths, with the key and the api-version of the later shape."""
    with httpx2.Client(
        base_url=f"{endpoint.url}/openai/", transport=recorder, headers={"api-key": endpoint.key}, params=V2
    ) as client:
        yield client


@pytest.fixture
def assistant(client: openai.AzureOpenAI) -> Assistant:
    """An assistant with instructions: the client types a run without any as impossible (see `test_runs.py`)."""
    return client.beta.assistants.create(model="gpt-4o", instructions="Answer.")


@pytest.fixture
def thread(client: openai.AzureOpenAI) -> Thread:
    """An empty thread."""
    return client.beta.threads.create()


@pytest.fixture
def stored(endpoint: Running) -> Iterator[Store]:
    """The endpoint's state as another process sees it."""
    assert endpoint.key_file is not None
    store = Store(endpoint.key_file.with_suffix(""))
    yield store
    store.close()


@pytest.fixture
def files(client: openai.AzureOpenAI) -> list[str]:
    """Two uploaded files."""
    return [client.files.create(file=(name, b"a,b"), purpose="assistants").id for name in ("a.csv", "b.csv")]


@pytest.fixture
def logged(caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]) -> Callable[[], str]:
    """What the server said on the screen or in its log."""
    caplog.set_level(logging.WARNING)

    def said() -> str:
        return "".join(capfd.readouterr()) + "".join(record.getMessage() for record in caplog.records)

    return said
