"""`client.beta.assistants`: who answers, and how."""

from mock_endpoint.http.context import Json, RequestContext
from mock_endpoint.resources import tool_resources
from mock_endpoint.schemas import objects, requests
from mock_endpoint.tools.file_search import indexing


async def create(request: RequestContext) -> Json:
    """`POST /assistants`."""
    fields = await _fields(request, requests.CreateAssistant)
    async with request.store.transaction():
        if "tool_resources" in fields:
            fields["tool_resources"] = tool_resources.with_new_stores(request.store, fields["tool_resources"])
        assistant = objects.assistant(fields)
        request.store.insert(assistant)
    await indexing.wake(request.service)
    request.service.model.expect(assistant["tools"])
    return assistant


async def list_all(request: RequestContext) -> Json:
    """`GET /assistants`."""
    return request.page("assistant", "assistant")


async def retrieve(request: RequestContext) -> Json:
    """`GET /assistants/{id}`."""
    return find(request, request.ids["assistant_id"])


async def modify(request: RequestContext) -> Json:
    """`POST /assistants/{id}`: replaces what is given, keeps the rest."""
    fields = await _fields(request, requests.ModifyAssistant)
    async with request.store.transaction():
        assistant = find(request, request.ids["assistant_id"])
        tool_resources.merge(assistant, fields)
        request.store.replace(assistant)
    request.service.model.expect(assistant["tools"])
    return assistant


async def delete(request: RequestContext) -> Json:
    """`DELETE /assistants/{id}`: its threads and runs stay."""
    async with request.store.transaction():
        assistant = find(request, request.ids["assistant_id"])
        request.store.delete("assistant", assistant["id"])
    return objects.deleted(assistant)


def find(request: RequestContext, assistant_id: str) -> Json:
    """The stored assistant, or 404."""
    return request.find("assistant", "assistant", assistant_id)


async def _fields(request: RequestContext, kind: type[requests.AssistantFields]) -> Json:
    fields = await request.body(kind)
    request.check_model(fields)
    tool_resources.check(request.store, fields.get("tool_resources", {}))
    return fields
