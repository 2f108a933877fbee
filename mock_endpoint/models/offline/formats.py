"""An answer in the form that `response_format` asks for: plain text, a JSON object, or one that keeps to a schema."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from mock_endpoint.models.base import Prompt, ToolCall
from mock_endpoint.models.offline.functions import words
from mock_endpoint.models.offline.functions.filling import Source, Values, build, objects
from mock_endpoint.models.offline.functions.outputs import parsed
from mock_endpoint.models.offline.functions.placeholders import MISSING, given
from mock_endpoint.models.offline.functions.schema import valid
from mock_endpoint.models.offline.functions.slots import Slot, slots
from mock_endpoint.models.offline.style import wants_json

_ANSWERS = frozenset(
    map(
        words.idea_of,
        ["answer", "response", "reply", "text", "message", "content", "result", "output", "summary", "explanation"],
    )
)


def formed(prompt: Prompt, text: str, word: str, asked: Sequence[str], made: Sequence[ToolCall]) -> str:
    """The answer as the response format asks; `word` is its short form, `asked` the sentences that it answers."""
    schema = _schema(prompt.response_format)
    if schema is None:
        return json.dumps({"answer": text}, ensure_ascii=False) if wants_json(prompt.response_format) else text
    outputs = [parsed(call.output) for call in made]
    values: Values = {}
    for slot in slots(schema, schema):
        value = _value(slot, text, word, outputs, schema)
        if value is not MISSING:
            values[slot.path] = [value] if slot.many and not isinstance(value, list) else value
    from_words = objects(schema, schema, [Source(" ".join(asked)[:1000], _answer_ideas(schema), sure=True)])[0]
    for slot in slots(schema, schema):
        told = _at(from_words, slot.path)
        if (
            slot.path not in values
            and told is not MISSING
            and given(slot.schema, schema) is MISSING
            and told != "unknown"
        ):
            values[slot.path] = told
    return json.dumps(build(schema, schema, values), ensure_ascii=False)


def _schema(response_format: str | Mapping[str, Any]) -> Mapping[str, Any] | None:
    if not isinstance(response_format, Mapping) or response_format.get("type") != "json_schema":
        return None
    declared = response_format.get("json_schema")
    schema = declared.get("schema") if isinstance(declared, Mapping) else None
    return schema if isinstance(schema, Mapping) else {}


def _answer_ideas(schema: Mapping[str, Any]) -> frozenset[str]:
    return frozenset(idea for slot in slots(schema, schema) for idea in slot.name)


def _value(slot: Slot, text: str, word: str, outputs: Sequence[object], root: Mapping[str, Any]) -> Any:  # noqa: ANN401
    """The value of an output with the slot's name, else the answer in a word or in full; else `MISSING`."""
    for output in outputs:
        for name, value in _leaves(output):
            if set(words.named(name)) & set(slot.name) and valid(value, slot.schema, root):
                return value
    if slot.types[0] in ("integer", "number"):
        return _number(word, slot, root)
    if slot.types[0] == "string" and "enum" not in slot.schema:
        full = bool(_ANSWERS & set(slot.name))
        about = words.idea_of("capital") in slot.name or not slot.path
        for value in (text, word) if full else (word,) if about and word else ():
            if valid(value, slot.schema, root):
                return value
    return MISSING


def _number(word: str, slot: Slot, root: Mapping[str, Any]) -> Any:  # noqa: ANN401
    try:
        number = float(word.replace(",", ""))
    except ValueError:
        return MISSING
    value = int(number) if number.is_integer() else number
    return value if valid(value, slot.schema, root) else MISSING


def _leaves(value: object, depth: int = 0) -> list[tuple[str, object]]:
    if not isinstance(value, Mapping) or depth > 3:
        return []
    here = [(str(name), each) for name, each in list(value.items())[:50]]
    return here + [leaf for _, each in here for leaf in _leaves(each, depth + 1)]


def _at(value: object, path: tuple[str, ...]) -> Any:  # noqa: ANN401
    for name in path:
        if not isinstance(value, Mapping) or name not in value:
            return MISSING
        value = value[name]
    return value
