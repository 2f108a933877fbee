"""A feed of server-sent events as the answer to a request."""

import logging
from contextvars import ContextVar
from typing import Any

from starlette.responses import StreamingResponse
from starlette.types import Receive, Scope, Send

from mock_endpoint.sse import Feed


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
