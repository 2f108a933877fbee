"""The built-in tools of a run: bound to its thread, the files that it may read, and the store for what they make."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from mock_endpoint import files
from mock_endpoint.engine import BuiltInTool
from mock_endpoint.runs import tool_calls
from mock_endpoint.service import Service
from mock_endpoint.state.store import Store
from mock_endpoint.tools.code_interpreter.folders import Attached
from mock_endpoint.tools.code_interpreter.tool import CodeInterpreter, NoInterpreter
from mock_endpoint.tools.file_search.tool import FileSearch

Json = dict[str, Any]


def tools_of(service: Service, run: Json) -> dict[str, BuiltInTool]:
    """The declared tools by their type; those that the service was given come first."""
    make = {"code_interpreter": _code_interpreter, "file_search": _file_search}
    declared = {tool["type"] for tool in run["tools"]}
    return {kind: service.tools.get(kind) or make[kind](service, run) for kind in make if kind in declared}


def attached(store: Store, run: Json) -> list[Attached]:
    """The files that the run's code may read: the assistant's, the thread's, and those of its messages. None where it
    has no code: a long thread is not read for nothing."""
    if all(tool["type"] != "code_interpreter" for tool in run["tools"]):
        return []
    found = (files.find(store, file_id) for file_id in dict.fromkeys(_file_ids(store, run)))
    return [Attached(file["id"], file["filename"], store.blobs.path(file["id"])) for file in found if file]


def _code_interpreter(service: Service, run: Json) -> BuiltInTool:
    if isinstance(service.code, str):
        return NoInterpreter(service.code)

    async def keep(content: Path | bytes, name: str) -> str:
        file = await files.add(service.store, service.lease, content, name)
        return str(file["id"])

    return CodeInterpreter(service.code, run["thread_id"], attached(service.store, run), keep)


def _file_search(service: Service, run: Json) -> BuiltInTool:
    """It reads the assistant's vector stores and those of the thread."""
    thread = service.store.get("thread", run["thread_id"]) or {"tool_resources": {}}
    resources = [owner["tool_resources"].get("file_search", {}) for owner in (run, thread)]
    store_ids = [store_id for each in resources for store_id in each.get("vector_store_ids", [])]
    declared: Json = next((tool for tool in run["tools"] if tool["type"] == "file_search"), {})
    earlier = len(tool_calls.searches(service.store.all("thread.run.step", run["id"])))
    return FileSearch(service, list(dict.fromkeys(store_ids)), declared.get("file_search", {}), run["model"], earlier)


def _file_ids(store: Store, run: Json) -> Iterator[str]:
    thread = store.get("thread", run["thread_id"]) or {"tool_resources": {}}
    for resources in (run["tool_resources"], thread["tool_resources"]):
        yield from resources.get("code_interpreter", {}).get("file_ids", [])
    for message in store.all("thread.message", run["thread_id"]):
        for attachment in message["attachments"]:
            if any(tool["type"] == "code_interpreter" for tool in attachment.get("tools") or ()):
                yield attachment["file_id"]
