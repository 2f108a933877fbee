"""From a conversation to an answer: the model and its tools, in turn, until the answer is complete.

The engine knows neither HTTP nor the store. It is given a neutral conversation and gives neutral events; each API
writes them down in its own way.
"""

import logging
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Protocol

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
    """What a reader of the steps sees: `logs` and `image` outputs of code, or the results of a search. The pictures
    are shown at the end of the answer, too."""
    marks: tuple[Annotation, ...] = ()
    """The files that the answer may point at: where it holds such a marker, it does."""
    details: Json = field(default_factory=dict)
    """What a reader of the steps sees of the call besides."""

    @property
    def pictures(self) -> list[Picture]:
        """Those among the parts."""
        return [Picture(part["image"]["file_id"]) for part in self.parts if part.get("type") == "image"]


class BuiltInTool(Protocol):
    """A tool that the endpoint runs itself."""

    async def run(self, arguments: str) -> ToolOutput:
        """The output for one call; `arguments` as in `ToolCall`."""
        ...


@dataclass(frozen=True)
class CallResult:
    """A built-in tool has done what call number `index` asked for."""

    index: int
    output: ToolOutput


AnswerEvent = Event | CallResult | Picture
"""The last one is always `Finished`, with the tokens of all rounds, or `Failed`. Calls are numbered throughout."""


async def answer(
    model: Model, prompt: Prompt, tools: Mapping[str, BuiltInTool], earlier: Sequence[ToolOutput] = ()
) -> AsyncIterator[AnswerEvent]:
    """What the model says and calls, and what the built-in tools, by their type, give back to it.

    `earlier`: what they gave before the caller's functions were asked for. It belongs to the same answer, which may
    point at its files and ends with its pictures.

    It ends when the answer is complete, when functions must be run by the caller (`tool_calls`), or with a failure:
    a model or a tool that breaks fails the answer, not the server.
    """
    try:
        async for event in _rounds(model, prompt, tools, earlier):
            yield event
    except Exception:
        log.exception("the model failed")
        yield BROKEN


async def _rounds(
    model: Model, prompt: Prompt, tools: Mapping[str, BuiltInTool], earlier: Sequence[ToolOutput]
) -> AsyncIterator[AnswerEvent]:
    spent = Finished("stop", 0, 0)
    numbered = 0
    marking = Marking()
    pictures: list[Picture] = []
    for output in earlier:
        marking.know(output.marks)
        pictures += output.pictures
    for _ in range(MOST_ROUNDS):
        this = _Round(numbered)
        async for event in marking.marked(model.answer(prompt)):
            if isinstance(event, Failed):
                yield event
                return
            if isinstance(event, Finished):
                spent = _sum(spent, event)
                break
            yield this.take(event)
        else:
            yield BROKEN  # it ended without saying how
            return
        for picture in () if this.calls else pictures:
            yield picture
        if spent.reason == "length" or all(call.tool == "function" for call in this.calls):
            yield spent
            return
        for number, call in enumerate(this.calls):
            if call.tool != "function":
                output = await _output(tools, call)
                this.calls[number] = replace(call, output=output.text)
                yield CallResult(numbered + number, output)
                marking.know(output.marks)
                pictures += output.pictures
        if any(call.tool == "function" for call in this.calls):
            yield spent
            return
        if prompt.max_completion_tokens is not None and prompt.max_completion_tokens <= spent.completion_tokens:
            yield replace(spent, reason="length")
            return
        prompt = this.appended_to(prompt)
        numbered += len(this.calls)
    yield _NEVER_DONE


@dataclass
class _Round:
    """What the model says and calls in one go."""

    first: int
    """The number of its first call."""
    text: str = ""
    calls: list[ToolCall] = field(default_factory=list)

    def take(self, event: TextDelta | Annotation | CallDelta) -> TextDelta | Annotation | CallDelta:
        """Remember the piece; it comes back with the number that its call has in the whole answer."""
        if isinstance(event, TextDelta | Annotation):
            self.text += event.text
            return event
        if event.index == len(self.calls):
            self.calls.append(ToolCall(f"call_{self.first + event.index}", event.name, "", "", event.tool))
        call = self.calls[event.index]
        self.calls[event.index] = replace(call, arguments=call.arguments + event.arguments)
        return replace(event, index=self.first + event.index)

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
