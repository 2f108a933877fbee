"""The events of a stream for people: deltas in a row are one line, with what they say together."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from itertools import groupby
from typing import Any

from helpers.traffic.events import StreamEvent
from helpers.traffic.log import Exchange, parsed, pretty
from helpers.views import folded, mono, plain, quiet, table, unbroken

Facts = Mapping[str, Any]


@dataclass(frozen=True)
class Line:
    """One event, or the deltas of one kind that came in a row."""

    name: str
    events: tuple[StreamEvent, ...]

    @property
    def is_delta(self) -> bool:
        """Whether it is a piece of something, or several."""
        return self.name.endswith(".delta")

    @property
    def text(self) -> str:
        """Its name. How many deltas there are is chance, so it says `×n` even for one."""
        return f"{self.name} ×{len(self.events)}" if self.is_delta else self.name

    @property
    def html(self) -> tuple[str, str]:
        """Its name, and what was in it."""
        return mono(self.name) + (f" ×{len(self.events)}" if self.is_delta else ""), _content(self)


def lines_of(exchange: Exchange) -> list[str]:
    """The events in their order as text."""
    lines = [line.text for line in in_lines(exchange.events)]
    return [*lines, _rest(exchange)] if exchange.further_events else lines


def table_of(exchange: Exchange) -> str:
    """The events in their order as HTML: when they came, and what was in them."""
    rows = [[unbroken(_when(line)), *line.html] for line in in_lines(exchange.events)]
    rest = quiet(_rest(exchange)) if exchange.further_events else ""
    return (table(["after", "event", "data"], rows) if rows else "") + rest


def summary_of(exchange: Exchange) -> str:
    """How a stream went, apart from how much came; of an error only the name."""
    if exchange.hung_up:
        return "stream, left by its reader"
    return f"stream, broken off by {exchange.error.partition(':')[0]}" if exchange.error else "stream"


def count_of(exchange: Exchange) -> str:
    """How many events came."""
    count = len(exchange.events) + exchange.further_events
    return f"{count} event{'' if count == 1 else 's'}"


def said_in(deltas: Sequence[StreamEvent]) -> str:
    """What deltas say together: of messages, function calls or code; of a response each has a piece of text."""
    pieces: list[str] = []
    for event in deltas:
        body = parsed(event.data)
        delta = body.get("delta") if isinstance(body, dict) else None
        pieces += _pieces(delta) if isinstance(delta, dict) else [_text(delta)]
    return "".join(pieces)


def _pieces(delta: Facts) -> Iterator[str]:
    for part in _objects(delta.get("content")):
        yield _text(_object(part.get("text")).get("value"))
    details = _object(delta.get("step_details"))
    for call in _objects(details.get("tool_calls")):
        function = _object(call.get("function"))
        name, arguments = _text(function.get("name")), _text(function.get("arguments"))
        yield f"\n{name} {arguments}" if name else arguments
        yield _text(_object(call.get("code_interpreter")).get("input"))


def _object(value: object) -> Facts:
    return value if isinstance(value, dict) else {}


def _objects(value: object) -> list[Facts]:
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""


def in_lines(events: Sequence[StreamEvent]) -> list[Line]:
    """The events in their order, deltas of one kind in a row as one."""
    numbered = list(enumerate(events))
    groups = groupby(numbered, key=lambda one: one[1].name if one[1].name.endswith(".delta") else one[0])
    found = [tuple(event for _, event in group) for _, group in groups]
    return [Line(group[0].name or "(no event name)", group) for group in found]


def _rest(exchange: Exchange) -> str:
    return f"and ×{exchange.further_events} more, which are not kept"


def _when(line: Line) -> str:
    first, last = (f"{event.seconds:.3f} s" for event in (line.events[0], line.events[-1]))
    return first if first == last else f"{first} – {last}"


def _content(line: Line) -> str:
    data = "\n".join(event.data for event in line.events)
    if line.is_delta:
        return plain(said_in(line.events).strip()) + folded("JSON", data)
    return escape(data) if parsed(data) is None else folded("JSON", pretty(data))
