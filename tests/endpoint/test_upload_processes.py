"""Uploads and processes: two on one state, one that is killed in the middle, and how much memory one needs.

`KIT_SOAK=10` uploads 200 MB instead of 20, and kills ten times as often.
"""

import contextlib
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from random import Random

import httpx2
import openai
import psutil
import pytest
from support.processes import Serving
from support.recording import Recorder
from support.soaking import SOAK
from support.talking import azure

from mock_endpoint.server import Options, start
from mock_endpoint.state.store import Store

from .test_uploads import FILE, FORM, PURPOSE, form, part

MEGABYTE = bytes(1024 * 1024)
SIZE = min(20 * SOAK, 200)
"""Megabytes of a large file."""
ALLOWED = 8 * 1024 * 1024 if SIZE < 200 else 50 * 1024 * 1024
"""Bytes that the process may grow by while it takes the large file."""
KILLS = 2 * SOAK
PATIENCE = 20
"""Seconds for what must happen some time."""


def large(megabytes: int) -> Iterator[bytes]:
    """A form with a file of so many megabytes, without ever being in memory as a whole."""
    yield part(*PURPOSE) + part("file", "large.bin", b"")[:-2]
    for _ in range(megabytes):
        yield MEGABYTE
    yield b"\r\n--line--\r\n"


def on_disk(state: Path) -> list[Path]:
    """What lies on the disk for files."""
    folder = state.with_name(state.name + ".files")
    return list(folder.iterdir()) if folder.exists() else []


def blobs(state: Path) -> set[str]:
    """The same, by name."""
    return {path.name for path in on_disk(state)}


def arriving(state: Path) -> bool:
    """Whether some bytes of an upload are on the disk."""
    with contextlib.suppress(FileNotFoundError):  # it may have arrived at this very moment
        return any(path.suffix == ".part" and path.stat().st_size for path in on_disk(state))
    return False


def wait_for_part(state: Path) -> None:
    """Until some bytes of an upload are on the disk."""
    deadline = time.monotonic() + PATIENCE
    while not arriving(state) and time.monotonic() < deadline:
        time.sleep(0.005)
    assert arriving(state)


def endless(ended: threading.Event) -> Iterator[bytes]:
    """A form whose file goes on until somebody has had enough."""
    yield part(*PURPOSE) + part("file", "endless.bin", b"")[:-2]
    while not ended.wait(0.01):
        yield MEGABYTE


def test_two_processes(state: Path, recorder: Recorder) -> None:
    """Uploaded here, read, listed and deleted there."""
    with Serving(state) as one, Serving(state) as other, azure(one, recorder) as here, azure(other, recorder) as there:
        made = here.files.create(file=("気候.csv", b"a,b"), purpose="assistants")
        assert there.files.retrieve(made.id) == made
        assert there.files.content(made.id).read() == b"a,b"
        assert there.files.list().data == [made]
        thread = there.beta.threads.create(tool_resources={"code_interpreter": {"file_ids": [made.id]}})
        assert there.files.delete(made.id).deleted
        assert here.files.list().data == []
        assert blobs(state) == set()
        with pytest.raises(openai.NotFoundError):
            here.files.content(made.id)
        assert here.beta.threads.retrieve(thread.id).id == thread.id


def test_a_start_spares_the_uploads_of_another_process(state: Path) -> None:
    """A sweep at a start takes nothing that is still arriving elsewhere."""
    ended = threading.Event()
    answers: list[httpx2.Response] = []
    with Serving(state) as one:
        url = f"{one.url}/openai/v1/files"

        def upload() -> None:
            def content() -> Iterator[bytes]:
                yield from endless(ended)
                yield b"\r\n--line--\r\n"

            with httpx2.Client(headers=FORM | {"api-key": one.key}, timeout=60) as client:
                answers.append(client.post(url, content=content()))

        uploading = threading.Thread(target=upload)
        uploading.start()
        wait_for_part(state)
        with Serving(state) as other:
            assert httpx2.get(f"{other.url}/openai/v1/files", headers={"api-key": other.key}).json()["data"] == []
            ended.set()
            uploading.join(PATIENCE)
            assert [answer.status_code for answer in answers] == [200]
            file_id = answers[0].json()["id"]
            with httpx2.stream(
                "GET", f"{other.url}/openai/v1/files/{file_id}/content", headers={"api-key": other.key}
            ) as there:
                assert sum(map(len, there.iter_bytes())) == answers[0].json()["bytes"]


class Uploading(threading.Thread):
    """Uploads small files, or a single endless one, until nobody answers any more."""

    def __init__(self, serving: Serving, told: dict[str, int], ended: threading.Event | None = None) -> None:
        super().__init__()
        self._url, self._key = f"{serving.url}/openai/v1/files", serving.key
        self._told, self._ended = told, ended
        self.start()

    def run(self) -> None:
        """What the thread does."""
        with httpx2.Client(headers=FORM | {"api-key": self._key}, timeout=60) as client:
            try:
                while True:
                    content = endless(self._ended) if self._ended else form(PURPOSE, FILE)
                    made = client.post(self._url, content=content).json()
                    self._told[made["id"]] = made["bytes"]
            except httpx2.TransportError:
                return


