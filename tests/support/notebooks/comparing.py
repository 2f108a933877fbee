"""Compare the outputs of two runs of one notebook, as a reader would see them."""

import difflib
import re
from collections.abc import Iterator
from pathlib import Path

from nbformat import NotebookNode

from support.notebooks.masks import Masker

WIDGET_VIEW = "application/vnd.jupyter.widget-view+json"
_ANSI = re.compile(r"\x1b\[[0-9;]*[A-Za-z]")


def code_cells(notebook: NotebookNode) -> list[NotebookNode]:
    """Return the code cells in their order."""
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def shown(cell: NotebookNode) -> str:
    """Return what a code cell shows, as text: each output under a heading that names its kinds.

    Neighbouring pieces of stdout are one output, and stderr comes last: how a stream is cut, and how two streams
    mix, is chance. Of a picture or of HTML only the kind counts; its plain-text twin holds what it says.
    """
    blocks: list[tuple[str, str]] = []
    errors = ""
    for output in cell.outputs:
        if output.output_type == "stream" and output.name == "stderr":
            errors += output.text
            continue
        heading, text = _block(output)
        if blocks and heading == blocks[-1][0] == "[stdout]":
            text = blocks.pop()[1] + text
        blocks.append((heading, text))
    if errors:
        blocks.append(("[stderr]", errors))
    return _ANSI.sub("", "\n".join(f"{heading}\n{text}" for heading, text in blocks))


def _block(output: NotebookNode) -> tuple[str, str]:
    if output.output_type == "stream":
        return f"[{output.name}]", output.text
    if output.output_type == "error":
        return "[error]", f"{output.ename}: {output.evalue}"
    kinds = sorted(kind for kind in output.data if kind != WIDGET_VIEW)
    return f"[{', '.join(kinds)}]", output.data.get("text/plain", "")


def masked(notebook: NotebookNode) -> tuple[list[str], Masker]:
    """Return what each code cell shows, masked through the whole notebook, and the masker that did it."""
    masker = Masker()
    return [masker(shown(cell)) for cell in code_cells(notebook)], masker


def difference(committed: NotebookNode, executed: NotebookNode, name: str) -> str:
    """Return the cells whose masked outputs differ, as unified diffs: an empty text when none does."""
    before, _ = masked(committed)
    after, _ = masked(executed)
    diffs = [
        "\n".join(_diff(old, new, f"{name} cell {cell.id}"))
        for cell, old, new in zip(code_cells(committed), before, after, strict=True)
        if old != new
    ]
    return "\n\n".join(diffs)


def _diff(old: str, new: str, title: str) -> Iterator[str]:
    yield title
    yield from difflib.unified_diff(old.splitlines(), new.splitlines(), "committed", "executed", lineterm="")


def machine_paths(notebook: NotebookNode, *folders: Path) -> list[str]:
    """Return one sentence for each cell whose outputs name one of these folders or the home of whoever ran it."""
    names = {str(folder) for folder in (*folders, Path.home()) if folder != Path(folder.anchor)}
    names |= {name.replace("\\", "\\\\") for name in names}
    return [
        f"cell {cell.id} shows a path of this machine: {name}"
        for cell in code_cells(notebook)
        for name in sorted(names)
        if any(name in text for text in texts(cell))
    ]


def texts(cell: NotebookNode) -> list[str]:
    """Return every text in the outputs of a code cell, HTML and SVG among them."""
    found: list[str] = []
    for output in cell.outputs:
        match output.output_type:
            case "stream":
                found.append(output.text)
            case "error":
                found += [output.evalue, *output.traceback]
            case _:
                found += [value for value in output.data.values() if isinstance(value, str)]
    return found
