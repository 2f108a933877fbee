"""Start the kit as a person does: as a process of its own."""

import os
import subprocess
import sys
from pathlib import Path

BARE: str = getattr(sys, "_base_executable", None) or sys.executable
"""The Python under the environment of the tests, without the packages in it."""


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
