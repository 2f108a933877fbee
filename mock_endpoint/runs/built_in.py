"""The built-in tools of a run: bound to its thread, the files that it may read, and the store for what they make."""

from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path, PurePosixPath
from typing import Any

from mock_endpoint import files
from mock_endpoint.engine import BuiltInTool, Picture
from mock_endpoint.models.base import Annotation
from mock_endpoint.runs import tool_calls
from mock_endpoint.service import Service
from mock_endpoint.state.store import Store
from mock_endpoint.tools.code_interpreter.folders import Attached, Product
from mock_endpoint.tools.code_interpreter.tool import Beginning, CodeInterpreter, NoInterpreter
from mock_endpoint.tools.file_search.tool import FileSearch, marks

Json = dict[str, Any]


def tools_of(service: Service, run: Json) -> dict[str, BuiltInTool]:
    """The declared tools by their type; those that the service was given come first."""
    make = {"code_interpreter": _code_interpreter, "file_search": _file_search}
    return service.bound(run["tools"], {kind: partial(each, service, run) for kind, each in make.items()})


def marks_of(steps: list[Json]) -> tuple[Annotation, ...]:
    """The citations that a run may make for what it has found so far, and the links to what its code has made."""
    found = map(tool_calls.found, tool_calls.searches(steps))
    citations = (mark for number, parts in enumerate(found) for mark in marks(number, parts))
    return (*citations, *(mark for call in tool_calls.codes(steps) for mark in tool_calls.made(call)))


def pictures_of(steps: list[Json]) -> list[Picture]:
    """What a run's code has drawn so far; it is shown with the answer, which comes last."""
    parts = (part for call in tool_calls.codes(steps) for part in call["code_interpreter"]["outputs"])
    return [Picture(part["image"]["file_id"]) for part in parts if part["type"] == "image"]


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

    return CodeInterpreter(service.code, _OfThread(service, run))


class _OfThread:
    """What the code of a thread works on (see `Workspace`): what it makes become files of the endpoint."""

    def __init__(self, service: Service, run: Json) -> None:
        self._service, self._thread_id = service, run["thread_id"]
        self._files = attached(service.store, run)

    async def begin(self) -> Beginning:
        """The thread's kernel, and the files that the run may read."""
        return Beginning(self._thread_id, self._files)

    async def keep(self, product: Product) -> str:
        """A file of its name."""
        return await self._keep(product.path, PurePosixPath(product.name).name)

    async def show(self, picture: bytes, number: int) -> tuple[str, Json]:
        """A file as well."""
        file_id = await self._keep(picture, f"picture_{number}.png")
        return file_id, {"type": "image", "image": {"file_id": file_id}}

    async def lose(self, file_ids: Sequence[str]) -> None:
        """Code works on copies: the thread has its files as before."""

    async def _keep(self, content: Path | bytes, name: str) -> str:
        file = await files.add(self._service.store, self._service.lease, content, name)
        return str(file["id"])


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
