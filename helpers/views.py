"""Something to look at: HTML for a notebook, and a plain-text twin for terminals and diffs."""

import re
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from html import escape

GREY = "var(--jp-inverse-layout-color3,#666)"
"""Also on the striped rows of a table its contrast is at least 4.5; that of the font colour 2 is not."""
QUIET = f"color:{GREY}"
MONO = "font-family:var(--jp-code-font-family,monospace);font-size:var(--jp-code-font-size,13px)"
LINE = "var(--jp-border-color2,#bbb)"
PANEL = "var(--jp-layout-color2,#eee)"
BLUE = "var(--jp-brand-color1,#1976d2)"
GREEN = "var(--jp-success-color1,#388e3c)"
AMBER = "var(--jp-warn-color1,#f57c00)"
RED = "var(--jp-error-color1,#d32f2f)"


@dataclass(frozen=True)
class View:
    """One picture in two forms; Jupyter takes the HTML, everything else the text."""

    html: str
    text: str

    def _repr_html_(self) -> str:
        return self.html

    def __repr__(self) -> str:
        return self.text


def put(view: View) -> None:
    """Show the view where the cell writes; in a plain Python its text is printed."""
    if kernel() is None:
        print(view.text)  # noqa: T201 - without IPython, printing is displaying
        return
    from IPython.display import display  # present where a kernel is

    display(view)


def kernel() -> object | None:
    """The running IPython, or `None`; never imports it."""
    ipython = sys.modules.get("IPython")
    found: object | None = ipython.get_ipython() if ipython else None
    return found


def has_pages() -> bool:
    """Whether outputs go to a page that can renew them, as a notebook's do; a terminal would print them once more."""
    return getattr(kernel(), "kernel", None) is not None


def quiet(text: object) -> str:
    """HTML for what matters less."""
    return f'<span style="{QUIET};font-size:85%">{escape(str(text))}</span>'


def mono(text: object) -> str:
    """HTML for an id or another literal."""
    return f'<span style="{MONO}">{escape(str(text))}</span>'


def short(text: object) -> str:
    """HTML for an id in a table: its beginning, on two lines where space is short; all of it under the mouse."""
    whole = escape(str(text))
    seen = whole if len(whole) <= 14 else f"{whole[:12]}…"
    style = f"{MONO};display:inline-block;min-width:7ch;overflow-wrap:anywhere"
    return f'<span style="{style}" title="{whole}">{seen}</span>'


def plain(text: object) -> str:
    """HTML for text as it is, line breaks kept."""
    return f'<span style="white-space:pre-wrap">{escape(str(text))}</span>'


def breaking(text: object) -> str:
    """HTML for a path or a name, which breaks rather behind a mark than within a word."""
    return re.sub(r"([/._-])(?=[^/._-])", r"\1<wbr>", escape(str(text)))


def unbroken(text: object) -> str:
    """HTML for text that stays on one line."""
    return f'<span style="white-space:nowrap">{escape(str(text))}</span>'


def card(*rows: str, accent: str = LINE) -> str:
    """HTML for a framed block with one row under the other."""
    style = f"border:1px solid {LINE};border-left:4px solid {accent};border-radius:6px;padding:8px 12px;margin:4px 0"
    return f'<div style="{style};overflow-wrap:anywhere">{"".join(f"<div>{row}</div>" for row in rows if row)}</div>'


def folded(title: str, content: str) -> str:
    """HTML for text under a title that opens it."""
    return unfolding(title, preformatted(content))


def preformatted(content: str) -> str:
    """HTML for code or JSON, as it is."""
    style = f"{MONO};background:{PANEL};color:inherit;padding:8px;margin:4px 0;white-space:pre-wrap"
    return f'<pre style="{style};overflow-wrap:anywhere">{escape(content)}</pre>'


def unfolding(title: str, html: str) -> str:
    """HTML under a title that opens it."""
    return f'<details><summary style="cursor:pointer;{QUIET};font-size:85%">{escape(title)}</summary>{html}</details>'


def table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """An HTML table, which scrolls where its place is too narrow; the cells are HTML already."""
    cell = "text-align:left;vertical-align:top;padding:3px 6px"
    head = "".join(f'<th style="{cell}">{escape(name)}</th>' for name in heads)
    body = "".join(f"<tr>{_cells(row, cell)}</tr>" for row in rows)
    whole = f'<table style="margin:4px 0"><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>'
    # Without tabindex, the keyboard could not reach what is scrolled away.
    return f'<div role="group" aria-label="table" tabindex="0" style="overflow-x:auto">{whole}</div>'


def _cells(row: Sequence[str], style: str) -> str:
    return "".join(f'<td style="{style}">{cell}</td>' for cell in row)


def text_table(rows: Sequence[Sequence[str]]) -> str:
    """The same in plain text: columns two spaces apart."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = ("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) for row in rows)
    return "\n".join(line.rstrip() for line in lines)
