"""Run a notebook with nbmake in a fresh folder."""

import shutil
from pathlib import Path

from nbformat import NotebookNode
from nbmake.nb_run import NotebookRun  # type: ignore[import-untyped]

from support.notebooks.files import FOLDER, read, write

CELL_SECONDS = 60


class NotebookFailed(AssertionError):
    """A cell raised, or took too long: the text is the cell and its traceback."""


def run(notebook: NotebookNode, name: str, folder: Path, source: Path = FOLDER) -> NotebookNode:
    """Return the notebook as nbmake leaves it after running it in `folder`, beside a copy of the data of `source`.

    It is nbmake's own run without the pytest process around it, whose start costs more than most notebooks do.
    The kernel inherits this process's environment.
    """
    ignored = shutil.ignore_patterns("*.ipynb", ".ipynb_checkpoints")
    shutil.copytree(source, folder, ignore=ignored, dirs_exist_ok=True)
    path = folder / name
    write(notebook, path)
    result = NotebookRun(path, CELL_SECONDS).execute()
    write(result.nb, path)
    if result.error is not None:
        raise NotebookFailed(f"{name}, cell {result.error.failing_cell_index + 1}\n{result.error.trace}")
    return read(path)
