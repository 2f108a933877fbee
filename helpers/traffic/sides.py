"""Two sides in a table: what differs stands out, what is alike is folded away."""

from collections.abc import Iterable, Sequence
from html import escape
from typing import NamedTuple

from helpers.views import AMBER, MONO, QUIET, breaking, quiet, text_table, unfolding

_MOST_ROWS = 300
"""Of each part."""
_LONGEST = 60
"""Characters of a value in the text; the HTML has all of it."""
_ABSENT = "–"
_TABLE = '<table style="width:100%;table-layout:fixed;margin:4px 0;overflow-wrap:anywhere">'
_COLUMNS = '<colgroup><col style="width:28px"><col style="width:28%"><col><col></colgroup>'
_CELL = "text-align:left;vertical-align:top;padding:3px 6px"
_MARK = f"text-align:center;vertical-align:top;padding:3px 0;border-left:3px solid {AMBER}"
_VALUE = f"{MONO};white-space:pre-wrap"


class Row(NamedTuple):
    """What each of the two says under one name; `None` where it says nothing."""

    name: str
    left: str | None
    right: str | None
    by_chance: bool = False
    """Whether it says nothing whether they differ."""
    moved: bool = False
    """Whether the two sides say the same under different names."""

    @property
    def differs(self) -> bool:
        """Whether the two differ in a way that tells something."""
        return self.moved or (self.left != self.right and not self.by_chance)

    @property
    def mark(self) -> str:
        """In front of it."""
        return "→" if self.moved else "≠" if self.differs else " "


class Part(NamedTuple):
    """Rows that belong together."""

    title: str
    rows: Sequence[Row]


def drawn(heads: Sequence[tuple[str, str]], parts: Sequence[Part]) -> str:
    """HTML. A head is a number and what stands behind it."""
    cells = "".join(f'<th scope="col" style="{_CELL}">{quiet(number)} {breaking(what)}</th>' for number, what in heads)
    body = "".join(map(_part, parts))
    return f'{_TABLE}{_COLUMNS}<thead><tr><td colspan="2"></td>{cells}</tr></thead>{body}</table>' + quiet(
        _legend(parts)
    )


def written(heads: Sequence[tuple[str, str]], parts: Sequence[Part]) -> str:
    """The same as text, without the values that are alike or of chance."""
    numbers = [number for number, _ in heads]
    lines = [f"{number}: {what}" for number, what in heads]
    for part in parts:
        told = [row for row in part.rows if row.differs][:_MOST_ROWS]
        rows = [[row.mark, row.name, *_cut(row)] for row in told]
        lines += [text_table([[" ", part.title, *numbers], *rows]), f"   {_rest(part)}"]
    return "\n".join(lines)


def _legend(parts: Sequence[Part]) -> str:
    moved = any(row.moved for part in parts for row in part.rows)
    return "≠ differs" + (" · → the same under another name" if moved else "")


def _part(part: Part) -> str:
    told = [row for row in part.rows if row.differs]
    others = [row for row in part.rows if not row.differs]
    title = f'<tr><th scope="colgroup" colspan="4" style="{_CELL}">{escape(part.title)}</th></tr>'
    folded = unfolding(_rest(part), f"{_TABLE}{_COLUMNS}{_trs(others)}</table>") if others else ""
    foot = f'<tr><td colspan="4" style="{_CELL};padding:3px 0">{folded}</td></tr>'
    return f"<tbody>{title}{_trs(told)}{foot if folded else ''}</tbody>"


def _rest(part: Part) -> str:
    """What is not shown at first, in a line."""
    told = sum(row.differs for row in part.rows)
    chance = sum(row.by_chance for row in part.rows)
    notes = [
        "" if told else "no difference",
        f"{told - _MOST_ROWS} more that differ" if told > _MOST_ROWS else "",
        f"{len(part.rows) - told - chance} alike",
        f"{chance} new each time" if chance else "",
    ]
    return " · ".join(filter(None, notes))


def _trs(rows: Iterable[Row]) -> str:
    return "".join(map(_tr, list(rows)[:_MOST_ROWS]))


def _tr(row: Row) -> str:
    mark = f'<td style="{_MARK}"><b>{row.mark}</b></td>' if row.differs else "<td></td>"
    weight = "bold" if row.differs else f"normal;{QUIET}"
    name = f'<th scope="row" style="{_CELL};{MONO};font-weight:{weight}">{breaking(row.name)}</th>'
    alike = row.left == row.right and not row.moved
    values = _value(row.left, 2) if alike else _value(row.left) + _value(row.right)
    return f"<tr>{mark}{name}{values}</tr>"


def _value(value: str | None, columns: int = 1) -> str:
    shown = quiet(_ABSENT) if value is None else f'<span style="{_VALUE}">{escape(value)}</span>'
    return f'<td colspan="{columns}" style="{_CELL}">{shown}</td>'


def _cut(row: Row) -> list[str]:
    """Both values in a line each; long ones from a little before the place where they begin to differ."""
    lines = [_ABSENT if value is None else " ".join(value.split()) for value in (row.left, row.right)]
    if max(map(len, lines)) <= _LONGEST:
        return lines
    begin = max(0, _alike(*lines) - _LONGEST // 3)
    return [_window(line, begin) for line in lines]


def _alike(one: str, other: str) -> int:
    """With how many equal characters they begin."""
    pairs = enumerate(zip(one, other, strict=False))
    return next((place for place, (left, right) in pairs if left != right), min(len(one), len(other)))


def _window(line: str, begin: int) -> str:
    end = begin + _LONGEST
    return f"{'…' if begin else ''}{line[begin:end]}{'…' if end < len(line) else ''}"
