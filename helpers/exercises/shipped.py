"""The lessons as they were shipped, whatever has been written into the notebooks since.

`shipped.sha256` holds the sum of every notebook, in the format of `sha256sum`. What has that sum is as shipped: the
notebook itself, until somebody saves it; the copy that `lab` and `test` keep in `.kit/shipped/`; or the last commit,
where the kit is a git checkout. Nothing is fetched.
"""

import contextlib
import hashlib
import shutil
import subprocess
from collections.abc import Callable
from functools import cache
from pathlib import Path

from helpers.exercises.lessons import NOTEBOOKS, Lesson, code_of, lesson_of
from helpers.problems import KitError
from helpers.settings import ROOT

LIST = Path(__file__).with_suffix(".sha256")
KEPT = ROOT / ".kit" / "shipped"


def names() -> list[str]:
    """The file names of the lessons, in their order."""
    return sorted(_sums())


def lessons_as_shipped() -> tuple[Lesson, ...]:
    """All lessons in their order. Raises `KitError` where one was changed and no copy of it is left."""
    return tuple(lesson_of(name, shipped(name).decode("utf-8")) for name in names())


def cells_as_shipped(lesson: str) -> list[str]:
    """The code cells of a lesson, given by its two digits, as it was shipped; none where no copy of it is left."""
    with contextlib.suppress(KitError, StopIteration):
        return code_of(shipped(next(name for name in names() if name.startswith(lesson))).decode("utf-8"))
    return []


def shipped(name: str) -> bytes:
    """The notebook of this name as it was shipped. Raises `KitError` where it was changed and no copy is left."""
    sources: tuple[Callable[[str], bytes], ...] = (_present, _kept, _committed)
    for source in sources:
        content = source(name)
        if _is_shipped(name, content):
            return content
    raise KitError(
        f"{name} was changed, and no copy of it as it was shipped is left here.",
        f"Keep yours under another name, and take notebooks/{name} from a fresh download of the kit.",
    )


def keep() -> None:
    """Copy what is as shipped now, so that it can be had again later. A folder that cannot be written stops nobody."""
    with contextlib.suppress(OSError):
        KEPT.mkdir(parents=True, exist_ok=True)
        for name in names():
            content = _present(name)
            if _is_shipped(name, content) and _kept(name) != content:
                (KEPT / name).write_bytes(content)


def is_shipped(name: str) -> bool:
    """Whether the notebook of this name is as it was shipped."""
    return _is_shipped(name, _present(name))


def _is_shipped(name: str, content: bytes) -> bool:
    return hashlib.sha256(content).hexdigest() == _sums()[name]


@cache
def _sums() -> dict[str, str]:
    lines = LIST.read_text(encoding="utf-8").splitlines()
    return {name: digest for digest, name in (line.split(maxsplit=1) for line in lines)}


def _present(name: str) -> bytes:
    return _content(NOTEBOOKS / name)


def _kept(name: str) -> bytes:
    return _content(KEPT / name)


def _content(path: Path) -> bytes:
    """What the file holds; nothing where it cannot be read."""
    try:
        return path.read_bytes()
    except OSError:
        return b""


def _committed(name: str) -> bytes:
    """The notebook in the last commit; nothing where there is no git, or the kit is no checkout."""
    git = shutil.which("git")
    if git is None:
        return b""
    command = [git, "cat-file", "blob", f"HEAD:./{NOTEBOOKS.name}/{name}"]
    return subprocess.run(command, cwd=ROOT, capture_output=True, check=False).stdout


def put_back(name: str) -> Path | None:
    """Put a lesson back as it was shipped, and return where the one that stood in its place is kept now.

    `None` where there was none. Nothing is lost at any moment. Raises `KitError` where there is no shipped one, or
    where the folder cannot be written.
    """
    content, place = shipped(name), NOTEBOOKS / name
    fresh = place.with_name(f"{name}.new")
    try:
        mine = _set_aside(place) if place.exists() else None
        fresh.write_bytes(content)
        fresh.replace(place)
    except OSError as error:
        raise KitError(
            f"{name} cannot be put back ({error.strerror or error}).",
            f"Allow yourself to write in {NOTEBOOKS}, and close programs that hold the file.",
        ) from error
    return mine


def _set_aside(place: Path) -> Path:
    """Copy the file to a name that is free: 05_runs-mine.ipynb, 05_runs-mine-2.ipynb, …"""
    for number in range(1, 10_000):
        mine = place.with_name(f"{place.stem}-mine{f'-{number}' if number > 1 else ''}{place.suffix}")
        with contextlib.suppress(FileExistsError), mine.open("xb") as file:
            file.write(place.read_bytes())
            return mine
    raise FileExistsError(f"there are 9999 copies of {place.name}")
