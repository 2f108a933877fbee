"""What goes into a kernel's folder and out of it, against code that puts links and folders in the way."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from mock_endpoint.tools.code_interpreter.folders import Attached, Folders, fitting_name


@pytest.fixture
def folders(tmp_path: Path) -> Iterator[Folders]:
    """Those of a kernel that does not run."""
    made = Folders(tmp_path / "kernel")
    yield made
    made.remove()


@pytest.fixture
def kept(tmp_path: Path) -> Path:
    """The bytes of a file that code made in an earlier kernel."""
    path = tmp_path / "kept"
    path.write_bytes(b"kept")
    return path


@pytest.fixture
def outside(tmp_path: Path) -> Path:
    """A folder that is nobody's business."""
    path = tmp_path / "outside"
    path.mkdir()
    (path / "a.txt").write_bytes(b"mine")
    return path


def link(folders: Folders, name: str, to: Path) -> None:
    """Put a link in the way; a system without links has no such trouble."""
    try:
        (folders.data / name).symlink_to(to, target_is_directory=to.is_dir())
    except OSError:
        pytest.skip("no links here")
    if os.open not in os.supports_dir_fd:
        pytest.skip("no wall that a link could lead around")


def test_what_was_made_comes_back(folders: Folders, kept: Path) -> None:
    """In its folder; as long as it is there it is left alone, and it is no news."""
    files = [Attached("one", "out/deep/a.txt", kept, made=True)]
    folders.bring(files)
    assert (folders.data / "out" / "deep" / "a.txt").read_bytes() == b"kept"
    assert folders.products() == []
    (folders.data / "b.txt").write_bytes(b"newer")
    folders.bring([*files, Attached("two", "b.txt", kept, made=True)])
    assert (folders.data / "b.txt").read_bytes() == b"newer"


def test_what_is_gone(folders: Folders, kept: Path) -> None:
    """What code has removed is told by its id; what is discarded is removed."""
    folders.bring([Attached("one", "a.txt", kept), Attached("two", "out/b.txt", kept, made=True)])
    assert folders.gone() == []
    (folders.data / "a.txt").unlink()
    assert folders.gone() == ["one"]
    folders.discard("out/b.txt")
    assert folders.gone() == ["one", "two"]
    folders.discard("out/b.txt")
    folders.discard("nowhere/b.txt")


def test_links_lead_nowhere(folders: Folders, kept: Path, outside: Path) -> None:
    """Neither is a file written through a link that code has put in the way, nor is one removed through it."""
    link(folders, "out", outside)
    with pytest.raises(OSError, match="out"):
        folders.bring([Attached("one", "out/b.txt", kept, made=True)])
    folders.discard("out/a.txt")
    assert [path.name for path in outside.iterdir()] == ["a.txt"]
    link(folders, "a.txt", outside / "a.txt")
    folders.bring([Attached("two", "a.txt", kept)])
    assert (outside / "a.txt").read_bytes() == b"mine"
    assert (folders.data / "a.txt").read_bytes() == b"kept"


@pytest.mark.parametrize(
    ("name", "fits"),
    [
        ("a.csv", "a.csv"),
        ("../../a.csv", "a.csv"),
        ("..\\\\a.csv", "a.csv"),
        ("n" * 300 + ".csv", "n" * 251 + ".csv"),
        ("旅" * 100 + ".csv", "旅" * 83 + ".csv"),
        ("a." + "旅" * 100, "a." + "旅" * 84),
    ],
)
def test_names_that_fit(name: str, fits: str) -> None:
    """No folder in them, and no more bytes than a usual file system takes."""
    assert fitting_name(name) == fits
