"""The command `doctor`: what is configured, what is wrong, and one fix for each."""

import os
import platform
import shutil
import sqlite3
import sys
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from importlib.metadata import version
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Literal

from helpers.cli.diagnosis import (
    Finding,
    by_asking,
    is_dated,
    name_of,
    of_the_model,
    of_the_names,
    of_the_version,
    without_asking,
)
from helpers.connection import model_for, start_embedded
from helpers.problems import KitError
from helpers.settings import KEY, Settings, address, problem_of_key, settings_and_problems
from helpers.views import text_table
from mock_endpoint.state.blobs import folder_of

ALL_WELL, WRONG = 0, 1


def doctor(settings: Settings | None = None) -> int:
    """Print what is configured and what is wrong, no part of a key; 0 when all is well, otherwise 1."""
    problems: list[KitError] = []
    if settings is None:
        settings, problems = settings_and_problems()
    findings = [*(Finding(problem.what, problem.fix) for problem in problems), *_findings(settings)]
    if not problems:  # otherwise it would show defaults as if they had been chosen
        _print(text_table(list(_facts(settings))))
    for finding in findings:
        _print(f"✘ {finding.what}\n  → {finding.fix}")
    _print("" if findings else "✔ All well.")
    return WRONG if findings else ALL_WELL


def _findings(settings: Settings) -> Iterator[Finding]:
    yield from of_the_names(settings.unheeded)
    unsendable = problem_of_key(KEY, settings.key)
    if unsendable:  # nothing can be asked with it
        yield Finding(unsendable.what, unsendable.fix)
    elif settings.endpoint is None:
        yield from _of_the_own_endpoint(settings)
    else:
        found = list(without_asking(settings.endpoint, settings))
        yield from found or by_asking(settings.endpoint, settings.key or "", settings.api_version)
    if settings.model is not None:
        yield from of_the_model(settings.model)


def _of_the_own_endpoint(settings: Settings) -> Iterator[Finding]:
    """Start it as a notebook would, ask it, and stop it; nothing is written where the state is."""
    state = settings.state
    with TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        try:
            copy = state if state == "memory" else _copy(Path(state), Path(folder))
            # The model is asked on its own: here the endpoint matters.
            scratch = replace(settings, state=copy, model=None)
            with start_embedded(scratch, model_for(scratch)) as running:
                found = list(of_the_version(settings.api_version))
                yield from found or by_asking(running.url, running.key, settings.api_version)
        except KitError as error:
            yield Finding(error.what.replace(str(Path(folder) / Path(state).name), str(state)), error.fix)
            return
    if isinstance(state, Path) and not _is_wal(state):
        yield Finding(
            "The state lies on a network drive or in a folder that is kept in sync: it is slower and less safe there.",
            "Set KIT_STATE in .env to a file on a local drive.",
        )


def _copy(state: Path, folder: Path) -> Path | Literal["memory"]:
    """A copy of the state in this folder; "memory" when there is none yet. `KitError` when it cannot be written."""
    try:
        there = next((path for path in (state, *state.parents) if path.exists()), None)
        if there is None or (there != state and not there.is_dir()):
            raise _unwritable(state, "its folder cannot be made")
        if not (os.access(there, os.W_OK) and os.access(there if there != state else state.parent, os.W_OK)):
            raise _unwritable(state, f"no permission to write to {there}")
        return _copied(state, folder / state.name) if there == state else "memory"
    except OSError as error:
        raise _unwritable(state, error.strerror or type(error).__name__) from error


def _copied(state: Path, copy: Path) -> Path:
    if state.with_name(state.name + "-wal").exists():
        # Somebody may be writing: SQLite reads what belongs together. Without this file it would make one.
        try:
            with (
                closing(sqlite3.connect(f"{state.absolute().as_uri()}?mode=ro", uri=True)) as source,
                closing(sqlite3.connect(copy)) as target,
            ):
                source.backup(target)
            return copy
        except sqlite3.DatabaseError:  # as it is, then: the endpoint says what is wrong with it
            copy.unlink(missing_ok=True)
    shutil.copyfile(state, copy)
    return copy


def _unwritable(state: Path, reason: str) -> KitError:
    return KitError(
        f"The state file {state} cannot be written ({reason}).",
        "Give the folder write permission, or name another file with KIT_STATE in .env.",
    )


def _is_wal(state: Path) -> bool:
    """Whether SQLite uses its write-ahead log, as byte 18 of the file says; True for a file that is not there yet."""
    if not state.exists():
        return True
    with state.open("rb") as file:
        header = file.read(20)
    return not header or header[18:] == b"\2\2"


def _facts(settings: Settings) -> Iterator[list[str]]:
    own = settings.endpoint is None
    yield ["Python", platform.python_version()]
    yield ["openai", version("openai")]
    yield ["endpoint", "the kit's own, started with each notebook" if own else _shown(str(settings.endpoint))]
    yield ["key", _key(settings)]
    yield ["api-version", settings.api_version if is_dated(settings.api_version) else "no date"]
    if own:
        yield ["who answers", _model(settings)]
        yield ["state", str(settings.state)]
        yield ["files", _files(settings.state)]
        yield ["thinking time", f"{settings.pace:g} s"]
        yield ["code interpreter", _code_interpreter(settings)]


def _files(state: Path | Literal["memory"]) -> str:
    if not isinstance(state, Path):
        return "in a temporary folder, gone with the endpoint"
    folder = folder_of(state)
    sizes = [path.stat().st_size for path in folder.iterdir()] if folder.exists() else []
    return f"{len(sizes)}, {sum(sizes) / 1e6:.1f} MB, in {folder}" if sizes else "none"


def _key(settings: Settings) -> str:
    if settings.endpoint is not None:
        return "set" if settings.key else "missing"
    return "set; the kit's own endpoint takes it as its key" if settings.key else "the endpoint's own"


def _model(settings: Settings) -> str:
    if settings.model is None:
        return "the offline model"
    return f"{name_of(settings.model)} at {_shown(settings.model.base_url)}"


def _code_interpreter(settings: Settings) -> str:
    """Whether code is run, and what it is kept from on this machine."""
    on = settings.model is None if settings.code_interpreter is None else settings.code_interpreter
    if not on:
        return "off" if settings.code_interpreter is False else "off for this model; CODE_INTERPRETER=on turns it on"
    from mock_endpoint.tools.code_interpreter.probe import held

    found = held()
    kept = f"kept from {', '.join(found.kept_from)}" if found.kept_from else "not kept from your files and the network"
    before = "" if platform.system() == "Linux" else "; tried here and now, but never before on such a system"
    return f"on; code is {kept} ({', '.join(found.walls) or 'no walls'}){before}"


def _shown(url: str) -> str:
    return address(url) or "no address"


def _print(text: str) -> None:
    if text:
        # A Windows console may know neither of the signs.
        encoding = sys.stdout.encoding or "utf-8"
        print(text.encode(encoding, "replace").decode(encoding))
