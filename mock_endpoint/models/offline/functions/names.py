"""Names that stand for a value: months, days, currencies, units, languages and places, each with its other names."""

import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from mock_endpoint.models.offline.skills import capitals

_FILE = Path(__file__).with_name("values.toml")
_RUN = re.compile(
    r"[A-Za-z\u00c0-\u024f]+(?:['./-][A-Za-z\u00c0-\u024f]+)*\.?|[€$£¥₩₹]|[\u3040-\u30ff\u3400-\u9fff々ー]+"
)
_KATAKANA = re.compile(r"[ァ-ヶー]")
_MOST_WORDS, _MOST_LETTERS = 4, 12
_CAPITAL_ONLY = frozenset(
    ["may", "march", "mar", "sun", "sat", "polish", "turkey", "chad", "georgia", "jordan", "nice"]
)
_AFTER_A_SIGN = frozenset(["real", "won", "rand", "dong", "try", "all", "now", "foot"])
_SIGN = re.compile(r"(?:\d|\b(?:to|into|in))\s*$", re.IGNORECASE)
_IN_A_SEASON = re.compile(r"\b(?:in|this|next|last|during|every|of|the)\s*$", re.IGNORECASE)


@dataclass(frozen=True)
class Name:
    """A name in a text: its kind, where it stands, and all names of the same thing, the short form first."""

    kind: str
    start: int
    end: int
    forms: tuple[str, ...]


@cache
def _table() -> dict[str, tuple[str, tuple[str, ...]]]:
    """Kind and forms by the name in lower case; units of one letter are left to numbers."""
    rows = tomllib.loads(_FILE.read_text(encoding="utf-8"))
    table: dict[str, tuple[str, tuple[str, ...]]] = {}
    for kind, lines in rows.items():
        for line in lines:
            forms = tuple(line.split(", "))
            for form in forms:
                short_unit = kind == "unit" and len(form) == 2 and form != "in"
                if len(form) > 2 or short_unit or not (form.isascii() and form.isalpha()):
                    table.setdefault(form.casefold(), (kind, forms))
    for row in capitals.countries():
        name = row.name.removeprefix("the ")
        country = (row.code, name, row.name_ja, *row.aliases)
        for form in country:
            if len(form) > 2:
                table.setdefault(form.casefold(), ("country", country))
        for city, city_ja in zip(row.capitals, row.capitals_ja, strict=False):
            for form in (city, city_ja):
                table.setdefault(form.casefold(), ("place", (city, city_ja)))
    return table


@cache
def units() -> dict[str, tuple[str, tuple[str, ...]]]:
    """Units and currencies by every name, the shortest too: what may follow a number."""
    rows = tomllib.loads(_FILE.read_text(encoding="utf-8"))
    return {
        form.casefold(): (kind, tuple(line.split(", ")))
        for kind in ("unit", "currency")
        for line in rows[kind]
        for form in line.split(", ")
    }


@cache
def every_form(text: str) -> frozenset[str]:
    """All names, in lower case, of what the text names; only the text itself where it is in no table."""
    lowered = text.casefold()
    _, forms = _table().get(lowered) or units().get(lowered) or _short().get(lowered) or ("", ())
    return frozenset((lowered, *(form.casefold() for form in forms)))


def kind_of(text: str) -> str:
    """The kind of what the text names; "" where it is in no table."""
    lowered = text.casefold()
    return (_table().get(lowered) or units().get(lowered) or _short().get(lowered) or ("",))[0]


@cache
def _short() -> dict[str, tuple[str, tuple[str, ...]]]:
    """The entries by a short form that is too short to be looked for in a text: `en`, `MO`, `7`."""
    return {forms[0].casefold(): (kind, forms) for kind, forms in _table().values()}


def find(text: str) -> Iterator[Name]:
    """The names in a text, in their order; the longest wins at each place."""
    runs = list(_RUN.finditer(text))
    skip_until = 0
    for index, run in enumerate(runs):
        if run.start() < skip_until:
            continue
        if run[0].isascii() or run[0][0] < "\u0250" or not _is_japanese(run[0][0]):
            if found := _english(text, runs, index):
                skip_until = found.end
                yield found
        else:
            yield from _japanese(text, run)


def _is_japanese(letter: str) -> bool:
    return "\u3040" <= letter <= "\u9fff"


def _english(text: str, runs: list[re.Match[str]], index: int) -> Name | None:
    start = runs[index].start()
    for last in range(min(len(runs), index + _MOST_WORDS) - 1, index - 1, -1):
        for end in {runs[last].end(), runs[last].end() - runs[last][0].endswith((".", "'s"))}:
            piece = text[start:end].removesuffix("'s")
            entry = _table().get(" ".join(piece.casefold().split()))
            if entry and _meant(text, piece, start, entry[0]):
                return Name(entry[0], start, start + len(piece), entry[1])
    return None


def _meant(text: str, piece: str, start: int, kind: str) -> bool:
    """Whether a word that is also something else is used as a name here."""
    if piece.casefold() in _AFTER_A_SIGN or len(piece) <= 2:
        return bool(_SIGN.search(text[max(0, start - 8) : start]))
    if kind == "season":
        return bool(_IN_A_SEASON.search(text[max(0, start - 12) : start]))
    if piece.casefold() in _CAPITAL_ONLY or kind in ("place", "country"):
        return piece[0].isupper() or bool(_SIGN.search(text[max(0, start - 8) : start])) or kind == "place"
    return len(piece) != 3 or kind != "currency" or piece.isupper() or piece == "yen"


def _japanese(text: str, run: re.Match[str]) -> Iterator[Name]:
    start = run.start()
    while start < run.end():
        for end in range(min(run.end(), start + _MOST_LETTERS), start, -1):
            entry = _table().get(text[start:end])
            if entry and _alone(text, start, end):
                yield Name(entry[0], start, end, entry[1])
                start = end - 1
                break
        start += 1


def _alone(text: str, start: int, end: int) -> bool:
    """A name in katakana may not be part of a longer word in katakana, nor 円 a part of 円山."""
    before, after = text[start - 1 : start], text[end : end + 1]
    if end - start == 1:
        return not ("\u3400" <= after <= "\u9fff")
    if _KATAKANA.match(before or " ") and _KATAKANA.match(text[start]):
        return False
    return not (_KATAKANA.match(after or " ") and _KATAKANA.match(text[end - 1]))
