"""What code cannot do, tried with code that means harm: as this user, and where this is root as an ordinary one too."""

import ast
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from support.hostile import ATTEMPTS

from mock_endpoint.tools.code_interpreter.probe import held

Json = dict[str, Any]

ROOT = Path(__file__).resolve().parent.parent
pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the walls of other systems have not been tried")
ORDINARY = (
    *("setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"),
    *("--inh-caps=-all,+dac_read_search", "--ambient-caps=-all,+dac_read_search"),
)
"""An ordinary user, who can read all files, because this Python may lie where only root may look."""


def is_root() -> bool:
    """Whether this user may do anything."""
    return hasattr(os, "geteuid") and os.geteuid() == 0


@pytest.fixture(scope="module", params=["this user", "an ordinary user"])
def results(request: pytest.FixtureRequest) -> Iterator[Json]:
    """What became of all attempts, see `support/hostile.py`."""
    command: list[str] = []
    if request.param == "an ordinary user":
        if not is_root() or shutil.which("setpriv") is None:
            pytest.skip("this user is an ordinary one")
        command = list(ORDINARY)
    outside = Path(tempfile.mkdtemp(prefix="outside-"))
    outside.chmod(0o777)
    for name in ("state.db", "state.db.key"):
        (outside / name).write_text("secret", encoding="utf-8")
    environment = os.environ | {"PYTHONPATH": str(ROOT / "tests"), "AZURE_OPENAI_KEY": "secret", "KIT_STATE": "secret"}
    done = subprocess.run(
        [*command, sys.executable, "-P", "-m", "support.hostile", str(outside)],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    told: Json = json.loads(done.stdout.splitlines()[-1])
    told["outside"] = {path.name: path.stat() for path in outside.iterdir()}
    assert (outside / "state.db").read_text(encoding="utf-8") == "secret"
    yield told
    shutil.rmtree(outside)


def test_all_walls_stand(results: Json) -> None:
    """On this machine; a kernel before 5.13 has no Landlock."""
    assert {"environment", "limits", "landlock", "seccomp"} <= set(results["walls"])


@pytest.mark.parametrize("name", sorted(ATTEMPTS))
def test_an_attempt(results: Json, name: str) -> None:
    """It ends in an error: nothing was read, written, reached or signalled."""
    said = ast.literal_eval(results["attempts"]["said"].splitlines()[-1])
    assert not said[name].startswith("done"), said[name]


def test_a_link_is_no_product(results: Json) -> None:
    """What points out of the folder is not handed out."""
    assert results["attempts"]["products"] == []


def test_the_environment(results: Json) -> None:
    """Nothing of the endpoint's own; an attached file with a path in its name has only its name."""
    said = results["environment"]["said"]
    assert "AZURE_OPENAI_KEY" not in said
    assert "KIT_STATE" not in said
    assert said.rstrip().endswith("/mnt/data ['a.csv', 'link.db']")


def test_rights_stay(results: Json) -> None:
    """Changing them succeeds without effect."""
    assert results["rights"]["said"] == ""
    assert results["outside"]["state.db"].st_mode & 0o777 == 0o644
    assert set(results["outside"]) == {"state.db", "state.db.key", "socket", "a.csv"}


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("loop", "it ran for more than 6 seconds"),
        ("flood", "it printed too much"),
        ("disk", "it wrote too much to the disk"),
        ("fork", "it started too many processes"),
    ],
)
def test_a_bomb(results: Json, name: str, reason: str) -> None:
    """It is stopped, with the reason, and what comes back is bounded."""
    assert reason in results[name]["said"]
    assert results[name]["length"] < 110_000


def test_the_kernel_survives_a_loop(results: Json) -> None:
    """Its variables are still there; after the worse bombs there is a new one, with the attached files."""
    assert results["still there"]["said"] == "7\n"
    assert results["after all"]["said"] == "a\n1\n\n"


def test_nothing_is_left_behind(results: Json) -> None:
    """Neither the kernels nor what they have started, grandchildren included."""
    assert results["left"] == []
    command = ["pgrep", "-f", "time.sleep(600)"]
    assert subprocess.run(command, capture_output=True, check=False).stdout == b""


def test_what_holds_is_tried() -> None:
    """`doctor` says what this machine keeps code from, because it was tried there."""
    found = held()
    assert found.kept_from == ("other files", "the network", "other programs")
    assert {"environment", "limits", "landlock", "seccomp"} <= set(found.walls)
