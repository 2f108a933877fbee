"""Run a notebook in a fresh folder: with nbmake, or at a reader's pace."""

import asyncio
import copy
import os
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from nbclient import NotebookClient
from nbformat import NotebookNode
from nbmake.nb_run import NotebookRun

from support.notebooks.files import FOLDER, read, write

CELL_SECONDS = 60


class NotebookFailed(AssertionError):
    """A cell raised, or took too long: the text is the cell and its traceback."""


def run(notebook: NotebookNode, name: str, folder: Path, source: Path = FOLDER) -> NotebookNode:
    """Return the notebook as nbmake leaves it after running it in `folder`, beside a copy of the data of `source`.

    It is nbmake's own run without the pytest process around it, whose start costs more than most notebooks do.
    The kernel inherits this process's environment.
    """
    path = _prepared(folder, source) / name
    write(notebook, path)
    result = NotebookRun(path, CELL_SECONDS).execute()
    write(result.nb, path)
    if result.error is not None:
        raise NotebookFailed(f"{name}, cell {result.error.failing_cell_index + 1}\n{result.error.trace}")
    return read(path)


def read_slowly(read_by_readers: Sequence[NotebookNode], folder: Path, pause: float) -> list[NotebookNode]:
    """Return the notebooks after a run in which somebody reads for `pause` seconds before each cell.

    All are read at the same time, each by a reader with a computer of his own: most of it is waiting.
    """

    async def reading(**_: Any) -> None:  # noqa: ANN401 - what nbclient tells of the cell
        await asyncio.sleep(pause)

    async def one(number: int, notebook: NotebookNode) -> NotebookNode:
        executed, home = copy.deepcopy(notebook), _prepared(folder / str(number), FOLDER)
        own = {"KIT_STATE": str(home / "state.db"), "IPYTHONDIR": str(home / "ipython")}
        client = NotebookClient(executed, timeout=CELL_SECONDS, allow_errors=True, on_cell_start=reading)
        await client.async_execute(cwd=str(home), env={**os.environ, **own})
        return executed

    async def everyone() -> list[NotebookNode]:
        return await asyncio.gather(*(one(*each) for each in enumerate(read_by_readers)))

    return asyncio.run(everyone())


def _prepared(folder: Path, source: Path) -> Path:
    """The folder, with a copy of what lies beside the notebooks."""
    ignored = shutil.ignore_patterns("*.ipynb", ".ipynb_checkpoints")
    shutil.copytree(source, folder, ignore=ignored, dirs_exist_ok=True)
    return folder
