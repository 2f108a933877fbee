"""A value for every required place of a JSON schema: for calls that are forced and for structured answers only."""

import math
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

from mock_endpoint.models.offline.schema_patterns import example, matches

Json = Any
Schema = Mapping[str, Any]
MISSING: Json = object()
"""Says that nobody gave a value."""
_OF_FORMAT = {
    "date": "2026-01-01", "time": "12:00:00Z", "date-time": "2026-01-01T12:00:00Z", "email": "unknown@example.com",
    "uri": "https://example.com", "url": "https://example.com", "uuid": "00000000-0000-4000-8000-000000000000",
    "ipv4": "192.0.2.1", "ipv6": "2001:db8::1", "hostname": "example.com", "duration": "P1D",
}  # fmt: skip
_DEEP, _MOST = 12, 2000


@cache
def _checker() -> Any:  # noqa: ANN401 - jsonschema makes the class at run time
    import jsonschema

    def pattern(_: object, wanted: object, value: object, __: object) -> Iterator[jsonschema.ValidationError]:
        if isinstance(value, str) and not matches(str(wanted), value):
            yield jsonschema.ValidationError("does not match")

    return jsonschema.validators.extend(jsonschema.Draft202012Validator, {"pattern": pattern})


class Completer:
    """Fills one schema; a schema that refers to itself for ever is left after so many places."""

    def __init__(self, root: Schema) -> None:
        self.root = root
        self.left = _MOST
        self.validator = _checker()(root, format_checker=_checker().FORMAT_CHECKER)

    def valid(self, value: Json, schema: object) -> bool:
        """Whether a value keeps to a part of the schema."""
        try:
            return bool(self.validator.evolve(schema=schema).is_valid(value))
        except Exception:
            return True

    def fill(self, schema: object, given: Json = MISSING, depth: int = 0, number: int = 0) -> Json:
        """A valid value, made of what is given as far as that fits; `number` makes different ones."""
        self.left -= 1
        here = self.resolved(schema)
        if given is not MISSING and not isinstance(given, dict) and self.valid(given, here):
            return given
        if self.left < 0 or depth > _DEEP:
            return None
        for value in _proposed(here)[number:]:
            if not isinstance(given, dict) and self.valid(value, here):
                return value
        for branch in [*_list(here.get("anyOf")), *_list(here.get("oneOf"))]:
            rest = {name: each for name, each in here.items() if name not in ("anyOf", "oneOf")}
            value = self.fill({**rest, **self.resolved(branch)}, given, depth + 1, number)
            if self.valid(value, here):
                return value
        return self._of_type(here, given, depth, number)

    def resolved(self, schema: object) -> dict[str, Any]:
        """A schema without `$ref` and `allOf`."""
        here = dict(schema) if isinstance(schema, Mapping) else {}
        for _ in range(_DEEP):
            if not isinstance(reference := here.pop("$ref", None), str):
                break
            target: Any = self.root
            for part in reference.lstrip("#/").split("/") if reference != "#" else []:
                target = target.get(part, {}) if isinstance(target, Mapping) else {}
            here = {**(target if isinstance(target, Mapping) else {}), **here}
        for part in _list(here.pop("allOf", None)):
            here = {**here, **self.resolved(part)}
        return here

    def _of_type(self, here: dict[str, Any], given: Json, depth: int, number: int) -> Json:
        kind = here.get("type", "object" if "properties" in here or "required" in here or not depth else "string")
        kind = next(iter(kind), "null") if isinstance(kind, list) else kind
        if kind == "object":
            properties = _mapping(here.get("properties"))
            told = given if isinstance(given, dict) else {}
            extra = here.get("additionalProperties")
            return {
                name: self.fill(
                    properties.get(name, extra if isinstance(extra, Mapping) else {"type": "string"}),
                    told.get(name, MISSING),
                    depth + 1,
                )
                for name in dict.fromkeys(
                    [*(name for name in properties if name in told), *map(str, _list(here.get("required")))]
                )
            }
        if kind == "array":
            least = min(int(here.get("minItems") or 1), 100)
            return [
                self.fill(
                    here.get("items", {"type": "string"}), MISSING, depth + 1, place if here.get("uniqueItems") else 0
                )
                for place in range(least)
            ]
        if kind in ("integer", "number"):
            return _number(here, kind, number)
        return (
            {"boolean": bool(number % 2), "null": None}.get(kind, _text(here, number))
            if kind != "string"
            else _text(here, number)
        )


def complete(schema: Schema, given: Json = MISSING) -> Json:
    """A value that keeps to the schema, with what is given in its place."""
    return Completer(schema).fill(schema, given)


def _proposed(here: Schema) -> list[Json]:
    """What the schema itself proposes."""
    if "const" in here:
        return [here["const"]]
    return [
        *([here["default"]] if here.get("default") is not None else []),
        *_list(here.get("enum"))[:50],
        *_list(here.get("examples"))[:5],
    ]


def _mapping(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _list(value: object) -> list[Any]:
    return value if isinstance(value, list) else []


def _text(here: Schema, number: int) -> str:
    wanted = here.get("pattern")
    text = example(wanted) if isinstance(wanted, str) else _OF_FORMAT.get(str(here.get("format", "")), "unknown")
    text = f"{text} {number}" if number else text
    least, most = int(here.get("minLength") or 0), here.get("maxLength")
    text += (text[-1:] or "x") * min(least - len(text), 10_000)
    return text[: int(most)] if most is not None else text


def _number(here: Schema, kind: str, number: int) -> int | float:
    low, above = here.get("minimum"), here.get("exclusiveMinimum")
    high, below = here.get("maximum"), here.get("exclusiveMaximum")
    step = here.get("multipleOf") or (1 if kind == "integer" else 0)
    start: float = low if low is not None else above if above is not None else 0
    if low is None and above is None and (high is not None and high < 0):
        start = high
    elif low is None and above is None and (below is not None and below <= 0):
        start = below - (step or 1)
    if step:
        start = math.ceil(start / step - 1e-9) * step
        start += step if above is not None and start <= above else 0
    elif above is not None:
        start = (above + (below if below is not None else high if high is not None else above + 2)) / 2
    start += number * (step or 1)
    return int(start) if float(start).is_integer() else start
