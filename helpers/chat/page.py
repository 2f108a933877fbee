"""The widget: the part of the chat box that lives in the page, written in parts.js, tools.js, box.js and box.css."""

import threading
from collections.abc import Callable, Mapping
from pathlib import Path
from types import TracebackType
from typing import Any

import anywidget
import traitlets

from helpers.chat.markdown import blocks_of

_HERE = Path(__file__).parent
BATCH = 0.04
"""Seconds between two pieces of a growing text: more often nobody could see."""
SMALL = 1000
"""Characters of a block that is being written which are drawn with each piece."""
GROWTH = 1.25
"""A longer block is drawn anew when it has grown by so much, so that all drawing together grows as the text does."""

Handler = Callable[[Mapping[str, Any]], None]


class Page(anywidget.AnyWidget):
    """Log and composer. Its traits are the state, and survive a reload; a growing text travels as messages."""

    _esm = "\n".join((_HERE / name).read_text(encoding="utf-8") for name in ("parts.js", "tools.js", "box.js"))
    """Three files, one module: a widget's module has no address from which it could import another."""
    _css = _HERE / "box.css"
    name = traitlets.Unicode().tag(sync=True)
    words = traitlets.Dict().tag(sync=True)
    language = traitlets.Unicode().tag(sync=True)
    turns: traitlets.List[dict[str, Any]] = traitlets.List().tag(sync=True)
    busy = traitlets.Bool(False).tag(sync=True)
    status = traitlets.Unicode().tag(sync=True)
    draft = traitlets.Unicode().tag(sync=True)
    starters: traitlets.List[str] = traitlets.List().tag(sync=True)
    chats: traitlets.List[dict[str, Any]] = traitlets.List().tag(sync=True)
    """What the menu offers: the other chats of this box."""
    attached: traitlets.List[dict[str, str]] = traitlets.List().tag(sync=True)
    """The files that go with the next question: the page's marks, and the names."""
    older = traitlets.Bool(False).tag(sync=True)
    """Whether the thread has older messages that are not shown."""
    ids = traitlets.Dict().tag(sync=True)
    twin = traitlets.Unicode().tag(sync=True)
    """The class of its twin, which is hidden while the page shows the widget."""


class Growing:
    """The text that is being written: pieces go in one by one, and to the page in batches.

    Used as a context: a thread of its own sends the batches until the context ends.
    """

    def __init__(self, page: Page) -> None:
        self._page = page
        self._lock = threading.Lock()
        self._done = threading.Event()
        self._more = threading.Event()
        self._begin()
        self._new: list[str] = []
        self._sender = threading.Thread(target=self._send_batches, name="chat box, batches", daemon=True)

    def __enter__(self) -> "Growing":
        self._sender.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._done.set()
        self._more.set()
        self._sender.join()

    def add(self, piece: str) -> None:
        """The next piece."""
        with self._lock:
            self._new.append(piece)
        self._more.set()

    def take(self) -> str:
        """The whole text, which is no longer growing: what follows begins anew."""
        with self._lock:
            text = self._text + "".join(self._new)
            self._new = []
            self._begin()
        return text

    def _begin(self) -> None:
        self._text = ""
        self._whole: list[str] = []
        self._open_at = self._drawn = 0

    def tell_all(self) -> None:
        """Send the text so far, for a view that has only now been opened."""
        with self._lock:
            _, _, html = blocks_of(self._text[self._open_at :])
            self._page.send({"type": "delta", "at": 0, "text": self._text, "from": 0, "blocks": [*self._whole, html]})

    def _send_batches(self) -> None:
        while not self._done.is_set():
            self._more.wait()
            self._more.clear()
            with self._lock:
                piece = "".join(self._new)
                self._new = []
                if piece:
                    # The place lets a view drop what it has, and notice what it misses.
                    message = {"type": "delta", "at": len(self._text), "text": piece}
                    self._text += piece
                    self._page.send(message | self._drawing())
            self._done.wait(BATCH)

    def _drawing(self) -> dict[str, Any]:
        """The blocks that have changed, as HTML, and their place; nothing while a long one waits for more."""
        length = len(self._text) - self._open_at
        if SMALL < length < GROWTH * self._drawn:
            return {}
        whole, at, html = blocks_of(self._text[self._open_at :])
        place = len(self._whole)
        self._whole += whole
        self._open_at += at
        self._drawn = length - at
        return {"from": place, "blocks": [*whole, html]}
