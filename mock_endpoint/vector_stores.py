"""Vector stores as any part of the endpoint finds, fills and empties them (contract §7); nothing here knows HTTP.

What follows from its files is not kept in a store but counted when it is shown: `status`, `file_counts`, `usage_bytes`.
"""

import time
from collections.abc import Iterable, Sequence
from typing import Any

from pydantic_core import from_json

from mock_endpoint.schemas import objects
from mock_endpoint.state.lease import Lease
from mock_endpoint.state.store import Store
from mock_endpoint.tools.file_search import index

Json = dict[str, Any]

STORE, FILE, BATCH = "vector_store", "vector_store.file", "vector_store.files_batch"
ATTACHED_DAYS = 7
"""How long a store lives that was made for the attachments of a thread, from its last use."""
_STATUSES = ("in_progress", "completed", "failed", "cancelled")


def find(store: Store, store_id: str) -> Json | None:
    """The store as it goes over the wire, or None."""
    found = store.get(STORE, store_id)
    return found and shown(store, found)


def shown(store: Store, vector_store: Json) -> Json:
    """A stored vector store with what follows from its files and from the time."""
    counts, size = _counted(store, vector_store["id"])
    status = "in_progress" if counts["in_progress"] else "completed"
    expires_at = _expires_at(vector_store)
    if expires_at is not None and expires_at <= time.time():
        status = "expired"
    return vector_store | {"status": status, "usage_bytes": size, "file_counts": counts, "expires_at": expires_at}


def shown_file(file: Json) -> Json:
    """A stored file of a vector store without the batch that it came in, which is not shown."""
    return {name: value for name, value in file.items() if name != "batch_id"}


def shown_batch(store: Store, batch: Json) -> Json:
    """A stored batch with what follows from its files."""
    counts, _ = _counted(store, batch["vector_store_id"], batch["id"])
    status = batch["status"]
    if status == "in_progress" and not counts["in_progress"]:
        status = "completed"
    return batch | {"status": status, "file_counts": counts}


def create(store: Store, fields: Json) -> Json:
    """Make a store with its first files; inside a transaction."""
    made = objects.vector_store(fields)
    store.insert(made)
    for file_id in fields.get("file_ids", []):
        add_file(store, made["id"], {"file_id": file_id} | _chunking(fields))
    return made


def add_file(store: Store, store_id: str, fields: Json, batch_id: str | None = None) -> Json:
    """Put a file into a store, where it waits for the index; inside a transaction. Again means anew."""
    file = objects.vector_store_file(store_id, fields) | {"batch_id": batch_id}
    store.remove(FILE, file["id"], store_id)
    store.insert(file, store_id)
    return file


def add_batch(store: Store, store_id: str, fields: Json) -> Json:
    """Put several files into a store at once; inside a transaction."""
    batch = objects.vector_store_batch(store_id)
    store.insert(batch, store_id)
    common = _chunking(fields) | ({"attributes": fields["attributes"]} if "attributes" in fields else {})
    for each in fields.get("files") or [{"file_id": file_id} | common for file_id in fields["file_ids"]]:
        add_file(store, store_id, each, batch["id"])
    return batch


def cancel_batch(store: Store, batch: Json) -> Json:
    """Stop indexing what is left of a batch; inside a transaction."""
    left = [file for file in store.all(FILE, batch["vector_store_id"]) if file["batch_id"] == batch["id"]]
    waiting = [file for file in left if file["status"] == "in_progress"]
    for file in waiting:
        store.replace(file | {"status": "cancelled"}, batch["vector_store_id"])
    if waiting:
        batch = batch | {"status": "cancelled"}
        store.replace(batch, batch["vector_store_id"])
    return batch


