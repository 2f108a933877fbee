"""`client.beta.threads`: conversations. They belong to no assistant and cannot be listed."""

import time

from mock_endpoint.http.context import Json, RequestContext, deleted
from mock_endpoint.resources import messages, tool_resources
from mock_endpoint.schemas import requests
from mock_endpoint.state.ids import new_id


async def create(request: RequestContext) -> Json:
    """`POST /threads`."""
    fields = await request.body(requests.CreateThread)
    with request.store.transaction():
        return add(request, fields)


async def retrieve(request: RequestContext) -> Json:
    """`GET /threads/{id}`."""
    return request.thread()


async def modify(request: RequestContext) -> Json:
    """`POST /threads/{id}`: metadata and tool resources."""
    fields = await request.body(requests.ModifyThread)
    tool_resources.check(request.store, fields.get("tool_resources", {}))
    with request.store.transaction():
        thread = request.thread()
        tool_resources.merge(thread, fields)
        request.store.replace(thread)
    return thread


async def delete(request: RequestContext) -> Json:
    """`DELETE /threads/{id}`: its messages and runs go with it."""
    with request.store.transaction():
        thread = request.thread()
        request.store.delete_under(thread["id"])
        request.store.delete(thread["id"])
    return deleted(thread, "thread")


def add(request: RequestContext, fields: Json) -> Json:
    """Store a new thread with its first messages; inside a transaction."""
    tool_resources.check(request.store, fields.get("tool_resources", {}))
    thread = {
        "id": new_id("thread"),
        "object": "thread",
        "created_at": int(time.time()),
        "metadata": fields.get("metadata", {}),
        "tool_resources": fields.get("tool_resources", {}),
    }
    request.store.insert(thread)
    for message in fields.get("messages", []):
        messages.add(request.store, thread["id"], message)
    return thread
