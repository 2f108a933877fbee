"""Lessons as they were shipped: where they come from, what `sheet` prints, and `fresh`."""

import hashlib
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from support.notebooks.shipping import listing
from support.starting import ROOT, command, copy_of_the_kit, refused

from helpers.exercises.shipped import LIST

NAME = "05_runs.ipynb"
WRITTEN = "my_own_answer_to_05a"
KEEP = "from helpers.exercises import shipped; shipped.keep()"


@pytest.fixture
def kit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The kit as a download has it, in a folder whose name has a space and Japanese characters."""
    monkeypatch.setenv("JUPYTER_DATA_DIR", str(tmp_path / "jupyter"))
    return copy_of_the_kit(tmp_path / "みんなの kit")


def keep(kit: Path) -> None:
    """What the first start of `lab` does before anybody changes a lesson."""
    subprocess.run([sys.executable, "-c", KEEP], cwd=kit, check=True)


def solve(kit: Path) -> bytes:
    """Write an answer into the lesson, as Jupyter saves it; its bytes."""
    place = kit / "notebooks" / NAME
    page = json.loads(place.read_text(encoding="utf-8"))
    cell = next(cell for cell in page["cells"] if cell["metadata"].get("kit", {}).get("exercise") == "05a")
    cell["source"] = f"def ask(question):\n    return {WRITTEN!r}"
    place.write_text(json.dumps(page, ensure_ascii=False, indent=1), encoding="utf-8")
    return place.read_bytes()


def sheet(kit: Path) -> str:
    """The class sheet that the command writes."""
    file = kit / "シート 1.html"
    done = command(kit, "sheet", "--output", str(file))
    assert done.returncode == 0, done.stderr
    return file.read_text(encoding="utf-8")


def test_the_list_is_that_of_the_notebooks(request: pytest.FixtureRequest) -> None:
    """A changed notebook is shipped once `test --update` has renewed the list."""
    if request.config.getoption("--update-notebooks"):
        pytest.skip("the list is written after the last test")
    assert LIST.read_text(encoding="utf-8") == listing()


def test_the_sheet_shows_nobodys_answers(kit: Path) -> None:
    """The copy that was kept at the first start is printed, not what a learner has written since."""
    before = sheet(kit)
    keep(kit)
    solve(kit)
    after = sheet(kit)
    assert WRITTEN not in after
    assert after == before


def test_what_is_changed_is_not_kept(kit: Path) -> None:
    """A start that comes too late keeps the other lessons, and nothing takes an answer for what was shipped."""
    solve(kit)
    keep(kit)
    assert not (kit / ".kit" / "shipped" / NAME).exists()
    assert (kit / ".kit" / "shipped" / "04_messages.ipynb").exists()
    line = refused(command(kit, "sheet", "--output", str(kit / "sheet.html")))
    assert line.startswith(f"{NAME} was changed, and no copy of it as it was shipped is left here. ")
    assert "fresh download" in line
    assert not (kit / "sheet.html").exists()


def test_a_later_edition_takes_the_place_of_the_kept_one(kit: Path) -> None:
    """Unzipped over the old one: the list says which is meant now."""
    keep(kit)
    place = kit / "notebooks" / NAME
    place.write_text(place.read_text(encoding="utf-8").replace("really* stopped", "truly* stopped"), encoding="utf-8")
    sums = kit / "helpers" / "exercises" / "shipped.sha256"
    old = hashlib.sha256((ROOT / "notebooks" / NAME).read_bytes()).hexdigest()
    new = hashlib.sha256(place.read_bytes()).hexdigest()
    sums.write_text(sums.read_text(encoding="utf-8").replace(old, new), encoding="utf-8")
    keep(kit)
    solve(kit)
    html = sheet(kit)
    assert "truly</em> stopped" in html
    assert WRITTEN not in html


def git(kit: Path, *line: str) -> None:
    """Run git there, as somebody with a name."""
    named = ["-c", "user.name=A", "-c", "user.email=a@example.org"]
    subprocess.run([shutil.which("git") or "git", *named, *line], cwd=kit, check=True, capture_output=True)


@pytest.mark.skipif(shutil.which("git") is None, reason="git is not installed")
def test_in_a_git_checkout_the_last_commit_serves_while_it_holds_what_was_shipped(kit: Path) -> None:
    """Also where the kit is a folder of something larger. A commit with answers in it is not what was shipped."""
    git(kit.parent, "init", "-q")
    git(kit, "add", ".")
    git(kit, "commit", "-q", "-m", "the kit")
    solve(kit)
    assert WRITTEN not in sheet(kit)
    git(kit, "commit", "-q", "-a", "-m", "mine")
    assert f"{NAME} was changed" in refused(command(kit, "sheet", "--output", str(kit / "other.html")))


def test_without_git_the_sheet_is_written_all_the_same(kit: Path) -> None:
    """No program is needed besides Python."""
    file = kit / "sheet.html"
    assert command(kit, "sheet", "--output", str(file), PATH="").returncode == 0
    assert "05a" in file.read_text(encoding="utf-8")


def test_a_folder_that_cannot_be_written_stops_no_start(kit: Path) -> None:
    """A file stands where the copies would go."""
    (kit / ".kit").write_text("in the way", encoding="utf-8")
    keep(kit)


@pytest.mark.parametrize("asked", ["05", "5", "05_runs", NAME, "\uff10\uff15"])
def test_fresh_puts_the_lesson_back_and_keeps_the_learners_own(asked: str, kit: Path) -> None:
    """It says what it did, and under which name the other is."""
    keep(kit)
    mine = solve(kit)
    done = command(kit, "fresh", asked)
    assert done.returncode == 0, done.stderr
    first = f"{NAME} is as it was shipped again. Yours is kept as 05_runs-mine.ipynb."
    assert done.stdout.splitlines()[0] == first
    assert (kit / "notebooks" / NAME).read_bytes() == (ROOT / "notebooks" / NAME).read_bytes()
    assert (kit / "notebooks" / "05_runs-mine.ipynb").read_bytes() == mine
    assert not list((kit / "notebooks").glob("*.new"))


def test_fresh_never_takes_the_place_of_an_earlier_copy(kit: Path) -> None:
    """The next one has a number; a lesson that nobody changed is left alone."""
    keep(kit)
    mine = [solve(kit)]
    assert command(kit, "fresh", "05").returncode == 0
    assert "nothing was changed" in command(kit, "fresh", "05").stdout
    mine += [solve(kit) + b"\n"]
    (kit / "notebooks" / NAME).write_bytes(mine[1])
    assert "05_runs-mine-2.ipynb" in command(kit, "fresh", "05").stdout
    kept = [(kit / "notebooks" / name).read_bytes() for name in ("05_runs-mine.ipynb", "05_runs-mine-2.ipynb")]
    assert kept == mine


def test_fresh_brings_back_a_lesson_that_is_gone(kit: Path) -> None:
    """There is nothing to keep beside it then."""
    keep(kit)
    (kit / "notebooks" / NAME).unlink()
    assert command(kit, "fresh", "05").stdout.splitlines()[0] == f"{NAME} is as it was shipped again."
    assert [path.name for path in (kit / "notebooks").glob("05*")] == [NAME]


def test_fresh_changes_nothing_where_no_shipped_lesson_is_left(kit: Path) -> None:
    """One line, and the learner's work as it was."""
    mine = solve(kit)
    assert "no copy of it" in refused(command(kit, "fresh", "05"))
    assert (kit / "notebooks" / NAME).read_bytes() == mine


