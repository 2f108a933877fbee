"""The objects of the API as they go over the wire, and are stored: every member that the service sends."""

import time
from typing import Any

from mock_endpoint.models.base import Annotation
from mock_endpoint.state.ids import new_container_id, new_file_id, new_id

Json = dict[str, Any]

_COPIED = ("model", "instructions", "tools", "temperature", "top_p", "response_format")
"""What a run takes from its assistant unless it is given its own; later edits of the assistant do not reach it."""


def assistant(fields: Json) -> Json:
    """An assistant with what it was given."""
    return {
        "id": new_id("assistant"),
        "object": "assistant",
        "created_at": int(time.time()),
        "name": None,
        "description": None,
        "instructions": None,
        "tools": [],
        "tool_resources": {},
        "metadata": {},
        "temperature": 1.0,
        "top_p": 1.0,
        "response_format": "auto",
    } | fields


def file(size: int, fields: Json, *, azure: bool = True) -> Json:
    """A file of so many bytes with its `filename` and `purpose`, and perhaps with what it `expires_after`."""
    now = int(time.time())
    expires = fields.get("expires_after")
    return {
        "id": new_file_id(azure and fields["purpose"].startswith("assistants")),
        "object": "file",
        "bytes": size,
        "created_at": now,
        "filename": fields["filename"],
        "purpose": fields["purpose"],
        "status": "processed",
        "expires_at": now + expires["seconds"] if expires else None,
        "status_details": None,
    }


def container(fields: Json) -> Json:
    """A container as it is kept; whether it has expired comes when it is shown (`containers.py`)."""
    now = int(time.time())
    policy: Json = {"network_policy": fields["network_policy"]} if "network_policy" in fields else {}
    return {
        "id": new_container_id(),
        "object": "container",
        "created_at": now,
        "status": "running",
        "expires_after": fields.get("expires_after", {"anchor": "last_active_at", "minutes": 20}),
        "last_active_at": now,
        "memory_limit": fields.get("memory_limit", "1g"),
        "name": fields["name"],
        **policy,
    }


def container_file(container_id: str, source: str, file_id: str, path: str, size: int) -> Json:
    """A file in a container; `source` is who put it there, `user` or `assistant`."""
    return {
        "id": file_id,
        "object": "container.file",
        "created_at": int(time.time()),
        "bytes": size,
        "container_id": container_id,
        "path": path,
        "source": source,
    }


def vector_store(fields: Json) -> Json:
    """A vector store as it is kept; what follows from its files comes when it is shown (`vector_stores.py`)."""
    now = int(time.time())
    given: Json = {name: fields[name] for name in ("description", "expires_after") if name in fields}
    return {
        "id": new_id("vector_store"),
        "object": "vector_store",
        "created_at": now,
        "name": fields.get("name"),
        "metadata": fields.get("metadata", {}),
        "last_active_at": now,
        **given,
    }


def vector_store_file(store_id: str, fields: Json) -> Json:
    """A file in a vector store that waits for the index; it keeps its own id."""
    usual = {"max_chunk_size_tokens": 800, "chunk_overlap_tokens": 400}
    return {
        "id": fields["file_id"],
        "object": "vector_store.file",
        "created_at": int(time.time()),
        "vector_store_id": store_id,
        "status": "in_progress",
        "usage_bytes": 0,
        "last_error": None,
        "chunking_strategy": {
            "type": "static",
            "static": fields.get("chunking_strategy", {}).get("static", usual),
        },
        "attributes": fields.get("attributes", {}),
    }


def vector_store_batch(store_id: str) -> Json:
    """A batch of files of a vector store as it is kept; their counts come when it is shown."""
    return {
        "id": new_id("batch"),
        "object": "vector_store.files_batch",
        "created_at": int(time.time()),
        "vector_store_id": store_id,
        "status": "in_progress",
    }


def pages_of(kind: str, data: list[Json]) -> Json:
    """All pages at once of what a vector store gives out: `search_results` or `file_content`."""
    return {"object": f"vector_store.{kind}.page", "data": data, "has_more": False, "next_page": None}


def thread(fields: Json) -> Json:
    """A thread; its messages are objects of their own."""
    return {
        "id": new_id("thread"),
        "object": "thread",
        "created_at": int(time.time()),
        "metadata": fields.get("metadata", {}),
        "tool_resources": fields.get("tool_resources", {}),
    }


