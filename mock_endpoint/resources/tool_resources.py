"""What tools work on: the `tool_resources` of assistants and threads, and the attachments of messages."""

from typing import Any

from mock_endpoint import errors, files
from mock_endpoint.schemas.base import MAX_FILES
from mock_endpoint.state.store import Store

Json = dict[str, Any]


def check(store: Store, resources: Json) -> None:
    """Refuse files and vector stores that do not exist."""
    check_files(store, resources.get("code_interpreter", {}).get("file_ids", []))
    for store_id in resources.get("file_search", {}).get("vector_store_ids", []):
        if store.get("vector_store", store_id) is None:
            raise errors.invalid(f"No vector store found with id '{store_id}'.", status=404)


def check_files(store: Store, file_ids: list[str]) -> None:
    """Refuse files that were never uploaded, or are deleted."""
    for file_id in file_ids:
        if files.find(store, file_id) is None:
            raise errors.no_such_file(file_id)


def merge(owner: Json, fields: Json) -> None:
    """Replace what is given; the resources of one tool do not touch those of another."""
    if "tool_resources" in fields:
        fields = fields | {"tool_resources": owner["tool_resources"] | fields["tool_resources"]}
    owner |= fields


def attach(store: Store, thread_id: str, attachments: list[Json]) -> None:
    """What a message brings for a tool belongs to its thread from now on; inside a transaction."""
    for_code = [each["file_id"] for each in attachments if {"type": "code_interpreter"} in each.get("tools", [])]
    thread = store.get("thread", thread_id)
    if thread and for_code:
        add_for_code(thread, for_code)
        store.replace(thread)


def add_for_code(owner: Json, file_ids: list[str]) -> None:
    """Add files to those that code of an assistant or a thread may read."""
    listed = owner["tool_resources"].get("code_interpreter", {}).get("file_ids", [])
    together = list(dict.fromkeys(listed + file_ids))
    if len(together) > MAX_FILES:
        raise errors.too_long("tool_resources.code_interpreter.file_ids", "array", MAX_FILES, len(together))
    owner["tool_resources"] = owner["tool_resources"] | {"code_interpreter": {"file_ids": together}}
