"""Start the kit as a person does: as a process of its own."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

BARE: str = getattr(sys, "_base_executable", None) or sys.executable
"""The Python under the environment of the tests, without the packages in it."""


ROOT = Path(__file__).resolve().parents[2]


def copy_of_the_kit(folder: Path) -> Path:
    """The kit in a folder of that name, without its `.git`, `.venv` and `.kit`, as a download has it."""
    for part in ("helpers", "mock_endpoint", "notebooks"):
        shutil.copytree(ROOT / part, folder / part, ignore=shutil.ignore_patterns("__pycache__", ".ipynb_checkpoints"))
    return folder


def command(kit: Path, *line: str, **variables: str) -> subprocess.CompletedProcess[str]:
    """Run one command of the kit in `kit`, with the environment of the tests."""
    code = "import sys; from helpers.cli import commands as c; sys.exit(c.guarded(lambda: c.main(sys.argv[1:])))"
    return run(kit, *line, python=sys.executable, code=code, **variables)


def run(
    kit: Path, *line: str, python: str | Path = BARE, code: str = "", **variables: str
) -> subprocess.CompletedProcess[str]:
    """Start the kit in `kit` with this command line, as a process of its own."""
    start = ["-c", code] if code else ["-m", "helpers"]
    return subprocess.run(
        [python, *start, *line],
        cwd=kit,
        env={**os.environ, **variables},
        capture_output=True,
        encoding="utf-8",
        timeout=60,
        check=False,
        stdin=subprocess.DEVNULL,
    )


def refused(done: subprocess.CompletedProcess[str]) -> str:
    """The one line on stderr of a start that was refused."""
    assert done.returncode == 2, done.stderr
    assert done.stdout == ""
    assert done.stderr.count("\n") == 1, done.stderr
    return done.stderr
