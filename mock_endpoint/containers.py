"""Containers as any part of the endpoint finds, fills and empties them (contract-successor §4), without HTTP.

A container is a row, and so is each of its files, whose bytes are beside those of other files. What its code holds in
memory is the kernel's (see `tools/code_interpreter`). Not used for its minutes, a container has expired: it can be
seen, its files are gone, and nothing brings it back.
"""

import asyncio
import shutil
import time
from pathlib import Path
from typing import Any

from mock_endpoint import errors, files
from mock_endpoint.schemas import objects
from mock_endpoint.service import Service
from mock_endpoint.state.ids import new_container_file_id
from mock_endpoint.state.store import Store
from mock_endpoint.tools.code_interpreter.folders import MOUNT, fitting_name
from mock_endpoint.tools.code_interpreter.interpreter import Interpreter

Json = dict[str, Any]

CONTAINER, FILE = "container", "container.file"
MOST_BYTES = 256 * 1024 * 1024
"""Bytes of all files that are put into a container: half of what its code may have on the disk."""
_EXPIRED = "expired"
_RAN = "has_run"
"""A member that is kept with a container, and not shown."""


def shown(container: Json) -> Json:
    """A stored container with the status that follows from the time."""
    expires_at = container["last_active_at"] + container["expires_after"]["minutes"] * 60
    status = {"status": _EXPIRED} if expires_at <= time.time() else {}
    return {name: value for name, value in container.items() if name != _RAN} | status


def find(store: Store, container_id: str) -> Json:
    """The container as it goes over the wire; a `Refusal` when there is none."""
    found = store.get(CONTAINER, container_id)
    if found is None:
        raise errors.gone("Container", container_id)
    return shown(found)


def living(store: Store, container_id: str) -> Json:
    """The same; refused when it has expired."""
    found = find(store, container_id)
    if found["status"] == _EXPIRED:
        raise errors.container_expired()
    return found


def lives(store: Store, container_id: str) -> bool:
    """Whether the container is there and has not expired."""
    found = store.get(CONTAINER, container_id)
    return found is not None and shown(found)["status"] != _EXPIRED


def used(store: Store, container: Json) -> Json:
    """The living container with its time begun anew; inside a transaction."""
    kept = (store.get(CONTAINER, container["id"]) or {}) | container | {"last_active_at": int(time.time())}
    store.replace(kept)
    return shown(kept)


def ran(store: Store, container: Json) -> bool:
    """Its code begins to run, which is a use; whether code has run there before. Inside a transaction."""
    before = store.get(CONTAINER, container["id"]) or {}
    used(store, container | {_RAN: True})
    return _RAN in before


async def create(service: Service, fields: Json) -> Json:
    """Make a container with copies of the files that are named."""
    checked_files(service.store, fields.get("file_ids", []))
    made = objects.container(fields)
    async with service.store.transaction():
        service.store.insert(made)
    await copy(service, made["id"], fields.get("file_ids", []))
    return made


def checked_files(store: Store, file_ids: list[str]) -> list[Json]:
    """The uploaded files; a `Refusal` for those that are not there (any more), and for more than a container takes."""
    found = []
    for file_id in dict.fromkeys(file_ids):
        file = files.find(store, file_id)
        if file is None:
            raise errors.no_such_file(file_id)
        found.append(file)
    if sum(file["bytes"] for file in found) > MOST_BYTES:
        raise errors.file_too_large(MOST_BYTES)
    return found


async def copy(service: Service, container_id: str, file_ids: list[str]) -> None:
    """Put copies of uploaded files into a container, where code sees each as `<file_id>-<filename>`; none twice."""
    there = {file["path"] for file in service.store.all(FILE, container_id)}
    for file_id in dict.fromkeys(file_ids):
        file = files.find(service.store, file_id)
        if file is not None and path_of_copy(file) not in there:
            await copy_one(service, container_id, file)


async def copy_one(service: Service, container_id: str, file: Json) -> Json:
    """Put a copy of an uploaded file into a container, in place of an earlier copy; its row there comes back."""
    return await put(service, container_id, path_of_copy(file), service.store.blobs.path(file["id"]), "user")


async def put(
    service: Service, container_id: str, path: str, content: Path | bytes, source: str, *, file_id: str = ""
) -> Json:
    """Keep a copy of these bytes, as `keep` does."""
    with service.store.blobs.arriving(service.lease.id) as arrived:
        if isinstance(content, Path):
            await asyncio.to_thread(shutil.copyfile, content, arrived)
        else:
            await asyncio.to_thread(arrived.write_bytes, content)
        return await keep(service.store, container_id, arrived, path, source, file_id=file_id)


async def keep(store: Store, container_id: str, arrived: Path, path: str, source: str, *, file_id: str = "") -> Json:
    """Make a file of a container of bytes that have arrived (see `Blobs.arriving`); its row comes back.

    One that is there already under this path stays what it is, with other bytes. A `Refusal` where the container is
    not there, or takes no more from its user.
    """
    size = arrived.stat().st_size
    async with store.transaction():
        container = living(store, container_id)
        there = store.all(FILE, container_id)
        if source == "user" and sum(file["bytes"] for file in there) + size > MOST_BYTES:
            raise errors.file_too_large(MOST_BYTES)
        file = next((file for file in there if file["path"] == path), None)
        if file is None:
            file = objects.container_file(container_id, source, file_id or new_container_file_id(), path, size)
            store.insert(file, container_id)
        else:
            file |= {"bytes": size}
            store.replace(file, container_id)
        store.blobs.keep(arrived, file["id"])
        used(store, container)
    return file


def path_of_copy(file: Json) -> str:
    """Where code of a container sees the copy of an uploaded file (contract-successor §1.3)."""
    return path_of(f"{file['id']}-{file['filename']}")


def path_of(name: str) -> str:
    """Where code of a container sees a file that its user has put there under this name."""
    return f"{MOUNT}/{fitting_name(name)}"


def name_of(file: Json) -> str:
    """The name of a container's file in the working folder of its code."""
    return str(file["path"]).removeprefix(f"{MOUNT}/")


async def delete_file(service: Service, file: Json) -> None:
    """Delete a file of a container, also from under its code."""
    async with service.store.transaction():
        service.store.delete(FILE, file["id"], file["container_id"])
    service.store.blobs.discard(file["id"])
    if isinstance(service.code, Interpreter):
        service.code.remove(file["container_id"], name_of(file))


async def delete(service: Service, container_id: str) -> None:
    """Delete a container with its files; code that runs in it is stopped."""
    async with service.store.transaction():
        service.store.delete(CONTAINER, container_id)
        emptied = _without_files(service.store, container_id)
    _discard(service, container_id, emptied, "its container was deleted")


async def tidy(service: Service) -> None:
    """Take the files, and the kernels, from the containers that have expired."""
    store = service.store
    for container in store.all(CONTAINER, ""):
        if container["status"] != _EXPIRED and shown(container)["status"] == _EXPIRED:
            async with store.transaction():
                store.replace(shown(container))
                emptied = _without_files(store, container["id"])
            _discard(service, container["id"], emptied, "its container has expired")


def _without_files(store: Store, container_id: str) -> list[str]:
    """Forget the files of a container, whose ids come back; inside a transaction."""
    file_ids = [file["id"] for file in store.all(FILE, container_id)]
    store.delete_under(container_id)
    return file_ids


def _discard(service: Service, container_id: str, file_ids: list[str], why: str) -> None:
    for file_id in file_ids:
        service.store.blobs.discard(file_id)
    if isinstance(service.code, Interpreter):
        service.code.forget(container_id, why)
