"""What the endpoint remembers: JSON objects in one SQLite file.

An object is stored as it goes over the wire. What must be searched or guarded is derived from it by SQLite itself
(a generated column, two indexes), so that nothing is kept twice.
"""

import json
import os
import secrets
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from filelock import FileLock

from mock_endpoint.problems import EndpointError

Json = dict[str, Any]

APPLICATION_ID = 0x54414249
"""Marks a SQLite file as ours."""
VERSION = 1
"""The layout below; a file of another version is moved aside."""
MEMORY: Literal["memory"] = "memory"

_SMALLEST = 512
"""Bytes of the smallest SQLite file; SQLite takes anything shorter for an empty one, and would write over it."""

_PAGES_TO_TIDY = 4000
"""Pages (of 4 KiB) in the write-ahead log before SQLite copies them into the file, which all requests wait for."""

_LAYOUT = """
CREATE TABLE objects (
    seq    INTEGER PRIMARY KEY AUTOINCREMENT,  -- the order of lists: created_at has seconds only
    id     TEXT NOT NULL UNIQUE,
    kind   TEXT NOT NULL,                      -- the object's own name: assistant, thread, thread.message, …
    parent TEXT NOT NULL,                      -- the thread of a message or run, the run of a step; otherwise ''
    body   TEXT,                               -- JSON; NULL once deleted, so that a cursor on it still has a place
    owner  TEXT,                               -- who moves this run
    status TEXT AS (json_extract(body, '$.status')) VIRTUAL
);
CREATE INDEX in_order ON objects (kind, parent, seq) WHERE body IS NOT NULL;
CREATE INDEX of_run ON objects (parent, json_extract(body, '$.run_id'), seq)
    WHERE json_extract(body, '$.run_id') IS NOT NULL;
CREATE UNIQUE INDEX one_active_run ON objects (parent)
    WHERE kind = 'thread.run' AND status IN ('queued', 'in_progress', 'requires_action', 'cancelling');
"""


class ActiveRun(Exception):
    """The thread already has a run that has not ended."""


@dataclass(frozen=True)
class Page:
    """One page of a list, and whether more follows on that side."""

    data: list[Json]
    has_more: bool


