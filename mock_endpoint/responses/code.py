"""Where the code of a response runs: its container, what is put into it, and what code leaves there."""

import base64
import contextlib
from collections.abc import Iterator, Sequence
from functools import cached_property
from itertools import chain, count
from pathlib import Path
from typing import Any

from mock_endpoint import containers, errors, files
from mock_endpoint.responses import reading
from mock_endpoint.service import Service
from mock_endpoint.state.ids import new_container_file_id
from mock_endpoint.tools.code_interpreter.folders import MOUNT, Attached, Product
from mock_endpoint.tools.code_interpreter.limits import CannotStart
from mock_endpoint.tools.code_interpreter.tool import Beginning

Json = dict[str, Any]

_OF_NOBODY = "auto"
"""The name of a container that nobody has named."""


class Place:
    """The container of one response: the one that its tool names; otherwise the one that code before it has used, as
    long as it lives, or a new one, which is made at first use (contract-successor §4)."""

    def __init__(self, service: Service, declared: Json, items: Sequence[Json]) -> None:
        """`declared`: the tool as the request declares it; `items`: all that the model reads."""
        self._service, self._items = service, items
        container = declared["container"]
        self._named: str = container if isinstance(container, str) else ""
        self._asked: Json = {} if isinstance(container, str) else container
        self._container = ""
        self._trouble = ""
        """Why no code can run there."""

    async def ready(self) -> str:
        """The id of the container, with the response's own files in it."""
        if not self._container:
            self._container = self._found() or await self._made()
            try:
                await containers.copy(self._service, self._container, list(self._inputs()))
                there = {file["path"] for file in self._service.store.all(containers.FILE, self._container)}
                for path, content in self._inline.items():
                    if path not in there:
                        await containers.put(self._service, self._container, path, content, "user")
            except errors.Refusal as refused:
                self._trouble = str(refused)
        return self._container

    def names(self) -> tuple[str, ...]:
        """The names of the files that code finds, also where the container is yet to be made."""
        store = self._service.store
        there = [containers.name_of(file) for file in store.all(containers.FILE, self._found())]
        inputs = (files.find(store, file_id) for file_id in self._inputs())
        coming = [containers.name_of({"path": containers.path_of_copy(file)}) for file in inputs if file]
        inline = [containers.name_of({"path": path}) for path in self._inline]
        return tuple(dict.fromkeys([*there, *coming, *inline]))

    async def begin(self) -> Beginning:
        """See `Workspace`."""
        container_id, store = await self.ready(), self._service.store
        if self._trouble:
            raise CannotStart(f"The code was not run: {self._trouble}")
        try:
            async with store.transaction():
                anew = containers.ran(store, containers.living(store, container_id))
                there = store.all(containers.FILE, container_id)
        except errors.Refusal as refused:
            raise CannotStart(f"The code was not run: {refused}") from None
        found = [
            Attached(file["id"], containers.name_of(file), store.blobs.path(file["id"]), file["source"] == "assistant")
            for file in there
        ]
        return Beginning(container_id, found, anew)

    async def keep(self, product: Product) -> str:
        """See `Workspace`."""
        return await self._put(f"{MOUNT}/{product.name}", product.path)

    async def show(self, picture: bytes, number: int) -> tuple[str, Json]:
        """See `Workspace`."""
        file_id = new_container_file_id()
        url = f"data:image/png;base64,{base64.b64encode(picture).decode()}"
        kept = await self._put(f"{MOUNT}/{file_id}.png", picture, file_id=file_id)
        return kept, {"type": "image", "url": url}

    async def lose(self, file_ids: Sequence[str]) -> None:
        """See `Workspace`."""
        for file_id in file_ids:
            if file := self._service.store.get(containers.FILE, file_id, self._container):
                await containers.delete_file(self._service, file)

    def _found(self) -> str:
        """The container that is there already, if there is one."""
        if self._named:
            return self._named
        used = [item["container_id"] for item in self._items if item["type"] == "code_interpreter_call"]
        lives = (each for each in reversed(used) if containers.lives(self._service.store, each))
        return next(lives, "")

    async def _made(self) -> str:
        asked = {name: value for name, value in self._asked.items() if name in ("memory_limit", "network_policy")}
        made = await containers.create(self._service, {"name": _OF_NOBODY, **asked})
        return str(made["id"])

    def _inputs(self) -> Iterator[str]:
        """The ids of the files that come with the response: those of its tool, and those of its messages."""
        yield from self._asked.get("file_ids", [])
        yield from (part["file_id"] for part in self._files() if part.get("file_id"))

    @cached_property
    def _inline(self) -> dict[str, bytes]:
        """The files that stand in the messages themselves, by their paths; another one of the same name gets a number
        in front of it."""
        found: dict[str, bytes] = {}
        for part in self._files():
            if part.get("file_data") and not part.get("file_id"):
                with contextlib.suppress(ValueError):  # the model is told that it cannot be read
                    content, name = reading.bytes_of(part), files.plain_name(part.get("filename", ""))
                    paths = map(containers.path_of, chain([name], (f"{number}-{name}" for number in count(2))))
                    found[next(path for path in paths if found.get(path, content) == content)] = content
        return found

    def _files(self) -> Iterator[Json]:
        """The files in messages."""
        for item in self._items:
            for part in item.get("content", []) if item["type"] == "message" else []:
                if part["type"] == "input_file":
                    yield part

    async def _put(self, path: str, content: Path | bytes, *, file_id: str = "") -> str:
        try:
            file = await containers.put(self._service, self._container, path, content, "assistant", file_id=file_id)
        except (errors.Refusal, FileNotFoundError):
            return ""  # the container was deleted meanwhile, and with it the folder of its kernel
        return str(file["id"])
