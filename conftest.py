"""What a notebook gets when it runs as a test: its own state, a short pace, and nobody's keys.

nbmake's items ignore fixtures, so `pytest --nbmake notebooks` needs a hook; tests of the kit use the fixture.
"""

import os
import tempfile
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from nbmake.pytest_items import NotebookItem

HIDDEN = ("AZURE_", "OPENAI_", "MODEL_", "KIT_")


@contextmanager
def _alone() -> Iterator[None]:
    # A kernel that is still closing its files may keep the folder busy on Windows for a moment.
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder, pytest.MonkeyPatch.context() as patch:
        for name in list(os.environ):
            if name.startswith(HIDDEN):
                patch.delenv(name)
        patch.setenv("KIT_ENV_FILE", str(Path(folder, "no.env")))
        patch.setenv("KIT_STATE", str(Path(folder, "state.db")))
        patch.setenv("KIT_PACE", "0.3")
        patch.setenv("IPYTHONDIR", str(Path(folder, "ipython")))
        yield


@pytest.fixture
def alone() -> Iterator[None]:
    """Run the test with the environment that a notebook under test gets."""
    with _alone():
        yield


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Generator[None, object, object]:
    """Give each notebook that nbmake runs an environment of its own, from its setup to its teardown."""
    if not isinstance(item, NotebookItem):
        return (yield)
    with _alone():
        return (yield)
