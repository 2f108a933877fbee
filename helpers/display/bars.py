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


def bar(stretches: Sequence[Stretch], width: int = 320) -> str:
    """HTML for a bar of `width` pixels; what the stretches leave of 100 percent stays empty."""
    inner = "".join(
        f'<div title="{escape(title)}" style="width:{percent:.1f}%;background:{fill};height:10px"></div>'
        for percent, fill, title in stretches
    )
    return f'<div style="display:flex;flex:none;width:{width}px;border-radius:5px;overflow:hidden">{inner}</div>'
