"""How requests are read from a connection: uvicorn's protocol over httptools, where that alone would not do.

httptools keeps headers of any size, and takes what follows an offer to upgrade for another protocol.
"""

from typing import Any

from httptools import HttpParserUpgrade, HttpRequestParser
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

MAX_HEAD = 64 * 1024
"""Bytes that may arrive before the head of a request, the next piece of its body, or its trailers are complete."""


class _Parser(HttpRequestParser):
    """Tells the protocol about an offer to upgrade, and what came behind it."""

    def __init__(self, protocol: "Protocol") -> None:
        super().__init__(protocol)
        self._protocol = protocol
        self.set_dangerous_leniencies(lenient_data_after_close=True)  # as uvicorn sets it

    def feed_data(self, data: bytes) -> None:  # pyrefly: ignore[bad-override]
        try:
            super().feed_data(data)
        except HttpParserUpgrade as offer:
            self._protocol.decline(data[offer.args[0] :])


class Protocol(HttpToolsProtocol):
    """Hangs up on a caller whose request line, headers or trailers never end; ignores offers to upgrade."""

    _unfinished = 0

    def __init__(self, *values: Any, **named: Any) -> None:  # noqa: ANN401 - uvicorn's own
        super().__init__(*values, **named)
        self.parser = _Parser(self)

    def data_received(self, data: bytes) -> None:
        """Count what has led to nothing yet. The bound is not exact: one read may complete a longer head."""
        self._unfinished += len(data)
        super().data_received(data)
        if self._unfinished > MAX_HEAD and not self.transport.is_closing():
            self.send_400_response("The headers of this request are too long.")

    def decline(self, rest: bytes) -> None:
        """Read the request anew without its offer, as RFC 9110 §7.8 allows: Java's client sends one with each body."""
        line = self.parser.get_method() + b" " + self.url + b" HTTP/1.1\r\n"
        kept = (name + b": " + value for name, value in self.headers if name not in (b"connection", b"upgrade"))
        self.parser = _Parser(self)
        self.parser.feed_data(line + b"\r\n".join([*kept, b"", b""]) + rest)

    def on_headers_complete(self) -> None:
        """The head is complete."""
        self._unfinished = 0
        if not self.parser.should_upgrade():
            super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        """A piece of the body is there."""
        self._unfinished = 0
        super().on_body(body)

    def on_message_complete(self) -> None:
        """The request is complete."""
        self._unfinished = 0
        if not self.parser.should_upgrade():
            super().on_message_complete()
