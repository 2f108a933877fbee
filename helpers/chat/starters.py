"""Three questions to begin with, which fit the assistant's tools."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from helpers.chat.words import Words

COUNT = 3
_PLACES = ("city", "place", "town", "location", "destination")
_EXAMPLES = {"amount": "1000", "date": "2027-05-01"}
"""A value for a parameter whose schema names none."""


def starters(tools: Sequence[Mapping[str, Any]], words: Words) -> list[str]:
    """Questions for the tools first, then such as any assistant can answer."""
    fitting = [*(_for_tool(tool, words) for tool in tools), *_plain(words)]
    return list(dict.fromkeys(filter(None, fitting)))[:COUNT]


def _plain(words: Words) -> Iterator[str]:
    for number in range(1, COUNT + 1):
        yield words[f"starter.{number}"]


def _for_tool(tool: Mapping[str, Any], words: Words) -> str:
    kind = tool.get("type")
    if kind != "function":
        return words.get(f"starter.{kind}", "")
    function = tool.get("function") or tool  # Responses takes a function's members beside its type
    about = str(function.get("description") or function.get("name") or "").partition("\n")[0]
    values = [_example(name, schema, words) for name, schema in _required(function)]
    in_the_language_of_the_box = about.isascii() == words["starter.1"].isascii()
    fits = about and values and all(values) and in_the_language_of_the_box
    return f"{about.rstrip('. ')}: {', '.join(values)}" if fits else ""


def _required(function: Mapping[str, Any]) -> list[tuple[str, Mapping[str, Any]]]:
    parameters = function.get("parameters") or {}
    properties = parameters.get("properties") or {}
    return [(name, properties.get(name) or {}) for name in parameters.get("required") or []]


def _example(name: str, schema: Mapping[str, Any], words: Words) -> str:
    """A value that the schema offers, or one that fits the parameter's name; empty where there is none."""
    offered = [*(schema.get("enum") or []), *(schema.get("examples") or []), schema.get("default")]
    known = words["place"] if name in _PLACES else _EXAMPLES.get(name, "")
    return str(next((one for one in offered if one is not None), known))
