"""Files that a person puts into the chat box: uploaded at once, and given to the assistant with the next question."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import PurePath
from typing import Any, Literal

import openai

Purpose = Literal["assistants", "user_data"]

_PICTURES = {".png", ".jpg", ".jpeg", ".gif", ".webp"}
_TO_READ = {".md", ".txt", ".html", ".htm", ".pdf", ".docx", ".pptx", ".doc", ".tex"}
"""Endings of texts, which are searched; all else, tables above all, is for code."""
_FOR_CODE = {".csv", ".tsv", ".xlsx", ".xls", ".ods", ".parquet", ".pkl", ".npy", ".npz", ".db", ".sqlite", ".zip"}
_FOR_CODE |= {".tar", ".gz", ".json", ".xml"}
"""Endings of what code opens though it may be no text."""
_BEGINNING = 4096


@dataclass(frozen=True)
class Attached:
    """An uploaded file."""

    file_id: str
    name: str
    mark: str = ""
    """By which the page knows the file that it sent."""

    @property
    def is_picture(self) -> bool:
        """Whether the assistant is to look at it."""
        return PurePath(self.name).suffix.lower() in _PICTURES


def is_readable(name: str, data: bytes) -> bool:
    """Whether some tool reads such a file: one of a known ending, and whatever is text."""
    known = _PICTURES | _TO_READ | _FOR_CODE
    return PurePath(name).suffix.lower() in known or b"\0" not in data[:_BEGINNING]


def uploaded(client: openai.OpenAI, name: str, data: bytes, mark: str, purpose: Purpose = "assistants") -> Attached:
    """Upload a file for this purpose, or for that of pictures where its ending says that it is one."""
    picture = Attached("", name).is_picture
    made = client.files.create(file=(name, data), purpose="vision" if picture else purpose)
    return Attached(made.id, name, mark)


def named(client: openai.OpenAI, file_id: str) -> Attached:
    """A file of an older message, by its name; by its id where the service does not tell any more."""
    try:
        return Attached(file_id, client.files.retrieve(file_id).filename)
    except openai.OpenAIError:
        return Attached(file_id, file_id)


def message_of(question: str, attached: Sequence[Attached], tools: Collection[str]) -> dict[str, Any]:
    """What `messages.create` is given: pictures are parts of the content, other files go to one of the `tools`."""
    pictures = [{"type": "image_file", "image_file": {"file_id": one.file_id}} for one in attached if one.is_picture]
    others = [
        {"file_id": one.file_id, "tools": [{"type": tool_for(one.name, tools)}]}
        for one in attached
        if not one.is_picture
    ]
    content: str | list[Any] = [{"type": "text", "text": question}, *pictures] if pictures else question
    return {"content": content} | ({"attachments": others} if others else {})


def tool_for(name: str, offered: Collection[str]) -> str:
    """The tool that fits the file's ending, or the only one that the assistant has."""
    fitting, other = "code_interpreter", "file_search"
    if PurePath(name).suffix.lower() in _TO_READ:
        fitting, other = other, fitting
    return other if other in offered and fitting not in offered else fitting
