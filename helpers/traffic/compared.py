"""Two exchanges side by side, and what differs between them."""

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any
from urllib.parse import parse_qsl

from helpers.problems import KitError
from helpers.traffic.groups import grouped
from helpers.traffic.log import Exchange, parsed
from helpers.traffic.moved import is_move, pairs, side_by_side
from helpers.traffic.sides import Part, Row, drawn, written
from helpers.traffic.streams import count_of, in_lines, said_in
from helpers.views import View

_OF_CHANCE = (
    "x-stainless-retry-count",
    "x-request-id",
    "apim-request-id",
    "openai-poll-after-ms",
    "openai-processing-ms",
)
"""Headers that count, or name, or time one exchange: that they differ says nothing."""
_PAUSE = "header openai-poll-after-ms"
_TOOK = "header openai-processing-ms"
_NAMED_BY_SERVER = re.compile(r"path|(.*[._])?id")
_ID = re.compile(r"(?<=_)[A-Za-z0-9]{24,}\b")
_AN_OBJECT = "one JSON object"
_DEEPEST = 20

_Side = dict[str, str]
"""What one exchange says, each under a name."""


def comparison(exchanges: Sequence[Exchange], numbers: tuple[int, int]) -> View:
    """Two rows of the wire view, each with its number: first what differs in the requests, then in the answers."""
    left, right = _chosen(exchanges, numbers)
    request = _moved if is_move(left.path, right.path) else _rows
    parts = [
        Part("the request", request(_asked(left), _asked(right))),
        Part("the answer", [*_rows(_heading(left), _heading(right)), *_answers(left, right)]),
    ]
    heads = [(str(number), f"{one.method} {one.path}") for number, one in zip(numbers, (left, right), strict=True)]
    return View(drawn(heads, parts), written(heads, parts))


def _chosen(exchanges: Sequence[Exchange], numbers: tuple[int, int]) -> list[Exchange]:
    rows = grouped(exchanges)
    wrong = [number for number in numbers if not 1 <= number <= len(rows)]
    if wrong or len(numbers) != 2:
        raise KitError(
            f"wire(compare={numbers}) names no two rows: the last cell with requests has {len(rows)}.",
            "Take two of the numbers in front of the rows that wire() shows, for example compare=(1, 2).",
        )
    return [rows[number - 1].last for number in numbers]


def _asked(exchange: Exchange) -> _Side:
    path, _, query = exchange.url.partition("?")
    return (
        {"method": exchange.method, "path": path}
        | {f"query {name}": value for name, value in parse_qsl(query, keep_blank_values=True)}
        | _headers(exchange.request_headers)
        | _members(exchange.request_body)
    )


def _heading(exchange: Exchange) -> _Side:
    status = str(exchange.status or exchange.error or "no answer yet")
    return {"status": status} | _headers(exchange.response_headers)


def _headers(headers: Mapping[str, str]) -> _Side:
    return {f"header {name}": value for name, value in headers.items()}


def _answers(left: Exchange, right: Exchange) -> list[Row]:
    """Member by member; of two kinds that have no members in common only what each of them is."""
    kinds = ["stream" if one.is_stream else _kind(one.response_body) for one in (left, right)]
    moves = is_move(left.path, right.path)
    if kinds[0] != kinds[1]:
        whole = Row("body", _in_a_line(left), _in_a_line(right))
        both = moves and all(kind.startswith(_AN_OBJECT) for kind in kinds)
        return [whole, *(_what_became(_members(left.response_body), _members(right.response_body)) if both else [])]
    if left.is_stream and moves:
        return _events(left, right)
    if left.is_stream:
        return _rows(_streamed(left), _streamed(right))
    return _rows(_members(left.response_body), _members(right.response_body))


def _rows(left: _Side, right: _Side) -> list[Row]:
    pairs = [(name, left.get(name), right.get(name)) for name in {**left, **right}]
    return [Row(name, one, other, _is_chance(name, one, other)) for name, one, other in pairs]


