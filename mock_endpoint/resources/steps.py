"""`client.beta.threads.runs.steps`: what a run did."""

import time

from mock_endpoint import errors
from mock_endpoint.http.context import Json, RequestContext
from mock_endpoint.runs import run_status
from mock_endpoint.state.ids import new_id
from mock_endpoint.state.store import Store

INCLUDABLE = ("step_details.tool_calls[*].file_search.results[*].content",)
"""What may be asked for on top, in `include[]`."""


async def list_all(request: RequestContext) -> Json:
    """`GET /threads/{id}/runs/{id}/steps`."""
    check_include(request)
    return request.page("step", "thread.run.step", run_status.find(request)["id"])


async def retrieve(request: RequestContext) -> Json:
    """`GET /threads/{id}/runs/{id}/steps/{id}`."""
    check_include(request)
    return request.find("step", "thread.run.step", request.ids["step_id"], run_status.find(request)["id"])


def check_include(request: RequestContext) -> None:
    """Refuse what cannot be included."""
    asked = request.http.query_params
    for position, value in enumerate((*asked.getlist("include[]"), *asked.getlist("include"))):
        if value not in INCLUDABLE:
            raise errors.invalid_value(f"include[{position}]", value, INCLUDABLE)


def fill_in(store: Store, run: Json, outputs: dict[str, str]) -> Json:
    """Put the outputs into the step that waits for them, and complete it; the step comes back."""
    waiting = store.all("thread.run.step", run["id"])[-1]
    calls = [
        call | {"function": call["function"] | {"output": outputs[call["id"]]}}
        for call in waiting["step_details"]["tool_calls"]
    ]
    store.replace(waiting | {"step_details": waiting["step_details"] | {"tool_calls": calls}})
    return run_status.end_parts(store, run, "completed", int(time.time()))[-1]


def new_step(run: Json, kind: str, details: Json | list[Json]) -> Json:
    """A step of a run in progress: `message_creation` or `tool_calls`."""
    return {
        "id": new_id("step"),
        "object": "thread.run.step",
        "created_at": int(time.time()),
        "run_id": run["id"],
        "assistant_id": run["assistant_id"],
        "thread_id": run["thread_id"],
        "type": kind,
        "status": "in_progress",
        "step_details": {"type": kind, kind: details},
        "last_error": None,
        "expires_at": run["expires_at"],
        "expired_at": None,
        "cancelled_at": None,
        "failed_at": None,
        "completed_at": None,
        "metadata": {},
        "usage": None,
    }
