"""Files through the official client (contract §7)."""

import asyncio
import time
from collections.abc import Callable
from pathlib import Path

import httpx2
import openai
import pytest
from support.recording import Recorder
from support.talking import V2, async_azure, azure, error_of, plain, refusal

from mock_endpoint import files
from mock_endpoint.server import Running
from mock_endpoint.state.lease import Lease
from mock_endpoint.state.store import Store

from .conftest import Starter

CSV = "月,平均気温\n1,5.4\n".encode()
BINARY = bytes(range(256)) * 300 + b"\r\n--x--\r\n"


@pytest.fixture
def alone(starting: Starter, recorder: Recorder) -> openai.AzureOpenAI:
    """A client of an endpoint without any other files."""
    return azure(starting(), recorder)


def missing(file_id: str) -> dict[str, object]:
    return refusal(f"No such File object: {file_id}", "id")


def test_upload(client: openai.AzureOpenAI) -> None:
    """Contract §2.4, §7: every member, and an id as Azure gives it to files for assistants."""
    before = int(time.time())
    made = client.files.create(file=("気候.csv", CSV), purpose="assistants")
    assert made.id.startswith("assistant-")
    assert len(made.id) == len("assistant-") + 24
    assert before <= made.created_at <= time.time()
    assert made.to_dict() == {
        "id": made.id,
        "object": "file",
        "bytes": len(CSV),
        "created_at": made.created_at,
        "filename": "気候.csv",
        "purpose": "assistants",
        "status": "processed",
        "expires_at": None,
        "status_details": None,
    }
    assert client.files.retrieve(made.id) == made
    assert client.files.wait_for_processing(made.id) == made


@pytest.mark.parametrize("purpose", ["assistants", "batch", "fine-tune", "vision", "user_data", "evals"])
def test_purposes(starting: Starter, recorder: Recorder, purpose: str) -> None:
    """Contract §7; only those for assistants have Azure's own prefix (§2.4). The client's types forgot `evals`."""
    client = azure(starting(), recorder, _strict_response_validation=False)
    made = client.files.create(file=b"{}", purpose=purpose)  # pyrefly: ignore[bad-argument-type]
    assert (made.purpose, made.id.partition("-")[0]) == (purpose, "assistant" if purpose == "assistants" else "file")


@pytest.mark.parametrize("base", ["/openai/v1", "/v1"])
def test_every_family_of_paths(endpoint: Running, recorder: Recorder, client: openai.AzureOpenAI, base: str) -> None:
    """Contract §1.1, §2.4, §12.26: one file on all of them; OpenAI's own ids begin with `file-`; no beta header."""
    with plain(endpoint, recorder, base) as other:
        made = other.files.create(file=("a.csv", CSV), purpose="assistants")
        assert made.id.startswith("file-" if base == "/v1" else "assistant-")
        assert "openai-beta" not in recorder.requests[-1].headers
        assert client.files.content(made.id).read() == other.files.content(made.id).read() == CSV
        assert made.id in [file.id for file in other.files.list()]
        assert client.files.delete(made.id).deleted


@pytest.mark.parametrize(
    ("name", "content", "kind"),
    [
        ("a.csv", CSV, "text/csv"),
        ("a.json", b'{"a": 1}', "application/json"),
        ("picture.png", BINARY, "image/png"),
        ("no ending", BINARY, "application/octet-stream"),
        ("nothing.txt", b"", "text/plain"),
    ],
)
def test_content(client: openai.AzureOpenAI, tmp_path: Path, name: str, content: bytes, kind: str) -> None:
    """Contract §7, §12.40: byte for byte, JSON too, with a content type of its own."""
    made = client.files.create(file=(name, content), purpose="user_data")
    answer = client.files.content(made.id)
    assert (made.bytes, answer.read(), answer.response.headers["content-type"]) == (len(content), content, kind)
    answer.write_to_file(tmp_path / "copy")
    assert (tmp_path / "copy").read_bytes() == content


def test_a_file_from_the_disk(client: openai.AzureOpenAI, tmp_path: Path) -> None:
    """As programs do it: an open file, and a path."""
    path = tmp_path / "旅 guide.md"
    path.write_bytes(CSV)
    with path.open("rb") as file:
        made = [client.files.create(file=each, purpose="assistants") for each in (file, path)]
    assert [(one.filename, one.bytes) for one in made] == [(path.name, len(CSV))] * 2


def test_async(endpoint: Running, recorder: Recorder) -> None:
    """The same through the asynchronous client."""

    async def walk() -> None:
        async with async_azure(endpoint, recorder) as client:
            made = await client.files.create(file=("気候.csv", CSV), purpose="assistants")
            assert (await client.files.content(made.id)).read() == CSV
            assert made.id in [file.id async for file in client.files.list()]
            assert (await client.files.delete(made.id)).to_dict() == {"id": made.id, "object": "file", "deleted": True}
            with pytest.raises(openai.NotFoundError):
                await client.files.retrieve(made.id)

    asyncio.run(walk())


@pytest.mark.parametrize("method", ["retrieve", "content", "delete"])
@pytest.mark.parametrize("file_id", ["file-none", "assistant-none", "anything", "..a", "先生"])
def test_missing(client: openai.AzureOpenAI, method: str, file_id: str) -> None:
    """Contract §7: 404 whatever the id looks like; 12.32."""
    with pytest.raises(openai.NotFoundError) as caught:
        getattr(client.files, method)(file_id)
    assert caught.value.body == missing(file_id)


