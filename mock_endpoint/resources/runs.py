"""`client.beta.threads.runs`: an assistant at work on a thread."""

import time

from mock_endpoint import errors
from mock_endpoint.http import faults
from mock_endpoint.http.context import Json, RequestContext, check_id
from mock_endpoint.models.failing import FailingModel
from mock_endpoint.resources import assistants, messages, steps, threads
from mock_endpoint.runs import run_status, worker
from mock_endpoint.schemas import requests
from mock_endpoint.service import Service
from mock_endpoint.sse import EventStream, Feed
from mock_endpoint.state.ids import new_id
from mock_endpoint.state.store import ActiveRun

_COPIED = ("model", "instructions", "tools", "temperature", "top_p", "response_format")
"""What a run takes from its assistant unless it is given its own; later edits of the assistant do not reach it."""


async def create(request: RequestContext) -> Json | EventStream:
    """`POST /threads/{id}/runs`; with `stream`, what the run does comes back as it happens."""
    steps.check_include(request)
    fields = await request.body(requests.CreateRun)
    feed = _feed(request, fields)
    assistant = _assistant(request, fields)
    with request.store.transaction():
        run = _add(request, request.thread()["id"], assistant, fields)
    if feed:
        feed.send("thread.run.created", run)
    return _begin(request, run, feed)


async def create_with_thread(request: RequestContext) -> Json | EventStream:
    """`POST /threads/runs`: a new thread and its first run at once."""
    fields = await request.body(requests.CreateThreadAndRun)
    feed = _feed(request, fields)
    assistant = _assistant(request, fields)
    thread_fields = fields.pop("thread", {})
    with request.store.transaction():
        thread = threads.add(request, _with_resources(thread_fields, fields.pop("tool_resources", {})))
        run = _add(request, thread["id"], assistant, fields)
    if feed:
        feed.send("thread.created", thread)
        feed.send("thread.run.created", run)
    return _begin(request, run, feed)


async def list_all(request: RequestContext) -> Json:
    """`GET /threads/{id}/runs`."""
    page = request.page("run", "thread.run", request.thread()["id"])
    return page | {"data": [run_status.current(request.service, run) for run in page["data"]]}


async def retrieve(request: RequestContext) -> Json:
    """`GET /threads/{id}/runs/{id}`."""
    return _answer(request, run_status.find(request))


async def modify(request: RequestContext) -> Json:
    """`POST /threads/{id}/runs/{id}`: metadata only."""
    fields = await request.body(requests.OnlyMetadata)
    with request.store.transaction():
        run = run_status.find(request) | fields
        request.store.replace(run)
    return run


async def cancel(request: RequestContext) -> Json:
    """`POST /threads/{id}/runs/{id}/cancel`: answers `cancelling`, which is not the end."""
    run = run_status.find(request)
    cancelling = run_status.advance(request.store, run["id"], "cancelling")
    if cancelling is None:
        raise errors.cannot_cancel(run_status.find(request)["status"])
    worker.wake(request.service, run["id"])
    return _answer(request, cancelling)


async def submit_tool_outputs(request: RequestContext) -> Json | EventStream:
    """`POST /threads/{id}/runs/{id}/submit_tool_outputs`: all outputs at once; then the run goes on."""
    fields = await request.body(requests.SubmitToolOutputs)
    feed = _feed(request, fields)
    with request.store.transaction():
        run = run_status.find(request)
        if run["status"] != "requires_action":
            raise errors.no_tool_outputs(run["status"])
        _check_ids(run, [output.get("tool_call_id") for output in fields["tool_outputs"]])
        outputs = {output["tool_call_id"]: output.get("output", "") for output in fields["tool_outputs"]}
        step = steps.fill_in(request.store, run, outputs)
        run |= {"status": "queued", "required_action": None, "usage": None}
        request.store.replace(run)
        request.store.hand_over(run["id"], request.service.owner.id)
    if feed:
        feed.tell(step)
    return _begin(request, run, feed)


def _check_ids(run: Json, got: list[str | None]) -> None:
    expected = [each["id"] for each in run["required_action"]["submit_tool_outputs"]["tool_calls"]]
    if sorted(expected) != sorted(filter(None, got)) or None in got:
        raise errors.other_tool_outputs(expected, [each for each in got if each])


