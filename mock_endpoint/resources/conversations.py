"""`client.conversations`: what was said, as items; responses read it and add to it."""

from typing import Any

from mock_endpoint import errors
from mock_endpoint.http.context import RequestContext
from mock_endpoint.resources.responses import check_free, included, shown
from mock_endpoint.responses import history, reading, worker
from mock_endpoint.schemas import built_in_calls, objects, responses
from mock_endpoint.schemas import response_objects as successors
from mock_endpoint.state.ids import key_of

Json = dict[str, Any]


async def create(request: RequestContext) -> Json:
    """`POST /conversations`: empty, or with its first items."""
    fields = await request.body(responses.CreateConversation)
    conversation = successors.conversation(fields)
    async with request.store.transaction():
        request.store.insert(conversation)
        _add(request, conversation, fields.get("items", []))
    return conversation


async def retrieve(request: RequestContext) -> Json:
    """`GET /conversations/{id}`."""
    return _find(request)


async def modify(request: RequestContext) -> Json:
    """`POST /conversations/{id}`: other metadata in place of what is there."""
    fields = await request.body(responses.ModifyConversation)
    async with request.store.transaction():
        conversation = _find(request) | fields
        request.store.replace(conversation)
    return conversation


async def delete(request: RequestContext) -> Json:
    """`DELETE /conversations/{id}`: its items can still be referred to (contract §10.3)."""
    async with request.store.transaction():
        conversation = _find(request)
        request.store.remove("conversation", conversation["id"])
    return objects.deleted(conversation)


async def add_items(request: RequestContext) -> Json:
    """`POST /conversations/{id}/items`: they come back in the order in which they were sent."""
    fields = await request.body(responses.AddItems)
    async with request.store.transaction():
        conversation = _find(request)
        await check_free(request, key_of(conversation["id"]))
        return shown(request, objects.list_of(_add(request, conversation, fields["items"])))


async def list_items(request: RequestContext) -> Json:
    """`GET /conversations/{id}/items`, newest first unless asked otherwise."""
    return shown(request, request.page("item", history.ITEM, key_of(_find(request)["id"])))


async def retrieve_item(request: RequestContext) -> Json:
    """`GET /conversations/{id}/items/{id}`."""
    return built_in_calls.shown(_find_item(request, _find(request)), included(request))


async def delete_item(request: RequestContext) -> Json:
    """`DELETE /conversations/{id}/items/{id}`: answers with the conversation."""
    async with request.store.transaction():
        conversation = _find(request)
        item = _find_item(request, conversation)
        request.store.delete(history.ITEM, item["id"], key_of(conversation["id"]))
    return conversation


def _add(request: RequestContext, conversation: Json, given: list[Json]) -> list[Json]:
    """Put items at the end; inside a transaction."""
    key = key_of(conversation["id"])
    items = [successors.with_key(item, key) for item in history.resolved(request.store, given)]
    reading.check(request.store, items)
    return worker.append(request.store, key, items)


def _find(request: RequestContext) -> Json:
    return history.find_conversation(request.store, request.ids["conversation_id"])


def _find_item(request: RequestContext, conversation: Json) -> Json:
    item_id = request.ids["item_id"]
    item = request.store.get(history.ITEM, item_id, key_of(conversation["id"]))
    if item is None:
        raise errors.no_item_in_conversation(item_id)
    return item
