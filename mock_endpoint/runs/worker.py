"""The task that moves a run from `queued` to its end, or to where it waits for its caller.

Every step is written under the condition that the run still has the status it should have and still belongs to this
process; whoever loses that race stops.
"""

import asyncio
import logging
import sqlite3
import time
from collections.abc import Awaitable
from dataclasses import dataclass, field
from functools import partial
from typing import Any, TypeVar

from mock_endpoint import engine, errors
from mock_endpoint.models.base import CallDelta, Failed, Finished, Model, Prompt, TextDelta
from mock_endpoint.runs import run_status
from mock_endpoint.runs.usage import NOTHING, added, of_steps, usage
from mock_endpoint.runs.writer import NoLongerOurs, RunWriter
from mock_endpoint.service import Service
from mock_endpoint.sse import Feed

Json = dict[str, Any]
T = TypeVar("T")

log = logging.getLogger(__name__)

_QUEUED_SHARE = 0.25
"""The part of the simulated thinking that a run spends in the queue."""
_PIECE_SHARE = 0.025
"""How long a streamed piece takes to write, measured by the simulated thinking."""
_LONGEST_TURN = 0.001
"""Seconds that a model which never waits may go on before other requests have their turn."""
_LOOK_EVERY = 0.25
"""Seconds between two looks for a cancellation that another process wrote."""


@dataclass
class Worker:
    """What a process holds for a run that it moves."""

    service: Service
    run: Json
    """As it was when this worker began."""
    model: Model
    feed: Feed | None
    woken: asyncio.Event = field(default_factory=asyncio.Event)
    task: asyncio.Task[None] | None = None

    def still_ours(self) -> bool:
        """Whether the run is still this process's to move, and not cancelled or gone."""
        store = self.service.store
        stored = store.get("thread.run", self.run["id"])
        moving = stored is not None and stored["status"] in ("queued", "in_progress")
        return moving and store.owner(self.run["id"]) == self.service.owner.id

    def advance(self, to: str, **changes: object) -> Json | None:
        """Bring the run to a status, and tell the one who listens; None where it is not this worker's to bring."""
        tell = self.feed.tell if self.feed else lambda _: None
        owner = self.service.owner.id
        return run_status.advance(self.service.store, self.run["id"], to, owner=owner, tell=tell, **changes)

    def fail(self, reason: Failed) -> None:
        """End the run as failed."""
        self.advance("failed", last_error={"code": reason.code, "message": reason.message})


def begin(service: Service, run: Json, feed: Feed | None = None, model: Model | None = None) -> None:
    """Start moving a run that was stored as queued; `model` answers in place of the service's own."""
    worker = service.workers[run["id"]] = Worker(service, run, model or service.model, feed)
    worker.task = asyncio.get_running_loop().create_task(_work(worker))
    worker.task.add_done_callback(partial(_forget, worker))


def wake(service: Service, run_id: str) -> None:
    """Tell a run of this process to look at its status."""
    if run_id in service.workers:
        service.workers[run_id].woken.set()


def poll_after_ms(service: Service) -> int:
    """How long a client should wait before it asks for the run again."""
    return min(max(int(service.pace * 1000 / 8), 10), 200)


def _forget(worker: Worker, _: object) -> None:
    if worker.service.workers.get(worker.run["id"]) is worker:  # outputs may have begun the next round already
        del worker.service.workers[worker.run["id"]]


async def _work(worker: Worker) -> None:
    """Bring the run to an end. Where even that cannot be written, its readers find that nobody moves it."""
    try:
        await _move(worker)
        _end_if_cancelled(worker)
    except sqlite3.Error as error:
        log.exception("run %s could not be written", worker.run["id"])
        if worker.feed:
            worker.feed.send("error", {"error": errors.unstored(error).error})
    finally:
        if worker.feed:
            worker.feed.close()


async def _move(worker: Worker) -> None:
    try:
        async with asyncio.timeout(max(worker.run["expires_at"] - time.time(), 0)):
            await _walk(worker)
    except TimeoutError:
        worker.advance("expired")
    except NoLongerOurs:
        return
    except Exception:
        log.exception("run %s failed", worker.run["id"])
        worker.fail(engine.BROKEN)


def _end_if_cancelled(worker: Worker) -> None:
    """A cancellation may have come at any time, even just before the end."""
    run = worker.service.store.get("thread.run", worker.run["id"])
    if run and run["status"] == "cancelling":
        if worker.feed:
            worker.feed.tell(run)
        worker.advance("cancelled")


async def _walk(worker: Worker) -> None:
    service = worker.service
    await _unless_cancelled(worker, asyncio.sleep(service.pace * _QUEUED_SHARE))
    run = worker.advance("in_progress")
    if run is None:
        raise NoLongerOurs
    spent = of_steps(service.store, run["id"]) or NOTHING
    try:
        prompt = _prompt(service, run, spent)
    except engine.OutOfTokens as limit:
        worker.advance("incomplete", incomplete_details={"reason": limit.reason}, usage=spent)
        return
    await _unless_cancelled(worker, asyncio.sleep(service.pace * (1 - _QUEUED_SHARE)))
    writer = RunWriter(service.store, run, worker.still_ours, worker.feed)
    try:
        end = await _unless_cancelled(worker, _listen(worker, prompt, writer))
    finally:
        writer.keep()
    _conclude(worker, writer, end, spent)


def _prompt(service: Service, run: Json, spent: Json) -> Prompt:
    messages = service.store.all("thread.message", run["thread_id"])
    return engine.prompt_of(run, messages, service.store.all("thread.run.step", run["id"]), spent)


async def _listen(worker: Worker, prompt: Prompt, writer: RunWriter) -> Finished | Failed:
    """Write the answer down as it comes; how it ended comes back."""
    pause = worker.service.pace * _PIECE_SHARE if worker.feed else 0
    since = time.perf_counter()
    async for event in engine.answer(worker.model, prompt):
        if isinstance(event, TextDelta):
            writer.say(event)
        elif isinstance(event, CallDelta):
            writer.call(event)
        else:
            if isinstance(event, Finished) and not writer.step:
                writer.open_message()  # an empty answer is a message, too
            return event
        if pause or time.perf_counter() - since > _LONGEST_TURN:
            await asyncio.sleep(pause)
            since = time.perf_counter()
    return engine.BROKEN


def _conclude(worker: Worker, writer: RunWriter, end: Finished | Failed, spent: Json) -> None:
    """What the end of an answer means for its run."""
    if isinstance(end, Failed):
        worker.fail(end)
        return
    changes: Json = {"usage": added(spent, usage(end.prompt_tokens, end.completion_tokens))}
    if end.reason == "tool_calls":
        worker.advance("requires_action", required_action=writer.required_action(), **changes)
    elif end.reason == "length":
        worker.advance("incomplete", incomplete_details={"reason": "max_completion_tokens"}, **changes)
    else:
        worker.advance("completed", **changes)


async def _unless_cancelled(worker: Worker, doing: Awaitable[T]) -> T:
    """Wait for something, and stop waiting when the run is cancelled – here or by another process."""
    task = asyncio.ensure_future(doing)
    woken = asyncio.ensure_future(worker.woken.wait())
    try:
        while not task.done():
            await asyncio.wait({task, woken}, timeout=_LOOK_EVERY, return_when=asyncio.FIRST_COMPLETED)
            if not task.done() and not worker.still_ours():
                raise NoLongerOurs
        return task.result()
    finally:
        woken.cancel()
        task.cancel()
