"""A text cut for search: into passages, which have a vector each, and passages joined to chunks, which are found.

A passage is a paragraph, or a part of a long one, so that it says one thing. It has at most as many tokens as the
smallest chunk, so that every chunk is made of whole passages, and passages do not depend on how a file is chunked.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from mock_endpoint.models import tokens

MOST_TOKENS = 100
"""Of a passage; also the least that a chunk may be allowed to have (contract §7)."""
_HEADING_TOKENS = 25
_GAP = re.compile(r"\n[^\S\n]*\n\s*")
_CUTS = (
    re.compile(r"[^\n]+"),
    re.compile(r".+?(?:[.!?](?=\s)|[。!?]+[」』)]?|$)", re.S),
    re.compile(r"\s*\S+"),
)
"""Where a block that is too long is cut: between lines, else sentences, else words; else anywhere."""
_SENTENCE_END = re.compile(r"[.!?。!?:;、,]\W*$")


@dataclass(frozen=True)
class Passage:
    """A stretch of a text."""

    start: int
    """The first character's place in the text."""
    stop: int
    tokens: int


def passages(text: str) -> list[Passage]:
    """The text's passages in order; together they hold all of it but white space."""
    found: list[Passage] = []
    for block in _blocks(text):
        pieces = list(_pieces(text, *block, 0))
        if found and _is_heading(text, found[-1]):
            pieces.insert(0, found.pop())
        found += _packed(text, pieces)
    return found


def chunks(sizes: Sequence[int], most: int, overlap: int) -> list[range]:
    """The chunks of passages of these sizes: at most `most` tokens, and about `overlap` of them in the next, too."""
    found, start = [], 0
    while start < len(sizes):
        stop = _fitting(sizes, start, most)
        found.append(range(start, stop))
        if stop == len(sizes):
            break
        start, shared = stop, 0
        while start - 1 > found[-1].start and shared + sizes[start - 1] <= overlap:
            start -= 1
            shared += sizes[start]
        while _fitting(sizes, start, most) == found[-1].stop:  # nothing new would fit
            start += 1
    return found


def _fitting(sizes: Sequence[int], start: int, most: int) -> int:
    stop, total = start, 0
    while stop < len(sizes) and (stop == start or total + sizes[stop] <= most):
        total += sizes[stop]
        stop += 1
    return stop


def _blocks(text: str) -> Iterator[tuple[int, int]]:
    """What stands between empty lines."""
    start = 0
    for gap in _GAP.finditer(text):
        if text[start : gap.start()].strip():
            yield _stripped(text, start, gap.start())
        start = gap.end()
    if text[start:].strip():
        yield _stripped(text, start, len(text))


def _is_heading(text: str, passage: Passage) -> bool:
    """Whether it says what follows is about: short, and no sentence."""
    line = text[passage.start : passage.stop].rpartition("\n")[2]
    return passage.tokens <= _HEADING_TOKENS and (line.startswith("#") or not _SENTENCE_END.search(line))


def _pieces(text: str, start: int, stop: int, cut: int) -> Iterator[Passage]:
    """The stretch in pieces that are small enough, cut as seldom as may be."""
    size = tokens.count(text[start:stop])
    if size <= MOST_TOKENS:
        yield Passage(start, stop, size)
    elif cut == len(_CUTS):
        at = start
        while at < stop:  # one word without an end
            end = min(at + MOST_TOKENS, stop)
            yield Passage(at, end, tokens.count(text[at:end]))
            at = end
    else:
        for match in _CUTS[cut].finditer(text, start, stop):
            yield from _pieces(text, *_stripped(text, *match.span()), cut + 1)


def _packed(text: str, pieces: Sequence[Passage]) -> Iterator[Passage]:
    """Neighbours joined as long as they fit."""
    sizes = [piece.tokens for piece in pieces]
    start = 0
    while start < len(pieces):
        stop = _fitting(sizes, start, MOST_TOKENS)
        yield Passage(pieces[start].start, pieces[stop - 1].stop, sum(sizes[start:stop]))
        start = stop


def _stripped(text: str, start: int, stop: int) -> tuple[int, int]:
    inner = text[start:stop]
    return start + len(inner) - len(inner.lstrip()), stop - len(inner) + len(inner.rstrip())
