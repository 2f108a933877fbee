"""progress(): what check() notes on this machine, how it is kept, and the picture of it."""

import json
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from filelock import FileLock
from support.notebooks.exercises import exercises
from support.notebooks.files import notebooks, read
from support.notebooks.samples import code, markdown, notebook, walk

from helpers import check, progress
from helpers.exercises import results
from helpers.exercises.lessons import NOTEBOOKS, Exercise, Lesson, lessons
from helpers.exercises.overview import picture
from helpers.exercises.results import Result, note
from helpers.problems import KitError
from helpers.settings import ROOT

EARLY, LATE = "2026-01-01T10:00:00+00:00", "2026-01-01T11:00:00+00:00"


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where this test's results are kept; its folder is not there yet."""
    monkeypatch.setenv("KIT_STATE", str(tmp_path / "kit" / "state.db"))
    return tmp_path / "kit" / "state.db.exercises.json"


@pytest.fixture
def _sample(monkeypatch: pytest.MonkeyPatch) -> None:
    """An exercise 99a that is right when its answer is."""
    lesson: Any = ModuleType("helpers.exercises.checks.99")
    lesson.check_99a = lambda answer: None if answer == "right" else "it is wrong"
    monkeypatch.setitem(sys.modules, "helpers.exercises.checks.99", lesson)


@pytest.mark.usefixtures("_sample")
@pytest.mark.parametrize(
    ("answers", "state"),
    [
        (["wrong"], "tried"),
        (["right"], "done"),
        (["wrong", "right"], "done"),
        (["right", "wrong"], "done"),
        ([...], "open"),
        ([None], "open"),
        (["right", ...], "done"),
    ],
)
def test_check_notes_its_result(answers: list[object], state: str, file: Path) -> None:
    """Solved stays solved; a cell that was left as it is counts as no try."""
    for answer in answers:
        check("99a", answer)
    assert results.state_of(results.results().get("99a")) == state


