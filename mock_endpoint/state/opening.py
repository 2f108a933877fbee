"""The state file: made, opened, taken over from an earlier layout, or refused."""

import sqlite3
from pathlib import Path
from typing import Literal

from filelock import FileLock

from mock_endpoint.problems import EndpointError
from mock_endpoint.state.drives import is_shared_drive

ACTIVE = ("queued", "in_progress", "requires_action", "cancelling")
"""A run in one of these locks its thread."""

APPLICATION_ID = 0x54414249
"""Marks a SQLite file as ours."""
VERSION = 3
"""The layout below. A file of an earlier one is taken over; one of a later version is moved aside."""
MEMORY: Literal["memory"] = "memory"
BUSY_SECONDS = 10
"""How long a lock that another process holds is waited for."""

LONGEST_WAIT = 30
"""Seconds to wait for the lock file; on some file systems, `/proc` for one, it can never be had."""
_SMALLEST = 512
"""Bytes of the smallest SQLite file; SQLite takes anything shorter for an empty one, and would write over it."""
_PAGES_TO_TIDY = 4000
"""Pages (of 4 KiB) in the write-ahead log before SQLite copies them into the file, which all requests wait for."""

_TABLE = """
CREATE TABLE objects (
    seq    INTEGER PRIMARY KEY AUTOINCREMENT,  -- the order of lists: created_at has seconds only
    kind   TEXT NOT NULL,                      -- the object's own name: assistant, thread, thread.message, …
    parent TEXT NOT NULL,                      -- the thread of a message or run, the run of a step; otherwise ''
    id     TEXT NOT NULL,
    body   TEXT,                               -- JSON; NULL once deleted, so that a cursor on it still has a place
    owner  TEXT,                               -- who moves this run
    status TEXT AS (json_extract(body, '$.status')) VIRTUAL,
    UNIQUE (kind, parent, id)
)
"""
_INDEXES = (
    "CREATE INDEX in_order ON objects (kind, parent, seq) WHERE body IS NOT NULL",
    "CREATE INDEX under ON objects (parent)",
    "CREATE INDEX of_run ON objects (parent, json_extract(body, '$.run_id'), seq)"
    " WHERE json_extract(body, '$.run_id') IS NOT NULL",
    "CREATE UNIQUE INDEX one_active_run ON objects (parent)"
    f" WHERE kind = 'thread.run' AND status IN ({', '.join(map(repr, ACTIVE))})",
)
_SEARCH = (
    "CREATE TABLE texts (file_id TEXT PRIMARY KEY, text TEXT NOT NULL)",
    "CREATE TABLE passages (id INTEGER PRIMARY KEY, file_id TEXT NOT NULL, place INTEGER NOT NULL,"
    " start INTEGER NOT NULL, stop INTEGER NOT NULL, tokens INTEGER NOT NULL, vector BLOB NOT NULL,"
    " UNIQUE (file_id, place))",
    "CREATE VIRTUAL TABLE passage_words USING fts5 (words, tokenize = 'porter unicode61')",
)
"""What file search keeps of a file: its text, where its passages stand in it, and what they say."""
_TAKE_OVER = {
    # From version 1, where an id was unique by itself.
    1: (
        "ALTER TABLE objects RENAME TO earlier",
        _TABLE,
        "INSERT INTO objects (seq, kind, parent, id, body, owner)"
        " SELECT seq, kind, parent, id, body, owner FROM earlier",
        "DROP TABLE earlier",
        *_INDEXES,
        *_SEARCH,
    ),
    2: _SEARCH,  # from version 2, which had no file search
}
"""What brings a file of an earlier version to this one; its content stays."""

_REASON = {
    "SQLITE_BUSY": (
        f"another program has kept it locked for {BUSY_SECONDS} seconds",
        "Close the program that has it open",
    ),
    "SQLITE_FULL": ("the disk is full", "Free some space"),
    "SQLITE_READONLY": ("it may only be read", "Give it write permission"),
    "SQLITE_CORRUPT": ("it is damaged", "Move it away"),
}


