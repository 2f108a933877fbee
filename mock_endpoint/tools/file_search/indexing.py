"""Puts files into the index, one after the other, in the background of the process that was asked to.

What waits is in the store: files of vector stores that are `in_progress`. A process takes those that nobody works on,
also what another has left when it died, and goes on behind the last passage that is in the index.
"""

import asyncio
import logging
import sqlite3
from typing import Any

from mock_endpoint import files, vector_stores
from mock_endpoint.models.encoder import encoder
from mock_endpoint.service import Service
from mock_endpoint.tools.file_search import index
from mock_endpoint.tools.file_search.extract import Unreadable, text_of
from mock_endpoint.tools.file_search.passages import Passage, passages

Json = dict[str, Any]

log = logging.getLogger(__name__)

AT_ONCE = 32
"""Passages between two writes."""
_FAILED = {"code": "server_error", "message": "The file could not be indexed."}


async def wake(service: Service) -> None:
    """Have the files indexed that wait for it; returns at once."""
    if service.indexing is not None and not service.indexing.done():
        service.indexing_again = True
    elif vector_stores.waiting(service.store):
        service.indexing = asyncio.get_running_loop().create_task(_work(service))


async def _work(service: Service) -> None:
    """Index file after file until nothing waits."""
    again = True
    while again:
        service.indexing_again = False
        try:
            while file := await _take(service):
                await _finish(service, file)
        except sqlite3.Error:
            log.exception("files could not be indexed")
            return
        again = service.indexing_again


async def _take(service: Service) -> Json | None:
    """The next file, from now on this process's."""
    async with service.store.transaction():
        return vector_stores.take(service.store, service.lease)


async def _finish(service: Service, file: Json) -> None:
    try:
        size = await _index(service, file["id"], file["vector_store_id"])
        end: Json = {"status": "completed", "usage_bytes": size}
    except Unreadable as problem:
        end = {"status": "failed", "last_error": {"code": problem.code, "message": problem.message}}
    except (sqlite3.OperationalError, sqlite3.ProgrammingError):
        raise  # the state cannot be written, or is closed: the file waits
    except Exception:
        log.exception("file %s could not be indexed", file["id"])
        end = {"status": "failed", "last_error": _FAILED}
    async with service.store.transaction():
        if now := _still_waiting(service, file["id"], file["vector_store_id"]):
            service.store.replace(now | end, file["vector_store_id"])


async def _index(service: Service, file_id: str, store_id: str) -> int:
    """Put what is missing of the file into the index, and return how many bytes it takes there."""
    store, row = service.store, files.find(service.store, file_id)
    if row is None:
        raise Unreadable("invalid_file", "The file is gone.")
    text = index.text_of(store, file_id)
    if text is None:
        text = await text_of(store.blobs.path(file_id), row["filename"])
        async with store.transaction():
            if _still_waiting(service, file_id, store_id):
                index.put_text(store, file_id, text)
    found = await asyncio.to_thread(passages, text)
    while (done := index.kept(store, file_id)) < len(found):
        some = found[done : done + AT_ONCE]
        vectors = await asyncio.to_thread(_encoded, text, some)
        async with store.transaction():
            if not _still_waiting(service, file_id, store_id):
                return 0
            if index.kept(store, file_id) == done:  # no other process did the same, for another vector store
                index.put(store, file_id, text, some, vectors)
    return index.size(store, file_id)


def _encoded(text: str, some: list[Passage]) -> list[bytes]:
    return index.encoded(encoder(), text, some)


def _still_waiting(service: Service, file_id: str, store_id: str) -> Json | None:
    """The file as it is stored now, unless it was removed or cancelled."""
    now = service.store.get(vector_stores.FILE, file_id, store_id)
    return now if now and now["status"] == "in_progress" else None
