"""A response as what it consists of: its items over time, its calls and messages, what it cost, and why it ended so."""

from collections.abc import Mapping
from html import escape
from typing import Any

from helpers.display.bars import Stretch
from helpers.display.items import lines_of, made
from helpers.display.runs import problem_of
from helpers.display.singles import bubble, tools_of
from helpers.display.statuses import COLOURS, UNFINISHED, Moments, badge
from helpers.display.timeline import drawn, row, stretches
from helpers.display.tokens import spent
from helpers.traffic import SeenResponse, seen_of
from helpers.views import GREY, View, card, mono, plain, quiet

Facts = Mapping[str, Any]

_LABEL = 165
"""Pixels for the longest kind of item, `code_interpreter_call`, in one line."""


def response(facts: Facts) -> View:
    """The way a response went, then what it says. The times of its items are known where a watched client streamed it.

    A function that it asks for is named with its `call_id`, under which the next response takes the output.
    """
    status, model = str(facts.get("status", "?")), str(facts.get("model") or "")
    output = facts.get("output") or []
    waits = [f"asks for {made(one).line} as {one.get('call_id')}" for one in output if _is_call(one)]
    error, about = problem_of(facts), _about(facts)
    html = card(
        f"<b>response</b> {mono(facts.get('id', ''))} {quiet(model)}",
        quiet(about) if about else "",
        _timeline(facts, seen_of(str(facts.get("id") or ""))),
        "".join(bubble(one) for one in output if one.get("type") == "message"),
        *map(mono, waits),
        plain(error) if error else "",
        accent=COLOURS.get(status, GREY),
    )
    said = [line for one in output if not _is_call(one) for line in lines_of(one)]
    lines = [f"response {facts.get('id', '')}  {model}".rstrip(), status, about, *said, *waits, spent(facts), error]
    return View(html, "\n  ".join(line for line in lines if line))


def _is_call(item: Facts) -> bool:
    """Whether it asks its caller for something, which nobody else will answer."""
    return item.get("type") in ("function_call", "custom_tool_call")


def _about(facts: Facts) -> str:
    """What it goes on from, what it may use, and whether it can be read again."""
    conversation, before = facts.get("conversation"), facts.get("previous_response_id")
    parts = [
        f"in {conversation.get('id')}" if isinstance(conversation, Mapping) else "",
        f"after {before}" if before else "",
        f"tools: {tools_of(facts)}" if facts.get("tools") else "",
        "in the background" if facts.get("background") else "",
        "not stored" if facts.get("store") is False else "",
    ]
    return " · ".join(filter(None, parts))


def _timeline(facts: Facts, seen: SeenResponse) -> str:
    """Its statuses and its items as bars on one scale, as far as their times are known."""
    moments = _moments(facts, seen)
    ends = [moments.changes[-1][0], *(span[1] or span[0] for span in seen.spans.values())]
    end = max(ends) or 1.0
    rows = [row("statuses", drawn(stretches(moments, end)), spent(facts), _LABEL)]
    rows += [_item(one, seen.spans.get(str(one.get("id"))), end) for one in facts.get("output") or []]
    stops = " → ".join(f"{badge(status)} {quiet(f'at {moments.elapsed(at)}')}" for at, status in moments.changes)
    source = "as this client saw them" if moments.watched else "from the response itself, in whole seconds"
    return f"{''.join(rows)}<div>{stops}</div><div>{quiet(f'times: {source}')}</div>"


def _item(item: Facts, span: tuple[float, float | None] | None, end: float) -> str:
    kind, status = str(item.get("type", "item")), str(item.get("status") or "")
    inside = "" if kind == "message" else f'<div style="padding-left:24px">{made(item).html}</div>'
    if span is None:
        return f"<div>{escape(kind)} {quiet(status)}</div>{inside}"
    began, until = span[0], end if span[1] is None else span[1]
    track = [
        Stretch(100 * began / end, "none", ""),
        Stretch(100 * (until - began) / end, COLOURS.get(status, GREY), f"{kind}: {status}"),
    ]
    return row(kind, drawn(track), status, _LABEL) + inside


def _moments(facts: Facts, seen: SeenResponse) -> Moments:
    """When it had which status: as a client saw it, otherwise from its own two times."""
    status = str(facts.get("status", "?"))
    if len(seen.statuses) > 1 and seen.statuses[-1][1] == status:
        return Moments(seen.statuses, True)
    created, completed = facts.get("created_at"), facts.get("completed_at")
    if not isinstance(created, int | float) or not isinstance(completed, int | float) or status in UNFINISHED:
        return Moments([(0.0, status)], False)
    return Moments([(0.0, "in_progress"), (max(0.0, float(completed - created)), status)], False)
