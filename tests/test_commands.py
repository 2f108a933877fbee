"""The commands themselves: what they refuse, what they print, how they end."""

import http.client
import json
import os
import re
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest
from nbformat.sign import NotebookNotary
from support.notebooks.files import node, read, write
from support.starting import refused, run

from helpers.cli import commands
from helpers.cli.signing import trust
from helpers.exercises import results
from mock_endpoint.state.store import Store

ROOT = Path(__file__).resolve().parent.parent


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (["serve", "--host", "0.0.0.0"], "so a key is needed"),  # noqa: S104 - refused is what is tested
        (["serve", "--host", "0.0.0.0", "--key", "fifteen-letters"], "at least 16 characters"),  # noqa: S104
        (["serve", "--state", "memory"], "--key KEY"),
        (["serve", "--class", "--state", "x.db"], "kept in memory, never in a file"),
        (["serve", "--pace", "-1"], "'-1' is not a number from 0 to 3600"),
        (["serve", "--run-ttl", "soon"], "'soon' is not a number"),
        (["serve", "--colour"], "--colour"),
        (["test", "--bogus"], "--bogus. `python -m helpers test --help` shows"),
        (["test", "-k", "runs"], "-k runs"),
        (["lab", "--", "-k"], "-- -k"),
        (["sing"], "'sing'"),
        ([], "lab|test|serve|"),
    ],
)
def test_a_wrong_line_is_answered_in_one_line(line: list[str], reason: str) -> None:
    """What the rules for `serve` forbid, and what nobody knows."""
    assert reason in refused(run(ROOT, *line, python=sys.executable))


@pytest.mark.parametrize("command", ["serve", "lab"])
def test_a_port_in_use_is_named(command: str, tmp_path: Path) -> None:
    """The line names the port, and what to do."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        line = refused(run(ROOT, command, "--port", port, python=sys.executable, KIT_STATE=str(tmp_path / "state.db")))
    assert f"port {port}" in line
    assert "Choose another with --port N" in line


def get(port: int, path: str) -> str:
    """The page there; JupyterLab prints its address a moment before it listens."""
    end = time.monotonic() + 20
    while True:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
        try:
            connection.request("GET", path)
            return connection.getresponse().read().decode()
        except ConnectionRefusedError:
            assert time.monotonic() < end
            time.sleep(0.1)
        finally:
            connection.close()


def test_lab_opens_the_first_lesson_with_the_kits_own_tabs_and_asks_for_no_news() -> None:
    """The person's other tabs would come back with a kernel each; their settings, as the theme, stay theirs."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = str(free.getsockname()[1])
    command = [sys.executable, "-m", "helpers", "lab", "--no-browser", "--port", port]
    process = subprocess.Popen(
        command,
        cwd=ROOT,
        env={**os.environ, "JUPYTERLAB_WORKSPACES_DIR": ""},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        stdin=subprocess.DEVNULL,
        encoding="utf-8",
    )
    try:
        assert process.stderr is not None
        address = re.compile(rf"^ +http://127\.0\.0\.1:{port}(/lab/tree/notebooks/00_start_here\.ipynb\?token=\w+)")
        found = next(filter(None, map(address.search, process.stderr)))
        page = get(int(port), found[1])
    finally:
        process.terminate()
        process.communicate(timeout=20)
    settings = json.loads(page.partition('id="jupyter-config-data" type="application/json">')[2].partition("<")[0])
    assert "@jupyterlab/apputils-extension:announcements" in settings["disabledExtensions"]
    assert settings["workspacesDir"] == str(ROOT / ".kit" / "workspaces")
    assert not Path(settings["userSettingsDir"]).is_relative_to(ROOT)


def test_lab_leaves_a_folder_for_tabs_that_the_person_chose(tmp_path: Path) -> None:
    """JupyterLab's own variable for it wins."""
    code = (
        "import os; from jupyterlab.labapp import LabApp; from helpers.cli import commands\n"
        "LabApp.launch_instance = lambda options: print(os.environ['JUPYTERLAB_WORKSPACES_DIR'])\n"
        "commands.main(['lab'])"
    )
    done = run(ROOT, python=sys.executable, code=code, JUPYTERLAB_WORKSPACES_DIR=str(tmp_path))
    assert done.stdout == f"{tmp_path}\n"


def test_serve_says_where_it_is_first_and_names_the_file_with_the_key(tmp_path: Path) -> None:
    """Other tools wait for that line; the key itself is never printed."""
    state = tmp_path / "state.db"
    command = [sys.executable, "-m", "helpers", "serve", "--port", "0", "--state", str(state)]
    process = subprocess.Popen(
        command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, stdin=subprocess.DEVNULL, encoding="utf-8"
    )
    try:
        assert process.stdout is not None
        ready, url = process.stdout.readline().split()
        assert ready == "ready"
        key_file = Path(process.stdout.readline().strip().removeprefix("the key is in "))
        key = key_file.read_text(encoding="utf-8").strip()
        assert key_file.parent == tmp_path
        assert len(key) >= 16
        connection = http.client.HTTPConnection(url.removeprefix("http://"), timeout=10)
        connection.request("GET", "/v1/models", headers={"api-key": key})
        assert connection.getresponse().status == 200
        connection.close()
    finally:
        process.terminate()
        rest = process.communicate(timeout=10)
    assert key not in "".join(rest)


