"""What the endpoint remembers: JSON objects in one SQLite file.

An object is stored as it goes over the wire, and found by its kind, its parent and its id: the API uses an id again
under another parent. What must be searched or guarded is derived from it by SQLite itself (a generated column, two
indexes), so that nothing is kept twice.
"""

import asyncio
import sqlite3
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Literal

from pydantic_core import from_json, to_json

from mock_endpoint.state.blobs import Blobs
from mock_endpoint.state.opening import ACTIVE, BUSY_SECONDS, is_busy, opened

Json = dict[str, Any]

_ACTIVE = ", ".join(f"'{status}'" for status in ACTIVE)
_AT = "kind = ? AND parent = ? AND id = ?"
_TRY_AGAIN = 0.005
"""Seconds between two attempts at a lock that another process holds."""


@dataclass(frozen=True)
class Page:
    """One page of a list, and whether more follows on that side."""

    data: list[Json]
    has_more: bool


class _Transaction:
    """See `Store.transaction`."""

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db
        self._inner = False

    async def __aenter__(self) -> None:
        self._inner = self._db.in_transaction
        if not self._inner:
            await self._begin()

    async def _begin(self) -> None:
        """Wait for another process's lock without keeping this one's other requests waiting."""
        deadline = time.monotonic() + BUSY_SECONDS
        while True:
            try:
                self._db.execute("BEGIN IMMEDIATE")
            except sqlite3.OperationalError as error:
                if not is_busy(error) or time.monotonic() > deadline:
                    raise
                await asyncio.sleep(_TRY_AGAIN)
            else:
                return

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._inner:
            return
        try:
            if error is None:
                self._db.execute("COMMIT")
        finally:
            if self._db.in_transaction:
                self._db.execute("ROLLBACK")


