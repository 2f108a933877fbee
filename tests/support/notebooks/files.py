"""Where the notebooks are, and how one is read and written."""

from pathlib import Path
from typing import Any

from nbformat import NotebookNode, from_dict, v4

ROOT = Path(__file__).resolve().parents[3]
FOLDER = ROOT / "notebooks"


def notebooks() -> list[Path]:
    """Return the committed notebooks in their order, without copies that somebody keeps beside them."""
    return sorted(path for path in FOLDER.glob("*.ipynb") if "-" not in path.name)


def read(path: Path) -> NotebookNode:
    """Return the notebook as it stands in the file: nothing is repaired on the way."""
    notebook: NotebookNode = v4.reads(path.read_text(encoding="utf-8"))
    return notebook


def write(notebook: NotebookNode, path: Path) -> None:
    """Write the notebook in the layout that JupyterLab gives it."""
    text: str = v4.writes(notebook)
    whole = path.with_suffix(".writing")
    whole.write_text(text + "\n", encoding="utf-8", newline="\n")
    # At once, since another test may be reading the notebook.
    whole.replace(path)


def node(data: dict[str, Any]) -> NotebookNode:
    """Return a part of a notebook made of plain data."""
    made = from_dict(data)
    assert isinstance(made, NotebookNode)
    return made
