"""What check() knows of the cell above it, tried in an IPython as a notebook's kernel has one."""

import json
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from IPython.core.interactiveshell import InteractiveShell

from helpers import cells
from helpers.cells import Cells, names_made_in
from helpers.exercises import results

Run = Callable[[str], str]
"""Runs a cell; what it printed and displayed comes back, the HTML as well."""
CHECK = 'check("99a", answer)'
GIVEN = 'answer = "as given"'


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> Iterator[Run]:
    """A kernel that has seen `prepare()`, and an exercise 99a whose answer is "right"."""
    lesson: Any = ModuleType("helpers.exercises.checks.99")
    lesson.check_99a = lambda answer: None if answer == "right" else "it is wrong"
    lesson.GIVEN = {"99a": GIVEN}
    monkeypatch.setitem(sys.modules, "helpers.exercises.checks.99", lesson)
    monkeypatch.setenv("KIT_STATE", str(tmp_path / "state.db"))
    monkeypatch.delenv("JPY_SESSION_NAME", raising=False)
    monkeypatch.setattr(sys, "displayhook", sys.displayhook)
    known = Cells()
    monkeypatch.setattr(cells, "CELLS", known)
    monkeypatch.setattr("helpers.exercises.checking.CELLS", known)
    InteractiveShell.clear_instance()
    shell = InteractiveShell.instance()
    cells.observe()

    def ran(source: str) -> str:
        capsys.readouterr()
        shell.run_cell(source, store_history=True)
        return capsys.readouterr().out

    ran("from helpers import check")
    yield ran
    InteractiveShell.clear_instance()


def test_an_answer_is_judged_when_its_cell_has_run(run: Run) -> None:
    run('answer = "right"')
    assert "99a is correct" in run(CHECK)


@pytest.mark.parametrize(
    "failing",
    [
        "1 / 0\nanswer = 'right'",
        "answer = 'right'\n1 / 0",
        "for answer in 1 / 0: pass",
        "def answer(): pass\n1 / 0",
        "answer, other = 1 / 0",
        "answer = await 1",
    ],
)
def test_an_older_value_is_not_judged_after_a_cell_that_failed(run: Run, failing: str) -> None:
    """The name still holds what an earlier cell gave it, and another cell between them changes nothing."""
    run('answer = "right"')
    run(failing)
    run("other = 7")
    said = run(CHECK)
    assert "the cell that makes answer ended in " in said
    assert "correct" not in said
    assert results.results() == {}


def test_a_cell_that_python_cannot_read_has_failed_too(run: Run) -> None:
    run('answer = "right"')
    run("answer = 'right\n")
    assert "the cell that makes answer ended in SyntaxError" in run(CHECK)


def test_the_cell_repaired_counts_again(run: Run) -> None:
    run("answer = 1 / 0")
    assert "NameError" in run(CHECK)
    run('answer = "right"')
    assert "99a is correct" in run(CHECK)


def test_the_text_of_a_cell_is_known_by_its_number(run: Run) -> None:
    """Also while it runs; so a request in the log leads to the cell that sent it."""
    run("from helpers.traffic.log import LOG\nfirst = LOG.page()")
    said = run("from helpers.cells import CELLS\nprint(CELLS.source_of(first), CELLS.source_of(LOG.page()))")
    assert said == (
        "from helpers.traffic.log import LOG\nfirst = LOG.page() "
        "from helpers.cells import CELLS\nprint(CELLS.source_of(first), CELLS.source_of(LOG.page()))\n"
    )
    assert cells.CELLS.source_of(99) == ""


def test_a_failing_cell_that_makes_something_else_is_no_matter(run: Run) -> None:
    run('answer = "right"')
    run("def other():\n    answer = 7\n1 / 0")
    assert "99a is correct" in run(CHECK)


def _saved(path: Path, source: str) -> None:
    cell = {"source": [source], "metadata": {"kit": {"exercise": "99a"}}}
    path.write_text(json.dumps({"cells": [{"source": "# Title"}, cell]}), encoding="utf-8")


def test_an_edit_that_was_saved_and_not_run_is_noticed(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where JupyterLab says which file the notebook is in. An older file says nothing, nor does the cell as given."""
    file = tmp_path / "05_runs.ipynb"
    monkeypatch.setenv("JPY_SESSION_NAME", str(file))
    _saved(file, "answer = 'wrong'")
    run('answer = "right"')
    assert "99a is correct" in run(CHECK)
    _saved(file, "answer = 'wrong'")
    assert "its cell was changed after it ran" in run(CHECK)
    _saved(file, 'answer = "right"\n')
    assert "99a is correct" in run(CHECK)
    _saved(file, "answer = ...")
    assert "99a is correct" in run(CHECK)
    file.write_text("no notebook", encoding="utf-8")
    assert "99a is correct" in run(CHECK)


def test_a_cell_as_it_was_given_is_answered_quietly(run: Run) -> None:
    """It says what is wrong, without a frame, and counts as no try; a changed one counts."""
    run(GIVEN)
    quiet = run(CHECK)
    assert "○ 99a: not yet, because it is wrong." in quiet
    assert results.results() == {}
    run('answer = "as given" + "!"')
    run(CHECK)
    assert list(results.results()) == ["99a"]


@pytest.mark.parametrize(
    ("source", "names"),
    [
        ("a = 1\nb += 1\nfor c in d: pass\nwith e as f: pass", {"a", "b", "c", "f"}),
        ("import g.h\nfrom i import j as k\nclass L:\n    m = 1", {"g", "k", "L"}),
        ("async with a as b:\n    c = await d\n[e for e in f]", {"b", "c"}),
        ("def a(b):\n    global c\n    c = d = 1", {"a"}),
        ("if (a := 1): pass\n(b, *c) = d\ntry: pass\nexcept E as e: pass", {"a", "b", "c", "e"}),
        ("a = (\ndef b(c):\nd == e\n  f = 1", {"a", "b"}),
        ("%time a = 1\nb = 2", {"b"}),
    ],
)
def test_the_names_that_a_cell_makes(source: str, names: set[str]) -> None:
    """Also of cells that Python alone cannot read."""
    assert set(names_made_in(source)) == names
