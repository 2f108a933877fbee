"""Which exercises were tried and solved on this machine: a small file beside the endpoint's state.

It holds names of exercises and times, nothing else. `progress()` reads it, and who exports it.
"""

import json
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

from filelock import FileLock

from helpers.problems import KitError
from helpers.settings import read_settings

LONGEST_WAIT = 5.0
"""Seconds for other kernels to finish theirs, which takes milliseconds."""


@dataclass(frozen=True)
class Result:
    """What is known of one exercise: when it was last checked, and when it was first solved (ISO 8601, UTC)."""

    checked: str
    solved: str | None = None


Results = dict[str, Result]
_kept_here: Results = {}
"""Those of this process, for a state in memory."""
_threads = threading.Lock()


def note(exercise: str, *, correct: bool) -> str:
    """Write down that an exercise was checked now; once solved it stays solved.

    An empty text comes back, or why it could not be written: a verdict is worth more than its note.
    """
    now = datetime.now(UTC).isoformat(timespec="milliseconds")
    try:
        state = read_settings().state
        with _threads:
            if state == "memory":
                _add(_kept_here, exercise, now, correct)
                return ""
            with _locked(file_of(state)) as file:
                results = _read(file)
                _add(results, exercise, now, correct)
                _write(file, results)
    except (OSError, KitError) as error:
        return f"This could not be noted for progress(): {getattr(error, 'strerror', None) or error}"
    return ""


def results() -> Results:
    """What was noted so far, by exercise. Raises `KitError` when it cannot be read."""
    state = read_settings().state
    if state == "memory":
        return dict(_kept_here)
    file = file_of(state)
    if not file.exists():
        return {}
    try:
        with _locked(file):
            return _read(file)
    except OSError as error:
        raise KitError(
            f"{file} cannot be read ({error.strerror or error}).", f"Allow yourself to read and write {file.parent}."
        ) from error


def forget(state: Path) -> None:
    """Remove what was noted beside this state. Raises `KitError` when that is not allowed."""
    file = file_of(state)
    try:
        with _locked(file):
            file.unlink(missing_ok=True)
    except OSError as error:
        raise KitError(
            f"{file} cannot be removed ({error.strerror or error}).", f"Allow yourself to write in {file.parent}."
        ) from error


def file_of(state: Path) -> Path:
    """Where the results beside a state are kept."""
    return state.with_name(state.name + ".exercises.json")


@contextmanager
def _locked(file: Path) -> Iterator[Path]:
    """The file, for this process alone; `OSError` when that takes too long."""
    file.parent.mkdir(parents=True, exist_ok=True)
    with FileLock(file.with_name(file.name + ".lock"), timeout=LONGEST_WAIT):
        yield file


def _add(results: Results, exercise: str, now: str, correct: bool) -> None:
    before = results.get(exercise)
    solved = before.solved if before else None
    results[exercise] = Result(now, solved or (now if correct else None))


def _read(file: Path) -> Results:
    """What the file holds; a file that is damaged is set aside, and counts as none."""
    try:
        return understood(json.loads(file.read_text(encoding="utf-8")))
    except FileNotFoundError:
        return {}
    except ValueError:
        file.replace(_free_name(file))
        return {}


def understood(found: object) -> Results:
    """The results in what a file of them holds. Raises `ValueError` for anything that `note` would not have written."""
    try:
        read = {name: Result(**entry) for name, entry in found.items()}  # pyrefly: ignore[missing-attribute]
        for name, result in read.items():
            if not re.fullmatch(r"\d\d[a-z]", name):
                raise ValueError(f"{name!r} is no exercise")
            for moment in (result.checked, result.solved or result.checked):
                datetime.fromisoformat(moment)
    except (AttributeError, TypeError) as error:
        raise ValueError("not a table of results") from error
    return read


def _free_name(file: Path) -> Path:
    """A name for the damaged file that takes the place of no other."""
    names = (file.with_name(f"{file.stem}.damaged-{number}{file.suffix}") for number in range(1, 10_000))
    return next(name for name in names if not name.exists())


def _write(file: Path, results: Results) -> None:
    """All or nothing: who reads at any moment, or dies, finds the old file or the new one."""
    text = json.dumps({name: asdict(results[name]) for name in sorted(results)}, indent=1)
    fresh = file.with_name(file.name + ".new")
    fresh.touch(mode=0o600)  # as the state beside it: nobody else's business
    fresh.write_text(text + "\n", encoding="utf-8")
    fresh.replace(file)


State = Literal["done", "tried", "open"]


def state_of(result: Result | None) -> State:
    """How far an exercise is; `None` stands for one that nobody has checked."""
    if result is None:
        return "open"
    return "done" if result.solved else "tried"
