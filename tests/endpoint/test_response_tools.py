"""Functions and custom tools in Responses, and the choice among them (contract-successor §1.1, §1.3, §6)."""

import json
from typing import Any

import openai
import pytest
from support.responding import MODEL, WEATHER, functions_called, output_of, refused, respond, respond_streamed
from support.scripted import Scripted
from support.talking import calling, refusal

CUSTOM: Any = {"type": "custom", "name": "run_sql", "description": "Runs a query."}


def test_functions_and_their_outputs(client: openai.AzureOpenAI, model: Scripted) -> None:
    """Contract §10.2: calls come as items of their own; the next response takes their outputs, by `call_id`."""
    first = respond(
        client, calling(("get_weather", {"city": "Lima"}), ("get_weather", {"city": "Oslo"})), tools=[WEATHER]
    )
    calls = functions_called(first)
    assert [json.loads(call.arguments) for call in calls] == [{"city": "Lima"}, {"city": "Oslo"}]
    assert all(call.id != call.call_id and len(call.call_id) == 29 for call in calls)
    outputs: Any = [output_of(call, text) for call, text in zip(calls, ("warm", "cold"), strict=True)]
    second = respond(client, outputs, previous_response_id=first.id)
    assert second.output_text == "echo: warm cold"
    (turn,) = model.prompts[-1].turns[1:]
    assert [(call.id, call.output) for call in turn.calls] == [
        (calls[0].call_id, "warm"),
        (calls[1].call_id, "cold"),
    ]
    assert [item.type for item in client.responses.input_items.list(second.id).data] == ["function_call_output"] * 2


def test_an_output_in_parts(client: openai.AzureOpenAI) -> None:
    """A function may give back parts."""
    first = respond(client, calling(("get_weather", {})), tools=[WEATHER])
    parts = [{"type": "input_text", "text": "warm"}, {"type": "input_text", "text": "dry"}]
    output: Any = output_of(functions_called(first)[0], "") | {"output": parts}
    assert respond(client, [output], previous_response_id=first.id).output_text == "echo: warm\ndry"


def test_what_strict_does_to_an_old_declaration(client: openai.AzureOpenAI, model: Scripted) -> None:
    """Contract-successor §1.1: left out, `strict` comes back true and the schema closed; told false, all stays."""
    nested: Any = WEATHER | {
        "parameters": {
            "type": "object",
            "properties": {"at": {"type": "object", "properties": {}, "required": []}},
            "required": ["at"],
        }
    }
    response = respond(
        client, "hello", tools=[WEATHER, nested | {"name": "nested"}, WEATHER | {"name": "old", "strict": False}]
    )
    strict, inner, old = (tool.to_dict() for tool in response.tools)
    assert strict == WEATHER | {
        "strict": True,
        "output_schema": None,
        "parameters": WEATHER["parameters"] | {"additionalProperties": False},
    }
    assert inner["parameters"]["properties"]["at"]["additionalProperties"] is False  # pyrefly: ignore[bad-index]
    assert (old["strict"], old["parameters"]) == (False, WEATHER["parameters"])
    assert model.prompts[-1].tools[0]["function"]["parameters"] == strict["parameters"]


def test_an_optional_property(client: openai.AzureOpenAI) -> None:
    """Contract-successor §6, §9 M9: what old declarations break on, and what they can say instead."""
    optional: Any = {
        "type": "function",
        "name": "F",
        "parameters": {
            "type": "object",
            "properties": {"city": {"type": "string"}, "unit": {"type": "string"}},
            "required": ["city"],
        },
    }
    message = (
        "Invalid schema for function 'F': In context=(), 'required' is required to be supplied and to be an array "
        "including every key in properties. Missing 'unit'."
    )
    expected = refusal(message, "tools[0].parameters", "invalid_function_parameters")
    refused(client, expected, model=MODEL, input="x", tools=[optional])
    assert respond(client, "x", tools=[optional | {"strict": False}]).status == "completed"


def test_a_function_without_parameters(client: openai.AzureOpenAI) -> None:
    """It is called with an empty object; strict closes that."""
    response = respond(client, "x", tools=[{"type": "function", "name": "now"}])
    (tool,) = (each.to_dict() for each in response.tools)
    assert tool["parameters"] == {"type": "object", "properties": {}, "additionalProperties": False}


@pytest.mark.parametrize("choice", ["none", "auto", "required"])
def test_choice_by_word(client: openai.AzureOpenAI, model: Scripted, choice: Any) -> None:  # noqa: ANN401
    """It reaches the model as it is."""
    respond(client, "x", tools=[WEATHER], tool_choice=choice, parallel_tool_calls=False)
    assert (model.prompts[-1].tool_choice, model.prompts[-1].parallel_tool_calls) == (choice, False)


def test_choice_by_name(client: openai.AzureOpenAI, model: Scripted) -> None:
    """A function or a custom tool, flat; shown as it was sent."""
    for choice in ({"type": "function", "name": "get_weather"}, {"type": "custom", "name": "run_sql"}):
        response = respond(client, "x", tools=[WEATHER, CUSTOM], tool_choice=choice)
        assert response.to_dict()["tool_choice"] == choice
        assert model.prompts[-1].tool_choice == {"type": "function", "function": {"name": choice["name"]}}