@pytest.mark.usefixtures("_sample")
def test_strict_notes_as_well(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Before it raises."""
    monkeypatch.setenv("KIT_CHECK", "strict")
    with pytest.raises(KitError):
        check("99a", "wrong")
    assert results.state_of(results.results().get("99a")) == "tried"


def test_an_exercise_that_does_not_exist_is_not_noted(file: Path) -> None:
    check("99z", "anything")
    assert not file.exists()


@pytest.mark.usefixtures("_sample")
def test_nothing_personal_is_kept(file: Path) -> None:
    """Name of the exercise, and times: not the answer."""
    check("99a", "right")
    noted = json.loads(file.read_text(encoding="utf-8"))
    assert list(noted) == ["99a"]
    assert set(noted["99a"]) == {"checked", "solved"}
    assert {path.name for path in file.parent.iterdir()} <= {file.name, file.name + ".lock"}


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b'{"05a": {"checked": "2026-01-01T1',
        b"\xff\xfe",
        b"[]",
        b'{"05a": 1}',
        b'{"05a": {"checked": 5}}',
        b'{"05a": {"checked": "yesterday"}}',
        b'{"05a": {"when": "2026-01-01"}}',
        b'{"<b>": {"checked": "2026-01-01"}}',
    ],
)
@pytest.mark.usefixtures("_sample")
def test_a_damaged_file_is_set_aside_and_stops_no_check(
    content: bytes, file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """What was in it can still be looked at, also after a second accident."""
    file.parent.mkdir()
    for _ in range(2):
        file.write_bytes(content)
        check("99a", "right")
        assert capsys.readouterr().out == "✔ 99a is correct.\n"
        assert list(results.results()) == ["99a"]
    aside = sorted(file.parent.glob("*damaged*"))
    assert [path.read_bytes() for path in aside] == [content, content]


@pytest.mark.usefixtures("_sample")
def test_what_cannot_be_noted_is_said_beside_the_verdict(
    file: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A folder in the way, or a kernel that holds the file and does not let go."""
    file.mkdir(parents=True)
    check("99a", "right")
    said = capsys.readouterr().out
    assert said.startswith("✔ 99a is correct.\nThis could not be noted for progress(): ")
    with pytest.raises(KitError, match="cannot be read"):
        progress()
    file.rmdir()
    monkeypatch.setattr(results, "LONGEST_WAIT", 0.05)
    with FileLock(file.with_name(file.name + ".lock")):
        check("99a", "right")
    assert "could not be noted" in capsys.readouterr().out
    check("99a", "right")
    assert "could not be noted" not in capsys.readouterr().out


def test_a_write_that_dies_leaves_the_old_file(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The new one takes its place at once, or not at all."""
    note("05a", correct=True)
    before = file.read_bytes()

    def die(path: Path, target: Path) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(Path, "replace", die)
        with pytest.raises(KeyboardInterrupt):
            note("05b", correct=True)
    assert file.read_bytes() == before
    note("05c", correct=False)
    assert set(results.results()) == {"05a", "05c"}


def test_several_kernels_at_once_lose_nothing(file: Path) -> None:
    """Four processes note a hundred exercises each."""
    script = (
        "import sys; from helpers.exercises.results import note\n"
        "for n in range(100): reason = note(f'{n:02}' + sys.argv[1], correct=n % 2 == 0); assert not reason, reason"
    )
    kernels = [subprocess.Popen([sys.executable, "-c", script, letter], cwd=ROOT) for letter in "abcd"]
    assert [kernel.wait(timeout=60) for kernel in kernels] == [0] * 4
    noted = results.results()
    assert len(noted) == 400
    assert sum(bool(result.solved) for result in noted.values()) == 200


def test_state_in_memory_is_kept_by_the_process(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """And written nowhere."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(results, "_kept_here", {})
    note("05a", correct=True)
    assert list(results.results()) == ["05a"]
    assert list(tmp_path.iterdir()) == []


def course(*names: str) -> list[Lesson]:
    """Lessons that hold these exercises, such as 01a."""
    numbers = sorted({name[:2] for name in names})
    return [sample(number, [name for name in names if name.startswith(number)]) for number in numbers]


def sample(number: str, names: list[str]) -> Lesson:
    """A lesson with exercises of these names."""
    made = tuple(Exercise(name, "do it", "...", "done", f"cell-{name}") for name in names)
    return Lesson(f"{number}_walk.ipynb", f"Walk <road> {number}", 5, ("walk",), made)


@pytest.mark.parametrize(
    ("noted", "expected"),
    [
        ({}, "Next: 01a in 01_walk.ipynb"),
        ({"02a": Result(EARLY)}, "Next: 02a in 02_walk.ipynb"),
        ({"02a": Result(EARLY, EARLY)}, "Next: 02b in 02_walk.ipynb"),
        ({"02a": Result(LATE, LATE), "01a": Result(EARLY)}, "Next: 02b in 02_walk.ipynb"),
        ({"02b": Result(EARLY, EARLY), "02a": Result(LATE, LATE)}, "Next: 03a in 03_walk.ipynb"),
        ({"03a": Result(EARLY, EARLY)}, "Next: 01a in 01_walk.ipynb"),
        ({name: Result(LATE, EARLY) for name in ("01a", "02a", "02b", "03a")}, "All exercises are solved."),
    ],
)
def test_what_comes_next(noted: dict[str, Result], expected: str) -> None:
    """On in the lesson of the last check, then in those after it, and at last what was passed over."""
    assert expected in picture(course("01a", "02a", "02b", "03a"), noted).text


def test_the_picture_says_the_same_in_both_forms() -> None:
    """One row a lesson, a sign an exercise, a bar; what is noted of other lessons is left out; text is escaped."""
    noted = {"01a": Result(LATE, EARLY), "02a": Result(EARLY), "77a": Result(EARLY, EARLY)}
    view = picture([sample("00", []), *course("01a", "02a", "02b", "03a")], noted)
    lines = view.text.splitlines()
    assert lines[0] == "1 of 4 exercises done, 1 more tried"
    assert lines[2:6] == [
        "00  Walk <road> 00    5 min  no exercises",
        "01  Walk <road> 01    5 min  ✔ 01a",
        "02  Walk <road> 02    5 min  ◐ 02a  ○ 02b",
        "03  Walk <road> 03    5 min  ○ 03a",
    ]
    for part in (lines[0], "✔ 01a", "◐ 02a", "○ 02b", "Walk &lt;road&gt; 01", "width:25.0%", "no exercises"):
        assert part in view.html
    assert 'href="02_walk.ipynb#cell-id=cell-02b"' in view.html
    assert "77a" not in view.text + view.html
    assert "<road>" not in view.html


def test_progress_shows_the_lessons_of_the_kit(file: Path) -> None:
    note("05a", correct=True)
    text = progress().text
    assert text.startswith("1 of ")
    assert "✔ 05a" in text
    assert "Next: 05b in 05_runs.ipynb" in text


def test_every_exercise_is_found_with_its_parts() -> None:
    """As the notebooks' own tests find them; each has its task and solution."""
    found = {lesson.file: [one.name for one in lesson.exercises] for lesson in lessons()}
    assert found == {path.name: [one.name for one in exercises(read(path))] for path in notebooks()}
    for lesson in lessons():
        assert lesson.title
        assert lesson.aims
        for exercise in lesson.exercises:
            assert re.match(r"[A-Z`]", exercise.task), exercise.task
            assert "```python" in exercise.solution
            assert "<details>" not in exercise.solution
            assert exercise.cell


def test_reading_needs_no_library_and_happens_once() -> None:
    """`progress()` in a first cell starts neither the client nor nbformat."""
    script = (
        "import sys; from helpers.exercises.lessons import lessons; assert lessons() is lessons()\n"
        "print([name for name in ('nbformat', 'openai', 'markdown_it') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


def store(page: object, path: Path) -> None:
    """Write a notebook, or what should be one."""
    path.write_text(json.dumps(page), encoding="utf-8")


def test_copies_and_other_files_are_no_lessons(tmp_path: Path) -> None:
    """Somebody who works on a copy has not twice as much to do."""
    for name in ("05_walk.ipynb", "05_walk-Copy1.ipynb", "Untitled.ipynb"):
        store(walk(), tmp_path / name)
    assert [(one.file, one.title, one.minutes, len(one.exercises)) for one in lessons(tmp_path)] == [
        ("05_walk.ipynb", "Walk a small road", 5, 1)
    ]


def test_a_task_begins_after_its_name_and_may_be_missing(tmp_path: Path) -> None:
    exercise = code("x = ...", tags=["exercise"], kit={"exercise": "05a"})
    store(
        notebook(markdown("# Walk"), markdown("Before.\n\n## Exercises\n\n**05a** Go."), exercise),
        tmp_path / "05_a.ipynb",
    )
    store(notebook(markdown("# Run"), code("1"), exercise), tmp_path / "06_b.ipynb")
    assert [one.exercises[0].task for one in lessons(tmp_path)] == ["Go.", ""]
    assert [one.minutes for one in lessons(tmp_path)] == [None, None]


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (lambda folder: None, "There are no lessons in"),
        (lambda folder: folder.joinpath("05_a.ipynb").write_text('{"cells": [', encoding="utf-8"), "05_a.ipynb cannot"),
        (lambda folder: store({"cells": []}, folder / "05_a.ipynb"), "05_a.ipynb cannot be read as a notebook"),
        (lambda folder: store([], folder / "05_a.ipynb"), "05_a.ipynb cannot be read as a notebook"),
    ],
)
def test_missing_and_damaged_notebooks_are_named(spoil: Callable[[Path], None], said: str, tmp_path: Path) -> None:
    spoil(tmp_path)
    with pytest.raises(KitError, match=said):
        lessons(tmp_path)


def test_the_lessons_stand_beside_the_helpers() -> None:
    assert NOTEBOOKS == ROOT / "notebooks"
