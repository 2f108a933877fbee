"""The exercises of a notebook: the cell to fill in, its check, its solution, and answers that people give."""

import ast
import copy
import re
import tomllib
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

from nbformat import NotebookNode, v4

from support.notebooks.comparing import shown

ANSWERS = Path(__file__).resolve().parents[2] / "answers"
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
class Answer:
    """Code that somebody may write, and what comes of it."""

    answer: str
    because: str = ""
    """A part of the reason that the check gives for refusing it; empty for an answer that is right."""


def answers(lesson: str, folder: Path = ANSWERS) -> dict[str, list[Answer]]:
    """Return the answers of a lesson, given by its two digits, by exercise, in the order in which they are tried."""
    table = tomllib.loads((folder / f"{lesson}.toml").read_text(encoding="utf-8"))
    return {name: [Answer(**entry) for entry in entries] for name, entries in table.items()}


def with_answers(notebook: NotebookNode, given: dict[str, list[Answer]]) -> NotebookNode:
    """Return a copy in which each exercise is followed by its answers, each with its check, as cells of their own.

    The last word on an exercise is its last answer. A question on an idea that the notebook does not ask yet comes
    after the last exercise. The check's cell of answer 2 of 05a has the id `05a-2`.
    """
    found = exercises(notebook)
    places = {exercise.name: exercise.check for exercise in found}
    tried = copy.deepcopy(notebook)
    added: dict[int, list[NotebookNode]] = {}
    for name, entries in given.items():
        place = places.get(name, max(places.values()))
        for number, entry in enumerate(entries):
            added.setdefault(place, []).extend(_attempt(name, number, entry, notebook.cells[place].source))
    for place in sorted(added, reverse=True):
        tried.cells[place + 1 : place + 1] = added[place]
    return tried


def _attempt(name: str, number: int, entry: Answer, check: str) -> list[NotebookNode]:
    """The cell of an answer, which may fail as a learner's does, and the cell that checks it."""
    source = entry.answer.strip()
    if name.endswith("q"):
        source, check = f"chosen = {source}", f'check("{name}", chosen)'
    cells: list[NotebookNode] = [v4.new_code_cell(source), v4.new_code_cell(check)]
    cells[0].metadata["tags"] = ["raises-exception"]
    cells[1].id = f"{name}-{number}"
    return cells


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


def answered(notebook: NotebookNode, given: dict[str, str]) -> NotebookNode:
    """Return a copy of the notebook whose exercise cells hold these answers."""
    filled = copy.deepcopy(notebook)
    for exercise in exercises(notebook):
        filled.cells[exercise.cell].source = given[exercise.name]
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
