"""What the endpoint remembers, and what happens to it when processes die, race and run out of space."""

import os
import shutil
import sqlite3
import stat
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing
from pathlib import Path
from types import SimpleNamespace
from urllib.parse import urlsplit

import httpx2
import psutil
import pytest
from support.recording import Recorder
from support.talking import V2, assistant_of, azure

from mock_endpoint.problems import EndpointError
from mock_endpoint.server import Running
from mock_endpoint.state.key import key_file, key_of
from mock_endpoint.state.opening import APPLICATION_ID, VERSION
from mock_endpoint.state.store import Store

from .conftest import Starter

ASSISTANT = {"model": "gpt-4o", "instructions": "Answer."}


RawOf = Callable[[Running], httpx2.Client]


@pytest.fixture
def raw_of() -> Iterator[RawOf]:
    """Plain HTTP for an endpoint of the test's own; nobody checks its answers, for here they may be 500."""
    with ExitStack() as stack:
        yield lambda running: stack.enter_context(
            httpx2.Client(base_url=f"{running.url}/openai/", headers={"api-key": running.key}, params=V2)
        )


def test_stopped_endpoint_leaves_no_open_run(starting: Starter, recorder: Recorder, state: Path) -> None:
    """Stopping is as good as dying: the next endpoint on the file finds the run ended."""
    first = starting()
    with azure(first, recorder) as client:
        run = client.beta.threads.create_and_run(
            assistant_id=assistant_of(client), thread={"messages": [{"role": "user", "content": "wait"}]}
        )
    first.stop()
    with azure(starting(), recorder) as client:
        assert client.beta.threads.runs.retrieve(run.id, thread_id=run.thread_id).status == "expired"


def test_state_outlives_the_endpoint(starting: Starter, recorder: Recorder) -> None:
    """A kernel restart keeps assistants, and the key stays the same."""
    first = starting()
    with azure(first, recorder) as client:
        made = client.beta.assistants.create(**ASSISTANT)
    first.stop()
    second = starting()
    assert second.key == first.key
    with azure(second, recorder) as client:
        assert client.beta.assistants.retrieve(made.id) == made


def test_memory_keeps_nothing(starting: Starter, recorder: Recorder, tmp_path: Path) -> None:
    """No file at all, and a key of its own."""
    running = starting(state="memory")
    with azure(running, recorder) as client:
        assert client.beta.assistants.retrieve(assistant_of(client))
    assert running.key_file is None
    assert list(tmp_path.iterdir()) == []


# Files that are not ours


def _foreign(path: Path) -> None:
    with sqlite3.connect(path) as db:
        db.execute("CREATE TABLE diary (page TEXT)")
        db.execute("INSERT INTO diary VALUES ('dear diary')")
    db.close()


def _damaged(path: Path) -> None:
    _filled(path)
    db = sqlite3.connect(path)
    db.execute("PRAGMA journal_mode = DELETE")
    db.close()
    content = bytearray(path.read_bytes())
    content[4096:] = bytes(len(content) - 4096)
    path.write_bytes(content)


def _truncated(path: Path) -> None:
    _filled(path)
    path.write_bytes(path.read_bytes()[:5000])


def _filled(path: Path) -> None:
    store = Store(path)
    for i in range(50):
        store.insert({"id": f"asst_{i}", "object": "assistant", "text": "x" * 1000})
    store.close()


@pytest.mark.parametrize(
    "make",
    [
        _foreign,
        _damaged,
        _truncated,
        lambda path: path.write_bytes(b"a letter, not a database\n" * 100),
        lambda path: path.write_bytes(b"x"),
    ],
    ids=["foreign", "damaged", "truncated", "text", "one byte"],
)
def test_files_that_are_not_ours_are_left_alone(state: Path, make: Callable[[Path], object]) -> None:
    """Refused with what to do, and not a byte of them changes."""
    make(state)
    before = state.read_bytes()
    with pytest.raises(EndpointError, match="It was left as it is") as refused:
        Store(state)
    assert "KIT_STATE" in refused.value.fix
    assert state.read_bytes() == before
    assert list(state.parent.glob("*.bak")) == []


def _of_version(path: Path, version: int, name: str) -> None:
    db = sqlite3.connect(path)
    db.execute(f"PRAGMA application_id = {APPLICATION_ID}")
    db.execute(f"PRAGMA user_version = {version}")
    db.execute(f"CREATE TABLE {name} (page TEXT)")
    db.close()