def test_serve_says_that_a_port_is_in_use_before_it_loads_the_endpoint() -> None:
    """Loading takes seconds on a slow computer; here it cannot be done at all."""
    code = (
        "import sys; from helpers.cli import commands; sys.modules['uvicorn'] = None\n"
        "sys.exit(commands.guarded(lambda: commands.main(['serve', *sys.argv[1:]])))"
    )
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        done = run(ROOT, "--port", port, "--key", "k" * 16, python=sys.executable, code=code)
    assert f"port {port}" in refused(done)


SERVE_OF_NOTHING = (
    "import sys; import mock_endpoint.server as server; server.serve = lambda options: 0\n"
    "from helpers.cli import commands\n"
    "commands.main(['serve', '--port', '0', '--state', 'memory', '--key', 'k' * 16, *sys.argv[1:]])\n"
)


@pytest.mark.parametrize(
    ("host", "warned"),
    [("0.0.0.0", True), ("127.0.0.1", False), ("localhost", False)],  # noqa: S104 - the warning is what is tested
)
def test_serve_warns_of_a_host_that_lets_other_computers_in(host: str, *, warned: bool) -> None:
    """In one line, beside what it prints for other tools."""
    done = run(ROOT, "--host", host, python=sys.executable, code=SERVE_OF_NOTHING)
    said = "Anyone on the network who has the key can reach this endpoint; nothing is encrypted.\n"
    assert (done.stdout, done.stderr) == ("", said if warned else "")


def test_serve_loads_neither_jupyter_nor_the_client() -> None:
    """Both would cost more time than the endpoint itself."""
    code = (
        f"{SERVE_OF_NOTHING}"
        "print([name for name in ('openai', 'IPython', 'jupyterlab', 'httpx2') if name in sys.modules])"
    )
    assert run(ROOT, python=sys.executable, code=code).stdout == "[]\n"


def test_reset_asks_before_it_empties_the_state(tmp_path: Path) -> None:
    """No answer is a no; `--yes` is the answer given beforehand."""
    state = tmp_path / "state.db"
    store = Store(state)
    store.insert({"id": "asst_1", "object": "assistant"})
    store.blobs.path("assistant-1").write_bytes(b"of a file")
    asked = run(ROOT, "reset", python=sys.executable, KIT_STATE=str(state))
    assert f"Empty {state}?" in asked.stdout
    assert asked.returncode == 1
    assert store.get("assistant", "asst_1")
    assert store.blobs.path("assistant-1").exists()
    assert run(ROOT, "reset", "--yes", python=sys.executable, KIT_STATE=str(state)).returncode == 0
    assert store.get("assistant", "asst_1") is None
    assert not store.blobs.path("assistant-1").exists()
    store.close()


def test_reset_forgets_which_exercises_are_solved(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also where no endpoint has ever kept anything; and its question says so."""
    state = tmp_path / "state.db"
    monkeypatch.setenv("KIT_STATE", str(state))
    results.note("05a", correct=True)
    asked = run(ROOT, "reset", python=sys.executable)
    assert "which exercises you have solved is forgotten" in asked.stdout
    assert results.results()
    assert run(ROOT, "reset", "--yes", python=sys.executable).returncode == 0
    assert results.results() == {}
    assert not state.exists()
    assert "There is no state yet" in run(ROOT, "reset", python=sys.executable).stdout


def test_test_hands_to_pytest_what_stands_behind_two_dashes(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its own two options become the ones that tests/conftest.py knows; its exit code is pytest's."""
    asked: list[list[str]] = []

    def pytest_stands_in(command: list[str], **_: object) -> subprocess.CompletedProcess[bytes]:
        asked.append(command)
        return subprocess.CompletedProcess(command, 5)

    monkeypatch.setattr(subprocess, "run", pytest_stands_in)
    assert commands.main(["test", "--all", "--update", "--", "-k", "runs", "tests/test_house.py"]) == 5
    assert asked[0][1:3] == ["-m", "pytest"]
    assert asked[0][-5:] == ["--all", "--update-notebooks", "-k", "runs", "tests/test_house.py"]


def test_the_lessons_are_trusted_and_nothing_stops_lab(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A stored picture keeps its colours; a notebook that is no JSON any more, or an own one, is left alone."""
    monkeypatch.setenv("JUPYTER_DATA_DIR", str(tmp_path / "data"))
    lesson, own = tmp_path / "01_one.ipynb", tmp_path / "mine.ipynb"
    write(node({"cells": [], "metadata": {"a": 1}, "nbformat": 4, "nbformat_minor": 5}), lesson)
    write(node({"cells": [], "metadata": {"a": 2}, "nbformat": 4, "nbformat_minor": 5}), own)
    (tmp_path / "00_broken.ipynb").write_text("{", encoding="utf-8")
    trust(tmp_path)
    notary = NotebookNotary()
    assert notary.check_signature(read(lesson))
    assert not notary.check_signature(read(own))
