"""The exercises of a notebook: the cell to fill in, its check, its solution, and a plausible wrong answer."""

import ast
import copy
import re
import tomllib
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

from nbformat import NotebookNode

from support.notebooks.comparing import shown

WRONG_ANSWERS = Path(__file__).resolve().parents[2] / "wrong_answers.toml"
_FENCE = re.compile(r"^```python\n(.*?)\n```$", re.MULTILINE | re.DOTALL)


class BadExercise(ValueError):
    """A part of an exercise is missing, double or in the wrong place: the text says which."""


@dataclass(frozen=True)
class Exercise:
    """One exercise: its name, the places of its cells, and the code that solves it."""

    name: str
    cell: int
    check: int
    solution: str


@dataclass(frozen=True)
class WrongAnswer:
    """Code that looks right and is not, and a part of the reason that the check gives for refusing it."""

    answer: str
    because: str


def wrong_answers(path: Path = WRONG_ANSWERS) -> dict[str, WrongAnswer]:
    """Return the plausible wrong answers by the name of their exercise."""
    table = tomllib.loads(path.read_text(encoding="utf-8"))
    return {name: WrongAnswer(**entry) for name, entry in table.items()}


def tagged(cell: NotebookNode, tag: str) -> bool:
    """Return whether the cell carries this tag."""
    return tag in cell.metadata.get("tags", [])


def exercises(notebook: NotebookNode) -> list[Exercise]:
    """Return the exercises in their order; raise BadExercise when their parts do not fit together.

    Check and solution belong to the exercise cell before them.
    """
    cells = notebook.cells
    starts = [place for place, cell in enumerate(cells) if tagged(cell, "exercise")]
    first = starts[0] if starts else len(cells)
    early = [cell.id for cell in cells[:first] if tagged(cell, "solution") or checked(cell)]
    if early:
        raise BadExercise(f"a check or solution before any exercise: cells {early}")
    return [_exercise(cells, start, end) for start, end in pairwise([*starts, len(cells)])]


def _exercise(cells: list[NotebookNode], start: int, end: int) -> Exercise:
    name = cells[start].metadata.get("kit", {}).get("exercise")
    if not name or cells[start].cell_type != "code":
        raise BadExercise(f"cell {cells[start].id} is tagged exercise: it must be code with metadata.kit.exercise")
    checks = [place for place in range(start, end) for found in checked(cells[place]) if found == name]
    others = [found for place in range(start, end) for found in checked(cells[place]) if found != name]
    solutions = [cell for cell in cells[start:end] if tagged(cell, "solution")]
    if others:
        raise BadExercise(f"after exercise {name} comes a check of {others}")
    if len(checks) != 1 or checks[0] == start:
        raise BadExercise(f"exercise {name} needs one check({name!r}, …) in a cell of its own after it")
    if len(solutions) != 1:
        raise BadExercise(f"exercise {name} needs one Markdown cell tagged solution, not {len(solutions)}")
    return Exercise(name, start, checks[0], _code(solutions[0], name))


def _code(cell: NotebookNode, name: str) -> str:
    fences = _FENCE.findall(cell.source)
    if cell.cell_type != "markdown" or len(fences) != 1 or "<details>" not in cell.source:
        raise BadExercise(f"the solution of {name} needs <details> with exactly one ```python block")
    return str(fences[0])


def checked(cell: NotebookNode) -> list[str]:
    """Return the names of the exercises that a cell checks."""
    if cell.cell_type != "code" or "check(" not in cell.source:
        return []
    calls = [node for node in ast.walk(ast.parse(cell.source)) if isinstance(node, ast.Call)]
    return [
        str(call.args[0].value)
        for call in calls
        if isinstance(call.func, ast.Name) and call.func.id == "check" and call.args
        if isinstance(call.args[0], ast.Constant)
    ]


def answered(notebook: NotebookNode, answers: dict[str, str]) -> NotebookNode:
    """Return a copy of the notebook whose exercise cells hold these answers."""
    filled = copy.deepcopy(notebook)
    for exercise in exercises(notebook):
        filled.cells[exercise.cell].source = answers[exercise.name]
    return filled


def verdict(notebook: NotebookNode, exercise: Exercise) -> str:
    """Return what the check of this exercise shows."""
    return shown(notebook.cells[exercise.check])


def is_not_yet(text: str) -> bool:
    """Return whether a check says "not yet"."""
    return "not yet" in text.lower()


def is_correct(text: str) -> bool:
    """Return whether a check says "correct"."""
    return not is_not_yet(text) and re.search(r"\bcorrect\b", text.lower()) is not None
