"""Two exchanges side by side, and what differs between them."""

from collections.abc import Iterator, Mapping, Sequence
from html import escape
from typing import Any, NamedTuple
from urllib.parse import parse_qsl

from helpers.problems import KitError
from helpers.traffic.groups import grouped
from helpers.traffic.log import Exchange, parsed
from helpers.traffic.streams import lines_of
from helpers.views import AMBER, View, mono, plain, quiet, text_table

_OF_CHANCE = ("x-request-id", "apim-request-id", "openai-processing-ms")
"""Headers that differ in any two answers: told in the HTML, not in the text."""
_MOST_ROWS = 300
_LONGEST = 60
"""Characters of a value in the text; the HTML has all of it."""
_DEEPEST = 20
_CELL = "text-align:left;vertical-align:top;padding:3px 10px"


class _Row(NamedTuple):
    name: str
    left: str
    right: str

    @property
    def differs(self) -> bool:
        return self.left != self.right


def comparison(exchanges: Sequence[Exchange], numbers: tuple[int, int]) -> View:
    """Two rows of the wire view, each with its number; the text has only what differs."""
    left, right = _chosen(exchanges, numbers)
    pairs = zip(_sections(left), _sections(right), strict=True)
    rows = [_Row(name, one.get(name, ""), other.get(name, "")) for one, other in pairs for name in {**one, **other}]
    heads = [f"{number}: {one.method} {one.path}" for number, one in zip(numbers, (left, right), strict=True)]
    return View(_html(heads, rows), _text(heads, rows))


def _chosen(exchanges: Sequence[Exchange], numbers: tuple[int, int]) -> list[Exchange]:
    rows = grouped(exchanges)
    wrong = [number for number in numbers if not 1 <= number <= len(rows)]
    if wrong or len(numbers) != 2:
        raise KitError(
            f"wire(compare={numbers}) names no two rows: the last cell with requests has {len(rows)}.",
            "Take two of the numbers in front of the rows that wire() shows, for example compare=(1, 2).",
        )
    return [rows[number - 1].last for number in numbers]


def _sections(exchange: Exchange) -> list[dict[str, str]]:
    """Everything that can differ, each under a name, in the order in which it went over the wire."""
    path, _, query = exchange.url.partition("?")
    return [
        {"method": exchange.method, "path": path},
        {f"query {name}": value for name, value in parse_qsl(query, keep_blank_values=True)},
        {f"request header {name}": value for name, value in exchange.request_headers.items()},
        dict(_members("request", exchange.request_body)),
        {"status": str(exchange.status or exchange.error or "no answer yet")},
        {f"answer header {name}": value for name, value in exchange.response_headers.items()},
        dict(_members("answer", exchange.response_body)),
        {"events": "\n".join(lines_of(exchange))} if exchange.is_stream else {},
    ]


def _members(name: str, body: str) -> Iterator[tuple[str, str]]:
    value = parsed(body)
    if body and value is None:
        yield name, body
    elif body:
        yield from _leaves(name, value, 0)


def _leaves(name: str, value: Any, depth: int) -> Iterator[tuple[str, str]]:  # noqa: ANN401 - JSON can be anything
    if depth < _DEEPEST and isinstance(value, Mapping) and value:
        for key, child in value.items():
            yield from _leaves(f"{name}.{key}", child, depth + 1)
    elif depth < _DEEPEST and isinstance(value, list) and value:
        for index, child in enumerate(value):
            yield from _leaves(f"{name}[{index}]", child, depth + 1)
    else:
        yield name, value if isinstance(value, str) else repr(value)


def _html(heads: Sequence[str], rows: Sequence[_Row]) -> str:
    head = "".join(f'<th style="{_CELL}">{escape(one)}</th>' for one in ("", *heads))
    body = "".join(map(_tr, rows[:_MOST_ROWS]))
    rest = f" · and {len(rows) - _MOST_ROWS} rows more" if len(rows) > _MOST_ROWS else ""
    style = "width:100%;table-layout:fixed;margin:4px 0;overflow-wrap:anywhere"
    drawn = f'<table style="{style}"><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>'
    return drawn + quiet("≠ differs" + rest)


def _tr(row: _Row) -> str:
    if row.differs:
        mark = f'<b style="border-left:3px solid {AMBER};padding-left:6px">≠ {mono(row.name)}</b>'
        cells = [mark, *(f"<b>{plain(value or '–')}</b>" for value in row[1:])]
    else:
        cells = [mono(row.name), plain(row.left), plain(row.right)]
    return "<tr>" + "".join(f'<td style="{_CELL}">{cell}</td>' for cell in cells) + "</tr>"


def _text(heads: Sequence[str], rows: Sequence[_Row]) -> str:
    chance = {f"answer header {name}" for name in _OF_CHANCE}
    told = [row for row in rows if row.differs and row.name not in chance][:_MOST_ROWS]
    lines = [["≠", "", *heads]] + [["≠", row.name, _short(row.left), _short(row.right)] for row in told]
    same = sum(not row.differs for row in rows)
    return f"{text_table(lines)}\n= {same} the same"


def _short(value: str) -> str:
    line = " ".join(value.split()) or "–"
    return line if len(line) <= _LONGEST else f"{line[:_LONGEST]}…"
