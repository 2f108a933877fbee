"""The learner's Python functions, called for the assistant."""

import asyncio
import contextlib
import inspect
import json
from collections.abc import Awaitable, Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from helpers.chat.events import Call
from helpers.chat.words import ENGLISH, Words
from helpers.problems import KitError

Function = Callable[..., object]
Given = Mapping[str, Function] | Iterable[Function] | None
"""A dict of name and function, or functions that are called by their own names."""


class _Uncallable(Exception):
    """What the model asked for cannot be called; the sentence is for the model, and for the person."""


def table_of(given: Given, words: Words = ENGLISH) -> dict[str, Function]:
    """The functions by their names. Raises `KitError` for what cannot be called or has no name."""
    if given is None:
        return {}
    table: dict[Any, Any]  # whatever somebody has written
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


def called(call: Call, functions: Mapping[str, Function], words: Words = ENGLISH) -> Call:
    """The call with its output; what is `async def` is awaited.

    Whatever goes wrong becomes the output: the model reads it, and so does the person.
    """
    try:
        function = functions.get(call.name)
        if function is None:
            raise _Uncallable(words["no_such_function"].format(function=call.name, detail=", ".join(functions)))
        result = function(**_arguments_of(call, words))
        return call.with_output(_text_of(_awaited(result) if inspect.isawaitable(result) else result))
    except _Uncallable as error:
        return call.with_output(str(error), failed=True)
    except (Exception, SystemExit) as error:
        return call.with_output(f"{type(error).__name__}: {error}", failed=True)


def _awaited(result: Awaitable[object]) -> object:
    """What comes of it. On a thread of its own, for the one that calls may have an event loop, as a notebook's has."""

    async def finish() -> object:
        return await result

    with ThreadPoolExecutor(1, "async function") as thread:
        return thread.submit(asyncio.run, finish()).result()


def _arguments_of(call: Call, words: Words) -> dict[str, Any]:
    arguments = None
    with contextlib.suppress(ValueError):
        arguments = json.loads(call.arguments or "{}")
    if not isinstance(arguments, dict):
        raise _Uncallable(words["no_arguments"].format(detail=call.arguments))
    return arguments


def _text_of(result: object) -> str:
    """A tool's output is a text: a string as it is, anything else as JSON."""
    return result if isinstance(result, str) else json.dumps(result, ensure_ascii=False, default=str)
