"""Arguments and structured answers keep to every JSON schema."""

import json
import time
from typing import Any

import jsonschema
import pytest
from support.asking import answer
from support.calling import calls, converse, events, function, thread

from mock_endpoint.models import tokens
from mock_endpoint.models.base import CallDelta, Finished, Prompt, ToolCall, Turn
from mock_endpoint.models.offline.complete import Completer
from mock_endpoint.models.offline.schema_patterns import example, matches

TEXT = "Use audit for Tallinn: 12 chairs and 3 lamps from Ms Kask on 4 March 2027 at 16:45, in euros, please"


def one(schema: object, needed: bool = True) -> dict[str, Any]:
    """An object with one property."""
    return {
        "type": "object",
        "properties": {"v": schema},
        "required": ["v"] if needed else [],
        "additionalProperties": False,
    }


_TREE = {
    "type": "object",
    "properties": {"name": {"type": "string"}, "under": {"type": "array", "items": {"$ref": "#/$defs/t"}}},
    "required": ["name"],
}
SCHEMAS: list[dict[str, Any]] = [
    {},
    {"type": "object"},
    {"type": "object", "properties": {}},
    *map(
        one,
        [
            {"type": "string"},
            {"type": "string", "minLength": 12},
            {"type": "string", "maxLength": 2},
            {"type": "string", "pattern": "^[A-Z]{2}-\\d{3}$"},
            {"type": "string", "pattern": "^\\d{4}-\\d{2}$"},
            {"type": "string", "pattern": "^(a+)+$"},
            {"type": "string", "pattern": "^\\+[1-9]\\d{6,14}$"},
            {"type": "string", "format": "date"},
            {"type": "string", "format": "date-time"},
            {"type": "string", "format": "time"},
            {"type": "string", "format": "email"},
            {"type": "string", "format": "uri"},
            {"type": "string", "format": "uuid"},
            {"type": "string", "format": "ipv4"},
            {"type": "integer"},
            {"type": "integer", "minimum": 100},
            {"type": "integer", "maximum": -5},
            {"type": "integer", "multipleOf": 7, "minimum": 20},
            {"type": "integer", "exclusiveMinimum": 12, "exclusiveMaximum": 14},
            {"type": "number", "exclusiveMinimum": 0, "exclusiveMaximum": 1},
            {"type": "number", "multipleOf": 0.25, "minimum": 0.3},
            {"type": "boolean"},
            {"type": "null"},
            {"enum": ["red", "green"]},
            {"enum": [3, None, "x"]},
            {"const": {"a": [1]}},
            {"type": ["string", "null"]},
            {"type": ["integer", "string"]},
            {"anyOf": [{"type": "null"}, {"type": "integer", "minimum": 50}]},
            {"oneOf": [{"type": "object", "properties": {"k": {"const": "a"}}, "required": ["k"]}, {"type": "string"}]},
            {"allOf": [{"type": "integer", "minimum": 2}, {"maximum": 8}]},
            {"type": "array", "items": {"type": "string"}},
            {"type": "array", "items": {"type": "integer"}, "minItems": 4},
            {"type": "array", "items": {"enum": ["a", "b", "c"]}, "minItems": 2, "uniqueItems": True},
            {"type": "array", "items": {"type": "number"}, "maxItems": 1},
            {"type": "array", "items": one({"type": "string", "minLength": 3})},
            {"type": "object", "properties": {"a": one(one({"type": "integer", "minimum": 3}))}, "required": ["a"]},
            {"type": "object", "additionalProperties": {"type": "integer"}, "required": ["k"]},
            {"type": "string", "default": "usual"},
            {"type": "array", "items": {"type": "array", "items": {"type": "boolean"}}},
        ],
    ),
    one(
        {"type": "object", "properties": {"unit": {"enum": ["c", "f"]}, "size": {"type": "integer", "default": 9}}},
        needed=False,
    ),
    {"$defs": {"t": _TREE}, "type": "object", "properties": {"root": {"$ref": "#/$defs/t"}}, "required": ["root"]},
    {
        "$ref": "#/$defs/p",
        "$defs": {"p": {"type": "object", "properties": {"x": {"type": "integer", "maximum": 4}}, "required": ["x"]}},
    },
]


