"""How the offline model reads text: one form of every character, sentences, words, the language."""

import re
import tomllib
import unicodedata
from functools import cache, lru_cache
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    import budoux

Language = Literal["en", "ja"]

_PLAIN = str.maketrans({"’": "'", "‘": "'", "ʻ": "'", "“": '"', "”": '"', "²": "^2", "³": "^3", "\u200b": None})
JAPANESE = re.compile(r"[\u3040-\u30ff\u3400-\u9fff々]")
_RUN = re.compile(r"[^\W_\u3040-\u30ff\u3400-\u9fff々]+(?:'[^\W\d_]+)?|[ァ-ヺー]+|[\u3400-\u9fff々]+")
"""A word; of Japanese, a run of one script."""


@cache
def data(name: str) -> dict[str, Any]:
    """A table of data that lies beside this file."""
    return tomllib.loads(Path(__file__).with_name(f"{name}.toml").read_text(encoding="utf-8"))


def words() -> dict[str, Any]:
    """The table `words.toml`."""
    return data("words")


@cache
def listed(part: str, name: str) -> frozenset[str]:
    """One list of words of that table; `a-b` stands for `a b`."""
    table = words()[part] if part else words()
    return frozenset(word.replace("-", " ") for word in table[name].split())


@cache
def pattern(part: str, name: str) -> re.Pattern[str]:
    """A form of `patterns.toml`, with the words that it names in braces; compiled when it is first needed."""
    english = words()["en"]
    months = "|".join(f"{month}|{month[:3]}" for month in english["months"].split())
    spoken = sorted(f"{english['numbers']} {english['tens']} hundred thousand million dozen half".split(), key=len)
    form = data("patterns")[part][name].replace("{months}", months).replace("{one}", "|".join(reversed(spoken)))
    return re.compile(form.replace("{days}", english["weekdays"].replace(" ", "|")))


def tidy(text: str) -> str:
    """The text with full-width forms, typographic quotes and runs of spaces made plain; a quotation stays as it is."""
    parts = re.findall(r"[「『][^「『」』\n]*[」』]|[「『]|[^「『]+", text.translate(_PLAIN))
    plain = "".join(
        part if len(part) > 1 and part[0] in "「『" else unicodedata.normalize("NFKC", part) for part in parts
    )
    return re.sub(r"[^\S\n]+", " ", plain).strip()


def cut(text: str, at: re.Pattern[str]) -> list[tuple[str, str]]:
    """The text in pieces, each with what stood before it; a quotation is not taken apart."""
    quoted = [match.span() for match in pattern("sentence", "quoted").finditer(text)]
    pieces, start, sign = [], 0, ""
    for match in at.finditer(text):
        if not any(begin < match.start() < end for begin, end in quoted):
            pieces.append((text[start : match.start()].strip(), sign))
            start, sign = match.end(), match[0]
    return [*pieces, (text[start:].strip(), sign)]


def sentences(text: str) -> list[str]:
    """The sentences of a tidy text that hold at least one letter or digit."""
    return [piece for piece, _ in cut(text, pattern("sentence", "break")) if re.search(r"\w", piece)]


@cache
def _parser() -> "budoux.Parser":
    import budoux  # only who writes Japanese waits for it

    return budoux.load_default_japanese_parser()


@lru_cache(maxsize=256)
def nouns(text: str) -> list[re.Match[str]]:
    """The phrases of a Japanese text that are a noun (group 1) and what marks its part in the sentence (group 2)."""
    breaks = [0]
    for phrase in _parser().parse(text):
        breaks.append(breaks[-1] + len(phrase))
    whole = pattern("value", "unbroken_ja")
    quoted = [match.span() for match in pattern("sentence", "quoted").finditer(text)]
    kept = [
        place
        for place in breaks
        if not whole.search(text[max(place - 1, 0) : place + 1]) and not any(one < place < two for one, two in quoted)
    ]
    found: list[re.Match[str]] = []
    for start, end in pairwise([*kept, len(text)]):
        for part in pattern("value", "part_ja").finditer(text, start, end):
            noun = pattern("value", "noun_ja").fullmatch(text, *part.span())
            if noun and any(pattern("value", "no_noun_ja").fullmatch(noun[each]) for each in (0, 1)):
                noun = None
            if noun := noun or pattern("value", "bare_ja").fullmatch(text, *part.span()):
                found.append(noun)
    return found


@cache
def verb_stems() -> frozenset[str]:
    """The stems of the English verbs that a request begins with."""
    return frozenset(map(stem, listed("en", "verbs")))


def is_question(text: str) -> bool:
    """Whether a sentence asks or demands something, as far as its form shows."""
    return bool(pattern("sentence", "asks").search(text))


def language_of(text: str) -> Language | None:
    """`ja` or `en` by the letters used; None where a text has neither."""
    japanese, latin = len(JAPANESE.findall(text)), len(re.findall("[A-Za-z]", text))
    if not japanese and not latin:
        return None
    return "ja" if japanese * 2 >= latin else "en"


def name_words(name: str) -> str:
    """An identifier in words: `Heating-setRoom` is `heating set room`."""
    return " ".join(re.sub(r"(?<=[a-z0-9])(?=[A-Z])|[_\W]+", " ", name).split()).lower()


def stem(word: str) -> str:
    """An English word without its common endings, the same for `close`, `closed` and `closing`."""
    word = word.casefold().removesuffix("'s").removesuffix("'")
    for ending in ("ies", "ing", "ed", "es", "s", "e"):
        if word.endswith(ending) and len(word) - len(ending) > (1 if ending == "s" else 2) and not word.endswith("ss"):
            word = word.removesuffix(ending) + ("y" if ending == "ies" else "")
            break
    return word[:-1] if len(word) > 3 and word[-1] == word[-2] and word[-1] not in "sl" else word


@cache
def _lines() -> list[frozenset[str]]:
    return [frozenset(map(stem, line.split())) for line in words()["ideas"]]


def stems(text: str) -> frozenset[str]:
    """The stems of a text's words."""
    return frozenset(map(stem, _RUN.findall(text)))


def ideas(text: str) -> frozenset[str]:
    """The stems of a text, and of whatever else its words may be called."""
    found = stems(text)
    return found.union(*(line for line in _lines() if line & found))


def key(text: str) -> str:
    """The text as a look-up key: no case, accents, articles or punctuation; `St.` is `saint`."""
    marked = unicodedata.normalize("NFKD", text.casefold())
    bare = unicodedata.normalize("NFKC", re.sub(r"[\u0300-\u036f]", "", marked))
    found = re.sub(r"[^\w\s・ー]", " ", re.sub(r"['.ʻ’]", "", bare).replace("&", " and ")).split()
    return " ".join("saint" if word == "st" else word for word in found if word != "the")
