"""Uploads as they go over the wire: forms in order, forms that are broken, and connections that are."""

import socket
import time
from collections.abc import Iterator
from pathlib import Path
from random import Random

import httpx2
import pytest
from support.talking import error_of, refusal

from mock_endpoint import files
from mock_endpoint.server import Running
from mock_endpoint.state.store import Store

FORM = {"content-type": "multipart/form-data; boundary=line"}
PURPOSE = ("purpose", None, b"assistants")
PATIENCE = 10
"""Seconds for what is on its way to come to its end."""


def part(name: str, filename: str | None, content: bytes) -> bytes:
    """One part of a form; a file where it has a file name."""
    named = "" if filename is None else f'; filename="{filename}"'
    return f'--line\r\nContent-Disposition: form-data; name="{name}"{named}\r\n\r\n'.encode() + content + b"\r\n"


def form(*parts: tuple[str, str | None, bytes]) -> bytes:
    """A whole form."""
    return b"".join(part(*each) for each in parts) + b"--line--\r\n"


@pytest.fixture(autouse=True)
def _nothing_is_left(stored: Store) -> Iterator[None]:
    """Bytes without a row are never left behind, however an upload ends."""
    yield
    rows = {file["id"] for file in stored.all("file", "")}
    deadline = time.monotonic() + PATIENCE
    while (left := {path.name for path in stored.blobs.folder.iterdir()} - rows) and time.monotonic() < deadline:
        time.sleep(0.01)
    assert left == set()


def test_order_of_parts(raw: httpx2.Client) -> None:
    """Clients differ in what they send first."""
    parts = [PURPOSE, ("file", "a.csv", b"a,b")]
    for body in (form(*parts), form(*parts[::-1])):
        made = raw.post("files", content=body, headers=FORM).json()
        assert (made["filename"], made["bytes"]) == ("a.csv", 3)


def test_headers_as_clients_write_them(raw: httpx2.Client) -> None:
    """A boundary in quotes, names of headers in small letters, other headers, a preamble's line, a tail."""
    body = (
        b'\r\n--"a line"\r\ncontent-type: text/csv; charset=utf-8\r\ncontent-disposition: form-data; filename=a.csv; '
        b'name=file\r\n\r\na,b\r\n--"a line"\r\ncontent-disposition:form-data;name="purpose"\r\n\r\nassistants\r\n'
        b'--"a line"--\r\n and more'
    ).replace(b'"a line"', b"a line")
    answer = raw.post("files", content=body, headers={"content-type": 'Multipart/Form-Data; boundary="a line"'})
    assert (answer.status_code, answer.json()["filename"], answer.json()["bytes"]) == (200, "a.csv", 3)


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        ("気候 表.csv", "気候 表.csv"),
        ("🙂👩‍🔬.png", "🙂👩‍🔬.png"),
        ("%22best%22 tips.md", '"best" tips.md'),
        (r"\"best\" tips.md", '"best" tips.md'),
        ("100%.csv", "100%.csv"),
        ("it's; a=b.csv", "it's; a=b.csv"),
        (".env", ".env"),
        ("../../etc/passwd", "passwd"),
        ("/etc/passwd", "passwd"),
        ("..", "file"),
        ("../..", "file"),
        ("a/", "file"),
        ("", "file"),
        ("   ", "file"),
        (r"C:\data\a.csv", "a.csv"),
        (r"..\..\a.csv", "a.csv"),
        ("a\tb\x00c.csv", "abc.csv"),
        ("n" * 255, "n" * 255),
        ("旅" * 255, "旅" * 255),
    ],
)
def test_names(raw: httpx2.Client, sent: str, kept: str) -> None:
    """A name is kept as it is, but without a folder; where the bytes are does not depend on it."""
    answer = raw.post("files", content=form(PURPOSE, ("file", sent, b"x")), headers=FORM)
    assert (answer.status_code, answer.json().get("filename")) == (200, kept)
    assert raw.get(f"files/{answer.json()['id']}/content").content == b"x"


