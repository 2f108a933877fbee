"""`client.containers` and its files (contract-successor §4). The recorder checks every member."""

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx2
import openai
import pytest
from openai.types import ContainerCreateResponse
from support.recording import Recorder
from support.talking import azure, error_of, plain, refusal

from mock_endpoint import containers
from mock_endpoint.server import Running
from mock_endpoint.state.store import Store

from .conftest import Starter

CONTENT = bytes(range(256)) + "表,1\r\n".encode()
EXPIRED = refusal("Container is expired.")


@pytest.fixture
def box(client: openai.AzureOpenAI) -> ContainerCreateResponse:
    """An empty container."""
    return client.containers.create(name="box")


@pytest.fixture
def later(monkeypatch: pytest.MonkeyPatch) -> Callable[[int], None]:
    """Let so many minutes pass."""
    now = time.time()
    return lambda minutes: monkeypatch.setattr(time, "time", lambda: now + minutes * 60)


@pytest.fixture(params=["dated", "/openai/v1", "/v1"])
def anyone(request: pytest.FixtureRequest, endpoint: Running, recorder: Recorder) -> Iterator[openai.OpenAI]:
    """A client by each family of paths."""
    base = request.param
    with azure(endpoint, recorder) if base == "dated" else plain(endpoint, recorder, base) as client:
        yield client


def digits(object_id: str, prefix: str) -> int:
    """How many hexadecimal digits stand behind the prefix."""
    assert int(object_id.removeprefix(prefix), 16)
    return len(object_id) - len(prefix)


def refused(
    call: Callable[[], object], expected: dict[str, Any], kind: type[openai.APIStatusError] = openai.BadRequestError
) -> None:
    """Check that a call is refused with these words."""
    with pytest.raises(kind) as caught:
        call()
    assert caught.value.body == expected


def test_a_containers_life(anyone: openai.OpenAI, recorder: Recorder) -> None:
    """Contract-successor §1.2, §4: every family of paths; the defaults; once deleted it is unknown."""
    made = anyone.containers.create(name="box")
    assert digits(made.id, "cntr_") == 48
    assert made.to_dict() == {
        "id": made.id,
        "object": "container",
        "created_at": made.created_at,
        "status": "running",
        "expires_after": {"anchor": "last_active_at", "minutes": 20},
        "last_active_at": made.created_at,
        "memory_limit": "1g",
        "name": "box",
    }
    assert anyone.containers.retrieve(made.id).id == made.id
    assert made.id in [each.id for each in anyone.containers.list()]
    anyone.containers.delete(made.id)
    assert recorder.responses[-1].json() == {"id": made.id, "object": "container.deleted", "deleted": True}
    gone = refusal(f"Container with id '{made.id}' not found.")
    for call in (anyone.containers.retrieve, anyone.containers.delete, anyone.containers.files.list):
        refused(lambda call=call: call(made.id), gone, openai.NotFoundError)


def test_what_a_container_is_given(client: openai.AzureOpenAI) -> None:
    """Contract-successor §4: a shorter life, more memory, files, no network."""
    first, second = (client.files.create(file=(name, CONTENT), purpose="assistants").id for name in ("a.csv", "表.csv"))
    made = client.containers.create(
        name="full",
        expires_after={"anchor": "last_active_at", "minutes": 5},
        memory_limit="4g",
        file_ids=[first, second, first],
    )
    assert (made.to_dict()["expires_after"], made.to_dict()["memory_limit"]) == (
        {"anchor": "last_active_at", "minutes": 5},
        "4g",
    )
    files = list(client.containers.files.list(made.id, order="asc"))
    assert [file.path for file in files] == [f"/mnt/data/{first}-a.csv", f"/mnt/data/{second}-表.csv"]
    client.files.delete(first)
    assert client.containers.files.content.retrieve(files[0].id, container_id=made.id).read() == CONTENT


def test_no_network(raw: httpx2.Client) -> None:
    """Code reaches nothing here: that may be said, and nothing else."""
    made = raw.post("containers", json={"name": "n", "network_policy": {"type": "disabled"}}).json()
    assert made["network_policy"] == {"type": "disabled"}
    answer = raw.post("containers", json={"name": "n", "network_policy": {"type": "allowlist", "allowed_domains": []}})
    assert answer.status_code == 400


