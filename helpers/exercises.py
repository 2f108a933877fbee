"""Exercises that check themselves, and errors that are meant to happen."""

import contextlib
import importlib
import inspect
import os
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Generic, TypeVar

from helpers.problems import KitError
from helpers.views import AMBER, GREEN, View, card, plain, put

E = TypeVar("E", bound=BaseException)

Check = Callable[..., str | None]
"""Takes the answer; returns `None` when it is right, otherwise the reason why not yet."""

UNANSWERED = "it has no answer: replace the ... in the cell above and run that cell"


def check(exercise: str, /, *answer: object) -> None:
    """Say here whether the answer to an exercise, for example `"05a"`, is correct, and if not yet, why.

    Never raises, so that "Run All" goes on; with `KIT_CHECK=strict` in the environment "not yet" raises `KitError`.
    """
    reason = _reason(exercise, answer)
    if reason is None:
        put(_verdict("✔", f"{exercise} is correct.", GREEN))
        return
    sentence = f"{exercise}: not yet, because {reason.rstrip('.')}."
    if os.environ.get("KIT_CHECK") == "strict":
        raise KitError(sentence, "Solve the exercise, then run its cell and this one again.")
    put(_verdict("○", sentence, AMBER))


@dataclass
class Caught(Generic[E]):
    """What `expect` hands to its `with` block; `error` is there once the block is over."""

    error: E | None = None


@contextlib.contextmanager
def expect(kind: type[E]) -> Iterator[Caught[E]]:
    """A context that passes when an error of this kind is raised in it, prints it in one line and keeps it.

    `with expect(openai.NotFoundError) as caught: …`, then `caught.error`.
    Raises `KitError` when nothing is raised, or something else.
    """
    caught: Caught[E] = Caught()
    try:
        yield caught
    except kind as error:
        caught.error = error
        print(_in_one_line(error))  # noqa: T201 - the lesson's reader should see the error
    except Exception as error:
        raise KitError(
            f"{kind.__name__} was expected, but this came: {_in_one_line(error)}",
            "Run the cells above once more, in order; then compare this one with the text above it.",
        ) from error
    else:
        raise KitError(
            f"{kind.__name__} was expected, but nothing was raised.",
            "Look at what the cell asks for: it should have been refused.",
        )


def _reason(exercise: str, answer: tuple[object, ...]) -> str | None:
    function = _find(exercise)
    if function is None:
        return "there is no exercise of that name; the name stands in the title above the exercise"
    if not answer or any(one is ... or one is None for one in answer):
        return UNANSWERED
    try:
        inspect.signature(function).bind(*answer)
    except TypeError as error:
        return f"the check was called with other arguments than it takes: {error}"
    try:
        return function(*answer)
    except Exception as error:
        return f"the answer is not of the kind that the exercise asks for ({_in_one_line(error)})"


def _find(exercise: str) -> Check | None:
    if not re.fullmatch(r"\d\d[a-z]", exercise):
        return None
    name = f"helpers.checks.{exercise[:2]}"
    try:
        module = importlib.import_module(name)
    except ModuleNotFoundError as error:
        if error.name != name:
            raise
        return None
    found: Check | None = getattr(module, f"check_{exercise}", None)
    return found


def _verdict(sign: str, sentence: str, colour: str) -> View:
    text = f"{sign} {sentence}"
    return View(card(plain(text), accent=colour), text)


def _in_one_line(error: BaseException) -> str:
    return " ".join(f"{type(error).__name__}: {error}".split())
