"""What is wrong with a JSON Schema that a function's arguments or an answer shall follow, in the service's words.

The service asks first whether it is a JSON Schema at all, then for what it needs on top. With `strict` it needs more:
every object closed, every property required, every schema with a type (contract-successor §6).
"""

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Any

Json = dict[str, Any]
Context = tuple[str, ...]

_TYPES = ("string", "number", "integer", "boolean", "object", "array", "null")
_KEYWORDS: dict[str, tuple[type, str]] = {
    **dict.fromkeys(("properties", "patternProperties", "$defs", "definitions"), (dict, "object")),
    **dict.fromkeys(("required", "enum", "anyOf", "oneOf", "allOf", "prefixItems"), (list, "array")),
    **dict.fromkeys(("$ref", "title", "description", "format", "pattern"), (str, "string")),
}
"""Keywords whose value must be of one JSON type."""
_ONE = ("items", "additionalProperties", "not", "if", "then", "else")
_SEVERAL = ("properties", "patternProperties", "$defs", "definitions", "anyOf", "oneOf", "allOf", "prefixItems")
"""Keywords that hold one schema, and keywords that hold several, by name or in a list."""
_NOT_STRICT = ("oneOf", "allOf", "not", "if", "then", "else", "dependentRequired", "dependentSchemas")
"""Keywords that strict schemas may not have."""
_MOST_SCHEMAS = 10_000
"""Schemas inside one that are looked at; those after them are taken as they are."""
_MOST_TEXT = 1000
"""Characters of a problem that are told."""


def problem_of(schema: Json, strict: bool) -> str:
    """What the service would complain about, after "Invalid schema for function 'f': "; empty when all is well.

    It goes as deep as the schema does: a request's body has a bound for that.
    """
    problem = next(_problems(schema, strict), "")
    return problem if len(problem) <= _MOST_TEXT else f"{problem[:_MOST_TEXT]}…"


def schemas_in(schema: Json) -> Iterator[Json]:
    """The schema and all inside it that are objects."""
    return (node for _, node in islice(_schemas_in(schema, ()), _MOST_SCHEMAS) if isinstance(node, dict))


def _problems(schema: Json, strict: bool) -> Iterator[str]:
    found = list(islice(_schemas_in(schema, ()), _MOST_SCHEMAS))
    for _, node in found:
        yield from _no_schema(node)
    if schema.get("type") != "object":
        yield f"""schema must be a JSON Schema of 'type: "object"', got 'type: "{schema.get("type")}"'."""
    for context, node in found:
        for problem in _not_served(node if isinstance(node, dict) else {}, strict):
            yield f"In context={context}, {problem}."


def _schemas_in(node: Any, context: Context) -> Iterator[tuple[Context, Any]]:  # noqa: ANN401
    """The schema and all that stands where a schema inside it should, from the outside to the inside."""
    yield context, node
    for keyword, value in node.items() if isinstance(node, dict) else ():
        if keyword in _ONE and (keyword, value) != ("additionalProperties", False):
            yield from _schemas_in(value, (*context, keyword))
        elif keyword in _SEVERAL:
            for name, each in _held(value):
                yield from _schemas_in(each, (*context, keyword, str(name)))


def _held(value: object) -> Iterable[tuple[object, object]]:
    return value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()


def _no_schema(node: Any) -> Iterator[str]:  # noqa: ANN401
    """Why something is no JSON Schema."""
    if not isinstance(node, dict):
        if not isinstance(node, bool):
            yield f"{node!r} is not of type 'object', 'boolean'."
        return
    for keyword, value in node.items():
        kind, name = _KEYWORDS.get(keyword, (object, ""))
        if not isinstance(value, kind):
            yield f"{value!r} is not of type '{name}'."
        elif keyword in ("anyOf", "oneOf", "allOf") and not value:
            yield "[] should be non-empty."
        elif keyword == "required":
            yield from (f"{each!r} is not of type 'string'." for each in node["required"] if not isinstance(each, str))
        elif keyword == "type" and not _is_type(value):
            yield f"{value!r} is not valid under any of the given schemas."


def _is_type(value: object) -> bool:
    return (
        value in _TYPES if isinstance(value, str) else isinstance(value, list) and all(each in _TYPES for each in value)
    )


def _not_served(node: Json, strict: bool) -> Iterator[str]:
    """What the service misses in a schema, or does not want in it."""
    types = node["type"] if isinstance(node.get("type"), list) else [node.get("type")]
    if "array" in types and not {"items", "prefixItems"} & node.keys():
        yield "array schema missing items"
    if not strict:
        return
    yield from (f"'{keyword}' is not permitted" for keyword in _NOT_STRICT if keyword in node)
    if not {"type", "$ref", "anyOf"} & node.keys():
        yield "schema must have a 'type' key"
    if "object" in types:
        if node.get("additionalProperties") is not False:
            yield "'additionalProperties' is required to be supplied and to be false"
        yield from _not_required(node.get("properties", {}), set(node.get("required", [])))


def _not_required(properties: Json, required: set[str]) -> Iterator[str]:
    """A strict schema requires all its properties, and nothing else."""
    beginning = "'required' is required to be supplied and to be an array including every key in properties"
    yield from (f"{beginning}. Missing '{name}'" for name in properties if name not in required)
    yield from (f"{beginning}. Extra required key '{name}' supplied" for name in sorted(required - properties.keys()))
