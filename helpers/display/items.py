"""The items of which a response and a conversation consist: messages, calls, outputs, searches, code."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from helpers.display.calls import Made, call_text, code_run, search_made, shortened
from helpers.display.singles import bubble, content_of
from helpers.views import View, card, quiet

Facts = Mapping[str, Any]

KINDS = frozenset({
    "message", "function_call", "function_call_output", "custom_tool_call", "custom_tool_call_output", "reasoning",
    "file_search_call", "code_interpreter_call", "compaction", "item_reference",
})  # fmt: skip
"""The member `type` of an item (contract-successor §1.3)."""


def is_item(facts: Facts) -> bool:
    """Whether this is an item; a message that is given as input needs no `type`."""
    if "object" in facts:
        return False
    return facts["type"] in KINDS if "type" in facts else {"role", "content"} <= facts.keys()


def item(facts: Facts) -> View:
    """A bubble for a message; a line for what a tool was called with or gave back."""
    html = _html(facts) if _is_message(facts) else card(_html(facts), quiet(_about(facts)))
    return View(html, "\n".join(lines_of(facts)))


def items(found: Sequence[Facts], has_more: bool) -> View:
    """The items as the conversation they are, oldest first, each with its place in the list."""
    newest_first = _is_newest_first(found)
    places = list(enumerate(found))
    rows = [_html(facts, f"[{place}]") for place, facts in (reversed(places) if newest_first else places)]
    note = "the list itself has the newest first, and [0] is its first" if newest_first else ""
    more = f"… and there are {'older' if newest_first else 'newer'} ones" if has_more else ""
    ordered = [quiet(more), *rows] if newest_first else [*rows, quiet(more)]
    text = [f"[{place}] {line}" if not index else f"    {line}" for place, facts in places
            for index, line in enumerate(lines_of(facts))]  # fmt: skip
    count = f"{len(found)} item{'' if len(found) == 1 else 's'}"
    ordered.append(f"<div>{quiet(' · '.join(filter(None, [count, note])))}</div>")
    return View(f'<div style="overflow-wrap:anywhere">{"".join(ordered)}</div>', "\n".join([*text, count]))


def lines_of(facts: Facts) -> list[str]:
    """The item as lines of text."""
    if _is_message(facts):
        text, notes = content_of(facts)
        status = f"  ({facts['status']})" if facts.get("status") not in (None, "completed") else ""
        return [f"{facts.get('role', '?')}: {text}{status}", *(f"  {note}" for note in notes)]
    return made(facts).lines


def made(facts: Facts) -> Made:
    """What a tool was called with and what came of it; any other item by what it is."""
    kind = str(facts.get("type", "item"))
    if kind in _DRAWN:
        return _DRAWN[kind](facts)
    return Made(f"{kind} {facts.get('id', '')}".rstrip())


def _call(facts: Facts) -> Made:
    return Made(call_text(facts))


def _called(facts: Facts) -> Made:
    return Made(f"→ {shortened(_output(facts.get('output'))) or '(empty)'}")


def _reasoning(facts: Facts) -> Made:
    said = " ".join(str(part.get("text", "")) for part in facts.get("summary") or [])
    return Made(f"reasoning: {shortened(said)}" if said else "reasoning (without a summary)")


_DRAWN: Mapping[str, Callable[[Facts], Made]] = {
    "function_call": _call,
    "custom_tool_call": _call,
    "function_call_output": _called,
    "custom_tool_call_output": _called,
    "file_search_call": lambda facts: search_made(facts.get("queries") or [], facts.get("results") or []),
    "code_interpreter_call": lambda facts: code_run(facts.get("code"), facts.get("outputs") or []),
    "reasoning": _reasoning,
    "compaction": lambda facts: Made("compaction: what was said before, in one item"),
}


def _is_message(facts: Facts) -> bool:
    return str(facts.get("type", "message")) == "message"


def _html(facts: Facts, *marks: str) -> str:
    if _is_message(facts):
        status = str(facts.get("status") or "completed")
        return bubble(facts, *marks, *([status] if status != "completed" else []))
    label = quiet(" · ".join(filter(None, (*marks, _about(facts))))) if marks else ""
    return f'<div style="margin:6px 0">{made(facts).html}{label}</div>'


def _about(facts: Facts) -> str:
    """What kind of item it is, how it ended, and by which names it goes."""
    status = str(facts.get("status") or "")
    names = [facts.get("call_id"), facts.get("container_id"), facts.get("id")]
    return " · ".join([str(facts.get("type", "item")), *filter(None, [status, *map(str, filter(None, names))])])


def _output(output: object) -> str:
    """What a function gave back: a text, or the texts of its parts."""
    if isinstance(output, list):
        return " ".join(str(part.get("text") or f"[{part.get('type')}]") for part in output)
    return str(output)


def _is_newest_first(found: Sequence[Facts]) -> bool:
    """Whether the list runs backwards, as the service's lists do unless asked otherwise. Items have no times, so it
    is told by who follows whom: an output stands behind its call, an answer behind its question."""
    places = {(facts.get("type"), facts.get("call_id")): place for place, facts in enumerate(found)}
    for (kind, call_id), place in places.items():
        answered = places.get((f"{kind}_output", call_id))
        if call_id and answered is not None:
            return answered < place
    asked = [facts.get("role") in ("user", "system", "developer") for facts in found]
    return asked[-1] and not asked[0]
