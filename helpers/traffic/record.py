"""One exchange while it happens, written down without its keys."""

import contextlib
import json
import re
import time
from collections.abc import Iterator, Mapping
from urllib.parse import quote, unquote

from httpx2 import Headers, Request, Response

from helpers.traffic.events import EventReader, StreamEvent
from helpers.traffic.fault_blocks import BLOCKS, HEADER
from helpers.traffic.log import HIDDEN, LOG, Exchange

MOST_TEXT = 64 * 1024
"""Characters of a body, or of all events of a stream, that are kept."""
MOST_EVENTS = 1000
NOT_KEPT = "[too long to keep]"
"""Stands for the data of an event for which there is no room."""
_LONGEST_NAME = 80
_RESERVED = MOST_TEXT // 4
"""Characters that deltas leave to other events, since the ends of messages and runs come last."""
_MOST_BYTES = 4 * MOST_TEXT
_SHORTEST_SECRET = 6
"""A shorter key is no secret, and replacing it everywhere would garble the bodies."""

_SECRETS = ("api-key", "authorization")
_SENT = (
    *_SECRETS,
    "content-type",
    "openai-beta",
    "user-agent",
    "x-stainless-retry-count",
    "x-stainless-poll-helper",
    "x-stainless-stream-helper",
    HEADER,
)
_RECEIVED = (
    "content-type",
    "x-request-id",
    "apim-request-id",
    "openai-poll-after-ms",
    "openai-processing-ms",
    "retry-after",
    "retry-after-ms",
    "x-should-retry",
    "x-ms-region",
    HEADER,
)
_READ = frozenset(name.encode() for name in (*_SENT, *_RECEIVED, "content-encoding", "content-length"))
"""The headers that are looked at; a client sends three times as many."""
_PLAIN = re.compile(r"[A-Za-z0-9_.~-]+")
"""A key of these characters is spelt alike in a text, a URL and JSON."""
_TEXT_TYPES = ("application/json", "text/", "application/x-www-form-urlencoded")


