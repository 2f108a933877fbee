"""A run as the statuses it went through, its steps, and what they cost in tokens."""

from collections.abc import Mapping, Sequence
from html import escape
from itertools import pairwise
from typing import Any

from helpers.display.calls import awaited_calls, made_calls
from helpers.traffic import statuses_of
from helpers.views import AMBER, BLUE, GREEN, GREY, RED, View, card, mono, plain, quiet

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
_ENDS = ("completed_at", "failed_at", "cancelled_at")
_UNFINISHED = ("queued", "in_progress", "requires_action", "cancelling")
_AT_WORK = ("queued", "in_progress")


def run(facts: Facts) -> View:
    """The way a run went: statuses with times, the functions it waits for, tokens, and the error if there is one."""
    status = str(facts.get("status", "?"))
    calls = [f"waits for {call}" for call in awaited_calls(facts)]
    error = problem_of(facts)
    html = card(
        f"<b>run</b> {mono(facts.get('id', ''))} {quiet(facts.get('model', ''))}",
        timeline(facts),
        *map(mono, calls),
        quiet(_spent(facts)),
        plain(error) if error else "",
        accent=COLOURS.get(status, GREY),
    )
    lines = [
        f"run {facts.get('id', '')}  {facts.get('model', '')}".rstrip(),
        _path(facts),
        *calls,
        _spent(facts),
        error,
    ]
    return View(html, "\n  ".join(line for line in lines if line))


def step(facts: Facts) -> View:
    """One step of a run: what it did, how it ended, what it cost."""
    status, kind = str(facts.get("status", "?")), str(facts.get("type", "step"))
    target = ((facts.get("step_details") or {}).get("message_creation") or {}).get("message_id", "")
    calls = made_calls(facts)
    error = problem_of(facts)
    html = card(
        f"<b>run step</b> {mono(facts.get('id', ''))}",
        f"{escape(kind)} {badge(status)} {quiet(target)}",
        *map(mono, calls),
        quiet(_spent(facts)),
        plain(error) if error else "",
        accent=COLOURS.get(status, GREY),
    )
    lines = [f"run step {facts.get('id', '')}  {kind}  {status}", target, *calls, _spent(facts), error]
    return View(html, "\n  ".join(line for line in lines if line))


def badge(status: str) -> str:
    """A status with its colour."""
    dot = f"display:inline-block;width:9px;height:9px;border-radius:5px;background:{COLOURS.get(status, GREY)}"
    return f'<span style="white-space:nowrap"><span style="{dot}"></span> {escape(status)}</span>'


def problem_of(facts: Facts) -> str:
    """Why a run or step did not complete, in one line; empty when it did."""
    error, details = facts.get("last_error"), facts.get("incomplete_details")
    if error:
        return f"{error.get('code')}: {error.get('message')}"
    return f"incomplete: {details.get('reason')}" if details else ""


def tokens_of(facts: Facts) -> str:
    """Prompt and completion, for example `25 + 10 = 35`; empty before the end."""
    usage = facts.get("usage")
    if not usage:
        return ""
    prompt, completion = usage.get("prompt_tokens", 0), usage.get("completion_tokens", 0)
    return f"{prompt} + {completion} = {usage.get('total_tokens', prompt + completion)}"


def total_of(facts: Facts) -> int:
    """All tokens of a run or step; 0 before the end."""
    return int((facts.get("usage") or {}).get("total_tokens") or 0)


def token_bar(facts: Facts, full: int) -> str:
    """A bar as long as the tokens are many; `full` tokens fill it."""
    usage = facts.get("usage") or {}
    parts = [("prompt_tokens", BLUE), ("completion_tokens", GREEN)]
    return _bar([(100 * usage.get(name, 0) / max(full, 1), colour, name) for name, colour in parts], width=180)


def timeline(facts: Facts) -> str:
    """The statuses as stretches of a bar: as the client saw them, otherwise from the object's whole seconds."""
    seen = statuses_of(str(facts.get("id", "")))
    watched = len(seen) > 1 and seen[-1][1] == facts.get("status")
    moments = seen if watched else _from_timestamps(facts)
    end = moments[-1][0] or 1.0
    stretches = [
        (100 * (until - since) / end, COLOURS.get(status, GREY), status)
        for (since, status), (until, _) in pairwise(moments)
    ]
    last = str(moments[-1][1])
    bar = _bar(stretches or [(100, COLOURS.get(last, GREY), last)])
    stops = " → ".join(f"{badge(status)} {quiet(_elapsed(since, watched))}" for since, status in moments)
    source = "as this client saw it" if watched else "from the object's own times, whole seconds"
    return f"{bar}<div>{stops} {quiet(source)}</div>"


def _path(facts: Facts) -> str:
    """The statuses in their order, the same for everybody who saw the run wait.

    The object does not remember that its run waited for functions; a client that answered did see it.
    """
    names = [name for _, name in _from_timestamps(facts)]
    seen = [name for _, name in statuses_of(str(facts.get("id", "")))]
    waits = _waits(seen) if seen and seen[-1] == names[-1] else []
    if waits and names[-1] == "queued":
        waits.pop()
    return " → ".join([*_AT_WORK, *waits, *(name for name in names if name not in _AT_WORK)] if waits else names)


def _waits(seen: Sequence[str]) -> list[str]:
    """The statuses from the first wait for functions on, without the end; who polls may miss some of them."""
    found: list[str] = []
    for status, following in pairwise(seen):
        if status == "requires_action":
            found += [status, *(_AT_WORK if following in _AT_WORK else ())]
    return found


def took(facts: Facts) -> str:
    """How long the run took, from its own whole seconds; empty while it runs."""
    moments = _from_timestamps(facts)
    return _elapsed(moments[-1][0], watched=False) if moments[-1][1] not in _UNFINISHED else ""


def _from_timestamps(facts: Facts) -> list[tuple[float, str]]:
    status = str(facts.get("status", "?"))
    created, started = facts.get("created_at"), facts.get("started_at")
    ended = next((facts[name] for name in _ENDS if facts.get(name)), None)
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


def _elapsed(seconds: float, watched: bool) -> str:
    return f"{seconds * 1000:.0f} ms" if watched else f"{seconds:.0f} s"


def _spent(facts: Facts) -> str:
    tokens = tokens_of(facts)
    return f"{tokens} tokens (prompt + completion)" if tokens else ""


def _bar(parts: Sequence[tuple[float, str, str]], width: int = 320) -> str:
    inner = "".join(
        f'<div title="{escape(title)}" style="width:{percent:.1f}%;background:{colour};height:10px"></div>'
        for percent, colour, title in parts
    )
    return f'<div style="display:flex;width:{width}px;border-radius:5px;overflow:hidden">{inner}</div>'
