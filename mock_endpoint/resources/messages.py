"""`client.beta.threads.messages`: what was said in a thread."""

import time

from mock_endpoint import errors
from mock_endpoint.http.context import Json, RequestContext, deleted
from mock_endpoint.resources import tool_resources
from mock_endpoint.runs import run_status
from mock_endpoint.schemas import requests
from mock_endpoint.state.ids import new_id
from mock_endpoint.state.store import Store


async def create(request: RequestContext) -> Json:
    """`POST /threads/{id}/messages`; refused while a run is active."""
    fields = await request.body(requests.CreateMessage)
    with request.store.transaction():
        thread = request.thread()
        run = run_status.active(request.service, thread["id"])
        if run is not None:
            raise errors.thread_is_locked(thread["id"], run["id"])
        return add(request.store, thread["id"], fields)


async def list_all(request: RequestContext) -> Json:
    """`GET /threads/{id}/messages`, newest first unless asked otherwise; `run_id` keeps one run's messages."""
    thread = request.thread()
    run_id = request.http.query_params.get("run_id")
    return request.page("message", "thread.message", thread["id"], run_id=run_id)


async def retrieve(request: RequestContext) -> Json:
    """`GET /threads/{id}/messages/{id}`."""
    return _find(request)


async def modify(request: RequestContext) -> Json:
    """`POST /threads/{id}/messages/{id}`: metadata only."""
    fields = await request.body(requests.OnlyMetadata)
    with request.store.transaction():
        message = _find(request) | fields
        request.store.replace(message)
    return message


async def delete(request: RequestContext) -> Json:
    """`DELETE /threads/{id}/messages/{id}`."""
    with request.store.transaction():
        message = _find(request)
        request.store.delete(message["id"])
    return deleted(message, "thread.message")


def add(store: Store, thread_id: str, fields: Json) -> Json:
    """Store a message that a caller wrote."""
    attachments = fields.get("attachments", [])
    content = fields["content"]
    parts: list[Json] = [{"type": "text", "text": content}] if isinstance(content, str) else content
    pictures = [part["image_file"]["file_id"] for part in parts if part["type"] == "image_file"]
    tool_resources.check_files(store, tool_resources.file_ids(attachments) + pictures)
    message = new_message(
        thread_id,
        role=fields["role"],
        content=[_stored_part(part) for part in parts],
        attachments=attachments,
        metadata=fields.get("metadata", {}),
        status="completed",
    )
    store.insert(message | {"completed_at": message["created_at"]}, parent=thread_id)
    return message | {"completed_at": message["created_at"]}


def new_message(thread_id: str, **fields: object) -> Json:
    """A message with every member that the service sends."""
    return {
        "id": new_id("message"),
        "object": "thread.message",
        "created_at": int(time.time()),
        "thread_id": thread_id,
        "status": "in_progress",
        "incomplete_details": None,
        "completed_at": None,
        "incomplete_at": None,
        "role": "assistant",
        "content": [],
        "assistant_id": None,
        "run_id": None,
        "attachments": [],
        "metadata": {},
    } | fields


def text_part(text: str) -> Json:
    """A text as a message's content holds it."""
    return {"type": "text", "text": {"value": text, "annotations": []}}


def _stored_part(part: Json) -> Json:
    """A text comes back as an object with its annotations; a picture says how closely it is looked at."""
    if part["type"] == "text":
        return text_part(part["text"])
    kind = part["type"]
    return {"type": kind, kind: {"detail": "auto"} | part[kind]}


def _find(request: RequestContext) -> Json:
    thread = request.thread()
    return request.find("message", "thread.message", request.ids["message_id"], thread["id"])
