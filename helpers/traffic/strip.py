"""The events of a stream on a line of time."""

from collections.abc import Sequence
from html import escape
from itertools import groupby

from helpers.traffic.events import StreamEvent
from helpers.traffic.log import Exchange
from helpers.views import BLUE, quiet

_LEFT, _WIDTH, _RIGHT = 4, 560, 4
_AXIS, _HEIGHT = 34, 52
_THINNEST = 3.0
"""Pixels of a bar, so that deltas that came at once are seen."""


def strip_of(exchange: Exchange) -> str:
    """An SVG picture: a mark for every event, a bar from the first to the last of deltas in a row; the seconds below.

    Empty for what is no stream. It is the picture of the table under it, which says the same in words.
    """
    if not exchange.events:
        return ""
    end = max(exchange.seconds or 0.0, exchange.events[-1].seconds) or 1.0
    runs = [(name, list(group)) for name, group in groupby(exchange.events, key=lambda event: event.name)]
    marks = "".join(_bar(name, group, end) if name.endswith(".delta") else _ticks(group, end) for name, group in runs)
    words = _words(exchange, end)
    return (
        f'<svg role="img" aria-label="{escape(words)}" viewBox="0 0 {_LEFT + _WIDTH + _RIGHT} {_HEIGHT}" '
        f'style="display:block;width:100%;max-width:{_LEFT + _WIDTH + _RIGHT}px" fill="currentColor" font-size="11">'
        f"<title>Events over time</title><desc>{escape(words)}</desc>"
        f'<path d="M{_LEFT} {_AXIS}h{_WIDTH}" stroke="currentColor" fill="none"/>{marks}{_scale(end)}</svg>'
        + quiet("│ an event   ▬ deltas in a row")
    )


def _at(seconds: float, end: float) -> float:
    return _LEFT + _WIDTH * seconds / end


def _ticks(events: Sequence[StreamEvent], end: float) -> str:
    return "".join(
        f'<path d="M{_at(event.seconds, end):.1f} 6V{_AXIS}" stroke="currentColor" stroke-width="1.5">'
        f"<title>{escape(f'{event.name}, {event.seconds:.3f} s')}</title></path>"
        for event in events
    )


def _bar(name: str, events: Sequence[StreamEvent], end: float) -> str:
    first, last = events[0].seconds, events[-1].seconds
    x, until = _at(first, end), _at(last, end)
    title = f"{name} ×{len(events)}, {first:.3f} s – {last:.3f} s"
    return (
        f'<rect x="{x:.1f}" y="14" width="{max(_THINNEST, until - x):.1f}" height="12" rx="2" style="fill:{BLUE}">'
        f"<title>{escape(title)}</title></rect>"
    )


def _scale(end: float) -> str:
    labels = (("start", _LEFT, 0.0), ("middle", _LEFT + _WIDTH / 2, end / 2), ("end", _LEFT + _WIDTH, end))
    return "".join(
        f'<text x="{x:.0f}" y="{_HEIGHT - 5}" text-anchor="{anchor}">{seconds:.2f} s</text>'
        for anchor, x, seconds in labels
    )


def _words(exchange: Exchange, end: float) -> str:
    count, first = len(exchange.events) + exchange.further_events, exchange.events[0].seconds
    deltas = [event.seconds for event in exchange.events if event.name.endswith(".delta")]
    between = f"; deltas from {deltas[0]:.2f} s to {deltas[-1]:.2f} s" if deltas else ""
    return f"{count} events in {end:.2f} s; the first after {first:.2f} s{between}."
