"""`client.beta.threads.runs`: an assistant at work on a thread."""

import time

from mock_endpoint import errors
from mock_endpoint.http import faults
from mock_endpoint.http.context import Json, RequestContext, check_id
from mock_endpoint.http.stream import EventStream
from mock_endpoint.models.failing import FailingModel
from mock_endpoint.resources import assistants, messages, threads
from mock_endpoint.runs import run_status, worker
from mock_endpoint.runs.events import RunEvents
from mock_endpoint.runs.writer import take_outputs
from mock_endpoint.schemas import objects, requests
from mock_endpoint.sse import Feed
from mock_endpoint.tools.file_search import indexing

_TTL, _TTL_IN_PROJECTS = 600, 1800
"""Seconds until a run expires, as the service was seen to give them."""
INCLUDABLE = ("step_details.tool_calls[*].file_search.results[*].content",)
"""What may be asked for on top, in `include[]`, of a run and of its steps."""


async def create(request: RequestContext) -> Json | EventStream:
    """`POST /threads/{id}/runs`; with `stream`, what the run does comes back as it happens."""
    fields = await request.body(requests.CreateRun)
    events = _events(request, fields)
    assistant = _assistant(request, fields)
    async with request.store.transaction():
        run = await _add(request, request.thread()["id"], assistant, fields)
    events.created(run)
    return await _start(request, run, events)


async def create_with_thread(request: RequestContext) -> Json | EventStream:
    """`POST /threads/runs`: a new thread and its first run at once."""
    fields = await request.body(requests.CreateThreadAndRun)
    events = _events(request, fields)
    assistant = _assistant(request, fields)
    thread_fields = fields.pop("thread", {})
    resources = fields.pop("tool_resources", {}) | thread_fields.get("tool_resources", {})  # the thread's own win
    async with request.store.transaction():
        thread = threads.add(request.store, thread_fields | {"tool_resources": resources})
        run = await _add(request, thread["id"], assistant, fields)
    events.created(thread)
    events.created(run)
    return await _start(request, run, events)


async def list_all(request: RequestContext) -> Json:
    """`GET /threads/{id}/runs`."""
    page = request.page("run", "thread.run", request.thread()["id"])
    return page | {"data": [await run_status.current(request.service, run) for run in page["data"]]}


async def retrieve(request: RequestContext) -> Json:
    """`GET /threads/{id}/runs/{id}`."""
    return _answer(request, await find(request))


async def modify(request: RequestContext) -> Json:
    """`POST /threads/{id}/runs/{id}`: metadata only."""
    fields = await request.body(requests.OnlyMetadata)
    async with request.store.transaction():
        run = await find(request) | fields
        request.store.replace(run, run["thread_id"])
    return run


async def cancel(request: RequestContext) -> Json:
    """`POST /threads/{id}/runs/{id}/cancel`: answers `cancelling`, which is not the end."""
    run = await find(request)
    cancelling = await run_status.advance(request.store, run, "cancelling")
    if cancelling is None:
        raise errors.cannot_cancel((await find(request))["status"])
    worker.wake(request.service, run["id"])
    return _answer(request, cancelling)


async def submit_tool_outputs(request: RequestContext) -> Json | EventStream:
    """`POST /threads/{id}/runs/{id}/submit_tool_outputs`: all outputs at once; then the run goes on."""
    fields = await request.body(requests.SubmitToolOutputs)
    events = _events(request, fields)
    async with request.store.transaction():
        run = await find(request)
        if run["status"] != "requires_action":
            raise errors.no_tool_outputs(run["status"])
        _check_ids(run, [output.get("tool_call_id") for output in fields["tool_outputs"]])
        outputs = {output["tool_call_id"]: output.get("output", "") for output in fields["tool_outputs"]}
        step = take_outputs(request.store, run, outputs)
        run |= {"status": "queued", "required_action": None, "usage": None}
        request.store.replace(run, run["thread_id"])
        request.store.set_owner(run, run["thread_id"], request.service.lease.id)
    events.changed(step)
    return await _start(request, run, events)


async def find(request: RequestContext) -> Json:
    """The run that the path names, as it stands now; or 404."""
    run = request.find("run", "thread.run", request.ids["run_id"], request.thread()["id"])
    return await run_status.current(request.service, run)


def includes_contents(request: RequestContext) -> bool:
    """Whether the contents of what was found in files are asked for; what cannot be included is refused."""
    return bool(request.included(INCLUDABLE))


def _check_ids(run: Json, got: list[str | None]) -> None:
    expected = [each["id"] for each in run["required_action"]["submit_tool_outputs"]["tool_calls"]]
    if sorted(expected) != sorted(filter(None, got)) or None in got:
        raise errors.other_tool_outputs(expected, [each for each in got if each])


def _events(request: RequestContext, fields: Json) -> RunEvents:
    """What the caller will hear, where he wants to listen. The old shape knew no streams."""
    contents = includes_contents(request)
    if not fields.pop("stream", False):
        return RunEvents()
    if request.surface.shape == "v1":
        raise errors.unknown_parameter("stream")
    return RunEvents(Feed(), contents=contents)


async def _start(request: RequestContext, run: Json, events: RunEvents) -> Json | EventStream:
    """Let the run go on its way, perhaps to a bad end that was asked for."""
    if request.fault.strikes("run_expired"):
        run = run | {"expires_at": int(time.time())}
        async with request.store.transaction():
            request.store.replace(run, run["thread_id"])
    ends = [end for name, end in faults.ENDS.items() if request.fault.strikes(name)]
    events.changed(run)
    await indexing.wake(request.service)
    if events.feed and request.fault.strikes("drop_stream"):
        events.feed.break_off()
    worker.start(request.service, run, events, FailingModel(ends[0]) if ends else None)
    return EventStream(events.feed, request.headers) if events.feed else _answer(request, run)


def _assistant(request: RequestContext, fields: Json) -> Json:
    check_id("assistant_id", fields["assistant_id"])
    request.check_model(fields)
    return assistants.find(request, fields["assistant_id"])


async def _add(request: RequestContext, thread_id: str, assistant: Json, fields: Json) -> Json:
    """Store a queued run and the messages that come with it; inside a transaction, so that the first one wins."""
    seconds = request.service.run_ttl or (_TTL_IN_PROJECTS if request.surface.family == "project" else _TTL)
    run = objects.run(thread_id, assistant, fields, seconds)
    _check_choice(run)
    other = await run_status.active(request.service, thread_id)
    if other:
        raise errors.second_run(thread_id, other["id"])
    request.store.insert(run, thread_id, owner=request.service.lease.id)
    for message in fields.get("additional_messages", []):
        messages.add(request.store, thread_id, message)
    return run


def _check_choice(run: Json) -> None:
    """Refuse the choice of a tool that is not among those of the run."""
    choice = run["tool_choice"]
    if isinstance(choice, dict):
        function = choice.get("function", {}).get("name")
        if not any(tool["type"] == choice["type"] and _name(tool) == function for tool in run["tools"]):
            raise errors.no_such_choice(function or choice["type"])


def _name(tool: Json) -> str | None:
    name: str | None = tool.get("function", {}).get("name")
    return name


def _answer(request: RequestContext, run: Json) -> Json:
    """A run on its way out tells the client when to look again, so that nobody waits a second for nothing."""
    request.headers["openai-poll-after-ms"] = str(worker.poll_after_ms(request.service))
    return run
