"""The engine by itself: a neutral conversation in, neutral events out, whoever writes them down."""

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest
from support.scripted import Scripted

from mock_endpoint import engine
from mock_endpoint.engine import AnswerEvent, BuiltInTool, Picture, ToolOutput
from mock_endpoint.marking import Marking
from mock_endpoint.models import tokens
from mock_endpoint.models.base import Annotation, Failed, Finished, Prompt, TextDelta, Turn
from mock_endpoint.responses.events import ResponseEvents
from mock_endpoint.responses.writer import ItemWriter
from mock_endpoint.runs import prompt as run_prompt

LINK = Annotation("file_path", "sandbox:/mnt/data/a.xls", "assistant-1", "a.xls")
LONGER = Annotation("file_path", "sandbox:/mnt/data/a.xlsx", "assistant-2", "a.xlsx")


class Drawing:
    """A tool that makes two files, whose names it gives back, and a picture."""

    async def run(self, arguments: str) -> ToolOutput:
        """The names as the model is to write them."""
        picture = {"type": "image", "image": {"file_id": "assistant-3"}}
        return ToolOutput(
            f"{LINK.text} {LONGER.text}{LINK.text}, sandbox:",
            (picture,),
            (LINK, LONGER),
            pictures=(Picture("assistant-3"),),
        )


class Echo:
    """A tool that gives back what it is given, in capitals."""

    async def run(self, arguments: str) -> ToolOutput:
        """The text in capitals."""
        return ToolOutput(arguments.upper(), ({"type": "logs", "logs": arguments.upper()},))


def answered(text: str, tool: BuiltInTool | None = None, **options: Any) -> tuple[Scripted, list[AnswerEvent]]:  # noqa: ANN401
    """The scripted model, and all events of its answer to a text."""
    model = Scripted()
    prompt = Prompt("gpt-4", "", (Turn("user", text),), tools=({"type": "code_interpreter"},), **options)

    async def collect() -> list[AnswerEvent]:
        return [event async for event in engine.answer(model, prompt, {"code_interpreter": tool or Echo()})]

    return model, asyncio.run(collect())


def items_of(events: list[AnswerEvent], told: ResponseEvents | None = None) -> list[dict[str, Any]]:
    """What the events become as items of a response, each at its end; `told` hears of it."""
    writer = ItemWriter("0" * 18, told or ResponseEvents(kept=False))
    for event in events:
        if not isinstance(event, Finished | Failed):
            writer.write(event)
    writer.close()
    return writer.items


def called(*calls: tuple[str, Any], how: str = "call") -> str:
    """What makes the scripted model call these tools."""
    return f"{how} {json.dumps(calls)}"


def test_a_second_writer_makes_output_items() -> None:
    """What a run writes as steps and messages, another API writes as items; the engine knows of neither."""
    _, events = answered(called(("code_interpreter", "one"), ("f", {"a": 1}), how="first"))
    said, code, function = items_of(events)
    assert said["content"][0]["text"] == "Let me see."
    assert (code["type"], code["code"], code["outputs"]) == (
        "code_interpreter_call",
        "one",
        [{"type": "logs", "logs": "ONE"}],
    )
    assert (function["type"], function["name"], function["arguments"]) == ("function_call", "f", '{"a": 1}')
    end = events[-1]
    assert isinstance(end, Finished)
    assert end.reason == "tool_calls"


def test_calls_are_numbered_through_all_rounds() -> None:
    """So that a writer knows which call a piece or a result belongs to."""
    _, events = answered(called(("code_interpreter", "one"), ("code_interpreter", "two"), how="rounds"))
    assert [item.get("code") for item in items_of(events)] == ["one", "two", None]


