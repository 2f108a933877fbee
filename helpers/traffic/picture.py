"""Exchanges as a table that opens, and as lines of text."""

from collections.abc import Mapping, Sequence
from html import escape

from helpers.traffic.curl import VARIABLE, curl_of
from helpers.traffic.groups import Group, fault_of, grouped
from helpers.traffic.log import Exchange
from helpers.traffic.streams import count_of, lines_of, summary_of, table_of
from helpers.traffic.strip import strip_of
from helpers.traffic.tree import tree_of
from helpers.views import AMBER, GREEN, LINE, MONO, RED, View, breaking, folded, quiet, unfolding

_COLOURS = {2: GREEN, 4: AMBER, 5: RED}
_METHOD = f'<b style="{MONO};display:inline-block;min-width:7ch">{{}}</b>'
"""As wide as the longest, so that the paths stand one under the other."""
_HEAD = "display:inline-flex;flex-wrap:wrap;width:calc(100% - 20px);gap:0 10px;align-items:baseline;line-height:1.4"
"""Beside the mark that opens it: what was sent at the left, what came of it at the right, the path between them."""
_WAITS = ("retry-after-ms", "retry-after")
"""The headers with which a service says how long to wait; the client reads the first one first."""


def picture(exchanges: Sequence[Exchange]) -> View:
    """One row or line for each request; polls of one object and attempts at one request are folded into one."""
    if not exchanges:
        nothing = (
            "Nothing went over the wire yet. connect() records by itself; watch(client) makes your own client record."
        )
        return View(quiet(nothing), nothing)
    groups = grouped(exchanges)
    rows = "".join(_row(number, group) for number, group in enumerate(groups, start=1))
    return View(f'<div style="margin:4px 0;overflow-wrap:anywhere">{rows}</div>', "\n".join(map(_lines, groups)))


def _lines(group: Group) -> str:
    first, last = group.first, group.last
    head = [
        f"{first.method:<6} {first.url}",
        _outcome(last, group),
        _duration(group),
        "" if group.was_retried else fault_of(last),
        f"×{len(group.exchanges)}" if group.is_poll else "",
    ]
    indent = "  " if group.was_retried else ""
    inside = [*_attempt_lines(group), *(indent + line for line in lines_of(last))]
    return "\n".join(["  ".join(filter(None, head)), *(f"         {line}" for line in inside)])


def _attempt_lines(group: Group) -> list[str]:
    if not group.was_retried:
        return []
    waits = [f"then waited ({_wait_asked(one)})" for one in group.exchanges[:-1]]
    return [
        "  ".join(filter(None, [f"attempt {one.attempt}", _result(one), fault_of(one), wait]))
        for one, wait in zip(group.exchanges, [*waits, ""], strict=True)
    ]


def _wait_asked(exchange: Exchange) -> str:
    asked = (f"{name}: {exchange.response_headers[name]}" for name in _WAITS if name in exchange.response_headers)
    return next(asked, "a pause of the client's own choice")


def _result(exchange: Exchange) -> str:
    """What came of one exchange, in one line without figures that are chance."""
    if exchange.status is None:
        return exchange.error or "no answer yet"
    if exchange.is_stream:
        return f"{exchange.status} · {summary_of(exchange)}"
    return f"{exchange.status} · {exchange.error}" if exchange.error else str(exchange.status)


def _outcome(exchange: Exchange, group: Group) -> str:
    return _result(exchange) + (f" · {exchange.attempt} attempts" if group.was_retried else "")


def _duration(group: Group) -> str:
    if group.last.seconds is None:
        return "under way"
    if group.was_retried:
        return f"{1000 * (group.last.started + group.last.seconds - group.first.started):.0f} ms"
    return f"{1000 * sum(exchange.seconds or 0 for exchange in group.exchanges):.0f} ms"


