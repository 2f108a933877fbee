"""Vector stores, their files and batches, as the official client uses them (contract §7)."""

import contextlib
import io
import time
from collections.abc import Callable, Iterator
from typing import Any

import httpx2
import openai
import pytest
from openai.types import VectorStore
from support.recording import Recorder
from support.talking import azure, plain

from mock_endpoint.server import Running
from mock_endpoint.state.store import Store
from mock_endpoint.tools.file_search import indexing

from .conftest import Starter

GATE = "# Gate\n\nThe gate is red and never closes.\n\n# Pond\n\nThe pond is deep; nobody may swim in it."
TEMPLE = "# 大仏\n\n大仏の高さは約15メートルです。\n\n# 鹿\n\n鹿にパンを与えてはいけません。"
TINY = {"type": "static", "static": {"max_chunk_size_tokens": 100, "chunk_overlap_tokens": 0}}


@pytest.fixture
def upload(client: openai.AzureOpenAI) -> Callable[..., str]:
    """Upload a text under a name; the file's id comes back."""

    def send(name: str, text: str | bytes) -> str:
        content = text.encode() if isinstance(text, str) else text
        return client.files.create(file=(name, content), purpose="assistants").id

    return send


@pytest.fixture
def store(client: openai.AzureOpenAI) -> Iterator[VectorStore]:
    """An empty store."""
    made = client.vector_stores.create(name="guide")
    yield made
    with contextlib.suppress(openai.NotFoundError):
        client.vector_stores.delete(made.id)


def missing(text: str) -> dict[str, object]:
    """The body of a 404."""
    return {"message": text, "type": "invalid_request_error", "param": None, "code": None}


def test_a_store_from_its_creation_to_its_end(client: openai.AzureOpenAI, raw: httpx2.Client) -> None:
    """Contract §7, §12.41: the object; what is given is replaced; a deleted one is gone."""
    made = client.vector_stores.create(
        name="guide", metadata={"for": "Tabi"}, expires_after={"anchor": "last_active_at", "days": 3}
    )
    assert made.id.startswith("vs_")
    assert (made.object, made.status, made.usage_bytes) == ("vector_store", "completed", 0)
    assert made.file_counts.to_dict() == {"in_progress": 0, "completed": 0, "failed": 0, "cancelled": 0, "total": 0}
    assert made.last_active_at is not None
    assert made.expires_at == made.last_active_at + 3 * 86_400
    changed = client.vector_stores.update(made.id, name="book", metadata={"a": "b"})
    assert (changed.name, changed.metadata, changed.expires_at) == ("book", {"a": "b"}, made.expires_at)
    changed = client.vector_stores.update(made.id, expires_after=None)
    assert changed.expires_at is None
    assert client.vector_stores.retrieve(made.id).name == "book"
    assert raw.get("vector_stores", params={"limit": 1}).json()["data"] == [changed.to_dict()]
    assert client.vector_stores.delete(made.id).to_dict() == {
        "id": made.id, "object": "vector_store.deleted", "deleted": True
    }  # fmt: skip
    for again in (client.vector_stores.retrieve, client.vector_stores.delete):
        with pytest.raises(openai.NotFoundError) as refused:
            again(made.id)
        assert refused.value.body == missing(f"No vector store found with id '{made.id}'.")


