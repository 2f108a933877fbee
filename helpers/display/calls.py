"""Function calls and function tools, written as a person writes a call: `get_weather(city="Kyoto")`."""

import json
from collections.abc import Mapping
from typing import Any

Facts = Mapping[str, Any]

_LONGEST = 300
"""Characters of arguments, of an output or of an address; the JSON underneath holds all of it."""


def awaited_calls(run: Facts) -> list[str]:
    """The calls whose outputs a run waits for; empty unless it requires action."""
    action = run.get("required_action") or {}
    return [call_text(call) for call in (action.get("submit_tool_outputs") or {}).get("tool_calls") or []]


def made_calls(step: Facts) -> list[str]:
    """The calls of a step with their outputs; empty for a step that wrote a message."""
    details = step.get("step_details") or {}
    return [_with_output(call) for call in details.get("tool_calls") or []]


def call_text(call: Facts) -> str:
    """A call with its arguments, a function tool with its parameters, any other tool by its kind."""
    function = call.get("function")
    if not isinstance(function, Mapping):
        return str(call.get("type", "?"))
    name = str(function.get("name", "?"))
    if "arguments" in function:
        return f"{name}({shortened(_arguments(function['arguments']))})"
    parameters = function.get("parameters") or {}
    return f"{name}({', '.join(map(str, parameters.get('properties') or ()))})"


def _with_output(call: Facts) -> str:
    function = call.get("function")
    output = function.get("output") if isinstance(function, Mapping) else None
    if output is None:
        return call_text(call)
    return f"{call_text(call)} → {shortened(str(output)) or '(empty)'}"


def _arguments(arguments: object) -> str:
    """`city="Kyoto", month=7`; what is no JSON object stays as the model wrote it."""
    try:
        values = json.loads(arguments) if isinstance(arguments, str) else arguments
    except (ValueError, RecursionError):
        return str(arguments)
    if not isinstance(values, Mapping):
        return str(arguments)
    return ", ".join(f"{name}={json.dumps(value, ensure_ascii=False)}" for name, value in values.items())


def shortened(text: str) -> str:
    """One line of it, cut where it is too long to be looked at."""
    line = " ".join(text.split())
    return line if len(line) <= _LONGEST else f"{line[:_LONGEST]}…"
