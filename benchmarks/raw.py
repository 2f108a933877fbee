"""A connection that does next to nothing per answer, so that the server is what is measured."""

import asyncio
import json
import re
import time
from collections.abc import Callable
from typing import Any, NamedTuple
from urllib.parse import urlsplit

_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)


class Answer(NamedTuple):
    """A whole answer, and the seconds that its first byte and all of it took."""

    body: bytes
    first: float
    whole: float


class Connection(asyncio.Protocol):
    """One kept-alive connection for one request at a time."""

    def __init__(self) -> None:
        self._begun = self._first = 0.0
        self._received = bytearray()
        self._is_whole: Callable[[bytearray], bool] | None = None
        self._answer: asyncio.Future[Answer] | None = None

    def ask(self, request: bytes) -> asyncio.Future[Answer]:
        """Send a request; its answer comes back, or RuntimeError for anything but `200`."""
        self._answer = asyncio.get_running_loop().create_future()
        self._received.clear()
        self._is_whole = None
        self._begun = time.perf_counter()
        self.transport.write(request)
        return self._answer

    def close(self) -> None:
        """Hang up."""
        self._answer = None
        self.transport.close()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Wait for `ask`."""
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport

    def data_received(self, data: bytes) -> None:
        """Note the time of the first byte, and of the last one."""
        if not self._received:
            self._first = time.perf_counter()
        self._received += data
        self._is_whole = self._is_whole or _end_of(self._received)
        if self._answer is None or self._is_whole is None or not self._is_whole(self._received):
            return
        if self._received.startswith(b"HTTP/1.1 200"):
            now = time.perf_counter()
            body = bytes(self._received.partition(b"\r\n\r\n")[2])
            self._answer.set_result(Answer(body, self._first - self._begun, now - self._begun))
        else:
            self._answer.set_exception(RuntimeError(self._received.decode()))

    def connection_lost(self, exc: Exception | None) -> None:
        """A server that hangs up early fails the measurement."""
        if self._answer and not self._answer.done():
            self._answer.set_exception(exc or ConnectionError("the server hung up"))


async def connected(url: str, count: int) -> list[Connection]:
    """So many connections to this address."""
    address = urlsplit(url)
    loop = asyncio.get_running_loop()
    return [
        (await loop.create_connection(Connection, address.hostname or "", address.port or 80))[1] for _ in range(count)
    ]


def request(url: str, key: str, method: str, path: str, body: dict[str, Any] | None = None) -> bytes:
    """The bytes of a request."""
    content = b"" if body is None else json.dumps(body, separators=(",", ":")).encode()
    head = f"{method} /openai/v1{path} HTTP/1.1\r\nHost: {urlsplit(url).netloc}\r\napi-key: {key}\r\n"
    head += f"Content-Type: application/json\r\nContent-Length: {len(content)}\r\n\r\n"
    return head.encode() + content


def _end_of(received: bytearray) -> Callable[[bytearray], bool] | None:
    """How to tell that the answer is whole; None while its head is not."""
    end = received.find(b"\r\n\r\n")
    if end < 0:
        return None
    head = bytes(received[:end])
    length = _LENGTH.search(head)
    if length is None:
        return lambda received: received.endswith(b"\r\n0\r\n\r\n")  # the last chunk
    size = end + 4 + int(length[1])
    return lambda received: len(received) >= size
