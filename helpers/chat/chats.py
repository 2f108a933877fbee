"""The conversations of a box: the one that it shows, and those before it."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import openai
from openai.types.beta.threads import Message

from helpers.chat import bubbles as made
from helpers.chat.attaching import attached
from helpers.chat.bubbles import Bubble
from helpers.chat.conversation import Conversation
from helpers.chat.events import said_of
from helpers.chat.passages import whole
from helpers.chat.words import Words

AT_ONCE = 50
"""Messages of an older thread that are read at once."""
_FIRST_WORDS = 40
"""Characters."""


@dataclass
class Chat:
    """A conversation and what the box shows of it."""

    conversation: Conversation
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

    def read_older(self, client: openai.OpenAI, name: str, words: Words) -> None:
        """Put the messages before the first bubble in front of it, `AT_ONCE` at most, the oldest first."""
        thread_id = self.conversation.thread_id
        if thread_id is None:
            return
        page = client.beta.threads.messages.list(
            thread_id, order="desc", limit=AT_ONCE, after=self.older or openai.omit
        )
        if not self.bubbles:
            asked = (message.id for message in page.data if message.role == "user")
            self.conversation.question_id = next(asked, None)
        self.bubbles[:0] = [_bubble_of(message, client, name, words) for message in reversed(page.data)]
        self.older = page.data[-1].id if page.data and page.has_more else None


def _bubble_of(message: Message, client: openai.OpenAI, name: str, words: Words) -> Bubble:
    if message.role == "user":
        said = said_of(message.model_dump())
        return made.question(said.text, words, attached=[attached(client, file.id) for file in said.files])
    return made.answer(whole(client, message, words), name)