class Store:
    """Objects by id, and lists in the order of their creation. Every write is durable when its call returns."""

    def __init__(self, path: Path | Literal["memory"]) -> None:
        """Open or create the file; `EndpointError` when it is not ours to write."""
        self.path = path
        self._db = _open(path)

    def close(self) -> None:
        """Let go of the file."""
        self._db.close()

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All of the writes inside, or none; other processes wait."""
        if self._db.in_transaction:
            yield
            return
        self._db.execute("BEGIN IMMEDIATE")
        try:
            yield
            self._db.execute("COMMIT")
        except BaseException:
            if self._db.in_transaction:
                self._db.execute("ROLLBACK")
            raise

    def insert(self, body: Json, parent: str = "", owner: str | None = None) -> None:
        """Keep a new object; `ActiveRun` when it is a run and its thread has an active one."""
        try:
            self._db.execute(
                "INSERT INTO objects (id, kind, parent, body, owner) VALUES (?, ?, ?, ?, ?)",
                (body["id"], body["object"], parent, _dump(body), owner),
            )
        except sqlite3.IntegrityError as error:
            raise ActiveRun from error

    def get(self, kind: str, object_id: str, parent: str | None = None) -> Json | None:
        """The object, or None when there is none (any more) or it belongs elsewhere."""
        row = self._row(kind, object_id)
        if row is None or row["body"] is None or (parent is not None and row["parent"] != parent):
            return None
        body: Json = json.loads(row["body"])
        return body

    def owner(self, run_id: str) -> str | None:
        """Who moves this run."""
        row = self._row("thread.run", run_id)
        return row["owner"] if row else None

    def replace(self, body: Json) -> None:
        """Write an object anew; inside a transaction together with the read that it rests on."""
        self._db.execute("UPDATE objects SET body = ? WHERE id = ?", (_dump(body), body["id"]))

    def hand_over(self, run_id: str, owner: str | None) -> None:
        """From now on this process moves the run; None: nobody does, for it waits for its caller."""
        self._db.execute("UPDATE objects SET owner = ? WHERE id = ?", (owner, run_id))

    def delete(self, object_id: str) -> None:
        """Forget an object's content; its place in the order stays."""
        self._db.execute("UPDATE objects SET body = NULL, owner = NULL WHERE id = ?", (object_id,))

    def delete_under(self, thread_id: str) -> None:
        """Remove a thread's messages, its runs and their steps."""
        self._db.execute(
            "DELETE FROM objects WHERE parent IN (SELECT id FROM objects WHERE kind = 'thread.run' AND parent = ?)",
            (thread_id,),
        )
        self._db.execute("DELETE FROM objects WHERE parent = ?", (thread_id,))

    def active_run(self, thread_id: str) -> Json | None:
        """The run that locks the thread."""
        row = self._db.execute(
            "SELECT body FROM objects WHERE kind = 'thread.run' AND parent = ?"
            " AND status IN ('queued', 'in_progress', 'requires_action', 'cancelling')",
            (thread_id,),
        ).fetchone()
        return json.loads(row["body"]) if row else None

    def all(self, kind: str, parent: str) -> list[Json]:
        """Everything of a kind under a parent, oldest first."""
        rows = self._db.execute(
            "SELECT body FROM objects WHERE kind = ? AND parent = ? AND body IS NOT NULL ORDER BY seq", (kind, parent)
        )
        return [json.loads(row["body"]) for row in rows]

    def place(self, kind: str, object_id: str, parent: str) -> int | None:
        """Where an object stands or stood in the order; None for an id that never was in this list."""
        row = self._row(kind, object_id)
        return row["seq"] if row and row["parent"] == parent else None

    def page(
        self,
        kind: str,
        parent: str,
        *,
        limit: int,
        newest_first: bool,
        after: int | None = None,
        before: int | None = None,
        run_id: str | None = None,
    ) -> Page:
        """At most `limit` objects behind the place `after`, or the nearest ones in front of the place `before`.

        "Behind" and "in front" are meant in the list's own order; the answer is always in that order.
        """
        backwards = before is not None and after is None
        where, values = ["kind = ?", "parent = ?", "body IS NOT NULL"], [kind, parent]
        for place, sign in ((after, "<" if newest_first else ">"), (before, ">" if newest_first else "<")):
            if place is not None:
                where.append(f"seq {sign} ?")
                values.append(str(place))
        if run_id is not None:
            where.append("json_extract(body, '$.run_id') = ?")
            values.append(run_id)
        direction = "DESC" if newest_first != backwards else "ASC"
        rows = self._db.execute(
            f"SELECT body FROM objects WHERE {' AND '.join(where)} ORDER BY seq {direction} LIMIT ?",  # noqa: S608
            (*values, limit + 1),
        ).fetchall()
        data = [json.loads(row["body"]) for row in rows[:limit]]
        return Page(data[::-1] if backwards else data, len(rows) > limit)

    def empty(self) -> None:
        """Forget everything. The file stays: on Windows an open file cannot be removed."""
        self._db.execute("DELETE FROM objects")

    def _row(self, kind: str, object_id: str) -> sqlite3.Row | None:
        row: sqlite3.Row | None = self._db.execute(
            "SELECT seq, parent, body, owner FROM objects WHERE id = ? AND kind = ?", (object_id, kind)
        ).fetchone()
        return row