@pytest.mark.all
def test_killed_in_the_middle_of_uploads(state: Path) -> None:
    """Kill −9: what was acknowledged is there with all its bytes, and of the rest nothing after the next start."""
    rng = Random(3)  # noqa: S311
    told: dict[str, int] = {}
    for _ in range(KILLS):
        ended, before = threading.Event(), len(told)
        with Serving(state) as serving:
            uploads = [Uploading(serving, told), Uploading(serving, told), Uploading(serving, told, ended)]
            wait_for_part(state)
            deadline = time.monotonic() + PATIENCE
            while len(told) == before and time.monotonic() < deadline:
                time.sleep(rng.uniform(0, 0.1))
            serving.kill()
            for upload in uploads:
                upload.join(PATIENCE)
            ended.set()
    assert told
    with start(Options(state=state)) as running, httpx2.Client(headers={"api-key": running.key}) as client:
        url = f"{running.url}/openai/v1/files"
        listed = {file["id"]: file["bytes"] for file in client.get(url).json()["data"]}
        assert told.items() <= listed.items()
        assert blobs(state) == set(listed)
        for file_id, size in told.items():
            assert len(client.get(f"{url}/{file_id}/content").content) == size


def test_what_a_dead_process_left_is_swept(state: Path) -> None:
    """At a start: bytes without a row, and what was arriving at a process that is gone. The rest stays."""
    with start(Options(state=state)) as running, httpx2.Client(headers={"api-key": running.key}) as client:
        made = client.post(f"{running.url}/openai/v1/files", content=form(PURPOSE, FILE), headers=FORM).json()["id"]
    folder = state.with_name(state.name + ".files")
    for name in ("assistant-without-a-row", "0123456789abcdef.aa.part"):
        (folder / name).write_bytes(b"x")
    with start(Options(state=state)) as running:
        httpx2.get(running.url)
        assert blobs(state) == {made}


def test_reset(state: Path) -> None:
    """`reset` takes the files with the rest, and goes on."""
    with start(Options(state=state)) as running, httpx2.Client(headers={"api-key": running.key}) as client:
        url = f"{running.url}/openai/v1/files"
        client.post(url, content=form(PURPOSE, FILE), headers=FORM)
        assert blobs(state)
        running.reset()
        assert (client.get(url).json()["data"], blobs(state)) == ([], set())
        assert client.post(url, content=form(PURPOSE, FILE), headers=FORM).status_code == 200


def test_a_state_in_memory_keeps_nothing() -> None:
    """Its bytes are in a temporary folder of the endpoint's own, gone when it stops."""
    with start(Options()) as running, httpx2.Client(headers={"api-key": running.key}) as client:
        url = f"{running.url}/openai/v1/files"
        for _ in range(2):
            made = client.post(url, content=form(PURPOSE, FILE), headers=FORM).json()
            assert client.get(f"{url}/{made['id']}/content").content == FILE[2]
            folder = running.store.blobs.folder
            running.reset()
            assert not folder.exists()
        client.post(url, content=form(PURPOSE, FILE), headers=FORM)
        folder = running.store.blobs.folder
    assert not folder.exists()


def test_a_state_in_memory_leaves_nothing_when_killed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The next that needs a temporary folder removes what a killed process left, and spares one that lives."""
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    dead, alive = Store("memory"), Store("memory")
    left, spared = dead.blobs.folder, alive.blobs.folder
    (left / "bytes").write_bytes(b"x")
    lock = left.parent / "in-use.lock"
    copy = tmp_path / f"{left.parent.name}-as-if-killed"
    (copy / "content").mkdir(parents=True)
    (copy / lock.name).touch()
    fresh = Store("memory")
    assert fresh.blobs.folder.exists()
    assert not copy.exists()
    assert left.exists()
    assert spared.exists()
    for store in (dead, alive, fresh):
        store.close()
    assert list(tmp_path.iterdir()) == []


def test_memory_of_a_large_upload(state: Path) -> None:
    """A file of 200 MB (20 in CI) goes to disk as it comes, and back as it is: the process does not grow with it."""
    with Serving(state) as serving, httpx2.Client(headers={"api-key": serving.key}, timeout=600) as client:
        process = psutil.Process(serving.process.pid)
        url = f"{serving.url}/openai/v1/files"
        client.post(url, content=large(1), headers=FORM)
        before, most, ended = process.memory_info().rss, 0, threading.Event()

        def look() -> None:
            nonlocal most
            while not ended.wait(0.002):
                most = max(most, process.memory_info().rss)

        looking = threading.Thread(target=look)
        looking.start()
        made = client.post(url, content=large(SIZE), headers=FORM).json()
        with client.stream("GET", f"{url}/{made['id']}/content") as answer:
            got = sum(map(len, answer.iter_bytes()))
        ended.set()
        looking.join()
    assert made["bytes"] == got == SIZE * len(MEGABYTE)
    assert most - before < ALLOWED, f"{(most - before) / len(MEGABYTE):.1f} MiB more"
