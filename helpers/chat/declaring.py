"""A Python function as the tool that a run is told of."""

import inspect
from collections.abc import Callable
from typing import Any, get_origin, get_type_hints

_NOT_NAMED = (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD, inspect.Parameter.POSITIONAL_ONLY)
_JSON_TYPES = {bool: "boolean", int: "integer", float: "number", list: "array", dict: "object"}


def declared(name: str, function: Callable[..., object]) -> dict[str, Any]:
    """The function's declaration: its name, the first line of its docstring, its parameters as a JSON schema.

    A parameter without a hint counts as text, and one without a default is required.
    """
    parameters = [one for one in _parameters(function) if one.kind not in _NOT_NAMED]
    hints = _hints(function)
    schema = {
        "type": "object",
        "properties": {one.name: {"type": _json_type(hints.get(one.name))} for one in parameters},
        "required": [one.name for one in parameters if one.default is inspect.Parameter.empty],
    }
    description = (inspect.getdoc(function) or name).splitlines()[0]
    return {"type": "function", "function": {"name": name, "description": description, "parameters": schema}}


def _parameters(function: Callable[..., object]) -> list[inspect.Parameter]:
    try:
        return list(inspect.signature(function).parameters.values())
    except ValueError:  # some functions written in C do not tell
        return []


def _hints(function: Callable[..., object]) -> dict[str, Any]:
    try:
        return get_type_hints(function)
    except (NameError, TypeError):  # a hint may name what is not there
        return {}


def _json_type(hint: object) -> str:
    return next((name for kind, name in _JSON_TYPES.items() if (get_origin(hint) or hint) is kind), "string")