@pytest.mark.parametrize("schema", SCHEMAS, ids=lambda schema: json.dumps(schema)[:60])
class TestEverySchema:
    """Whatever a schema demands."""

    def test_arguments(self, schema: dict[str, Any]) -> None:
        """They are valid, with values in the message and, where the call is forced, without."""
        tool = {"type": "function", "function": {"name": "audit", "parameters": schema}}
        choice = {"type": "function", "function": {"name": "audit"}}
        for text in (TEXT, "Use audit", "auditを使って、タリンの椅子12脚を調べて"):
            made = calls(thread(text, tools=[tool], tool_choice=choice))
            assert made
            for _, arguments in made:
                jsonschema.validate(arguments, schema, format_checker=jsonschema.Draft202012Validator.FORMAT_CHECKER)

    def test_structured_answers(self, schema: dict[str, Any]) -> None:
        """An answer keeps to the schema of the response format."""
        form = {"type": "json_schema", "json_schema": {"name": "reply", "schema": schema}}
        for text in ("What is the capital of Cuba?", TEXT, ""):
            jsonschema.validate(json.loads(answer(text, response_format=form)), schema)


class TestFilling:
    """Values for what nobody gave."""

    def test_optional_values(self) -> None:
        """Nothing is filled in that nobody said, not even a default: the function knows it."""
        tool = function(
            "audit",
            "",
            ["place"],
            place="string",
            remark="string",
            level={"enum": ["low", "high"]},
            copies={"type": "integer", "default": 2},
            sheet={"type": "object", "properties": {"size": {"enum": ["A4", "A3"]}}},
        )
        assert calls(thread("audit in Tallinn", tools=[tool])) == [("audit", {"place": "Tallinn"})]

    @pytest.mark.parametrize(
        "unit",
        [
            {"type": ["string", "null"], "enum": ["metric", "imperial", None]},
            {"anyOf": [{"type": "string", "enum": ["metric", "imperial"]}, {"type": "null"}]},
        ],
        ids=lambda schema: next(iter(schema)),
    )
    def test_required_and_null(self, unit: dict[str, Any]) -> None:
        """How a strict schema says that something may be left out: null where nobody said it, and no question back."""
        tool = function("measure_room", "Measures a room", room="string", unit=unit)
        assert calls(thread("Measure the room Aino", tools=[tool])) == [
            ("measure_room", {"room": "Aino", "unit": None})
        ]
        assert calls(thread("Measure the room Aino in metric", tools=[tool])) == [
            ("measure_room", {"room": "Aino", "unit": "metric"})
        ]

    def test_nested_values(self) -> None:
        """They come from the message."""
        address = {
            "type": "object",
            "properties": {"street": {"type": "string"}, "city": {"type": "string"}},
            "required": ["street", "city"],
        }
        tool = function("send_parcel", "Send a parcel to an address", address=address)
        assert calls(thread("Send a parcel to 12 Harbour Street, Tallinn", tools=[tool])) == [
            ("send_parcel", {"address": {"street": "12 Harbour Street", "city": "Tallinn"}})
        ]

    def test_what_the_schema_refuses_is_asked_back(self) -> None:
        """A number out of bounds, a text that does not match."""
        rate = {"type": "integer", "minimum": 1, "maximum": 5}
        code = {"type": "string", "pattern": "^[A-Z]{2}\\d{3}$"}
        tools = [
            function("rate_film", "Rate a film with stars", stars=rate),
            function("find_lens", "Find a lens", lens_code=code),
        ]
        assert calls(thread("Rate the film with 9 stars", tools=tools)) == []
        assert calls(thread("Rate the film with 4 stars", tools=tools)) == [("rate_film", {"stars": 4})]
        assert calls(thread("Find the lens QX-1", tools=tools)) == []
        assert calls(thread("Find the lens QX104", tools=tools)) == [("find_lens", {"lens_code": "QX104"})]

    def test_a_pattern_made_to_take_for_ever(self) -> None:
        """It is not run; neither is a schema that refers to itself twice followed to its end."""
        start = time.process_time()
        for pattern in ("(a|a)*$", "(a+)+$", "((a|a){9}){9}$", ".*.*.*.*x$"):
            matches(pattern, "a" * 5000 + "!")
            matches(pattern, "a" * 38 + "!")
        twice = {"type": "object", "properties": {"l": {"$ref": "#"}, "r": {"$ref": "#"}}, "required": ["l", "r"]}
        tool = {"type": "function", "function": {"name": "audit", "parameters": twice}}
        calls(thread("Use audit", tools=[tool], tool_choice="required"))
        assert time.process_time() - start < 5

    @pytest.mark.parametrize(
        ("value", "schema", "kept"),
        [
            (9, {"type": "integer", "multipleOf": 3}, True),
            (10, {"type": "integer", "multipleOf": 3}, False),
            (0.75, {"type": "number", "multipleOf": 0.25}, True),
            (5, {"exclusiveMaximum": 5}, False),
            (True, {"type": "integer"}, False),
            ("ab", {"minLength": 3}, False),
            ([1, 1], {"uniqueItems": True}, False),
            ({"a": 1}, {"additionalProperties": False}, False),
            ("x", {"oneOf": [{"type": "string"}, {"maxLength": 3}]}, False),
        ],
    )
    def test_what_keeps_to_a_schema(self, value: object, schema: dict[str, Any], kept: bool) -> None:
        """The check that chooses among values agrees with the standard."""
        assert Completer(schema).valid(value, schema) is kept
        assert jsonschema.Draft202012Validator(schema).is_valid(value) is kept

    @pytest.mark.parametrize(
        "pattern", ["^[A-Z]{3}$", "^(JP|US)-\\d{3,5}$", "^#[0-9a-f]{6}$", "^\\w+@\\w+\\.[a-z]{2,}$"]
    )
    def test_an_example_of_a_pattern(self, pattern: str) -> None:
        """It matches."""
        assert matches(pattern, example(pattern))


