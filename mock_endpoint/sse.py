"""Server-sent events: what a run does, on its way to the one who asked for it."""

import asyncio
import json
import logging
from collections.abc import AsyncIterator
from contextvars import ContextVar
from typing import Any

from starlette.responses import StreamingResponse
from starlette.types import Receive, Scope, Send

Json = dict[str, Any]

_DROPPED_AFTER = 3
"""Deltas that a stream gives before it breaks off on request."""


class Feed:
    """The events of one request. It takes them as they happen and never waits; the reader comes when it can."""

    def __init__(self) -> None:
        self._waiting: list[bytes] = []
        self._more = asyncio.Event()
        self._open = True
        self._deltas_left: int | None = None
        self.broken = False
        """Whether the stream ended without saying so."""

    def break_off(self) -> None:
        """From now on: stop in the middle, as a lost connection does."""
        self._deltas_left = _DROPPED_AFTER

    def tell(self, body: Json) -> None:
        """Send an object; its own kind and status name the event, as in `thread.run.completed`."""
        self.send(f"{body['object']}.{body['status']}", body)

    def send(self, name: str, body: Json) -> None:
        """Send an event. Without effect once the feed is closed."""
        if not self._open:
            return
        self._put(name, json.dumps(body, ensure_ascii=False, separators=(",", ":")))
        if self._deltas_left is not None and name.endswith(".delta"):
            self._deltas_left -= 1
            if self._deltas_left == 0:
                self.close()

    def close(self) -> None:
        """Nothing follows; the reader is told, unless the stream breaks off."""
        if not self._open:
            return
        self._open = False
        self.broken = self._deltas_left is not None
        if not self.broken:
            self._put("done", "[DONE]")
        self._more.set()

    async def chunks(self) -> AsyncIterator[bytes]:
        """What waits to be read, as often as something does; ends when the feed is closed or nobody reads on."""
        try:
            while self._open or self._waiting:
                await self._more.wait()
                self._more.clear()
                chunk = b"".join(self._waiting)
                self._waiting.clear()
                if chunk:
                    yield chunk
        finally:
            self._open = False
            self._waiting.clear()

    def _put(self, name: str, data: str) -> None:
        self._waiting.append(f"event: {name}\ndata: {data}\n\n".encode())
        self._more.set()


class EventStream(StreamingResponse):
    """A feed as the answer to a request."""

    def __init__(self, feed: Feed, headers: dict[str, str]) -> None:
        super().__init__(feed.chunks(), headers={"cache-control": "no-cache"} | headers, media_type="text/event-stream")
        self._feed = feed

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer the request."""
        await super().__call__(scope, receive, send)
        _broken.set(self._feed.broken)

    async def stream_response(self, send: Send) -> None:
        """Send the events; a broken feed leaves the answer without its end, and the server drops the connection."""

        async def send_unless_broken(message: Any) -> None:  # noqa: ANN401 - an ASGI message
            if message.get("more_body", True) or not self._feed.broken:
                await send(message)

        await super().stream_response(send_unless_broken)


_broken: ContextVar[bool] = ContextVar("broken", default=False)
"""Whether the request at hand was left without the end of its answer on purpose."""

# The server would complain about that on the learner's screen.
logging.getLogger("uvicorn.error").addFilter(lambda _: not _broken.get())
