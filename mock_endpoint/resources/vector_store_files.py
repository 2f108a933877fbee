"""`client.vector_stores.files` and `client.vector_stores.file_batches`: what is in a vector store."""

from mock_endpoint import errors, vector_stores
from mock_endpoint.http.context import Json, RequestContext
from mock_endpoint.resources import tool_resources
from mock_endpoint.resources.vector_stores import find, find_living, look_again
from mock_endpoint.schemas import objects
from mock_endpoint.schemas import vector_stores as bodies
from mock_endpoint.tools.file_search import index

_FILTERS = ("in_progress", "completed", "failed", "cancelled")


async def create(request: RequestContext) -> Json:
    """`POST /vector_stores/{id}/files`: the file is indexed in the background."""
    fields = await request.body(bodies.CreateFile)
    async with request.store.transaction():
        store_id = find_living(request)["id"]
        tool_resources.check_files(request.store, [fields["file_id"]])
        file = vector_stores.add_file(request.store, store_id, fields)
        vector_stores.used(request.store, store_id)
    return await _shown(request, file)


async def list_all(request: RequestContext) -> Json:
    """`GET /vector_stores/{id}/files`; `filter` keeps those of one status."""
    return await _page(request, find(request)["id"])


async def retrieve(request: RequestContext) -> Json:
    """`GET /vector_stores/{id}/files/{id}`."""
    return await _shown(request, _find(request))


async def modify(request: RequestContext) -> Json:
    """`POST /vector_stores/{id}/files/{id}`: attributes only."""
    fields = await request.body(bodies.ModifyFile)
    async with request.store.transaction():
        file = _find(request) | fields
        request.store.replace(file, file["vector_store_id"])
    return await _shown(request, file)


async def content(request: RequestContext) -> Json:
    """`GET /vector_stores/{id}/files/{id}/content`: the text that was found in the file."""
    file = _find(request)
    text = index.text_of(request.store, file["id"]) if file["status"] == "completed" else None
    return objects.pages_of("file_content", [] if text is None else [{"type": "text", "text": text}])


async def delete(request: RequestContext) -> Json:
    """`DELETE /vector_stores/{id}/files/{id}`: the file itself stays."""
    async with request.store.transaction():
        file = _find(request)
        vector_stores.remove_file(request.store, file["vector_store_id"], file["id"])
    return objects.deleted(file)


async def create_batch(request: RequestContext) -> Json:
    """`POST /vector_stores/{id}/file_batches`: several files at once."""
    fields = await request.body(bodies.CreateBatch)
    ids = fields.get("file_ids") or [each["file_id"] for each in fields["files"]]
    async with request.store.transaction():
        store_id = find_living(request)["id"]
        tool_resources.check_files(request.store, ids)
        batch = vector_stores.add_batch(request.store, store_id, fields)
        vector_stores.used(request.store, store_id)
    return await _shown_batch(request, batch)


async def retrieve_batch(request: RequestContext) -> Json:
    """`GET /vector_stores/{id}/file_batches/{id}`."""
    return await _shown_batch(request, _find_batch(request))


async def cancel_batch(request: RequestContext) -> Json:
    """`POST /vector_stores/{id}/file_batches/{id}/cancel`: what is indexed already stays."""
    async with request.store.transaction():
        batch = vector_stores.cancel_batch(request.store, _find_batch(request))
    return await _shown_batch(request, batch)


async def list_of_batch(request: RequestContext) -> Json:
    """`GET /vector_stores/{id}/file_batches/{id}/files`."""
    batch = _find_batch(request)
    return await _page(request, batch["vector_store_id"], batch["id"])


async def _page(request: RequestContext, store_id: str, batch_id: str | None = None) -> Json:
    status = request.query.get("filter")
    if status is not None and status not in _FILTERS:
        raise errors.invalid_value("filter", status, _FILTERS)
    page = request.page("file", vector_stores.FILE, store_id, only={"status": status, "batch_id": batch_id})
    return page | {"data": [await _shown(request, file) for file in page["data"]]}


def _find(request: RequestContext) -> Json:
    return _in_store(request, "file", vector_stores.FILE, request.ids["file_id"])


def _find_batch(request: RequestContext) -> Json:
    return _in_store(request, "file batch", vector_stores.BATCH, request.ids["batch_id"])


def _in_store(request: RequestContext, noun: str, kind: str, object_id: str) -> Json:
    """What is in the store that the path names; 404 where either is not there."""
    store_id = find(request)["id"]
    found = request.store.get(kind, object_id, store_id)
    if found is None:
        raise errors.not_in_store(noun, object_id, store_id)
    return found


async def _shown(request: RequestContext, file: Json) -> Json:
    if file["status"] == "in_progress":
        await look_again(request)
    return vector_stores.shown_file(file)


async def _shown_batch(request: RequestContext, batch: Json) -> Json:
    answer = vector_stores.shown_batch(request.store, batch)
    if answer["status"] == "in_progress":
        await look_again(request)
    return answer
