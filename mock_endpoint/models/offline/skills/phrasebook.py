"""The lessons' questions about a trip in Japan, from `phrasebook.toml`."""

import re
import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from mock_endpoint.models.offline.text import key
from mock_endpoint.models.offline.skill import Answer, Question

_FILE = Path(__file__).with_name("phrasebook.toml")
_WORD = re.compile(r"[a-z0-9]+|[ァ-ヺー]+")
"""What stands as a word of its own, in Japanese text too, which puts no spaces between the others."""
_ENDING = re.compile(r"(?:(?<=[sxh])es|s|ing|ed|ese)$")


@dataclass(frozen=True)
class Entry:
    """One answer, and the sets of keywords that call for it."""

    keywords: tuple[tuple[str, ...], ...]
    en: str
    ja: str
    word: str
    word_ja: str

    def score(self, text: str, words: frozenset[str]) -> int:
        """Letters matched by the best set of which every keyword is there; 0 for none. `words` are `words_of(text)`."""
        fitting = (each for each in self.keywords if all(_stands(keyword, text, words) for keyword in each))
        return max((sum(map(_weight, each)) for each in fitting), default=0)


@cache
def entries() -> tuple[Entry, ...]:
    """The whole phrasebook."""
    rows = tomllib.loads(_FILE.read_text(encoding="utf-8"))["entry"]
    return tuple(
        Entry(
            keywords=tuple(tuple(key(line).split()) for line in (*row["when"], *row["when_ja"])),
            en=row["en"],
            ja=row["ja"],
            word=row["word"],
            word_ja=row["word_ja"],
        )
        for row in rows
    )


def _stands(keyword: str, text: str, words: frozenset[str]) -> bool:
    """Whether a text holds a keyword: as a whole word, unless it is Japanese with more than katakana."""
    return keyword in words if _WORD.fullmatch(keyword) else keyword in text


def _weight(keyword: str) -> int:
    """Its letters; an English word counts one more, for the space that it needs."""
    return len(keyword) + keyword.isascii()


def words_of(text: str) -> frozenset[str]:
    """The words of a text, each with and without a common English ending."""
    return frozenset(form for word in _WORD.findall(text) for form in _forms(word))


def _forms(word: str) -> tuple[str, ...]:
    bare = _ENDING.sub("", word)
    return (word, bare, bare[:-1]) if bare != word and bare[-1:] == bare[-2:-1] else (word, bare)


def answer(question: Question) -> Answer | None:
    """Answers from the entry whose keywords fit best."""
    text = key(question.text)
    words = words_of(text)
    best = max(entries(), key=lambda entry: entry.score(text, words))
    if not best.score(text, words):
        return None
    return question.reply(best.en, best.ja, best.word, best.word_ja)