class Store:
    """Objects by kind, parent and id, and lists in the order of their creation.

    A transaction is durable once it is left. Whatever writes belongs into one.
    """

    def __init__(self, path: Path | Literal["memory"]) -> None:
        """Open or create the file; `EndpointError` when it is not ours to write."""
        self.path = path
        self.db = opened(path)
        """The connection of this process."""
        self.blobs = Blobs(path)
        """The bytes of files."""

    def close(self) -> None:
        """Let go of the file."""
        self.db.close()
        self.blobs.close()

    def transaction(self) -> _Transaction:
        """`async with` it: all of the writes inside, or none; other processes wait. One inside another is a part of it.

        Nothing may be awaited inside but another transaction: the requests of a process share one connection.
        """
        return _Transaction(self.db)

    def insert(self, body: Json, parent: str = "", owner: str | None = None, kind: str | None = None) -> None:
        """Keep a new object; `kind` where it does not say itself what it is, as items do not."""
        self.db.execute(
            "INSERT INTO objects (kind, parent, id, body, owner) VALUES (?, ?, ?, ?, ?)",
            (kind or body["object"], parent, body["id"], _dump(body), owner),
        )

    def get(self, kind: str, object_id: str, parent: str = "") -> Json | None:
        """The object, or None when there is none (any more)."""
        row = self._row(kind, object_id, parent)
        if row is None or row["body"] is None:
            return None
        return _load(row["body"])

    def owner(self, kind: str, object_id: str, parent: str = "") -> str | None:
        """Who moves this run or response."""
        row = self._row(kind, object_id, parent)
        return row["owner"] if row else None

    def replace(self, body: Json, parent: str = "") -> None:
        """Write an object anew; in one transaction with the read that it rests on."""
        self.db.execute(f"UPDATE objects SET body = ? WHERE {_AT}", (_dump(body), body["object"], parent, body["id"]))

    def set_owner(self, body: Json, parent: str, owner: str | None) -> None:
        """From now on this process moves the run; None: nobody does, for it waits for its caller."""
        self.db.execute(f"UPDATE objects SET owner = ? WHERE {_AT}", (owner, body["object"], parent, body["id"]))

    def delete(self, kind: str, object_id: str, parent: str = "") -> None:
        """Forget an object's content; its place in the order stays, for a cursor that points to it."""
        self.db.execute(f"UPDATE objects SET body = NULL, owner = NULL WHERE {_AT}", (kind, parent, object_id))

    def remove(self, kind: str, object_id: str, parent: str = "") -> None:
        """Forget an object and its place, so that another of this id can be kept there."""
        self.db.execute(f"DELETE FROM objects WHERE {_AT}", (kind, parent, object_id))

    def parents(self, kind: str, object_id: str) -> list[str]:
        """Under whom an id is in use."""
        rows = self.db.execute(
            "SELECT parent FROM objects WHERE kind = ? AND id = ? AND body IS NOT NULL", (kind, object_id)
        )
        return [row["parent"] for row in rows]

    def naming(self, kinds: Sequence[str], object_id: str) -> list[Json]:
        """The objects of these kinds, whatever their parents, in which an id stands anywhere."""
        rows = self.db.execute(
            f"SELECT body FROM objects WHERE kind IN ({', '.join('?' * len(kinds))}) AND instr(body, ?) > 0",
            (*kinds, object_id),
        )
        return [_load(row["body"]) for row in rows]

    def delete_under(self, parent: str) -> None:
        """Remove all that belongs to an object, and what belongs to that: a thread's messages, runs and their steps."""
        self.db.execute("DELETE FROM objects WHERE parent IN (SELECT id FROM objects WHERE parent = ?)", (parent,))
        self.db.execute("DELETE FROM objects WHERE parent = ?", (parent,))

    def active_run(self, thread_id: str) -> Json | None:
        """The run that locks the thread."""
        return self.active("thread.run", thread_id)

    def active(self, kind: str, parent: str) -> Json | None:
        """An object under this parent that has not ended."""
        row = self.db.execute(
            f"SELECT body FROM objects WHERE kind = '{kind}' AND parent = ? AND status IN ({_ACTIVE})", (parent,)
        ).fetchone()
        return _load(row["body"]) if row else None

    def all(self, kind: str, parent: str) -> list[Json]:
        """Everything of a kind under a parent, oldest first."""
        rows = self.db.execute(
            "SELECT body FROM objects WHERE kind = ? AND parent = ? AND body IS NOT NULL ORDER BY seq", (kind, parent)
        )
        return [_load(row["body"]) for row in rows]

    def ids(self, kind: str) -> set[str]:
        """The ids of all objects of a kind, whatever their parents."""
        rows = self.db.execute("SELECT id FROM objects WHERE kind = ? AND body IS NOT NULL", (kind,))
        return {row["id"] for row in rows}

    def due(self, kind: str, now: int) -> list[Json]:
        """Everything of a kind, without a parent, that has expired by this second."""
        rows = self.db.execute(
            "SELECT body FROM objects WHERE kind = ? AND parent = '' AND body IS NOT NULL"
            " AND json_extract(body, '$.expires_at') <= ?",
            (kind, now),
        )
        return [_load(row["body"]) for row in rows]

    def place(self, kind: str, object_id: str, parent: str = "") -> int | None:
        """Where an object stands or stood in the order; None for an id that never was in this list."""
        row = self._row(kind, object_id, parent)
        return row["seq"] if row else None

    def page(
        self,
        kind: str,
        parent: str,
        *,
        limit: int,
        newest_first: bool,
        after: int | None = None,
        before: int | None = None,
        only: Mapping[str, str] | None = None,
    ) -> Page:
        """At most `limit` objects behind the place `after`, or the nearest ones in front of the place `before`.

        `only`: members, and the values that they must have; the names come from the code, never from a caller.
        "Behind" and "in front" are meant in the list's own order; the answer is always in that order.
        """
        backwards = before is not None and after is None
        where, values = ["kind = ?", "parent = ?", "body IS NOT NULL"], [kind, parent]
        for place, sign in ((after, "<" if newest_first else ">"), (before, ">" if newest_first else "<")):
            if place is not None:
                where.append(f"seq {sign} ?")
                values.append(str(place))
        for name, value in (only or {}).items():
            where.append(f"json_extract(body, '$.{name}') = ?")
            values.append(value)
        direction = "DESC" if newest_first != backwards else "ASC"
        rows = self.db.execute(
            f"SELECT body FROM objects WHERE {' AND '.join(where)} ORDER BY seq {direction} LIMIT ?",
            (*values, limit + 1),
        ).fetchall()
        data = [_load(row["body"]) for row in rows[:limit]]
        return Page(data[::-1] if backwards else data, len(rows) > limit)

    async def empty(self) -> None:
        """Forget everything. The file stays: on Windows an open file cannot be removed."""
        async with self.transaction():
            for table in ("objects", "texts", "passages", "passage_words"):
                self.db.execute(f"DELETE FROM {table}")
        self.blobs.empty()

    def _row(self, kind: str, object_id: str, parent: str) -> sqlite3.Row | None:
        row: sqlite3.Row | None = self.db.execute(
            f"SELECT seq, body, owner FROM objects WHERE {_AT}",
            (kind, parent, object_id),
        ).fetchone()
        return row


def _load(body: str) -> Json:
    loaded: Json = from_json(body, cache_strings="keys")  # the values, ids above all, seldom come again
    return loaded


def _dump(body: Json) -> str:
    return to_json(body).decode()