class TestStructuredAnswers:
    """The answer's own values stand in the object."""

    def test_values(self) -> None:
        """The answer in full, in a word, as a number, and what a function gave."""
        schema = {
            "type": "object",
            "properties": {"answer": {"type": "string"}, "capital": {"type": "string"}},
            "required": ["answer", "capital"],
        }
        form = {"type": "json_schema", "json_schema": {"name": "reply", "schema": schema}}
        told = json.loads(answer("What is the capital of Cuba?", response_format=form))
        assert told == {"answer": "The capital of Cuba is Havana.", "capital": "Havana"}
        result = {"type": "json_schema", "json_schema": {"name": "reply", "schema": one({"type": "integer"})}}
        assert json.loads(answer("What is 6 * 7?", response_format=result)) == {"v": 42}
        depth = {
            "type": "json_schema",
            "json_schema": {
                "name": "r",
                "schema": {"type": "object", "properties": {"depth_m": {"type": "number"}}, "required": ["depth_m"]},
            },
        }
        tool = function("lake_depth", "Depth of a lake", lake="string")
        prompt = thread("How deep is the lake Inari? lake_depth", tools=[tool], response_format=depth)
        assert json.loads(converse(prompt, lambda *_: '{"depth": 92.5}')[1]) == {"depth_m": 92.5}


class TestEvents:
    """How calls arrive, and what they cost."""

    TOOL = function("lake_depth", "Depth of a lake", lake="string")

    def test_pieces(self) -> None:
        """The name first with no arguments, then the arguments in fragments."""
        sent = events(thread("lake_depth of Inari and Saimaa", tools=[self.TOOL]))
        pieces = [event for event in sent if isinstance(event, CallDelta)]
        assert [(each.index, each.name, each.arguments) for each in pieces if each.name] == [
            (0, "lake_depth", ""),
            (1, "lake_depth", ""),
        ]
        assert all(0 < len(each.arguments) <= 8 for each in pieces if not each.name)
        assert [each.index for each in pieces] == sorted(each.index for each in pieces)

    def test_usage(self) -> None:
        """Declarations, calls and outputs count; a prompt without tools costs what it did."""
        prompt = thread("lake_depth of Inari", tools=[self.TOOL])
        last = events(prompt)[-1]
        assert isinstance(last, Finished)
        assert last.completion_tokens == tokens.count("lake_depth") + tokens.count('{"lake": "Inari"}')
        bare = Prompt("gpt-4", "", prompt.turns)
        assert tokens.of_prompt(bare) == tokens.count("lake_depth of Inari") + tokens.PER_MESSAGE
        assert tokens.of_prompt(prompt) > tokens.of_prompt(bare)
        call = ToolCall("call_1", "lake_depth", '{"lake": "Inari"}', "92 m")
        longer = Prompt("gpt-4", "", (*prompt.turns, Turn("assistant", "", calls=(call,))))
        assert tokens.of_prompt(longer) > tokens.of_prompt(bare) + tokens.count("92 m")

    def test_no_room_for_a_call(self) -> None:
        """Half a call is no call."""
        sent = events(thread("lake_depth of Inari", tools=[self.TOOL], max_completion_tokens=3))
        assert len(sent) == 1
        assert isinstance(sent[0], Finished)
        assert sent[0].reason == "length"