@pytest.mark.parametrize("mode", ["auto", "required"])
def test_choice_among_allowed_tools(client: openai.AzureOpenAI, model: Scripted, mode: str) -> None:
    """Only those are offered to the model; shown as it was sent, with all tools beside it."""
    choice = {"type": "allowed_tools", "mode": mode, "tools": [{"type": "custom", "name": "run_sql"}]}
    response = respond(client, "x", tools=[WEATHER, CUSTOM], tool_choice=choice)
    assert (response.to_dict()["tool_choice"], len(response.tools)) == (choice, 2)
    prompt = model.prompts[-1]
    assert ([tool["function"]["name"] for tool in prompt.tools], prompt.tool_choice) == (["run_sql"], mode)


@pytest.mark.parametrize(
    "choice",
    [
        {"type": "function", "name": "nobody"},
        {"type": "custom", "name": "get_weather"},
        {"type": "file_search"},
        {"type": "allowed_tools", "mode": "auto", "tools": [{"type": "function", "name": "nobody"}]},
    ],
)
def test_choice_of_a_tool_that_is_not_declared(client: openai.AzureOpenAI, choice: dict[str, Any]) -> None:
    """As a run refuses it."""
    name = "nobody" if "nobody" in str(choice) else choice.get("name", choice["type"])
    expected = refusal(f"Tool choice '{name}' not found in 'tools' parameter.", "tool_choice", "invalid_value")
    refused(client, expected, model=MODEL, input="x", tools=[WEATHER], tool_choice=choice)


def test_custom_tools(client: openai.AzureOpenAI, model: Scripted) -> None:
    """Contract-successor §1.2, §2: the input is a text; its output goes back as an item of its own."""
    asked = calling(("run_sql", {"input": "SELECT 1"}))
    first = respond(client, asked, tools=[CUSTOM])
    (call,) = first.output
    assert call.type == "custom_tool_call"
    assert (call.input, call.name) == ("SELECT 1", "run_sql")
    assert first.to_dict()["tools"] == [CUSTOM | {"format": {"type": "text"}}]
    output: Any = {"type": "custom_tool_call_output", "call_id": call.call_id, "output": "1 row"}
    second = respond(client, [output], previous_response_id=first.id)
    assert second.output_text == "echo: 1 row"
    assert model.prompts[-1].turns[-1].calls[0].arguments == '{"input": "SELECT 1"}'
    kinds = [event.type for event in respond_streamed(client, asked, tools=[CUSTOM])]
    assert kinds[2:-1] == [
        "response.output_item.added",
        "response.custom_tool_call_input.delta",
        "response.custom_tool_call_input.done",
        "response.output_item.done",
    ]


def test_a_custom_tool_with_a_grammar(client: openai.AzureOpenAI, model: Scripted) -> None:
    """A regular expression is a pattern to the model, any other grammar a description."""
    formats = [{"type": "grammar", "syntax": syntax, "definition": "[0-9]+"} for syntax in ("regex", "lark")]
    tools = [CUSTOM | {"format": form, "name": form["syntax"]} for form in formats]
    response = respond(client, "x", tools=tools)
    assert [tool["format"] for tool in response.to_dict()["tools"]] == formats  # pyrefly: ignore[not-iterable]
    by_pattern, by_words = (tool["function"]["parameters"]["properties"]["input"] for tool in model.prompts[-1].tools)
    assert (by_pattern["pattern"], "[0-9]+" in by_words["description"]) == ("[0-9]+", True)


@pytest.mark.parametrize("tool", ["web_search", "mcp", "image_generation"])
def test_tools_that_are_not_there(client: openai.AzureOpenAI, tool: str) -> None:
    """Contract-successor §6: refused in the words that the service has for it."""
    expected = refusal(f"Hosted tool '{tool}' is not supported with {MODEL}.", "tools")
    tools: Any = [{"type": tool, "container": {"type": "auto"}}]
    refused(client, expected, model=MODEL, input="x", tools=tools)
    with pytest.raises(openai.BadRequestError) as caught:
        client.responses.input_tokens.count(model=MODEL, input="x", tools=tools)
    assert caught.value.body == expected


def test_calls_and_outputs_belong_together(client: openai.AzureOpenAI) -> None:
    """Contract-successor §6: no output without its call, no call without its output, also through a chain."""
    first = respond(client, calling(("get_weather", {}), ("get_weather", {})), tools=[WEATHER])
    one, two = functions_called(first)
    no_output = "No tool output found for function call {}."
    expected = refusal(no_output.format(one.call_id), "input")
    refused(client, expected, model=MODEL, input="x", previous_response_id=first.id)
    expected = refusal(no_output.format(two.call_id), "input")
    refused(client, expected, model=MODEL, input=[output_of(one, "1")], previous_response_id=first.id)
    expected = refusal("No tool call found for function call output with call_id call_X.", "input")
    stray = {"type": "function_call_output", "call_id": "call_X", "output": "1"}
    refused(client, expected, model=MODEL, input=[stray])


def test_a_call_that_was_cut(client: openai.AzureOpenAI) -> None:
    """It is shown as far as it came, incomplete; nothing can be given back for half a call."""
    response = respond(client, calling(("get_weather", {"city": "Lima"}), how="cut"), tools=[WEATHER])
    (call,) = functions_called(response)
    assert (response.status, call.status, call.arguments) == ("incomplete", "incomplete", '{"city": "Li')
