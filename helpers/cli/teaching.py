"""The commands of those who learn and teach: fresh, progress, sheet and class.

Only the standard library at the top, as in `commands.py`.
"""

from __future__ import annotations

import argparse
import re
import sys
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


def add_progress(parser: argparse.ArgumentParser) -> None:
    """The options of `progress`."""
    parser.add_argument("--export", type=Path, metavar="FILE", help="write it to FILE, to be handed to an instructor")
    parser.add_argument("--name", help="the name to put into FILE (default: none)")
    parser.add_argument("--overwrite", action="store_true", help="replace FILE also when it is something else")


def progress(arguments: argparse.Namespace) -> int:
    """Which exercises are solved on this machine: on the terminal, or in a file."""
    if arguments.export is None:
        if arguments.name is not None:
            raise KitError("A name is for a file.", "Add --export FILE.")
        from helpers.exercises.overview import progress as picture

        print(picture())
        return 0
    from helpers.exercises.exports import export

    file = arguments.export.absolute()
    solved = export(file, arguments.name, overwrite=arguments.overwrite)
    named = "your name" if arguments.name else "no name"
    print(
        f"{file} holds {named}, which exercises were tried and solved ({solved} so far), and when. It was sent nowhere."
    )
    return 0


def add_class(parser: argparse.ArgumentParser) -> None:
    """The options of `class`."""
    parser.add_argument(
        "files", type=Path, nargs="+", metavar="FILE", help="what `progress --export` wrote, or a folder"
    )
    parser.add_argument(
        "--output", type=Path, default=Path("class_table.html"), metavar="FILE", help="default: %(default)s, here"
    )
    parser.add_argument("--overwrite", action="store_true", help="replace FILE also when it is something else")


def class_(arguments: argparse.Namespace) -> int:
    """How far a class is, from the files that its learners have handed in."""
    from helpers.exercises.class_table import MARK, page_of, text_of
    from helpers.exercises.exports import read_exports
    from helpers.exercises.lessons import lessons
    from helpers.exercises.own_files import write_own

    learners, problems = read_exports(arguments.files)
    for problem in problems:
        print(f"{problem.what} {problem.fix}", file=sys.stderr)
    if not learners:
        raise KitError("There is no export of progress to show.", "Learners write one: progress --export FILE.")
    file = arguments.output.absolute()
    write_own(file, page_of(lessons(), learners), MARK, what="class table", overwrite=arguments.overwrite)
    print(text_of(lessons(), learners))
    print(f"\nThe same as a page: {file}")
    return 0


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