@pytest.mark.parametrize("asked", ["77", "runs", "05_walks", "../05", "", "055", "*"])
def test_fresh_knows_the_numbers_of_lessons_only(asked: str, kit: Path) -> None:
    """And names them."""
    line = refused(command(kit, "fresh", asked))
    known = ", ".join(sorted(path.name[:2] for path in (kit / "notebooks").glob("*.ipynb")))
    assert line == f"{asked} is no lesson of the kit. The lessons are {known}.\n"


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="who may write everywhere is not refused")
def test_fresh_says_where_it_may_not_write(kit: Path) -> None:
    """A folder that belongs to somebody else."""
    keep(kit)
    solve(kit)
    (kit / "notebooks").chmod(0o555)
    assert "cannot be put back" in refused(command(kit, "fresh", "05"))
    (kit / "notebooks").chmod(0o755)


def test_a_kept_copy_is_no_lesson_of_anybodys(kit: Path) -> None:
    """Neither progress() nor the tests of the kit count it."""
    keep(kit)
    solve(kit)
    assert command(kit, "fresh", "05").returncode == 0
    code = "from helpers.exercises.lessons import lessons; print([one.number for one in lessons()].count('05'))"
    done = subprocess.run([sys.executable, "-c", code], cwd=kit, capture_output=True, text=True, check=True)
    assert done.stdout == "1\n"
