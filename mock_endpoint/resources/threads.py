"""`client.beta.threads`: conversations. They belong to no assistant; only projects can list them."""

from mock_endpoint.http.context import Json, RequestContext
from mock_endpoint.resources import messages, tool_resources
from mock_endpoint.schemas import objects, requests
from mock_endpoint.state.store import Store
from mock_endpoint.tools.file_search import indexing


async def create(request: RequestContext) -> Json:
    """`POST /threads`."""
    fields = await request.body(requests.CreateThread)
    async with request.store.transaction():
        thread = add(request.store, fields)
    await indexing.wake(request.service)
    return thread


async def list_all(request: RequestContext) -> Json:
    """`GET /threads`: in projects only, as Azure's Foundry has it for classic agents."""
    return request.page("thread", "thread")


async def retrieve(request: RequestContext) -> Json:
    """`GET /threads/{id}`."""
    return request.thread()


async def modify(request: RequestContext) -> Json:
    """`POST /threads/{id}`: metadata and tool resources."""
    fields = await request.body(requests.ModifyThread)
    tool_resources.check(request.store, fields.get("tool_resources", {}))
    async with request.store.transaction():
        thread = request.thread()
        tool_resources.merge(thread, fields)
        request.store.replace(thread)
    return thread


async def delete(request: RequestContext) -> Json:
    """`DELETE /threads/{id}`: its messages and runs go with it."""
    async with request.store.transaction():
        thread = request.thread()
        request.store.delete_under(thread["id"])
        request.store.delete("thread", thread["id"])
    return objects.deleted(thread)


def add(store: Store, fields: Json) -> Json:
    """Store a new thread with its first messages; inside a transaction."""
    resources = fields.get("tool_resources", {})
    tool_resources.check(store, resources)
    thread = objects.thread(fields | {"tool_resources": tool_resources.with_new_stores(store, resources)})
    store.insert(thread)
    first = fields.get("messages", [])
    for message in first:
        messages.add(store, thread["id"], message)
    return (first and store.get("thread", thread["id"])) or thread  # with what the messages brought for tools
