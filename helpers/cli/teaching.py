"""The commands of those who learn and teach: fresh and sheet.

Only the standard library at the top, as in `commands.py`.
"""

from __future__ import annotations

import argparse
import re
from pathlib import Path

from helpers.problems import KitError


def add_fresh(parser: argparse.ArgumentParser) -> None:
    """The options of `fresh`."""
    parser.add_argument("lesson", metavar="NN", help="the number of the lesson, for example 05")


def fresh(arguments: argparse.Namespace) -> int:
    """The lesson as it was shipped again, and the learner's own beside it."""
    from helpers.cli.signing import trust
    from helpers.exercises import shipped
    from helpers.exercises.lessons import NOTEBOOKS

    name = _lesson(arguments.lesson, shipped.names())
    if shipped.is_shipped(name):
        print(f"{name} is as it was shipped already: nothing was changed.")
        return 0
    mine = shipped.put_back(name)
    trust(NOTEBOOKS)
    kept = f" Yours is kept as {mine.name}." if mine else ""
    print(f"{name} is as it was shipped again.{kept}")
    print("If it is open in JupyterLab: File → Reload Notebook from Disk, then Kernel → Restart Kernel….")
    return 0


def _lesson(asked: str, names: list[str]) -> str:
    """The notebook that somebody means by 05, 5, 05_runs or 05_runs.ipynb."""
    number = re.match(r"(\d{1,2})(?:_|$)", asked)
    found = [name for name in names if number and name.startswith(f"{int(number[1]):02}_")]
    if not found or not f"{found[0]}".startswith(asked.partition("_")[2], 3):
        raise KitError(f"{asked} is no lesson of the kit.", f"The lessons are {', '.join(n[:2] for n in names)}.")
    return found[0]


def add_sheet(parser: argparse.ArgumentParser) -> None:
    """The options of `sheet`."""
    parser.add_argument(
        "--output", type=Path, default=Path("class_sheet.html"), metavar="FILE", help="default: %(default)s, here"
    )
    parser.add_argument("--no-solutions", action="store_true", help="leave the solutions out")
    parser.add_argument("--overwrite", action="store_true", help="replace FILE also when it is something else")


def sheet(arguments: argparse.Namespace) -> int:
    """The class sheet, of the lessons as they were shipped."""
    from helpers.exercises.class_notes import class_notes
    from helpers.exercises.class_sheet import write
    from helpers.exercises.shipped import lessons_as_shipped

    file = arguments.output.absolute()
    solutions = not arguments.no_solutions
    write(lessons_as_shipped(), class_notes(), file, solutions=solutions, overwrite=arguments.overwrite)
    print(f"The class sheet is {file}. Open it in a browser and print it from there.")
    return 0
