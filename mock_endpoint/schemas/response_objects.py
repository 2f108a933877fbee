"""The objects of Responses and Conversations, as they are stored and as they go over the wire."""

import time
from collections.abc import Sequence, Set
from typing import Any

from mock_endpoint.models.base import Annotation
from mock_endpoint.schemas import built_in_calls, model_facts
from mock_endpoint.schemas.items import PREFIX
from mock_endpoint.schemas.response_tools import echo
from mock_endpoint.state.ids import keyed_id, new_key, stem, stemmed_id

Json = dict[str, Any]

_NO_PICTURES = {
    "input_tokens": 0,
    "input_tokens_details": {"image_tokens": 0, "text_tokens": 0},
    "output_tokens": 0,
    "output_tokens_details": {"image_tokens": 0, "text_tokens": 0},
    "total_tokens": 0,
}
_FIRST, _LAST = ("id", "object", "created_at", "status"), ("usage", "user", "metadata")
"""Where the service puts these members; the others stand between them, by the alphabet."""


def response(begins_with: str, fields: Json, conversation: str | None) -> Json:
    """A response on its way, with what was asked of it; every member of the newest form (contract-successor §1.1)."""
    model = fields["model"]
    background = fields.get("background", False)
    members = {
        "id": stemmed_id("resp", begins_with),
        "object": "response",
        "created_at": int(time.time()),
        "status": "queued" if background else "in_progress",
        "background": background,
        "completed_at": None,
        "conversation": conversation and {"id": conversation},
        "error": None,
        "frequency_penalty": 0.0,
        "incomplete_details": None,
        "instructions": fields.get("instructions"),
        "max_output_tokens": fields.get("max_output_tokens"),
        "max_tool_calls": fields.get("max_tool_calls"),
        "model": model,
        "moderation": None,
        "output": [],
        "parallel_tool_calls": fields.get("parallel_tool_calls", True),
        "presence_penalty": 0.0,
        "previous_response_id": fields.get("previous_response_id"),
        "prompt_cache_key": fields.get("prompt_cache_key"),
        "prompt_cache_retention": fields.get("prompt_cache_retention", model_facts.cache_retention(model)),
        "reasoning": model_facts.reasoning(model, fields.get("reasoning", {})),
        "safety_identifier": fields.get("safety_identifier"),
        "service_tier": fields.get("service_tier", "auto"),
        "store": fields.get("store", True),
        "temperature": float(fields.get("temperature", 1.0)),
        "text": {"format": _format(fields), "verbosity": fields.get("text", {}).get("verbosity", "medium")},
        "tool_choice": fields.get("tool_choice", "auto"),
        "tool_usage": {"image_gen": _NO_PICTURES, "web_search": {"num_requests": 0}},
        "tools": [echo(tool) for tool in fields.get("tools", [])],
        "top_logprobs": fields.get("top_logprobs", 0),
        "top_p": float(fields.get("top_p", model_facts.top_p(model))),
        "truncation": fields.get("truncation", "disabled"),
        "usage": None,
        "user": fields.get("user"),
        "metadata": fields.get("metadata", {}),
    }
    return in_order(members)


def _format(fields: Json) -> Json:
    asked: Json = fields.get("text", {}).get("format", {"type": "text"})
    return {"type": "json_schema", "description": None, "strict": False} | asked if "schema" in asked else asked


def in_order(members: Json) -> Json:
    """The members of a response in the order of the service."""
    between = sorted(members.keys() - {*_FIRST, *_LAST})
    return {name: members[name] for name in (*_FIRST, *between, *_LAST)}


def view(stored: Json, family: str, include: Set[str], *, streamed: bool = False) -> Json:
    """A response as it goes over the wire: OpenAI and Azure differ in a few members (contract-successor §1.1)."""
    stored = stored | {"output": [built_in_calls.shown(item, include) for item in stored["output"]]}
    if family != "openai":
        return in_order(stored | {"content_filters": None})
    shown = stored | {"model": model_facts.snapshot(stored["model"])}
    if not streamed:
        shown["billing"] = {"payer": "developer"}
    if shown["conversation"] is None:
        del shown["conversation"]
    return in_order(shown)


def usage(prompt: int, completion: int) -> Json:
    """Tokens as Responses report them."""
    return {
        "input_tokens": prompt,
        "input_tokens_details": {"cache_write_tokens": 0, "cached_tokens": 0},
        "output_tokens": completion,
        "output_tokens_details": {"reasoning_tokens": 0},
        "total_tokens": prompt + completion,
    }


def with_id(item: Json, begins_with: str) -> Json:
    """The item with an id, its own where it has one already."""
    return {"id": stemmed_id(PREFIX[item["type"]], begins_with)} | item


def with_key(item: Json, key: str) -> Json:
    """The item of a conversation with an id, its own where it has one already."""
    return {"id": keyed_id(PREFIX[item["type"]], key)} | item


def conversation(fields: Json) -> Json:
    """A conversation; its items are objects of their own."""
    return {
        "id": keyed_id("conv", new_key()),
        "object": "conversation",
        "created_at": int(time.time()),
        "metadata": fields.get("metadata", {}),
    }


def compaction(key: str, said: list[Json], content: str, cost: Json) -> Json:
    """A conversation made short: what the user said, and an item that holds the rest."""
    begins_with = stem(key, first=False)
    item = {"id": stemmed_id("cmp", begins_with), "type": "compaction", "encrypted_content": content}
    return {
        "id": stemmed_id("resp", begins_with),
        "object": "response.compaction",
        "created_at": int(time.time()),
        "output": [*said, item],
        "usage": cost,
    }


def message_item(begins_with: str) -> Json:
    """An empty message by the model, in progress."""
    return {
        "id": stemmed_id("msg", begins_with),
        "type": "message",
        "status": "in_progress",
        "content": [],
        "role": "assistant",
    }


def text_part(text: str = "", annotations: Sequence[Json] = ()) -> Json:
    """What the model says, as a part of a message."""
    return {"type": "output_text", "annotations": list(annotations), "logprobs": [], "text": text}


def citation(said: Annotation, at: int) -> Json:
    """A place in the text that points at a file of a vector store: where a mark would stand that is not there."""
    return {"type": "file_citation", "file_id": said.file_id, "filename": said.filename, "index": at}


def container_citation(container: str, file_id: str, filename: str, start: int, end: int) -> Json:
    """A link in the text to a file that code has made; of a picture that was only shown it is empty."""
    return {
        "type": "container_file_citation",
        "container_id": container,
        "end_index": end,
        "file_id": file_id,
        "filename": filename,
        "start_index": start,
    }


def call_item(kind: str, written: str, begins_with: str, call_id: str, name: str) -> Json:
    """A call in progress that nothing is written of; `written` is the member that holds what the model writes."""
    return {
        "id": stemmed_id(PREFIX[kind], begins_with),
        "type": kind,
        "status": "in_progress",
        written: "",
        "call_id": call_id,
        "name": name,
    }


def built_in_item(tool: str, begins_with: str) -> Json:
    """A call of a built-in tool that nothing is written of yet."""
    form = built_in_calls.FORMS[tool]
    made = {"id": stemmed_id(PREFIX[form.item], begins_with), "type": form.item, "status": "in_progress"}
    return made | form.begun


def deleted_response(response_id: str) -> Json:
    """What the deletion of a response answers; the name of the kind is its own."""
    return {"id": response_id, "object": "response", "deleted": True}
