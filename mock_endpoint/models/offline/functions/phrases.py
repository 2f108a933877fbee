"""Free text for a function: what to search for, write down or work out, in the user's own words."""

import re

from mock_endpoint.models.offline.functions import words
from mock_endpoint.models.offline.functions.slots import Slot
from mock_endpoint.models.offline.functions.values import Found

_WORKED_OUT = re.compile(r"[\d(√-][\d\s+\-*/×÷.^()%]*[\d)]")
_SAID = re.compile(
    r"(?<!\d):\s+(.+)$"
    r"|\b(?:saying|that says|which says|that reads|telling \w+|tell \w+)\s+(?:that\s+)?(.+?)[.!?]?$"
    r"|\b(?:about|regarding|called|titled|named|entitled|concerning)\s+(.+?)[.!?]?$"
    r"|\bremind me (?:to|that|about)\s+(.+?)[.!?]?$"
    r"|\b(?:word|term|phrase)\s+(\S+?)[.!?]?$"
    r"|^(.{1,200}?)(?:について|に関する|という|と(?=送|書|伝|言))"
    r"|^([^を]{1,200}?)を(?=検索|探|翻訳|訳|調べ|計算|メモ|思い出|リマインド)",
    re.IGNORECASE,
)
_TARGET = re.compile(r"\b(?:for|to)\s+(.+?)[.!?]?$", re.IGNORECASE)
_ASKING = re.compile(
    r"^(?:(?:please|can you|could you|would you|will you|i want to|i'd like to|i would like to|i need to|let's)\s+)*",
    re.IGNORECASE,
)
_PREPOSITION = re.compile(r"\s(?:at|on|in|by|for|to|into|from|with)\s+(?:the\s+)?$", re.IGNORECASE)
_TRAIL = re.compile(r"\s*[,、]?\s*(?:\b(?:at|on|in|by|for|to|into|from|with)\s*)?$", re.IGNORECASE)


def free_text(slot: Slot, text: str, taken: frozenset[str], used: list[Found]) -> str | None:
    """The words of the text that the slot asks for; None where it wants none, or the text has none."""
    if slot.kind == "text":
        return _text(slot, text, taken, used)
    if slot.needed and slot.kind in ("", "place", "country", "code"):
        return _unknown(text, taken, used)
    return None


def _text(slot: Slot, text: str, taken: frozenset[str], used: list[Found]) -> str | None:
    if words.idea_of("expression") in slot.name and (sum_ := _WORKED_OUT.search(text)):
        return sum_[0].strip()
    if said := marked(text, used):
        return said
    if not slot.needed or words.idea_of("word") in slot.name:
        return _unknown(text, taken, used) if slot.needed else None
    if found := _TARGET.search(text):
        return _cut(text, found.start(1), found.end(1), used)
    rest = text[_ASKING.match(text).end() :].strip()  # type: ignore[union-attr]
    first = re.match(r"(\S+)\s+(.+?)[.!?]?$", rest)
    if (
        first
        and words.ideas(first[1])
        and (words.ideas(first[1])[0] in taken or words.is_generic(words.ideas(first[1])[0]))
    ):
        return first[2]
    return rest or None


def marked(text: str, used: list[Found]) -> str | None:
    """The words that a marker announces: `called …`, `saying …`, `about …`."""
    found = _SAID.search(text)
    if not found:
        return None
    at = next(index for index, group in enumerate(found.groups(), 1) if group)
    return _cut(text, found.start(at), found.end(at), used)


def _cut(text: str, start: int, end: int, used: list[Found]) -> str | None:
    """Without the values at the end that have a place of their own: `call Mum` of `call Mum at 7 pm`."""
    for each in sorted(used, key=lambda each: each.start):
        before = text[start : each.start]
        if start < each.start < end and (_PREPOSITION.search(before) or not text[each.end : end].strip(" .!?")):
            return _TRAIL.sub("", before).strip() or None
    return text[start:end].strip() or None


def _unknown(text: str, taken: frozenset[str], used: list[Found]) -> str | None:
    """The longest run of words that no lexicon knows: then they are what is asked about."""
    runs: list[tuple[int, int]] = []
    for word in words.words(text):
        free = not words.is_known(word.idea) and word.idea not in taken
        if not free or any(each.start < word.end and word.start < each.end for each in used):
            continue
        if runs and not text[runs[-1][1] : word.start].strip():
            runs[-1] = (runs[-1][0], word.end)
        else:
            runs.append((word.start, word.end))
    best = max(runs, key=lambda run: run[1] - run[0], default=None)
    return text[best[0] : best[1]] if best else None
