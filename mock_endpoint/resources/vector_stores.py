"""`client.vector_stores`: files that can be searched."""

from mock_endpoint import errors, vector_stores
from mock_endpoint.http.context import Json, RequestContext
from mock_endpoint.resources import tool_resources
from mock_endpoint.schemas import objects
from mock_endpoint.schemas import vector_stores as bodies
from mock_endpoint.tools.file_search import indexing
from mock_endpoint.tools.file_search.search import lexical_of
from mock_endpoint.tools.file_search.search import search as search_in

_RESULTS = 10
"""Results of a search that asks for no number (contract §7)."""


async def create(request: RequestContext) -> Json:
    """`POST /vector_stores`: its files are indexed in the background."""
    fields = await request.body(bodies.CreateVectorStore)
    async with request.store.transaction():
        tool_resources.check_files(request.store, fields.get("file_ids", []))
        made = vector_stores.create(request.store, fields)
    return await shown(request, made)


async def list_all(request: RequestContext) -> Json:
    """`GET /vector_stores`."""
    page = request.page("vector_store", vector_stores.STORE)
    return page | {"data": [await shown(request, each) for each in page["data"]]}


async def retrieve(request: RequestContext) -> Json:
    """`GET /vector_stores/{id}`."""
    return await shown(request, find(request))


async def modify(request: RequestContext) -> Json:
    """`POST /vector_stores/{id}`: name, metadata, expiry."""
    fields = await request.body(bodies.ModifyVectorStore)
    async with request.store.transaction():
        changed = find(request) | fields
        if changed.get("expires_after", ...) is None:
            del changed["expires_after"]
        request.store.replace(changed)
    return await shown(request, changed)


async def delete(request: RequestContext) -> Json:
    """`DELETE /vector_stores/{id}`: the files themselves stay."""
    async with request.store.transaction():
        gone = find(request)
        vector_stores.delete(request.store, gone["id"])
    return objects.deleted(gone)


async def search(request: RequestContext) -> Json:
    """`POST /vector_stores/{id}/search`."""
    fields = await request.body(bodies.Search)
    store_id = find_living(request)["id"]
    query, ranking = fields["query"], fields.get("ranking_options", {})
    queries = [query] if isinstance(query, str) else query
    hits = await search_in(
        request.service,
        [store_id],
        queries,
        most=fields.get("max_num_results", _RESULTS),
        threshold=ranking.get("score_threshold", 0),
        only=fields.get("filters"),
        lexical=lexical_of(ranking),
    )
    async with request.store.transaction():
        vector_stores.used(request.store, store_id)
    data = [
        {
            "file_id": hit.file["id"],
            "filename": hit.filename,
            "score": hit.score,
            "attributes": hit.file["attributes"],
            "content": [{"type": "text", "text": hit.text}],
        }
        for hit in hits
    ]
    return objects.pages_of("search_results", data) | {"search_query": queries}


def find(request: RequestContext) -> Json:
    """The store that the path names, as it is kept; or 404."""
    return request.find("vector_store", vector_stores.STORE, request.ids["vector_store_id"])


def find_living(request: RequestContext) -> Json:
    """The same; refused when it has expired."""
    found = find(request)
    if vector_stores.shown(request.store, found)["status"] == "expired":
        raise errors.store_expired(found["id"])
    return found


async def shown(request: RequestContext, vector_store: Json) -> Json:
    """A store on its way out. While its files are indexed it tells the client when to look again."""
    answer = vector_stores.shown(request.store, vector_store)
    if answer["status"] == "in_progress":
        await look_again(request)
    return answer


async def look_again(request: RequestContext) -> None:
    """Have somebody work on what waits for the index, and say when to ask for it again."""
    await indexing.wake(request.service)
    request.headers["openai-poll-after-ms"] = "50"
