"""The ends of a run that somebody wished for: Stop, close and the kernel's interrupt; and the wait for another run."""

import threading
from collections.abc import Iterator
from typing import Any

import openai
import pytest
from support.boxes import kinds, page_says, press, settle, told
from support.scripted import Scripted
from support.talking import served

from helpers import ChatBox, KitError
from helpers.chat.words import ENGLISH

TOOL: Any = {"type": "function", "function": {"name": "get_weather"}}


@pytest.fixture
def client() -> Iterator[openai.AzureOpenAI]:
    """A client of an endpoint that thinks for a moment."""
    with served(pace=0.2) as made:
        yield made


@pytest.fixture
def scripted() -> Iterator[openai.AzureOpenAI]:
    """A client of an endpoint that does what it is told, at once."""
    with served(model=Scripted()) as made:
        yield made


def test_stop_cancels_on_the_server(scripted: openai.AzureOpenAI, monkeypatch: pytest.MonkeyPatch) -> None:
    """What was written stays, the end is no error, and Retry asks once more."""
    box = ChatBox(scripted, scripted.beta.assistants.create(model="gpt-4o", name="Tabi"))
    messages = told(box, monkeypatch)
    press(box, "wait")
    while not messages:
        threading.Event().wait(0.01)
    page_says(box, "stop", question=0)
    assert box.widget.status == ENGLISH["stopping"]
    settle(box)
    assert kinds(box) == ["question", "answer", "stopped"]
    assert [bubble.text for bubble in box.bubbles[1:]] == ["Hm", ENGLISH["stopped"]]
    thread_id = box._conversation.thread_id
    assert thread_id is not None
    assert scripted.beta.threads.runs.list(thread_id).data[0].status == "cancelled"
    assert not box.widget.busy
    box.close()


def test_a_late_stop_stops_nothing(scripted: openai.AzureOpenAI, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither an idle box nor the question after the one that it was meant for."""
    box = ChatBox(scripted, scripted.beta.assistants.create(model="gpt-4o"))
    page_says(box, "stop", question=0)
    assert box.widget.status == ENGLISH["hint"]
    box.ask("Hello")
    page_says(box, "stop", question=0)
    assert box.widget.status == ENGLISH["hint"]
    messages = told(box, monkeypatch)
    press(box, "wait")
    while not messages:
        threading.Event().wait(0.01)
    page_says(box, "stop", question=0)
    assert box.widget.status != ENGLISH["stopping"]
    assert not box._conversation.stopping
    page_says(box, "stop", question=2)
    settle(box)
    assert kinds(box)[-1] == "stopped"
    box.close()


def test_stop_says_what_it_waits_for(scripted: openai.AzureOpenAI) -> None:
    """A function at work cannot be interrupted; when it returns, nothing more is asked."""
    at_work, go_on = threading.Event(), threading.Event()

    def get_weather(city: str) -> str:
        at_work.set()
        go_on.wait(20)
        return city

    assistant = scripted.beta.assistants.create(model="gpt-4o", tools=[TOOL])
    box = ChatBox(scripted, assistant, functions=[get_weather])
    press(box, 'call [["get_weather", {"city": "Kyoto"}]]')
    assert at_work.wait(20)
    page_says(box, "stop", question=0)
    assert box.widget.status == ENGLISH["stopping_call"].format(function="get_weather")
    go_on.set()
    settle(box)
    assert kinds(box) == ["question", "call", "stopped"]
    box.close()


def test_another_run_on_the_thread_can_be_waited_for(scripted: openai.AzureOpenAI) -> None:
    """Two boxes on one thread: the service refuses (contract.md 3.3), the box says why; Wait asks when it may."""
    tabi, thread = scripted.beta.assistants.create(model="gpt-4o"), scripted.beta.threads.create()
    first, second = (ChatBox(scripted, tabi, thread=thread) for _ in range(2))
    press(first, "wait")
    while not scripted.beta.threads.runs.list(thread.id).data:
        threading.Event().wait(0.01)
    press(second, "Hello")
    settle(second)
    assert kinds(second) == ["question", "problem"]
    shown = second.widget.turns[-1]
    assert (shown["what"], shown["locked"]) == ("Another run is at work on this thread.", True)
    page_says(second, "wait")
    assert second.widget.status == ENGLISH["waiting_for_run"]
    page_says(second, "stop", question=0)
    settle(second)
    assert kinds(second) == ["question", "stopped"]
    page_says(second, "wait")
    page_says(first, "stop", question=0)
    settle(first)
    settle(second)
    assert kinds(second) == ["question", "answer"]
    assert second.bubbles[-1].text == "echo: Hello"
    first.close()
    second.close()


def test_close_cancels_the_run_and_ends_the_worker(client: openai.AzureOpenAI) -> None:
    """And no later question is taken."""
    box = ChatBox(client, client.beta.assistants.create(model="gpt-35-turbo"))
    box.ask("Hello")
    press(box, "Plan one day in Tokyo.")
    thread_id = box._conversation.thread_id
    assert thread_id is not None
    while box._conversation._run is None:
        threading.Event().wait(0.01)
    box.close()
    assert box._worker is not None
    assert not box._worker.is_alive()
    assert client.beta.threads.runs.list(thread_id).data[0].status == "cancelled"
    with pytest.raises(KitError, match="closed"):
        box.ask("Hello again")


def test_an_interrupted_ask_leaves_no_run_behind(client: openai.AzureOpenAI, monkeypatch: pytest.MonkeyPatch) -> None:
    """The kernel's interrupt would otherwise leave the thread locked."""
    box = ChatBox(client, client.beta.assistants.create(model="gpt-35-turbo"))

    def interrupted(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(box, "_show_event", interrupted)
        with pytest.raises(KeyboardInterrupt):
            box.ask("Plan one day in Tokyo.")
    thread_id = box._conversation.thread_id
    assert thread_id is not None
    assert client.beta.threads.runs.list(thread_id).data[0].status in {"cancelling", "cancelled"}
    assert not box.widget.busy
    assert not box._turn.locked()
    box.close()
