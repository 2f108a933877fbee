"""The statuses of a run or step: their colours, their times, and the way a run took through them."""

from collections.abc import Mapping, Sequence
from html import escape
from itertools import pairwise
from typing import Any, NamedTuple

from helpers.traffic import statuses_of
from helpers.views import AMBER, BLUE, GREEN, GREY, RED

Facts = Mapping[str, Any]

COLOURS = {
    "queued": GREY,
    "in_progress": BLUE,
    "requires_action": AMBER,
    "cancelling": AMBER,
    "completed": GREEN,
    "incomplete": AMBER,
    "cancelled": GREY,
    "expired": RED,
    "failed": RED,
}
UNFINISHED = ("queued", "in_progress", "requires_action", "cancelling")
ENDS = ("completed_at", "failed_at", "cancelled_at", "expired_at")
_AT_WORK = ("queued", "in_progress")


class Moments(NamedTuple):
    """When a run changed its status."""

    changes: Sequence[tuple[float, str]]
    """Seconds since it was created or first seen, and the status that began then."""
    watched: bool
    """Whether a client saw them; otherwise they are the object's own whole seconds."""

    def elapsed(self, seconds: float) -> str:
        """A duration, as exactly as it is known."""
        return f"{seconds * 1000:.0f} ms" if self.watched else f"{seconds:.0f} s"


def moments_of(facts: Facts) -> Moments:
    """The statuses as the client saw them, otherwise from the object's whole seconds."""
    seen = statuses_of(str(facts.get("id", "")))
    watched = len(seen) > 1 and seen[-1][1] == facts.get("status")
    return Moments(seen, True) if watched else Moments(_from_timestamps(facts), False)


def path_of(facts: Facts) -> list[str]:
    """The statuses in their order, the same for everybody who saw the run wait.

    The object does not remember that its run waited for functions; a client that answered did see it.
    """
    names = [name for _, name in _from_timestamps(facts)]
    seen = [name for _, name in statuses_of(str(facts.get("id", "")))]
    waits = _waits(seen) if seen and seen[-1] == names[-1] else []
    if waits and names[-1] == "queued":
        waits.pop()
    return [*_AT_WORK, *waits, *(name for name in names if name not in _AT_WORK)] if waits else names


def took(facts: Facts) -> str:
    """How long the run took, from its own whole seconds; empty while it runs."""
    moments = Moments(_from_timestamps(facts), False)
    at, status = moments.changes[-1]
    return moments.elapsed(at) if status not in UNFINISHED else ""


def badge(status: str) -> str:
    """A status with its colour."""
    dot = f"display:inline-block;width:9px;height:9px;border-radius:5px;background:{COLOURS.get(status, GREY)}"
    return f'<span style="white-space:nowrap"><span style="{dot}"></span> {escape(status)}</span>'


def _waits(seen: Sequence[str]) -> list[str]:
    """The statuses from the first wait for functions on, without the end; who polls may miss some of them."""
    found: list[str] = []
    for status, following in pairwise(seen):
        if status == "requires_action":
            found += [status, *(_AT_WORK if following in _AT_WORK else ())]
    return found


def _from_timestamps(facts: Facts) -> list[tuple[float, str]]:
    status = str(facts.get("status", "?"))
    created, started = facts.get("created_at"), facts.get("started_at")
    ended = next((facts[name] for name in ENDS if facts.get(name)), None)
    if created is None:
        return [(0.0, status)]
    moments = [(created, "queued")]
    if started and (ended or status != "queued"):
        moments.append((started, "in_progress"))
    if status == "cancelled":  # there is no other way to get there
        moments.append((ended or moments[-1][0], "cancelling"))
    if status not in {"queued", "in_progress"}:
        moments.append((ended or moments[-1][0], status))
    return [(max(0.0, float(at - created)), name) for at, name in moments]
