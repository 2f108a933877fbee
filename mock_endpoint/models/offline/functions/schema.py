"""JSON schemas, as far as functions and answers use them: references resolved, values checked."""

import re
from collections.abc import Mapping
from functools import cache
from typing import Any

from mock_endpoint.models.offline.functions.patterns import checked

Schema = Mapping[str, Any]

_MOST_REFERENCES = 20
_DEEP = 40
"""Levels of a value that are checked."""
_TYPES: dict[str, tuple[type, ...]] = {
    "string": (str,),
    "integer": (int,),
    "number": (int, float),
    "boolean": (bool,),
    "object": (dict,),
    "array": (list,),
    "null": (type(None),),
}
_FORMATS = {
    "date": r"\d{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d|3[01])",
    "time": r"(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)",
    "date-time": r"\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(?:\.\d+)?(?:[Zz]|[+-]\d\d:\d\d)",
    "email": r"[^@\s]+@[^@\s]+",
    "uri": r"[A-Za-z][A-Za-z0-9+.-]*:[^\s]+",
    "url": r"[A-Za-z][A-Za-z0-9+.-]*:[^\s]+",
    "uuid": r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}",
    "ipv4": r"(?:(?:25[0-5]|2[0-4]\d|1?\d?\d)(?:\.(?!$)|$)){4}",
    "hostname": r"[A-Za-z0-9-]{1,63}(?:\.[A-Za-z0-9-]{1,63})*",
    "duration": r"P(?=.)(?:\d+Y)?(?:\d+M)?(?:\d+W)?(?:\d+D)?(?:T(?=.)(?:\d+H)?(?:\d+M)?(?:\d+S)?)?",
}


@cache
def _format(name: str) -> re.Pattern[str] | None:
    return re.compile(_FORMATS[name]) if name in _FORMATS else None


def resolved(schema: object, root: Schema) -> dict[str, Any]:
    """The schema with `$ref` followed (within the document only) and `allOf` merged; {} for what is no schema."""
    if not isinstance(schema, Mapping):
        return {}
    result = dict(schema)
    for _ in range(_MOST_REFERENCES):
        if "$ref" in result:
            target = _target(str(result.pop("$ref")), root)
            result = {**target, **result}
        elif isinstance(result.get("allOf"), list):
            for part in result.pop("allOf"):
                result = _merged(result, dict(part) if isinstance(part, Mapping) else {})
        else:
            break
    return result


def _target(reference: str, root: Schema) -> dict[str, Any]:
    here: object = root
    for step in filter(None, reference.removeprefix("#").split("/")):
        name = step.replace("~1", "/").replace("~0", "~")
        here = here.get(name) if isinstance(here, Mapping) else None
    return dict(here) if isinstance(here, Mapping) else {}


def _merged(one: dict[str, Any], other: dict[str, Any]) -> dict[str, Any]:
    result = {**one, **other}
    for name in ("properties", "$defs"):
        if name in one and name in other:
            result[name] = {**one[name], **other[name]}
    for name in ("required", "allOf"):
        if name in one and name in other:
            result[name] = [*one[name], *other[name]]
    if isinstance(one.get("enum"), list) and isinstance(other.get("enum"), list):
        result["enum"] = [value for value in one["enum"] if value in other["enum"]]
    for name, choose in (("minimum", max), ("minLength", max), ("maximum", min), ("maxLength", min)):
        if name in one and name in other:
            result[name] = choose(one[name], other[name])
    return result


def types(schema: Schema) -> tuple[str, ...]:
    """The types that a resolved schema allows, the likeliest first; it is guessed where the schema does not say."""
    named = schema.get("type")
    if isinstance(named, str):
        return (named,)
    if isinstance(named, list):
        return tuple(sorted((str(each) for each in named), key=lambda each: each == "null"))
    for name, kind in (("properties", "object"), ("required", "object"), ("items", "array"), ("prefixItems", "array")):
        if name in schema:
            return (kind,)
    if any(name in schema for name in ("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf")):
        return ("number",)
    return ("string",)


