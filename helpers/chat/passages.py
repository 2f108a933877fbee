"""A whole message of the assistant for the box, with the passages that its footnotes come from."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Final

import openai
from openai.types.beta.threads import Message

from helpers.chat.events import Note, Said, said_of
from helpers.chat.files import with_files
from helpers.chat.words import Words

_TEXTS: Final = "step_details.tool_calls[*].file_search.results[*].content"
"""Asks for the texts that a search has found, which are left out otherwise."""
LONGEST = 800
"""Characters of a passage that are shown: it is sent to the page again with every bubble."""


def whole(client: openai.OpenAI, message: Message, words: Words) -> Said:
    """What the message says, its files, and its sources: each with its name, and with the passage that it cites."""
    said = with_files(client, said_of(message.model_dump()), words)
    if not said.notes or not message.run_id:
        return said
    try:
        found = _found(client, message.thread_id, message.run_id)
    except openai.OpenAIError:  # a service without steps, or one that keeps the texts to itself
        return said
    return replace(said, notes=tuple(with_passage(note, found.get(note.file_id, ())) for note in said.notes))


def _found(client: openai.OpenAI, thread_id: str, run_id: str) -> Mapping[str, Sequence[str]]:
    """The texts that the searches of a run found, by the id of their file, the nearest first."""
    texts: dict[str, list[str]] = {}
    asked = client.with_options(max_retries=0).beta.threads.runs.steps
    for step in asked.list(run_id, thread_id=thread_id, include=[_TEXTS]):
        calls = step.step_details.tool_calls if step.step_details.type == "tool_calls" else []
        results = [one for call in calls if call.type == "file_search" for one in call.file_search.results or []]
        for result in results:
            texts.setdefault(result.file_id, []).extend(part.text or "" for part in result.content or [])
    return texts


def with_passage(note: Note, texts: Sequence[str]) -> Note:
    """The note with the paragraph that holds its sentence; a text in other words has the nearest piece of the file."""
    paragraphs = [paragraph.strip() for text in texts for paragraph in text.split("\n\n")]
    exact = next((one for one in paragraphs if note.sentence and note.sentence in one), None)
    passage = exact or next(iter(texts), "")
    start = max(0, passage.find(note.sentence) + len(note.sentence) - LONGEST)
    return replace(note, passage=passage[start : start + LONGEST].strip())
