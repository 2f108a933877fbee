"""(g) From the request for a streamed run to its first delta, and (h) how fast a long answer comes."""

import asyncio
import json
import tempfile
import time
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks import raw
from benchmarks.measure import KEY, Comparison, Size, Target, both, client_of, in_turn, started

if TYPE_CHECKING:
    from openai import AzureOpenAI

_DELTA = "thread.message.delta"
_QUESTION = "What is the capital of Japan?"


def first_delta(size: Size) -> list[Comparison]:
    """Milliseconds until the client gives the first piece of an answer."""
    with tempfile.TemporaryDirectory() as folder, both(Path(folder, "state.db")) as addresses:
        ours, floor = map(client_of, addresses)
        with ours, floor:
            samples = in_turn(size, partial(_first, ours), partial(_first, floor), size.walks)
    return [Comparison("g", "stream: first delta, official client", "ms", samples, Target("≤", 3))]


def long_answer(size: Size) -> list[Comparison]:
    """Deltas a second from the request to the end of the stream."""
    with (
        tempfile.TemporaryDirectory() as folder,
        started("-m", "benchmarks.wordy", str(Path(folder, "state.db")), KEY, str(size.words)) as ours_at,
        started("-m", "benchmarks.floor", str(size.words)) as floor_at,
    ):
        ours, floor = client_of(ours_at), client_of(floor_at)
        with ours, floor:
            official = in_turn(size, partial(_rate, ours, size.words), partial(_rate, floor, size.words))
        bare = in_turn(size, partial(_raw_rate, ours_at, size.words), partial(_raw_rate, floor_at, size.words))
    return [
        Comparison("h", f"stream: {size.words:,} deltas, {client} client", "/s", samples, Target("≥", 0.3))
        for client, samples in (("official", official), ("raw", bare))
    ]


def _asked(client: "AzureOpenAI") -> tuple[str, str]:
    """A thread with a question, and who shall answer."""
    thread = client.beta.threads.create()
    client.beta.threads.messages.create(thread.id, role="user", content=_QUESTION)
    return thread.id, client.beta.assistants.create(model="gpt-35-turbo").id


def _first(client: "AzureOpenAI") -> float:
    thread, assistant = _asked(client)
    begun = time.perf_counter()
    with client.beta.threads.runs.create(thread, assistant_id=assistant, stream=True) as stream:
        arrived = next(time.perf_counter() for event in stream if event.event == _DELTA)
        for _ in stream:
            pass  # read to the end, so that the connection serves the next one
    return (arrived - begun) * 1000


def _rate(client: "AzureOpenAI", words: int) -> float:
    thread, assistant = _asked(client)
    begun = time.perf_counter()
    with client.beta.threads.runs.create(thread, assistant_id=assistant, stream=True) as stream:
        deltas = sum(event.event == _DELTA for event in stream)
    elapsed = time.perf_counter() - begun
    assert deltas == words, deltas
    return deltas / elapsed


def _raw_rate(url: str, words: int) -> float:
    async def answer() -> raw.Answer:
        (connection,) = await raw.connected(url, 1)
        ask = partial(raw.request, url, KEY, "POST")
        assistant = json.loads((await connection.ask(ask("/assistants", {"model": "gpt-35-turbo"}))).body)["id"]
        thread = json.loads((await connection.ask(ask("/threads", {}))).body)["id"]
        await connection.ask(ask(f"/threads/{thread}/messages", {"role": "user", "content": _QUESTION}))
        streamed = await connection.ask(ask(f"/threads/{thread}/runs", {"assistant_id": assistant, "stream": True}))
        connection.close()
        return streamed

    streamed = asyncio.run(answer())
    deltas = streamed.body.count(f"event: {_DELTA}\n".encode())
    assert deltas == words, deltas
    return deltas / streamed.whole
