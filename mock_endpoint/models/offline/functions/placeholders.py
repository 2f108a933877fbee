"""A valid value for a schema where nobody gave one."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from mock_endpoint.models.offline.functions.patterns import example
from mock_endpoint.models.offline.functions.schema import Schema, branches, number_of, resolved, types, valid

MISSING: Any = object()
"""Says that a schema names no value of its own."""

_OF_FORMAT = {
    "date": "2026-01-01",
    "time": "12:00:00Z",
    "date-time": "2026-01-01T12:00:00Z",
    "email": "unknown@example.com",
    "uri": "https://example.com",
    "url": "https://example.com",
    "uuid": "00000000-0000-4000-8000-000000000000",
    "ipv4": "192.0.2.1",
    "ipv6": "2001:db8::1",
    "hostname": "example.com",
    "duration": "P1D",
}
_DEEP = 12
_MOST_NODES = 2000


@dataclass
class Budget:
    """The places of a schema that may still be filled: a schema that refers to itself twice has no end."""

    left: int = _MOST_NODES

    def spend(self) -> bool:
        """Takes one; False when none is left."""
        self.left -= 1
        return self.left >= 0


def given(schema: object, root: Schema) -> Any:  # noqa: ANN401
    """What the schema itself proposes: a constant, a default, the first of an enum, an example; else `MISSING`."""
    here = resolved(schema, root)
    if "const" in here:
        return here["const"]
    proposals = [here["default"]] if here.get("default") is not None else []
    for name in ("enum", "examples"):
        proposals += here[name] if isinstance(here.get(name), list) else []
    proposals += [here["example"]] if "example" in here else []
    return next((value for value in proposals[:50] if valid(value, here, root)), MISSING)


def placeholder(schema: object, root: Schema, number: int = 0, depth: int = 0, budget: Budget | None = None) -> Any:  # noqa: ANN401
    """A plain value that the schema allows, as far as one is found; `number` makes different ones."""
    budget = budget or Budget()
    told = given(schema, root)
    if (told is not MISSING and not number) or not budget.spend():
        return None if told is MISSING else told
    here = resolved(schema, root)
    if number and isinstance(here.get("enum"), list) and here["enum"]:
        return here["enum"][number % len(here["enum"])]
    for each in branches(here):
        value = placeholder(
            {**{k: v for k, v in here.items() if k not in ("anyOf", "oneOf")}, **resolved(each, root)},
            root,
            number,
            depth + 1,
            budget,
        )
        if depth < _DEEP and valid(value, here, root):
            return value
    return _of_type(types(here)[0], here, root, number, depth, budget=budget)


def _of_type(kind: str, here: Schema, root: Schema, number: int, depth: int, *, budget: Budget) -> Any:  # noqa: ANN401
    if kind == "string":
        return _text(here, number)
    if kind in ("integer", "number"):
        return _number(here, kind, number)
    if kind == "boolean":
        return bool(number % 2)
    if kind == "null" or depth > _DEEP:
        return None
    if kind == "array":
        least = number_of(here, "minItems")
        many = min(int(least if least is not None else 1), 100)
        unlike = bool(here.get("uniqueItems"))
        return [
            placeholder(here.get("items"), root, index if unlike else 0, depth + 1, budget) for index in range(many)
        ]
    properties = here.get("properties")
    properties = properties if isinstance(properties, Mapping) else {}
    wanted = here.get("required")
    return {
        str(name): placeholder(properties.get(name), root, number, depth + 1, budget)
        for name in (wanted if isinstance(wanted, list) else [])
    }


def _text(here: Schema, number: int) -> str:
    text = _OF_FORMAT.get(str(here.get("format", "")), "unknown")
    if isinstance(here.get("pattern"), str):
        text = example(here["pattern"])
    if number:
        text = f"{text} {number}"
    least, most = number_of(here, "minLength") or 0, number_of(here, "maxLength")
    if len(text) < least:
        text += text[-1:] * min(int(least) - len(text), 10_000) if text else "x" * min(int(least), 10_000)
    return text[: int(most)] if most is not None and len(text) > most else text


def _number(here: Schema, kind: str, number: int) -> int | float:
    low, high = number_of(here, "minimum"), number_of(here, "maximum")
    above, below = number_of(here, "exclusiveMinimum"), number_of(here, "exclusiveMaximum")
    step = number_of(here, "multipleOf") or (1 if kind == "integer" else 0)
    start: float = low if low is not None else above if above is not None else 0
    top = high if high is not None else below
    if top is not None and low is None and above is None and top <= 0:
        start = top - (step or 1)
        start = top if high is not None else start
    if step:
        start = math.ceil(start / step - 1e-9) * step
        start += step if above is not None and start <= above else 0
    elif above is not None:
        start = (above + top) / 2 if top is not None else above + 1
    start += number * (step or 1)
    return int(start) if kind == "integer" or float(start).is_integer() else start
