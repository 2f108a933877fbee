"""The checks of lesson 06 against an endpoint: honest answers in other words, and mistakes with their reasons."""

from collections.abc import Callable
from typing import Any

import openai
import pytest
from openai import AssistantEventHandler
from openai.types.beta import Assistant
from openai.types.beta.threads import Run

from .conftest import Say

QUESTION = "Plan one day in Tokyo. Plan one day in Kyoto. Plan one day in Nara."


@pytest.fixture
def pace() -> float:
    """The endpoint takes its time, so that a run can be stopped midway."""
    return 0.2


@pytest.fixture
def asked(client: openai.AzureOpenAI) -> dict[str, Any]:
    """An assistant, and a thread with a question in it: what a stream is given."""
    return {"assistant_id": _tabi(client).id, "thread_id": client.beta.threads.create(messages=[_message()]).id}


def _tabi(client: openai.AzureOpenAI) -> Assistant:
    return client.beta.assistants.create(name="Tabi", model="gpt-35-turbo")


def _message() -> Any:  # noqa: ANN401 - the client's own type
    return {"role": "user", "content": QUESTION}


def test_06a_takes_the_names_in_any_honest_form(client: openai.AzureOpenAI, say: Say) -> None:
    """Once each or every time, as a list or a tuple, by the raw call or the helper."""
    assert "no thread and run were made in one request that streams" in say("06a", ["thread.created"])
    with client.beta.threads.create_and_run_stream(
        assistant_id=_tabi(client).id, thread={"messages": [_message()]}
    ) as stream:
        events = list(stream)
    names = [event.event for event in events]
    once = list(dict.fromkeys(names))
    for answer in (names, tuple(names), once, [*once, "done"]):
        assert "06a is correct" in say("06a", answer)
    assert "not in the order" in say("06a", sorted(once))
    assert "does not keep names in an order" in say("06a", set(names))
    assert "the first event of that request" in say("06a", names[1:])
    assert "not the names that came" in say("06a", once[:-1])
    assert "these are events; keep the name of each: event.event" in say("06a", events)
    assert "among the names is int; event.event is" in say("06a", [*names, 7])
    assert "not of the kind" in say("06a", 42)


class Keeper(AssistantEventHandler):
    """Keeps what `piece` makes of a delta and the text so far."""

    def __init__(self, piece: Callable[[Any, Any], object]) -> None:
        super().__init__()
        self.piece = piece
        self.pieces: list[object] = []

    def on_text_delta(self, delta: Any, snapshot: Any) -> None:  # noqa: ANN401 - the client's own types
        """Keep it."""
        self.pieces.append(self.piece(delta, snapshot))


@pytest.mark.parametrize(
    ("piece", "verdict"),
    [
        (lambda delta, _: delta.value, "06b is correct"),
        (lambda _, snapshot: snapshot.value, "the pieces overlap"),
        (lambda delta, _: delta, "the pieces are TextDelta objects"),
        (lambda delta, _: delta.value.strip(), "not the pieces that came"),
    ],
)
def test_06b_compares_with_the_wire(
    client: openai.AzureOpenAI, asked: dict[str, Any], say: Say, piece: Callable[[Any, Any], object], verdict: str
) -> None:
    """The pieces are those of the deltas, each once."""
    keeper = Keeper(piece)
    assert "has not seen a stream yet" in say("06b", keeper)
    with client.beta.threads.runs.stream(**asked, event_handler=keeper) as stream:
        stream.until_done()
    assert verdict in say("06b", keeper)
    assert verdict in say("06b", stream)


def test_06b_names_the_init_that_was_left_out(client: openai.AzureOpenAI, asked: dict[str, Any], say: Say) -> None:
    """The stream fails with a private name, which the lesson's table has too."""

    class Collector(AssistantEventHandler):
        def __init__(self) -> None:
            self.pieces: list[str] = []

    collector = Collector()
    with (
        pytest.raises(AttributeError, match="'Collector' object has no attribute '_AssistantEventHandler__"),
        client.beta.threads.runs.stream(**asked, event_handler=collector),
    ):
        raise AssertionError("the stream began")
    assert "Collector has an __init__ without super().__init__()" in say("06b", collector)


def test_06b_sees_other_mistakes(client: openai.AzureOpenAI, asked: dict[str, Any], say: Say) -> None:
    """A class, no handler at all, no pieces, and the whole text at once."""
    keeper = Keeper(lambda delta, _: delta.value)
    with client.beta.threads.runs.stream(**asked, event_handler=keeper) as stream:
        stream.until_done()
    keeper.pieces = ["".join(map(str, keeper.pieces))]
    assert "whole text in one piece" in say("06b", keeper)
    keeper.pieces = []
    assert "self.pieces is empty" in say("06b", keeper)
    del keeper.pieces
    assert "no list self.pieces" in say("06b", keeper)
    assert "that is the class" in say("06b", Keeper)
    assert "list is no handler" in say("06b", ["Begin"])


@pytest.mark.parametrize("pace", [1.5])
def test_06c_takes_a_run_that_was_stopped_midway(client: openai.AzureOpenAI, asked: dict[str, Any], say: Say) -> None:
    """By raw events, and followed by polling after the stream was left."""
    stream = client.beta.threads.runs.create(**asked, stream=True)
    for event in stream:
        if event.event == "thread.message.delta":
            break
    stream.close()
    run = client.beta.threads.runs.list(asked["thread_id"]).data[0]
    assert "it was still working" in say("06c", run)
    picture = run.model_copy()
    stopping = client.beta.threads.runs.cancel(run.id, thread_id=run.thread_id)
    assert "a promise" in say("06c", stopping)
    assert "this is how it was then; you did ask it to stop" in say("06c", picture)
    assert "06c is correct" in say("06c", _ended(client, run))


@pytest.mark.parametrize("pace", [3])
def test_06c_wants_an_answer_that_had_begun(client: openai.AzureOpenAI, asked: dict[str, Any], say: Say) -> None:
    """Not a run that was stopped at once; it thinks for long, so that a busy machine stops it in time."""
    with client.beta.threads.runs.stream(**asked) as stream:
        next(iter(stream))
        assert stream.current_run
        client.beta.threads.runs.cancel(stream.current_run.id, thread_id=asked["thread_id"])
        run = stream.get_final_run()
    assert "before its first word" in say("06c", run)


def test_06c_wants_a_stream_that_was_stopped(client: openai.AzureOpenAI, asked: dict[str, Any], say: Say) -> None:
    """Neither a run without a stream, nor one that nobody stopped."""
    silent = client.beta.threads.runs.create(**asked)
    client.beta.threads.runs.cancel(silent.id, thread_id=silent.thread_id)
    assert "did not come in a stream" in say("06c", _ended(client, silent))

    with client.beta.threads.runs.stream(**asked) as stream:
        run = stream.get_final_run()
    assert "leaving its stream does not stop it" in say("06c", run)


def _ended(client: openai.AzureOpenAI, run: Run) -> Run:
    return client.beta.threads.runs.poll(run.id, thread_id=run.thread_id)