class Record:
    """Begins with the request, and asks for a fault in it where one is armed; ends when its answer is read."""

    def __init__(self, request: Request) -> None:
        self._block = BLOCKS.current()
        if self._block:
            self._block.ask(request.headers)
        self._host = request.url.netloc.decode("ascii")
        sent = _named(request.headers)
        self._secrets = _secrets_of(sent)
        self._type = self._encoding = ""
        self._kept = bytearray()
        self._size = 0
        self._events: EventReader | None = None
        self._room = MOST_TEXT
        self._room_for_deltas = True
        self._complete = self._closed = False
        target = request.url.raw_path.decode("ascii")
        url = self._clean(unquote(target))
        if HIDDEN in url:  # a key can be written with percent signs in many ways
            target = quote(url, safe="/?&=:,").replace(quote(HIDDEN), HIDDEN)
        body, is_whole = self._request_body(request, sent)
        self.exchange = Exchange(
            method=request.method,
            url=url,
            address=self._clean(f"{request.url.scheme}://{self._host}{target}"),
            page=LOG.page(),
            request_headers=self._headers(sent, _SENT),
            request_body=body,
            request_is_whole=is_whole,
        )
        LOG.add(self.exchange)
        LOG.grew(self.exchange, self.exchange.url, self.exchange.address, body)

    @contextlib.contextmanager
    def failing(self) -> Iterator[None]:
        """Note the error when the answer does not come, or not to its end."""
        try:
            yield
        except BaseException as error:
            # No error: the reader of a stream wants no more, or tidies up behind its last event.
            if not isinstance(error, GeneratorExit) and not self._complete:
                self.exchange.error = self._clean(f"{type(error).__name__}: {error}")
                self.exchange.seconds = time.monotonic() - self.exchange.started
            raise

    def answered(self, response: Response) -> None:
        """The head of the answer is there."""
        if self._block:
            self._block.answered(self._host, response.headers)
        received = _named(response.headers)
        self._type = received.get("content-type", "")
        self._encoding = received.get("content-encoding", "")
        self.exchange.response_headers = self._headers(received, _RECEIVED)
        self.exchange.status = response.status_code
        if self.exchange.is_stream and not self._encoding:
            self._events = EventReader()

    def read(self, chunk: bytes) -> None:
        """The next piece of a stream. Its events are noted at once; of anything else the beginning is kept."""
        if self._events:
            for name, data in self._events.feed(chunk):
                self._event(self._clean(name), self._clean(data))
            return
        self._size += len(chunk)
        self._kept += chunk[: max(0, _MOST_BYTES - len(self._kept))]

    def ended(self) -> None:
        """The stream was read to its end."""
        self._complete = True

    def closed(self) -> None:
        """The reader of a stream is done, at its end or before."""
        if self._closed:
            return
        self._closed = True
        self.exchange.hung_up = self._events is not None and not self._complete and not self.exchange.error
        # What passed is as the server packed it, and only described then.
        self._finish(bytes(self._kept), f"{self._encoding} {self._type}".lstrip(), self._size)

    def finished(self, body: bytes) -> None:
        """The answer came in one piece."""
        if self._events:
            self.read(body)
        self._finish(body, self._type, len(body))

    def _finish(self, body: bytes, kind: str, size: int) -> None:
        if self._events is None:
            text = self._text(body, kind, size)
            LOG.note_runs(text)
            self.exchange.response_body = _cut(text, size)
            LOG.grew(self.exchange, self.exchange.response_body)
        if self.exchange.seconds is None:
            self.exchange.seconds = time.monotonic() - self.exchange.started

    def _event(self, name: str, data: str) -> None:
        if name.startswith("thread.run."):
            LOG.note_runs(data)
        if data == "[DONE]":  # the client reads no further, though the stream has not ended yet
            self._complete = True
        left = self._room - len(data)
        is_delta = name.endswith(".delta")
        if is_delta and left < _RESERVED:
            self._room_for_deltas = False
        exchange = self.exchange
        if len(exchange.events) >= MOST_EVENTS or (is_delta and not self._room_for_deltas):
            exchange.further_events += 1
            return
        if left >= 0:
            self._room = left
        seconds = time.monotonic() - exchange.started
        event = StreamEvent(seconds, name[:_LONGEST_NAME], data if left >= 0 else NOT_KEPT)
        exchange.events.append(event)
        LOG.grew(exchange, event.name, event.data)

    def _request_body(self, request: Request, sent: Mapping[str, str]) -> tuple[str, bool]:
        """What is kept of it, and whether that is the whole."""
        kind = sent.get("content-type", "")
        if kind.startswith("multipart/"):
            return f"[{kind.partition(';')[0]}, {sent.get('content-length', '?')} bytes]", False
        size = len(request.content)
        text = self._text(request.content, kind, size)
        return _cut(text, size), len(text) <= MOST_TEXT and (not size or kind.startswith(_TEXT_TYPES))

    def _text(self, body: bytes, kind: str, size: int) -> str:
        """A body without keys; `size` is what it had before it was cut."""
        if not body:
            return ""
        if not kind.startswith(_TEXT_TYPES):
            return f"[{kind or 'no content type'}, {size} bytes]"
        text = self._clean(body.decode("utf-8", "replace"))
        if size > len(body):  # the cut may have left the beginning of a key
            text = text[: -max(map(len, self._secrets), default=0) or None]
        return text

    def _headers(self, given: Mapping[str, str], names: tuple[str, ...]) -> Mapping[str, str]:
        shown = {name: self._clean(given[name]) for name in names if name in given}
        return shown | {name: HIDDEN for name in _SECRETS if name in shown}

    def _clean(self, text: str) -> str:
        for secret in self._secrets:
            text = text.replace(secret, HIDDEN)
        return text


def _named(headers: Headers) -> dict[str, str]:
    """The headers that are looked at by their names in lower case; asked for one by one, each would go through all."""
    kept = ((name.lower(), value) for name, value in headers.raw)
    return {name.decode("ascii"): value.decode("latin-1") for name, value in kept if name in _READ}


def _cut(text: str, size: int) -> str:
    return text if len(text) <= MOST_TEXT else f"{text[:MOST_TEXT]}\n[cut here; {size} bytes in all]"


def _secrets_of(headers: Mapping[str, str]) -> set[str]:
    """The keys in these headers, in each spelling they can have in a text, a URL or JSON."""
    values = [headers.get(name, "").removeprefix("Bearer ") for name in _SECRETS]
    keys = {value for value in values if len(value) >= _SHORTEST_SECRET}
    return keys | {form for key in keys if not _PLAIN.fullmatch(key) for form in _spelt(key)}


def _spelt(key: str) -> tuple[str, str]:
    return quote(key, safe=""), json.dumps(key)[1:-1]
