"""Tokens: what runs and steps cost, as numbers and as bars."""

from collections.abc import Mapping, Sequence
from typing import Any

from helpers.display.bars import IN_A_CELL, Stretch, bar
from helpers.display.statuses import UNFINISHED
from helpers.traffic import statuses_of, steps_of
from helpers.views import BLUE, GREEN, quiet

Facts = Mapping[str, Any]

BILLED = "billed again"
"""A member that no object of the API has."""
_IN_RESPONSES = {"prompt_tokens": "input_tokens", "completion_tokens": "output_tokens"}
_AGAIN = f"repeating-linear-gradient(45deg,{BLUE} 0 3px,transparent 3px 6px)"
"""The pattern of what is billed again: told apart without its colour."""
_PLAIN_LEGEND = ((BLUE, "prompt"), (GREEN, "completion"))
_LEGEND = ((BLUE, "prompt"), (_AGAIN, "billed again (about)"), (GREEN, "completion"))


def tokens_of(facts: Facts) -> str:
    """Prompt and completion, for example `25 + 10 = 35`; empty before the end."""
    usage = facts.get("usage")
    if not usage:
        return ""
    prompt, completion = _part(facts, "prompt_tokens"), _part(facts, "completion_tokens")
    return f"{prompt} + {completion} = {usage.get('total_tokens', prompt + completion)}"


def tokens_or_why(facts: Facts) -> str:
    """The same for a table; a run that ended without a number, as a cancelled one does, says so."""
    unknown = "usage" in facts and facts["usage"] is None and facts.get("status") not in UNFINISHED
    return "none: usage is null" if unknown else tokens_of(facts)


def spent(facts: Facts) -> str:
    """The same with its unit, in words."""
    tokens = tokens_of(facts)
    parts = "input + output" if "input_tokens" in (facts.get("usage") or {}) else "prompt + completion"
    return f"{tokens} tokens ({parts})" if tokens else ""


def with_billed_again(items: Sequence[Facts]) -> list[Facts]:
    """The same runs, each with a member `BILLED`: about how many of its prompt tokens the run before was billed for.

    A run reads the whole thread: all that the run before read, and what that wrote. The service does not say it, so it
    is reckoned from the two. 0 for the first run of a thread, for what is no run, and behind a run that seems to have
    read its thread several times, as one does that uses its tools.
    """
    before: dict[object, Facts] = {}
    found: dict[int, int] = {}
    billed = [
        place
        for place, one in enumerate(items)
        if one.get("thread_id") and one.get("object") == "thread.run" and _total(one)
    ]
    for place in sorted(billed, key=lambda place: _order(items[place])):
        run = items[place]
        thread = run.get("thread_id")
        if thread in before:
            found[place] = _again(before[thread], run)
        before[thread] = run
    return [{**item, BILLED: found.get(place, 0)} for place, item in enumerate(items)]


def token_bars(items: Sequence[Facts]) -> list[str]:
    """A bar for each run or step as HTML, as long as its tokens are many; the longest fills the width."""
    full = max(map(_total, items), default=0)
    return [_bar(item, full) if _total(item) else "" for item in items]


def legend(again: bool) -> str:
    """What the parts of a bar mean."""
    swatch = "display:inline-block;width:12px;height:10px;border:1px solid currentColor"
    parts = _LEGEND if again else _PLAIN_LEGEND
    return " ".join(f'<span style="{swatch};background:{fill}"></span> {quiet(what)} ' for fill, what in parts)


def _bar(facts: Facts, full: int) -> str:
    again = int(facts.get(BILLED) or 0)
    parts = [
        ("prompt_tokens billed again", again, _AGAIN),
        ("prompt_tokens", _part(facts, "prompt_tokens") - again, BLUE),
        ("completion_tokens", _part(facts, "completion_tokens"), GREEN),
    ]
    drawn = [Stretch(100 * count / full, fill, f"{name}: {count}") for name, count, fill in parts if count]
    return bar(drawn, IN_A_CELL) + (quiet(f"about {again} billed again") if again else "")


def _again(before: Facts, run: Facts) -> int:
    """What a run reads of what was billed for the one before it."""
    total, prompt = _total(before), _part(run, "prompt_tokens")
    if not before.get("tools"):
        return min(total, prompt)
    number = str(before.get("id", ""))
    waited = "requires_action" in [status for _, status in statuses_of(number)]
    called = any(step.facts.get("type") == "tool_calls" for step in steps_of(number))
    # Who reads a thread twice is billed for more than stands in it.
    return total if total < prompt and not waited and not called else 0


def _order(facts: Facts) -> tuple[int, int]:
    """Runs of one second are told apart by what they read: a thread only grows."""
    return int(facts.get("created_at") or 0), _part(facts, "prompt_tokens")


def _part(facts: Facts, name: str) -> int:
    usage = facts.get("usage") or {}
    return int(usage.get(name) or usage.get(_IN_RESPONSES[name]) or 0)


def _total(facts: Facts) -> int:
    return int((facts.get("usage") or {}).get("total_tokens") or 0)
