"""The learner's Python functions, called for the assistant."""

import json
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from helpers.chat.events import Call
from helpers.chat.words import ENGLISH, Words
from helpers.problems import KitError

Function = Callable[..., object]
Given = Mapping[str, Function] | Iterable[Function] | None
"""A dict of name and function, or functions that are called by their own names."""


def table_of(given: Given, words: Words = ENGLISH) -> dict[str, Function]:
    """The functions by their names. Raises `KitError` for what cannot be called or has no name."""
    if given is None:
        return {}
    if isinstance(given, Mapping):
        table = dict(given)
    elif isinstance(given, Iterable) and not isinstance(given, str):
        table = {getattr(function, "__name__", ""): function for function in given}
    else:
        table = {"": given}
    for name, function in table.items():
        if not (isinstance(name, str) and name and callable(function)):
            raise KitError(
                words["no_functions"].format(given=type(function).__name__), words["no_functions.fix"].format()
            )
    return table


def called(call: Call, functions: Mapping[str, Function]) -> Call:
    """The call with its output. Whatever goes wrong becomes the output: the model reads it, and so does the person."""
    try:
        function = functions.get(call.name)
        if function is None:
            raise LookupError(f"no function {call.name} is known here; known: {', '.join(functions)}")
        return call.with_output(_text_of(function(**_arguments_of(call))))
    except (Exception, SystemExit) as error:
        return call.with_output(f"{type(error).__name__}: {error}", failed=True)


def _arguments_of(call: Call) -> dict[str, Any]:
    arguments = json.loads(call.arguments or "{}")
    if not isinstance(arguments, dict):
        raise TypeError(f"the arguments are no JSON object: {call.arguments}")
    return arguments


def _text_of(result: object) -> str:
    """A tool's output is a text: a string as it is, anything else as JSON."""
    return result if isinstance(result, str) else json.dumps(result, ensure_ascii=False, default=str)
