"""From a conversation to an answer: the model and its tools, in turn, until the answer is complete.

The engine knows neither HTTP nor the store. It is given a neutral conversation and gives neutral events; each API
writes them down in its own way.
"""

import logging
import math
import secrets
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Protocol

from mock_endpoint.closing import closing
from mock_endpoint.marking import Marking
from mock_endpoint.models.base import (
    Annotation,
    CallDelta,
    Event,
    Failed,
    Finished,
    Model,
    Prompt,
    TextDelta,
    ToolCall,
    Turn,
)

Json = dict[str, Any]

log = logging.getLogger(__name__)

MOST_ROUNDS = 10
"""How often a model may call built-in tools for one answer."""
BROKEN = Failed("server_error", "Sorry, something went wrong.")
"""What a caller is told when the model or a tool fails in a way that nobody foresaw."""
_NOT_MADE = "This call was not made: no more are allowed. Answer with what you have."
"""What a model reads of a call beyond the limit."""
_NEVER_DONE = Failed("server_error", f"The model called its tools {MOST_ROUNDS} times and gave no answer.")


@dataclass(frozen=True)
class Picture:
    """A picture that code has drawn, where it stands in the answer: after the text."""

    file_id: str


@dataclass(frozen=True)
class ToolOutput:
    """What a built-in tool gave back."""

    text: str
    """What the model reads."""
    parts: tuple[Json, ...] = ()
    """What a reader of the steps sees: `logs` and `image` outputs of code, or the results of a search."""
    marks: tuple[Annotation, ...] = ()
    """The files that the answer may point at: where it holds such a marker, it does."""
    details: Json = field(default_factory=dict)
    """What a reader of the steps sees of the call besides."""
    pictures: tuple[Picture, ...] = ()
    """Those among the parts; they are shown at the end of the answer, too."""


class BuiltInTool(Protocol):
    """A tool that the endpoint runs itself."""

    async def run(self, arguments: str) -> ToolOutput:
        """The output for one call; `arguments` as in `ToolCall`."""
        ...


@dataclass(frozen=True)
class CallStarted:
    """Call number `index` is written, and its built-in tool is at work."""

    index: int


@dataclass(frozen=True)
class CallResult:
    """A built-in tool has done what call number `index` asked for."""

    index: int
    output: ToolOutput


AnswerEvent = Event | CallStarted | CallResult | Picture
"""The last one is always `Finished`, with the tokens of all rounds, or `Failed`. Calls are numbered throughout."""


async def answer(
    model: Model,
    prompt: Prompt,
    tools: Mapping[str, BuiltInTool],
    marks: tuple[Annotation, ...] = (),
    pictures: Sequence[Picture] = (),
) -> AsyncIterator[AnswerEvent]:
    """What the model says and calls, and what the built-in tools, by their type, give back to it.

    `marks`: those that calls before this answer have given; `pictures`: what they have drawn and nobody has shown yet.

    It ends when the answer is complete, when functions must be run by the caller (`tool_calls`), or with a failure:
    a model or a tool that breaks fails the answer, not the server.
    """
    try:
        async with closing(_rounds(model, prompt, tools, marks, [*pictures])) as events:
            async for event in events:
                yield event
    except Exception:
        log.exception("the model failed")
        yield BROKEN


async def _rounds(
    model: Model,
    prompt: Prompt,
    tools: Mapping[str, BuiltInTool],
    marks: tuple[Annotation, ...],
    pictures: list[Picture],
) -> AsyncIterator[AnswerEvent]:
    spent = Finished("stop", 0, 0)
    numbered = 0
    marking = Marking()
    marking.know(marks)
    left = math.inf if prompt.max_tool_calls is None else prompt.max_tool_calls
    for _ in range(MOST_ROUNDS):
        this = _Round(numbered, left)
        async with closing(marking.marked(model.answer(prompt))) as events:
            async for event in events:
                if isinstance(event, Failed):
                    yield event
                    return
                if isinstance(event, Finished):
                    spent = _sum(spent, event)
                    break
                if taken := this.take(event):
                    yield taken
            else:
                yield BROKEN  # it ended without saying how
                return
        for picture in () if this.calls else pictures:
            yield picture
        if spent.reason == "length" or all(call.tool == "function" for call in this.calls):
            yield spent
            return
        for place, number in this.built_in():
            yield CallStarted(number)
            output = await _output(tools, this.calls[place])
            this.calls[place] = replace(this.calls[place], output=output.text)
            yield CallResult(number, output)
            marking.know(output.marks)
            pictures += output.pictures
        if any(call.tool == "function" for call in this.calls):
            yield spent
            return
        if prompt.max_completion_tokens is not None and prompt.max_completion_tokens <= spent.completion_tokens:
            yield replace(spent, reason="length")
            return
        prompt = this.appended_to(prompt)
        left -= len(list(this.built_in()))
        if left <= 0:
            prompt = replace(prompt, tools=tuple(tool for tool in prompt.tools if tool["type"] == "function"))
        numbered = this.following
    yield _NEVER_DONE


@dataclass
class _Round:
    """What the model says and calls in one go."""

    following: int
    """The number of the next call in the whole answer."""
    left: float
    """How many calls of built-in tools may still be made."""
    text: str = ""
    calls: list[ToolCall] = field(default_factory=list)
    numbers: list[int | None] = field(default_factory=list)
    """Those of the calls; None for one that is not made."""

    def take(self, event: TextDelta | Annotation | CallDelta) -> TextDelta | Annotation | CallDelta | None:
        """Remember the piece; it comes back with the number that its call has in the whole answer, if it has one."""
        if isinstance(event, TextDelta | Annotation):
            self.text += event.text
            return event
        if event.index == len(self.calls):
            self._begin(event)
        call = self.calls[event.index]
        self.calls[event.index] = replace(call, arguments=call.arguments + event.arguments)
        number = self.numbers[event.index]
        return None if number is None else replace(event, index=number)

    def built_in(self) -> Iterator[tuple[int, int]]:
        """The calls of built-in tools that are made: their places here, and their numbers."""
        for place, (call, number) in enumerate(zip(self.calls, self.numbers, strict=True)):
            if call.tool != "function" and number is not None:
                yield place, number

    def _begin(self, event: CallDelta) -> None:
        made = event.tool == "function" or len(list(self.built_in())) < self.left
        given = "" if made else _NOT_MADE
        self.calls.append(ToolCall(f"call_{secrets.token_hex(12)}", event.name, "", given, event.tool))
        self.numbers.append(self.following if made else None)
        self.following += made

    def appended_to(self, prompt: Prompt) -> Prompt:
        """The conversation with this round at its end. A tool that had to be called has been: what follows is free."""
        said = (Turn("assistant", self.text),) if self.text else ()
        called = Turn("assistant", "", calls=tuple(self.calls))
        choice = prompt.tool_choice if prompt.tool_choice == "none" else "auto"
        return replace(prompt, turns=(*prompt.turns, *said, called), tool_choice=choice)


async def _output(tools: Mapping[str, BuiltInTool], call: ToolCall) -> ToolOutput:
    if call.tool not in tools:
        return ToolOutput(f"The tool {call.tool} cannot be used here.")
    return await tools[call.tool].run(call.arguments)


def _sum(before: Finished, now: Finished) -> Finished:
    """How the last round ended, with the tokens of all."""
    return Finished(
        now.reason, before.prompt_tokens + now.prompt_tokens, before.completion_tokens + now.completion_tokens
    )
