"""Watched clients whose answers a test writes, piece by piece, without a server."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Mapping

import httpx2
import openai

from helpers.traffic.clients import AsyncRecording, Recording

KEY = "a-key-for-nobody"
VERSION = "2024-05-01-preview"
Json = Mapping[str, object]
Answer = Callable[[httpx2.Request], httpx2.Response]


class Pieces(httpx2.SyncByteStream, httpx2.AsyncByteStream):
    """A body that arrives in exactly these pieces, once, and may break off."""

    def __init__(self, pieces: Iterable[bytes], error: Exception | None = None) -> None:
        self._pieces, self._error = iter(pieces), error

    def __iter__(self) -> Iterator[bytes]:
        yield from self._pieces
        if self._error:
            raise self._error

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for piece in self:
            yield piece
            await asyncio.sleep(0)


def event(name: str, data: Json | str) -> bytes:
    """One server-sent event."""
    text = data if isinstance(data, str) else json.dumps(data, ensure_ascii=False)
    return f"event: {name}\ndata: {text}\n\n".encode()


def run_event(status: str, run_id: str = "run_1") -> bytes:
    """The event that tells a run's new status."""
    return event(f"thread.run.{status}", {"id": run_id, "object": "thread.run", "status": status})


def text_delta(text: str) -> bytes:
    """The event that brings a piece of a message."""
    content = [{"index": 0, "type": "text", "text": {"value": text}}]
    body = {"id": "msg_1", "object": "thread.message.delta", "delta": {"content": content}}
    return event("thread.message.delta", body)


def call_delta(arguments: str, name: str | None = None, index: int = 0) -> bytes:
    """The event that brings a piece of a function call."""
    function = {"arguments": arguments} | ({"name": name} if name else {})
    call = {"index": index, "type": "function", "function": function}
    delta = {"step_details": {"type": "tool_calls", "tool_calls": [call]}}
    return event("thread.run.step.delta", {"id": "step_1", "object": "thread.run.step.delta", "delta": delta})


DONE = event("done", "[DONE]")


def streamed(*pieces: bytes, error: Exception | None = None) -> httpx2.Response:
    """A stream of events in these pieces."""
    headers = {"content-type": "text/event-stream; charset=utf-8"}
    return httpx2.Response(200, headers=headers, stream=Pieces(pieces, error))


def client_of(answer: Answer, max_retries: int = 0) -> openai.AzureOpenAI:
    """A watched client that gets its answers from a function."""
    http_client = Recording(transport=httpx2.MockTransport(answer))
    return openai.AzureOpenAI(
        azure_endpoint="http://service", api_key=KEY, api_version=VERSION, max_retries=max_retries,
        http_client=http_client,
    )  # fmt: skip


def async_client_of(answer: Answer) -> openai.AsyncAzureOpenAI:
    """The same for `async` code."""
    http_client = AsyncRecording(transport=httpx2.MockTransport(answer))
    return openai.AsyncAzureOpenAI(
        azure_endpoint="http://service", api_key=KEY, api_version=VERSION, http_client=http_client
    )
