"""Server-sent events, on their way to the one who asked for them."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

from pydantic_core import to_json

Json = dict[str, Any]

_DROPPED_AFTER = 3
"""Deltas that a stream gives before it breaks off on request."""


DONE = b"event: done\ndata: [DONE]\n\n"
"""How the streams of Assistants end."""


class Feed:
    """The events of one request. It takes them as they happen and never waits; the reader comes when it can."""

    def __init__(self, end: bytes = DONE) -> None:
        """`end`: what the reader is sent last."""
        self._end = end
        self.waiting: list[bytes] = []
        """Events that were not read yet."""
        self._more = asyncio.Event()
        self.open = True
        """Whether events may follow."""
        self._deltas_left: int | None = None
        self.broken = False
        """Whether the stream ended without saying so."""

    def break_off(self) -> None:
        """From now on: stop in the middle, as a lost connection does."""
        self._deltas_left = _DROPPED_AFTER

    def send(self, name: str, body: Json) -> None:
        """Send an event; without a name, its data alone. Without effect once the feed is closed."""
        if not self.open:
            return
        self.waiting.append((b"event: %b\n" % name.encode() if name else b"") + b"data: %b\n\n" % to_json(body))
        self._more.set()
        if self._deltas_left is not None and (not name or name.endswith(".delta")):
            self._deltas_left -= 1
            if self._deltas_left == 0:
                self.close()

    def close(self) -> None:
        """Nothing follows; the reader is told, unless the stream breaks off."""
        if not self.open:
            return
        self.open = False
        self.broken = self._deltas_left is not None
        if not self.broken:
            self.waiting.append(self._end)
        self._more.set()

    async def chunks(self) -> AsyncIterator[bytes]:
        """What waits to be read, as often as something does; ends when the feed is closed or nobody reads on."""
        try:
            while self.open or self.waiting:
                await self._more.wait()
                self._more.clear()
                chunk = b"".join(self.waiting)
                self.waiting.clear()
                if chunk:
                    yield chunk
        finally:
            self.open = False
            self.waiting.clear()
