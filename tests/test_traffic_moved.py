"""wire(compare=…) of a call of Assistants beside the one that succeeds it, and the wire view of responses."""

from collections.abc import Iterator
from typing import Any

import openai
import pytest
from openai.types.beta import Assistant
from support.html import unclosed
from support.responding import WEATHER
from support.scripted import Scripted
from support.talking import ask, calling, served

from helpers import watch, wire
from helpers.traffic.log import LOG
from helpers.traffic.moved import pairs, side_by_side
from helpers.views import View

OLD_WEATHER: Any = {"type": "function", "function": {k: v for k, v in WEATHER.items() if k != "type"}}


@pytest.fixture
def client(empty_log: None) -> Iterator[openai.AzureOpenAI]:
    """A watched client of an endpoint that does what it is told."""
    with served(model=Scripted()) as made:
        yield watch(made)


@pytest.fixture
def assistant(client: openai.AzureOpenAI) -> Assistant:
    """An assistant with a function."""
    made = client.beta.assistants.create(model="gpt-4", instructions="Be kind.", tools=[OLD_WEATHER])
    LOG.begin_cell()
    return made


def compared(first: int, second: int) -> list[list[str]]:
    """The marked lines of the comparison: mark, name, and the two values, as far as the text has them."""
    view: View = wire(compare=(first, second))
    assert unclosed(view.html) == []
    return [line.split("  ") for line in view.text.splitlines() if line[:1] in "→≠"]


def names(rows: list[list[str]], mark: str) -> list[str]:
    """What stands behind this mark."""
    return [row[1].strip() for row in rows if row[0] == mark]


def test_a_run_beside_a_response(client: openai.AzureOpenAI, assistant: Assistant) -> None:
    """What has moved stands in one row, under both names (contract-successor §9, M5, M9, M17)."""
    thread = client.beta.threads.create(messages=[{"role": "user", "content": "hello"}])
    runs = client.beta.threads.runs
    runs.create(thread.id, assistant_id=assistant.id, max_completion_tokens=300, tools=[OLD_WEATHER])
    client.responses.create(model="gpt-4", input="hello", max_output_tokens=300, tools=[WEATHER])
    rows = compared(2, 3)
    for old, new in (
        ("max_completion_tokens", "max_output_tokens"),
        ("tools[0].function.name", "tools[0].name"),
        ("tools[0].function.parameters.required[0]", "tools[0].parameters.required[0]"),
    ):
        assert names(rows, "→").count(f"{old} → {new}") == 2, "in the request and in the answer"
    view: View = wire(compare=(2, 3))
    moved = [tr.count(">300<") for tr in view.html.split("<tr>") if ">300<" in tr]
    assert moved == [2, 2], "a value that has moved stands on both sides"
    assert {"path", "assistant_id", "input", "body", "status", "has alone"} <= set(names(rows, "≠"))
    assert "header openai-poll-after-ms" not in names(rows, "≠"), (
        "how long to wait is chance, and a response needs none"
    )
    alone = next(row for row in rows if row[1].strip() == "has alone")
    assert "assistant_id" in " ".join(alone)


def test_a_call_beside_a_call(client: openai.AzureOpenAI, assistant: Assistant) -> None:
    """What a run waits for is an item of a response; the two may stand the other way round (M6)."""
    said = calling(("get_weather", {"city": "Oslo"}))
    client.responses.create(model="gpt-4", input=said, tools=[WEATHER])
    ask(client, assistant, said)
    rows = compared(1, 3)
    call = "required_action.submit_tool_outputs.tool_calls[0]"
    assert f"output[0].name → {call}.function.name" in names(rows, "→")
    assert f"output[0].call_id → {call}.id" in names(rows, "≠")


def test_a_side_that_has_nothing_alone(client: openai.AzureOpenAI) -> None:
    """Is marked as such: an empty cell would say nothing."""
    resources: Any = {"file_search": {"vector_store_ids": [client.vector_stores.create().id]}}
    LOG.begin_cell()
    client.beta.threads.create(tool_resources=resources)
    tools: Any = [{"type": "file_search", **resources["file_search"]}]
    client.responses.create(model="gpt-4", input="hello", tools=tools)
    alone = next(row for row in compared(1, 2) if row[1].strip() == "has alone")
    assert next(part.strip() for part in alone[2:] if part.strip()) == "–"


def test_two_streams_event_by_event(client: openai.AzureOpenAI, assistant: Assistant) -> None:
    """Events that tell the same stand beside each other (M7)."""
    thread = client.beta.threads.create(messages=[{"role": "user", "content": "hello"}])
    LOG.begin_cell()
    list(client.beta.threads.runs.create(thread.id, assistant_id=assistant.id, stream=True))
    list(client.responses.create(model="gpt-4", input="hello", stream=True))
    rows = compared(1, 2)
    told = [tuple(" ".join(row[2:]).split()) for row in rows if row[1].startswith("event")]
    assert ("thread.message.delta", "response.output_text.delta") in told
    assert ("thread.run.completed", "response.completed") in told
    assert ("done", "–") in told
    assert "text in deltas" not in names(rows, "≠"), "both say the same"


def test_members_are_paired_only_where_both_are_there() -> None:
    """A new name that the old side knows too is no move."""
    assert pairs(["content", "role"], ["input", "model"]) == {"content": "input"}
    assert pairs(["input"], ["content"]) == {"input": "content"}
    assert pairs(["content"], ["content", "input"]) == {}
    items = ["items[0].role", "items[0].content"]
    assert pairs(["content", "role"], items) == {"content": items[1], "role": items[0]}
    store = "vector_store_ids[0]"
    assert pairs([f"tool_resources.file_search.{store}"], [f"tools[0].{store}"]) == {
        f"tool_resources.file_search.{store}": f"tools[0].{store}"
    }
    assert pairs(["messages[0].content", "messages[1].content"], ["input"]) == {"messages[0].content": "input"}
    assert pairs(["additional_instructions", "instructions"], ["instructions"]) == {}
    twice = ["response_format.json_schema.type", "response_format.type"]
    assert pairs(twice, ["text.format.type"]) == {twice[0]: "text.format.type"}, "each has one partner"


def test_events_keep_their_order() -> None:
    """Nothing is left out, and what has no partner stands alone."""
    left, right = ["thread.run.created", "thread.message.delta", "done"], ["response.created", "response.completed"]
    assert list(side_by_side(left, right)) == [
        ("thread.run.created", "response.created"),
        ("thread.message.delta", None),
        ("done", None),
        (None, "response.completed"),
    ]


def test_polls_of_a_response_are_one_row(client: openai.AzureOpenAI) -> None:
    """As those of a run; deltas are counted and joined."""
    made = client.responses.create(model="gpt-4", input="hello", background=True)
    while client.responses.retrieve(made.id).status != "completed":
        pass
    list(client.responses.create(model="gpt-4", input="hello", stream=True))
    view = wire()
    lines = view.text.splitlines()
    assert lines[0].startswith("POST   /openai/responses?")
    assert lines[1].startswith(f"GET    /openai/responses/{made.id}?")
    assert "×" in lines[1].rsplit("  ", 1)[-1]
    (deltas,) = [line for line in lines if ".delta" in line]
    assert deltas.strip().startswith("response.output_text.delta ×")
    assert "echo: hello" in view.html
