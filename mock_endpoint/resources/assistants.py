"""`client.beta.assistants`: who answers, and how."""

import time

from mock_endpoint.http.context import Json, RequestContext, deleted
from mock_endpoint.models.offline import OfflineModel
from mock_endpoint.resources import tool_resources
from mock_endpoint.schemas import requests
from mock_endpoint.state.ids import new_id

_DEFAULTS: Json = {
    "name": None,
    "description": None,
    "instructions": None,
    "tools": [],
    "tool_resources": {},
    "metadata": {},
    "temperature": 1.0,
    "top_p": 1.0,
    "response_format": "auto",
}


async def create(request: RequestContext) -> Json:
    """`POST /assistants`."""
    fields = await _fields(request, requests.CreateAssistant)
    assistant: Json = {"id": new_id("assistant"), "object": "assistant", "created_at": int(time.time())}
    assistant |= {**_DEFAULTS, **fields}
    request.store.insert(assistant)
    _expect(request, assistant)
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
    with request.store.transaction():
        assistant = find(request, request.ids["assistant_id"])
        tool_resources.merge(assistant, fields)
        request.store.replace(assistant)
    _expect(request, assistant)
    return assistant


async def delete(request: RequestContext) -> Json:
    """`DELETE /assistants/{id}`: its threads and runs stay."""
    with request.store.transaction():
        assistant = find(request, request.ids["assistant_id"])
        request.store.delete(assistant["id"])
    return deleted(assistant, "assistant")


def find(request: RequestContext, assistant_id: str) -> Json:
    """The stored assistant, or 404."""
    return request.find("assistant", "assistant", assistant_id)


def _expect(request: RequestContext, assistant: Json) -> None:
    """Let the offline model get ready for the assistant's functions, so that the first message need not wait."""
    if isinstance(request.service.model, OfflineModel):
        request.service.model.expect(assistant["tools"])


async def _fields(request: RequestContext, kind: type[requests.AssistantFields]) -> Json:
    fields = await request.body(kind)
    if "model" in fields:
        request.service.check_model(fields["model"])
    tool_resources.check(request.store, fields.get("tool_resources", {}))
    return fields
