"""Exercises that check themselves, and errors that are meant to happen."""

import ast
import contextlib
import importlib
import inspect
import os
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from types import ModuleType
from typing import Generic, TypeVar

from helpers.cells import CELLS, Cell, saved_cell
from helpers.exercises import results
from helpers.exercises.trying import GONE, NotYet, in_one_line, misses_assistant, status_of
from helpers.problems import KitError
from helpers.views import AMBER, GREEN, View, card, plain, put, quiet

E = TypeVar("E", bound=BaseException)

Check = Callable[..., str | None]
"""Takes the answer; returns `None` when it is right, otherwise the reason why not yet."""

_UNTRIED = "not yet tried. Put your answer in place of the ... above, run that cell, then this one."


@dataclass(frozen=True)
class _Verdict:
    """What a check says after the exercise's name."""

    sentence: str
    solved: bool = False
    counts: bool = True
    """Whether it was a try; what is none is said quietly."""
    loud: bool = True


def check(exercise: str, /, *answer: object) -> None:
    """Say here whether the answer to an exercise, for example `"05a"`, is correct, and if not yet, why.

    Never raises, so that "Run All" goes on; with `KIT_CHECK=strict` in the environment "not yet" raises `KitError`.
    The result is noted on this machine for `progress()`; a cell that was left as it is counts as no try.
    """
    if not isinstance(exercise, str):
        given = getattr(exercise, "__name__", "answer")
        put(framed(f'○ check takes the name of the exercise first: check("05a", {given})', AMBER))
        return
    verdict = _verdict(exercise, answer)
    aside = results.note(exercise, correct=verdict.solved) if verdict.counts else ""
    sentence = f"{exercise} is correct." if verdict.solved else f"{exercise}: {verdict.sentence}"
    if not verdict.solved and os.environ.get("KIT_CHECK") == "strict":
        raise KitError(sentence, "Solve the exercise, then run its cell and this one again.")
    if verdict.loud:
        put(framed(f"✔ {sentence}", GREEN, aside) if verdict.solved else framed(f"○ {sentence}", AMBER, aside))
    else:
        put(View(quiet(f"○ {sentence}"), f"○ {sentence}"))


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
    if not (isinstance(kind, type) and issubclass(kind, BaseException)):
        raise KitError(
            f"expect was given {kind!r}.", "Give it the class of an error, for example openai.NotFoundError."
        )
    caught: Caught[E] = Caught()
    try:
        yield caught
    except kind as error:
        caught.error = error
        print(in_one_line(error))  # noqa: T201 - the lesson's reader should see the error
    except Exception as error:
        raise KitError(
            f"{kind.__name__} was expected, but this came: {in_one_line(error)}",
            "Run the cells above once more, in order; then compare this one with the text above it.",
        ) from error
    else:
        raise KitError(
            f"{kind.__name__} was expected, but nothing was raised.",
            "Look at what the cell asks for: it should have been refused.",
        )


def find(exercise: str) -> ModuleType | None:
    """The module with the check of this exercise, `None` where there is none."""
    if not re.fullmatch(r"\d\d[a-z]", exercise):
        return None
    module = _checks_of(exercise[:2])
    return module if hasattr(module, f"check_{exercise}") else None


def unknown(exercise: str) -> str:
    """What to say of a name that no exercise has: those that were probably meant, where the text names a lesson."""
    digits, letters = re.sub(r"\D", "", exercise), re.sub(r"[^a-z]", "", exercise.lower())
    module = _checks_of(digits.zfill(2)) if re.fullmatch(r"\d{1,2}", digits) else None
    names = sorted(name.removeprefix("check_") for name in dir(module) if re.fullmatch(r"check_\d\d[a-z]", name))
    meant = [name for name in names if name[2:] == letters] or names
    if not meant:
        return "there is no exercise of that name; the name stands in the title above the exercise"
    return f"there is no exercise of that name; did you mean {' or '.join(meant)}?"


def _checks_of(lesson: str) -> ModuleType | None:
    """The module with the checks of this lesson, given by its two digits; `None` where there is none."""
    name = f"helpers.exercises.checks.{lesson}"
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError as error:
        if error.name != name:
            raise
        return None


def _verdict(exercise: str, answer: tuple[object, ...]) -> _Verdict:
    module = find(exercise)
    if module is None:
        return _Verdict(f"not yet, because {_with_stop(unknown(exercise))}", counts=False)
    makers = _makers(exercise)
    stale = _stale(exercise, makers)
    if stale:
        return _Verdict(f"not yet, because {stale}", counts=False)
    if not answer:
        return _Verdict(f'not yet, because the check was not given your answer: check("{exercise}", …).', counts=False)
    if any(one is ... or one is None or _is_blank(one) for one in answer):
        return _Verdict(_UNTRIED, counts=False, loud=False)
    reason = _reason(getattr(module, f"check_{exercise}"), answer)
    if reason is None:
        return _Verdict("", solved=True)
    given = getattr(module, "GIVEN", {}).get(exercise)
    tried = not any(cell.source.strip() == given for cell in makers.values())
    return _Verdict(f"not yet, because {_with_stop(reason)}", counts=tried, loud=tried)


def _reason(function: Check, answer: tuple[object, ...]) -> str | None:
    try:
        inspect.signature(function).bind(*answer)
    except TypeError as error:
        return f"the check was called with other arguments than it takes ({error}); put its line back as it was"
    try:
        return function(*answer)
    except NotYet as reason:
        return str(reason)
    except Exception as error:
        return GONE if misses_assistant(error) else _unusable(error)


def _makers(exercise: str) -> dict[str, Cell]:
    """The cells that made what is checked now, by the names that the check was given; empty where nothing is known."""
    try:
        calls = [node for node in ast.walk(ast.parse(CELLS.running)) if isinstance(node, ast.Call)]
    except SyntaxError:
        return {}
    checks = [call for call in calls if isinstance(call.func, ast.Name) and call.func.id == "check" and call.args]
    names = [
        one.id
        for call in checks
        if isinstance(call.args[0], ast.Constant) and call.args[0].value == exercise
        for one in call.args[1:]
        if isinstance(one, ast.Name)
    ]
    return {name: cell for name in names if (cell := CELLS.maker_of(name))}


def _stale(exercise: str, makers: dict[str, Cell]) -> str:
    """Why the answer is not what the exercise's cell says now; empty where it is, or nobody knows."""
    for name, cell in makers.items():
        if cell.error is not None:
            how = (
                "was stopped" if isinstance(cell.error, KeyboardInterrupt) else f"ended in {type(cell.error).__name__}"
            )
            return f"the cell that makes {name} {how}; repair it, run it to its end, then check again."
    saved, when = saved_cell(exercise) or ("...", 0.0)
    if makers and "..." not in saved and not CELLS.has_run(saved) and when > max(c.ended for c in makers.values()):
        return "its cell was changed after it ran; run it, then check again."
    return ""


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
    if status_of(error) is not None:
        return f"the endpoint refused a request that has to do with the answer ({in_one_line(error)})"
    return f"the answer is not of the kind that the exercise asks for ({in_one_line(error)}); what does the task name?"


def framed(text: str, colour: str, aside: str = "") -> View:
    """A text in a frame of this colour, and what matters less below it."""
    return View(card(plain(text), quiet(aside) if aside else "", accent=colour), f"{text}\n{aside}".rstrip())


def _with_stop(reason: str) -> str:
    """The reason with the mark that ends its sentence, which it may bring along."""
    bare = reason.rstrip(".")
    return bare if bare.endswith(("?", "!")) else f"{bare}."