def test_other_versions_are_moved_aside(state: Path) -> None:
    """`state.<version>.bak`, twice in a row too; what is in them stays."""
    kept = []
    for name in ("first", "second"):
        _of_version(state, VERSION + 1, name)
        kept.append(state.read_bytes())
        store = Store(state)
        store.insert({"id": "asst_1", "object": "assistant"})
        store.close()
        state.unlink()
    aside = sorted(state.parent.glob(f"state.{VERSION + 1}*.bak"))
    assert aside[-1].name == f"state.{VERSION + 1}.bak"
    assert sorted(file.read_bytes() for file in aside) == sorted(kept)


_FIRST_LAYOUT = """
CREATE TABLE objects (
    seq    INTEGER PRIMARY KEY AUTOINCREMENT,
    id     TEXT NOT NULL UNIQUE,
    kind   TEXT NOT NULL,
    parent TEXT NOT NULL,
    body   TEXT,
    owner  TEXT,
    status TEXT AS (json_extract(body, '$.status')) VIRTUAL
);
CREATE INDEX in_order ON objects (kind, parent, seq) WHERE body IS NOT NULL;
CREATE INDEX of_run ON objects (parent, json_extract(body, '$.run_id'), seq)
    WHERE json_extract(body, '$.run_id') IS NOT NULL;
CREATE UNIQUE INDEX one_active_run ON objects (parent)
    WHERE kind = 'thread.run' AND status IN ('queued', 'in_progress', 'requires_action', 'cancelling');
"""


def _to_first_layout(path: Path) -> None:
    """Write the file's objects into a file as version 1 had it."""
    with closing(sqlite3.connect(path)) as now:
        rows = now.execute("SELECT seq, id, kind, parent, body, owner FROM objects").fetchall()
    for part in path.parent.glob(path.name + "*"):
        if part.suffix in {".db", ".db-wal", ".db-shm"}:
            part.unlink()
    with closing(sqlite3.connect(path)) as first:
        first.execute("PRAGMA journal_mode = WAL")
        first.executescript(_FIRST_LAYOUT)
        first.execute(f"PRAGMA application_id = {APPLICATION_ID}")
        first.execute("PRAGMA user_version = 1")
        first.executemany("INSERT INTO objects (seq, id, kind, parent, body, owner) VALUES (?, ?, ?, ?, ?, ?)", rows)
        first.commit()


def test_the_first_layout_is_taken_over(starting: Starter, recorder: Recorder, state: Path) -> None:
    """Nothing that a learner made with an earlier kit is lost, nor the order, nor the place of what was deleted."""
    first = starting()
    with azure(first, recorder) as client:
        assistant = assistant_of(client)
        thread = client.beta.threads.create(messages=[{"role": "user", "content": str(n)} for n in range(3)])
        run = client.beta.threads.runs.create_and_poll(thread_id=thread.id, assistant_id=assistant)
        gone = client.beta.threads.messages.list(thread.id, order="asc").data[1]
        client.beta.threads.messages.delete(gone.id, thread_id=thread.id)
        before = [message.id for message in client.beta.threads.messages.list(thread.id)]
    first.stop()
    _to_first_layout(state)
    with azure(starting(), recorder) as client:
        assert [message.id for message in client.beta.threads.messages.list(thread.id)] == before
        after = client.beta.threads.messages.list(thread.id, after=gone.id, order="asc").data
        assert [message.id for message in after] == before[:2][::-1]
        assert client.beta.threads.runs.retrieve(run.id, thread_id=thread.id) == run
        assert len(client.beta.threads.runs.steps.list(run.id, thread_id=thread.id).data) == 1
        again = client.beta.threads.runs.create_and_poll(thread_id=thread.id, assistant_id=assistant)
        assert again.status == "completed"
    assert list(state.parent.glob("*.bak")) == []
    Store(state.with_name("new.db")).close()
    assert _layout(state) == _layout(state.with_name("new.db"))


def _layout(path: Path) -> set[str]:
    """The tables and indexes of a file."""
    with closing(sqlite3.connect(path)) as db:
        return {row[0] for row in db.execute("SELECT name FROM sqlite_master")}