def attach(store: Store, thread: Json, file_ids: Sequence[str]) -> None:
    """Put files into a thread's store, which is made when there is none; inside a transaction."""
    resources = thread["tool_resources"]
    ids = resources.get("file_search", {}).get("vector_store_ids", [])
    if not ids:
        expires_after = {"anchor": "last_active_at", "days": ATTACHED_DAYS}
        ids = [create(store, {"expires_after": expires_after})["id"]]
        thread["tool_resources"] = resources | {"file_search": {"vector_store_ids": ids}}
        store.replace(thread)
    for file_id in file_ids:
        if store.get(FILE, file_id, ids[0]) is None:
            add_file(store, ids[0], {"file_id": file_id})
    used(store, ids[0])


def used(store: Store, store_id: str) -> None:
    """Its time until it expires begins anew; inside a transaction."""
    found = store.get(STORE, store_id)
    if found and shown(store, found)["status"] != "expired":
        store.replace(found | {"last_active_at": int(time.time())})


def waiting(store: Store) -> bool:
    """Whether any file waits for the index, or is on its way into it."""
    row = store.db.execute(
        "SELECT 1 FROM objects WHERE kind = ? AND status = 'in_progress' AND body IS NOT NULL LIMIT 1", (FILE,)
    ).fetchone()
    return row is not None


def take(store: Store, lease: Lease) -> Json | None:
    """The file that has waited longest and that no living process works on, from now on this one's; in a transaction.

    This process works on one file at a time, so what it has taken before and not finished is taken again.
    """
    rows = store.db.execute(
        "SELECT body, owner FROM objects WHERE kind = ? AND status = 'in_progress' AND body IS NOT NULL ORDER BY seq",
        (FILE,),
    )
    for row in rows:
        if row["owner"] in (None, lease.id) or not lease.is_alive(row["owner"]):
            file: Json = from_json(row["body"])
            store.set_owner(file, file["vector_store_id"], lease.id)
            return file
    return None


def remove_file(store: Store, store_id: str, file_id: str) -> None:
    """Take a file out of a store; inside a transaction. The file itself stays."""
    store.delete(FILE, file_id, store_id)
    _drop_unused(store, [file_id])


def forget_file(store: Store, file_id: str) -> None:
    """Take a deleted file out of all stores; inside a transaction."""
    for store_id in store.parents(FILE, file_id):
        store.delete(FILE, file_id, store_id)
    index.drop(store, file_id)


def delete(store: Store, store_id: str) -> None:
    """Delete a store; whatever names it, names it no longer. Inside a transaction. Its files stay."""
    file_ids = [file["id"] for file in store.all(FILE, store_id)]
    store.delete_under(store_id)
    store.delete(STORE, store_id)
    _drop_unused(store, file_ids)
    for owner in store.naming(("assistant", "thread"), store_id):
        ids = owner["tool_resources"].get("file_search", {}).get("vector_store_ids", [])
        if store_id in ids:
            owner["tool_resources"]["file_search"]["vector_store_ids"] = [each for each in ids if each != store_id]
            store.replace(owner)


def _drop_unused(store: Store, file_ids: Iterable[str]) -> None:
    for file_id in file_ids:
        if not store.parents(FILE, file_id):
            index.drop(store, file_id)


def _chunking(fields: Json) -> Json:
    return {"chunking_strategy": fields["chunking_strategy"]} if "chunking_strategy" in fields else {}


def _expires_at(vector_store: Json) -> int | None:
    after = vector_store.get("expires_after")
    return vector_store["last_active_at"] + after["days"] * 86_400 if after else None


def _counted(store: Store, store_id: str, batch_id: str | None = None) -> tuple[Json, int]:
    """The files by status and all together, and their bytes in the index."""
    rows = store.db.execute(
        "SELECT status, count(*) AS number, sum(json_extract(body, '$.usage_bytes')) AS bytes FROM objects"
        " WHERE kind = ?1 AND parent = ?2 AND body IS NOT NULL"
        " AND (?3 IS NULL OR json_extract(body, '$.batch_id') = ?3) GROUP BY status",
        (FILE, store_id, batch_id),
    ).fetchall()
    counts: Json = dict.fromkeys(_STATUSES, 0) | {row["status"]: row["number"] for row in rows}
    return counts | {"total": sum(counts.values())}, sum(row["bytes"] for row in rows)
