"""HTTP clients that write down what passes through them. Needs `openai`, and the HTTP library it stands on."""

import asyncio
import contextlib
import json
import time
from collections.abc import AsyncIterator, Iterator, Mapping
from typing import Any
from urllib.parse import quote, unquote

from httpx2 import AsyncByteStream, Headers, Request, Response, SyncByteStream
from openai import DefaultAsyncHttpxClient, DefaultHttpxClient

from helpers.traffic.log import LOG, Exchange

HIDDEN = "‹hidden›"
MOST_TEXT = 64 * 1024
"""Characters of a body that are kept."""
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
    "x-kit-fault",
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
)
_TEXT_TYPES = ("application/json", "text/", "application/x-www-form-urlencoded")


class Recording(DefaultHttpxClient):
    """The client's own HTTP client, recording."""

    def send(self, request: Request, *, stream: bool = False, **options: Any) -> Response:  # noqa: ANN401 - httpx2's own
        """Send and record; a stream is recorded while its reader reads it."""
        record = _Record(request)
        with record.failing():
            response = super().send(request, stream=stream, **options)
        record.answered(response)
        if stream and isinstance(response.stream, SyncByteStream):
            response.stream = _Tap(response.stream, record)
        else:
            record.finished(response.content)
        return response

    def __del__(self) -> None:
        # Whoever drops the client has forgotten its connections too; the client's own HTTP client does the same.
        with contextlib.suppress(Exception):
            self.close()


class AsyncRecording(DefaultAsyncHttpxClient):
    """The same for `async` clients."""

    async def send(self, request: Request, *, stream: bool = False, **options: Any) -> Response:  # noqa: ANN401
        """Send and record; a stream is recorded while its reader reads it."""
        record = _Record(request)
        with record.failing():
            response = await super().send(request, stream=stream, **options)
        record.answered(response)
        if stream and isinstance(response.stream, AsyncByteStream):
            response.stream = _AsyncTap(response.stream, record)
        else:
            record.finished(response.content)
        return response

    def __del__(self) -> None:
        if not self.is_closed:
            with contextlib.suppress(Exception):
                asyncio.get_running_loop().create_task(self.aclose())  # nobody is left to keep it


class _Record:
    """One exchange while it happens: strips the keys, then tells the log."""

    def __init__(self, request: Request) -> None:
        self._secrets = _secrets_of(request.headers)
        self._type = ""
        self._kept = bytearray()
        self._size = 0
        self.exchange = Exchange(
            method=request.method,
            url=self._clean(unquote(request.url.raw_path.decode("ascii"))),
            page=LOG.page(),
            request_headers=self._headers(request.headers, _SENT),
            request_body=self._request_body(request),
        )
        LOG.add(self.exchange)

    @contextlib.contextmanager
    def failing(self) -> Iterator[None]:
        """Note the error when no answer comes."""
        try:
            yield
        except BaseException as error:
            self.exchange.error = self._clean(f"{type(error).__name__}: {error}")
            self.exchange.seconds = time.monotonic() - self.exchange.started
            raise

    def answered(self, response: Response) -> None:
        self._type = response.headers.get("content-type", "")
        self.exchange.response_headers = self._headers(response.headers, _RECEIVED)
        self.exchange.status = response.status_code

    def read(self, chunk: bytes) -> None:
        """The next piece of a stream; only the first `MOST_TEXT` of it are kept."""
        self._size += len(chunk)
        room = MOST_TEXT * 2 - len(self._kept)
        self._kept += chunk[: max(0, room)]

    def closed(self) -> None:
        """The reader of a stream is done, at its end or before."""
        if self.exchange.seconds is None:
            self.finished(bytes(self._kept), self._size)

    def finished(self, body: bytes, size: int | None = None) -> None:
        text = self._body(body, self._type, len(body) if size is None else size)
        self.exchange.response_body = text
        self.exchange.seconds = time.monotonic() - self.exchange.started
        LOG.note_runs(text)

    def _request_body(self, request: Request) -> str:
        kind = request.headers.get("content-type", "")
        if kind.startswith("multipart/"):
            return f"[{kind.partition(';')[0]}, {request.headers.get('content-length', '?')} bytes]"
        return self._body(request.content, kind, len(request.content))

    def _body(self, body: bytes, kind: str, size: int) -> str:
        if not body:
            return ""
        if not kind.startswith(_TEXT_TYPES):
            return f"[{kind or 'no content type'}, {size} bytes]"
        text = self._clean(body.decode("utf-8", "replace"))
        return text if len(text) <= MOST_TEXT else f"{text[:MOST_TEXT]}\n[cut here; {size} bytes in all]"

    def _headers(self, headers: Headers, names: tuple[str, ...]) -> Mapping[str, str]:
        shown = {name: self._clean(headers[name]) for name in names if name in headers}
        return shown | {name: HIDDEN for name in _SECRETS if name in shown}

    def _clean(self, text: str) -> str:
        for secret in self._secrets:
            text = text.replace(secret, HIDDEN)
        return text


class _Tap(SyncByteStream):
    """A stream that passes on each piece at once, and lets the record see it."""

    def __init__(self, inner: SyncByteStream, record: _Record) -> None:
        self._inner, self._record = inner, record

    def __iter__(self) -> Iterator[bytes]:
        with self._record.failing():
            for chunk in self._inner:
                self._record.read(chunk)
                yield chunk

    def close(self) -> None:
        self._inner.close()
        self._record.closed()


class _AsyncTap(AsyncByteStream):
    def __init__(self, inner: AsyncByteStream, record: _Record) -> None:
        self._inner, self._record = inner, record

    async def __aiter__(self) -> AsyncIterator[bytes]:
        with self._record.failing():
            async for chunk in self._inner:
                self._record.read(chunk)
                yield chunk

    async def aclose(self) -> None:
        await self._inner.aclose()
        self._record.closed()


def _secrets_of(headers: Headers) -> set[str]:
    """The keys in these headers, in each spelling they can have in a text, a URL or JSON."""
    values = [headers.get(name, "").removeprefix("Bearer ") for name in _SECRETS]
    keys = [value for value in values if len(value) >= _SHORTEST_SECRET]
    return {form for key in keys for form in (key, quote(key, safe=""), json.dumps(key)[1:-1])}
