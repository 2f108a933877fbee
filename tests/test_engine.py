"""The engine by itself: a neutral conversation in, neutral events out, whoever writes them down."""

import asyncio
import json
from typing import Any

import pytest
from support.output_items import OutputItems
from support.scripted import Scripted

from mock_endpoint import engine
from mock_endpoint.engine import AnswerEvent, ToolOutput
from mock_endpoint.models import tokens
from mock_endpoint.models.base import Failed, Finished, Prompt, Turn
from mock_endpoint.runs import prompt as run_prompt


class Echo:
    """A tool that gives back what it is given, in capitals."""

    async def run(self, arguments: str) -> ToolOutput:
        """The text in capitals."""
        return ToolOutput(arguments.upper(), ({"type": "logs", "logs": arguments.upper()},))


def answered(text: str, **options: Any) -> tuple[Scripted, list[AnswerEvent]]:  # noqa: ANN401
    """The scripted model, and all events of its answer to a text."""
    model = Scripted()
    prompt = Prompt("gpt-4", "", (Turn("user", text),), tools=({"type": "code_interpreter"},), **options)

    async def collect() -> list[AnswerEvent]:
        return [event async for event in engine.answer(model, prompt, {"code_interpreter": Echo()})]

    return model, asyncio.run(collect())


def called(*calls: tuple[str, Any], how: str = "call") -> str:
    """What makes the scripted model call these tools."""
    return f"{how} {json.dumps(calls)}"


def test_a_second_writer_makes_output_items() -> None:
    """What a run writes as steps and messages, another API writes as items; the engine knows of neither."""
    _, events = answered(called(("code_interpreter", "one"), ("f", {"a": 1}), how="first"))
    items = OutputItems()
    for event in events[:-1]:
        assert not isinstance(event, Finished | Failed)
        items.write(event)
    assert items.items == [
        {"type": "message", "role": "assistant", "text": "Let me see."},
        {"type": "code_interpreter_call", "code": "one", "outputs": [{"type": "logs", "logs": "ONE"}]},
        {"type": "function_call", "name": "f", "arguments": '{"a": 1}'},
    ]
    end = events[-1]
    assert isinstance(end, Finished)
    assert end.reason == "tool_calls"


def test_calls_are_numbered_through_all_rounds() -> None:
    """So that a writer knows which call a piece or a result belongs to."""
    _, events = answered(called(("code_interpreter", "one"), ("code_interpreter", "two"), how="rounds"))
    items = OutputItems()
    for event in events[:-1]:
        assert not isinstance(event, Finished | Failed)
        items.write(event)
    assert [item.get("code") for item in items.items] == ["one", "two", None]


def test_the_model_reads_what_its_tool_gave() -> None:
    """In the next round, after what it said and called itself; the tokens of all rounds are counted."""
    model, events = answered(called(("code_interpreter", "one"), how="first"))
    first, second = model.prompts
    said, used = second.turns[len(first.turns) :]
    assert said.text == "Let me see."
    (call,) = used.calls
    assert (call.tool, call.arguments, call.output) == ("code_interpreter", "one", "ONE")
    end = events[-1]
    assert isinstance(end, Finished)
    assert (end.reason, end.prompt_tokens) == ("stop", tokens.of_prompt(first) + tokens.of_prompt(second))


def test_a_limit_holds_for_all_rounds() -> None:
    """Nothing is asked for once the tokens are used up."""
    _, events = answered(called(("code_interpreter", "one")), max_completion_tokens=1)
    end = events[-1]
    assert isinstance(end, Finished)
    assert end.reason == "length"


@pytest.mark.parametrize("turns", [40, 400])
def test_fitting_a_long_thread_looks_at_each_turn_once_or_twice(turns: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """400 messages of 1 kB took 9 s when all were counted again for each that was dropped."""
    counted: list[str] = []
    count = tokens.count

    def counting(text: str) -> int:
        counted.append(text)
        return count(text)

    monkeypatch.setattr(tokens, "count", counting)
    message = {"run_id": None, "role": "user", "content": [{"type": "text", "text": {"value": "word " * 200}}]}
    messages = [message | {"id": f"msg_{number}"} for number in range(turns)]
    run = {
        **dict.fromkeys(("temperature", "top_p", "max_completion_tokens")),
        **{"id": "run_1", "model": "gpt-4", "instructions": "", "tools": [], "tool_choice": "auto"},
        **{"parallel_tool_calls": True, "response_format": "auto", "max_prompt_tokens": 1000},
        **{"truncation_strategy": {"type": "auto", "last_messages": None}},
    }
    prompt = run_prompt.prompt_of(run, messages, [], {"prompt_tokens": 0, "completion_tokens": 0})
    assert 0 < tokens.of_prompt(prompt) <= 1000
    assert len(counted) <= 2 * turns + len(prompt.turns)