def test_name_in_other_letters(raw: httpx2.Client) -> None:
    """Some old clients send their system's letters."""
    body = form(PURPOSE, ("file", "NAME", b"x")).replace(b"NAME", "été.csv".encode("latin-1"))
    assert raw.post("files", content=body, headers=FORM).json()["filename"] == "été.csv"


BROKEN = "We could not parse the multipart form of your request: "
FILE = ("file", "a.csv", b"a,b")


@pytest.mark.parametrize(
    ("body", "message", "param", "code"),
    [
        (form(FILE), "Missing required parameter: 'purpose'.", "purpose", "missing_required_parameter"),
        (form(PURPOSE), "Missing required parameter: 'file'.", "file", "missing_required_parameter"),
        (b"--line--\r\n", "Missing required parameter: 'file'.", "file", "missing_required_parameter"),
        (
            form(PURPOSE, ("file", None, b"a,b")),
            "Invalid type for 'file': expected a file, but got a string instead.",
            "file",
            "invalid_type",
        ),
        (form(PURPOSE, ("data", "a.csv", b"x")), "Unknown parameter: 'data'.", "data", "unknown_parameter"),
        (form(PURPOSE, FILE, ("name", None, b"x")), "Unknown parameter: 'name'.", "name", "unknown_parameter"),
        (
            form(PURPOSE, FILE, ("expires_after", None, b"x")),
            "Invalid type for 'expires_after': expected an object, but got a string instead.",
            "expires_after",
            "invalid_type",
        ),
        (
            form(("purpose", None, b"search"), FILE),
            "Invalid value: 'search'. "
            "Supported values are: 'assistants', 'batch', 'fine-tune', 'vision', 'user_data', and 'evals'.",
            "purpose",
            "invalid_value",
        ),
        (
            form(PURPOSE, ("file", "n" * 256, b"x")),
            "Invalid 'filename': string too long. Expected a string with maximum length 255, "
            "but got a string with length 256 instead.",
            "filename",
            "string_above_max_length",
        ),
        (form(PURPOSE, FILE, FILE), BROKEN + "it holds more than one file.", None, None),
        (form(PURPOSE, FILE)[:-12], BROKEN + "it ends before its last boundary.", None, None),
        (part(*PURPOSE) + part(*FILE)[:-2], BROKEN + "it ends before its last boundary.", None, None),
        (part(*PURPOSE) + part(*FILE), BROKEN + "it ends before its last boundary.", None, None),
        (b"", BROKEN + "it ends before its last boundary.", None, None),
        (form(PURPOSE, FILE).replace(b"line", b"knot"), BROKEN + "its parts cannot be told apart.", None, None),
        (b"{}", BROKEN + "its parts cannot be told apart.", None, None),
        (form(PURPOSE, FILE).replace(b'name="file"', b"x"), BROKEN + "a part of it has no name.", None, None),
        (form(("purpose", None, b"p" * 5000)), BROKEN + "a field of it that is no file is too long.", None, None),
        (form(*[(f"f{i}", None, b"") for i in range(20)]), BROKEN + "it has too many fields.", None, None),
        (
            b"--line\r\n" + b"x" * 20_000 + b": y\r\n\r\nz\r\n--line--",
            BROKEN + "its parts cannot be told apart.",
            None,
            None,
        ),
    ],
)
def test_bad_forms(raw: httpx2.Client, body: bytes, message: str, param: str | None, code: str | None) -> None:
    """Contract §8.1: refused in words that help; nothing is kept."""
    before = raw.get("files").json()
    answer = raw.post("files", content=body, headers=FORM)
    assert (answer.status_code, error_of(answer)) == (400, refusal(message, param, code))
    assert raw.get("files").json() == before


