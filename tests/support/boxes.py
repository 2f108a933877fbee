"""What a page tells a chat box, and what becomes of it."""

from typing import Any

import pytest

from helpers import ChatBox


def page_says(box: ChatBox, kind: str, **content: object) -> None:
    """What the page tells the kernel, as the widget's own machinery hands it on."""
    box.widget._handle_custom_msg({"type": kind} | content, [])


def press(box: ChatBox, question: str, mark: str = "1") -> None:
    """Type a question and press Enter."""
    page_says(box, "send", text=question, id=mark)


def told(box: ChatBox, monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """The messages that the page gets from now on."""
    messages: list[dict[str, Any]] = []
    monkeypatch.setattr(box.widget, "send", lambda message, buffers=None: messages.append(message))
    return messages


def settle(box: ChatBox) -> None:
    """Wait for the worker, which must end."""
    assert box._worker is not None
    box._worker.join(timeout=20)
    assert not box._worker.is_alive()


def kinds(box: ChatBox) -> list[str]:
    """The kinds of the bubbles, in their order."""
    return [bubble.kind for bubble in box.bubbles]
