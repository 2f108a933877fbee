"""What a skill of the offline model is given, and what it gives back."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from mock_endpoint.models.base import Prompt, Turn
from mock_endpoint.models.offline.style import Style
from mock_endpoint.models.offline.text import Language, data


@dataclass(frozen=True)
class Question:
    """One sentence that waits for an answer, with everything around it."""

    text: str
    language: Language
    """The language to answer in."""
    prompt: Prompt
    style: Style
    position: int
    """Where the sentence's turn stands in `prompt.turns`."""
    earlier: tuple[str, ...]
    """The user's sentences before this one, oldest first, as far back as a follow-up may look."""

    @property
    def before(self) -> tuple[Turn, ...]:
        """The turns of the thread before the one that holds this sentence."""
        return self.prompt.turns[: self.position]

    def say(self, name: str, /, **fields: object) -> "Answer":
        """The reply of that name in `replies.toml`, in the language asked for."""
        return self.reply({each: str(text).format(**fields) for each, text in data("replies")[name].items()})

    def reply(self, texts: Mapping[str, Any]) -> "Answer":
        """The answer in the language asked for, from `en` and `ja`, and in one word from `word` and `word_ja`."""
        word = texts.get("word", "")
        word = texts.get("word_ja", word) if self.language == "ja" else word
        return Answer(texts[self.language], word, bool(texts.get("courtesy")))


@dataclass(frozen=True)
class Answer:
    """A whole answer, and the same in one word ("" where there is none)."""

    text: str
    word: str = ""
    courtesy: bool = False
    """Whether it may be left out where there is something else to say."""


Skill = Callable[[Question], Answer | None]
"""Answers a question of its kind; None for every other."""
