"""A process that is killed while it indexes: the next one goes on, and nothing is in the index twice or missing.

`KIT_SOAK=100` kills a hundred times.
"""

import time
from pathlib import Path
from random import Random

import pytest
from support.processes import Serving
from support.recording import Recorder
from support.soaking import SOAK
from support.talking import azure

from mock_endpoint.state.store import Store
from mock_endpoint.tools.file_search.passages import passages

pytestmark = pytest.mark.all

KILLS = SOAK
ROOMS = 150
TEXT = "\n\n".join(f"# Room {number}\n\nThe floor of room {number} is made of wood." for number in range(ROOMS))
PATIENCE = 60
"""Seconds for what must happen some time."""


def indexed(state: Path) -> int:
    """How many passages are in the index by now."""
    store = Store(state)
    try:
        number: int = store.db.execute("SELECT count(*) FROM passages").fetchone()[0]
    finally:
        store.close()
    return number


def test_killed_while_it_indexes(state: Path, recorder: Recorder) -> None:
    """What lay half in the index is completed, in the right order, with the words of each passage."""
    rng = Random(1)  # noqa: S311
    expected = [(place, each.start, each.stop) for place, each in enumerate(passages(TEXT))]
    kept = []
    for _ in range(KILLS):
        with Serving(state) as serving, azure(serving, recorder) as client:
            file = client.files.create(file=("rooms.md", TEXT.encode()), purpose="assistants")
            made = client.vector_stores.create(name="killed", file_ids=[file.id])
            deadline, goal = time.monotonic() + PATIENCE, indexed(state) + rng.randrange(1, len(expected) // 2)
            while indexed(state) < goal and time.monotonic() < deadline:
                time.sleep(0.005)
            serving.kill()
        kept.append((file.id, made.id))
    with Serving(state) as serving, azure(serving, recorder) as client:
        deadline = time.monotonic() + PATIENCE
        for _, store_id in kept:
            while client.vector_stores.retrieve(store_id).status == "in_progress" and time.monotonic() < deadline:
                time.sleep(0.05)
            found = client.vector_stores.search(store_id, query=f"room {ROOMS - 1}", max_num_results=1).data
            assert f"room {ROOMS - 1}" in found[0].content[0].text
    store = Store(state)
    for file_id, _ in kept:
        rows = store.db.execute(
            "SELECT id, place, start, stop FROM passages WHERE file_id = ? ORDER BY place", (file_id,)
        )
        all_rows = [tuple(row) for row in rows]
        assert [row[1:] for row in all_rows] == expected
    (words,) = store.db.execute("SELECT count(*) FROM passage_words").fetchone()
    assert words == len(kept) * len(expected)
    store.close()