def message(thread_id: str, **fields: object) -> Json:
    """A message in progress, without content, by the assistant; `fields` say what is different."""
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


def message_of_caller(thread_id: str, fields: Json) -> Json:
    """A message that a caller wrote: complete from the start."""
    content = fields["content"]
    parts: list[Json] = [{"type": "text", "text": content}] if isinstance(content, str) else content
    written = message(
        thread_id,
        role=fields["role"],
        content=[_stored_part(part) for part in parts],
        attachments=fields.get("attachments", []),
        metadata=fields.get("metadata", {}),
        status="completed",
    )
    return written | {"completed_at": written["created_at"]}


def text_part(text: str) -> Json:
    """A text as a message's content holds it."""
    return {"type": "text", "text": {"value": text, "annotations": []}}


def annotation(said: Annotation, start: int) -> Json:
    """A piece of a text that points at a file; `start` is how many characters stand before it."""
    return {
        "type": said.kind,
        "text": said.text,
        "start_index": start,
        "end_index": start + len(said.text),
        said.kind: {"file_id": said.file_id},
    }


def _stored_part(part: Json) -> Json:
    """A text comes back as an object with its annotations; a picture says how closely it is looked at."""
    if part["type"] == "text":
        return text_part(part["text"])
    kind = part["type"]
    return {"type": kind, kind: {"detail": "auto"} | part[kind]}


def run(thread_id: str, by: Json, fields: Json, seconds: int) -> Json:
    """A queued run of the assistant `by`, with what it was given; it expires after so many seconds."""
    now = int(time.time())
    copied: Json = {name: fields.get(name, by[name]) for name in _COPIED}
    if "additional_instructions" in fields:
        parts = (copied["instructions"], fields["additional_instructions"])
        copied["instructions"] = "\n".join(part for part in parts if part)
    return {
        "id": new_id("run"),
        "object": "thread.run",
        "created_at": now,
        "assistant_id": by["id"],
        "thread_id": thread_id,
        "status": "queued",
        "started_at": None,
        "expires_at": now + seconds,
        "cancelled_at": None,
        "failed_at": None,
        "completed_at": None,
        "required_action": None,
        "last_error": None,
        "incomplete_details": None,
        "usage": None,
        "max_prompt_tokens": fields.get("max_prompt_tokens"),
        "max_completion_tokens": fields.get("max_completion_tokens"),
        "truncation_strategy": {"last_messages": None} | fields.get("truncation_strategy", {"type": "auto"}),
        "tool_choice": fields.get("tool_choice", "auto"),
        "parallel_tool_calls": fields.get("parallel_tool_calls", True),
        "tool_resources": by["tool_resources"],
        "reasoning_effort": fields.get("reasoning_effort", by.get("reasoning_effort")),
        "metadata": fields.get("metadata", {}),
        **copied,
    }


def shown_run(run: Json) -> Json:
    """A run as its readers see it: `tool_resources` is empty, whatever the assistant's tools work on (contract §3.1).

    It is kept with what it took from the assistant, because it works on that.
    """
    return run | {"tool_resources": {}}


def step(of: Json, kind: str, details: Json | list[Json]) -> Json:
    """A step in progress of the run `of`: `message_creation` or `tool_calls`."""
    return {
        "id": new_id("step"),
        "object": "thread.run.step",
        "created_at": int(time.time()),
        "run_id": of["id"],
        "assistant_id": of["assistant_id"],
        "thread_id": of["thread_id"],
        "type": kind,
        "status": "in_progress",
        "step_details": {"type": kind, kind: details},
        "last_error": None,
        "expires_at": of["expires_at"],
        "expired_at": None,
        "cancelled_at": None,
        "failed_at": None,
        "completed_at": None,
        "metadata": {},
        "usage": None,
    }


def list_of(data: list[Json], has_more: bool = False) -> Json:
    """A list, or one page of it."""
    ends = (data[0]["id"], data[-1]["id"]) if data else (None, None)
    return {"object": "list", "data": data, "first_id": ends[0], "last_id": ends[1], "has_more": has_more}


def deleted(body: Json) -> Json:
    """What the deletion of an object answers; that of a file is still called a file."""
    kind = body["object"] if body["object"] == "file" else f"{body['object']}.deleted"
    return {"id": body["id"], "object": kind, "deleted": True}