@pytest.mark.parametrize(
    ("headers", "message"),
    [
        (
            {"content-type": "application/json"},
            "Invalid Content-Type header (application/json), expected multipart/form-data.",
        ),
        ({}, "Invalid Content-Type header (none), expected multipart/form-data."),
        ({"content-type": "multipart/form-data"}, BROKEN + "its Content-Type header names no boundary."),
        ({"content-type": f"multipart/form-data; boundary={'b' * 300}"}, BROKEN + "its boundary is too long."),
    ],
)
def test_bad_headers(raw: httpx2.Client, headers: dict[str, str], message: str) -> None:
    """What is no form is not read."""
    answer = raw.post("files", content=form(PURPOSE, FILE), headers=headers)
    assert (answer.status_code, error_of(answer)) == (400, refusal(message))


def test_content_that_looks_like_a_form(raw: httpx2.Client) -> None:
    """Bytes for bytes, in whatever pieces they come: nearly a boundary is none."""
    rng = Random(7)  # noqa: S311
    pieces = (b"\r\n--lin", b"\r", b"\n", b"--line", b"\r\n--lineup", b"-", b"\r\n\r\n--", b"\x00\xff", b"--line--")
    for _ in range(20):
        content = b"".join(rng.choices(pieces, k=40))
        body = form(("file", "a.bin", content), PURPOSE)
        cuts = sorted(rng.choices(range(len(body)), k=rng.choice((0, 3, 200))))
        chunks = [body[start:end] for start, end in zip([0, *cuts], [*cuts, len(body)], strict=True)]
        made = raw.post("files", content=iter(chunks), headers=FORM).json()
        assert (made["bytes"], raw.get(f"files/{made['id']}/content").content) == (len(content), content)


def test_too_large(raw: httpx2.Client, monkeypatch: pytest.MonkeyPatch) -> None:
    """Contract §2.3: 512 MB; the limit itself is legal. What is too large is refused, announced or not."""
    assert files.MAX_BYTES == 512 * 1024 * 1024
    monkeypatch.setattr(files, "MAX_BYTES", 100_000)
    assert raw.post("files", content=form(PURPOSE, ("file", "a", b"x" * 100_000)), headers=FORM).status_code == 200
    error = refusal("File too large. At most 100000 bytes are kept.", "file")
    for size in (100_001, 1_000_000):
        body = form(PURPOSE, ("file", "a", b"x" * size))
        for content in (body, iter([body])):
            answer = raw.post("files", content=content, headers=FORM)
            assert (answer.status_code, error_of(answer)) == (413, error)


def test_other_bodies_stay_small(raw: httpx2.Client) -> None:
    """Only uploads may be large."""
    answer = raw.post("threads", content=b" " * (17 * 1024 * 1024))
    assert answer.status_code == 413


def test_the_disk_refuses(endpoint: Running, raw: httpx2.Client, monkeypatch: pytest.MonkeyPatch) -> None:
    """A disk that is full, or may not be written: a sentence with a remedy, and no repetition."""

    def full(_: Path, __: str) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(endpoint.store.blobs, "keep", full)
    answer = raw.post("files", content=form(PURPOSE, FILE), headers=FORM)
    assert (answer.status_code, answer.headers["x-should-retry"]) == (500, "false")
    assert error_of(answer)["message"] == (
        "The endpoint could not keep the file: No space left on device. Free some space, or set KIT_STATE elsewhere."
    )


@pytest.mark.parametrize("sent", [200, 3_000_000])
def test_a_connection_that_breaks(endpoint: Running, raw: httpx2.Client, sent: int) -> None:
    """Whoever hangs up in the middle leaves nothing, and the endpoint goes on."""
    before = raw.get("files").json()
    host, port = endpoint.url.removeprefix("http://").split(":")
    body = form(PURPOSE, ("file", "a.bin", b"x" * 4_000_000))
    head = f"POST /openai/v1/files HTTP/1.1\r\nhost: {host}\r\napi-key: {endpoint.key}\r\n"
    head += f"content-type: {FORM['content-type']}\r\ncontent-length: {len(body)}\r\n\r\n"
    with socket.create_connection((host, int(port))) as connection:
        connection.sendall(head.encode() + body[:sent])
    assert raw.get("files").json() == before