def branches(schema: Schema) -> list[object]:
    """The alternatives of `anyOf` or `oneOf`; empty where there are none."""
    found: list[object] = next((schema[name] for name in ("anyOf", "oneOf") if isinstance(schema.get(name), list)), [])
    return list(found)


def number_of(schema: Schema, name: str) -> int | float | None:
    """A numeric keyword of a schema, e.g. its `minimum`; None where it is missing or no number."""
    value = schema.get(name)
    return value if isinstance(value, int | float) and not isinstance(value, bool) else None


def valid(value: object, schema: object, root: Schema, depth: int = 0) -> bool:
    """Whether a value keeps to a schema. What is not checked here counts as kept."""
    if schema is False or depth > _DEEP:
        return False
    if not isinstance(schema, Mapping):
        return True
    here = resolved(schema, root)
    if "type" in here and not any(_is(value, kind) for kind in types(here)):
        return False
    if "const" in here and not _same(value, here["const"]):
        return False
    if isinstance(here.get("enum"), list) and not any(_same(value, each) for each in here["enum"]):
        return False
    return _branches_valid(value, here, root, depth) and _content_valid(value, here, root, depth)


def _is(value: object, kind: str) -> bool:
    if isinstance(value, bool):
        return kind == "boolean"
    if kind == "integer" and isinstance(value, float):
        return value.is_integer()
    return isinstance(value, _TYPES.get(kind, (object,)))


def _same(one: object, other: object) -> bool:
    return one == other and isinstance(one, bool) == isinstance(other, bool)


def _branches_valid(value: object, here: Schema, root: Schema, depth: int) -> bool:
    if isinstance(here.get("anyOf"), list) and not any(valid(value, each, root, depth + 1) for each in here["anyOf"]):
        return False
    if isinstance(here.get("oneOf"), list):
        return sum(valid(value, each, root, depth + 1) for each in here["oneOf"]) == 1
    return "not" not in here or not valid(value, here["not"], root, depth + 1)


def _content_valid(value: object, here: Schema, root: Schema, depth: int) -> bool:
    if isinstance(value, str):
        return _text_valid(value, here)
    if isinstance(value, int | float) and not isinstance(value, bool):
        return _number_valid(value, here)
    if isinstance(value, list):
        least, most = number_of(here, "minItems") or 0, number_of(here, "maxItems")
        right = len(value) >= least and (most is None or len(value) <= most)
        unique = not here.get("uniqueItems") or len(value) == len({repr(each) for each in value})
        return right and unique and all(valid(each, here.get("items", True), root, depth + 1) for each in value)
    if isinstance(value, dict):
        return _object_valid(value, here, root, depth)
    return True


def _text_valid(value: str, here: Schema) -> bool:
    least, most = number_of(here, "minLength") or 0, number_of(here, "maxLength")
    if len(value) < least or (most is not None and len(value) > most):
        return False
    known = _format(str(here.get("format", "")))
    if known and not known.fullmatch(value):
        return False
    return not isinstance(here.get("pattern"), str) or checked(here["pattern"], value)


def _number_valid(value: int | float, here: Schema) -> bool:
    step = number_of(here, "multipleOf")
    low, above = number_of(here, "minimum"), number_of(here, "exclusiveMinimum")
    high, below = number_of(here, "maximum"), number_of(here, "exclusiveMaximum")
    if (low is not None and value < low) or (above is not None and value <= above):
        return False
    if (high is not None and value > high) or (below is not None and value >= below):
        return False
    return not step or abs(value / step - round(value / step)) < 1e-9


def _object_valid(value: dict[str, Any], here: Schema, root: Schema, depth: int) -> bool:
    properties = here.get("properties")
    properties = properties if isinstance(properties, Mapping) else {}
    if any(name not in value for name in required(here)):
        return False
    rest = here.get("additionalProperties", True)
    return all(valid(each, properties.get(name, rest), root, depth + 1) for name, each in value.items())


def required(schema: Schema) -> list[str]:
    """The names of the properties that a resolved schema demands."""
    names = schema.get("required")
    return [str(name) for name in names] if isinstance(names, list) else []
