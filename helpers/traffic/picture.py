"""Exchanges as a table that opens, and as lines of text."""

import json
import re
from collections.abc import Sequence
from html import escape
from itertools import groupby

from helpers.traffic.log import Exchange, parsed
from helpers.views import AMBER, GREEN, LINE, RED, View, folded, mono, quiet

_POLLED = re.compile(r"/(runs|file_batches|vector_stores/[^/]+/files)/[^/]+$")
"""What is asked for again and again until it is done. How often is chance, so the text says `×n` even for once."""
_COLOURS = {2: GREEN, 4: AMBER, 5: RED}


def picture(exchanges: Sequence[Exchange]) -> View:
    """One row or line for each exchange; polls of the same object are folded into one."""
    if not exchanges:
        nothing = (
            "Nothing went over the wire yet. connect() records by itself; watch(client) makes your own client record."
        )
        return View(quiet(nothing), nothing)
    groups = [list(group) for _, group in groupby(exchanges, key=_sameness)]
    rows = "".join(_row(group) for group in groups)
    return View(f'<div style="margin:4px 0">{rows}</div>', "\n".join(_line(group) for group in groups))


def _sameness(exchange: Exchange) -> object:
    if _is_poll(exchange):
        return (exchange.url, exchange.status)
    return id(exchange)


def _is_poll(exchange: Exchange) -> bool:
    return exchange.method == "GET" and bool(_POLLED.search(exchange.path))


def _line(group: Sequence[Exchange]) -> str:
    first = group[0]
    parts = [f"{first.method:<6} {first.url}", _outcome(first), _duration(group)]
    return "  ".join([*parts, f"×{len(group)}"] if _is_poll(first) else parts)


def _outcome(exchange: Exchange) -> str:
    if exchange.status is not None:
        return str(exchange.status)
    return exchange.error or "no answer yet"


def _duration(group: Sequence[Exchange]) -> str:
    if group[-1].seconds is None:
        return "under way"
    return f"{1000 * sum(exchange.seconds or 0 for exchange in group):.0f} ms"


def _row(group: Sequence[Exchange]) -> str:
    first = group[0]
    colour = _COLOURS.get((first.status or 599) // 100, LINE)
    times = f" ×{len(group)}" if len(group) > 1 else ""
    path, _, query = first.url.partition("?")
    head = (
        f'<summary style="cursor:pointer;padding:3px 8px;border-left:4px solid {colour}">'
        f"<b>{mono(f'{first.method:<6}')}</b> {mono(path)}{quiet(f'?{query}') if query else ''} "
        f"<b>{escape(_outcome(first))}</b> {quiet(_duration(group) + times)}</summary>"
    )
    inside = "".join(_details(exchange) for exchange in _worth_a_look(group))
    return f'<details style="margin:2px 0">{head}<div style="padding-left:20px">{inside}</div></details>'


def _worth_a_look(group: Sequence[Exchange]) -> list[Exchange]:
    """Of polls in a row, those that brought another answer than the one before."""
    pairs = zip(group, [None, *group[:-1]], strict=True)
    return [one for one, before in pairs if before is None or before.response_body != one.response_body]


def _details(exchange: Exchange) -> str:
    parts = [
        ("request headers", _headers(exchange.request_headers)),
        ("request body", _pretty(exchange.request_body)),
        ("answer's headers", _headers(exchange.response_headers)),
        ("answer's body", _pretty(exchange.response_body)),
    ]
    return "".join(folded(title, content) for title, content in parts if content)


def _headers(headers: object) -> str:
    return "\n".join(f"{name}: {value}" for name, value in headers.items()) if isinstance(headers, dict) else ""


def _pretty(body: str) -> str:
    value = parsed(body)
    return body if value is None else json.dumps(value, indent=2, ensure_ascii=False)
