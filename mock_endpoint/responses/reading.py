"""Files in the input of a response, as the model reads them: their text in their place, and where pictures are."""

import base64
from typing import Any

from mock_endpoint import errors, files
from mock_endpoint.state.lease import Lease
from mock_endpoint.state.store import Store
from mock_endpoint.tools.file_search.extract import Unreadable, text_of

Json = dict[str, Any]


def check(store: Store, items: list[Json]) -> None:
    """Refuse files that were never uploaded, or are deleted; a file that is known by its id gets its name."""
    for part in _parts(items):
        if part.get("file_id"):
            file = files.find(store, part["file_id"])
            if file is None:
                raise errors.no_such_file(part["file_id"])
            if part["type"] == "input_file":
                part.setdefault("filename", file["filename"])


async def with_texts(store: Store, lease: Lease, items: list[Json]) -> list[Json]:
    """The items with a text in place of each file, and the `path` of each uploaded picture. A file that cannot be read
    is told as that."""
    return [item | {name: await _read(store, lease, parts) for name, parts in _in_parts(item)} for item in items]


async def _read(store: Store, lease: Lease, parts: list[Json]) -> list[Json]:
    return [await _as_read(store, lease, part) for part in parts]


async def _as_read(store: Store, lease: Lease, part: Json) -> Json:
    if part["type"] == "input_file":
        return {"type": "input_text", "text": await _text(store, lease, part)}
    if part["type"] == "input_image" and part.get("file_id"):
        return part | {"path": store.blobs.path(part["file_id"])}
    return part


async def _text(store: Store, lease: Lease, part: Json) -> str:
    name = str(part.get("filename") or part.get("file_url") or "")
    try:
        if part.get("file_id"):
            text = await text_of(store.blobs.path(part["file_id"]), name)
        elif part.get("file_data"):
            with store.blobs.arriving(lease.id) as path:
                path.write_bytes(bytes_of(part))
                text = await text_of(path, name)
        else:
            return f"[file {name}: it is on another server, where nothing is fetched from]"
    except Unreadable as problem:
        return f"[file {name}: {problem.message}]"
    except (OSError, ValueError):
        return f"[file {name}: it cannot be read]"
    return f"[file {name}]\n{text}"


def bytes_of(part: Json) -> bytes:
    """What stands in the request of a file; a `ValueError` where that is no base64."""
    return base64.b64decode(part["file_data"].rpartition(",")[2], validate=True)


def _parts(items: list[Json]) -> list[Json]:
    return [part for item in items for _, parts in _in_parts(item) for part in parts]


def _in_parts(item: Json) -> list[tuple[str, list[Json]]]:
    """What a message says, or a call's output, where that comes in parts; with the name of the member."""
    if item["type"] == "reasoning":
        return []
    return [(name, item[name]) for name in ("content", "output") if isinstance(item.get(name), list)]
