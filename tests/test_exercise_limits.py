"""Functions of learners that do not stop: each is stopped, and told what it did."""

import _thread
import contextlib
import signal
import threading
import time
from collections.abc import Callable, Iterator

import openai
import pytest

from helpers import connect
from helpers.exercises import trying
from helpers.exercises.trying import NotYet, calling


@pytest.fixture
def client(monkeypatch: pytest.MonkeyPatch, empty_log: None) -> openai.AzureOpenAI:
    """A client of an endpoint of this test's own."""
    monkeypatch.setenv("KIT_PACE", "0")
    client: openai.AzureOpenAI = connect()
    return client


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(trying, "SECONDS", 1.0)


@pytest.fixture
def interruptible() -> Iterator[None]:
    """Tests that were started in the background are deaf to an interrupt; here they are not."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


def _busy() -> None:
    while True:
        pass


def _sleepy() -> None:
    while True:
        time.sleep(0.01)


def _stubborn() -> None:
    while True:
        with contextlib.suppress(Exception):
            time.sleep(0.01)


@pytest.mark.parametrize("function", [_busy, _sleepy, _stubborn])
def test_what_never_returns_is_stopped(function: Callable[[], None]) -> None:
    """And nothing of it is left behind."""
    before = threading.active_count()
    with pytest.raises(NotYet, match=rf"{function.__name__} was stopped: it had not returned after \d+ seconds"):
        calling(function)
    assert threading.active_count() == before


def test_what_grows_is_stopped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(trying, "SECONDS", 60.0)
    monkeypatch.setattr(trying, "MOST_MEGABYTES", 100)
    kept: list[bytearray] = []

    def grow() -> None:
        while True:
            kept.append(bytearray(b"x") * 1_000_000)

    with pytest.raises(NotYet, match=r"grow was stopped: it took \d+ MB of memory"):
        calling(grow)
    kept.clear()


def test_a_page_that_is_never_turned(client: openai.AzureOpenAI, monkeypatch: pytest.MonkeyPatch) -> None:
    """The endless loop that took all memory: what was asked for again and again is named."""
    monkeypatch.setattr(trying, "SECONDS", 60.0)
    monkeypatch.setattr(trying, "MOST_PAGES", 20)
    thread = client.beta.threads.create(messages=[{"role": "user", "content": "Hello"}])

    def everything(thread_id: str) -> None:
        found: list[object] = []
        while True:
            found += client.beta.threads.messages.list(thread_id=thread_id).data

    with pytest.raises(NotYet) as reason:
        calling(everything, thread.id)
    assert "everything was stopped: it asked for " in str(reason.value)
    assert "times it was the same page, so what turns it?" in str(reason.value)


def test_a_run_that_is_asked_for_after_its_end(client: openai.AzureOpenAI, monkeypatch: pytest.MonkeyPatch) -> None:
    """A loop that waits for a status that never comes."""
    monkeypatch.setattr(trying, "SECONDS", 60.0)
    tabi = client.beta.assistants.create(model="gpt-35-turbo")

    def ask(question: str) -> None:
        thread = client.beta.threads.create(messages=[{"role": "user", "content": question}])
        run = client.beta.threads.runs.create(thread.id, assistant_id=tabi.id)
        while run.status != "done":
            run = client.beta.threads.runs.retrieve(run.id, thread_id=thread.id)

    with pytest.raises(NotYet, match="kept asking for a run that had ended as completed; which statuses end its loop"):
        calling(ask, "Hello")


@pytest.mark.usefixtures("interruptible")
def test_an_interrupt_stops_the_call_as_well(monkeypatch: pytest.MonkeyPatch) -> None:
    """The Stop button reaches the thread that waits."""
    monkeypatch.setattr(trying, "SECONDS", 60.0)
    stopped = threading.Event()

    def sleepy() -> None:
        try:
            _thread.interrupt_main()
            _sleepy()
        finally:
            stopped.set()

    with pytest.raises(KeyboardInterrupt):
        calling(sleepy)
    assert stopped.is_set()


def test_a_model_of_ones_own_has_more_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is too long for the offline model is not for a real one."""
    monkeypatch.setenv("MODEL_BASE_URL", "http://127.0.0.1:1/v1")
    monkeypatch.setenv("MODEL_NAME", "a model")
    calling(time.sleep, 1.3)
