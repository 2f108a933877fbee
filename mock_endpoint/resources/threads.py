"""`client.beta.threads`: conversations. They belong to no assistant and cannot be listed."""

import time

from mock_endpoint.http.context import Call, Json, deleted
from mock_endpoint.resources import messages, tool_resources
from mock_endpoint.schemas import requests
from mock_endpoint.state.ids import new_id


async def create(call: Call) -> Json:
    """`POST /threads`."""
    fields = await call.body(requests.CreateThread)
    with call.store.transaction():
        return add(call, fields)


async def retrieve(call: Call) -> Json:
    """`GET /threads/{id}`."""
    return call.thread()


async def modify(call: Call) -> Json:
    """`POST /threads/{id}`: metadata and tool resources."""
    fields = await call.body(requests.ModifyThread)
    tool_resources.check(call.store, fields.get("tool_resources", {}))
    with call.store.transaction():
        thread = call.thread()
        tool_resources.merge(thread, fields)
        call.store.replace(thread)
    return thread


async def delete(call: Call) -> Json:
    """`DELETE /threads/{id}`: its messages and runs go with it."""
    with call.store.transaction():
        thread = call.thread()
        call.store.delete_under(thread["id"])
        call.store.delete(thread["id"])
    return deleted(thread, "thread")


def add(call: Call, fields: Json) -> Json:
    """Store a new thread with its first messages; inside a transaction."""
    tool_resources.check(call.store, fields.get("tool_resources", {}))
    thread = {
        "id": new_id("thread"),
        "object": "thread",
        "created_at": int(time.time()),
        "metadata": fields.get("metadata", {}),
        "tool_resources": fields.get("tool_resources", {}),
    }
    call.store.insert(thread)
    for message in fields.get("messages", []):
        messages.add(call.store, thread["id"], message)
    return thread
