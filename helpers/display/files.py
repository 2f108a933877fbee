"""A file, and what was downloaded of one: a table, a picture, text, or what little can be said of other bytes."""

import base64
import csv
import io
from collections.abc import Mapping
from email.message import Message
from html import escape
from typing import Any, Protocol, TypeGuard

from helpers.display.facts import clock
from helpers.views import LINE, MONO, View, card, mono, plain, quiet, table, text_table

Facts = Mapping[str, Any]

_ROWS, _COLUMNS = 20, 12
"""What is shown of a table."""
_LINES, _LETTERS = 40, 4000
"""What is shown of a text."""
_LARGEST_PICTURE = 5_000_000
"""Bytes of a picture that is put into the page: it is stored in the notebook."""
_PICTURES = {b"\x89PNG\r\n\x1a\n": "image/png", b"\xff\xd8\xff": "image/jpeg", b"GIF8": "image/gif"}
"""How pictures begin."""


class Download(Protocol):
    """What `client.files.content(…)` gives."""

    @property
    def content(self) -> bytes:
        """The bytes."""

    @property
    def response(self) -> Any:  # noqa: ANN401 - of the client's HTTP library, which differs from version to version
        """The answer that they came with."""


def is_download(thing: object) -> TypeGuard[Download]:
    """Whether it is what `client.files.content(…)` or `client.containers.files.content.retrieve(…)` gives."""
    headers = getattr(getattr(thing, "response", None), "headers", None)
    return headers is not None and isinstance(getattr(thing, "content", None), bytes)


def file(facts: Facts) -> View:
    """A card: its name, size and purpose, and when it expires."""
    name, number, size = str(facts.get("filename", "?")), str(facts.get("id", "")), size_of(facts)
    details = f"{size} · {facts.get('purpose', '?')}"
    expires = f"expires {clock(facts['expires_at'])}" if facts.get("expires_at") else ""
    html = card(f"<b>{escape(name)}</b> {mono(number)}", quiet(details), quiet(expires) if expires else "")
    return View(html, f"file {name}  {number}\n  {details}")


def size_of(facts: Facts) -> str:
    """The size as a person says it."""
    size = facts.get("bytes")
    return _size(size) if isinstance(size, int) else ""


def download(thing: Download) -> View:
    """The beginning of a table or a text, or the picture; of other bytes their name, kind and number."""
    content = thing.content
    name, kind = _name_and_kind(thing.response.headers)
    about = " · ".join(filter(None, [name, kind, _size(len(content))]))
    picture = next((found for start, found in _PICTURES.items() if content.startswith(start)), None)
    if picture and len(content) <= _LARGEST_PICTURE:
        return View(_picture(content, picture, name) + f"<div>{quiet(about)}</div>", f"[picture: {about}]")
    text = _text_of(content)
    if text is None:
        return View(card(quiet(about)), f"[{about}]")
    if kind in ("text/csv", "text/tab-separated-values") or name.lower().endswith((".csv", ".tsv")):
        return _table(text, about)
    return _text(text, about)


def _name_and_kind(headers: Mapping[str, str]) -> tuple[str, str]:
    told = Message()
    for header in ("content-disposition", "content-type"):
        if header in headers:
            told[header] = headers[header]
    return told.get_filename() or "", told.get_content_type() if "content-type" in headers else ""


def _picture(content: bytes, kind: str, name: str) -> str:
    source = f"data:{kind};base64,{base64.b64encode(content).decode()}"
    return f'<img src="{source}" alt="{escape(name or "the downloaded picture")}" style="max-width:100%;height:auto">'


def _text_of(content: bytes) -> str | None:
    """The text, if it is one; that of older Japanese programs as well."""
    for encoding in ("utf-8-sig", "cp932"):
        try:
            text = content.decode(encoding)
        except UnicodeDecodeError:
            continue
        return None if "\0" in text else text
    return None


def _table(text: str, about: str) -> View:
    delimiter = max(",;\t", key=text.partition("\n")[0].count)
    rows = [row for row in csv.reader(io.StringIO(text), delimiter=delimiter) if row]
    if not rows:
        return _text(text, about)
    width = max(map(len, rows))
    shown = [(row + [""] * width)[: min(width, _COLUMNS)] for row in rows[: _ROWS + 1]]
    counts = f"{len(rows) - 1} rows, {width} columns"
    left_out = len(rows) > len(shown) or width > _COLUMNS
    foot = f"{about} · {counts}" + (f", of which the first {len(shown) - 1} and {len(shown[0])}" if left_out else "")
    html = table(shown[0], ([escape(cell) for cell in row] for row in shown[1:]))
    return View(f"{html}<div>{quiet(foot)}</div>", f"{text_table(shown)}\n{foot}")


def _text(text: str, about: str) -> View:
    lines = text[:_LETTERS].splitlines()[:_LINES]
    shown = "\n".join(lines)
    more = " · only its beginning" if len(shown) < len(text.rstrip("\r\n")) - text.count("\r") else ""
    style = f"{MONO};border-left:4px solid {LINE};padding-left:8px;max-height:30em;overflow:auto"
    html = f'<div style="{style}" tabindex="0">{plain(shown)}</div><div>{quiet(about + more)}</div>'
    return View(html, f"{shown}\n{about}{more}".lstrip("\n"))


def _size(size: int) -> str:
    for unit, bytes_of_it in (("MB", 1_000_000), ("kB", 1_000)):
        if size >= bytes_of_it:
            return f"{size / bytes_of_it:.1f} {unit}"
    return f"{size} bytes"