def test_files(anyone: openai.OpenAI, recorder: Recorder) -> None:
    """Contract-successor §1.2, §4: an upload and a copy, the same bytes back, and the deletion."""
    box = anyone.containers.create(name="box")
    sent = anyone.containers.files.create(box.id, file=("表 1.csv", CONTENT))
    assert digits(sent.id, "cfile_") == 32
    assert sent.to_dict() == {
        "id": sent.id,
        "object": "container.file",
        "created_at": sent.created_at,
        "bytes": len(CONTENT),
        "container_id": box.id,
        "path": f"/mnt/data/{sent.id.removeprefix('cfile_')}-表 1.csv",
        "source": "user",
    }
    uploaded = anyone.files.create(file=("b.bin", CONTENT[:9]), purpose="assistants")
    copied = anyone.containers.files.create(box.id, file_id=uploaded.id)
    assert (copied.path, copied.bytes) == (f"/mnt/data/{uploaded.id}-b.bin", 9)
    assert anyone.containers.files.create(box.id, file_id=uploaded.id).id == copied.id
    assert anyone.containers.files.retrieve(sent.id, container_id=box.id).to_dict() == sent.to_dict()
    assert [file.id for file in anyone.containers.files.list(box.id)] == [copied.id, sent.id]
    assert anyone.containers.files.content.retrieve(sent.id, container_id=box.id).read() == CONTENT
    anyone.containers.files.delete(sent.id, container_id=box.id)
    assert recorder.responses[-1].json() == {"id": sent.id, "object": "container.file.deleted", "deleted": True}
    gone = refusal(f"Container file with id '{sent.id}' not found.")
    for call in (
        anyone.containers.files.retrieve,
        anyone.containers.files.delete,
        anyone.containers.files.content.retrieve,
    ):
        refused(lambda call=call: call(sent.id, container_id=box.id), gone, openai.NotFoundError)


def test_pages(client: openai.AzureOpenAI, raw: httpx2.Client, box: ContainerCreateResponse) -> None:
    """Contract-successor §4: newest first, a page after the other, each once; containers by their name."""
    made = [client.containers.files.create(box.id, file=(f"{n}.csv", b"x")).id for n in range(5)]
    assert [file.id for file in client.containers.files.list(box.id, limit=2)] == made[::-1]
    assert [file.id for file in client.containers.files.list(box.id, limit=2, order="asc")] == made
    page = raw.get(f"containers/{box.id}/files", params=raw.params.merge({"limit": "2", "after": made[2]})).json()
    assert ([file["id"] for file in page["data"]], page["has_more"]) == ([made[1], made[0]], False)
    named = [client.containers.create(name="pages of its own").id for _ in range(3)]
    assert [each.id for each in client.containers.list(name="pages of its own", limit=1)] == named[::-1]
    answer = raw.get("containers", params=raw.params.merge({"after": "cntr_none"}))
    assert answer.status_code == 404


@pytest.mark.parametrize(
    ("body", "message", "param", "code"),
    [
        ({}, "Missing required parameter: 'name'.", "name", "missing_required_parameter"),
        (
            {"name": 1},
            "Invalid type for 'name': expected a string, but got an integer instead.",
            "name",
            "invalid_type",
        ),
        (
            {"name": "n", "memory_limit": "2g"},
            "Invalid value: '2g'. Supported values are: '1g', '4g', '16g', and '64g'.",
            "memory_limit",
            "invalid_value",
        ),
        (
            {"name": "n", "expires_after": {"anchor": "last_active_at", "minutes": 21}},
            "Invalid 'expires_after.minutes': integer above maximum value. Expected a value <= 20, but got 21 instead.",
            "expires_after.minutes",
            "integer_above_max_value",
        ),
        (
            {"name": "n", "file_ids": ["file-x"] * 51},
            "Invalid 'file_ids': array too long. Expected an array with maximum length 50, "
            "but got an array with length 51 instead.",
            "file_ids",
            "array_above_max_length",
        ),
        ({"name": "n", "skills": []}, "Unknown parameter: 'skills'.", "skills", "unknown_parameter"),
    ],
)
def test_bad_containers(raw: httpx2.Client, body: dict[str, Any], message: str, param: str, code: str) -> None:
    """Contract §8.1: in the service's words."""
    answer = raw.post("containers", json=body)
    assert (answer.status_code, error_of(answer)) == (400, refusal(message, param, code))


