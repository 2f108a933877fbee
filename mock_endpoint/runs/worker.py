"""The task that moves a run from `queued` to its end, or to where it waits for its caller.

Every step is written under the condition that the run still has the status it should have and still belongs to this
process; whoever loses that race stops.
"""

import asyncio
import logging
import sqlite3
from collections.abc import Awaitable
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any, TypeVar

from mock_endpoint import engine, errors
from mock_endpoint.closing import closing
from mock_endpoint.models.base import Failed, Finished, Model, Prompt
from mock_endpoint.pacing import PIECE_SHARE, QUEUED_SHARE, NoLongerOurs, paced, unless_cancelled
from mock_endpoint.runs import run_status, tool_calls
from mock_endpoint.runs.built_in import attached, marks_of, pictures_of, tools_of
from mock_endpoint.runs.events import RunEvents
from mock_endpoint.runs.prompt import OutOfTokens, prompt_of
from mock_endpoint.runs.usage import NOTHING, added, of_steps, usage
from mock_endpoint.runs.writer import RunWriter
from mock_endpoint.service import Service
from mock_endpoint.state.opening import ACTIVE, explain

Json = dict[str, Any]
T = TypeVar("T")

log = logging.getLogger(__name__)


@dataclass
class Worker:
    """What a process holds for a run that it moves."""

    service: Service
    run: Json
    """As it was when this worker began."""
    model: Model
    events: RunEvents
    woken: asyncio.Event = field(default_factory=asyncio.Event)
    task: asyncio.Task[None] | None = None

    def still_ours(self) -> bool:
        """Whether the run is still this process's to move, and not cancelled or gone."""
        store = self.service.store
        stored = run_status.stored(store, self.run)
        moving = stored is not None and stored["status"] in ("queued", "in_progress")
        return moving and store.owner("thread.run", self.run["id"], self.run["thread_id"]) == self.service.lease.id

    async def unless_cancelled(self, doing: Awaitable[T]) -> T:
        """Wait for something, and stop waiting when the run is cancelled – here or by another process."""
        return await unless_cancelled(doing, self.woken, self.still_ours)

    async def advance(self, to: str, **changes: object) -> Json | None:
        """Bring the run to a status, and tell the one who listens; None where it is not this worker's to bring."""
        store, owner = self.service.store, self.service.lease.id
        return await run_status.advance(store, self.run, to, owner=owner, events=self.events, **changes)

    async def fail(self, reason: Failed) -> None:
        """End the run as failed."""
        await self.advance("failed", last_error={"code": reason.code, "message": reason.message})


def start(service: Service, run: Json, events: RunEvents, model: Model | None = None) -> None:
    """Start moving a run that was stored as queued; `model` answers in place of the service's own."""
    worker = service.workers[run["id"]] = Worker(service, run, model or service.model, events)
    worker.task = asyncio.get_running_loop().create_task(_supervise(worker))
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


async def _supervise(worker: Worker) -> None:
    """Bring the run to an end. Where even that cannot be written, its readers find that nobody moves it."""
    try:
        await _execute_in_time(worker)
        await _tell_end(worker)
    except sqlite3.Error as error:
        log.exception("run %s could not be written", worker.run["id"])
        worker.events.error(errors.unwritable(explain(error)))
    finally:
        worker.events.close()


async def _execute_in_time(worker: Worker) -> None:
    try:
        async with asyncio.timeout(run_status.seconds_left(worker.run)):
            await _execute(worker)
    except TimeoutError:
        await worker.advance("expired")
    except NoLongerOurs:
        return
    except Exception:
        log.exception("run %s failed", worker.run["id"])
        await worker.fail(engine.BROKEN)


async def _tell_end(worker: Worker) -> None:
    """A cancellation may have come at any time, even just before the end; or a reader found that time was over."""
    run = run_status.stored(worker.service.store, worker.run)
    if run is None:
        return
    if run["status"] == "cancelling":
        worker.events.ended(run)
        await worker.advance("cancelled")
    elif run["status"] not in ACTIVE:
        worker.events.ended(run)


async def _execute(worker: Worker) -> None:
    service = worker.service
    await worker.unless_cancelled(asyncio.sleep(service.pace * QUEUED_SHARE))
    run = await worker.advance("in_progress")
    if run is None:
        raise NoLongerOurs
    spent = of_steps(service.store, run["id"]) or NOTHING
    try:
        prompt = await _prompt(service, run, spent)
    except OutOfTokens as limit:
        await worker.advance("incomplete", incomplete_details={"reason": limit.reason}, usage=spent)
        return
    await worker.unless_cancelled(asyncio.sleep(service.pace * (1 - QUEUED_SHARE)))
    writer = RunWriter(service.store, run, worker.still_ours, worker.events)
    try:
        end = await worker.unless_cancelled(_listen(worker, prompt, writer))
    finally:
        await writer.keep()
    await _conclude(worker, writer, end, spent)


async def _prompt(service: Service, run: Json, spent: Json) -> Prompt:
    messages = service.store.all("thread.message", run["thread_id"])
    steps = service.store.all("thread.run.step", run["id"])
    names = tuple(file.name for file in attached(service.store, run))
    path_of = service.store.blobs.path
    if run["max_prompt_tokens"] is None:
        return replace(prompt_of(run, messages, steps, spent, path_of), files=names)
    # Counting the tokens of a long thread takes a while; other requests do not wait for it.
    return replace(await asyncio.to_thread(prompt_of, run, messages, steps, spent, path_of), files=names)


async def _listen(worker: Worker, prompt: Prompt, writer: RunWriter) -> Finished | Failed:
    """Write the answer down as it comes; how it ended comes back."""
    pause = worker.service.pace * PIECE_SHARE if worker.events.feed else 0
    steps = worker.service.store.all("thread.run.step", worker.run["id"])
    tools = tools_of(worker.service, worker.run)
    events = engine.answer(worker.model, prompt, tools, marks_of(steps), pictures_of(steps))
    async with closing(paced(events, pause)) as told:
        async for event in told:
            if isinstance(event, Finished | Failed):
                if isinstance(event, Finished) and not writer.step:
                    await writer.open_message()  # an empty answer is a message, too
                return event
            await writer.write(event)
    return engine.BROKEN


async def _conclude(worker: Worker, writer: RunWriter, end: Finished | Failed, spent: Json) -> None:
    """What the end of an answer means for its run."""
    if isinstance(end, Failed):
        await worker.fail(end)
        return
    changes: Json = {"usage": added(spent, usage(end.prompt_tokens, end.completion_tokens))}
    if end.reason == "tool_calls":
        await worker.advance("requires_action", required_action=tool_calls.required_action(writer.calls), **changes)
    elif end.reason == "length":
        await worker.advance("incomplete", incomplete_details={"reason": "max_completion_tokens"}, **changes)
    else:
        await worker.advance("completed", **changes)
