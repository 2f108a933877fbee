"""What came with a message: pictures, files and sources, fetched from the service as far as it hands them out."""

from collections.abc import Iterator
from dataclasses import replace

import openai

from helpers.chat.events import Content, File, Note, Said
from helpers.chat.words import Words

LIMIT = 1_000_000
"""Bytes of a file for the page. Jupyter's server drops, without a word, what is much more than that a second."""


def with_files(client: openai.OpenAI, said: Said, words: Words) -> Said:
    """The message with the names of its files and sources, and with the content of its files.

    A file that the service does not know is left out; one that it does not hand out, or that is too big, is only
    named. So nothing is offered that cannot be had.
    """
    if not said.files and not said.notes:
        return said
    client = client.with_options(max_retries=0)
    files = tuple(_found(client, said.files, words))
    return replace(said, files=files, notes=tuple(_named(client, note) for note in said.notes))


def _found(client: openai.OpenAI, files: tuple[File, ...], words: Words) -> Iterator[File]:
    for file in files:
        if file.content:
            yield file
            continue
        if file.container:
            yield _in_container(client, file, words)
            continue
        try:
            known = client.files.retrieve(file.id)
        except openai.OpenAIError:
            continue
        name = known.filename.rpartition("/")[2]
        if known.bytes > LIMIT:
            yield replace(file, name=words["too_big"].format(name=name, detail=file.id))
        else:
            yield replace(file, name=name, content=_content(client, file.id))


def _in_container(client: openai.OpenAI, file: File, words: Words) -> File:
    """A file that code made; only named where its container is gone, or where it is too big."""
    files = client.containers.files
    try:
        if (files.retrieve(file.id, container_id=file.container).bytes or 0) > LIMIT:
            where = f"{file.container}, {file.id}"
            return replace(file, name=words["too_big_in_container"].format(name=file.name, detail=where))
        got = files.content.retrieve(file.id, container_id=file.container)
    except openai.OpenAIError:
        return file
    return replace(file, content=Content(got.content, got.response.headers.get("content-type", "")))


def _content(client: openai.OpenAI, number: str) -> Content | None:
    try:
        got = client.files.content(number)
    except openai.OpenAIError:
        return None
    return Content(got.content, got.response.headers.get("content-type", ""))


def _named(client: openai.OpenAI, note: Note) -> Note:
    """A source by its own words; without any, by the name of its file, or else by the file's id."""
    if note.text:
        return note
    try:
        return replace(note, text=client.files.retrieve(note.file_id).filename)
    except openai.OpenAIError:
        return replace(note, text=note.file_id)
