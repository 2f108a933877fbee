"""A run over real time: its statuses, its steps with their calls, and tokens at the side."""

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any

from helpers.display.bars import IN_A_ROW, Stretch, bar
from helpers.display.calls import made_calls
from helpers.display.statuses import COLOURS, ENDS, Moments, badge, moments_of
from helpers.display.tokens import spent, tokens_of
from helpers.traffic import SeenStep, steps_of
from helpers.views import GREY, breaking, quiet

Facts = Mapping[str, Any]

_ROW = "display:flex;flex-wrap:wrap;align-items:center;gap:0 10px;margin:2px 0"
_LABEL = 130
"""Pixels for what a line is about, where the notebook is wide enough."""
_NOTE = "flex:1 1 90px;line-height:1.3"
"""Where less than this is left beside the bar, the note stands below it."""


def timeline(facts: Facts, scale: float = 0.0) -> str:
    """The statuses and the steps as bars on one scale, as HTML: as the client saw them, otherwise in whole seconds.

    `scale` is how many seconds the width stands for, so that runs can be compared; a run never gets less than it took.
    """
    moments, steps = moments_of(facts), steps_of(str(facts.get("id", "")))
    end = duration(facts) or 1.0
    share = min(end / scale, 1.0) if scale else 1.0
    rows = [
        row("statuses", drawn(stretches(moments, end), share), spent(facts)),
        *(_step(facts, moments, end, one, share) for one in steps),
    ]
    stops = " → ".join(f"{badge(status)} {quiet(f'at {moments.elapsed(at)}')}" for at, status in moments.changes)
    source = "times: as this client saw them" if moments.watched else "times: from the run itself, in whole seconds"
    rough = (
        " · steps: only known to the second, somewhere within their bars"
        if not all(_is_exact(one, moments) for one in steps)
        else ""
    )
    return f"{''.join(rows)}<div>{stops}</div><div>{quiet(source + rough)}</div>"


def duration(facts: Facts) -> float:
    """How many seconds the run took as far as it is drawn; 0.0 where nothing tells."""
    moments, steps = moments_of(facts), steps_of(str(facts.get("id", "")))
    return max([moments.changes[-1][0], *(step.seen[-1][0] for step in steps if _is_exact(step, moments))])


def step_lines(run_id: str) -> list[str]:
    """The steps and their calls as text, without times, which are chance."""
    return [line for step in steps_of(run_id) for line in _lines(step.facts)]


def _lines(step: Facts) -> list[str]:
    tokens = tokens_of(step)
    head = f"step {step.get('type', '?')}  {step.get('status', '?')}" + (f"  {tokens} tokens" if tokens else "")
    return [head, *(f"  {line}" for call in made_calls(step) for line in call.lines)]


def row(label: str, track: str, note: str, width: int = _LABEL) -> str:
    """HTML for a line of a timeline: what it is, its bar, and what there is to say beside it."""
    about = f'<div style="flex:0 0 min({width}px,30%)">{breaking(label)}</div>'
    return f'<div style="{_ROW}">{about}{track}<div style="{_NOTE}">{quiet(note)}</div></div>'


def drawn(parts: Sequence[Stretch], share: float = 1.0) -> str:
    """A bar of which only this share of the width is used."""
    return bar([one._replace(percent=one.percent * share) for one in parts], IN_A_ROW)


def stretches(moments: Moments, end: float) -> list[Stretch]:
    """The statuses, each as long as it lasted; `end` is how many seconds the bar stands for."""
    last = moments.changes[-1][1]
    found = [
        Stretch(100 * (until - since) / end, COLOURS.get(status, GREY), status)
        for (since, status), (until, _) in pairwise(moments.changes)
    ]
    return found or [Stretch(100, COLOURS.get(last, GREY), last)]


def _step(run: Facts, moments: Moments, end: float, step: SeenStep, share: float) -> str:
    since, until = _span(run, moments, end, step)
    status, kind = str(step.facts.get("status", "?")), str(step.facts.get("type", "step"))
    gap, length = 100 * since / end, 100 * (until - since) / end
    track = drawn([Stretch(gap, "none", ""), Stretch(length, COLOURS.get(status, GREY), f"{kind}: {status}")], share)
    calls = "".join(f'<div style="padding-left:24px">{call.html}</div>' for call in made_calls(step.facts))
    note = f"{status} {tokens_of(step.facts)} tokens" if tokens_of(step.facts) else status
    return row(kind, track, note) + calls


def _is_exact(step: SeenStep, moments: Moments) -> bool:
    return moments.watched and step.was_watched


def _span(run: Facts, moments: Moments, end: float, step: SeenStep) -> tuple[float, float]:
    """Where the step begins and ends on the run's scale, in seconds."""
    if _is_exact(step, moments):
        return step.seen[0][0], step.seen[-1][0] if len(step.seen) > 1 else end
    made, created = step.facts.get("created_at"), run.get("created_at")
    if not isinstance(made, int) or not isinstance(created, int):
        return 0.0, end
    ended = next((step.facts[name] for name in ENDS if isinstance(step.facts.get(name), int)), None)
    # Each of the two may lie anywhere within its second; what is sure is that the run was at work.
    slack = 1.0 if moments.watched else 0.0
    begun = next((at for at, status in moments.changes if status == "in_progress"), 0.0)
    until = end if ended is None else min(max(begun, ended - created + slack), end)
    return min(max(begun, made - created - slack), until), until
