"""Every notebook also works for somebody who reads before running a cell."""

from pathlib import Path

import pytest
from support.notebooks.comparing import difference
from support.notebooks.files import notebooks, read
from support.notebooks.running import read_slowly

from helpers.settings import read_settings


@pytest.mark.all
@pytest.mark.waits
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
