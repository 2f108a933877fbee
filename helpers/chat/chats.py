"""The conversations of a box: the one that it shows, and those before it."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from helpers.chat import bubbles as made
from helpers.chat.bubbles import Bubble
from helpers.chat.talk import Spoken, Talk
from helpers.chat.words import Words

_FIRST_WORDS = 40
"""Characters."""


@dataclass
class Chat:
    """A conversation and what the box shows of it."""

    conversation: Talk
    bubbles: list[Bubble] = field(default_factory=list)
    older: str | None = None
    """The message before which the thread has older ones that are not shown."""
    at: datetime = field(default_factory=datetime.now)

    def line(self, number: int) -> dict[str, Any]:
        """What the menu says of it."""
        first = next((bubble.text for bubble in self.bubbles if bubble.kind == "question"), "")
        words = " ".join(first.split())
        cut = words if len(words) <= _FIRST_WORDS else f"{words[:_FIRST_WORDS].rstrip()} …"
        return {"id": number, "words": cut or "…", "at": f"{self.at:%H:%M}"}

    def read_older(self, name: str, words: Words) -> None:
        """Put the messages before the first bubble in front of it, the oldest first."""
        older = self.conversation.older(self.older)
        self.bubbles[:0] = [_bubble_of(message, name, words) for message in older.messages]
        self.older = older.before


def _bubble_of(message: Spoken, name: str, words: Words) -> Bubble:
    if message.role == "user":
        return made.question(message.said.text, words, attached=message.attached)
    return made.answer(message.said, name)
