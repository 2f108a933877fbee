"""Messages as the conversation they are: oldest first, with who and when, and the calls behind an answer."""

from collections.abc import Mapping, Sequence
from typing import Any

from helpers.display.calls import made_calls
from helpers.display.singles import bubble
from helpers.traffic import steps_of
from helpers.views import quiet

Facts = Mapping[str, Any]


def conversation(messages: Sequence[Facts], has_more: bool) -> str:
    """Bubbles as HTML, each with its place in the list; the calls of a run stand before its answer.

    Calls are known where a watched client has seen the steps of the run.
    """
    places = list(enumerate(messages))
    newest_first = _is_newest_first(messages)
    rows = [_one(place, facts) for place, facts in (reversed(places) if newest_first else places)]
    order = "newest" if newest_first else "oldest"
    note = f"read from top to bottom; the list itself has the {order} first, and [0] is its first"
    rest = quiet(f"… and there are {'older' if newest_first else 'newer'} ones") if has_more else ""
    return "".join([rest, *rows] if newest_first else [*rows, rest]) + (quiet(note) if len(messages) > 1 else "")


def _one(place: int, facts: Facts) -> str:
    run = str(facts.get("run_id") or "") if facts.get("role") == "assistant" else ""
    calls = [call for step in steps_of(run) for call in made_calls(step.facts)] if run else []
    return "".join(call.html for call in calls) + bubble(facts, f"[{place}]")


def _is_newest_first(messages: Sequence[Facts]) -> bool:
    """Whether the list runs backwards, as lists do unless asked otherwise; within one second, who answers tells it."""
    first, last = messages[0], messages[-1]
    made, ended = first.get("created_at"), last.get("created_at")
    if isinstance(made, int) and isinstance(ended, int) and made != ended:
        return made > ended
    return not (first.get("role") == "user" and last.get("role") == "assistant")