def _feed(request: RequestContext, fields: Json) -> Feed | None:
    """Where the caller wants to listen: what he will hear. The old shape knew no streams."""
    if not fields.pop("stream", False):
        return None
    if request.surface.shape == "v1":
        raise errors.unknown_parameter("stream")
    return Feed()


def _begin(request: RequestContext, run: Json, feed: Feed | None) -> Json | EventStream:
    """Let the run go on its way, perhaps to a bad end that was asked for."""
    if request.fault.strikes("run_expired"):
        run = run | {"expires_at": int(time.time())}
        request.store.replace(run)
    ends = [end for name, end in faults.ENDS.items() if request.fault.strikes(name)]
    if feed:
        feed.tell(run)
        if request.fault.strikes("drop_stream"):
            feed.break_off()
    worker.begin(request.service, run, feed, FailingModel(ends[0]) if ends else None)
    return EventStream(feed, request.headers) if feed else _answer(request, run)


def _assistant(request: RequestContext, fields: Json) -> Json:
    check_id("assistant_id", fields["assistant_id"])
    if "model" in fields:
        request.service.check_model(fields["model"])
    return assistants.find(request, fields["assistant_id"])


def _add(request: RequestContext, thread_id: str, assistant: Json, fields: Json) -> Json:
    """Store a queued run and the messages that come with it; inside a transaction. SQLite decides who is first."""
    run = _new_run(request.service, thread_id, assistant, fields)
    other = run_status.active(request.service, thread_id)
    try:
        request.store.insert(run, parent=thread_id, owner=request.service.owner.id)
    except ActiveRun:
        raise errors.second_run(thread_id, other["id"] if other else "") from None
    for message in fields.get("additional_messages", []):
        messages.add(request.store, thread_id, message)
    return run


def _new_run(service: Service, thread_id: str, assistant: Json, fields: Json) -> Json:
    now = int(time.time())
    copied: Json = {name: fields.get(name, assistant[name]) for name in _COPIED}
    if "additional_instructions" in fields:
        parts = (copied["instructions"], fields["additional_instructions"])
        copied["instructions"] = "\n".join(part for part in parts if part)
    return {
        "id": new_id("run"),
        "object": "thread.run",
        "created_at": now,
        "assistant_id": assistant["id"],
        "thread_id": thread_id,
        "status": "queued",
        "started_at": None,
        "expires_at": now + service.run_ttl,
        "cancelled_at": None,
        "failed_at": None,
        "completed_at": None,
        "required_action": None,
        "last_error": None,
        "incomplete_details": None,
        "usage": None,
        "max_prompt_tokens": fields.get("max_prompt_tokens"),
        "max_completion_tokens": fields.get("max_completion_tokens"),
        "truncation_strategy": {"last_messages": None} | fields.get("truncation_strategy", {"type": "auto"}),
        "tool_choice": _choice(fields.get("tool_choice", "auto"), copied["tools"]),
        "parallel_tool_calls": fields.get("parallel_tool_calls", True),
        "tool_resources": assistant["tool_resources"],
        "reasoning_effort": fields.get("reasoning_effort", assistant.get("reasoning_effort")),
        "metadata": fields.get("metadata", {}),
        **copied,
    }


def _choice(choice: str | Json, tools: list[Json]) -> str | Json:
    """The choice of a tool, which must be among those of the run."""
    if isinstance(choice, dict):
        function = choice.get("function", {}).get("name")
        if not any(tool["type"] == choice["type"] and _name(tool) == function for tool in tools):
            raise errors.no_such_choice(function or choice["type"])
    return choice


def _name(tool: Json) -> str | None:
    name: str | None = tool.get("function", {}).get("name")
    return name


def _with_resources(thread: Json, extra: Json) -> Json:
    """The thread's own resources win over those given beside it."""
    return thread | {"tool_resources": extra | thread.get("tool_resources", {})}


def _answer(request: RequestContext, run: Json) -> Json:
    """A run on its way out tells the client when to look again, so that nobody waits a second for nothing."""
    request.headers["openai-poll-after-ms"] = str(worker.poll_after_ms(request.service))
    return run
