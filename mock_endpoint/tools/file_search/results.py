"""What a search found, as a model reads it (contract §4, §6)."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

Json = dict[str, Any]

_FIRST = 4
"""The number in the markers of the first search; the hosted service counts from there, too."""
_MARKER = re.compile(r"^【\d+:\d+†[^】\n]*】$", re.M)


@dataclass(frozen=True)
class Excerpt:
    """A part of a file that a model has before it, and the marker with which it may cite it."""

    marker: str
    text: str


def marker(search: int, result: int, name: str) -> str:
    """The marker of a result, e.g. `【4:0†guide.md】`; searches and results are counted from 0."""
    plain = re.sub(r"[【】†\s]+", " ", name).strip()
    return f"【{_FIRST + search}:{result}†{plain}】"


def written(search: int, results: Sequence[Json]) -> str:
    """The results of a search as the model reads them: each under its marker."""
    texts = [f"{marker(search, place, each['filename'])}\n{each['text']}" for place, each in enumerate(results)]
    return "\n\n".join(texts) or "No results were found."


def read(text: str) -> Iterator[Excerpt]:
    """The excerpts in what `written` gave."""
    marks = list(_MARKER.finditer(text))
    stops = [*(mark.start() for mark in marks[1:]), len(text)]
    for mark, stop in zip(marks, stops, strict=False):  # a search that found nothing has no mark
        yield Excerpt(mark[0], text[mark.end() : stop].strip())
