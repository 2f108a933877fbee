"""Write freshly executed outputs back to a committed notebook, with the smallest difference."""

import copy
import json

from nbformat import NotebookNode

from support.notebooks.comparing import WIDGET_VIEW, code_cells, masked
from support.notebooks.files import node

KERNELSPEC = {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"}
LANGUAGE = {"name": "python"}


def updated(committed: NotebookNode, executed: NotebookNode) -> NotebookNode:
    """Return the committed notebook with the outputs of its execution.

    Outputs that say the same behind their masks stay as they are. A new output speaks of the same objects as the old
    ones do, so an id that stands for the first run keeps the committed value throughout.
    """
    result = copy.deepcopy(committed)
    before, old = masked(committed)
    after, new = masked(executed)
    renamed = {value: old.values[name] for name, value in new.values.items() if name in old.values}
    rows = zip(code_cells(result), code_cells(executed), before, after, strict=True)
    for cell, fresh, was, now in rows:
        cell.execution_count = fresh.execution_count
        if was != now:
            cell.outputs = _renamed(fresh.outputs, renamed)
        for output in cell.outputs:
            _settle(output, cell.execution_count)
    return normalised(result)


def normalised(notebook: NotebookNode) -> NotebookNode:
    """Return a copy without what an execution or an editor leaves behind: timing, widget state, versions."""
    result = copy.deepcopy(notebook)
    result.metadata = node({"kernelspec": KERNELSPEC, "language_info": LANGUAGE})
    for cell in result.cells:
        cell.metadata = node({key: cell.metadata[key] for key in sorted(cell.metadata) if key in ("kit", "tags")})
        if cell.cell_type == "code":
            cell.outputs = _joined(cell.outputs)
    return result


def _joined(outputs: list[NotebookNode]) -> list[NotebookNode]:
    """What was printed piece by piece as one output: elsewhere than in JupyterLab each piece would be a block."""
    joined: list[NotebookNode] = []
    for output in outputs:
        if joined and output.output_type == joined[-1].output_type == "stream" and output.name == joined[-1].name:
            joined[-1].text += output.text
        else:
            joined.append(output)
    return joined


def _renamed(outputs: list[NotebookNode], values: dict[str, str]) -> list[NotebookNode]:
    text = json.dumps(outputs)
    for value, committed in values.items():
        text = text.replace(value, committed)
    return [node(output) for output in json.loads(text)]


def _settle(output: NotebookNode, count: int) -> None:
    """A view without its widget's state shows an error in JupyterLab: only the text twin is kept."""
    if output.output_type == "execute_result":
        output.execution_count = count
    if "data" in output:
        output.data.pop(WIDGET_VIEW, None)
