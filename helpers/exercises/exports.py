"""What a learner hands to an instructor: a small file with the results of the exercises, and a name if they give one.

It holds names of exercises and times. No key, no path and no answer is in it, and nothing is sent anywhere.
"""

import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

from helpers.exercises.own_files import write_own
from helpers.exercises.results import Results, results, understood
from helpers.problems import KitError
from helpers.settings import read_settings

KIND = "assistants-hands-on progress"
_MARK = f'"kind": "{KIND}"'
LONGEST_NAME = 60
LARGEST_FILE = 1_000_000
"""Bytes; an export of all exercises has some thousand."""


@dataclass(frozen=True)
class Learner:
    """One export."""

    name: str
    """What the learner gave; the name of the file where they gave none."""
    file: Path
    results: Results


def export(file: Path, name: str | None, *, overwrite: bool) -> int:
    """Write the results of this machine to `file`, and return how many exercises are solved.

    Raises `KitError` when there are none to be had, or the file cannot be written.
    """
    if read_settings().state == "memory":
        raise KitError(
            "With KIT_STATE=memory results are kept in each kernel only, and no command can read them.",
            "Leave KIT_STATE blank, and check the exercises again.",
        )
    noted = results()
    content = {
        "kind": KIND,
        "version": 1,
        "name": tidy_name(name or "") or None,
        "exported": datetime.now(UTC).isoformat(timespec="seconds"),
        "exercises": {exercise: asdict(noted[exercise]) for exercise in sorted(noted)},
    }
    text = json.dumps(content, ensure_ascii=False, indent=1) + "\n"
    write_own(file, text, _MARK, what="export of progress", overwrite=overwrite)
    return sum(bool(result.solved) for result in noted.values())


def read_exports(asked: Sequence[Path]) -> tuple[list[Learner], list[KitError]]:
    """The exports among these files, folders and patterns (`*.json`), by name; and what each of the others is not.

    A folder stands for the files `*.json` in it. A file that is named twice counts once.
    """
    learners: list[Learner] = []
    problems: list[KitError] = []
    for file in dict.fromkeys(found.resolve() for path in asked for found in _files(path)):
        try:
            learners.append(_read(file))
        except KitError as error:
            problems.append(error)
    return sorted(learners, key=lambda one: (one.name.casefold(), one.file)), problems


def tidy_name(name: str) -> str:
    """The name on one line, without what would steer a terminal, and not longer than a table can show."""
    return " ".join("".join(letter if letter.isprintable() else " " for letter in name).split())[:LONGEST_NAME]


def _files(path: Path) -> Iterator[Path]:
    if path.is_dir():
        yield from sorted(path.glob("*.json")) or [path]
    elif "*" in path.name and not path.exists():  # a Windows console hands patterns on as they are
        yield from sorted(path.parent.glob(path.name)) or [path]
    else:
        yield path


def _read(file: Path) -> Learner:
    try:
        if file.stat().st_size > LARGEST_FILE:
            raise _no_export(file, "it is too large")
        found = json.loads(file.read_text(encoding="utf-8"))
        if not isinstance(found, dict) or found.get("kind") != KIND:
            raise _no_export(file, "it holds something else")
        if found.get("version") != 1:
            raise _no_export(file, "another edition of the kit wrote it")
        name = found.get("name")
        return Learner(
            tidy_name(name if isinstance(name, str) else "") or file.stem, file, understood(found["exercises"])
        )
    except OSError as error:
        raise _no_export(file, error.strerror or str(error)) from error
    except (ValueError, LookupError, RecursionError) as error:
        raise _no_export(file, "it is damaged, or no JSON") from error


def _no_export(file: Path, reason: str) -> KitError:
    return KitError(f"{file} is no export of progress: {reason}.", "It is left out.")
