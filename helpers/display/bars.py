"""Bars made of stretches, as HTML that needs no script and no picture."""

from collections.abc import Sequence
from html import escape
from typing import NamedTuple


class Stretch(NamedTuple):
    """A part of a bar."""

    percent: float
    fill: str
    """A colour or a pattern; `none` leaves a gap."""
    title: str
    """What it stands for; empty for a gap, which alone may be too narrow to be seen."""


IN_A_ROW = "min(320px,45%)"
"""The width of a bar that is a part of its row: bars one under the other keep one scale in a narrow notebook too."""
IN_A_CELL = "120px"
"""The same for tables, which take their own width from it."""
_THINNEST = "min-width:3px;"
"""So that a moment is seen beside seconds: its neighbours make room."""


def bar(stretches: Sequence[Stretch], width: str) -> str:
    """HTML for a bar of this CSS width; what the stretches leave of 100 percent stays empty.

    It is a picture, and its words are the titles of its stretches.
    """
    words = escape(", ".join(stretch.title for stretch in stretches if stretch.title))
    inner = "".join(
        f'<div title="{escape(title)}" style="width:{percent:.1f}%;{_THINNEST if title else ""}'
        f'background:{fill};height:10px"></div>'
        for percent, fill, title in stretches
    )
    style = f"display:flex;flex:none;width:{width};border-radius:5px;overflow:hidden"
    return f'<div style="{style}" role="img" aria-label="{words}">{inner}</div>'
