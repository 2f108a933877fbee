"""What a thread holds before a question, as a new thread is given it: messages of a thread cannot be edited."""

from itertools import dropwhile, islice
from typing import Any

import openai
from openai.types.beta.threads import Message

MOST = 500
"""Messages that are taken along: the newest."""
_A_PAGE = 100


def messages_before(client: openai.OpenAI, thread_id: str, question_id: str | None) -> list[Any]:
    """The messages before this one, the oldest first; all of the thread where the question never came there."""
    newest_first = client.beta.threads.messages.list(thread_id, order="desc", limit=_A_PAGE)
    known = list(islice(newest_first, MOST))
    if question_id is not None:
        known = list(dropwhile(lambda message: message.id != question_id, known))[1:]
    return [_as_given(message) for message in reversed(known)]


def _as_given(message: Message) -> dict[str, Any]:
    """The message's text, and what a person attached to it. What an assistant made cannot be given back."""
    text = "\n".join(part.text.value for part in message.content if part.type == "text")
    given: dict[str, Any] = {"role": message.role, "content": text}
    pictures = [part.model_dump(exclude_none=True) for part in message.content if part.type.startswith("image_")]
    if message.role == "user" and pictures:
        given["content"] = [*([{"type": "text", "text": text}] if text else []), *pictures]
    if message.role == "user" and message.attachments:
        given["attachments"] = [one.model_dump(exclude_none=True) for one in message.attachments]
    return given
