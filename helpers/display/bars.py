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


IN_A_ROW = "min(320px,45%)"
"""The width of a bar that is a part of its row: bars one under the other keep one scale in a narrow notebook too."""
IN_A_CELL = "120px"
"""The same for tables, which take their own width from it."""


def bar(stretches: Sequence[Stretch], width: str) -> str:
    """HTML for a bar of this CSS width; what the stretches leave of 100 percent stays empty.

    It is a picture, and its words are the titles of its stretches.
    """
    words = escape(", ".join(stretch.title for stretch in stretches if stretch.title))
    inner = "".join(
        f'<div title="{escape(title)}" style="width:{percent:.1f}%;background:{fill};height:10px"></div>'
        for percent, fill, title in stretches
    )
    style = f"display:flex;flex:none;width:{width};border-radius:5px;overflow:hidden"
    return f'<div style="{style}" role="img" aria-label="{words}">{inner}</div>'
