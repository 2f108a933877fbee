"""Contract §12.54: programs that stay with an older `openai` package, or use the one for Node, run here as well."""

import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, NoReturn

import openai
import pytest
from support import moved_programs, old_programs, strangers

from mock_endpoint.models.offline import OfflineModel
from mock_endpoint.server import Running

from .conftest import Starter

Absent = Callable[[str], NoReturn]

NODE_PACKAGE = "openai@7.59.0"
IN_NODE = Path(old_programs.__file__).with_name("programs.mjs")
TEXT = [
    "thread.run.step.created",
    "thread.run.step.in_progress",
    "thread.message.created",
    "thread.message.in_progress",
    "thread.message.delta",
    "thread.message.completed",
]
ENDED = ["thread.run.step.completed", "thread.run.completed"]
ASKING = [
    "response.created",
    "response.in_progress",
    "response.output_item.added",
    "response.function_call_arguments.delta",
    "response.function_call_arguments.done",
    "response.output_item.done",
    "response.completed",
]
NO_ASSISTANT = "No assistant found with id 'asst_000000000000000000000000'."
NO_THREAD = "Invalid 'thread_id': 'undefined'. Expected an ID that begins with 'thread'."
JAPAN, FRANCE = "The capital of Japan is Tokyo.", "The capital of France is Paris."
CALL = ["get_tide", {"harbour": "Onomichi"}]


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


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Where the strangers' programs find their files."""
    for name, text in FILES.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    return tmp_path


@pytest.fixture
def endpoint(starting: Starter) -> Running:
    """One that answers by itself."""
    return starting(model=OfflineModel(), code_interpreter=True)


@pytest.mark.filterwarnings("ignore:(The Assistants API is )?deprecated:DeprecationWarning")
def test_strangers_programs(endpoint: Running, folder: Path) -> None:
    """Contract §11, §14: a chart of a table, questions about documents, functions in a class, as people wrote them."""
    assert strangers.main(endpoint.url, endpoint.key, str(folder)) == PRINTED
    assert (folder / "chart.png").read_bytes().startswith(b"\x89PNG")


@pytest.mark.all
@pytest.mark.parametrize("version", ["1.109.1", "2.54.0", openai.__version__])
def test_programs_for_python(version: str, endpoint: Running, folder: Path, absent: Absent) -> None:
    """Contract §8.2, §11, §12.54, contract-successor §7: Assistants and Responses, the latter checked strictly."""
    installed = str(folder / "installed")
    if version == openai.__version__:
        installed = ""
    elif _fails([sys.executable, "-m", "uv", "pip", "install", "--quiet", "--target", installed, f"openai=={version}"]):
        absent(f"openai {version} could not be installed")
    old, moved = (_seen_by(each.__file__, installed, endpoint) for each in (old_programs, moved_programs))
    _check_old(old, version)
    _check_moved(moved, version)
    assert _seen_by(strangers.__file__, installed, endpoint, str(folder)) == PRINTED


@pytest.mark.all
def test_programs_for_node(endpoint: Running, tmp_path: Path, absent: Absent) -> None:
    """Contract-successor §7: both ways once more."""
    node, npm = shutil.which("node"), shutil.which("npm")
    if node is None or npm is None:
        absent("Node.js is not installed")
    if _fails([npm, "install", "--prefix", str(tmp_path), "--no-audit", "--no-fund", "--silent", NODE_PACKAGE]):
        absent(f"{NODE_PACKAGE} could not be installed")
    program = str(shutil.copy(IN_NODE, tmp_path))
    saw = _printed([node, program, endpoint.url, endpoint.key])
    old, moved = saw["old"], saw["moved"]
    assert saw["version"] == NODE_PACKAGE.partition("@")[2]
    assert [old["run"], old["answer"], old["call"], old["told"]] == [
        "completed",
        JAPAN,
        ["requires_action", *CALL],
        True,
    ]
    # Each kind once, unlike above.
    assert old["telling"] == [ENDED[0], "thread.run.queued", "thread.run.in_progress", *TEXT, ENDED[1]]
    assert old["refused"] == ["BadRequestError", "invalid_value", f"400 {NO_THREAD}"]
    assert [moved["answer"], moved["second"], moved["asking"], moved["call"], moved["told"]] == [
        JAPAN,
        FRANCE,
        ASKING,
        CALL,
        True,
    ]
    assert moved["held"] == ["message", "function_call", "function_call_output", "message"]
    assert moved["refused"][:2] == ["BadRequestError", "previous_response_not_found"]


def _check_old(saw: dict[str, Any], version: str) -> None:
    errors = saw.pop("errors")
    assert saw == {
        "version": version,
        "run": "completed",
        "answer": JAPAN,
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
        "calls": [CALL],
        "telling": [ENDED[0], "thread.run.queued", "thread.run.in_progress", *TEXT, *ENDED],
        "whole": True,
    }
    missing, malformed = errors
    assert missing[:2] + missing[3:] == ["NotFoundError", None, True]
    assert malformed[:2] + malformed[3:] == ["BadRequestError", "invalid_value", True]
    assert NO_ASSISTANT in missing[2]
    assert NO_THREAD in malformed[2]
    assert missing[2].startswith("Error code: 404 - {'error'" if version < "3" else "Error code: 404 - No assistant")


def _check_moved(saw: dict[str, Any], version: str) -> None:
    refused = saw.pop("refused")
    assert saw == {
        "version": version,
        "answer": JAPAN,
        "second": FRANCE,
        "asked": ["And of France?"],
        "form": ["city"],
        "events": [
            "response.created",
            "response.in_progress",
            "response.output_item.added",
            "response.content_part.added",
            "response.output_text.delta",
            "response.output_text.done",
            "response.content_part.done",
            "response.output_item.done",
            "response.completed",
        ],
        "whole": True,
        "held": [["message", "user"], ["message", "assistant"]],
        "asking": ASKING,
        "call": ["function_call", *CALL],
        "told": True,
    }
    assert refused[:3] + refused[4:] == [
        "BadRequestError",
        "previous_response_not_found",
        "previous_response_id",
        True,
    ]


def _seen_by(program: str | None, installed: str, endpoint: Running, *more: str) -> dict[str, Any]:
    """What the program saw, with the packages of the folder `installed`, or this environment's."""
    code = (
        f"import sys, runpy; sys.path[:0] = filter(None, [{installed!r}]); "
        f"runpy.run_path({program!r}, run_name='__main__')"
    )
    return _printed([sys.executable, "-I", "-c", code, endpoint.url, endpoint.key, *more])


def _printed(command: list[str]) -> dict[str, Any]:
    done = subprocess.run(command, capture_output=True, encoding="utf-8", timeout=240, check=False)
    assert done.returncode == 0, done.stderr
    saw: dict[str, Any] = json.loads(done.stdout)
    return saw


def _fails(command: list[str]) -> bool:
    return subprocess.run(command, capture_output=True, timeout=180, check=False).returncode != 0
