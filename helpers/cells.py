"""The cells that ran in this kernel: what each made, and how it ended. Outside of IPython nothing is known."""

import json
import os
import re
import symtable
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from helpers.views import kernel

_BOUND = re.compile(r"^(?:async\s+)?(?:def\s+|class\s+)?(\w+)\s*(?:\(.*\)\s*:|:|=(?!=))", re.MULTILINE)
"""A name at the start of a line that is given a value; only for cells that Python cannot read."""


@dataclass(frozen=True)
class Cell:
    """One cell that ran."""

    source: str
    error: BaseException | None
    """What it ended in, `None` when it ran to its end."""
    ended: float
    """Seconds since 1970."""


class Cells:
    """What IPython tells of the cells of one kernel."""

    def __init__(self) -> None:
        self.running = ""
        """The source of the cell that runs now."""
        self._numbered: dict[int, str] = {}
        self._makers: dict[str, Cell] = {}
        self._sources: set[str] = set()

    def begun(self, info: Any) -> None:  # noqa: ANN401 - IPython's ExecutionInfo
        """A cell begins."""
        self.running = info.raw_cell
        self._numbered[getattr(kernel(), "execution_count", 0)] = info.raw_cell

    def done(self, result: Any) -> None:  # noqa: ANN401 - IPython's ExecutionResult
        """A cell has ended."""
        source = result.info.raw_cell if result.info else self.running
        cell = Cell(source, result.error_before_exec or result.error_in_exec, time.time())
        self._sources.add(source.strip())
        self._makers |= dict.fromkeys(names_made_in(source), cell)

    def maker_of(self, name: str) -> Cell | None:
        """The last cell that gave this name a value, or would have done so had it not failed before."""
        return self._makers.get(name)

    def source_of(self, number: int) -> str:
        """The text of the cell with this execution count; empty where it is not known."""
        return self._numbered.get(number, "")

    def has_run(self, source: str) -> bool:
        """Whether a cell with this text has run."""
        return source.strip() in self._sources


CELLS = Cells()


def observe() -> None:
    """From now on take note of the cells of this kernel; a second call changes nothing."""
    events = getattr(kernel(), "events", None)
    if events is None or CELLS.done in events.callbacks["post_run_cell"]:
        return
    events.register("pre_run_cell", CELLS.begun)
    events.register("post_run_cell", CELLS.done)


def names_made_in(source: str) -> list[str]:
    """The names that a cell gives a value to, those inside of its functions left out."""
    try:
        symbols = symtable.symtable(source, "cell", "exec").get_symbols()
    except (SyntaxError, ValueError):  # also what only IPython understands
        return _BOUND.findall(source)
    return [one.get_name() for one in symbols if one.is_assigned() or one.is_imported()]


def saved_cell(exercise: str) -> tuple[str, float] | None:
    """An exercise's cell as it stands in the notebook's file, and when that was saved (seconds since 1970).

    `None` where nobody says which file that is: JupyterLab and VS Code do.
    """
    name = os.environ.get("JPY_SESSION_NAME") or getattr(kernel(), "user_ns", {}).get("__vsc_ipynb_file__")
    try:
        path = Path(str(name))
        saved = path.stat().st_mtime
        cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
        sources = [
            "".join(cell["source"])
            for cell in cells
            if cell.get("metadata", {}).get("kit", {}).get("exercise") == exercise
        ]
    except (OSError, ValueError, LookupError, TypeError, AttributeError):
        return None
    return (sources[0], saved) if sources else None