def key_of(path: Path) -> str:
    """The state file's own key, made at first use and readable by its owner only."""
    file = key_file(path)
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        with FileLock(file.with_name(file.name + ".lock")):  # nobody reads a key that is half written
            if not file.exists():
                private = os.open(file, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
                with os.fdopen(private, "w", encoding="ascii") as new:
                    new.write(secrets.token_urlsafe(32))
            return file.read_text(encoding="ascii").strip()
    except OSError as error:
        raise _unwritable(file, error) from error


def key_file(path: Path) -> Path:
    """Where the key of a state file is kept."""
    return path.with_name(path.name + ".key")


def _dump(body: Json) -> str:
    return json.dumps(body, ensure_ascii=False, separators=(",", ":"))


def _open(path: Path | Literal["memory"]) -> sqlite3.Connection:
    if path == MEMORY:
        return _prepare(_connect(":memory:"))
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with FileLock(path.with_name(path.name + ".lock")):  # SQLite lets only one process turn WAL on, and none wait
            version = _version_of(path)
            if version not in (None, VERSION):
                _move_aside(path, version)
            path.touch(mode=0o600)  # conversations are nobody else's; SQLite's files beside it take the same mode
            return _prepare(_connect(str(path)), "DELETE" if _is_shared_drive(path) else "WAL")
    except (OSError, sqlite3.OperationalError) as error:
        raise _unwritable(path, error) from error


def _connect(name: str) -> sqlite3.Connection:
    db = sqlite3.connect(name, timeout=10, isolation_level=None, check_same_thread=False)
    db.row_factory = sqlite3.Row
    return db


def _prepare(db: sqlite3.Connection, journal: str = "MEMORY") -> sqlite3.Connection:
    db.execute(f"PRAGMA journal_mode = {journal}")  # SQLite answers with another mode where it cannot: that one then
    db.execute("PRAGMA synchronous = NORMAL")
    db.execute(f"PRAGMA wal_autocheckpoint = {_PAGES_TO_TIDY}")
    db.execute("BEGIN IMMEDIATE")
    if db.execute("PRAGMA user_version").fetchone()[0] != VERSION:
        for statement in _LAYOUT.split(";\n"):
            db.execute(statement)
        db.execute(f"PRAGMA application_id = {APPLICATION_ID}")
        db.execute(f"PRAGMA user_version = {VERSION}")
    db.execute("COMMIT")
    return db


def _version_of(path: Path) -> int | None:
    """The layout of an existing file; None when nothing is in it yet. A file that is not ours is refused."""
    if not path.exists() or path.stat().st_size == 0:
        return None
    db = sqlite3.connect(path.resolve().as_uri() + "?mode=ro", uri=True)
    try:
        if path.stat().st_size >= _SMALLEST and db.execute("SELECT count(*) FROM sqlite_master").fetchone()[0] == 0:
            return None  # somebody died while making it
        ours = db.execute("PRAGMA application_id").fetchone()[0] == APPLICATION_ID
        version: int = db.execute("PRAGMA user_version").fetchone()[0]
        sound = db.execute("PRAGMA quick_check(1)").fetchone()[0] == "ok"
    except sqlite3.OperationalError:
        raise
    except sqlite3.DatabaseError:
        ours = sound = False
    finally:
        db.close()
    if not (ours and sound):
        what = "is damaged" if ours else "is not a state file of this kit"
        raise EndpointError(
            f"{path} {what}. It was left as it is.",
            "Move it away, or name another file with KIT_STATE (or --state).",
        )
    return version


def _move_aside(path: Path, version: int | None) -> None:
    taken, name = 1, f"{path.stem}.{version}.bak"
    while path.with_name(name).exists():
        taken, name = taken + 1, f"{path.stem}.{version}-{taken}.bak"
    for suffix in ("", "-wal", "-shm"):
        part = path.with_name(path.name + suffix)
        if part.exists():
            part.rename(path.with_name(name + suffix))


def _is_shared_drive(path: Path) -> bool:
    """Whether the file lies where WAL is known to fail: a network share or a folder that a service keeps in step."""
    parts = path.resolve().parts
    names = {"onedrive", "dropbox", "google drive", "googledrive", "icloud drive", "mobile documents"}
    return parts[0].startswith("\\\\") or any(part.lower().split(" - ")[0] in names for part in parts)


def _unwritable(path: Path, error: Exception) -> EndpointError:
    return EndpointError(
        f"The state file {path} cannot be written ({error}).",
        "Give the folder write permission, or name another file with KIT_STATE (or --state).",
    )
