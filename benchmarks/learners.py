"""A class at work: `python -m benchmarks.learners URL KEY LEARNERS SECONDS PAUSE raw|official` prints what it felt.

Every other learner polls and the others stream: a new thread, a question, a run, its answer; then he reads for PAUSE
seconds, and asks again. With a pause, the learners begin at random moments within it. `raw` learners sit on a bare
connection each, `official` ones share an `AsyncAzureOpenAI`. What comes out is JSON.
"""

import asyncio
import json
import sys
import time
import warnings
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from random import Random
from typing import TYPE_CHECKING, Any, TypeVar

from benchmarks.load import p99
from benchmarks.measure import API_VERSION
from benchmarks.raw import Connection, connected, request

if TYPE_CHECKING:
    from openai import AsyncAzureOpenAI

T = TypeVar("T")

_MODEL = "gpt-35-turbo"
_QUESTION = "What is the capital of Japan?"
_POLL_AFTER = 0.01
"""Seconds between two polls: what the endpoint tells its clients at pace 0."""


@dataclass
class Felt:
    """What the learners waited for, in seconds."""

    answers: list[float] = field(default_factory=list)
    """Each request, streams left out."""
    streams: list[float] = field(default_factory=list)
    """From the request for a stream to what comes first."""

    async def wait(self, call: Awaitable[T]) -> T:
        """An answer, and a note of the time that it took."""
        begun = time.perf_counter()
        result = await call
        self.answers.append(time.perf_counter() - begun)
        return result


@dataclass
class Raw:
    """A learner on a connection of his own."""

    felt: Felt
    connection: Connection
    request: Callable[..., bytes]
    """The bytes for a method, a path and a body."""
    assistant: str

    async def poll(self) -> None:
        """One question, polled for."""
        thread = await self._ask()
        run = await self._call("POST", f"{thread}/runs", {"assistant_id": self.assistant})
        while run["status"] in ("queued", "in_progress"):
            await asyncio.sleep(_POLL_AFTER)
            run = await self._call("GET", f"{thread}/runs/{run['id']}")
        assert run["status"] == "completed", run
        await self._call("GET", f"{thread}/messages")

    async def stream(self) -> None:
        """One question, its answer streamed; the first byte counts."""
        wanted = {"assistant_id": self.assistant, "stream": True}
        answer = await self.connection.ask(self.request("POST", f"{await self._ask()}/runs", wanted))
        self.felt.streams.append(answer.first)
        assert b"event: thread.run.completed" in answer.body, answer.body

    async def _ask(self) -> str:
        thread = f"/threads/{(await self._call('POST', '/threads', {}))['id']}"
        await self._call("POST", f"{thread}/messages", {"role": "user", "content": _QUESTION})
        return thread

    async def _call(self, method: str, path: str, body: Any = None) -> Any:  # noqa: ANN401 - JSON
        return json.loads((await self.felt.wait(self.connection.ask(self.request(method, path, body)))).body)


@dataclass
class Official:
    """A learner with the official client."""

    felt: Felt
    client: "AsyncAzureOpenAI"
    assistant: str

    async def poll(self) -> None:
        """One question, polled for."""
        thread, runs = await self._ask(), self.client.beta.threads.runs
        run = await self.felt.wait(runs.create(thread, assistant_id=self.assistant))
        while run.status in ("queued", "in_progress"):
            await asyncio.sleep(_POLL_AFTER)
            run = await self.felt.wait(runs.retrieve(run.id, thread_id=thread))
        assert run.status == "completed", run
        await self.felt.wait(self.client.beta.threads.messages.list(thread))

    async def stream(self) -> None:
        """One question, its answer streamed; the first event counts."""
        thread, runs = await self._ask(), self.client.beta.threads.runs
        seen: list[str] = []
        begun = time.perf_counter()
        async with await runs.create(thread, assistant_id=self.assistant, stream=True) as stream:
            async for event in stream:
                if not seen:
                    self.felt.streams.append(time.perf_counter() - begun)
                seen.append(event.event)
        assert "thread.run.completed" in seen, seen

    async def _ask(self) -> str:
        threads = self.client.beta.threads
        thread = await self.felt.wait(threads.create())
        await self.felt.wait(threads.messages.create(thread.id, role="user", content=_QUESTION))
        return thread.id


async def raw(url: str, key: str, learners: int, seconds: float, pause: float) -> dict[str, float]:
    """What learners on bare connections feel."""

    def of(method: str, path: str, body: Any = None) -> bytes:  # noqa: ANN401 - JSON
        return request(url, key, method, path, body)

    felt, connections = Felt(), await connected(url, learners)
    made = await connections[0].ask(of("POST", "/assistants", {"model": _MODEL}))
    assistant = json.loads(made.body)["id"]
    figures = await lesson(felt, [Raw(felt, each, of, assistant) for each in connections], seconds, pause)
    for connection in connections:
        connection.close()
    return figures


async def official(url: str, key: str, learners: int, seconds: float, pause: float) -> dict[str, float]:
    """What learners with the official client feel."""
    from openai import AsyncAzureOpenAI  # a second that the raw learners do not pay

    felt = Felt()
    async with AsyncAzureOpenAI(azure_endpoint=url, api_key=key, api_version=API_VERSION) as client:
        assistant = (await client.beta.assistants.create(model=_MODEL)).id
        return await lesson(felt, [Official(felt, client, assistant)] * learners, seconds, pause)


async def lesson(felt: Felt, learners: Sequence[Raw | Official], seconds: float, pause: float) -> dict[str, float]:
    """Requests a second, and the milliseconds that 99 of 100 answers and 99 of 100 beginnings of streams stay below."""
    begun = time.perf_counter()
    until = begun + seconds

    async def learn(number: int, talk: Callable[[], Awaitable[None]]) -> None:
        await asyncio.sleep(pause * Random(number).random())  # noqa: S311 - no secret
        while (left := until - time.perf_counter()) > 0:
            await talk()
            await asyncio.sleep(min(pause, left))

    talks = [learner.stream if number % 2 else learner.poll for number, learner in enumerate(learners)]
    await asyncio.gather(*(learn(number, talk) for number, talk in enumerate(talks)))
    requests = len(felt.answers) + len(felt.streams)
    elapsed = time.perf_counter() - begun
    return {"throughput": requests / elapsed, "answers": p99(felt.answers), "streams": p99(felt.streams)}


if __name__ == "__main__":
    warnings.simplefilter("ignore", DeprecationWarning)
    url, key, count, seconds, pause, client = sys.argv[1:]
    played = {"raw": raw, "official": official}[client](url, key, int(count), float(seconds), float(pause))
    print(json.dumps(asyncio.run(played)))  # noqa: T201
