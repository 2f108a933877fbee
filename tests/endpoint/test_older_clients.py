"""Contract §12.54: programs that stay with an older `openai` package run here as well."""

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any, NoReturn

import pytest
from support import old_programs, strangers

from mock_endpoint.models.offline import OfflineModel

from .conftest import Starter

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


FILES = {
    "sales.csv": "city,sales\nKyoto,3\nNara,5\nOsaka,4\n",
    "holidays.md": "# Holidays\n\nA new employee gets 20 days of holiday a year.\n\n# Illness\n\nCall before nine.\n",
    "travel.txt": "Trips are booked by the travel office.\n\nThe daily allowance is 40 euros.\n",
}
"""What the strangers' programs find in their folder."""
PRINTED = {
    "chart": [
        "user: Draw a bar chart of the sales by city.",
        "assistant: Here is the chart.",
        "assistant: picture",
    ],
    "documents": ["completed 2", "A new employee gets 20 days of holiday a year[0].", "[0] holidays.md"],
    "functions": ["A-1042: status shipped.", "You are welcome!"],
}


@pytest.fixture(scope="module", params=["1.109.1", "2.54.0"])
def installed(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[str, Path | None]:
    """An older version of the client, and where it is; None where it could not be had."""
    version: str = request.param
    folder = tmp_path_factory.mktemp("installed")
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--target"]
    failed = subprocess.run([*pip, str(folder), f"openai=={version}"], timeout=180, check=False).returncode
    return version, None if failed else folder


@pytest.fixture
def run(installed: tuple[str, Path | None], absent: Callable[[str], NoReturn]) -> Callable[..., Any]:
    """Runs one of the programs with the older client, and reads the JSON that it prints."""
    version, folder = installed
    if folder is None:
        absent(f"openai {version} could not be installed")

    def run(program: ModuleType, *arguments: str) -> Any:  # noqa: ANN401
        code = (
            f"import sys, runpy; sys.path.insert(0, {str(folder)!r}); "
            f"runpy.run_path({program.__file__!r}, run_name='__main__')"
        )
        command = [sys.executable, "-I", "-c", code, *arguments]
        done = subprocess.run(command, capture_output=True, encoding="utf-8", timeout=120, check=False)
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    return run


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Where the strangers' programs find their files."""
    for name, text in FILES.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    return tmp_path


@pytest.mark.filterwarnings("ignore:(The Assistants API is )?deprecated:DeprecationWarning")
def test_strangers_programs(starting: Starter, folder: Path) -> None:
    """Contract §11, §14: a chart of a table, questions about documents, functions in a class, as people wrote them."""
    endpoint = starting(model=OfflineModel(), code_interpreter=True)
    assert strangers.main(endpoint.url, endpoint.key, str(folder)) == PRINTED
    assert (folder / "chart.png").read_bytes().startswith(b"\x89PNG")


@pytest.mark.all
def test_strangers_programs_of_their_time(run: Callable[..., Any], starting: Starter, folder: Path) -> None:
    """Contract §12.54: the same with the clients for which they were written."""
    endpoint = starting(model=OfflineModel(), code_interpreter=True)
    assert run(strangers, endpoint.url, endpoint.key, str(folder)) == PRINTED
    assert (folder / "chart.png").read_bytes().startswith(b"\x89PNG")


@pytest.mark.all
def test_a_program_of_its_time(installed: tuple[str, Path | None], run: Callable[..., Any], starting: Starter) -> None:
    """Contract §8.2, §11, §12.54: a conversation, a stream, a function, two refusals; only the errors' text changed."""
    endpoint = starting(model=OfflineModel())
    saw = run(old_programs, endpoint.url, endpoint.key)
    errors = saw.pop("errors")
    assert saw == {
        "version": installed[0],
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
