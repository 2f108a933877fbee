"""Checks of lesson 06, streaming."""

import ast
import json
from collections.abc import Iterable, Iterator
from itertools import groupby

from openai import AssistantEventHandler, AsyncAssistantEventHandler
from openai.types.beta.threads import Run

from helpers.cells import CELLS
from helpers.connection import connect
from helpers.exercises.choosing import chosen
from helpers.exercises.evidence import as_it_is
from helpers.exercises.trying import ENDED, NotYet
from helpers.traffic import Exchange, exchanges

_DELTA = "thread.message.delta"
_ENDS = tuple(f"thread.run.{status}" for status in (*ENDED, "requires_action"))
"""The last events that a stream brings of its run."""
_WORKING = ("queued", "in_progress")
_NOT_STOPPED = {
    "cancelling": "which is a promise, not an end; read the stream to its end, or ask for the run again",
    "completed": "so nobody asked it to stop, or too late; leaving its stream does not stop it",
}
"""What a status says about a run that should be cancelled."""
_SOON = 4
"""Pieces that may come before the request to cancel: one, and what was under way with it. The lesson waits for five."""
HINTS = {
    "06a": (
        "What does create_and_run return when you give it stream=True, and how is that read?",
        "What does every event have, besides its data?",
        "Which object is made before the run, in the same request?",
    ),
    "06b": (
        "Which method of a handler is called for each piece, and which of its arguments is the piece?",
        "Where do the pieces live between two calls of that method?",
        "What must an __init__ of your own call first?",
    ),
    "06c": (
        "Where do you know that the first piece is there?",
        "What stops a run: leaving the loop, or a request?",
        "How do you learn that it has really stopped, once you have asked?",
    ),
    "06q": (
        "Who does the work: your program, or the endpoint?",
        "Does the endpoint need somebody who listens?",
        "What did the part about leaving a stream show, some seconds later?",
    ),
}


def check_06a(names: Iterable[str]) -> str | None:
    """The events of a stream that made its own thread, in the order in which they came."""
    given = _once_in_a_row(_checked(names))
    streamed = [_names_of(one) for one in _streams() if one.path.endswith("/threads/runs")]
    if not streamed:
        return "no thread and run were made in one request that streams; create_and_run does that"
    if given in streamed and given[-1] not in _ENDS:
        return f"the stream was left at {given[-1]}, before its end; read on until no more events come"
    if given in streamed:
        return None
    if sorted(set(given)) == sorted(set(streamed[-1])):
        return "these are the right names, but not in the order in which they came"
    if streamed[-1][0] not in given:
        return "the first event of that request is not among the names; perhaps they come from another stream"
    return "these are not the names that came over the wire; collect one from each event, until the stream ends"


def check_06b(collector: AssistantEventHandler | AsyncAssistantEventHandler) -> str | None:
    """The handler followed a stream, and kept every piece of text on its own."""
    reason = _no_handler(collector)
    if reason or collector.current_run is None:
        return reason
    stream = _stream_of(collector.current_run.id)
    if stream is None:
        return "its stream is not in the log; use the client of this lesson, and run the cell again"
    kept = getattr(collector, "pieces", None)
    if not isinstance(kept, (list, tuple)):
        return "the handler has no list self.pieces"
    return _compared(list(kept), stream)


def check_06c(run: Run) -> str | None:
    """The run was streamed, and cancelled once its answer had begun."""
    with connect() as client:
        now = as_it_is(client, run)
    if run.status != "cancelled":
        return f"the run is {run.status}, {_not_stopped(run)}"
    if now.status != "cancelled":
        return f"this says cancelled, but the endpoint says that the run is {now.status}; how did you get it?"
    return _not_at_once(run)


def _not_at_once(run: Run) -> str | None:
    """Why this run was not stopped at the first piece of its stream."""
    stream = _stream_of(run.id)
    if stream is None:
        return "the run is cancelled, but its events did not come in a stream of this notebook's client"
    asked = next((one for one in exchanges(last_cell=False) if one.path.endswith(f"/runs/{run.id}/cancel")), None)
    if asked is None:
        return "the run is cancelled, but nobody asked for that here; which call stops a run?"
    deltas = [stream.started + event.seconds for event in stream.events if event.name == _DELTA]
    before = sum(moment < asked.started for moment in deltas)
    if not before:
        return "the run was stopped before its first word; wait for a piece of text, then cancel"
    if before > _SOON:
        return f"{before} pieces had come when the run was asked to stop; do it in a run of your own, at the first"
    return None


