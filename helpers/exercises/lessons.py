"""The lessons as their notebooks tell them: title, minutes, aims, exercises and solutions."""

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Any

from helpers.problems import KitError
from helpers.settings import ROOT

NOTEBOOKS = ROOT / "notebooks"
_NAME = re.compile(r"\d\d_\w+\.ipynb")
"""A copy that somebody made beside it is named otherwise: 05_runs-Copy1.ipynb."""
_AIMS = re.compile(r"^\*\*You will be able to\*\*\n+((?:[-*] .*\n?)+)", re.MULTILINE)
_FOLD = re.compile(r"</?details>|<summary>.*?</summary>")


@dataclass(frozen=True)
class Exercise:
    """One exercise; texts are Markdown."""

    name: str
    task: str
    given: str
    """The code that stands in its cell."""
    solution: str
    """Empty where the notebook has none."""
    cell: str
    """The id of its cell."""


@dataclass(frozen=True)
class Lesson:
    """One notebook; texts are Markdown."""

    file: str
    title: str
    minutes: int | None
    """`None` where the notebook names no time."""
    aims: tuple[str, ...]
    exercises: tuple[Exercise, ...]

    @property
    def number(self) -> str:
        """The two digits that put it in its place."""
        return self.file[:2]


@cache
def lessons(folder: Path = NOTEBOOKS) -> tuple[Lesson, ...]:
    """All lessons in their order, read once a process.

    Raises `KitError` when there is no notebook, or one cannot be read.
    """
    files = sorted(path for path in folder.glob("*.ipynb") if _NAME.fullmatch(path.name))
    if not files:
        raise KitError(
            f"There are no lessons in {folder}.",
            "The folders notebooks and helpers belong side by side: put them back together.",
        )
    return tuple(map(_lesson, files))


def lesson_of(name: str, text: str) -> Lesson:
    """The lesson in the notebook of this name, whose JSON is `text`. Raises `KitError` when it is no notebook."""
    try:
        cells = json.loads(text)["cells"]
        opening = _source(cells[0])
        return Lesson(name, _title(opening), _minutes(opening), _aims(opening), tuple(_exercises(cells)))
    except (ValueError, LookupError, TypeError, AttributeError) as error:
        raise _unreadable(name, error) from error


def code_of(text: str) -> list[str]:
    """The sources of the code cells in the notebook whose JSON is `text`, in their order."""
    return [_source(cell) for cell in json.loads(text)["cells"] if cell["cell_type"] == "code"]


def _lesson(path: Path) -> Lesson:
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise _unreadable(path.name, error) from error
    return lesson_of(path.name, text)


def _unreadable(name: str, error: Exception) -> KitError:
    return KitError(
        f"{name} cannot be read as a notebook ({type(error).__name__}).",
        f"`python -m helpers fresh {name[:2]}` puts the kit's own back, and keeps yours beside it.",
    )


def _title(opening: str) -> str:
    found = re.search(r"^# (.+)$", opening, re.MULTILINE)
    return found[1].strip() if found else opening.partition("\n")[0]


def _minutes(opening: str) -> int | None:
    found = re.search(r"\b(\d+) minutes?\b", opening)
    return int(found[1]) if found else None


def _aims(opening: str) -> tuple[str, ...]:
    found = _AIMS.search(opening)
    return tuple(line[2:].strip() for line in found[1].splitlines()) if found else ()


def _exercises(cells: Sequence[dict[str, Any]]) -> Iterator[Exercise]:
    """Each exercise with what belongs to it: the last text that names it before its cell, the
    solution between it and the next."""
    places = [place for place, cell in enumerate(cells) if _name(cell)]
    for start, end in pairwise([*places, len(cells)]):
        name = _name(cells[start])
        texts = (_source(cell) for cell in reversed(cells[:start]) if cell.get("cell_type") == "markdown")
        task = next((text for text in texts if f"**{name}**" in text), "")
        solution = next(filter(_is_solution, cells[start + 1 : end]), None)
        yield Exercise(
            name=name,
            task=task.partition(f"**{name}**")[2].strip(),
            given=_source(cells[start]),
            solution=_FOLD.sub("", _source(solution)).strip() if solution else "",
            cell=str(cells[start].get("id", "")),
        )


def _name(cell: dict[str, Any]) -> str:
    return str(cell.get("metadata", {}).get("kit", {}).get("exercise", ""))


def _is_solution(cell: dict[str, Any]) -> bool:
    return cell.get("cell_type") == "markdown" and "solution" in cell.get("metadata", {}).get("tags", [])


def _source(cell: dict[str, Any]) -> str:
    """A cell's text; the format allows one text or a list of lines."""
    return "".join(cell["source"])
