"""show(): files, lists of them, and what is downloaded."""

import base64
from collections.abc import Iterator
from typing import Any

import openai
import pytest
from openai.types import FileDeleted, FileObject
from support.html import unclosed
from support.talking import served

from helpers.display import view_of
from helpers.views import View

DOT = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)
"""A picture of one pixel."""


@pytest.fixture(scope="module")
def client() -> Iterator[openai.AzureOpenAI]:
    """A client, and an endpoint that keeps its files."""
    with served() as client:
        yield client


def preview(client: openai.AzureOpenAI, name: str, content: bytes) -> View:
    """What `show` makes of a file that was uploaded and downloaded again."""
    made = client.files.create(file=(name, content), purpose="assistants")
    view = view_of(client.files.content(made.id))
    assert unclosed(view.html) == []
    return view


def test_file() -> None:
    """Its name, size and purpose; a deletion says so."""
    facts: dict[str, Any] = {
        "id": "file-1",
        "object": "file",
        "filename": "<気候>.csv",
        "bytes": 1234,
        "purpose": "assistants",
    }
    view = view_of(FileObject.construct(**facts, expires_at=1_700_000_000))
    assert view.text == "file <気候>.csv  file-1\n  1.2 kB · assistants"
    assert "&lt;気候&gt;.csv" in view.html
    assert "expires 2023-" in view.html
    assert unclosed(view.html) == []
    gone = FileDeleted(id="file-1", object="file", deleted=True)
    assert view_of(gone).text == "file file-1 is deleted"


def test_list(client: openai.AzureOpenAI) -> None:
    """A table with names and sizes."""
    made = client.files.create(file=("a.csv", bytes(2_500_000)), purpose="batch")
    lines = view_of(client.files.list(purpose="batch")).text.splitlines()
    assert lines == ["id" + " " * 29 + "name   size    purpose", f"{made.id}  a.csv  2.5 MB  batch", "1 object"]


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("気候.csv", "月,気温\n1,5.4\n2,<6>\n".encode()),
        ("気候.csv", "月,気温\r\n1,5.4\r\n2,<6>\r\n".encode("utf-8-sig")),
        ("気候.CSV", "月;気温\n1;5.4\n2;<6>".encode("cp932")),
        ("気候.tsv", "月\t気温\n1\t5.4\n\n2\t<6>\n".encode()),
    ],
)
def test_table(client: openai.AzureOpenAI, name: str, content: bytes) -> None:
    """Whatever parts its columns, and in whichever letters it is written."""
    view = preview(client, name, content)
    assert view.text.splitlines()[:3] == ["月  気温", "1  5.4", "2  <6>"]
    assert f"{name} · " in view.text
    assert view.text.endswith(f"{len(content)} bytes · 2 rows, 2 columns")
    assert "<td" in view.html
    assert "&lt;6&gt;" in view.html


def test_large_table(client: openai.AzureOpenAI) -> None:
    """Its beginning, and how much there is; rows of different lengths."""
    rows = [",".join(map(str, range(30))), *(f"{number},x" for number in range(1000))]
    view = preview(client, "large.csv", "\n".join(rows).encode())
    assert view.text.endswith("1000 rows, 30 columns, of which the first 20 and 12")
    assert view.html.count("<tr>") == 21
    assert len(view.text.splitlines()) == 22


def test_picture(client: openai.AzureOpenAI) -> None:
    """Drawn from the bytes, under its name."""
    view = preview(client, 'a "dot".png', DOT)
    assert f"data:image/png;base64,{base64.b64encode(DOT).decode()}" in view.html
    assert 'alt="a &quot;dot&quot;.png"' in view.html
    assert view.text == f'[picture: a "dot".png · image/png · {len(DOT)} bytes]'


def test_text(client: openai.AzureOpenAI) -> None:
    """A short text as it is; of a long one the beginning; of JSON too."""
    view = preview(client, "guide.md", b"# Nara\n\n<deer>")
    assert view.text.startswith("# Nara\n\n<deer>\nguide.md · ")
    assert "&lt;deer&gt;" in view.html
    assert "beginning" not in view.text
    assert preview(client, "a.json", b'{"a": 1}').text.startswith('{"a": 1}\na.json · application/json')
    long = preview(client, "long.txt", b"line\r\n" * 1000).text
    assert (long.count("line"), long.endswith("only its beginning")) == (40, True)
    assert "beginning" not in preview(client, "short.txt", b"line\r\n" * 40).text


@pytest.mark.parametrize("content", [b"%PDF-1.7\x00\xff\xfe", b"\x00\x01", b"\xff\xfe\xfa"])
def test_other_bytes(client: openai.AzureOpenAI, content: bytes) -> None:
    """What they are called and how many; nothing of them."""
    view = preview(client, "a.bin", content)
    assert view.text == f"[a.bin · application/octet-stream · {len(content)} bytes]"


@pytest.mark.parametrize("name", ["empty.txt", "empty.csv"])
def test_nothing(client: openai.AzureOpenAI, name: str) -> None:
    """A file may be empty."""
    assert preview(client, name, b"").text.endswith("0 bytes")
