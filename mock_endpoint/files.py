"""Files as any part of the endpoint finds, makes and deletes them: a row in the store, and bytes on disk.

The bytes of a file are at `store.blobs.path(file["id"])`. The row of a file that has expired may be there for a while;
`find` says that there is no such file.
"""

import asyncio
import re
import shutil
import time
import unicodedata
from pathlib import Path
from typing import Any

from pydantic_core import to_json

from mock_endpoint import vector_stores
from mock_endpoint.schemas import objects
from mock_endpoint.state.lease import Lease
from mock_endpoint.state.store import Store

Json = dict[str, Any]

MAX_BYTES = 512 * 1024 * 1024
"""Bytes of one file (contract: 512 MB)."""


_OWNERS = ("assistant", "thread", "thread.run", "thread.message")
"""The kinds of objects whose lists name files."""


def find(store: Store, file_id: str) -> Json | None:
    """The file's row, or None when there is none (any more)."""
    file = store.get("file", file_id)
    expired = file is not None and file.get("expires_at") is not None and file["expires_at"] <= time.time()
    return None if expired else file


def plain_name(sent: str) -> str:
    """A file's name as somebody sent it, without a folder and without control characters."""
    name = "".join(letter for letter in re.split(r"[/\\]", sent)[-1] if unicodedata.category(letter) != "Cc").strip()
    return "file" if name in ("", ".", "..") else name


async def add(store: Store, lease: Lease, content: Path | bytes, name: str, purpose: str = "assistants_output") -> Json:
    """Make a file of what a tool has made, and return its row: `content` is copied; `name` is the file's name."""
    with store.blobs.arriving(lease.id) as path:
        if isinstance(content, Path):
            await asyncio.to_thread(shutil.copyfile, content, path)
        else:
            await asyncio.to_thread(path.write_bytes, content)
        return await keep(store, path, {"filename": name, "purpose": purpose})


async def keep(store: Store, arrived: Path, fields: Json, *, azure: bool = True) -> Json:
    """Make a file of bytes that have arrived (see `Blobs.arriving`), and return its row."""
    file = objects.file(arrived.stat().st_size, fields, azure=azure)
    async with store.transaction():
        store.blobs.keep(arrived, file["id"])
        store.insert(file)
    return file


async def delete(store: Store, *files: Json) -> None:
    """Delete files and what names them, first their rows, then their bytes; not inside a transaction."""
    async with store.transaction():
        for file in files:
            store.delete("file", file["id"])
            for owner in store.naming(_OWNERS, file["id"]):
                if forget(owner, file["id"]):
                    store.replace(owner, owner.get("thread_id", ""))
            vector_stores.forget_file(store, file["id"])
    for file in files:
        store.blobs.discard(file["id"])


def forget(owner: Json, file_id: str) -> bool:
    """Take a file out of an object's lists; False where it is in none of them."""
    before = to_json(owner)
    if "code_interpreter" in owner.get("tool_resources", {}):
        listed = owner["tool_resources"]["code_interpreter"].get("file_ids", [])
        owner["tool_resources"]["code_interpreter"] = {"file_ids": [each for each in listed if each != file_id]}
    if "attachments" in owner:
        owner["attachments"] = [each for each in owner["attachments"] if each["file_id"] != file_id]
    return to_json(owner) != before


async def delete_expired(store: Store) -> None:
    """Delete what has expired."""
    if expired := store.due("file", int(time.time())):
        await delete(store, *expired)


async def sweep(store: Store, lease: Lease) -> None:
    """Remove bytes that no row leads to, as a process leaves them that is killed; at the start of another."""
    await delete_expired(store)
    async with store.transaction():
        store.blobs.sweep(store.ids("file") | store.ids("container.file"), lease.is_alive)