def check_06q(then: object) -> str | None:
    """What becomes of a run whose stream breaks off."""
    return chosen(
        then,
        {"goes on"},
        {
            "is cancelled": "who would have asked for that?",
            "fails": "did the work fail, or only the line?",
            "waits": "does the endpoint need a listener to go on working?",
        },
        "one answer is missing",
    )


def _typed() -> bool:
    """Whether the cell that made `names` gives it nothing but texts; `False` where no cell is known."""
    cell = CELLS.maker_of("names")
    try:
        body = ast.parse(cell.source if cell else "").body
    except SyntaxError:
        return False
    given = [one.value for one in body if isinstance(one, ast.Assign) and ast.unparse(one.targets[0]) == "names"]
    parts = [part for value in given[-1:] for part in ast.walk(value)]
    texts = any(isinstance(part, ast.Constant) and isinstance(part.value, str) for part in parts)
    return texts and not any(isinstance(part, ast.Name) for part in parts)


def _not_stopped(run: Run) -> str:
    """What its status says about a run that should be cancelled."""
    if run.status not in _WORKING:
        return _NOT_STOPPED.get(run.status, "not cancelled")
    if any(one.path.endswith(f"/runs/{run.id}/cancel") for one in exchanges(last_cell=False)):
        return "and this is how it was then; you did ask it to stop, so ask for the run again, until it has ended"
    return "so it was still working; ask it to stop, and read on until it has"


def _checked(names: Iterable[object]) -> Iterator[str]:
    """The same names, unless something else is among them: then `NotYet`."""
    if isinstance(names, str):
        raise NotYet("this is one text; a list is asked for, with a text for each name")
    if isinstance(names, (set, frozenset)):
        raise NotYet(f"a {type(names).__name__} does not keep names in an order; a list does")
    if _typed():
        raise NotYet("these names were typed, not read from a stream; how does a loop over a stream get at them?")
    for name in names:
        if isinstance(name, str):
            yield name
        elif hasattr(name, "event"):
            raise NotYet("these are events; keep the name of each: event.event")
        elif isinstance(name, tuple):
            raise NotYet("these are the fields of a run, not events; what makes the request return a stream?")
        else:
            raise NotYet(f"among the names is {type(name).__name__}; event.event is the name of an event, a string")


def _no_handler(collector: object) -> str | None:
    """Why this cannot have followed a stream."""
    if isinstance(collector, type):
        return "that is the class; give check the handler made from it, which followed the stream"
    if not isinstance(collector, AssistantEventHandler | AsyncAssistantEventHandler):
        return f"{type(collector).__name__} is no handler; begin with class Collector(AssistantEventHandler)"
    if not hasattr(collector, "current_run"):
        return f"{type(collector).__name__} has an __init__ without super().__init__(); begin it with that"
    if collector.current_run is None:
        return "the handler has not seen a stream yet; hand it to runs.stream, and read the stream to its end"
    return None


def _compared(kept: list[object], stream: Exchange) -> str | None:
    came = _pieces_of(stream)
    if not kept:
        return "self.pieces is empty; which method is called for each piece of text?"
    if any(not isinstance(piece, str) for piece in kept):
        return f"the pieces are {type(kept[0]).__name__} objects; keep the text that is inside"
    pieces = [piece for piece in kept if piece]
    if pieces[: len(came)] == came and (stream.further_events or len(pieces) == len(came)):
        return None
    if "".join(came) in pieces and len(pieces) > 1:
        return "the pieces overlap, each begins with the one before; one of the two arguments is what was added"
    if pieces == ["".join(came)]:
        return "it is the whole text in one piece; keep the pieces as they arrive"
    return "these are not the pieces that came over the wire; keep each one once, and use a new handler for a stream"


def _streams() -> list[Exchange]:
    """The streams of events that are still remembered, oldest first."""
    return [one for one in exchanges(last_cell=False) if one.is_stream]


def _stream_of(run_id: str) -> Exchange | None:
    """The stream that began with this run; `None` when it is not, or no longer, in the log."""
    return next((one for one in _streams() if any(f'"{run_id}"' in event.data for event in one.events[:3])), None)


def _names_of(stream: Exchange) -> list[str]:
    return _once_in_a_row(event.name for event in stream.events)


def _once_in_a_row(names: Iterable[str]) -> list[str]:
    """The names without repetitions in a row, and without the mark at the end, which the client keeps to itself."""
    return [name for name, _ in groupby(names) if name != "done"]


def _pieces_of(stream: Exchange) -> list[str]:
    """The pieces of text in the deltas of a stream."""
    deltas = [json.loads(event.data)["delta"] for event in stream.events if event.name == _DELTA]
    parts = [part for delta in deltas for part in delta.get("content") or [] if part["type"] == "text"]
    return [part["text"]["value"] for part in parts if part["text"].get("value")]