def test_a_file_in_a_store(client: openai.AzureOpenAI, store: VectorStore, upload: Callable[..., str]) -> None:
    """Contract §7: `create_and_poll`, the echo of the chunking, attributes, content, and what the store counts."""
    file_id = upload("gate.md", GATE)
    file = client.vector_stores.files.create_and_poll(
        file_id, vector_store_id=store.id, attributes={"lang": "en", "page": 3, "old": False}
    )
    assert (file.id, file.object, file.status, file.last_error) == (file_id, "vector_store.file", "completed", None)
    assert file.chunking_strategy is not None
    assert file.chunking_strategy.to_dict() == {
        "type": "static", "static": {"max_chunk_size_tokens": 800, "chunk_overlap_tokens": 400}
    }  # fmt: skip
    assert file.usage_bytes > len(GATE)
    counted = client.vector_stores.retrieve(store.id)
    assert (counted.file_counts.completed, counted.file_counts.total, counted.usage_bytes) == (1, 1, file.usage_bytes)
    (content,) = client.vector_stores.files.content(file_id, vector_store_id=store.id)
    assert content.text == GATE
    changed = client.vector_stores.files.update(file_id, vector_store_id=store.id, attributes={"lang": "ja"})
    assert changed.attributes == {"lang": "ja"}
    gone = client.vector_stores.files.delete(file_id, vector_store_id=store.id)
    assert (gone.object, client.vector_stores.retrieve(store.id).file_counts.total) == ("vector_store.file.deleted", 0)
    with pytest.raises(openai.NotFoundError) as refused:
        client.vector_stores.files.retrieve(file_id, vector_store_id=store.id)
    assert refused.value.body == missing(f"No file found with id '{file_id}' in vector store '{store.id}'.")
    assert client.files.retrieve(file_id).id == file_id
    again = client.vector_stores.files.create_and_poll(file_id, vector_store_id=store.id)
    assert client.vector_stores.search(store.id, query="swim").data[0].file_id == again.id


@pytest.mark.parametrize("base", ["/openai/v1", "/v1"])
def test_every_family_of_paths(endpoint: Running, recorder: Recorder, store: VectorStore, base: str) -> None:
    """Contract §1.1, §12.26."""
    with plain(endpoint, recorder, base) as other:
        assert other.vector_stores.retrieve(store.id).id == store.id


def test_the_old_shape_knows_none(old: openai.AzureOpenAI) -> None:
    """Contract §1.3: 2024-02-15-preview had no vector stores."""
    with pytest.raises(openai.NotFoundError, match="Resource not found"):
        old.vector_stores.list()


def test_upload_and_poll(client: openai.AzureOpenAI, store: VectorStore) -> None:
    """Contract §7: the helpers for one file and for a batch; a failed file does not keep a store from completing."""
    one = client.vector_stores.files.upload_and_poll(vector_store_id=store.id, file=("gate.md", GATE.encode()))
    assert one.status == "completed"
    named = [("大仏.md", TEMPLE.encode()), ("photo.png", b"\x89PNG"), ("broken.pdf", b"%PDF-")]
    files: list[Any] = [(name, io.BytesIO(content)) for name, content in named]
    batch = client.vector_stores.file_batches.upload_and_poll(store.id, files=files)
    assert (batch.object, batch.status) == ("vector_store.files_batch", "completed")
    assert (batch.file_counts.completed, batch.file_counts.failed, batch.file_counts.total) == (1, 2, 3)
    assert client.vector_stores.retrieve(store.id).status == "completed"
    listed = list(client.vector_stores.file_batches.list_files(batch.id, vector_store_id=store.id, limit=1))
    assert len(listed) == 3
    failed = client.vector_stores.files.list(store.id, filter="failed").data
    assert sorted(file.last_error.code for file in failed if file.last_error) == ["invalid_file", "unsupported_file"]
    assert client.vector_stores.file_batches.retrieve(batch.id, vector_store_id=store.id) == batch
    assert client.vector_stores.file_batches.cancel(batch.id, vector_store_id=store.id).status == "completed"


def test_a_batch_of_files_with_what_is_said_of_each(
    client: openai.AzureOpenAI, store: VectorStore, upload: Callable[..., str]
) -> None:
    """Contract §7: `files` instead of `file_ids`."""
    first, second = upload("a.md", GATE), upload("b.md", TEMPLE)
    client.vector_stores.file_batches.create_and_poll(
        store.id, files=[{"file_id": first, "attributes": {"n": 1}}, {"file_id": second}]
    )
    found = client.vector_stores.files.list(store.id, order="asc").data
    assert [(file.id, file.attributes) for file in found] == [(first, {"n": 1}), (second, {})]


