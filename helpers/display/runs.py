"""A run as the statuses it went through, its steps, and what they cost in tokens."""

from collections.abc import Mapping
from html import escape
from typing import Any

from helpers.display.calls import awaited_calls, made_calls
from helpers.display.diagram import diagram
from helpers.display.statuses import COLOURS, badge, path_of
from helpers.display.timeline import step_lines, timeline
from helpers.display.tokens import spent
from helpers.views import GREY, View, card, mono, plain, quiet, unfolding

Facts = Mapping[str, Any]


def run(facts: Facts, scale: float = 0.0) -> View:
    """The way a run went: statuses and steps over time, the functions it waits for, tokens, and the error if any.

    Steps are drawn as far as a watched client has seen them, in the run's stream or in a list of its steps.
    `scale` is how many seconds the width of the bars stands for; 0 for what this run took.
    """
    status = str(facts.get("status", "?"))
    calls = [f"waits for {call}" for call in awaited_calls(facts)]
    error, path = problem_of(facts), path_of(facts)
    html = card(
        f"<b>run</b> {mono(facts.get('id', ''))} {quiet(facts.get('model', ''))}",
        timeline(facts, scale),
        *map(mono, calls),
        plain(error) if error else "",
        unfolding("its way through the nine statuses", diagram(path)),
        accent=COLOURS.get(status, GREY),
    )
    lines = [
        f"run {facts.get('id', '')}  {facts.get('model', '')}".rstrip(),
        " → ".join(path),
        *step_lines(str(facts.get("id", ""))),
        *calls,
        spent(facts),
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
        *(call.html for call in calls),
        quiet(spent(facts)),
        plain(error) if error else "",
        accent=COLOURS.get(status, GREY),
    )
    said = [line for call in calls for line in call.lines]
    lines = [f"run step {facts.get('id', '')}  {kind}  {status}", target, *said, spent(facts), error]
    return View(html, "\n  ".join(line for line in lines if line))


def problem_of(facts: Facts) -> str:
    """Why a run, step or response did not complete, in one line; empty when it did."""
    error, details = facts.get("last_error") or facts.get("error"), facts.get("incomplete_details")
    if error:
        return f"{error.get('code')}: {error.get('message')}"
    return f"incomplete: {details.get('reason')}" if details else ""
