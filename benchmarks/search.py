"""(q) A file into the index, and (r) a search in it, beside the encoder, which no search by meaning can do without.

The passages of (r) are made up and so are their vectors, which is why the index is written without the encoder.
"""

import asyncio
import random
import tempfile
import time
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from benchmarks.measure import Comparison, Size, Target, both, client_of, in_turn
from mock_endpoint import vector_stores
from mock_endpoint.models.encoder import encoder
from mock_endpoint.schemas import objects
from mock_endpoint.state.store import Store
from mock_endpoint.tools.file_search import index
from mock_endpoint.tools.file_search.indexing import AT_ONCE
from mock_endpoint.tools.file_search.passages import passages

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from openai import AzureOpenAI

_WORDS = (Path(__file__).parent / "README.md").read_text(encoding="utf-8").split()
_QUESTION = "How long does the ferry take?"


def indexing(size: Size) -> list[Comparison]:
    """Milliseconds until a file is in a vector store; the floor encodes its passages."""
    with tempfile.TemporaryDirectory() as folder, both(Path(folder, "state.db")) as (url, _), client_of(url) as client:
        store = client.vector_stores.create().id
        samples = in_turn(size, partial(_index, client, store, size.paragraphs), partial(_encode, size.paragraphs))
    return [Comparison("q", f"{size.paragraphs} passages into the index", "ms", samples, Target("≤", 1.15))]


def search(size: Size) -> list[Comparison]:
    """Milliseconds of a search: beside the encoder and bare numpy, and beside a search in a tenth of the passages."""
    with tempfile.TemporaryDirectory() as folder:
        state = Path(folder, "state.db")
        large, small = (asyncio.run(_filled(state, number)) for number in (size.passages, size.passages // 10))
        vectors = _vectors(size.passages)
        with both(state) as (url, _), client_of(url) as client:
            find = partial(_search, client, large)
            beside_numpy = in_turn(size, find, partial(_bare, vectors), size.pages)
            beside_few = in_turn(size, find, partial(_search, client, small), size.pages)
    return [
        Comparison("r", f"search in {size.passages:,} passages: numpy", "ms", beside_numpy, Target("≤", 2)),
        Comparison("r", f"the same: {size.passages // 10:,} passages", "ms", beside_few, Target("≤", 3)),
    ]


def _text(number: int) -> str:
    """Paragraphs that are a passage each, different every time."""
    return "\n\n".join(" ".join(random.choices(_WORDS, k=40)) for _ in range(number))  # noqa: S311


def _index(client: "AzureOpenAI", store: str, paragraphs: int) -> float:
    file = client.files.create(file=("text.md", _text(paragraphs).encode()), purpose="assistants")
    begun = time.perf_counter()
    done = client.vector_stores.files.create_and_poll(file.id, vector_store_id=store, poll_interval_ms=100)
    elapsed = time.perf_counter() - begun
    assert done.status == "completed", done
    return elapsed * 1000


def _encode(paragraphs: int) -> float:
    """As many at once as the endpoint encodes."""
    text = _text(paragraphs)
    found = [text[each.start : each.stop] for each in passages(text)]
    encoder()  # loaded already, as in the endpoint
    begun = time.perf_counter()
    for first in range(0, len(found), AT_ONCE):
        encoder().encode(found[first : first + AT_ONCE])
    return (time.perf_counter() - begun) * 1000


def _vectors(number: int) -> "NDArray[np.float32]":
    made = np.random.default_rng(1).standard_normal((number, encoder().encode(["x"]).shape[1]), np.float32)
    normal: NDArray[np.float32] = made / np.linalg.norm(made, axis=1, keepdims=True)
    return normal


async def _filled(state: Path, number: int) -> str:
    """The id of a vector store whose one file has about so many passages."""
    store, text = Store(state), _text(number)
    file = objects.file(len(text), {"filename": "text.md", "purpose": "assistants"})
    store.blobs.path(file["id"]).write_text(text, encoding="utf-8")
    found = passages(text)
    vectors = [vector.tobytes() for vector in _vectors(len(found)).astype(np.float16)]
    async with store.transaction():
        store.insert(file)
        made = vector_stores.create(store, {"file_ids": [file["id"]]})
        index.put_text(store, file["id"], text)
        index.put(store, file["id"], text, found, vectors)
        (waiting,) = store.all(vector_stores.FILE, made["id"])
        store.replace(waiting | {"status": "completed"}, made["id"])
    store.close()
    store_id: str = made["id"]
    return store_id


def _search(client: "AzureOpenAI", store: str) -> float:
    begun = time.perf_counter()
    found = client.vector_stores.search(store, query=_QUESTION).data
    elapsed = time.perf_counter() - begun
    assert found
    return elapsed * 1000


def _bare(vectors: "NDArray[np.float32]") -> float:
    begun = time.perf_counter()
    scores = vectors @ encoder().encode([_QUESTION])[0]
    best = np.argsort(-scores)[:10]
    elapsed = time.perf_counter() - begun
    assert len(best)
    return elapsed * 1000
