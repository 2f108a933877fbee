"""Exercises that check themselves, and errors that are meant to happen."""

import contextlib
import importlib
import inspect
import os
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Generic, TypeVar

from helpers.exercises import results
from helpers.problems import KitError
from helpers.traffic import Exchange
from helpers.views import AMBER, GREEN, View, card, plain, put, quiet

E = TypeVar("E", bound=BaseException)
T = TypeVar("T")

Check = Callable[..., str | None]
"""Takes the answer; returns `None` when it is right, otherwise the reason why not yet."""

UNANSWERED = (
    "it has no answer: replace the ... in the cell above and run that cell, or repair the error that it ended in"
)
UNKNOWN = "there is no exercise of that name; the name stands in the title above the exercise"
GONE = "the assistant of this lesson is deleted; run the cell that creates it again, then those of the exercise"
_ASYNC = "this is an async function, and an ordinary one is asked for; leave out async and await"
_NO_ASSISTANT = "No assistant found"
"""How the service begins its 404 for an assistant that is not there."""


class NotYet(Exception):
    """The reason why an answer is not right yet, raised from within a check."""


def check(exercise: str, /, *answer: object) -> None:
    """Say here whether the answer to an exercise, for example `"05a"`, is correct, and if not yet, why.

    Never raises, so that "Run All" goes on; with `KIT_CHECK=strict` in the environment "not yet" raises `KitError`.
    The result is noted on this machine for `progress()`; a cell that was left as it is counts as no try.
    """
    reason = _reason(exercise, answer)
    aside = "" if reason in (UNANSWERED, UNKNOWN) else results.note(exercise, correct=reason is None)
    if reason is None:
        put(_verdict("✔", f"{exercise} is correct.", GREEN, aside))
        return
    sentence = f"{exercise}: not yet, because {_with_stop(reason)}"
    if os.environ.get("KIT_CHECK") == "strict":
        raise KitError(sentence, "Solve the exercise, then run its cell and this one again.")
    put(_verdict("○", sentence, AMBER, aside))


def calling(function: Callable[..., T], *arguments: object) -> T:
    """What the learner's function returns for these arguments.

    Raises `NotYet` when it fails, with its error, when it is no function at all, or when it is an async one.
    """
    if not callable(function):
        kind = type(function).__name__
        raise NotYet(f"a function is asked for, and this is {kind}; give check its name, without brackets after it")
    try:
        returned = function(*arguments)
    except Exception as error:
        raise NotYet(GONE if _misses_assistant(error) else _failure(function, arguments, error)) from error
    if inspect.iscoroutine(returned):
        returned.close()  # otherwise Python would warn that it was never awaited
        raise NotYet(_ASYNC)
    return returned


def refused_for_assistant(exchange: Exchange) -> bool:
    """Whether the endpoint's answer was that there is no such assistant."""
    return exchange.status == 404 and _NO_ASSISTANT in exchange.response_body


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
        return UNKNOWN
    if not answer or any(one is ... or one is None or _is_blank(one) for one in answer):
        return UNANSWERED
    try:
        inspect.signature(function).bind(*answer)
    except TypeError as error:
        return f"the check was called with other arguments than it takes ({error}); put its line back as it was"
    try:
        return function(*answer)
    except NotYet as reason:
        return str(reason)
    except Exception as error:
        return GONE if _misses_assistant(error) else _unusable(error)


def _is_blank(answer: object) -> bool:
    """Whether it is a function as the lesson gives it out, with nothing but `...` in it."""

    def blank() -> None: ...
    def described() -> None:
        """Without it, `...` would compile to something else."""
        ...

    if not inspect.isfunction(answer) or any(one not in (None, answer.__doc__) for one in answer.__code__.co_consts):
        return False
    return answer.__code__.co_code in (blank.__code__.co_code, described.__code__.co_code)


def _unusable(error: Exception) -> str:
    if _status_of(error) is not None:
        return f"the endpoint refused a request that has to do with the answer ({_in_one_line(error)})"
    return f"the answer is not of the kind that the exercise asks for ({_in_one_line(error)}); what does the task name?"


def _failure(function: Callable[..., object], arguments: tuple[object, ...], error: Exception) -> str:
    name = getattr(function, "__name__", "your function")
    given = ", ".join(repr(one) if isinstance(one, str) else type(one).__name__ for one in arguments)
    return f"{name} fails when it is given {given}, with {_in_one_line(error)}"


def _misses_assistant(error: Exception) -> bool:
    return _status_of(error) == 404 and _NO_ASSISTANT in str(error)


def _status_of(error: Exception) -> int | None:
    """The HTTP status in an error of the `openai` package, which is not imported for this."""
    return getattr(error, "status_code", None)


def _find(exercise: str) -> Check | None:
    if not re.fullmatch(r"\d\d[a-z]", exercise):
        return None
    name = f"helpers.exercises.checks.{exercise[:2]}"
    try:
        module = importlib.import_module(name)
    except ModuleNotFoundError as error:
        if error.name != name:
            raise
        return None
    found: Check | None = getattr(module, f"check_{exercise}", None)
    return found


def _verdict(sign: str, sentence: str, colour: str, aside: str) -> View:
    text = f"{sign} {sentence}"
    return View(card(plain(text), quiet(aside) if aside else "", accent=colour), f"{text}\n{aside}".rstrip())


def _with_stop(reason: str) -> str:
    """The reason with the mark that ends its sentence, which it may bring along."""
    bare = reason.rstrip(".")
    return bare if bare.endswith(("?", "!")) else f"{bare}."


def _in_one_line(error: BaseException) -> str:
    kind, words = type(error).__name__, " ".join(str(error).split())
    return f"{kind}: {words}" if words else kind
