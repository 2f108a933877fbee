"""What a program sent to the endpoint and what came back, a line each: `run --wire`."""

import json
import re
from collections.abc import Iterator

from starlette.types import ASGIApp, Message, Receive, Scope, Send

MOST_LINES = 1000
MOST_OF_A_BODY = 65_536
"""Bytes that are looked at; of an event stream these many of its end."""
_LONGEST = 60
"""Characters of one value."""
_TELLING = (
    *("name", "model", "instructions", "additional_instructions", "assistant_id", "role", "content", "input"),
    *("previous_response_id", "conversation", "items", "messages", "additional_messages", "thread", "query"),
    *("tools", "tool_resources", "tool_choice", "tool_outputs", "attachments", "file_ids", "file_id"),
    *("response_format", "metadata", "background", "stream"),
)
"""Fields of a request that tell what it is about, in this order."""
_EVENT = re.compile(rb"^event: (.+?)\r?$", re.MULTILINE)


class WireLog:
    """The exchanges of one endpoint, in the order in which they ended."""

    def __init__(self) -> None:
        self._lines: list[tuple[str, int]] = []
        """Each with how many times it came one after the other: a program that polls asks the same again and again."""
        self._left_out = 0

    def around(self, app: ASGIApp) -> ASGIApp:
        """The application, with each of its exchanges written down."""

        async def recorded(scope: Scope, receive: Receive, send: Send) -> None:
            exchange = _Exchange(scope, receive, send)
            try:
                await app(scope, exchange.receive, exchange.send)
            finally:
                self._note(str(exchange))

        return recorded

    def lines(self, hidden: str) -> list[str]:
        """What is to be shown; `hidden`, a key, is not, wherever it may have stood."""
        count = sum(times for _, times in self._lines) + self._left_out
        shown = [
            line.replace(hidden, "(the key)") + (f"  × {times}" if times > 1 else "") for line, times in self._lines
        ]
        rest = [f"… and {self._left_out} more"] if self._left_out else []
        return [f"over the wire: {count} request{'' if count == 1 else 's'}", *shown, *rest]

    def _note(self, line: str) -> None:
        last, times = self._lines[-1] if self._lines else ("", 0)
        if line == last and not self._left_out:
            self._lines[-1] = line, times + 1
        elif len(self._lines) < MOST_LINES:
            self._lines.append((line, 1))
        else:
            self._left_out += 1


class _Exchange:
    """One request and its answer, of each no more than is looked at."""

    def __init__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self._scope, self._receive, self._send = scope, receive, send
        self._asked, self._answered = b"", b""
        self._status = "–"
        """No answer, as long as none was given."""
        self._events = 0

    async def receive(self) -> Message:
        """A part of the request, as the application takes it."""
        message = await self._receive()
        self._asked = (self._asked + message.get("body", b""))[:MOST_OF_A_BODY]
        return message

    async def send(self, message: Message) -> None:
        """A part of the answer, as the application gives it."""
        if message["type"] == "http.response.start":
            self._status = str(message["status"])
        part = message.get("body", b"")
        self._events += len(_EVENT.findall(part))
        self._answered = (self._answered + part)[-MOST_OF_A_BODY:]
        await self._send(message)

    def __str__(self) -> str:
        query = self._scope["query_string"].decode("latin-1")
        path = self._scope["path"] + (f"?{query}" if query else "")
        line = " ".join([f"{self._scope['method']:<6} {self._status} {path}", *_sent(self._asked), *self._came()])
        return "".join(letter if letter.isprintable() else "?" for letter in line)

    def _came(self) -> Iterator[str]:
        """What the answer says in short."""
        if self._events:
            last = [name.decode("utf-8", "replace") for name in _EVENT.findall(self._answered)][-2:]
            yield f"→ {self._events} events, the last: {', '.join(last)}"
            return
        body = _object(self._answered)
        error = body.get("error")
        if isinstance(error, dict):
            yield f"→ {error.get('message')}"
        elif isinstance(data := body.get("data"), list):
            yield f"→ {len(data)} in the list{', and more' if body.get('has_more') else ''}"
        elif body:
            yield "→ " + " ".join(str(body[name]) for name in ("id", "status", "deleted") if name in body)
            yield from _wanted(body)


def _sent(body: bytes) -> Iterator[str]:
    """The telling fields of a request."""
    fields = _object(body)
    for name in _TELLING:
        if fields.get(name) not in (None, [], {}, ""):
            yield f"{name}={_short(fields[name])}"


def _wanted(run: dict[str, object]) -> Iterator[str]:
    """The functions that a run waits for."""
    action = run.get("required_action")
    if isinstance(action, dict):
        for call in action["submit_tool_outputs"]["tool_calls"]:
            yield f"{call['function']['name']}({call['function']['arguments']})"


def _object(body: bytes) -> dict[str, object]:
    """The JSON object in these bytes; an empty one where it is something else, or cut off."""
    try:
        found = json.loads(body)
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def _short(value: object) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"
