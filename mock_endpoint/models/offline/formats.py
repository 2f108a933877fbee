"""An answer in the form that `response_format` asks for: plain text, a JSON object, or one that keeps to a schema."""

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from mock_endpoint.models.base import Prompt, ToolCall
from mock_endpoint.models.offline.bind import bind
from mock_endpoint.models.offline.complete import MISSING, Completer
from mock_endpoint.models.offline.say import parsed
from mock_endpoint.models.offline.slots import Function, Slot
from mock_endpoint.models.offline.text import stems

_ANSWERS = frozenset(
    ["answer", "response", "reply", "text", "message", "content", "result", "output", "summary", "explanation"]
)


def formed(prompt: Prompt, text: str, word: str, asked: Sequence[str], made: Sequence[ToolCall]) -> str:
    """The answer as the response format asks; `word` is its short form, `asked` the clauses that it answers."""
    form = prompt.response_format
    kind = form.get("type") if isinstance(form, Mapping) else None
    if kind == "json_object":
        return json.dumps({"answer": text}, ensure_ascii=False)
    declared = form.get("json_schema") if isinstance(form, Mapping) and kind == "json_schema" else None
    schema = declared.get("schema") if isinstance(declared, Mapping) else None
    if kind != "json_schema":
        return text
    schema = schema if isinstance(schema, Mapping) else {}
    completer = Completer(schema)
    from_words = bind(Function("", "", schema), " ".join(asked)[:1000])
    outputs = [parsed(call.output) for call in made]
    values: dict[str, Any] = {}
    for slot in from_words.function.slots:
        value = next(
            (each for each in _values(slot, text, word, outputs) if completer.valid(each, slot.schema)),
            from_words.values.get(slot.path, MISSING),
        )
        if value is not MISSING:
            inner = values
            for name in slot.path[:-1]:
                inner = inner.setdefault(name, {})
            inner[slot.path[-1]] = value
    whole = next((each for each in (word, text) if schema and completer.valid(each, schema)), values)
    return json.dumps(completer.fill(schema, whole), ensure_ascii=False)


def _values(slot: Slot, text: str, word: str, outputs: Sequence[object]) -> Iterator[Any]:
    """What an output calls by the slot's name, then the answer as a number, in full or in a word."""
    for output in outputs:
        yield from (value for name, value in _leaves(output) if stems(name.replace("_", " ")) & stems(slot.name))
    if slot.kind == "number":
        digits = word.replace(",", "")
        if digits.lstrip("-").replace(".", "", 1).isdigit():
            number = float(digits)
            yield int(number) if number.is_integer() else number
    elif slot.kind not in ("enum", "list", "boolean", "other"):
        if _ANSWERS & set(slot.name.split()):
            yield from (text, word)
        elif "capital" in slot.name and word:
            yield word


def _leaves(value: object, depth: int = 0) -> Iterator[tuple[str, Any]]:
    for name, each in list(value.items())[:50] if isinstance(value, Mapping) and depth < 4 else ():
        yield str(name), each
        yield from _leaves(each, depth + 1)