def is_busy(error: sqlite3.Error) -> bool:
    """Whether another process holds the lock."""
    return _name(error) == "SQLITE_BUSY"


def explain(error: sqlite3.Error) -> tuple[str, str]:
    """Why the state file could not be used, and what to do: a sentence each."""
    reason, remedy = _REASON.get(_name(error), (str(error), "Look at the disk"))
    return f"The endpoint's state file could not be written: {reason}.", f"{remedy}, or set KIT_STATE elsewhere."


def _name(error: sqlite3.Error) -> str:
    """The error's main code, without what SQLite adds to it in extended ones."""
    return "_".join(getattr(error, "sqlite_errorname", "").split("_")[:2])


def opened(path: Path | Literal["memory"]) -> sqlite3.Connection:
    """A connection to the state file, which is made where there is none; `EndpointError` when it is not ours."""
    if path == MEMORY:
        return _prepared(_connected(":memory:"), None)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        # SQLite lets only one process turn WAL on, and none wait.
        with FileLock(path.with_name(path.name + ".lock"), timeout=LONGEST_WAIT):
            version = _version_of(path)
            if version is not None and version != VERSION and version not in _TAKE_OVER:
                _move_aside(path, version)
                version = None
            path.touch(mode=0o600)  # conversations are nobody else's; SQLite's files beside it take the same mode
            return _prepared(_connected(str(path)), version, "DELETE" if is_shared_drive(path) else "WAL")
    except sqlite3.OperationalError as error:
        if is_busy(error):
            raise EndpointError(
                f"The state file {path} is locked by another program.",
                "Close the program that has it open, or name another file with KIT_STATE (or --state).",
            ) from error
        raise unwritable(path, error) from error
    except OSError as error:
        raise unwritable(path, error) from error


def unwritable(path: Path, error: Exception) -> EndpointError:
    """What is said of a file that cannot be written."""
    return EndpointError(
        f"The state file {path} cannot be written ({error}).",
        "Give the folder write permission, or name another file with KIT_STATE (or --state).",
    )


def _connected(name: str) -> sqlite3.Connection:
    db = sqlite3.connect(name, timeout=BUSY_SECONDS, isolation_level=None, check_same_thread=False)
    db.row_factory = sqlite3.Row
    return db


def _prepared(db: sqlite3.Connection, version: int | None, journal: str = "MEMORY") -> sqlite3.Connection:
    granted = db.execute(f"PRAGMA journal_mode = {journal}").fetchone()[0]  # another one where SQLite cannot do this
    db.execute("PRAGMA synchronous = NORMAL")
    db.execute(f"PRAGMA wal_autocheckpoint = {_PAGES_TO_TIDY}")
    if version != VERSION:
        db.execute("BEGIN IMMEDIATE")
        for statement in _TAKE_OVER[version] if version else (_TABLE, *_INDEXES, *_SEARCH):
            db.execute(statement)
        db.execute(f"PRAGMA application_id = {APPLICATION_ID}")
        db.execute(f"PRAGMA user_version = {VERSION}")
        db.execute("COMMIT")
    if (
        granted == "wal"
    ):  # only writers wait for each other then, and `Store.transaction` does so between other requests
        db.execute("PRAGMA busy_timeout = 0")
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
        ours, version, sound = False, 0, False
    finally:
        db.close()
    if not (ours and sound):
        what = "is damaged" if ours else "is not a state file of this kit"
        raise EndpointError(
            f"{path} {what}. It was left as it is.",
            "Move it away, or name another file with KIT_STATE (or --state).",
        )
    return version


def _move_aside(path: Path, version: int) -> None:
    taken, name = 1, f"{path.stem}.{version}.bak"
    while path.with_name(name).exists():
        taken, name = taken + 1, f"{path.stem}.{version}-{taken}.bak"
    for suffix in ("", "-wal", "-shm"):
        part = path.with_name(path.name + suffix)
        if part.exists():
            part.rename(path.with_name(name + suffix))
