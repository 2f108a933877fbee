"""The state diagram of a run, with the way that one run took."""

from collections.abc import Sequence
from html import escape
from itertools import pairwise
from math import atan2, cos, sin

from helpers.display.statuses import COLOURS
from helpers.views import GREY, quiet

_Point = tuple[int, int]

_PLACES: dict[str, _Point] = {
    "queued": (75, 130),
    "in_progress": (260, 130),
    "requires_action": (260, 40),
    "cancelling": (260, 220),
    "expired": (490, 40),
    "completed": (490, 85),
    "incomplete": (490, 130),
    "failed": (490, 175),
    "cancelled": (490, 220),
}
"""All nine statuses → where the middle of each stands."""
_HALF, _TALL = 70, 15
_ROOMY = 18
"""So many letters in bold stand well within a box; a longer label is squeezed into it."""
_WAYS: dict[tuple[str, str], tuple[_Point, _Point, _Point]] = {
    ("queued", "in_progress"): ((145, 130), (145, 130), (188, 130)),
    ("in_progress", "requires_action"): ((260, 115), (260, 115), (260, 57)),
    ("requires_action", "queued"): ((190, 40), (75, 40), (75, 113)),
    ("requires_action", "expired"): ((330, 40), (330, 40), (418, 40)),
    ("in_progress", "expired"): ((330, 121), (330, 121), (418, 48)),
    ("in_progress", "completed"): ((330, 126), (330, 126), (418, 86)),
    ("in_progress", "incomplete"): ((330, 130), (330, 130), (418, 130)),
    ("in_progress", "failed"): ((330, 134), (330, 134), (418, 174)),
    ("in_progress", "cancelling"): ((260, 145), (260, 145), (260, 203)),
    ("queued", "cancelling"): ((75, 145), (75, 220), (188, 220)),
    ("requires_action", "cancelling"): ((212, 55), (126, 130), (212, 203)),
    ("cancelling", "cancelled"): ((330, 220), (330, 220), (418, 220)),
    ("queued", "failed"): ((125, 145), (250, 195), (418, 179)),
    ("queued", "expired"): ((125, 115), (250, 65), (418, 43)),
}
"""From which status to which → where the arrow begins, towards where it leaves, and where it ends."""
_RARE = (("queued", "failed"), ("queued", "expired"))
"""Drawn only when taken: runs that never began to work."""


def diagram(path: Sequence[str]) -> str:
    """The nine statuses and the ways between them as an SVG picture; the ones taken are thick and numbered."""
    taken = list(pairwise(path))
    lines = "".join(_way(way, way in taken) for way in _WAYS if way in taken or way not in _RARE)
    nodes = "".join(_node(status, path) for status in _PLACES)
    words = f"The way of this run: {', then '.join(path)}."
    return (
        f'<svg role="img" aria-label="{escape(words)}" viewBox="0 0 565 245" fill="currentColor" font-size="12" '
        f'style="display:block;width:100%;max-width:620px"><title>The statuses of a run</title>'
        f"<desc>{escape(words)}</desc>{lines}{nodes}</svg>"
        + quiet("thick, with numbers: the way of this run · dashed: the other ways a run can go")
    )


def _way(way: tuple[str, str], taken: bool) -> str:
    style = f"stroke:{COLOURS[way[1]]};stroke-width:3.5" if taken else f"stroke:{GREY};stroke-dasharray:4 3"
    (x, y), (bend_x, bend_y), (end_x, end_y) = _WAYS[way]
    line = f'<path d="M{x} {y}Q{bend_x} {bend_y} {end_x} {end_y}"/>'
    return f'<g style="{style}" fill="none"><title>{way[0]} → {way[1]}</title>{line}{_head(_WAYS[way])}</g>'


def _head(points: tuple[_Point, _Point, _Point]) -> str:
    """The two strokes of an arrow's head; SVG's own markers need names that no other picture on the page has."""
    _, (bend_x, bend_y), (x, y) = points
    angle = atan2(y - bend_y, x - bend_x)
    ends = [(x - 8 * cos(angle + side), y - 8 * sin(angle + side)) for side in (-0.5, 0.5)]
    (left_x, left_y), (right_x, right_y) = ends
    line = f"M{left_x:.1f} {left_y:.1f}L{x} {y}L{right_x:.1f} {right_y:.1f}"
    return f'<path d="{line}" style="stroke-dasharray:none"/>'


def _node(status: str, path: Sequence[str]) -> str:
    x, y = _PLACES[status]
    visits = [str(number) for number, name in enumerate(path, start=1) if name == status]
    style = f"stroke:{COLOURS[status]};stroke-width:3.5" if visits else f"stroke:{GREY};stroke-dasharray:4 3"
    label = f"{','.join(visits)} · {status}" if visits else status
    weight = ' font-weight="bold"' if visits else ""
    squeezed = f' textLength="{2 * _HALF - 14}" lengthAdjust="spacingAndGlyphs"' if len(label) > _ROOMY else ""
    return (
        f'<rect x="{x - _HALF}" y="{y - _TALL}" width="{2 * _HALF}" height="{2 * _TALL}" rx="8" fill="none" '
        f'style="{style}"/><text x="{x}" y="{y + 4}" text-anchor="middle"{weight}{squeezed}>{escape(label)}</text>'
    )
