"""The JSON Schemas of functions and answers are checked when they are stored (contract-successor §6)."""

from typing import Any

import httpx2
import openai
import pytest
from openai.types.beta import Assistant, Thread
from support.talking import OLD, V2, error_of, refusal

from mock_endpoint.schemas import json_schema

Json = dict[str, Any]

TEXT = {"type": "string"}
REQUIRED = "'required' is required to be supplied and to be an array including every key in properties."
CLOSED = "'additionalProperties' is required to be supplied and to be false."
NO_OBJECT = "schema must be a JSON Schema of 'type: \"object\"', got 'type: "


def _object(properties: Json, **more: object) -> Json:
    return {"type": "object", "properties": properties, **more}


def _closed(properties: Json, **more: object) -> Json:
    return _object(properties, required=list(properties), additionalProperties=False, **more)


NODE = {"type": "object", "required": ["next"], "additionalProperties": False, "properties": {"next": {"$ref": "#"}}}
WRONG: list[tuple[Json, str]] = [
    (TEXT, f'{NO_OBJECT}"string"\'.'),
    ({"type": ["object", "null"]}, f"""{NO_OBJECT}"['object', 'null']"'."""),
    ({"properties": {"city": TEXT}}, f'{NO_OBJECT}"None"\'.'),
    ({"anyOf": [_object({})]}, f'{NO_OBJECT}"None"\'.'),
    ({"city": TEXT}, f'{NO_OBJECT}"None"\'.'),
    (_object({"city": {"type": "int"}}), "'int' is not valid under any of the given schemas."),
    (
        _object({"city": {"type": ["string", "none"]}}),
        "['string', 'none'] is not valid under any of the given schemas.",
    ),
    (_object({"city": {"type": None}}), "None is not valid under any of the given schemas."),
    ({"type": "dict"}, "'dict' is not valid under any of the given schemas."),
    (_object({"city": "string"}), "'string' is not of type 'object', 'boolean'."),
    (_object({"city": TEXT, "required": ["city"]}), "['city'] is not of type 'object', 'boolean'."),
    (_object({"city": TEXT | {"required": True}}), "True is not of type 'array'."),
    (_object({"city": TEXT}, required="city"), "'city' is not of type 'array'."),
    (_object({"city": TEXT}, required=[1]), "1 is not of type 'string'."),
    ({"type": "object", "properties": []}, "[] is not of type 'object'."),
    (_object({"city": TEXT | {"enum": "Kyoto"}}), "'Kyoto' is not of type 'array'."),
    (_object({"city": TEXT | {"description": 1}}), "1 is not of type 'string'."),
    (_object({"days": {"type": "array", "items": [TEXT]}}), "[{'type': 'string'}] is not of type 'object', 'boolean'."),
    (_object({"city": {"anyOf": []}}), "[] should be non-empty."),
    (_object({"city": {"anyOf": [TEXT, None]}}), "None is not of type 'object', 'boolean'."),
    (_object({}, additionalProperties={"type": "str"}), "'str' is not valid under any of the given schemas."),
    (_object({}, **{"$defs": {"City": {"type": "str"}}}), "'str' is not valid under any of the given schemas."),
    (_closed({"b": {"type": "array"}}), "In context=('properties', 'b'), array schema missing items."),
    (_closed({"b": {"type": ["array", "null"]}}), "In context=('properties', 'b'), array schema missing items."),
    (
        _closed({"b": {"type": "array", "items": {"anyOf": [TEXT, {"type": "array"}]}}}),
        "In context=('properties', 'b', 'items', 'anyOf', '1'), array schema missing items.",
    ),
]
WRONG_WHEN_STRICT: list[tuple[Json, str]] = [
    (_object({"city": TEXT}, required=["city"]), f"In context=(), {CLOSED}"),
    (_object({}), f"In context=(), {CLOSED}"),
    (_object({}, additionalProperties=TEXT), f"In context=(), {CLOSED}"),
    (
        _object({"city": TEXT, "unit": TEXT}, required=["city"], additionalProperties=False),
        f"In context=(), {REQUIRED} Missing 'unit'.",
    ),
    (_object({"city": TEXT}, additionalProperties=False), f"In context=(), {REQUIRED} Missing 'city'."),
    (_closed({}) | {"required": ["city"]}, f"In context=(), {REQUIRED} Extra required key 'city' supplied."),
    (_closed({"city": {"enum": ["Kyoto"]}}), "In context=('properties', 'city'), schema must have a 'type' key."),
    (_closed({"city": {}}), "In context=('properties', 'city'), schema must have a 'type' key."),
    (_closed({"city": {"oneOf": [TEXT]}}), "In context=('properties', 'city'), 'oneOf' is not permitted."),
    (
        _closed({"days": {"type": "array", "items": _object({})}}),
        f"In context=('properties', 'days', 'items'), {CLOSED}",
    ),
    (_closed({"day": {"type": ["object", "null"]}}), f"In context=('properties', 'day'), {CLOSED}"),
    (
        _closed({"day": {"$ref": "#/$defs/Day"}}, **{"$defs": {"Day": _object({})}}),
        f"In context=('$defs', 'Day'), {CLOSED}",
    ),
]
RIGHT: list[Json] = [
    {},
    {"type": "object"},
    _object({}),
    _object({"city": {}}),
    _object({"city": {"enum": ["Kyoto", 1]}, "day": {"const": 1}, "any": True}),
    _object({"day": {"$ref": "#/$defs/Day"}}, **{"$defs": {"Day": TEXT}}),
    _object({"day": {"anyOf": [TEXT, {"type": "null"}]}, "days": {"type": "array", "items": {}}}),
    _object({"pair": {"type": "array", "prefixItems": [TEXT, TEXT]}, "x": {"oneOf": [TEXT]}, "y": {"allOf": [TEXT]}}),
    _object({"type": TEXT, "required": TEXT, "items": TEXT, "anyOf": TEXT}, required=["type", "elsewhere"]),
    _object({"city": TEXT | {"default": {"type": "int"}, "examples": [{"type": "int"}], "x-mine": {"type": "int"}}}),
]
RIGHT_AND_STRICT: list[Json] = [
    _closed({}),
    {"type": "object", "additionalProperties": False},
    _closed({"city": TEXT | {"enum": ["Kyoto"]}, "unit": {"type": ["string", "null"]}}),
    _closed(
        {"day": {"anyOf": [{"$ref": "#/$defs/Day"}, {"type": "null"}]}}, **{"$defs": {"Day": _closed({"d": TEXT})}}
    ),
    NODE,
]


