"""The offline model with functions: what it calls, and what it says when they have answered."""

import asyncio
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from mock_endpoint.models.base import CallDelta, Event, Finished, Prompt, TextDelta, ToolCall, Turn
from mock_endpoint.models.offline import OfflineModel

Arguments = dict[str, Any]


def function(
    name: str, description: str = "", required: Sequence[str] | None = None, /, **properties: object
) -> dict[str, Any]:
    """A declared function; a property is a schema, or a type's name. Everything is required unless said."""
    schemas = {key: {"type": value} if isinstance(value, str) else value for key, value in properties.items()}
    parameters = {
        "type": "object",
        "properties": schemas,
        "required": list(schemas) if required is None else list(required),
    }
    return {"type": "function", "function": {"name": name, "description": description, "parameters": parameters}}


def events(prompt: Prompt) -> list[Event]:
    """Everything that the model sends for one prompt."""

    async def collect() -> list[Event]:
        return [event async for event in OfflineModel().answer(prompt)]

    return asyncio.run(collect())


def calls(prompt: Prompt) -> list[tuple[str, Arguments]]:
    """The functions asked for, with their arguments; none where the answer is a text."""
    sent = events(prompt)
    names = [event.name for event in sent if isinstance(event, CallDelta) and event.name]
    written = [""] * len(names)
    for event in sent:
        if isinstance(event, CallDelta):
            written[event.index] += event.arguments
    last = sent[-1]
    assert isinstance(last, Finished)
    assert (last.reason == "tool_calls") == bool(names)
    return [(name, json.loads(arguments)) for name, arguments in zip(names, written, strict=True)]


def thread(*said: str, tools: Sequence[Mapping[str, Any]], **options: Any) -> Prompt:  # noqa: ANN401
    """A thread of the user's messages, each but the last with an answer that says nothing."""
    turns = [turn for text in said[:-1] for turn in (Turn("user", text), Turn("assistant", "Done."))]
    instructions = options.pop("instructions", "")
    return Prompt("gpt-4", instructions, (*turns, Turn("user", said[-1])), tools=tuple(tools), **options)


def converse(prompt: Prompt, run_function: Callable[[str, Arguments], str]) -> tuple[list[tuple[str, Arguments]], str]:
    """All calls of a run, each answered by `run_function`, and the text at its end."""
    made: list[tuple[str, Arguments]] = []
    for _ in range(20):
        asked = calls(prompt)
        if not asked:
            return made, "".join(event.text for event in events(prompt) if isinstance(event, TextDelta))
        made += asked
        answered = tuple(
            ToolCall(f"call_{number}", name, json.dumps(arguments), run_function(name, arguments))
            for number, (name, arguments) in enumerate(asked, len(made))
        )
        turn = Turn("assistant", "", calls=answered)
        prompt = replace(prompt, turns=(*prompt.turns, turn), tool_choice="auto")
    raise AssertionError("the run never ends")
