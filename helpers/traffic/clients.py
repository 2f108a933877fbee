"""HTTP clients that write down what passes through them. Needs `openai`, and the HTTP library it stands on."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Iterator
from typing import Any

from httpx2 import AsyncByteStream, Request, Response, SyncByteStream
from openai import DefaultAsyncHttpxClient, DefaultHttpxClient

from helpers.traffic.record import Record


class Recording(DefaultHttpxClient):
    """The client's own HTTP client, recording."""

    def send(self, request: Request, *, stream: bool = False, **options: Any) -> Response:  # noqa: ANN401 - httpx2's own
        """Send and record; a stream is recorded while its reader reads it."""
        record = Record(request)
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
        record = Record(request)
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


class _Tap(SyncByteStream):
    """A stream that passes on each piece at once, and lets the record see it."""

    def __init__(self, inner: SyncByteStream, record: Record) -> None:
        self._inner, self._record = inner, record

    def __iter__(self) -> Iterator[bytes]:
        with self._record.failing():
            for chunk in self._inner:
                self._record.read(chunk)
                yield chunk
        self._record.ended()

    def close(self) -> None:
        self._inner.close()
        self._record.closed()


class _AsyncTap(AsyncByteStream):
    def __init__(self, inner: AsyncByteStream, record: Record) -> None:
        self._inner, self._record = inner, record

    async def __aiter__(self) -> AsyncIterator[bytes]:
        with self._record.failing():
            async for chunk in self._inner:
                self._record.read(chunk)
                yield chunk
        self._record.ended()

    async def aclose(self) -> None:
        await self._inner.aclose()
        self._record.closed()
