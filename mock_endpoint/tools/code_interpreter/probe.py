"""What code is kept from on this machine: tried, in a process behind the same walls, and not only believed."""

import json
import os
import socket
import subprocess
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from mock_endpoint.tools.code_interpreter.limits import Bounds
from mock_endpoint.tools.code_interpreter.walls import raise_walls

_PATIENCE = 60


@dataclass(frozen=True)
class Held:
    """The walls that could be put up, and what was tried in vain behind them."""

    walls: tuple[str, ...]
    kept_from: tuple[str, ...]
    """Of `other files`, `the network` and `other programs`."""


@cache
def held() -> Held:
    """What holds on this machine; nothing where not even that can be found out."""
    with tempfile.TemporaryDirectory() as outside:
        folder = Path(outside) / "inside"
        folder.mkdir()
        (Path(outside) / "other").write_text("other", encoding="utf-8")
        command = [sys.executable, "-P", "-s", "-m", __name__, str(folder)]
        done = subprocess.run(command, capture_output=True, text=True, timeout=_PATIENCE, check=False)
    if done.returncode:
        return Held((), ())
    told = json.loads(done.stdout)
    return Held(tuple(told["walls"]), tuple(told["kept_from"]))


def main(folder: Path) -> None:
    """Put up the walls, try, and print what did not work."""
    walls = raise_walls(Bounds(), [folder], 10_000)
    attempts: dict[str, Callable[[], object]] = {
        "other files": (folder.parent / "other").read_bytes,
        "the network": lambda: socket.create_server(("127.0.0.1", 0)).close(),
    }
    if sys.platform != "win32":  # where the signal 0 is a Ctrl-C
        attempts["other programs"] = lambda: os.kill(os.getppid(), 0)
    print(json.dumps({"walls": walls, "kept_from": [name for name in attempts if _fails(attempts[name])]}))  # noqa: T201


def _fails(attempt: Callable[[], object]) -> bool:
    try:
        attempt()
    except OSError:
        return True
    return False


if __name__ == "__main__":
    main(Path(sys.argv[1]))
