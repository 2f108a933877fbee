"""The function calls of a streamed chat completion, put together from the pieces that many kinds of server send.

OpenAI and Azure number the calls and name each one once. Others send whole calls without a number or an id, number
every call 0, repeat the name in every piece, give every piece an id of its own, or mix the pieces of several calls.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from mock_endpoint.models import tokens
from mock_endpoint.models.base import CallDelta, Prompt
from mock_endpoint.models.chat_request import code_in, functions, tool_of

_NOTHING = ("", "null")
"""What servers write as the arguments of a function without parameters."""
_NAME = 64
"""Characters of a function's name that are shown, the most that a declared one may have."""

_NO_NAME = "The model asked for a function without naming it. {advice}"
_UNKNOWN = "The model called the function '{name}', which this run does not declare. {advice}"
_FORBIDDEN = "The model called the function '{name}', although tool_choice is 'none'. {advice}"
_NO_OBJECT = "The model wrote arguments for the function '{name}' that are not a JSON object. {advice}"
_ADVICE = "Run it again, or choose a model that is better at calling functions."


class BadCall(Exception):
    """A call that nobody could carry out; the text says why, and what to do."""

    def __init__(self, text: str, name: str = "") -> None:
        super().__init__(text.format(name=name[:_NAME], advice=_ADVICE))


@dataclass(frozen=True)
class _Piece:
    """What one chunk says about a call; an empty text is as good as none."""

    index: int | None
    id: str
    name: str
    arguments: str


@dataclass
class _Call:
    """A call as far as it is known."""

    index: int | None
    """The server's number for it; ours is its place in the list."""
    id: str
    name: str = ""
    arguments: str = ""
    begun: bool = False
    sent: int = 0
    """Characters of the arguments, or of the code in them, that were passed on."""

    def add(self, piece: _Piece) -> None:
        self.id = self.id or piece.id
        self.name = self.name or piece.name
        self.arguments += piece.arguments

    def is_whole(self) -> bool:
        """Whether anything more, but white space, would be too much."""
        return bool(self.name) and self.arguments.rstrip().endswith("}") and self.has_object()

    def has_object(self) -> bool:
        """Whether the arguments are a JSON object."""
        try:
            return isinstance(json.loads(self.arguments), dict)
        except (ValueError, RecursionError):
            return False


class Calls:
    """The calls of one answer, passed on one after the other, each piece as early as that allows."""

    def __init__(self, prompt: Prompt) -> None:
        self._prompt = prompt
        self._declared = {function["name"] for function in functions(prompt)}
        self._forbidden = prompt.tool_choice == "none"
        self._most = None if prompt.parallel_tool_calls else 1
        self._calls: list[_Call] = []
        self._head = 0

    def __bool__(self) -> bool:
        """Whether the model called anything."""
        return bool(self._calls)

    def read(self, tool_call: Mapping[str, Any]) -> Iterator[CallDelta]:
        """What the next of `delta.tool_calls` adds; raises `BadCall` for a function that may not be called."""
        piece = _piece(tool_call)
        self._call_of(piece).add(piece)
        wanted = self._wanted()
        yield from self._news(self._head)
        while self._head + 1 < len(wanted) and wanted[self._head].is_whole():
            self._head += 1
            yield from self._news(self._head)

    def finish(self) -> Iterator[CallDelta]:
        """What is left when the answer is complete; raises `BadCall` for arguments that are not a JSON object."""
        for number, call in enumerate(self._wanted()):
            if not call.name:
                raise BadCall(_NO_NAME)
            if call.arguments.strip() in _NOTHING:
                call.arguments = "{}"
            if not call.has_object():
                raise BadCall(_NO_OBJECT, call.name)
            if number >= self._head:
                yield from self._news(number)

    def tokens(self) -> int:
        """The cost of the calls, counted by our own rule."""
        return sum(tokens.count(call.name) + tokens.count(call.arguments) for call in self._wanted())

    def _wanted(self) -> list[_Call]:
        """Without parallel calls the first one only: not every server keeps to it, and the model can ask again."""
        return self._calls[: self._most]

    def _call_of(self, piece: _Piece) -> _Call:
        """The call that the piece continues, or a new one."""
        if piece.index is None:
            known = [call for call in self._calls if piece.id and call.id == piece.id] or self._calls
        else:
            known = [call for call in self._calls if call.index == piece.index]
        if not known or _begins(piece, known[-1]):
            self._calls.append(_Call(piece.index, piece.id))
            return self._calls[-1]
        return known[-1]

    def _news(self, number: int) -> Iterator[CallDelta]:
        """What was not passed on yet. Arguments wait for their brace, so that a `null` never gets out; code waits for
        the whole object that it is in."""
        call = self._calls[number]
        if not call.name:
            return
        tool = tool_of(self._prompt, call.name)
        if tool == "code_interpreter":
            known = code_in(call.arguments) if call.has_object() else ""
        else:
            known = call.arguments if call.arguments.lstrip().startswith("{") else ""
        news = known[call.sent :]
        if not call.begun:
            self._check(call.name)
            yield CallDelta(number, news, call.name, tool)
        elif news:
            yield CallDelta(number, news, tool=tool)
        call.begun = True
        call.sent += len(news)

    def _check(self, name: str) -> None:
        if name not in self._declared:
            raise BadCall(_UNKNOWN, name)
        if self._forbidden:
            raise BadCall(_FORBIDDEN, name)


def _piece(tool_call: Mapping[str, Any]) -> _Piece:
    function = tool_call.get("function") or {}
    arguments = function.get("arguments") or ""
    if not isinstance(arguments, str):
        arguments = json.dumps(arguments, ensure_ascii=False)  # some servers send the object itself
    return _Piece(tool_call.get("index"), tool_call.get("id") or "", function.get("name") or "", arguments)


def _begins(piece: _Piece, call: _Call) -> bool:
    """Whether the piece starts another call, though by its number, or for want of one, it would continue this one."""
    if not piece.name or not call.name:
        return False
    if piece.name != call.name:
        return True
    if piece.id and call.id:
        return piece.id != call.id
    return bool(piece.arguments.strip()) and call.is_whole()
