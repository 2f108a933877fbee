"""Pictures in the body of a chat completion request: addresses as they are, files as `data:` addresses, bounded."""

import base64
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from mock_endpoint.models.base import Image, Turn

Json = dict[str, Any]

LARGEST = 20_000_000
"""Bytes of one picture."""
MOST = 50_000_000
"""Characters of all pictures in one request."""
_KINDS = ((b"\x89PNG", "png"), (b"\xff\xd8\xff", "jpeg"), (b"GIF8", "gif"))

_LEFT_OUT = "[A picture was here. It is left out: {why}.]"
_UNSEEN = "[A picture was here. You cannot see pictures: say so where the answer depends on it.]"


class Pictures:
    """The pictures of one request as parts of its messages; those that are too large are named in words."""

    def __init__(self) -> None:
        self._left = MOST

    def content(self, turn: Turn) -> str | list[Json]:
        """What a message of this turn holds: its text, or its text and its pictures."""
        if not turn.images:
            return turn.text
        text = [{"type": "text", "text": turn.text}] if turn.text else []
        return [*text, *map(self._part, turn.images)]

    def _part(self, image: Image) -> Json:
        url = _file(image.source) if isinstance(image.source, Path) else image.source
        if url is None:
            return _note("it cannot be read as a PNG, JPEG, GIF or WebP picture of at most 20 MB")
        if len(url) > self._left:
            return _note("there are too many large pictures in this conversation")
        self._left -= len(url)
        return {"type": "image_url", "image_url": {"url": url} | ({"detail": image.detail} if image.detail else {})}


def has_pictures(body: Json) -> bool:
    """Whether the request holds any."""
    return any(part["type"] == "image_url" for message in body["messages"] for part in _parts(message))


def without_pictures(body: Json) -> Json:
    """The request with a note in the place of each picture, and each message's content as one text."""
    return body | {"messages": [_in_words(message) for message in body["messages"]]}


def _in_words(message: Json) -> Json:
    if not isinstance(message.get("content"), list):
        return message
    return message | {"content": "\n".join(part.get("text", _UNSEEN) for part in message["content"])}


def _parts(message: Json) -> Iterator[Json]:
    content = message.get("content")
    yield from content if isinstance(content, list) else ()


def _note(why: str) -> Json:
    return {"type": "text", "text": _LEFT_OUT.format(why=why)}


def _file(path: Path) -> str | None:
    """The file as a `data:` address; None where it is no picture, too large, or gone."""
    try:
        if path.stat().st_size > LARGEST:
            return None
        content = path.read_bytes()
    except OSError:
        return None
    webp = content[:4] == b"RIFF" and content[8:12] == b"WEBP"
    kind = "webp" if webp else next((kind for sign, kind in _KINDS if content.startswith(sign)), None)
    return kind and f"data:image/{kind};base64,{base64.b64encode(content).decode()}"
