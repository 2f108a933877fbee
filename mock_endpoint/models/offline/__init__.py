"""The offline model: deterministic, needs no network and no key, and says honestly what it does not know."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal

from mock_endpoint.models import tokens
from mock_endpoint.models.base import CallDelta, Event, Finished, Model, Prompt, TextDelta
from mock_endpoint.models.encoder import preload

if TYPE_CHECKING:
    from mock_endpoint.models.offline.answer import Call

_PIECE = re.compile(r"\s*(?:[\u3040-\u30ff\u3400-\u9fff、。「」]{1,3}|[^\s\u3040-\u30ff\u3400-\u9fff、。「」]+)|\s+")

_FRAGMENT = 8
"""Characters of a call's arguments that arrive at a time, at most."""


class OfflineModel(Model):
    """Answers without network, key or cost."""

    label = "the offline model"

    def expect(self, tools: Sequence[Mapping[str, Any]]) -> None:
        """Get ready, in the background, for messages that come with these tools."""
        if any(tool.get("type") in ("function", "file_search") for tool in tools):
            preload()

    async def answer(self, prompt: Prompt) -> AsyncIterator[Event]:
        """The answer in small pieces, then the tokens it took."""
        from mock_endpoint.models.offline.answer import (
            compose,  # its patterns take a while to build, and `serve` should not wait for them
        )

        reply = await asyncio.to_thread(compose, prompt)
        for event in _calls(prompt, reply.calls) if reply.calls else _text(prompt, reply.text):
            yield event


def _text(prompt: Prompt, text: str) -> Iterator[Event]:
    reason: Literal["stop", "length"] = "stop"
    if prompt.max_completion_tokens is not None:
        kept = tokens.pieces(text)
        if len(kept) > prompt.max_completion_tokens:
            text, reason = "".join(kept[: prompt.max_completion_tokens]), "length"
    for piece in _PIECE.findall(text):
        yield TextDelta(piece)
    yield Finished(reason, tokens.of_prompt(prompt), tokens.count(text))


def _calls(prompt: Prompt, calls: Sequence[Call]) -> Iterator[Event]:
    """The calls piece by piece; none where `max_completion_tokens` cuts, for half a call is no call."""
    spent = sum(tokens.count(call.name) + tokens.count(call.arguments) for call in calls)
    most = prompt.max_completion_tokens
    if most is not None and spent > most:
        yield Finished("length", tokens.of_prompt(prompt), most)
        return
    for index, call in enumerate(calls):
        yield CallDelta(index, name=call.name, tool=call.tool)
        for piece in _PIECE.findall(call.arguments):
            for start in range(0, len(piece), _FRAGMENT):
                yield CallDelta(index, piece[start : start + _FRAGMENT], tool=call.tool)
    yield Finished("tool_calls", tokens.of_prompt(prompt), spent)
