"""Model servers for tests: one that answers as told, and a real small one."""

import asyncio
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response, StreamingResponse
from starlette.routing import Route

from mock_endpoint.models.base import Event, Failed, Prompt, Turn
from mock_endpoint.models.upstream import UpstreamModel

PATIENCE = 10
"""Seconds after which a test server that does not start or stop is a failure."""


def chunk(text: str | None = None, finish: str | None = None, **fields: Any) -> str:  # noqa: ANN401
    """One chunk of a chat completion as the line of a stream."""
    delta = {} if text is None else {"content": text}
    body = {
        "id": "c1",
        "object": "chat.completion.chunk",
        "created": 1,
        "model": "m",
        "choices": [{"index": 0, "delta": delta, "finish_reason": finish}],
        **fields,
    }
    return f"data: {json.dumps(body)}\n\n"


def calling(*calls: dict[str, Any], finish: str | None = None) -> str:
    """One chunk with pieces of function calls, each as `called` gives it."""
    return chunk(choices=[{"index": 0, "delta": {"tool_calls": list(calls)}, "finish_reason": finish}])


def called(name: str | None = None, arguments: Any = None, index: int | None = None, id: str | None = None) -> Any:  # noqa: ANN401
    """One piece of a function call; what is None is not in it."""
    function = {"name": name, "arguments": arguments}
    piece = {"index": index, "id": id, "function": {key: value for key, value in function.items() if value is not None}}
    return {key: value for key, value in piece.items() if value is not None}


USAGE = chunk(choices=[], usage={"prompt_tokens": 11, "completion_tokens": 2, "total_tokens": 13})
DONE = "data: [DONE]\n\n"
SILENCE = ": nothing"
"""In a stream's lines: from here on the server says nothing, and keeps the connection open."""
WHOLE = [chunk("King"), chunk("fisher"), chunk(finish="stop"), USAGE, DONE]
KEY = "a-secret-key-0123456789"
PROMPT = Prompt("gpt-4", "Be brief.", (Turn("user", "Hi"), Turn("assistant", "Hello"), Turn("user", "Name a bird")))


@dataclass
class ScriptedServer:
    """Answers each request with the next of `answers`, the last one for ever, and keeps what it was asked."""

    answers: list[Any]
    """Lines of a stream; or a page of HTML; or status and message, and headers in place of one that asks to wait a
    millisecond; or 200 and a body. A stream that ends in None breaks off; from `SILENCE` on, nothing comes any more."""
    url: str = ""
    bodies: list[dict[str, Any]] = field(default_factory=list)
    keys: list[str] = field(default_factory=list)
    left: threading.Event = field(default_factory=threading.Event)
    """Set when a caller has hung up on a silent stream."""

    async def handle(self, request: Request) -> Response:
        """The next answer."""
        self.bodies.append(await request.json())
        self.keys.append(request.headers.get("authorization", ""))
        answer = self.answers[min(len(self.bodies), len(self.answers)) - 1]
        if isinstance(answer, tuple):
            status, message, *headers = answer
            if status == 200:
                return JSONResponse(message)
            given = headers[0] if headers else {"retry-after-ms": "1"}
            return JSONResponse({"error": {"message": message}}, status, headers=given)
        if isinstance(answer, str):
            return HTMLResponse(answer)
        return StreamingResponse(self._lines(answer), media_type="text/event-stream")

    async def _lines(self, answer: list[str | None]) -> Any:  # noqa: ANN401
        for line in answer:
            if line is None:
                raise ConnectionAbortedError
            if line is SILENCE:
                await self._silence()
            yield line

    async def _silence(self) -> None:
        try:
            await asyncio.sleep(3600)
        except asyncio.CancelledError:
            self.left.set()
            raise


@contextmanager
def scripted(*answers: Any) -> Iterator[ScriptedServer]:  # noqa: ANN401
    """A `ScriptedServer` on a free loopback port, gone at the end."""
    server = ScriptedServer(list(answers))
    app = Starlette(routes=[Route("/v1/chat/completions", server.handle, methods=["POST"])])
    config = uvicorn.Config(app, host="127.0.0.1", port=0, log_config=None, lifespan="off")
    runner = uvicorn.Server(config)
    socket = config.bind_socket()
    server.url = f"http://127.0.0.1:{socket.getsockname()[1]}/v1"
    thread = threading.Thread(target=runner.run, kwargs={"sockets": [socket]}, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        runner.should_exit = True
        thread.join(PATIENCE)
        socket.close()
    assert not thread.is_alive(), "the scripted server did not stop"


def events(model: UpstreamModel, prompt: Prompt = PROMPT) -> list[Event]:
    """Everything that the model answers."""

    async def collect() -> list[Event]:
        try:
            return [event async for event in model.answer(prompt)]
        finally:
            await model.close()

    return asyncio.run(collect())


def answered(*answers: Any, prompt: Prompt = PROMPT) -> tuple[list[Event], list[dict[str, Any]]]:  # noqa: ANN401
    """What the model makes of a server's answers, and what it asked."""
    with scripted(*answers) as server:
        seen = events(UpstreamModel(server.url, KEY, "m1"), prompt)
    assert set(server.keys) == {f"Bearer {KEY}"}
    assert KEY not in repr(seen)
    return seen, server.bodies


def failure(*answers: Any) -> Failed:  # noqa: ANN401
    """The failure with which the answer ends."""
    last = answered(*answers)[0][-1]
    assert isinstance(last, Failed), last
    return last
