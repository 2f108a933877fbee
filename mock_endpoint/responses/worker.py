"""The task that brings a response to its end: it asks the engine, writes the items, stores the result.

What is stored is written under the condition that the response is still on its way: it never goes to another process.
"""

import asyncio
import logging
import sqlite3
import time
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

from mock_endpoint import engine, errors
from mock_endpoint.closing import closing
from mock_endpoint.models.base import CallDelta, Failed, Finished, Model, Prompt
from mock_endpoint.pacing import PIECE_SHARE, QUEUED_SHARE, NoLongerOurs, paced, unless_cancelled
from mock_endpoint.responses import built_in, reading
from mock_endpoint.responses.events import ResponseEvents
from mock_endpoint.responses.history import EVENTS, ITEM, Context
from mock_endpoint.responses.prompt import allowed, fitted, prompt_of
from mock_endpoint.responses.writer import ItemWriter
from mock_endpoint.schemas import response_objects as objects
from mock_endpoint.service import Service
from mock_endpoint.state.ids import keyed_id
from mock_endpoint.state.opening import ACTIVE, explain
from mock_endpoint.state.store import Store

Json = dict[str, Any]

log = logging.getLogger(__name__)

_LONGEST = 600
"""Seconds after which a response fails, unless the endpoint was told otherwise."""
_TOO_LONG = Failed("server_error", "The response took too long.")
_ABANDONED = {"code": "server_error", "message": "The process that made this response has ended."}


@dataclass
class Worker:
    """What a process holds for a response that it makes."""

    service: Service
    response: Json
    """As it stands now."""
    context: Context
    asked: Json
    """The request's members."""
    model: Model
    family: str
    """Of the paths by which it was asked for."""
    events: ResponseEvents
    writer: ItemWriter
    woken: asyncio.Event = field(default_factory=asyncio.Event)
    task: asyncio.Task[None] | None = None

    def still_ours(self) -> bool:
        """Whether the response is still on its way, so that it is this process's to move."""
        if not is_kept(self.response):
            return True
        now = self.service.store.get("response", self.response["id"], self.context.key)
        return now is not None and now["status"] in ACTIVE

    def shown(self) -> Json:
        """The response as a stream shows it."""
        return objects.view(self.response, self.family, self.writer.include, streamed=True)


def is_kept(response: Json) -> bool:
    """Whether the response is in the store while it is on its way: where it is to stay there, and where it keeps its
    conversation locked."""
    return bool(response["store"] or response["conversation"])


def start(worker: Worker) -> asyncio.Task[None]:
    """Start making a response that was stored."""
    worker.service.workers[worker.response["id"]] = worker
    worker.task = asyncio.get_running_loop().create_task(_supervise(worker))
    worker.task.add_done_callback(partial(_forget, worker))
    return worker.task


async def current(service: Service, response: Json, key: str) -> Json:
    """The response as it stands now: one that nobody makes any more has failed."""
    if response["status"] not in ACTIVE:
        return response
    owner = service.store.owner("response", response["id"], key)
    here = owner == service.lease.id and response["id"] in service.workers
    if here or (owner != service.lease.id and service.lease.is_alive(owner)):
        return response
    async with service.store.transaction():
        now = service.store.get("response", response["id"], key)
        if now is None or now["status"] not in ACTIVE:
            return now or response
        now |= {"status": "failed", "error": _ABANDONED, "service_tier": "default"}
        put(service.store, now, key)
    return now


def put(store: Store, response: Json, key: str) -> None:
    """Store a response that has ended, or forget it where that was asked for; inside a transaction."""
    if response["store"]:
        store.replace(response, key)
    else:
        store.remove("response", response["id"], key)


def _forget(worker: Worker, _: object) -> None:
    worker.service.workers.pop(worker.response["id"], None)


async def _supervise(worker: Worker) -> None:
    """Bring the response to an end. Where even that cannot be written, its readers find that nobody makes it."""
    try:
        async with asyncio.timeout(worker.service.run_ttl or _LONGEST):
            await _make(worker)
    except TimeoutError:
        await _end(worker, _TOO_LONG)
    except NoLongerOurs:
        await _keep_events(worker)
    except sqlite3.Error as error:
        log.exception("response %s could not be written", worker.response["id"])
        worker.response |= {"status": "failed", "error": {"code": "server_error", "message": " ".join(explain(error))}}
        worker.events.send("error", error=errors.unwritable(explain(error)))
    except Exception:
        log.exception("response %s failed", worker.response["id"])
        await _end(worker, engine.BROKEN)
    finally:
        worker.events.close()


