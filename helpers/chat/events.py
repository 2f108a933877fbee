"""What happens between a question and its answer."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any


@dataclass(frozen=True)
class Text:
    """The next piece of the message that is being written."""

    text: str


@dataclass(frozen=True)
class Note:
    """A footnote: where a sentence of a message comes from."""

    mark: str
    text: str
    file_id: str = ""
    sentence: str = ""
    """What the message says before the mark."""
    passage: str = ""
    """The piece of the source that this comes from; empty where nobody tells."""


@dataclass(frozen=True)
class Content:
    """What is in a file, and of what kind the service says that it is."""

    data: bytes
    mime: str


@dataclass(frozen=True)
class File:
    """A picture or a file that came with a message; without content it is only named."""

    id: str
    name: str = ""
    path: str = ""
    """How the message's text names it, for example `sandbox:/mnt/data/plan.csv`."""
    picture: bool = False
    content: Content | None = None
    container: str = ""
    """The container in which it is; empty for a file of its own."""


@dataclass(frozen=True)
class Said:
    """A whole message of the assistant."""

    text: str
    files: tuple[File, ...] = ()
    notes: tuple[Note, ...] = ()


@dataclass(frozen=True)
class Call:
    """A function that the assistant asked for; told twice, before it is called and with its output."""

    id: str
    name: str
    arguments: str
    """JSON, as the model wrote it."""
    output: str | None = None
    failed: bool = False
    """Whether the output says what went wrong."""

    def with_output(self, output: str, *, failed: bool = False) -> "Call":
        """The same call, done."""
        return replace(self, output=output, failed=failed)


@dataclass(frozen=True)
class Dropped:
    """The stream broke off; the run goes on at the server, and is asked for again and again until it ends."""


@dataclass(frozen=True)
class Remade:
    """The assistant was gone, and was made again; its new id."""

    id: str


Event = Text | Said | Call | Dropped | Remade


def said_of(message: Mapping[str, Any]) -> Said:
    """A message as the wire has it: its text, with marks in place of citations, and what belongs to them."""
    texts: list[str] = []
    notes: list[Note] = []
    files: list[File] = []
    content = message.get("content") or []
    if isinstance(content, str):
        content = [{"text": {"value": content}}]
    for part in content:
        text = part.get("text")
        if isinstance(text, Mapping):
            texts.append(_with_marks(text, notes, files))
        elif part.get("refusal"):
            texts.append(str(part["refusal"]))
        elif part.get("type") == "image_file":
            files.append(File(str(part["image_file"]["file_id"]), picture=True))
    files += [File(str(one.get("file_id"))) for one in message.get("attachments") or []]
    once: dict[str, File] = {}
    for file in files:
        once.setdefault(file.id, file)
    return Said("\n".join(texts), tuple(once.values()), tuple(notes))


def _with_marks(text: Mapping[str, Any], notes: list[Note], files: list[File]) -> str:
    """The text, its citations replaced by numbers; the notes and files that it names are added to the lists."""
    value = str(text.get("value") or "")
    for annotation in text.get("annotations") or []:
        source = annotation.get(str(annotation.get("type"))) or {}
        named = str(annotation.get("text") or "")
        if annotation.get("type") == "file_citation":
            mark, quote, file_id = f"[{len(notes) + 1}]", source.get("quote") or "", source.get("file_id") or ""
            notes.append(Note(mark, str(quote), str(file_id), _before(annotation, text)))
            # Once: two sentences with the same source have the same text twice, and two annotations.
            value = value.replace(named, notes[-1].mark, 1) if named else value
        elif annotation.get("type") == "file_path":
            files.append(File(str(source.get("file_id")), path=named))
    return value


def _before(annotation: Mapping[str, Any], text: Mapping[str, Any]) -> str:
    """What stands between an annotation and the one before it."""
    start = annotation.get("start_index")
    if not isinstance(start, int):
        return ""
    ends = [one["end_index"] for one in text["annotations"] if isinstance(one.get("end_index"), int)]
    begin = max((end for end in ends if end <= start), default=0)
    return str(text["value"])[begin:start].strip(" .。\n")