def _moved(left: _Side, right: _Side) -> list[Row]:
    """The same for a call and its successor: what has another name now stands in one row, under both names."""
    renamed = pairs(left, right)
    partners = set(renamed.values())
    rows: list[Row] = []
    for name, one, other, chance in ((row.name, row.left, row.right, row.by_chance) for row in _rows(left, right)):
        if name in renamed:
            now = right[renamed[name]]
            rows.append(Row(f"{name} → {renamed[name]}", one, now, moved=one == now))
        elif name not in partners:
            rows.append(Row(name, one, other, chance))
    return rows


def _what_became(left: _Side, right: _Side) -> list[Row]:
    """Of two objects of different kinds: the members that both have, and which each has alone."""
    rows = [row for row in _moved(left, right) if row.name not in ("id", "object")]
    ours = _joined(row.name for row in rows if row.right is None)
    theirs = _joined(row.name for row in rows if row.left is None)
    both = [row for row in rows if row.left is not None and row.right is not None]
    return [*both, Row("has alone", ours or None, theirs or None)]


def _joined(names: Iterable[str]) -> str:
    """The members of the objects themselves to which these belong, each once."""
    return ", ".join(dict.fromkeys(map(_member, names)))


def _member(name: str) -> str:
    """The member of the object itself to which a deeper one belongs."""
    return re.split(r"[.\[]", name, maxsplit=1)[0]


def _events(left: Exchange, right: Exchange) -> list[Row]:
    """A row for each event, those of a run beside those of a response that tell the same; and what the deltas say."""
    names = [[line.name for line in in_lines(one.events)] for one in (left, right)]
    found = enumerate(side_by_side(*names), start=1)
    rows = [
        Row(f"event {number}", one, other, moved=one is not None and other is not None)
        for number, (one, other) in found
    ]
    return [*rows, Row("text in deltas", said_in(left.events).strip(), said_in(right.events).strip())]


def _is_chance(name: str, left: str | None, right: str | None) -> bool:
    """Whether it says nothing that they differ: such a header, the seconds of two moments, the ids of new objects."""
    if left is None or right is None:
        return name == _PAUSE  # only what can be polled has it, and how long it is depends on how busy the service is
    moments = name.endswith("_at") and left.isdecimal() and right.isdecimal()
    if left == right:
        return moments or name in (_PAUSE, _TOOK)  # alike by chance
    ids = _NAMED_BY_SERVER.fullmatch(name) is not None and _ID.sub("", left) == _ID.sub("", right)
    return moments or ids or name.removeprefix("header ") in _OF_CHANCE


def _streamed(exchange: Exchange) -> _Side:
    """The events without how many deltas there were, which is chance, and what the deltas say."""
    names = [line.name for line in in_lines(exchange.events)]
    return {"events": "\n".join(names), "text in deltas": said_in(exchange.events).strip()}


def _in_a_line(exchange: Exchange) -> str:
    return f"a stream of {count_of(exchange)}" if exchange.is_stream else _summary(exchange.response_body)


def _kind(body: str) -> str:
    """Bodies of one kind can be compared member by member."""
    value = parsed(body)
    if isinstance(value, dict):
        return "an error" if set(value) == {"error"} else f"{_AN_OBJECT}{_object(value)}"
    return "text" if body else "no body"


def _object(value: Mapping[str, Any]) -> str:
    return f": {value['object']}" if isinstance(value.get("object"), str) else ""


def _summary(body: str) -> str:
    """What a body is, in one line; an error by its message, a text as it is."""
    kind, value = _kind(body), parsed(body)
    if kind == "an error":
        return f"an error: {_message(value['error'])}"
    return body if kind == "text" else kind


def _message(error: object) -> str:
    return str(error.get("message")) if isinstance(error, dict) else str(error)


def _members(body: str) -> _Side:
    value = parsed(body)
    return dict(_leaves("", value, 0)) if isinstance(value, dict) else {"body": body} if body else {}


def _leaves(name: str, value: Any, depth: int) -> Iterator[tuple[str, str]]:  # noqa: ANN401 - JSON can be anything
    if depth < _DEEPEST and isinstance(value, Mapping) and value:
        for key, child in value.items():
            yield from _leaves(f"{name}.{key}" if name else key, child, depth + 1)
    elif depth < _DEEPEST and isinstance(value, list) and value:
        for index, child in enumerate(value):
            yield from _leaves(f"{name}[{index}]", child, depth + 1)
    else:
        yield name, json.dumps(value, ensure_ascii=False)