def test_delete(client: openai.AzureOpenAI, stored: Store) -> None:
    """Contract §7, §12.32: the object is called `file`; its bytes are gone; a second time it is not there."""
    made = client.files.create(file=CSV, purpose="assistants")
    assert stored.blobs.path(made.id).read_bytes() == CSV
    assert client.files.delete(made.id).to_dict() == {"id": made.id, "object": "file", "deleted": True}
    assert not stored.blobs.path(made.id).exists()
    with pytest.raises(openai.NotFoundError) as caught:
        client.files.delete(made.id)
    assert caught.value.body == missing(made.id)


def test_list(alone: openai.AzureOpenAI) -> None:
    """Contract §2.2: newest first, pages, one purpose; 10 000 at once."""
    purposes = ["assistants", "vision", "assistants", "batch"]
    # pyrefly: ignore[bad-argument-type]
    made = [alone.files.create(file=b"x", purpose=purpose).id for purpose in purposes]
    page = alone.files.list()
    assert [file.id for file in page.data] == made[::-1]
    assert (page.to_dict()["first_id"], page.to_dict()["last_id"], page.has_more) == (made[3], made[0], False)
    assert [file.id for file in alone.files.list(order="asc")] == made
    assert [file.id for file in alone.files.list(purpose="assistants", order="asc")] == [made[0], made[2]]
    assert alone.files.list(purpose="evals").data == []
    assert [file.id for file in alone.files.list(limit=1, order="asc")] == made
    alone.files.delete(made[1])
    assert [file.id for file in alone.files.list(after=made[1], order="asc")] == made[2:]


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ({"limit": "0"}, "integer_below_min_value"),
        ({"limit": "10001"}, "integer_above_max_value"),
        ({"limit": "x"}, "invalid_type"),
        ({"order": "up"}, "invalid_value"),
    ],
)
def test_bad_queries(raw: httpx2.Client, query: dict[str, str], code: str) -> None:
    """Contract §2.2, §12.23."""
    answer = raw.get("files", params=V2 | query)
    assert (answer.status_code, error_of(answer)["code"]) == (400, code)


def test_limits_of_lists(raw: httpx2.Client) -> None:
    """Contract §2.2: up to 10 000; an unknown cursor is no first page."""
    assert raw.get("files", params=V2 | {"limit": "10000"}).status_code == 200
    answer = raw.get("files", params=V2 | {"after": "file-none"})
    assert (answer.status_code, error_of(answer)) == (404, missing("file-none"))


def test_expiry(client: openai.AzureOpenAI, stored: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """Contract §7: `expires_after`; after that the file is gone, its bytes with the next look at the list."""
    made = client.files.create(file=b"x", purpose="assistants", expires_after={"anchor": "created_at", "seconds": 3600})
    assert made.expires_at == made.created_at + 3600
    now = time.time()
    monkeypatch.setattr(time, "time", lambda: now + 3599)
    assert client.files.retrieve(made.id) == made
    monkeypatch.setattr(time, "time", lambda: now + 3601)
    for method in (client.files.retrieve, client.files.content, client.files.delete):
        with pytest.raises(openai.NotFoundError):
            method(made.id)
    assert made.id not in [file.id for file in client.files.list()]
    assert not stored.blobs.path(made.id).exists()


@pytest.mark.parametrize(
    ("expires", "message", "param", "code"),
    [
        (
            {"anchor": "created_at", "seconds": 3599},
            "Invalid 'expires_after.seconds': integer below minimum value. "
            "Expected a value >= 3600, but got 3599 instead.",
            "expires_after.seconds",
            "integer_below_min_value",
        ),
        (
            {"anchor": "created_at", "seconds": 2_592_001},
            "Invalid 'expires_after.seconds': integer above maximum value. "
            "Expected a value <= 2592000, but got 2592001 instead.",
            "expires_after.seconds",
            "integer_above_max_value",
        ),
        (
            {"anchor": "created_at", "seconds": "soon"},
            "Invalid type for 'expires_after.seconds': expected an integer, but got a string instead.",
            "expires_after.seconds",
            "invalid_type",
        ),
        (
            {"anchor": "created_at"},
            "Missing required parameter: 'expires_after.seconds'.",
            "expires_after.seconds",
            "missing_required_parameter",
        ),
    ],
)
def test_bad_expiry(
    client: openai.AzureOpenAI, expires: dict[str, object], message: str, param: str, code: str
) -> None:
    """Contract §7, §8.1: from an hour to 30 days."""
    with pytest.raises(openai.BadRequestError) as caught:
        client.files.create(file=b"x", purpose="batch", expires_after=expires)  # pyrefly: ignore[bad-argument-type]
    assert caught.value.body == refusal(message, param, code)


def test_bytes_that_somebody_removed(client: openai.AzureOpenAI, stored: Store, logged: Callable[[], str]) -> None:
    """The row is there and the bytes are not: said in a sentence, and not tried again."""
    made = client.files.create(file=b"x", purpose="assistants")
    stored.blobs.path(made.id).unlink()
    with pytest.raises(openai.InternalServerError, match="no longer on the disk") as caught:
        client.files.content(made.id)
    assert caught.value.response.headers["x-should-retry"] == "false"
    assert logged() == ""
    assert client.files.delete(made.id).deleted


def test_files_of_tools(endpoint: Running, client: openai.AzureOpenAI, tmp_path: Path) -> None:
    """Contract §7: what code makes is a file with the purpose `assistants_output`, and can be downloaded."""
    path = tmp_path / "made"
    path.write_bytes(BINARY)
    lease = Lease(endpoint.store.path)
    made = [asyncio.run(files.add(endpoint.store, lease, content, "図.png")) for content in (path, BINARY)]
    lease.release()
    for file in made:
        assert client.files.retrieve(file["id"]).to_dict() == file
        assert (file["purpose"], file["filename"], file["bytes"]) == ("assistants_output", "図.png", len(BINARY))
        assert client.files.content(file["id"]).read() == BINARY
    assert path.exists()
