"""The check of exercise 07a against an endpoint: what a fresh start does to the conversation.

This module stands for the learner's notebook: `thread` is a name that lives outside of the functions.
"""

from collections.abc import Callable
from typing import Any

import ipywidgets
import openai
import pytest

from .conftest import Say

thread: Any = None


@pytest.fixture
def answer(client: openai.AzureOpenAI, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """The lesson's function, in a notebook whose thread has just been made."""
    monkeypatch.setitem(globals(), "thread", client.beta.threads.create())
    tabi = client.beta.assistants.create(model="gpt-35-turbo")

    def asked(question: str) -> None:
        client.beta.threads.messages.create(thread.id, role="user", content=question)
        client.beta.threads.runs.create_and_poll(thread_id=thread.id, assistant_id=tabi.id)

    return asked


@pytest.fixture
def verdict(answer: Callable[[str], None], say: Say) -> Callable[..., str]:
    """Checks a button whose click empties the history and then does all of this."""

    def said(*actions: Callable[[], object]) -> str:
        fresh, history = ipywidgets.Button(), ipywidgets.HTML("You: hello")

        def on_fresh(_: object) -> None:
            history.value = ""
            for action in actions:
                action()

        fresh.on_click(on_fresh)
        return say("07a", fresh, history, answer)

    return said


@pytest.fixture
def delete(client: openai.AzureOpenAI) -> Callable[[], object]:
    """Deletes the thread of the conversation."""
    return lambda: client.beta.threads.delete(thread.id)


@pytest.fixture
def renew(client: openai.AzureOpenAI) -> Callable[[], object]:
    """Makes the next question go into a new thread."""

    def renewed() -> None:
        globals()["thread"] = client.beta.threads.create()

    return renewed


def test_07a_takes_a_new_thread(
    verdict: Callable[..., str], delete: Callable[[], object], renew: Callable[[], object]
) -> None:
    """The old one may be deleted or left."""
    assert "07a is correct" in verdict(renew)
    assert "07a is correct" in verdict(delete, renew)


def test_07a_takes_the_right_answer_after_a_thread_was_only_deleted(
    verdict: Callable[..., str], delete: Callable[[], object], renew: Callable[[], object]
) -> None:
    """A first try leaves a thread that is gone; that is no reason to refuse the second."""
    for _ in range(2):
        assert "the thread is gone, and the next question has nowhere to go" in verdict(delete)
    assert "07a is correct" in verdict(delete, renew)


def test_07a_names_what_is_missing(
    client: openai.AzureOpenAI, verdict: Callable[..., str], delete: Callable[[], object]
) -> None:
    """Nothing done at the server, a thread that nobody uses, and the old one deleted besides."""
    unused = client.beta.threads.create
    assert "the screen is empty, but Tabi still remembers" in verdict()
    assert "the next question went into the old one" in verdict(unused)
    assert "the next question went into the old one" in verdict(delete, unused)


def test_07a_shows_an_error_in_one_line(verdict: Callable[..., str], answer: Callable[[str], None], say: Say) -> None:
    """Not as a traceback of the click; and a button without a listener is no error."""

    def fail() -> None:
        raise UnboundLocalError("no value\nfor thread")

    said = verdict(fail)
    assert "on_fresh fails when it is given Button, with UnboundLocalError: no value for thread" in said
    assert "a click on fresh calls nothing yet" in say("07a", ipywidgets.Button(), ipywidgets.HTML(), answer)
