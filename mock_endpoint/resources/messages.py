"""`client.beta.threads.messages`: what was said in a thread."""

from mock_endpoint import errors
from mock_endpoint.http.context import Json, RequestContext, check_id
from mock_endpoint.resources import tool_resources
from mock_endpoint.runs import run_status
from mock_endpoint.schemas import objects, requests
from mock_endpoint.state.store import Store
from mock_endpoint.tools.file_search import indexing


async def create(request: RequestContext) -> Json:
    """`POST /threads/{id}/messages`; refused while a run is active."""
    fields = await request.body(requests.CreateMessage)
    async with request.store.transaction():
        thread = request.thread()
        run = await run_status.active(request.service, thread["id"])
        if run is not None:
            raise errors.thread_is_locked(thread["id"], run["id"])
        message = add(request.store, thread["id"], fields)
    await indexing.wake(request.service)
    return message


async def list_all(request: RequestContext) -> Json:
    """`GET /threads/{id}/messages`, newest first unless asked otherwise; `run_id` keeps one run's messages."""
    thread = request.thread()
    await run_status.active(request.service, thread["id"])  # a run that nobody moves any more ends its messages
    run_id = request.query.get("run_id")
    if run_id is not None:
        check_id("run_id", run_id)
    return request.page("message", "thread.message", thread["id"], only={"run_id": run_id})


async def retrieve(request: RequestContext) -> Json:
    """`GET /threads/{id}/messages/{id}`."""
    await run_status.active(request.service, request.thread()["id"])
    return find(request)


async def modify(request: RequestContext) -> Json:
    """`POST /threads/{id}/messages/{id}`: metadata only."""
    fields = await request.body(requests.OnlyMetadata)
    async with request.store.transaction():
        message = find(request) | fields
        request.store.replace(message, message["thread_id"])
    return message


async def delete(request: RequestContext) -> Json:
    """`DELETE /threads/{id}/messages/{id}`."""
    async with request.store.transaction():
        message = find(request)
        request.store.delete("thread.message", message["id"], message["thread_id"])
    return objects.deleted(message)


def add(store: Store, thread_id: str, fields: Json) -> Json:
    """Store a message that a caller wrote; inside a transaction."""
    message = objects.message_of_caller(thread_id, fields)
    pictures = [part["image_file"]["file_id"] for part in message["content"] if part["type"] == "image_file"]
    attached = [attachment["file_id"] for attachment in message["attachments"]]
    tool_resources.check_files(store, attached + pictures)
    store.insert(message, thread_id)
    tool_resources.attach(store, thread_id, message["attachments"])
    return message


def find(request: RequestContext) -> Json:
    """The message that the path names, or 404."""
    return request.find("message", "thread.message", request.ids["message_id"], request.thread()["id"])
