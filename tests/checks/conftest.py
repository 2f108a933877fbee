"""What a lesson has when its check is called: a recording client, an endpoint, and somebody to read the verdict."""

from collections.abc import Callable, Iterator

import openai
import pytest

from helpers import connect
from helpers.exercises.checking import check
from mock_endpoint.server import Options, start

Say = Callable[..., str]
"""Runs a check; what it printed comes back."""


@pytest.fixture
def pace() -> float:
    """Seconds that a run thinks; a file whose runs shall be stopped midway has a fixture of its own."""
    return 0


@pytest.fixture
def client(monkeypatch: pytest.MonkeyPatch, empty_log: None, pace: float) -> Iterator[openai.AzureOpenAI]:
    """What `connect` gives a lesson, with an endpoint and a log of this test alone."""
    with start(Options(state="memory", key="a key of this test", pace=pace)) as running:
        monkeypatch.setenv("AZURE_OPENAI_ENDPOINT", running.url)
        monkeypatch.setenv("AZURE_OPENAI_KEY", running.key)
        with connect() as made:
            yield made


@pytest.fixture
def say(client: openai.AzureOpenAI, capsys: pytest.CaptureFixture[str]) -> Say:
    """What a check says, in one line."""

    def said(*arguments: object) -> str:
        capsys.readouterr()
        check(*arguments)  # pyrefly: ignore[bad-argument-type]
        return capsys.readouterr().out.strip()

    return said
