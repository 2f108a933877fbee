"""What tools work on: the `tool_resources` of assistants and threads, and the attachments of messages."""

from typing import Any

from mock_endpoint import errors, files, vector_stores
from mock_endpoint.schemas.base import MAX_FILES
from mock_endpoint.state.store import Store

Json = dict[str, Any]


def check(store: Store, resources: Json) -> None:
    """Refuse files and vector stores that do not exist."""
    check_files(store, resources.get("code_interpreter", {}).get("file_ids", []))
    for new in resources.get("file_search", {}).get("vector_stores", []):
        check_files(store, new.get("file_ids", []))
    for store_id in resources.get("file_search", {}).get("vector_store_ids", []):
        if store.get("vector_store", store_id) is None:
            raise errors.not_found("vector_store", store_id)


def with_new_stores(store: Store, resources: Json) -> Json:
    """The resources with the vector stores made that they ask for; inside a transaction."""
    searched = resources.get("file_search", {})
    if "vector_stores" not in searched:
        return resources
    made = [vector_stores.create(store, fields)["id"] for fields in searched["vector_stores"]]
    return resources | {"file_search": {"vector_store_ids": made}}


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
    thread = store.get("thread", thread_id)
    if thread is None:
        return
    if for_code := _for(attachments, "code_interpreter"):
        add_for_code(thread, for_code)
        store.replace(thread)
    if for_search := _for(attachments, "file_search"):
        vector_stores.attach(store, thread, for_search)


def _for(attachments: list[Json], tool: str) -> list[str]:
    """The files that come for a tool."""
    return [each["file_id"] for each in attachments if {"type": tool} in each.get("tools", [])]


def add_for_code(owner: Json, file_ids: list[str]) -> None:
    """Add files to those that code of an assistant or a thread may read."""
    listed = owner["tool_resources"].get("code_interpreter", {}).get("file_ids", [])
    together = list(dict.fromkeys(listed + file_ids))
    if len(together) > MAX_FILES:
        raise errors.too_long("tool_resources.code_interpreter.file_ids", "array", MAX_FILES, len(together))
    owner["tool_resources"] = owner["tool_resources"] | {"code_interpreter": {"file_ids": together}}
