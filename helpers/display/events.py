"""Events of a stream that a loop has kept, as the view of the wire shows those that went by."""

from collections.abc import Mapping, Sequence
from typing import Any

from helpers.display.facts import as_json
from helpers.traffic.events import StreamEvent
from helpers.traffic.streams import in_lines, said_in
from helpers.views import View, quiet, table

Facts = Mapping[str, Any]


def is_event(facts: Facts) -> bool:
    """Whether this is an event of a stream: it has a name and data, and no `object` of its own."""
    return isinstance(facts.get("event"), str) and "data" in facts and "object" not in facts


def events(items: Sequence[Facts]) -> View:
    """The events in their order, deltas of one kind in a row as one line with what they say together."""
    lines = in_lines([StreamEvent(0.0, item["event"], as_json(item["data"])) for item in items])
    count = f"{len(items)} event{'' if len(items) == 1 else 's'}"
    said = [" ".join(said_in(line.events).split()) if line.is_delta else "" for line in lines]
    told = ["  ".join(filter(None, [line.text, text])) for line, text in zip(lines, said, strict=True)]
    html = table(["event", "data"], [line.html for line in lines])
    return View(f"{html}<div>{quiet(count)}</div>", "\n".join(told))
