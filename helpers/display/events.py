"""Events of a stream that a loop has kept, as the view of the wire shows those that went by."""

from collections.abc import Mapping, Sequence
from typing import Any

from helpers.display.facts import as_json
from helpers.traffic.events import StreamEvent
from helpers.traffic.streams import in_lines, said_in
from helpers.views import View, quiet, table

Facts = Mapping[str, Any]


def is_event(facts: Facts) -> bool:
    """Whether this is an event of a stream: of a run it has a name and data, of a response its type and number."""
    if "object" in facts:
        return False
    return (isinstance(facts.get("event"), str) and "data" in facts) or (
        isinstance(facts.get("type"), str) and "sequence_number" in facts
    )


def events(items: Sequence[Facts]) -> View:
    """The events in their order, deltas of one kind in a row as one line with what they say together."""
    lines = in_lines([StreamEvent(0.0, *_name_and_data(item)) for item in items])
    count = f"{len(items)} event{'' if len(items) == 1 else 's'}"
    said = [" ".join(said_in(line.events).split()) if line.is_delta else "" for line in lines]
    told = ["  ".join(filter(None, [line.text, text])) for line, text in zip(lines, said, strict=True)]
    html = table(["event", "data"], [line.html for line in lines])
    return View(f"{html}<div>{quiet(count)}</div>", "\n".join(told))


def _name_and_data(facts: Facts) -> tuple[str, str]:
    """As they stand in the stream, where an event of a response has its name in the data too."""
    if "event" in facts:
        return facts["event"], as_json(facts["data"])
    return facts["type"], as_json(facts)
