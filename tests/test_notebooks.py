"""Every notebook runs, shows what is committed, and checks its exercises.

`python -m helpers test -- tests/test_notebooks.py -k 05` tests one lesson; with `--update` before the `--`, it writes
back the outputs that changed. To have an output written anew although it says the same, clear it first.
"""

import re
from pathlib import Path

import pytest
from nbformat import NotebookNode
from support.notebooks.comparing import difference, machine_paths
from support.notebooks.exercises import answered, exercises, is_correct, is_not_yet, tagged, verdict, wrong_answers
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


@pytest.mark.usefixtures("alone")
@pytest.mark.parametrize("path", PRACTISED)
def test_solutions_pass(path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The folded solution of every exercise passes its check, run strictly."""
    notebook = read(path)
    monkeypatch.setenv("KIT_CHECK", "strict")
    executed = run(
        answered(notebook, {found.name: found.solution for found in exercises(notebook)}), path.name, tmp_path
    )

    verdicts = _verdicts(executed)
    assert all(is_correct(text) for text in verdicts.values()), verdicts


@pytest.mark.all  # for those who write lessons; it would take a learner another half minute
@pytest.mark.usefixtures("alone")
@pytest.mark.parametrize("path", PRACTISED)
def test_wrong_answers_are_refused_for_their_reason(path: Path, tmp_path: Path) -> None:
    """A plausible wrong answer is told why it is wrong."""
    notebook = read(path)
    wrong = wrong_answers()
    missing = [found.name for found in exercises(notebook) if found.name not in wrong]
    assert missing == [], "tests/wrong_answers.toml needs an entry for each"
    executed = run(
        answered(notebook, {name: entry.answer.strip() for name, entry in wrong.items()}), path.name, tmp_path
    )

    for name, text in _verdicts(executed).items():
        assert is_not_yet(text), f"{name} accepts a wrong answer: {text}"
        assert wrong[name].because in text, f"{name} refuses for another reason: {text}"


def _verdicts(executed: NotebookNode) -> dict[str, str]:
    return {exercise.name: verdict(executed, exercise) for exercise in exercises(executed)}


@pytest.mark.parametrize("path", ALL)
def test_rules_are_kept(path: Path) -> None:
    """Every notebook is built alike: title, aims, short cells, recap, clean-up, next."""
    problems = broken(Page(path, read(path)))
    if problems:
        pytest.fail("\n".join([path.name, *problems]), pytrace=False)


def test_exercises_wrong_answers_and_checks_belong_together() -> None:
    """Every exercise has its wrong answer and its check, and neither is there without its exercise."""
    names = [exercise.name for path in notebooks() for exercise in exercises(read(path))]
    assert sorted(wrong_answers()) == sorted(names)
    sources = [
        path.read_text(encoding="utf-8") for path in (ROOT / "helpers" / "exercises" / "checks").glob("[0-9]*.py")
    ]
    checks = [name for source in sources for name in re.findall(r"^def check_(\d\d[a-z])\(", source, re.MULTILINE)]
    assert sorted(checks) == sorted(names)


def test_no_two_notebooks_have_the_same_number() -> None:
    """The order of the lessons is never in doubt."""
    numbers = [path.name[:2] for path in notebooks()]
    assert numbers, "there are no notebooks"
    assert len(set(numbers)) == len(numbers)
