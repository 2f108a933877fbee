"""The task that moves a run from `queued` to its end.

Every step is written under the condition that the run still has the status it should have and still belongs to this
process; whoever loses that race stops.
"""

import asyncio
import logging
import sqlite3
import time
from collections.abc import Awaitable
from dataclasses import dataclass, field
from typing import Any, TypeVar

from . import engine, lifecycle, messages, steps
from .models.base import Failed, Finished, Prompt, TextDelta
from .service import Service

Json = dict[str, Any]
T = TypeVar("T")

log = logging.getLogger(__name__)

_QUEUED_SHARE = 0.25
"""The part of the simulated thinking that a run spends in the queue."""
_LOOK_EVERY = 0.25
"""Seconds between two looks for a cancellation that another process wrote."""


@dataclass
class Worker:
    """What a process holds for a run that it moves."""

    woken: asyncio.Event = field(default_factory=asyncio.Event)
    task: asyncio.Task[None] | None = None


@dataclass
class _Draft:
    """An answer on its way; its message is there from the first word on."""

    message_id: str = ""
    text: str = ""


class _Lost(Exception):
    """The run was cancelled, deleted or taken away."""


def begin(service: Service, run: Json) -> None:
    """Start moving a run that was stored as queued."""
    worker = service.workers[run["id"]] = Worker()
    worker.task = asyncio.get_running_loop().create_task(_work(service, run, worker))
    worker.task.add_done_callback(lambda _: service.workers.pop(run["id"], None))


def wake(service: Service, run_id: str) -> None:
    """Tell a run of this process to look at its status."""
    if run_id in service.workers:
        service.workers[run_id].woken.set()


def poll_after_ms(service: Service) -> int:
    """How long a client should wait before it asks for the run again."""
    return min(max(int(service.pace * 1000 / 8), 10), 200)


async def _work(service: Service, run: Json, worker: Worker) -> None:
    """Bring the run to an end. Where even that cannot be written, its readers find that nobody moves it."""
    try:
        await _move(service, run, worker)
        _advance(service, run, "cancelled")  # a cancellation may have come just before the end
    except sqlite3.Error:
        log.exception("run %s could not be written", run["id"])


async def _move(service: Service, run: Json, worker: Worker) -> None:
    try:
        async with asyncio.timeout(max(run["expires_at"] - time.time(), 0)):
            await _walk(service, run, worker)
    except TimeoutError:
        _advance(service, run, "expired")
    except _Lost:
        return
    except Exception:
        log.exception("run %s failed", run["id"])
        _fail(service, run, engine.BROKEN)


async def _walk(service: Service, run: Json, worker: Worker) -> None:
    await _unless_cancelled(service, run, worker, asyncio.sleep(service.pace * _QUEUED_SHARE))
    run = _must(_advance(service, run, "in_progress"))
    try:
        prompt = engine.prompt_of(run, service.store.all("thread.message", run["thread_id"]))
    except engine.PromptTooLong:
        _advance(service, run, "incomplete", incomplete_details={"reason": "max_prompt_tokens"}, usage=_usage(0, 0))
        return
    await _unless_cancelled(service, run, worker, asyncio.sleep(service.pace * (1 - _QUEUED_SHARE)))
    draft = _Draft()
    try:
        end = await _unless_cancelled(service, run, worker, _listen(service, run, prompt, draft))
    finally:
        _keep(service, draft)
    if isinstance(end, Failed):
        _fail(service, run, end)
        return
    changes: Json = {"usage": _usage(end.prompt_tokens, end.completion_tokens)}
    if end.reason == "length":
        changes["incomplete_details"] = {"reason": "max_completion_tokens"}
    _must(_advance(service, run, "completed" if end.reason == "stop" else "incomplete", **changes))


async def _listen(service: Service, run: Json, prompt: Prompt, draft: _Draft) -> Finished | Failed:
    """Write the answer down as it comes; how it ended comes back."""
    async for event in engine.answer(service.model, prompt):
        if not draft.message_id and not isinstance(event, Failed):
            draft.message_id = _open_message(service, run)
        if not isinstance(event, TextDelta):
            return event
        draft.text += event.text
    return engine.BROKEN


def _open_message(service: Service, run: Json) -> str:
    """The id of an empty message that the answer will fill; a step says so."""
    message = messages.new_message(run["thread_id"], assistant_id=run["assistant_id"], run_id=run["id"])
    with service.store.transaction():
        if not _still_ours(service, run):
            raise _Lost
        service.store.insert(message, parent=run["thread_id"])
        service.store.insert(steps.message_step(run, message["id"]), parent=run["id"])
    message_id: str = message["id"]
    return message_id


def _keep(service: Service, draft: _Draft) -> None:
    """Put into the message what was written so far, also when the run ends early."""
    with service.store.transaction():
        message = draft.message_id and service.store.get("thread.message", draft.message_id)
        if message:  # somebody may have deleted it meanwhile
            service.store.replace(message | {"content": [messages.text_part(draft.text)]})


async def _unless_cancelled(service: Service, run: Json, worker: Worker, doing: Awaitable[T]) -> T:
    """Wait for something, and stop waiting when the run is cancelled – here or by another process."""
    task = asyncio.ensure_future(doing)
    woken = asyncio.ensure_future(worker.woken.wait())
    try:
        while not task.done():
            await asyncio.wait({task, woken}, timeout=_LOOK_EVERY, return_when=asyncio.FIRST_COMPLETED)
            if not task.done() and not _still_ours(service, run):
                raise _Lost
        return task.result()
    finally:
        woken.cancel()
        task.cancel()


def _still_ours(service: Service, run: Json) -> bool:
    stored = service.store.get("thread.run", run["id"])
    moving = stored is not None and stored["status"] in ("queued", "in_progress")
    return moving and service.store.owner(run["id"]) == service.owner.id


def _advance(service: Service, run: Json, to: str, **changes: object) -> Json | None:
    return lifecycle.advance(service.store, run["id"], to, owner=service.owner.id, **changes)


def _fail(service: Service, run: Json, reason: Failed) -> None:
    _advance(service, run, "failed", last_error={"code": reason.code, "message": reason.message})


def _must(run: Json | None) -> Json:
    if run is None:
        raise _Lost
    return run


def _usage(prompt: int, completion: int) -> Json:
    return {"prompt_tokens": prompt, "completion_tokens": completion, "total_tokens": prompt + completion}
