"""`client.beta.threads.runs.steps`: what a run did."""

import time

from . import lifecycle
from .call import Call, Json
from .ids import new_id


async def list_all(call: Call) -> Json:
    """`GET /threads/{id}/runs/{id}/steps`."""
    return call.page("step", "thread.run.step", lifecycle.find(call)["id"])


async def retrieve(call: Call) -> Json:
    """`GET /threads/{id}/runs/{id}/steps/{id}`."""
    return call.find("step", "thread.run.step", call.ids["step_id"], lifecycle.find(call)["id"])


def message_step(run: Json, message_id: str) -> Json:
    """The step in which a run writes a message."""
    return {
        "id": new_id("step"),
        "object": "thread.run.step",
        "created_at": int(time.time()),
        "run_id": run["id"],
        "assistant_id": run["assistant_id"],
        "thread_id": run["thread_id"],
        "type": "message_creation",
        "status": "in_progress",
        "step_details": {"type": "message_creation", "message_creation": {"message_id": message_id}},
        "last_error": None,
        "expires_at": run["expires_at"],
        "expired_at": None,
        "cancelled_at": None,
        "failed_at": None,
        "completed_at": None,
        "metadata": {},
        "usage": None,
    }
