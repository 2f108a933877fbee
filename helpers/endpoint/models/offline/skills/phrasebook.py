"""The lessons' questions about a trip in Japan, from `phrasebook.toml`."""

import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from ..reading import key
from ..skill import Answer, Question

_FILE = Path(__file__).with_name("phrasebook.toml")


@dataclass(frozen=True)
class Entry:
    """One answer, and the sets of keywords that call for it."""

    keywords: tuple[tuple[str, ...], ...]
    """English keywords stand after a space, so that each matches the beginning of a word."""
    en: str
    ja: str
    word: str
    word_ja: str

    def score(self, text: str) -> int:
        """Letters matched by the best set of which every keyword is there; 0 for none."""
        return max(
            (sum(map(len, each)) for each in self.keywords if all(keyword in text for keyword in each)),
            default=0,
        )


@cache
def entries() -> tuple[Entry, ...]:
    """The whole phrasebook."""
    rows = tomllib.loads(_FILE.read_text(encoding="utf-8"))["entry"]
    return tuple(
        Entry(
            keywords=tuple(_keywords(line) for line in (*row["when"], *row["when_ja"])),
            en=row["en"],
            ja=row["ja"],
            word=row["word"],
            word_ja=row["word_ja"],
        )
        for row in rows
    )


def _keywords(line: str) -> tuple[str, ...]:
    return tuple(f" {word}" if word.isascii() else word for word in key(line).split())


def answer(question: Question) -> Answer | None:
    """Answers from the entry whose keywords fit best."""
    text = f" {key(question.text)}"
    best = max(entries(), key=lambda entry: entry.score(text))
    if not best.score(text):
        return None
    return question.reply(best.en, best.ja, best.word, best.word_ja)