def _tool(parameters: Json | None, strict: bool | None = None) -> Json:
    return {"type": "function", "function": {"name": "f", "parameters": parameters, "strict": strict}}


def _format(schema: Json, strict: bool | None = None) -> Json:
    return {"type": "json_schema", "json_schema": {"name": "answer", "schema": schema, "strict": strict}}


@pytest.mark.parametrize(("schema", "problem"), WRONG, ids=[problem for _, problem in WRONG])
def test_wrong_in_any_case(raw: httpx2.Client, schema: Json, problem: str) -> None:
    """What is no JSON Schema, or none of an object, strict or not, of a function or of an answer."""
    for strict in (None, False, True):
        refused = raw.post("assistants", json={"model": "m", "tools": [_tool(schema, strict)]})
        text = f"Invalid schema for function 'f': {problem}"
        expected = refusal(text, "tools[0].function.parameters", "invalid_function_parameters")
        assert (refused.status_code, error_of(refused)) == (400, expected)
        refused = raw.post("assistants", json={"model": "m", "response_format": _format(schema, strict)})
        expected = refusal(f"Invalid schema for response_format 'answer': {problem}", "response_format")
        assert (refused.status_code, error_of(refused)) == (400, expected)


@pytest.mark.parametrize(("schema", "problem"), WRONG_WHEN_STRICT, ids=[problem for _, problem in WRONG_WHEN_STRICT])
def test_wrong_when_strict(raw: httpx2.Client, schema: Json, problem: str) -> None:
    """What a strict schema must have besides; without `strict` nobody asks for it."""
    refused = raw.post("assistants", json={"model": "m", "tools": [_tool(None), _tool(schema, strict=True)]})
    text = f"Invalid schema for function 'f': {problem}"
    expected = refusal(text, "tools[1].function.parameters", "invalid_function_parameters")
    assert (refused.status_code, error_of(refused)) == (400, expected)
    refused = raw.post("assistants", json={"model": "m", "response_format": _format(schema, strict=True)})
    expected = refusal(f"Invalid schema for response_format 'answer': {problem}", "response_format")
    assert (refused.status_code, error_of(refused)) == (400, expected)
    assert raw.post("assistants", json={"model": "m", "tools": [_tool(schema)]}).status_code == 200