def test_the_answer_points_at_what_a_tool_has_made() -> None:
    """The model writes a marker as any other text; who writes it down learns where it stands. Pictures come last."""
    _, events = answered(called(("code_interpreter", "one")), Drawing())
    after = [event for event in events if isinstance(event, TextDelta | Annotation | Picture)]
    marks = [event for event in after if isinstance(event, Annotation)]
    assert marks == [LINK, LONGER, LINK]
    assert after[-1] == Picture("assistant-3")
    (message,) = items_of(events)[-1]["content"]
    assert message["text"] == f"echo: {LINK.text} {LONGER.text}{LINK.text}, sandbox:"
    places = [(mark["start_index"], mark["end_index"]) for mark in message["annotations"]]
    assert [message["text"][start:end] for start, end in places] == [LINK.text, LONGER.text, LINK.text, ""]


def test_a_citation_has_a_place_and_no_marker_elsewhere() -> None:
    """Contract-successor §1.3: the same event, written by another API."""
    _, events = answered("cite file-1")
    ((message,),) = [item["content"] for item in items_of(events)]
    assert message["text"] == ""
    assert message["annotations"] == [{"type": "file_citation", "file_id": "file-1", "filename": "a.md", "index": 0}]


@pytest.mark.parametrize("size", [1, 2, 3, 5, 8, 100])
def test_markers_in_pieces(size: int) -> None:
    """However a text is cut into pieces, the same markers are found and no character is lost or kept too long."""
    text = f"ss {LINK.text}s{LONGER.text}x sandbox:/mnt/data/a.xl, sand {LINK.text}"
    marking = Marking()
    marking.know((LINK, LONGER))
    pieces = [text[at : at + size] for at in range(0, len(text), size)]
    said = [event for piece in pieces for event in marking.take(piece)]
    said += marking.end()
    assert "".join(event.text for event in said) == text
    assert [event for event in said if isinstance(event, Annotation)] == [LINK, LONGER, LINK]
    assert [event.text for event in marking.take("no marker")] == ["no marker"]


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


def test_calls_side_by_side() -> None:
    """Contract-successor §2: each item whole before the next begins; what follows waits until the tool has answered."""
    _, events = answered(called(("f", {}), ("code_interpreter", "one"), ("g", {"a": 1}), ("code_interpreter", "two")))
    told = ResponseEvents(kept=True)
    items = items_of(events, told)
    assert [item.get("name") or item["code"] for item in items] == ["f", "one", "g", "two"]
    assert [item["outputs"][0]["logs"] for item in items[1::2]] == ["ONE", "TWO"]
    opened = [event["output_index"] for event in told.told if "output_index" in event]
    assert opened == sorted(opened)


@pytest.mark.parametrize("how", ["call", "rounds"])
def test_a_limit_of_calls(how: str) -> None:
    """Of three calls two are made, in one round or in three. The model is told so, and offered the tool no more."""
    asked = called(*[("code_interpreter", word) for word in ("one", "two", "three")], how=how)
    model, events = answered(asked, max_tool_calls=2)
    assert [item.get("code") for item in items_of(events)] == ["one", "two", None]
    assert [len(prompt.tools) for prompt in model.prompts][-1] == 0
    outputs = [call.output for turn in model.prompts[-1].turns for call in turn.calls]
    assert outputs[:2] == ["ONE", "TWO"]
    assert all("not made" in output for output in outputs[2:])
    assert len({call.id for turn in model.prompts[-1].turns for call in turn.calls}) == len(outputs) == 3


def test_a_limit_of_calls_is_not_one_of_functions() -> None:
    """What the caller runs does not count."""
    calls = [("code_interpreter", "one"), ("f", {}), ("code_interpreter", "two"), ("g", {})]
    _, events = answered(called(*calls), max_tool_calls=1)
    assert [item.get("code") or item["name"] for item in items_of(events)] == ["one", "f", "g"]


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
    prompt = run_prompt.prompt_of(run, messages, [], {"prompt_tokens": 0, "completion_tokens": 0}, Path)
    assert 0 < tokens.of_prompt(prompt) <= 1000
    assert len(counted) <= 2 * turns + len(prompt.turns)
