"""Contract §12.54: programs that stay with an older `openai` package run here as well."""

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import NoReturn

import pytest
from support import old_programs

from mock_endpoint.models.offline import OfflineModel

from .conftest import Starter

PROGRAM = Path(old_programs.__file__)
TEXT = [
    "thread.run.step.created",
    "thread.run.step.in_progress",
    "thread.message.created",
    "thread.message.in_progress",
    "thread.message.delta",
    "thread.message.completed",
    "thread.run.step.completed",
    "thread.run.completed",
]
NO_ASSISTANT = "No assistant found with id 'asst_000000000000000000000000'."
NO_THREAD = "Invalid 'thread_id': 'undefined'. Expected an ID that begins with 'thread'."


@pytest.mark.all
@pytest.mark.parametrize("version", ["1.109.1", "2.54.0"])
def test_a_program_of_its_time(
    version: str, starting: Starter, tmp_path: Path, absent: Callable[[str], NoReturn]
) -> None:
    """Contract §8.2, §11, §12.54: a conversation, a stream, a function, two refusals; only the errors' text changed."""
    installed = tmp_path / "installed"
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--target"]
    if subprocess.run([*pip, str(installed), f"openai=={version}"], timeout=180, check=False).returncode:
        absent(f"openai {version} could not be installed")
    endpoint = starting(model=OfflineModel())
    command = [sys.executable, "-I", "-c", f"import sys, runpy; sys.path.insert(0, {str(installed)!r}); "
               f"runpy.run_path({str(PROGRAM)!r}, run_name='__main__')", endpoint.url, endpoint.key]  # fmt: skip
    done = subprocess.run(command, capture_output=True, encoding="utf-8", timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    saw = json.loads(done.stdout)
    errors = saw.pop("errors")
    assert saw == {
        "version": version,
        "run": "completed",
        "answer": "The capital of Japan is Tokyo.",
        "asking": [
            "thread.run.created",
            "thread.run.queued",
            "thread.run.in_progress",
            "thread.run.step.created",
            "thread.run.step.in_progress",
            "thread.run.step.delta",
            "thread.run.requires_action",
        ],
        "waiting": "requires_action",
        "calls": [["get_tide", {"harbour": "Onomichi"}]],
        "telling": ["thread.run.step.completed", "thread.run.queued", "thread.run.in_progress", *TEXT],
        "whole": True,
    }
    missing, malformed = errors
    assert missing[:2] + missing[3:] == ["NotFoundError", None, True]
    assert malformed[:2] + malformed[3:] == ["BadRequestError", "invalid_value", True]
    assert NO_ASSISTANT in missing[2]
    assert NO_THREAD in malformed[2]
    assert missing[2].startswith("Error code: 404 - {'error'")
