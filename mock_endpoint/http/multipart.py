"""A form with one file, read as it comes: the file goes to disk, so that its size costs no memory."""

import asyncio
import logging
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO
from urllib.parse import unquote_to_bytes

from python_multipart import MultipartParser
from python_multipart.exceptions import FormParserError
from python_multipart.multipart import parse_options_header
from starlette.requests import Request

from mock_endpoint import errors, files

_AT_ONCE = 1024 * 1024
"""Bytes that are collected before they are written: a thread does that, so that other requests need not wait."""
_MAX_FIELD = 4096
"""Bytes of a field that is no file, and characters of its name."""
_MAX_FIELDS = 16
_LONGEST_NAME = 255
"""Characters of a file's name; no usual file system takes a longer one."""
_ENCODED_NAME = re.compile(rb"""filename\*\s*=\s*"?utf-8'[^']*'([^;"\s]+)""", re.I)
"""As .NET and older Python clients send a name with other letters than English ones; RFC 7578 would not have it."""

# What a caller got wrong is said in the answer, not on the screen of whoever runs the endpoint.
logging.getLogger("python_multipart").setLevel(logging.CRITICAL)


@dataclass
class Form:
    """What a form held."""

    fields: dict[str, str] = field(default_factory=dict)
    file: str | None = None
    """The name of the field that holds the file, if there was one; the file is where it was to be written to."""
    filename: str = ""

    def check_file(self) -> None:
        """Refuse a form without a file in its field `file`, or with a name for it that is too long."""
        if self.file is None:
            sent = self.fields.get("file")
            raise errors.missing_parameter("file") if sent is None else errors.wrong_type("file", "a file", sent)
        if self.file != "file":
            raise errors.unknown_parameter(self.file)
        if len(self.filename) > _LONGEST_NAME:
            raise errors.too_long("filename", "string", _LONGEST_NAME, len(self.filename))


async def read_form(request: Request, to: Path, most: int) -> Form:
    """The form in the request's body; its file, of at most so many bytes, is written to `to`.

    Raises a `Refusal` for a body that is no complete form, that has two files, or whose file is too large.
    """
    kind, options = parse_options_header(request.headers.get("content-type"))
    if kind != b"multipart/form-data":
        said = kind.decode("latin-1") or "none"
        raise errors.invalid(f"Invalid Content-Type header ({said}), expected multipart/form-data.")
    if b"boundary" not in options:
        raise errors.invalid_form("its Content-Type header names no boundary")
    with to.open("wb", buffering=0) as file:
        return await _Reader(options[b"boundary"], file, most).read(request)


class _Reader:
    """Follows the parser through the parts of a form."""

    def __init__(self, boundary: bytes, file: BinaryIO, most: int) -> None:
        self._form = Form()
        self._target = file
        self._most = most
        self._arrived = 0
        self._unwritten: list[bytes] = []
        self._complete = False
        self._header = (bytearray(), bytearray())
        self._disposition = b""
        self._name = ""
        self._in_file = False
        self._field = bytearray()
        try:
            self._parser = MultipartParser(
                boundary,
                {
                    "on_part_begin": self._begin_part,
                    "on_header_field": lambda data, start, end: self._header[0].extend(data[start:end]),
                    "on_header_value": lambda data, start, end: self._header[1].extend(data[start:end]),
                    "on_header_end": self._end_header,
                    "on_headers_finished": self._open_part,
                    "on_part_data": self._take,
                    "on_part_end": self._end_part,
                    "on_end": self._end,
                },
            )
        except FormParserError:
            raise errors.invalid_form("its boundary is too long") from None

    async def read(self, request: Request) -> Form:
        async for chunk in request.stream():
            try:
                self._parser.write(chunk)
            except FormParserError:
                raise errors.invalid_form("its parts cannot be told apart") from None
            if sum(map(len, self._unwritten)) >= _AT_ONCE:
                await self._write()
        if not self._complete:
            raise errors.invalid_form("it ends before its last boundary")
        await self._write()
        return self._form

    async def _write(self) -> None:
        pieces, self._unwritten = self._unwritten, []
        await asyncio.to_thread(self._target.write, b"".join(pieces))

    def _begin_part(self) -> None:
        self._disposition, self._in_file = b"", False
        self._field.clear()

    def _end_header(self) -> None:
        name, value = self._header
        if name.lower() == b"content-disposition":
            self._disposition = bytes(value)
        name.clear()
        value.clear()

    def _open_part(self) -> None:
        _, options = parse_options_header(self._disposition)
        if b"name" not in options:
            raise errors.invalid_form("a part of it has no name")
        self._name = _text(options[b"name"])
        encoded = _ENCODED_NAME.search(self._disposition)
        self._in_file = encoded is not None or b"filename" in options
        if self._in_file:
            if self._form.file is not None:
                raise errors.invalid_form("it holds more than one file")
            sent = unquote_to_bytes(encoded[1]) if encoded else options[b"filename"]
            self._form.file, self._form.filename = self._name, _file_name(_text(sent))

    def _take(self, data: bytes, start: int, end: int) -> None:
        if self._in_file:
            self._arrived += end - start
            if self._arrived > self._most:
                raise errors.file_too_large(self._most)
            self._unwritten.append(data[start:end])
        else:
            self._field += data[start:end]
            if len(self._field) > _MAX_FIELD:
                raise errors.invalid_form("a field of it that is no file is too long")

    def _end_part(self) -> None:
        if not self._in_file:
            self._form.fields[self._name] = _text(bytes(self._field))
            if len(self._form.fields) > _MAX_FIELDS:
                raise errors.invalid_form("it has too many fields")

    def _end(self) -> None:
        self._complete = True


def _text(raw: bytes) -> str:
    """Names and values are UTF-8; some old clients still send their system's letters."""
    try:
        return raw.decode()
    except UnicodeDecodeError:
        return raw.decode("latin-1")


def _file_name(sent: str) -> str:
    """The name of the file. Clients send a quotation mark in it as `%22`."""
    return files.plain_name(sent.replace("%22", '"'))
