"""What a model is to the endpoint: a conversation goes in, events come out."""

from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal


@dataclass(frozen=True)
class ToolCall:
    """A tool that the model called, and what it gave back."""

    id: str
    name: str
    """The function's; of a built-in tool the same as `tool`."""
    arguments: str
    """What the model wrote: a JSON object for a function, code for `code_interpreter`, a query for `file_search`."""
    output: str
    tool: str = "function"
    """`function`, which the caller runs, or the type of a built-in tool."""


@dataclass(frozen=True)
class Image:
    """A picture that came with a message."""

    source: str | Path
    """Its address, which may be a `data:` address, or the file that holds it; the file may be gone."""
    detail: str | None = None


@dataclass(frozen=True)
class Turn:
    """One message of the conversation, as the model reads it."""

    role: Literal["user", "assistant"]
    text: str
    images: tuple[Image, ...] = ()
    """The pictures that came with the text; a model that cannot see them says so."""
    calls: tuple[ToolCall, ...] = ()
    """Only in an assistant's turn without a text: the tools that it called for this answer, with their outputs."""


@dataclass(frozen=True)
class Prompt:
    """Everything a model is told for one answer."""

    model: str
    """The deployment's name, as the caller wrote it."""
    instructions: str
    turns: tuple[Turn, ...]
    """The conversation, oldest first. It may be empty or end with an assistant's turn."""
    tools: tuple[Mapping[str, Any], ...] = ()
    """The tools as the API declares them, e.g. `{"type": "function", "function": {"name": …}}`."""
    files: tuple[str, ...] = ()
    """The names of the files that code can read."""
    tool_choice: str | Mapping[str, Any] = "auto"
    parallel_tool_calls: bool = True
    """Whether one answer may ask for several functions."""
    max_tool_calls: int | None = None
    """How many calls of built-in tools are made for this answer; what is called beyond is ignored."""
    response_format: str | Mapping[str, Any] = "auto"
    temperature: float | None = None
    top_p: float | None = None
    max_completion_tokens: int | None = None


@dataclass(frozen=True)
class TextDelta:
    """The next piece of the answer's text; the pieces joined are the answer."""

    text: str


@dataclass(frozen=True)
class Annotation:
    """The next piece of the answer's text where it points at a file: a `file_citation` at what was read, a `file_path`
    at what code has made. Where the piece stands in the text, its writer counts."""

    kind: Literal["file_citation", "file_path"]
    text: str
    """The marker, e.g. `【4:0†guide.md】` or `sandbox:/mnt/data/table.csv`."""
    file_id: str
    filename: str


@dataclass(frozen=True)
class CallDelta:
    """The next piece of a call of a tool. Calls come one after the other; the pieces of a call's arguments joined are
    what `ToolCall.arguments` holds."""

    index: int
    """Which call of this answer, from 0."""
    arguments: str = ""
    name: str = ""
    """The function, or the built-in tool; in the first piece of a call only."""
    tool: str = "function"
    """As in `ToolCall`."""


@dataclass(frozen=True)
class Finished:
    """The answer is complete (`stop`), waits for the tools that it called (`tool_calls`), or was cut by
    `max_completion_tokens` (`length`)."""

    reason: Literal["stop", "length", "tool_calls"]
    prompt_tokens: int
    completion_tokens: int


@dataclass(frozen=True)
class Failed:
    """The model could not answer; becomes the run's `last_error` (contract §3.4)."""

    code: Literal["server_error", "rate_limit_exceeded", "invalid_prompt"]
    message: str


Event = TextDelta | Annotation | CallDelta | Finished | Failed


class Model(ABC):
    """One answer at a time; the last event is always `Finished` or `Failed`."""

    label: str
    """Who answers, in words for a person, e.g. `the offline model`."""

    @abstractmethod
    def answer(self, prompt: Prompt) -> AsyncIterator[Event]:
        """The events of one answer."""

    async def close(self) -> None:  # noqa: B027 - most hold nothing
        """Let go of what it holds in this event loop, which is about to end."""

    def expect(self, tools: Sequence[Mapping[str, Any]]) -> None:  # noqa: B027 - most have nothing to get ready
        """Get ready, in the background, for messages that come with these tools: the first need not wait then."""
