"""Every notebook runs, shows what is committed, and checks its exercises.

`python -m helpers test -- tests/test_notebooks.py -k 05` tests one lesson; with `--update` before the `--`, it writes
back the outputs that changed. To have an output written anew although it says the same, clear it first.
"""

import importlib
import re
from pathlib import Path
from types import ModuleType

import pytest
from support.notebooks.comparing import difference, machine_paths, shown
from support.notebooks.exercises import answered, answers, exercises, is_correct, tagged, with_answers
from support.notebooks.files import ROOT, notebooks, read, write
from support.notebooks.rules import Page, broken, unpictured_widgets
from support.notebooks.running import run
from support.notebooks.updating import updated

ALL = [pytest.param(path, id=path.stem) for path in notebooks()]
PRACTISED = [
    pytest.param(path, id=path.stem)
    for path in notebooks()
    if any(tagged(cell, "exercise") for cell in read(path).cells)
]


@pytest.mark.usefixtures("alone")
@pytest.mark.parametrize("path", ALL)
def test_outputs_are_the_committed_ones(path: Path, tmp_path: Path, request: pytest.FixtureRequest) -> None:
    """What a reader sees on a code-hosting page is what the kit does."""
    committed = read(path)
    executed = run(committed, path.name, tmp_path)

    assert machine_paths(executed, tmp_path, ROOT) == []
    assert unpictured_widgets(executed) == []
    if request.config.getoption("--update-notebooks", default=False):
        write(updated(committed, executed), path)
        committed = read(path)
    differences = difference(committed, executed, path.name)
    if differences:
        pytest.fail(f"the outputs are not the committed ones\n\n{differences}", pytrace=False)


@pytest.mark.all
@pytest.mark.usefixtures("alone")
@pytest.mark.parametrize("path", PRACTISED)
def test_answers_are_judged_for_what_they_do(path: Path, tmp_path: Path) -> None:
    """One after the other in one kernel, as a learner tries: each wrong one is told why, each right one is accepted.

    The first is the folded solution, in its place.
    """
    given, notebook = answers(path.name[:2]), read(path)
    solved = answered(notebook, {found.name: found.solution for found in exercises(notebook)})
    executed = run(with_answers(solved, given), path.name, tmp_path)

    said = {cell.id: shown(cell) for cell in executed.cells if cell.cell_type == "code"}
    solutions = {found.name: said[notebook.cells[found.check].id] for found in exercises(notebook)}
    problems = [f"{name}, the solution:\n{text}" for name, text in solutions.items() if not is_correct(text)]
    for name, entries in given.items():
        for number, entry in enumerate(entries):
            text = said[f"{name}-{number}"]
            if is_correct(text) == bool(entry.because) or entry.because not in text:
                wanted = f"refused because {entry.because}" if entry.because else "accepted"
                problems.append(f"{name}, answer {number}, which should be {wanted}:\n{entry.answer}{text}")
    if problems:
        pytest.fail("\n\n".join(problems), pytrace=False)


@pytest.mark.parametrize("path", ALL)
def test_rules_are_kept(path: Path) -> None:
    """Every notebook is built alike: title, aims, short cells, recap, clean-up, next."""
    problems = broken(Page(path, read(path)))
    if problems:
        pytest.fail("\n".join([path.name, *problems]), pytrace=False)


LESSONS = sorted((ROOT / "helpers" / "exercises" / "checks").glob("[0-9]*.py"))
ANSWERS = {name: entries for path in LESSONS for name, entries in answers(path.stem).items()}


def test_exercises_checks_hints_and_answers_belong_together() -> None:
    """Every exercise has its check, three hints or less, and answers; a question may still lack its cells."""
    names = [exercise.name for path in notebooks() for exercise in exercises(read(path))]
    sources = [path.read_text(encoding="utf-8") for path in LESSONS]
    checks = [name for source in sources for name in re.findall(r"^def check_(\d\d[a-z])\(", source, re.MULTILINE)]
    assert [name for name in checks if name not in names and not name.endswith("q")] == []
    assert [name for name in names if name not in checks] == []
    assert sorted(ANSWERS) == sorted(checks)
    hints = {name: found for path in LESSONS for name, found in _module(path.stem).HINTS.items()}
    assert sorted(hints) == sorted(checks)
    for name, steps in hints.items():
        assert 1 <= len(steps) <= 3, name
        assert all(len(step) <= 160 and "?" in step for step in steps), name


@pytest.mark.parametrize("name", sorted(ANSWERS))
def test_every_exercise_has_enough_answers(name: str) -> None:
    """Five that look right and are not, and two that are right in different words."""
    wrong = [entry for entry in ANSWERS[name] if entry.because]
    assert len(wrong) >= 5
    assert len(ANSWERS[name]) - len(wrong) >= 2
    assert len({entry.answer for entry in ANSWERS[name]}) == len(ANSWERS[name])


@pytest.mark.parametrize("path", PRACTISED)
def test_a_cell_that_is_not_blank_is_known_as_it_is_given(path: Path) -> None:
    """So that an untouched one counts as no try."""
    notebook = read(path)
    sources = {exercise.name: notebook.cells[exercise.cell].source.strip() for exercise in exercises(notebook)}
    filled = {name: source for name, source in sources.items() if "..." not in source}
    assert getattr(_module(path.name[:2]), "GIVEN", {}) == filled


def _module(lesson: str) -> ModuleType:
    return importlib.import_module(f"helpers.exercises.checks.{lesson}")


def test_no_two_notebooks_have_the_same_number() -> None:
    """The order of the lessons is never in doubt."""
    numbers = [path.name[:2] for path in notebooks()]
    assert numbers, "there are no notebooks"
    assert len(set(numbers)) == len(numbers)
