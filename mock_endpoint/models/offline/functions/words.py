"""What a text speaks of: its words as ideas, the same for `forecasts`, `prediction` and 予報."""

import re
import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path

_FILE = Path(__file__).with_name("lexicon.toml")
_RUN = re.compile(r"[A-Za-z\u00c0-\u024f]+(?:['-][A-Za-z\u00c0-\u024f]+)*|[\u3400-\u9fff々]+|[ァ-ヶー]+")
_CAMEL = re.compile(r"(?<=[a-z\d])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])|[_\-./\s]+")
_ENDINGS = (
    ("'s", ""),
    ("ies", "y"),
    ("sses", "ss"),
    ("ches", "ch"),
    ("shes", "sh"),
    ("xes", "x"),
    ("ations", "at"),
    ("ation", "at"),
    ("ing", ""),
    ("ed", ""),
)
_NEAR, _PART = 0.6, 0.6


@dataclass(frozen=True)
class Word:
    """A word with a meaning, and where it stands in its text."""

    idea: str
    start: int
    end: int


@dataclass(frozen=True)
class _Lexicon:
    ideas: dict[str, str]
    """The idea of each stem and of each Japanese word."""
    near: frozenset[tuple[str, str]]
    generic: frozenset[str]
    stop: frozenset[str]
    longest: int
    """Letters of the longest Japanese word."""


@cache
def _lexicon() -> _Lexicon:
    rows = tomllib.loads(_FILE.read_text(encoding="utf-8"))
    ideas: dict[str, str] = {}
    for line in rows["same"]:
        first, *others = line.split()
        for word in (first, *others):
            ideas.setdefault(stem(word), stem(first))
    near: set[tuple[str, str]] = set()
    for line in rows["near"]:
        first, *others = (ideas.get(stem(word), stem(word)) for word in line.split())
        near |= {pair for other in others for pair in ((first, other), (other, first))}
    japanese = [word for line in (*rows["same"], *rows["near"]) for word in line.split() if not word.isascii()]
    for word in japanese:
        ideas.setdefault(word, word)
    return _Lexicon(
        ideas=ideas,
        near=frozenset(near),
        generic=frozenset(ideas.get(stem(word), stem(word)) for word in rows["generic"].split())
        | frozenset(map(stem, rows["generic"].split())),
        stop=frozenset(rows["stop"].split()),
        longest=max(map(len, japanese)),
    )


@cache
def stem(word: str) -> str:
    """The word without its commonest English endings."""
    word = word.casefold()
    if not word.isascii():
        return word
    if word.endswith("ie"):
        return f"{word[:-2]}y"
    for ending, instead in _ENDINGS:
        if word.endswith(ending) and len(word) - len(ending) >= 3:
            word = word[: -len(ending)] + instead
            if ending in ("ing", "ed") and word[-1] == word[-2] and word[-1] not in "lsz":
                word = word[:-1]
            break
    else:
        if len(word) > 3 and word.endswith("s") and word[-2] not in "sui":
            word = word[:-1]
    return word[:-1] if len(word) > 3 and word.endswith("e") else word


def words(text: str) -> list[Word]:
    """The telling words of a text in their order; stop words are left out."""
    lexicon = _lexicon()
    found: list[Word] = []
    for match in _RUN.finditer(text):
        if match[0][0].isascii() or match[0][0] < "\u0250":
            if match[0].casefold() not in lexicon.stop:
                found.append(Word(idea_of(match[0]), match.start(), match.end()))
        else:
            found += _japanese(match[0], match.start(), text)
    return found


def _japanese(run: str, start: int, text: str) -> list[Word]:
    """A run of kanji or katakana, cut at the words that the lexicon knows (which may end in hiragana)."""
    lexicon = _lexicon()
    found: list[Word] = []
    rest = at = 0
    while at < len(run):
        for length in range(min(lexicon.longest, len(text) - start - at), 0, -1):
            piece = text[start + at : start + at + length]
            if piece in lexicon.ideas:
                found += _left_over(run[rest:at], start + rest)
                found.append(Word(lexicon.ideas[piece], start + at, start + at + length))
                at = rest = at + length
                break
        else:
            at += 1
    return found + _left_over(run[rest:], start + rest)


def _left_over(run: str, start: int) -> list[Word]:
    return [Word(run, start, start + len(run))] if run and run not in _lexicon().stop else []


def idea_of(word: str) -> str:
    """The idea that an English word stands for; its stem where the lexicon has none."""
    return _lexicon().ideas.get(stem(word), stem(word))


def named(identifier: str) -> list[str]:
    """The ideas in the parts of an identifier such as `get_train-times` or `lookupTrain`."""
    parts = [part for part in _CAMEL.split(identifier[:200]) if part]
    return [word.idea for part in parts for word in words(part)] or [idea_of(part) for part in parts]


def ideas(text: str) -> list[str]:
    """The distinct ideas of a text, in their order."""
    return list(dict.fromkeys(word.idea for word in words(text)))


def is_generic(idea: str) -> bool:
    """Whether the idea says little about what a function is for, as `get` does."""
    return idea in _lexicon().generic


def is_known(idea: str) -> bool:
    """Whether the lexicon or its lists hold the idea: then it is hardly anybody's name."""
    lexicon = _lexicon()
    return idea in _known() or idea in lexicon.generic or idea in lexicon.stop


@cache
def _known() -> frozenset[str]:
    lexicon = _lexicon()
    return frozenset(lexicon.ideas.values()) | frozenset(map(stem, lexicon.stop))


def likeness(one: str, other: str) -> float:
    """How much two ideas have in common, from 0 to 1."""
    if one == other:
        return 1.0
    if (one, other) in _lexicon().near:
        return _NEAR
    short, long = sorted((one, other), key=len)
    if short.isascii():
        return _PART if len(short) >= 5 and long.startswith(short) and len(short) * 10 >= len(long) * 6 else 0.0
    return _PART if len(short) >= 2 and not long.isascii() and short in long else 0.0


def split(identifier: str) -> list[str]:
    """The parts of an identifier in lower case: `from_city` is `from` and `city`."""
    return [part.casefold() for part in _CAMEL.split(identifier[:200]) if part]
