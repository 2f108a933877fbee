"""Server-sent events out of the pieces in which they arrive."""

from collections.abc import Iterator
from typing import NamedTuple

LONGEST_LINE = 4 * 1024 * 1024
"""Bytes. A longer line is skipped: nothing that the service sends comes near it."""


class StreamEvent(NamedTuple):
    """One event of a stream."""

    seconds: float
    """When it arrived, after the request."""
    name: str
    """As in the line `event:`; empty without one."""
    data: str


class EventReader:
    """Reads a stream that may be cut anywhere, within a character too."""

    def __init__(self) -> None:
        self._rest = bytearray()
        self._returned = False
        """Whether the last piece ended in CR: an LF that comes next belongs to it."""
        self._skipping = False
        """Whether the line under way is too long, and dropped."""
        self._name = ""
        self._data: list[str] = []
        self._size = 0

    def feed(self, chunk: bytes) -> Iterator[tuple[str, str]]:
        """Name and data of each event that this piece completes."""
        for line in self._lines(chunk):
            if line:
                self._field(line)
            elif self._name or self._data:
                yield self._name, "\n".join(self._data)
                self._name, self._data, self._size = "", [], 0

    def _lines(self, chunk: bytes) -> Iterator[str]:
        """The lines that this piece completes; they end in CR, LF or both."""
        if self._returned:
            chunk = chunk.removeprefix(b"\n")
        self._returned = chunk.endswith(b"\r")
        self._rest += chunk
        if b"\n" in chunk or b"\r" in chunk:
            lines = self._rest.splitlines(keepends=True)
            self._rest = bytearray() if lines[-1].endswith((b"\n", b"\r")) else lines.pop()
            for line in lines[self._skipping :]:
                yield line.rstrip(b"\r\n").decode("utf-8", "replace")
            self._skipping = False
        self._bound()

    def _bound(self) -> None:
        if len(self._rest) > LONGEST_LINE:
            self._skipping = True
            self._rest.clear()

    def _field(self, line: str) -> None:
        field, _, value = line.partition(":")
        value = value.removeprefix(" ")
        if field == "event":
            self._name = value
        elif field == "data" and self._size + len(value) <= LONGEST_LINE:
            self._data.append(value)
            self._size += len(value) + 1