def test_an_id_may_stand_under_two_parents(state: Path) -> None:
    """As a file does in two vector stores: found, changed and deleted under each by itself."""
    store = Store(state)
    for parent in ("vs_1", "vs_2"):
        store.insert({"id": "file-1", "object": "vector_store.file", "in": parent}, parent)
    store.replace({"id": "file-1", "object": "vector_store.file", "in": "changed"}, "vs_2")
    store.delete("vector_store.file", "file-1", "vs_1")
    assert store.get("vector_store.file", "file-1", "vs_1") is None
    found = store.get("vector_store.file", "file-1", "vs_2")
    assert found is not None
    assert found["in"] == "changed"
    assert store.get("vector_store.file", "file-1") is None
    with pytest.raises(sqlite3.IntegrityError):
        store.insert(found, "vs_2")
    store.close()


def test_a_lock_of_another_program_keeps_only_writers_waiting(
    starting: Starter, raw_of: RawOf, state: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Meanwhile others read; the write is done once the lock is gone. If it stays, the answer says why."""
    running = starting()
    client, reader = raw_of(running), raw_of(running)
    made = client.post("assistants", json=ASSISTANT).json()
    with closing(sqlite3.connect(state, isolation_level=None)) as other, ThreadPoolExecutor() as pool:
        other.execute("BEGIN IMMEDIATE")
        late = pool.submit(client.post, "assistants", json=ASSISTANT)
        for _ in range(20):
            assert reader.get(f"assistants/{made['id']}").status_code == 200
        assert not late.done()
        other.execute("COMMIT")
        assert late.result(10).status_code == 200
        monkeypatch.setattr("mock_endpoint.state.store.BUSY_SECONDS", 0.2)
        other.execute("BEGIN IMMEDIATE")
        refused = client.post("assistants", json=ASSISTANT)
        other.execute("COMMIT")
    assert (refused.status_code, refused.json()["error"]["code"]) == (500, "state_unwritable")
    assert "another program" in refused.json()["error"]["message"]
    assert "space" not in refused.json()["error"]["message"]


@pytest.mark.parametrize("content", [b"", None], ids=["no bytes", "no tables"])
def test_empty_files_are_taken(state: Path, content: bytes | None) -> None:
    """What a process leaves that dies while it makes the file; there is nothing in it to lose."""
    if content is None:
        db = sqlite3.connect(state)
        db.execute("PRAGMA journal_mode = WAL")
        db.close()
        assert state.stat().st_size > 0
    else:
        state.write_bytes(content)
    store = Store(state)
    store.insert({"id": "asst_1", "object": "assistant"})
    store.close()


def test_unwritable_folder(tmp_path: Path) -> None:
    """A file where a folder should be: a sentence, not a traceback."""
    (tmp_path / "file").write_bytes(b"")
    for attempt in (lambda: Store(tmp_path / "file" / "state.db"), lambda: key_of(tmp_path / "file" / "state.db")):
        with pytest.raises(EndpointError, match="cannot be written"):
            attempt()


def test_full_disk(starting: Starter, raw_of: RawOf) -> None:
    """An error body that says so and asks for no retry; nothing is half written; it works again with more space."""
    running = starting()
    client = raw_of(running)
    kept = client.post("assistants", json=ASSISTANT).json()
    database = running.store.db
    pages = database.execute("PRAGMA page_count").fetchone()[0]
    database.execute(f"PRAGMA max_page_count = {pages}")
    long = {"messages": [{"role": "user", "content": "x" * 50_000}] * 3}
    response = client.post("threads", json=long)
    error = response.json()["error"]
    assert (response.status_code, response.headers["x-should-retry"]) == (500, "false")
    assert (error["type"], error["param"], error["code"]) == ("server_error", None, "state_unwritable")
    assert "full" in error["message"]
    assert client.get(f"assistants/{kept['id']}").json() == kept
    database.execute("PRAGMA max_page_count = 1000000")
    made = client.post("threads", json=long)
    assert len(client.get(f"threads/{made.json()['id']}/messages").json()["data"]) == 3
    assert database.execute("PRAGMA integrity_check").fetchone()[0] == "ok"


def test_run_that_can_no_longer_be_written(starting: Starter, raw_of: RawOf) -> None:
    """It does not stay open: reading it says what is wrong, and later that it has ended; the thread is free."""
    running = starting(pace=0.1)
    client = raw_of(running)
    assistant = client.post("assistants", json=ASSISTANT).json()["id"]
    run = client.post("threads/runs", json={"assistant_id": assistant}).json()
    running.store.db.execute("PRAGMA query_only = ON")
    path = f"threads/{run['thread_id']}/runs/{run['id']}"
    end = time.monotonic() + 5
    while client.get(path).status_code == 200:
        assert time.monotonic() < end, "the run stays open"
    running.store.db.execute("PRAGMA query_only = OFF")
    assert client.get(path).json()["status"] == "expired"
    assert client.post(f"threads/{run['thread_id']}/messages", json={"role": "user", "content": "x"}).status_code == 200


def test_a_network_drive_under_any_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """NFS can be mounted anywhere, and a Windows share as a letter: the system's table of mounts knows."""
    here = str(tmp_path.resolve())
    for kind, options, mode in (("nfs4", "rw", "delete"), ("ntfs", "rw,remote", "delete"), ("ext4", "rw", "wal")):
        mounts = [SimpleNamespace(mountpoint="/", fstype="ext4", opts="rw")]
        mounts += [SimpleNamespace(mountpoint=here, fstype=kind, opts=options)]
        monkeypatch.setattr(psutil, "disk_partitions", lambda all, mounts=mounts: mounts)
        store = Store(tmp_path / f"{kind}.db")
        assert store.db.execute("PRAGMA journal_mode").fetchone()[0] == mode
        store.close()


def test_journal(state: Path, tmp_path: Path) -> None:
    """WAL where it is granted; DELETE in a folder that a service keeps in step; both keep what they are given."""
    synced = tmp_path / "OneDrive - School" / "state.db"
    for path, mode in ((state, "wal"), (synced, "delete")):
        store = Store(path)
        assert store.db.execute("PRAGMA journal_mode").fetchone()[0] == mode
        store.insert({"id": "asst_1", "object": "assistant"})
        store.close()
        again = Store(path)
        assert again.get("assistant", "asst_1")
        again.close()


# The key


def test_key_file(starting: Starter, state: Path) -> None:
    """Random, kept beside the state, readable by its owner only, the same for every process on the file."""
    running = starting()
    assert running.key_file == key_file(state)
    assert key_file(state).read_text(encoding="ascii") == running.key == key_of(state)
    assert len(running.key) >= 32
    assert key_of(state.with_name("other.db")) != running.key
    if os.name == "posix":
        assert stat.S_IMODE(key_file(state).stat().st_mode) == 0o600


@pytest.mark.skipif(os.name != "posix", reason="Windows keeps other people out by the folder's own rights")
def test_conversations_are_readable_by_their_owner_only(state: Path) -> None:
    """A workshop machine has several users; SQLite's log beside the file holds conversations as well."""
    store = Store(state)
    store.insert({"id": "thread_1", "object": "thread"})
    log = state.with_name(state.name + "-wal")
    assert [stat.S_IMODE(file.stat().st_mode) for file in (state, log)] == [0o600, 0o600]
    store.close()


def test_key_is_shown_nowhere(starting: Starter) -> None:
    """Not in the representation of what holds it."""
    running = starting(key="secret")
    assert running.key_file is None
    assert "secret" not in repr(running)


# Who owns a run


def test_port_in_use(starting: Starter, tmp_path: Path) -> None:
    """A sentence; and nothing that this attempt opened stays behind."""
    taken = urlsplit(starting().url).port
    other = tmp_path / "other.db"
    with pytest.raises(EndpointError, match="cannot listen") as refused:
        starting(state=other, port=taken)
    assert "--port" in refused.value.fix
    assert list(other.with_name("other.db.owners").iterdir()) == []


def test_copy_of_a_state_file(starting: Starter, recorder: Recorder, state: Path) -> None:
    """A file that was copied elsewhere works there, without the runs that somebody else moves."""
    running = starting()
    with azure(running, recorder) as client:
        assistant = assistant_of(client)
    running.stop()
    other = state.parent / "コピー 2" / "my state.db"
    other.parent.mkdir()
    shutil.copy(state, other)
    with azure(starting(state=other), recorder) as client:
        assert client.beta.assistants.retrieve(assistant).id == assistant
