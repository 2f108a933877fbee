"""A response as it went over the wire: when it had which status, and when each of its items began and ended."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from helpers.traffic.log import Exchange, parsed

Facts = Mapping[str, Any]

_ADDED, _DONE = "response.output_item.added", "response.output_item.done"
_AT_WORK = ("queued", "in_progress")


@dataclass
class SeenResponse:
    """What a watched client saw of a response; times are seconds since it was first seen."""

    statuses: list[tuple[float, str]] = field(default_factory=list)
    spans: dict[str, tuple[float, float | None]] = field(default_factory=dict)
    """An item's id → when it began and when it was whole, as far as a stream told."""

    def note(self, at: float, status: str) -> None:
        """It was seen with this status."""
        if not self.statuses or self.statuses[-1][1] != status:
            self.statuses.append((at, status))


def seen_response(exchanges: Sequence[Exchange], response_id: str) -> SeenResponse:
    """What these exchanges tell of the response, oldest first; nothing where none was about it."""
    seen, since = SeenResponse(), None
    for exchange in exchanges:
        if not response_id or not _is_about(exchange, response_id):
            continue
        since = exchange.started if since is None else since
        begun = exchange.started - since
        for event in exchange.events:
            _note_event(seen, begun + event.seconds, event.name, parsed(event.data))
        body = parsed(exchange.response_body)
        if isinstance(body, dict) and body.get("id") == response_id and "status" in body:
            status = str(body["status"])
            if exchange.method == "POST" and status not in _AT_WORK and not seen.statuses:
                seen.note(begun, "in_progress")  # the service answers when the response has ended
            seen.note(begun + (exchange.seconds or 0.0), status)
    return _from_its_beginning(seen)


def _from_its_beginning(seen: SeenResponse) -> SeenResponse:
    start = seen.statuses[0][0] if seen.statuses else 0.0
    spans = {
        number: (began - start, None if ended is None else ended - start)
        for number, (began, ended) in seen.spans.items()
    }
    return SeenResponse([(at - start, status) for at, status in seen.statuses], spans)


def _is_about(exchange: Exchange, response_id: str) -> bool:
    told = (exchange.url, exchange.response_body, *(event.data for event in exchange.events[:1]))
    return any(response_id in one for one in told)


def _note_event(seen: SeenResponse, at: float, name: str, body: object) -> None:
    facts = body if isinstance(body, dict) else {}
    response, item = facts.get("response"), facts.get("item")
    if isinstance(response, dict):
        seen.note(at, str(response.get("status")))
    for number in _ids(item):
        began, ended = seen.spans.get(number, (at, None))
        if name in (_ADDED, _DONE):  # a stream that is taken up again may tell an end twice
            seen.spans[number] = began, at if name == _DONE and ended is None else ended


def _ids(item: object) -> Iterator[str]:
    if isinstance(item, dict) and item.get("id"):
        yield str(item["id"])
