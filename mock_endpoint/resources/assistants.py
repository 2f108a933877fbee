"""`client.beta.assistants`: who answers, and how."""

import time

from mock_endpoint.http.context import Call, Json, deleted
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


async def create(call: Call) -> Json:
    """`POST /assistants`."""
    fields = await _fields(call, requests.CreateAssistant)
    assistant: Json = {"id": new_id("assistant"), "object": "assistant", "created_at": int(time.time())}
    assistant |= {**_DEFAULTS, **fields}
    call.store.insert(assistant)
    return assistant


async def list_all(call: Call) -> Json:
    """`GET /assistants`."""
    return call.page("assistant", "assistant")


async def retrieve(call: Call) -> Json:
    """`GET /assistants/{id}`."""
    return find(call, call.ids["assistant_id"])


async def modify(call: Call) -> Json:
    """`POST /assistants/{id}`: replaces what is given, keeps the rest."""
    fields = await _fields(call, requests.ModifyAssistant)
    with call.store.transaction():
        assistant = find(call, call.ids["assistant_id"])
        tool_resources.merge(assistant, fields)
        call.store.replace(assistant)
    return assistant


async def delete(call: Call) -> Json:
    """`DELETE /assistants/{id}`: its threads and runs stay."""
    with call.store.transaction():
        assistant = find(call, call.ids["assistant_id"])
        call.store.delete(assistant["id"])
    return deleted(assistant, "assistant")


def find(call: Call, assistant_id: str) -> Json:
    """The stored assistant, or 404."""
    return call.find("assistant", "assistant", assistant_id)


async def _fields(call: Call, kind: type[requests.AssistantFields]) -> Json:
    fields = await call.body(kind)
    if "model" in fields:
        call.service.check_model(fields["model"])
    tool_resources.check(call.store, fields.get("tool_resources", {}))
    return fields