def _row(number: int, group: Group) -> str:
    first, last = group.first, group.last
    colour = _COLOURS.get((last.status or 599) // 100, LINE) if not last.error else RED
    path, _, query = first.url.partition("?")
    notes = [
        count_of(last) if last.is_stream else "",
        f"×{len(group.exchanges)}, {_duration(group)} in all"
        if len(group.exchanges) > 1 and group.is_poll
        else _duration(group),
        "" if group.was_retried else fault_of(last),
    ]
    parts = [
        f"<span>{quiet(number)} {_METHOD.format(escape(first.method))}</span>",
        f'<span style="flex:1 1 240px;overflow-wrap:anywhere"><span style="{MONO}">{breaking(path)}</span>'
        f"{quiet(f'?{query}') if query else ''}</span>",
        f"<span><b>{escape(_outcome(last, group))}</b> {quiet(' · '.join(filter(None, notes)))}</span>",
    ]
    style = f"cursor:pointer;padding:3px 8px;border-left:4px solid {colour}"
    head = f'<summary style="{style}"><span style="{_HEAD}">{" ".join(parts)}</span></summary>'
    inside = _attempts(group) if group.was_retried else "".join(map(_details, _worth_a_look(group.exchanges)))
    opened = " open" if group.was_retried else ""
    return f'<details style="margin:2px 0"{opened}>{head}<div style="padding-left:20px">{inside}</div></details>'


def _attempts(group: Group) -> str:
    """Each attempt with what came of it, and between them how long the client waited."""
    parts: list[str] = []
    for one, after in zip(group.exchanges, [*group.exchanges[1:], None], strict=True):
        milliseconds = f"{1000 * one.seconds:.0f} ms" if one.seconds is not None else "under way"
        notes = " · ".join(filter(None, [milliseconds, fault_of(one)]))
        parts.append(f"<div>attempt {one.attempt}: <b>{escape(_result(one))}</b> {quiet(notes)}</div>{_details(one)}")
        if after is not None:
            waited = after.started - one.started - (one.seconds or 0)
            parts.append(f"<div>{quiet(f'waited {waited:.1f} s ({_wait_asked(one)})')}</div>")
    return "".join(parts)


def _worth_a_look(exchanges: Sequence[Exchange]) -> list[Exchange]:
    """Of polls in a row, those that brought another answer than the one before."""
    pairs = zip(exchanges, [None, *exchanges[:-1]], strict=True)
    return [one for one, before in pairs if before is None or before.response_body != one.response_body]


def _details(exchange: Exchange) -> str:
    parts = [
        _error(exchange),
        folded("request headers", _headers(exchange.request_headers)),
        _opening("request body", exchange.request_body),
        _as_curl(exchange),
        folded("answer's headers", _headers(exchange.response_headers)) if exchange.response_headers else "",
        _opening("answer's body", exchange.response_body),
    ]
    return "".join(parts) + strip_of(exchange) + table_of(exchange)


def _error(exchange: Exchange) -> str:
    """The whole sentence of an error that the row only names."""
    told = exchange.error and exchange.error not in _result(exchange)
    return f"<div>{quiet(exchange.error)}</div>" if told else ""


def _opening(title: str, body: str) -> str:
    return unfolding(title, tree_of(body)) if body else ""


def _as_curl(exchange: Exchange) -> str:
    command = curl_of(exchange)
    if not command:
        return quiet("no curl command: the log does not hold the whole body")
    hint = f"for a POSIX shell (macOS, Linux, WSL, Git Bash); one click selects it; {VARIABLE} must hold your key"
    style = f"{MONO};color:inherit;background:none;border:1px solid {LINE};padding:8px;margin:4px 0;user-select:all"
    shown = f'<pre style="{style};white-space:pre-wrap;overflow-wrap:anywhere">{escape(command)}</pre>'
    return unfolding("as curl", quiet(hint) + shown)


def _headers(headers: Mapping[str, str]) -> str:
    return "\n".join(f"{name}: {value}" for name, value in headers.items())
