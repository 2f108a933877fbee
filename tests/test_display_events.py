"""show() of events that a loop has kept: a line each, deltas in a row as one with what they say."""

from typing import Any

import pytest
from support.answering import DONE, call_delta, client_of, event, run_event, streamed, text_delta
from support.html import unclosed

from helpers.display import view_of

PIECES = (
    run_event("queued"),
    event("thread.message.created", {"id": "msg_1", "object": "thread.message"}),
    text_delta("東京"),
    text_delta("です\n<b>"),
    event("thread.message.completed", {"id": "msg_1", "object": "thread.message"}),
    text_delta("!"),
    DONE,
)
LINES = [
    "thread.run.queued",
    "thread.message.created",
    "thread.message.delta ×2  東京です <b>",
    "thread.message.completed",
    "thread.message.delta ×1  !",
]


def kept(*pieces: bytes) -> list[Any]:
    """The events as the client hands them out."""
    with client_of(lambda _: streamed(*pieces)) as client:
        return list(client.beta.threads.runs.create("thread_1", assistant_id="asst_1", stream=True))


@pytest.mark.parametrize("shape", [list, tuple, lambda found: [one.model_dump(mode="json") for one in found]])
def test_events_are_folded_as_in_wire(shape: Any) -> None:  # noqa: ANN401 - whatever holds them
    """Objects of the client or their JSON; how many there are is said in the HTML."""
    view = view_of(shape(kept(*PIECES)))
    assert view.text.splitlines() == LINES
    assert unclosed(view.html) == []
    assert "thread.message.delta</span> ×2" in view.html
    assert "東京です\n&lt;b&gt;" in view.html
    assert "6 events" in view.html


def test_one_event_alone() -> None:
    """A loop may show each as it comes."""
    first, _, delta, *_ = kept(*PIECES)
    assert [view_of(one).text for one in (first, delta)] == [LINES[0], "thread.message.delta ×1  東京"]
    assert "&quot;status&quot;: &quot;queued&quot;" in view_of(first).html


def test_calls_that_come_in_pieces_are_joined() -> None:
    """As the model wrote them."""
    pieces = [call_delta("", "get_weather"), call_delta('{"city"'), call_delta(': "京都"}')]
    assert view_of(kept(*pieces)).text == 'thread.run.step.delta ×3  get_weather {"city": "京都"}'
