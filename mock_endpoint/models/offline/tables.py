"""Code for what a message asks of a table: its columns are found by their words, or by what the words mean."""

import calendar
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from mock_endpoint.models.encoder import encoder
from mock_endpoint.models.offline.text import data, name_words, stem

_WORTH = ("chart", "largest", "smallest", "mean", "median", "sum", "count", "describe", "filter", "sort", "data")
_REDUCE = ("mean", "median", "sum", "count")
_NUMBER = r"(-?\d[\d,]*(?:\.\d+)?)"
_PRINT = "print(result.to_string(index=False))"
_ALIKE = 0.5
"""The cosine from which a word may mean a column."""


@dataclass(frozen=True)
class Table:
    """A table as far as it has been looked at."""

    numbers: Sequence[str]
    """The columns of numbers."""
    values: Mapping[str, Sequence[str]]
    """The other columns, with the values that stand in them."""


def asks_of_a_table(text: str) -> bool:
    """Whether a message may be about a table at all."""
    return _asks_one(_WORTH, text)


def asks_for_code(text: str) -> bool:
    """Whether a message without a table still asks for something that takes code."""
    return _asks_one(("chart", "code", "describe"), text)


def _asks_one(kinds: Sequence[str], text: str) -> bool:
    """Whether one of these is asked for, and nothing that `code_for` cannot write."""
    return not _asks("beyond", text) and any(_asks(kind, text) for kind in kinds)


def code_for(text: str, table: Table) -> list[str] | None:
    """The lines that answer, once the table is read; None where it is not clear which column is meant."""
    request = _Request(text, table)
    lines = request.lines()
    return lines and [*request.filters, *lines]


class _Request:
    """What a text asks of a table."""

    def __init__(self, text: str, table: Table) -> None:
        self.text = text
        columns = [*table.values, *table.numbers]
        forms = data("coding")["group"].values()
        text, month = _without_month(text, table.numbers)
        by = next((found for form in forms if (found := re.search(form, text, re.I))), None)
        self.group = _column(by[1], columns) if by else None
        rest = text.replace(by[0], " ") if by and self.group else text
        only = table.numbers[0] if len(table.numbers) == 1 else None
        self.measure = _column(rest, [name for name in table.numbers if name != self.group]) or only
        self.label = self.group or _column(rest, list(table.values)) or next(iter(columns))
        self.filters = [*month, *self._named(table.values), *self._bounded(table.numbers)]

    def lines(self) -> list[str] | None:
        """The lines for this request, after the filters."""
        reduce = next((kind for kind in _REDUCE if _asks(kind, self.text)), None)
        extreme = next((kind for kind in ("smallest", "largest") if _asks(kind, self.text)), None)
        if _asks("chart", self.text):
            return self._chart(reduce)
        if _asks("sort", self.text):
            lines = self._sorted()
        elif reduce:
            lines = self._reduced(reduce, extreme)
        elif extreme:
            which = "idxmax" if extreme == "largest" else "idxmin"
            lines = [f"result = table.loc[[table[{self.measure!r}].{which}()]]"] if self.measure else None
        elif self.filters:
            lines = ["result = table"]
        else:
            lines = ["print(len(table), 'rows')", "result = table.describe(include='all').reset_index(names='')"]
        if lines and lines[-1].startswith("result"):
            lines.append(_PRINT)
            lines += ["result.to_csv('result.csv', index=False)"] if _asks("save", self.text) else []
        return lines

    def _named(self, values: Mapping[str, Sequence[str]]) -> Iterator[str]:
        """Only the rows with a value that the text names."""
        for column, known in values.items():
            if named := [value for value in known if _names(self.text, value)]:
                yield f"table = table[table[{column!r}].astype(str).isin({named!r})]"

    def _bounded(self, numbers: Sequence[str]) -> Iterator[str]:
        """Only the rows within the bounds that it sets."""
        for sign, form in data("coding")["bounds"].items():
            for found in re.finditer(form.replace("{n}", _NUMBER), self.text, re.I):
                bound = next(group for group in found.groups() if group).replace(",", "")
                column = _column(self.text[: found.start()][-40:], numbers) or self.measure
                if column:
                    yield f"table = table[table[{column!r}] {sign} {bound}]"

    def _reduced(self, reduce: str, extreme: str | None) -> list[str] | None:
        if reduce == "count" and not self.group:
            return ["print(len(table))"]
        if reduce == "count":
            value, what = "count", ".size().reset_index(name='count')"
        elif self.measure is None:
            return None
        else:
            value, what = self.measure, f"[{self.measure!r}].{reduce}().reset_index()"
            if not self.group:
                return [f"print(table[{self.measure!r}].{reduce}())"]
        best = {"largest": ".nlargest", "smallest": ".nsmallest"}.get(extreme or "")
        return [f"result = table.groupby({self.group!r}, sort=False){what}{f'{best}(1, {value!r})' if best else ''}"]

    def _sorted(self) -> list[str] | None:
        column = self.measure or self.group
        rising = "" if not _asks("descending", self.text) else ", ascending=False"
        return [f"result = table.sort_values({column!r}{rising})"] if column else None

    def _chart(self, reduce: str | None) -> list[str] | None:
        if self.measure is None or self.measure == self.label:
            return None
        if _asks("histogram", self.text):
            drawn = f"table[{self.measure!r}].plot(kind='hist')"
            return ["import matplotlib.pyplot as plt", drawn, f"plt.xlabel({self.measure!r})", "plt.show()"]
        kind = "line" if _asks("line", self.text) and not _asks("bar", self.text) else "bar"
        lines = ["import matplotlib.pyplot as plt"]
        if reduce and self.group:
            what = ".size()" if reduce == "count" else f"[{self.measure!r}].{reduce}()"
            lines.append(f"table.groupby({self.label!r}, sort=False){what}.plot(kind={kind!r})")
        else:
            lines.append(f"table.plot(x={self.label!r}, y={self.measure!r}, kind={kind!r})")
        return [*lines, f"plt.ylabel({self.measure!r})", "plt.tight_layout()", "plt.show()"]


