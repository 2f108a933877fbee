"""A model server with the pace of a real one: `python -m benchmarks.thinker WORDS` prints `ready` and its address.

It thinks for a while, then says its words one by one, each when its time has come, and measures nothing.
"""

import asyncio
import json
import sys
from collections.abc import AsyncIterator

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import StreamingResponse
from starlette.routing import Route

from benchmarks import canned
from mock_endpoint.listening import listen

THINKING = 0.3
"""Seconds until the first word."""
EVERY = 0.01
"""Seconds between two words: a hundred tokens a second."""


def _line(choices: list[canned.Json], **fields: object) -> str:
    body = {"id": "c1", "object": "chat.completion.chunk", "created": 1, "model": "m", "choices": choices, **fields}
    return f"data: {json.dumps(body)}\n\n"


def _application(words: list[str]) -> Starlette:
    async def pieces() -> AsyncIterator[str]:
        clock = asyncio.get_running_loop().time
        due = clock() + THINKING
        for word in words:
            await asyncio.sleep(due - clock())
            yield _line([{"index": 0, "delta": {"content": word}, "finish_reason": None}])
            due += EVERY
        yield _line([{"index": 0, "delta": {}, "finish_reason": "stop"}])
        yield _line([], usage={"prompt_tokens": 1, "completion_tokens": len(words), "total_tokens": len(words) + 1})
        yield "data: [DONE]\n\n"

    async def complete(request: Request) -> StreamingResponse:
        await request.body()
        return StreamingResponse(pieces(), media_type="text/event-stream")

    return Starlette(routes=[Route("/v1/chat/completions", complete, methods=["POST"])])


if __name__ == "__main__":
    listener = listen("127.0.0.1", 0)
    print(f"ready http://127.0.0.1:{listener.getsockname()[1]}/v1", flush=True)  # noqa: T201
    config = uvicorn.Config(_application(canned.words(int(sys.argv[1]))), log_level="error", lifespan="off")
    uvicorn.Server(config).run(sockets=[listener])
