"""Lint, format and types: ruff and pyrefly find nothing."""

import importlib.util
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import NoReturn

import pytest

ROOT = Path(__file__).resolve().parent.parent


@pytest.mark.parametrize("command", ["ruff check", "ruff format --check", "pyrefly check"])
def test_nothing_to_complain_about(command: str, absent: Callable[[str], NoReturn]) -> None:
    """Each tool as pyproject.toml sets it up, over the whole repository."""
    tool, *options = command.split()
    if importlib.util.find_spec(tool) is None:
        absent(f"{tool} is not installed; tests/requirements.txt lists it")
    if tool == "pyrefly":
        # Else it looks for packages where the first `python` of the PATH has them.
        options += ["--summary=none", "--python-interpreter-path", sys.executable]
    done = subprocess.run(
        [sys.executable, "-m", tool, *options], cwd=ROOT, capture_output=True, encoding="utf-8", check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