def _asks(kind: str, text: str) -> bool:
    return re.search(data("coding")["asks"][kind], text, re.I) is not None


def _without_month(text: str, numbers: Sequence[str]) -> tuple[str, list[str]]:
    """The text without the month that it names, and the line that leaves only its rows, if a column counts months."""
    column = next((name for name in numbers if _words(name).lower() in ("month", "月")), None)
    found = re.search(data("coding")["months"]["form"], text) if column else None
    if not found:
        return text, []
    named = found["name"]
    number = list(calendar.month_name).index(named) if named else int(found["number"])
    return text.replace(found[0], " "), [f"table = table[table[{column!r}] == {number}]"]


def _names(text: str, value: str) -> bool:
    """Whether the text holds this value, as a whole word where words have ends; numbers name no row."""
    if not re.search(r"[^\W\d]", value):
        return False
    form = re.escape(value)
    return re.search(rf"\b{form}\b" if value.isascii() else form, text, re.I) is not None


def _column(text: str, names: Sequence[str]) -> str | None:
    """The column that the text names, or else the one whose name means what some word of it means."""
    stems = {stem(word) for word in re.findall(r"[A-Za-z\d]+", text)}
    said = []
    for name in names:
        words = _words(name).split()
        ascii_words = {stem(word) for word in words if word.isascii()}
        if words and stems >= ascii_words and all(word in text for word in words if not word.isascii()):
            said.append(name)
    said = said or [name for name in names if stems & {stem(word) for word in _words(name).split() if len(word) > 2}]
    if said:
        return max(said, key=len)
    spans = _spans(text)
    if not names or not spans:
        return None
    likeness = encoder().encode(spans) @ encoder().encode([_words(name) or name for name in names]).T
    best = likeness.max(axis=0)
    return names[int(best.argmax())] if best.max() >= _ALIKE else None


def _words(name: str) -> str:
    """A column's name in words, without the unit behind it."""
    return name_words(re.sub(r"[((].*?[))]", " ", name))


def _spans(text: str) -> list[str]:
    """The words of a text, and pairs of them, that may mean a column."""
    empty = data("coding")["words"]["empty"].split()
    words = [word for word in re.findall(r"[A-Za-z]+", text) if word.lower() not in empty]
    japanese = re.findall(r"[\u3400-\u9fff々ァ-ヺー]+[いかき]?", text)
    return [*words, *(" ".join(pair) for pair in pairwise(words)), *japanese][:60]