async def _make(worker: Worker) -> None:
    service, pace = worker.service, worker.service.pace
    worker.events.send("response.created", response=worker.shown())
    if worker.response["background"]:
        worker.events.send("response.queued", response=worker.shown())
        await unless_cancelled(asyncio.sleep(pace * QUEUED_SHARE), worker.woken, worker.still_ours)
        await _begin(worker)
    worker.events.send("response.in_progress", response=worker.shown())
    items = await reading.with_texts(service.store, service.lease, worker.context.items)
    try:
        prompt = fitted(prompt_of(worker.asked, items), worker.asked)
    except errors.Refusal as too_long:  # with its files; without them it was looked at before
        await _end(worker, Failed("invalid_prompt", str(too_long)))
        return
    thinking = asyncio.sleep(pace * (1 - QUEUED_SHARE if worker.response["background"] else 1))
    await unless_cancelled(thinking, worker.woken, worker.still_ours)
    pause = service.pace * PIECE_SHARE if worker.events.heard else 0
    await _end(worker, await unless_cancelled(_listen(worker, prompt, pause), worker.woken, worker.still_ours))


async def _begin(worker: Worker) -> None:
    """Out of the queue."""
    async with worker.service.store.transaction():
        if not worker.still_ours():
            raise NoLongerOurs
        worker.response["status"] = "in_progress"
        worker.service.store.replace(worker.response, worker.context.key)


async def _listen(worker: Worker, prompt: Prompt, pause: float) -> Finished | Failed:
    """Write the answer down as it comes; how it ended comes back."""
    items, asked = worker.context.items, worker.asked
    place = built_in.place_of(worker.service, asked, items)
    if place is not None:
        prompt = replace(prompt, files=place.names())
    tools = built_in.tools_of(worker.service, asked, allowed(asked), items, place)
    answer = engine.answer(worker.model, prompt, tools, built_in.marks_of(items))
    async with closing(paced(answer, pause)) as told:
        async for event in told:
            if isinstance(event, Finished | Failed):
                return event
            if place is not None and isinstance(event, CallDelta) and event.tool == "code_interpreter":
                worker.writer.container = await place.ready()
            worker.writer.write(event)
    return engine.BROKEN


async def _end(worker: Worker, end: Finished | Failed) -> None:
    """What the end of an answer means for its response."""
    writer = worker.writer
    changes: Json = {"output": writer.items, "service_tier": _tier(worker.response)}
    if isinstance(end, Failed):
        writer.close("incomplete")
        error = {"code": end.code, "message": end.message}
        worker.events.send("error", error={"type": end.code, **error, "param": None})
        await _store(worker, "failed", changes | {"error": error})
        return
    if not writer.items:
        writer.open_message()  # an empty answer is a message, too
    changes["usage"] = objects.usage(end.prompt_tokens, end.completion_tokens)
    if end.reason == "length":
        writer.close("incomplete")
        await _store(worker, "incomplete", changes | {"incomplete_details": {"reason": "max_output_tokens"}})
    else:
        writer.close()
        await _store(worker, "completed", changes | {"completed_at": int(time.time())})


def _tier(response: Json) -> str:
    """How the response was served in the end: `auto` is what it shows while it is on its way."""
    return "default" if response["service_tier"] == "auto" else str(response["service_tier"])


async def _store(worker: Worker, status: str, changes: Json) -> None:
    """Store the end, what it adds to the conversation, and the events; then tell it."""
    response, store, key = worker.response, worker.service.store, worker.context.key
    async with store.transaction():
        if not worker.still_ours():
            return
        response |= {"status": status, **changes}
        event = worker.events.made(f"response.{status}", response=worker.shown())
        if is_kept(response):
            put(store, response, key)
        if response["conversation"] and status != "failed":
            append(store, key, worker.context.own + response["output"])
        await _keep_events(worker)
    worker.events.deliver(event)


async def _keep_events(worker: Worker) -> None:
    """Store what a response has told, where somebody may ask for it again."""
    response_id, told = worker.response["id"], worker.events.told
    async with worker.service.store.transaction():
        worker.service.store.replace({"object": EVENTS, "id": response_id, "events": told}, response_id)


def append(store: Store, key: str, items: list[Json]) -> list[Json]:
    """Put items at the end of a conversation; inside a transaction. They come back as they are there: an id that was
    there before is not used again."""
    added = []
    for item in items:
        known = store.place(ITEM, item["id"], key) is not None
        added.append(item | {"id": keyed_id(item["id"].partition("_")[0], key)} if known else item)
        store.insert(added[-1], key, kind=ITEM)
    return added