@pytest.mark.parametrize("schema", [*RIGHT, *RIGHT_AND_STRICT])
def test_right(raw: httpx2.Client, schema: Json) -> None:
    """What real programs declare is taken, and comes back as it was sent."""
    strict = True if schema in RIGHT_AND_STRICT else None
    made = raw.post("assistants", json={"model": "m", "tools": [_tool(schema, strict)]})
    assert made.json()["tools"][0]["function"]["parameters"] == schema
    assert (
        not schema or raw.post("assistants", json={"model": "m", "response_format": _format(schema, strict)}).is_success
    )


@pytest.mark.parametrize("strict", [None, True])
def test_no_parameters(raw: httpx2.Client, strict: bool | None) -> None:
    """A function without parameters needs no schema (the published schema: "omitting parameters")."""
    assert raw.post("assistants", json={"model": "m", "tools": [_tool(None, strict)]}).status_code == 200


def test_everywhere(raw: httpx2.Client, assistant: Assistant, thread: Thread) -> None:
    """Wherever functions and formats are given; nothing is stored then."""
    given = {"assistant_id": assistant.id}
    wrong = {"type": "object", "properties": {"b": {"type": "array"}}}
    problem = "In context=('properties', 'b'), array schema missing items."
    for path, body, version in (
        ("assistants", {"model": "m"}, OLD),
        (f"assistants/{assistant.id}", {}, V2),
        (f"threads/{thread.id}/runs", given, V2),
        (f"threads/{thread.id}/runs", given, OLD),
        ("threads/runs", given, V2),
    ):
        tools = [{"type": "code_interpreter"}, _tool(wrong)]
        refused = raw.post(path, json=body | {"tools": tools}, params=version)
        text = f"Invalid schema for function 'f': {problem}"
        expected = refusal(text, "tools[1].function.parameters", "invalid_function_parameters")
        assert (refused.status_code, error_of(refused)) == (400, expected)
        if version == V2:
            refused = raw.post(path, json=body | {"response_format": _format(wrong)})
            expected = refusal(f"Invalid schema for response_format 'answer': {problem}", "response_format")
            assert (refused.status_code, error_of(refused)) == (400, expected)
    assert raw.get(f"assistants/{assistant.id}").json()["tools"] == []
    assert raw.get(f"threads/{thread.id}/runs").json()["data"] == []


def test_through_the_client(client: openai.AzureOpenAI) -> None:
    """Contract §8.2: the learner reads the sentence."""
    tools: Any = [_tool(_object({"days": {"type": "int"}}))]
    with pytest.raises(openai.BadRequestError, match="'int' is not valid under any of the given schemas") as caught:
        client.beta.assistants.create(model="gpt-4o", tools=tools)
    assert (caught.value.param, caught.value.code) == ("tools[0].function.parameters", "invalid_function_parameters")


def test_bounds() -> None:
    """What is deep is found, what comes after ten thousand schemas is taken as it is, and a long value is cut short."""
    deep: Json = {"type": "int"}
    for _ in range(90):
        deep = _object({"a": deep})
    assert json_schema.problem_of(deep, strict=False).startswith("'int'")
    many: Json = {f"p{number}": TEXT for number in range(9_998)}
    assert json_schema.problem_of(_object(many | {"last": {"type": "int"}}), strict=False).startswith("'int'")
    assert json_schema.problem_of(_object(many | {"one": TEXT, "last": {"type": "int"}}), strict=False) == ""
    assert len(json_schema.problem_of(_object({"a": "x" * 100_000}), strict=False)) == 1001