def test_files_that_are_not_there(client: openai.AzureOpenAI, box: ContainerCreateResponse) -> None:
    """An unknown file makes no container, nor a file in one; what is in another container is unknown."""
    unknown = refusal("No such File object: file-none", "id")
    before = [each.id for each in client.containers.list()]
    refused(lambda: client.containers.create(name="n", file_ids=["file-none"]), unknown, openai.NotFoundError)
    assert [each.id for each in client.containers.list()] == before
    refused(lambda: client.containers.files.create(box.id, file_id="file-none"), unknown, openai.NotFoundError)
    other = client.containers.create(name="other")
    file = client.containers.files.create(other.id, file=("a", b"x"))
    with pytest.raises(openai.NotFoundError):
        client.containers.files.content.retrieve(file.id, container_id=box.id)
    with pytest.raises(openai.BadRequestError, match="begins with 'cntr'"):
        client.containers.retrieve("box")


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        ("../../etc/passwd", "passwd"),
        (r"..\..\a.csv", "a.csv"),
        ("..", "file"),
        ("a\x00b\tc.csv", "abc.csv"),
        ("気候 'n' \".csv", "気候 'n' \".csv"),
    ],
)
def test_hostile_names(
    client: openai.AzureOpenAI, box: ContainerCreateResponse, raw: httpx2.Client, sent: str, kept: str
) -> None:
    """No name leads out of the working folder."""
    body = b'--line\r\nContent-Disposition: form-data; name="file"; filename="%s"\r\n\r\nx\r\n--line--\r\n'
    answer = raw.post(
        f"containers/{box.id}/files",
        content=body % sent.replace('"', "%22").encode(),
        headers={"content-type": "multipart/form-data; boundary=line"},
    )
    made = answer.json()
    assert made["path"] == f"/mnt/data/{made['id'].removeprefix('cfile_')}-{kept}"
    assert client.containers.files.content.retrieve(made["id"], container_id=box.id).read() == b"x"


def test_a_long_name(client: openai.AzureOpenAI, box: ContainerCreateResponse) -> None:
    """What no folder takes as a name is made shorter in its middle; what no upload takes is refused."""
    path = client.containers.files.create(box.id, file=("旅" * 200 + ".csv", b"x")).path
    assert len(path.removeprefix("/mnt/data/").encode()) <= 255
    assert path.endswith("旅.csv")
    with pytest.raises(openai.BadRequestError, match="string too long"):
        client.containers.files.create(box.id, file=("n" * 256, b"x"))


def test_too_much(
    client: openai.AzureOpenAI, box: ContainerCreateResponse, monkeypatch: pytest.MonkeyPatch, stored: Store
) -> None:
    """Uploads, copies and the files of a new container have one bound; what is refused leaves nothing."""
    monkeypatch.setattr(containers, "MOST_BYTES", 1000)
    large = client.files.create(file=("large", b"x" * 1001), purpose="assistants").id
    client.containers.files.create(box.id, file=("a", b"x" * 600))
    before = set(stored.blobs.folder.iterdir())
    full = refusal("File too large. At most 1000 bytes are kept.", "file")
    for call in (
        lambda: client.containers.files.create(box.id, file=("b", b"x" * 401)),
        lambda: client.containers.files.create(box.id, file=("b", b"x" * 1001)),
        lambda: client.containers.files.create(box.id, file_id=large),
        lambda: client.containers.create(name="n", file_ids=[large]),
    ):
        refused(call, full, openai.APIStatusError)
    assert set(stored.blobs.folder.iterdir()) == before
    client.containers.files.create(box.id, file=("b", b"x" * 400))


