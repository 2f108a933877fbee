"""A server that runs for days does not grow: what a conversation needed is let go of when it is over.

`KIT_SOAK=20` holds twenty times as many conversations.
"""

import gc
import subprocess
import sys
import time
import tracemalloc
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import httpx2
import psutil
import pytest
from support.processes import KEY, ROOT
from support.soaking import SOAK

from mock_endpoint.http.context import RequestContext
from mock_endpoint.http.faults import HEADER, Faults
from mock_endpoint.http.stream import EventStream
from mock_endpoint.runs.worker import Worker
from mock_endpoint.runs.writer import RunWriter
from mock_endpoint.server import Options, start
from mock_endpoint.sse import Feed

CONVERSATIONS = 100 * SOAK
TRACED = 40 * SOAK
"""Conversations with every allocation counted, which is exact and slow."""
WARM_UP = 30
"""Conversations until all code is loaded and all caches are full."""
ALLOWED, NOISE = 1_000, 500_000
"""Bytes that a process may grow by for each conversation, and once, for the allocator's own housekeeping."""
ALLOWED_TRACED, NOISE_TRACED = 200, 40_000
"""The same where only Python's own allocations count; a fault's name is remembered until a thousand are."""
PATIENCE = 10
"""Seconds for what is on its way to come to its end."""
LONG = {"messages": [{"role": "user", "content": "x" * 200_000}] * 20}
"""More than the 2 MB of pages that SQLite keeps in memory, which are filled by it."""
QUESTION = {"messages": [{"role": "user", "content": "What is 6 times 7?"}]}


@pytest.fixture
def serving(tmp_path: Path) -> Iterator[tuple[psutil.Process, str]]:
    """`python -m helpers serve` as a person starts it: the process, and its address."""
    line = [sys.executable, "-m", "helpers.cli.commands", "serve", "--port", "0", "--key", KEY]
    line += ["--state", str(tmp_path / "state.db")]
    with subprocess.Popen(
        line, cwd=ROOT, stdout=subprocess.PIPE, stdin=subprocess.DEVNULL, encoding="utf-8"
    ) as process:
        assert process.stdout is not None
        yield psutil.Process(process.pid), process.stdout.readline().split()[1]
        process.kill()


def converse(client: httpx2.Client) -> None:
    """All that a conversation can be: polled, streamed, broken off by either side, spoiled, cancelled, deleted."""
    assistant = client.post("/assistants", json={"model": "gpt-4o"}).json()["id"]
    run = client.post("/threads/runs", json={"assistant_id": assistant, "thread": QUESTION}).json()
    thread = f"/threads/{run['thread_id']}"
    wait_for(client, thread, run["id"])
    client.post(f"{thread}/messages", json=QUESTION["messages"][0])
    asked = {"assistant_id": assistant, "stream": True}
    assert b"event: done" in client.post(f"{thread}/runs", json=asked).content
    asked["stream"], asked["thread"] = True, QUESTION
    with client.stream("POST", "/threads/runs", json=asked) as stream:
        next(stream.iter_bytes(1))  # and nobody listens on
    with pytest.raises(httpx2.RemoteProtocolError):
        client.post("/threads/runs", json=asked, headers={HEADER: "drop_stream"})
    assert client.get(thread, headers={HEADER: "rate_limit;times=1;id=" + run["id"]}).status_code == 429
    run = client.post(f"{thread}/runs", json={"assistant_id": assistant}).json()
    client.post(f"{thread}/runs/{run['id']}/cancel")
    assert wait_for(client, thread, run["id"]) in ("cancelled", "completed")
    client.delete(thread)


def wait_for(client: httpx2.Client, thread: str, run: str) -> str:
    """How a run ended."""
    deadline = time.monotonic() + PATIENCE
    status = "queued"
    while status in ("queued", "in_progress", "cancelling") and time.monotonic() < deadline:
        status = client.get(f"{thread}/runs/{run}").json()["status"]
    return status


@pytest.mark.all
def test_serving_does_not_grow(serving: tuple[psutil.Process, str]) -> None:
    """Conversation by conversation, the memory of `serve` stays what it was."""
    process, url = serving
    with httpx2.Client(base_url=f"{url}/openai/v1", headers={"api-key": KEY}, verify=False, timeout=30) as client:
        client.post("/threads", json=LONG).raise_for_status()
        for _ in range(WARM_UP):
            converse(client)
        before = process.memory_info().rss
        for _ in range(CONVERSATIONS):
            converse(client)
        grown = process.memory_info().rss - before
    assert grown < ALLOWED * CONVERSATIONS + NOISE, f"{grown / CONVERSATIONS:.0f} bytes for each conversation"


@pytest.mark.all
def test_python_allocates_no_more() -> None:
    """Counted byte by byte: what a server of this process holds after some conversations it holds after many.

    Three times: what is loaded or remembered once, by whatever else this process does, is no leak.
    """
    tracemalloc.start()
    try:
        with (
            start(Options(state="memory")) as running,
            httpx2.Client(base_url=f"{running.url}/openai/v1", headers={"api-key": running.key}, timeout=30) as client,
        ):
            held = []
            for number in (WARM_UP, TRACED, TRACED, TRACED):
                for _ in range(number):
                    converse(client)
                gc.collect()
                held.append(tracemalloc.get_traced_memory()[0])
    finally:
        tracemalloc.stop()
    grown = min(after - before for before, after in pairwise(held))
    assert grown < ALLOWED_TRACED * TRACED + NOISE_TRACED, f"{grown / TRACED:.0f} bytes for each conversation"


def test_nothing_of_a_conversation_is_kept() -> None:
    """Once the callers are gone, there is no worker, no feed, no writer and no request left."""
    kinds = (Worker, Feed, EventStream, RunWriter, RequestContext)
    with start(Options(state="memory")) as running:
        with httpx2.Client(base_url=f"{running.url}/openai/v1", headers={"api-key": running.key}) as client:
            for _ in range(5):
                converse(client)
        deadline = time.monotonic() + PATIENCE
        left = ["not looked yet"]
        while left and time.monotonic() < deadline:
            gc.collect()
            left = [repr(each) for each in gc.get_objects() if type(each) in kinds]
        assert left == []


def test_hits_of_faults_are_bounded() -> None:
    """Everybody may name a fault as he likes; the oldest counts go."""
    faults = Faults()
    for number in range(3000):
        assert faults.asked_by(f"slow;times=1;id={number}").strikes("slow")
    assert not faults.asked_by("slow;times=1;id=2999").strikes("slow")
    assert sum(len(value) for value in vars(faults).values() if isinstance(value, dict)) <= 1000