def test_in_progress_is_seen_and_can_be_cancelled(
    client: openai.AzureOpenAI, upload: Callable[..., str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Contract §7: a store leaves `in_progress`; a cancelled batch stops, and is over."""
    ready = time.monotonic() + 30
    holding = [True]

    async def held(path: Any, name: str) -> str:  # noqa: ANN401
        import asyncio

        while holding[0] and time.monotonic() < ready:
            await asyncio.sleep(0.01)
        return GATE

    monkeypatch.setattr(indexing, "text_of", held)
    made = client.vector_stores.create(name="slow", file_ids=[upload("a.md", GATE), upload("b.md", TEMPLE)])
    assert (made.status, made.file_counts.in_progress) == ("in_progress", 2)
    batch = client.vector_stores.file_batches.create(made.id, file_ids=[upload("c.md", GATE)])
    assert batch.status == "in_progress"
    cancelled = client.vector_stores.file_batches.cancel(batch.id, vector_store_id=made.id)
    assert (cancelled.status, cancelled.file_counts.cancelled) == ("cancelled", 1)
    holding[0] = False
    while (now := client.vector_stores.retrieve(made.id)).status == "in_progress" and time.monotonic() < ready:
        time.sleep(0.02)
    assert (now.status, now.file_counts.completed, now.file_counts.cancelled) == ("completed", 2, 1)


def test_search(client: openai.AzureOpenAI, store: VectorStore, upload: Callable[..., str]) -> None:
    """Contract §7: the page of results, several queries, filters, thresholds, and the number of results."""
    gate, temple = upload("gate.md", GATE), upload("大仏.md", TEMPLE)
    client.vector_stores.file_batches.create_and_poll(
        store.id,
        files=[
            # pyrefly: ignore[bad-assignment]
            {"file_id": gate, "attributes": {"lang": "en", "page": 1}, "chunking_strategy": TINY},
            # pyrefly: ignore[bad-assignment]
            {"file_id": temple, "attributes": {"lang": "ja", "page": 2}, "chunking_strategy": TINY},
        ],
    )
    search = client.vector_stores.search
    best = search(store.id, query="May I go for a swim?").data[0]
    assert (best.file_id, best.filename, best.attributes) == (gate, "gate.md", {"lang": "en", "page": 1})
    assert "nobody may swim" in best.content[0].text
    assert search(store.id, query="How high is the statue of Buddha?").data[0].filename == "大仏.md"
    page = client.vector_stores.with_raw_response.search(store.id, query=["red gate", "大仏"]).http_response.json()
    assert (page["object"], page["search_query"]) == ("vector_store.search_results.page", ["red gate", "大仏"])
    assert {item["filename"] for item in page["data"][:2]} == {"gate.md", "大仏.md"}
    assert len(search(store.id, query="gate", max_num_results=1).data) == 1
    assert search(store.id, query="gate", ranking_options={"score_threshold": 1}).data == []
    assert search(store.id, query="gate", ranking_options={"ranker": "none"}).data[0].score != best.score

    def files_of(**given: Any) -> set[str]:  # noqa: ANN401
        # pyrefly: ignore[bad-argument-type]
        return {hit.filename for hit in search(store.id, query="gate", filters=given)}

    assert files_of(type="eq", key="lang", value="ja") == {"大仏.md"}
    assert files_of(type="gte", key="page", value=2) == {"大仏.md"}
    assert files_of(type="in", key="lang", value=["en"]) == {"gate.md"}
    assert files_of(type="ne", key="no such", value=1) == {"gate.md", "大仏.md"}
    assert files_of(type="gt", key="lang", value=1) == set()
    both = [{"type": "eq", "key": "lang", "value": "ja"}, {"type": "lt", "key": "page", "value": 2}]
    assert (files_of(type="and", filters=both), len(files_of(type="or", filters=both))) == (set(), 2)


def test_chunking_decides_how_much_is_found(
    client: openai.AzureOpenAI, store: VectorStore, upload: Callable[..., str]
) -> None:
    """Contract §7: small chunks give the passage alone, large ones what stands around it."""
    long = "\n\n".join(f"# Room {number}\n\n{'The floor is made of wood and stone. ' * 8}" for number in range(6))
    file_id = upload("long.md", f"{GATE}\n\n{long}")
    sizes = []
    for chunking in (TINY, {"type": "auto"}):
        # pyrefly: ignore[bad-argument-type]
        client.vector_stores.files.create_and_poll(file_id, vector_store_id=store.id, chunking_strategy=chunking)
        (best,) = client.vector_stores.search(store.id, query="swim in the pond", max_num_results=1).data
        assert "nobody may swim" in best.content[0].text
        sizes.append(len(best.content[0].text))
    assert sizes[0] < 500 < sizes[1]


@pytest.mark.parametrize(
    ("path", "body", "param"),
    [
        ("", {"chunking_strategy": {"type": "static"}}, "chunking_strategy.static"),
        ("", {"expires_after": {"anchor": "last_active_at", "days": 366}}, "expires_after.days"),
        ("", {"file_ids": ["file-x"] * 501}, "file_ids"),
        ("", {"metadata": {str(number): "" for number in range(17)}}, "metadata"),
        ("/files", {"file_id": "x", "attributes": {str(number): 1 for number in range(17)}}, "attributes"),
        ("/files", {}, "file_id"),
        ("/search", {"query": "x", "max_num_results": 51}, "max_num_results"),
        ("/search", {"query": "x", "filters": {"type": "near", "key": "a", "value": 1}}, "filters.type"),
        ("/search", {"query": []}, "query"),
        ("/search", {}, "query"),
        ("/file_batches", {"file_ids": []}, "file_ids"),
        ("/file_batches", {}, None),
        ("/file_batches", {"file_ids": ["a"], "files": [{"file_id": "a"}]}, None),
        *(
            (
                "/files",
                {"file_id": "x", "chunking_strategy": {"type": "static", "static": sizes}},
                f"chunking_strategy.{param}",
            )
            for sizes, param in (
                ({"max_chunk_size_tokens": 99, "chunk_overlap_tokens": 0}, "static.max_chunk_size_tokens"),
                ({"max_chunk_size_tokens": 4097, "chunk_overlap_tokens": 0}, "static.max_chunk_size_tokens"),
                ({"max_chunk_size_tokens": 100, "chunk_overlap_tokens": 51}, "static"),
            )
        ),
    ],
)  # fmt: skip
def test_limits(raw: httpx2.Client, store: VectorStore, path: str, body: dict[str, Any], param: str | None) -> None:
    """Contract §2.3, §7, §8.1: 400 with the path of what is wrong."""
    answer = raw.post(f"vector_stores{f'/{store.id}' if path else ''}{path}", json=body)
    assert (answer.status_code, answer.json()["error"]["param"]) == (400, param)


def test_what_is_not_there(client: openai.AzureOpenAI, store: VectorStore) -> None:
    """Contract §2.4, §7: prefixes are looked at first; files, batches and stores that are missing are 404."""
    with pytest.raises(openai.BadRequestError, match="Expected an ID that begins with 'vs'"):
        client.vector_stores.retrieve("thread_x")
    for call in (
        lambda: client.vector_stores.create(file_ids=["assistant-x"]),
        lambda: client.vector_stores.files.create(store.id, file_id="assistant-x"),
        lambda: client.vector_stores.file_batches.create(store.id, file_ids=["assistant-x"]),
    ):
        with pytest.raises(openai.NotFoundError, match="No such File object: assistant-x"):
            call()
    with pytest.raises(openai.NotFoundError, match="No file batch found with id 'vsfb_x'"):
        client.vector_stores.file_batches.retrieve("vsfb_x", vector_store_id=store.id)


def test_a_deleted_file_leaves_every_store(
    client: openai.AzureOpenAI, store: VectorStore, upload: Callable[..., str], stored: Store
) -> None:
    """Contract §7: it is detached, and nothing of it is kept."""
    file_id = upload("gate.md", GATE)
    other = client.vector_stores.create(name="other")
    for each in (store, other):
        client.vector_stores.files.create_and_poll(file_id, vector_store_id=each.id)
    client.vector_stores.delete(other.id)
    kept = "SELECT count(*) FROM passages WHERE file_id = ?"
    assert stored.db.execute(kept, (file_id,)).fetchone()[0] > 0
    client.files.delete(file_id)
    assert client.vector_stores.files.list(store.id).data == []
    assert client.vector_stores.search(store.id, query="gate").data == []
    assert stored.db.execute(kept, (file_id,)).fetchone()[0] == 0


def test_expiry(client: openai.AzureOpenAI, upload: Callable[..., str], monkeypatch: pytest.MonkeyPatch) -> None:
    """Contract §7: days after its last use a store is `expired`, and serves nothing; a search is a use."""
    made = client.vector_stores.create(name="short", expires_after={"anchor": "last_active_at", "days": 1})
    file_id = upload("gate.md", GATE)
    client.vector_stores.files.create_and_poll(file_id, vector_store_id=made.id)
    now = time.time()
    monkeypatch.setattr(time, "time", lambda: now + 80_000)
    assert client.vector_stores.search(made.id, query="gate").data
    monkeypatch.setattr(time, "time", lambda: now + 160_000)
    assert client.vector_stores.retrieve(made.id).status == "completed"
    monkeypatch.setattr(time, "time", lambda: now + 170_000)
    assert client.vector_stores.retrieve(made.id).status == "expired"
    with pytest.raises(openai.BadRequestError, match="is expired"):
        client.vector_stores.search(made.id, query="gate")
    with pytest.raises(openai.BadRequestError, match="is expired"):
        client.vector_stores.files.create(made.id, file_id=file_id)


def test_indexing_goes_on_after_a_restart(starting: Starter, recorder: Recorder, state: Any) -> None:  # noqa: ANN401
    """What was in progress when a process ended is finished by the next, behind the last passage that is there.

    The next process does so of its own accord: nobody asks it for the store.
    """
    with azure(starting(state=state), recorder) as client:
        text = "\n\n".join(f"# Room {number}\n\nThe floor of room {number} is made of wood." for number in range(60))
        file_id = client.files.create(file=("rooms.md", text.encode()), purpose="assistants").id
        made = client.vector_stores.create(name="left", file_ids=[file_id])
        while client.vector_stores.retrieve(made.id).status == "in_progress":
            time.sleep(0.02)
    left = Store(state)
    later = "SELECT id FROM passages WHERE file_id = ? AND place >= 10"
    left.db.execute(f"DELETE FROM passage_words WHERE rowid IN ({later})", (file_id,))  # noqa: S608
    left.db.execute("DELETE FROM passages WHERE file_id = ? AND place >= 10", (file_id,))
    kept = [row[0] for row in left.db.execute("SELECT id FROM passages WHERE file_id = ?", (file_id,))]
    row = left.get("vector_store.file", file_id, made.id)
    assert row is not None
    left.replace(row | {"status": "in_progress"}, made.id)
    left.set_owner(row, made.id, "0" * 16)
    with azure(starting(state=state), recorder) as client:
        ready = time.monotonic() + 60
        while left.get("vector_store.file", file_id, made.id) != row and time.monotonic() < ready:
            time.sleep(0.02)
        found = client.vector_stores.search(made.id, query="room 59", max_num_results=1).data[0]
        assert "room 59" in found.content[0].text
    now = [row[0] for row in left.db.execute("SELECT id FROM passages WHERE file_id = ? ORDER BY place", (file_id,))]
    left.close()
    assert len(kept) == 10 < len(now)
    assert now[:10] == kept