@pytest.mark.parametrize(
    ("content", "kind", "message"),
    [
        (b"{}", "application/json", "Missing required parameter: 'file_id'."),
        (b"x", "text/plain", "Invalid Content-Type header (text/plain), expected multipart/form-data."),
        (b"--line--\r\n", "multipart/form-data; boundary=line", "Missing required parameter: 'file'."),
        (
            b'--line\r\nContent-Disposition: form-data; name="purpose"\r\n\r\nx\r\n'
            b'--line\r\nContent-Disposition: form-data; name="file"; filename="a"\r\n\r\nx\r\n--line--\r\n',
            "multipart/form-data; boundary=line",
            "Unknown parameter: 'purpose'.",
        ),
    ],
)
def test_bad_uploads(raw: httpx2.Client, box: ContainerCreateResponse, content: bytes, kind: str, message: str) -> None:
    """Neither a form with a file nor the id of one."""
    answer = raw.post(f"containers/{box.id}/files", content=content, headers={"content-type": kind})
    assert (answer.status_code, error_of(answer)["message"]) == (400, message)


def test_expiry(
    client: openai.AzureOpenAI, box: ContainerCreateResponse, later: Callable[[int], None], stored: Store
) -> None:
    """Contract-successor §4: 20 minutes after its last use it is `expired`: shown, without files, and never alive."""
    file = client.containers.files.create(box.id, file=("a.csv", b"x"))
    later(19)
    assert client.containers.files.content.retrieve(file.id, container_id=box.id).read() == b"x"
    later(38)
    assert client.containers.retrieve(box.id).status == "running"
    later(57)
    assert [each.id for each in client.containers.files.list(box.id)] == [file.id]
    later(78)
    gone = client.containers.retrieve(box.id)
    assert gone.status == "expired"
    assert (box.id, "expired") in [(each.id, each.status) for each in client.containers.list()]
    assert client.containers.retrieve(box.id) == gone
    for call in (
        lambda: client.containers.files.list(box.id),
        lambda: client.containers.files.create(box.id, file=("b", b"x")),
        lambda: client.containers.files.retrieve(file.id, container_id=box.id),
        lambda: client.containers.files.content.retrieve(file.id, container_id=box.id),
        lambda: client.containers.files.delete(file.id, container_id=box.id),
    ):
        refused(call, EXPIRED)
    assert not stored.blobs.path(file.id).exists()
    assert stored.all(containers.FILE, box.id) == []
    client.containers.delete(box.id)


def test_nothing_is_left(client: openai.AzureOpenAI, box: ContainerCreateResponse, stored: Store) -> None:
    """A deleted container takes its files with it, rows and bytes."""
    files = [client.containers.files.create(box.id, file=(name, b"x")).id for name in "ab"]
    assert all(stored.blobs.path(file_id).exists() for file_id in files)
    client.containers.delete(box.id)
    assert not any(stored.blobs.path(file_id).exists() for file_id in files)
    assert stored.all(containers.FILE, box.id) == []


def test_a_restart(
    starting: Starter, recorder: Recorder, state: Path, later: Callable[[int], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Containers and their files outlive the process; what has expired meanwhile, and what nobody knows, is swept."""
    with starting() as first, azure(first, recorder) as client:
        box, old = (client.containers.create(name=name).id for name in ("box", "old"))
        kept, lost = (client.containers.files.create(each, file=("a", CONTENT)).id for each in (box, old))
        orphan = first.store.blobs.path("cfile_" + "0" * 32)
        orphan.write_bytes(b"x")
        left = [first.store.blobs.path(each) for each in (kept, lost)]
    later(15)
    with starting() as second, azure(second, recorder) as client:
        client.containers.retrieve(box)
        assert not orphan.exists()
    later(25)
    with starting() as third, azure(third, recorder) as client:
        assert client.containers.files.content.retrieve(kept, container_id=box).read() == CONTENT
        assert [path.exists() for path in left] == [True, False]
        assert client.containers.retrieve(old).status == "expired"
