"""Which fault the blocks of `fault()` ask for. Knows no HTTP library, so that `fault` waits for none."""

import threading
from collections.abc import Mapping, MutableMapping

HEADER = "x-kit-fault"
"""A request asks for a fault with it; an answer says in it which fault hit the request, or `none`."""


class Block:
    """One `with fault(…)` block while it lasts, and what became of its requests."""

    def __init__(self, wish: str) -> None:
        self._wish = wish
        self.used = False
        """Whether a watched client sent a request in the block."""
        self.stranger = ""
        """The host of an answer that did not speak of faults, if there was one."""

    def ask(self, headers: MutableMapping[str, str]) -> None:
        """Ask for the fault in the headers of a request."""
        headers[HEADER] = self._wish
        self.used = True

    def answered(self, host: str, headers: Mapping[str, str]) -> None:
        """Look whether whoever answered knows what faults are."""
        if HEADER not in headers:
            self.stranger = host


class _Blocks:
    """The blocks that are open in this process, the innermost last."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._open: tuple[Block, ...] = ()

    def open(self, block: Block) -> None:
        with self._lock:
            self._open = (*self._open, block)

    def close(self, block: Block) -> None:
        with self._lock:
            self._open = tuple(one for one in self._open if one is not block)

    def current(self) -> Block | None:
        open_now = self._open  # another thread may replace it meanwhile
        return open_now[-1] if open_now else None


BLOCKS = _Blocks()
