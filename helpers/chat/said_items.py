"""Items of a response or a conversation, as the chat box shows them."""

import base64
import binascii
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from helpers.chat.attaching import Attached
from helpers.chat.events import Call, Content, File, Note, Said
from helpers.chat.passages import with_passage
from helpers.chat.talk import Spoken

Item = Mapping[str, Any]

_DATA = "data:image/"
_GIVEN = ("type", "text", "file_id", "image_url", "detail")
"""Members of a part of a person's message."""


def said_in(message: Item, around: Iterable[Item] = ()) -> Said:
    """A message as an item has it; `around` are the other items of its response, which hold what it cites.

    Citations stand at an index in its text, and get a mark there; files are known by the container that they are in
    (contract-successor §1.3).
    """
    others = list(around)
    texts: list[str] = []
    notes: list[Note] = []
    files = [picture for item in others for picture in _drawn(item)]
    pictures = len(files)
    for part in message.get("content") or []:
        texts.append(str(part.get("refusal") or _with_marks(part, notes, others)))
        files += [one for one in map(_file, part.get("annotations") or []) if one and not (one.picture and pictures)]
    return Said("\n".join(filter(None, texts)), tuple({file.id: file for file in files}.values()), tuple(notes))


def calls_in(items: Iterable[Item]) -> list[Call]:
    """The functions that are asked for, by the names under which their outputs are taken."""
    return [Call(str(one.get("call_id")), str(one.get("name")), str(one.get("arguments")))
            for one in items if one.get("type") == "function_call"]  # fmt: skip


def unanswered(items: Sequence[Item]) -> list[Call]:
    """The calls among these items whose outputs are not among them."""
    answered = {one.get("call_id") for one in items if one.get("type") == "function_call_output"}
    return [call for call in calls_in(items) if call.id not in answered]


def spoken_in(items: Sequence[Item]) -> list[Spoken]:
    """The messages among the items of a conversation, the oldest first, each with what its own turn made and found."""
    told: list[Spoken] = []
    for turn in _turns(items):
        for item in turn:
            if item.get("type") == "message" and item.get("role") == "assistant":
                told.append(Spoken("assistant", said_in(item, turn)))
            elif item.get("type") == "message" and item.get("role") == "user":
                told.append(_asked(item))
    return told


def _turns(items: Iterable[Item]) -> list[list[Item]]:
    """What belongs together: a person's message, and all that follows it until the next."""
    turns: list[list[Item]] = [[]]
    for item in items:
        if item.get("role") == "user":
            turns.append([])
        turns[-1].append(item)
    return turns


def _asked(message: Item) -> Spoken:
    """A person's message. Files have the names that it gives them, or else none."""
    parts = message.get("content") or []
    files = [Attached(str(one["file_id"]), str(one.get("filename") or "")) for one in parts if one.get("file_id")]
    text = "\n".join(str(one["text"]) for one in parts if one.get("text"))
    return Spoken("user", Said(text), tuple(files))


def given_again(item: Item) -> dict[str, Any] | None:
    """A message as another conversation takes it; `None` for what cannot be given back."""
    parts = item.get("content") or []
    if item.get("type") != "message" or not parts:
        return None
    if item.get("role") == "assistant":
        text = "\n".join(str(one.get("text") or one.get("refusal") or "") for one in parts)
        return {"type": "message", "role": "assistant", "content": [{"type": "output_text", "text": text}]}
    kept = [{name: one[name] for name in _GIVEN if one.get(name)} for one in parts]
    return {"type": "message", "role": item.get("role"), "content": kept}


def _with_marks(part: Item, notes: list[Note], around: Sequence[Item]) -> str:
    """The text of a part with a number where each source is cited; the notes are added to the list."""
    text = str(part.get("text") or "")
    cited = [one for one in part.get("annotations") or [] if one.get("type") == "file_citation"]
    places: list[tuple[int, str]] = []
    begin = 0
    for one in sorted(cited, key=lambda one: int(one.get("index") or 0)):
        index, name = int(one.get("index") or 0), str(one.get("filename") or "")
        sentence = text[begin:index].strip(" .。\n")
        note = Note(f"[{len(notes) + 1}]", name, str(one.get("file_id") or ""), sentence)
        notes.append(with_passage(note, _found(note.file_id, around)))
        places.append((index, note.mark))
        begin = index
    for index, mark in reversed(places):
        text = text[:index] + mark + text[index:]
    return text


def _found(file_id: str, around: Sequence[Item]) -> list[str]:
    """The texts that searches found in a file, the nearest first, where they were asked for."""
    found = [result for item in around for result in item.get("results") or [] if result.get("file_id") == file_id]
    return [str(one.get("text") or "") for one in sorted(found, key=lambda one: -(one.get("score") or 0))]


def _file(annotation: Item) -> File | None:
    """A file that code made, by where it can be had."""
    if annotation.get("type") != "container_file_citation":
        return None
    name = str(annotation.get("filename") or annotation.get("file_id"))
    shown = annotation.get("start_index") == annotation.get("end_index")
    return File(
        str(annotation.get("file_id")),
        name,
        f"sandbox:/mnt/data/{name}",
        picture=shown,
        container=str(annotation.get("container_id") or ""),
    )


def _drawn(item: Item) -> list[File]:
    """The pictures that code drew, whose bytes are in its outputs."""
    found: list[File] = []
    for place, one in enumerate(item.get("outputs") or []):
        url = str(one.get("url") or "")
        if url.startswith(_DATA):
            kind, _, data = url.removeprefix("data:").partition(";base64,")
            try:
                content = Content(base64.b64decode(data, validate=True), kind)
            except binascii.Error:
                continue
            found.append(
                File(
                    f"{item.get('id')}-{place}", f"{place + 1}.{kind.partition('/')[2]}", picture=True, content=content
                )
            )
    return found
