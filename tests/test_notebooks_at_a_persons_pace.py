"""Every notebook also works for somebody who reads before running a cell, and for somebody who runs each cell twice."""

from pathlib import Path

import pytest
from support.notebooks.comparing import difference
from support.notebooks.files import notebooks, read
from support.notebooks.running import read_slowly, run_doubled

from helpers.settings import read_settings


@pytest.mark.all
@pytest.mark.usefixtures("alone")
def test_nothing_depends_on_how_fast_the_reader_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The lessons' own pace, and twice the time of a run before each cell: whatever was at work has ended by then."""
    monkeypatch.delenv("KIT_PACE")
    paths = notebooks()
    committed = [read(path) for path in paths]
    executed = read_slowly(committed, tmp_path, pause=2 * read_settings().pace)
    found = [difference(*each) for each in zip(committed, executed, (path.name for path in paths), strict=True)]
    if differences := "\n\n".join(filter(None, found)):
        pytest.fail(f"the outputs are not those of a fast run\n\n{differences}", pytrace=False)


@pytest.mark.all
@pytest.mark.usefixtures("alone")
@pytest.mark.parametrize("path", [pytest.param(path, id=path.stem) for path in notebooks()])
def test_every_cell_may_run_twice(path: Path, tmp_path: Path) -> None:
    """Its second run does no harm, neither to itself nor to what comes after it."""
    failures = run_doubled(read(path), tmp_path)
    if failures:
        pytest.fail("\n".join([path.name, *failures]), pytrace=False)
