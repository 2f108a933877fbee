"""Endpoints in processes of their own, to be killed."""

import multiprocessing
import os
import subprocess
import sys
from multiprocessing.synchronize import Barrier
from pathlib import Path
from types import TracebackType

from mock_endpoint.state.key import key_of
from mock_endpoint.state.lease import Lease
from mock_endpoint.state.store import Store

ROOT = Path(__file__).parents[2]
KEY = "the-key-of-the-tests"

_SERVE = """
import sys
from pathlib import Path
sys.path[:0] = sys.argv[1:3]
from mock_endpoint.server import Options, serve
from support.scripted import Scripted
pace, ttl = float(sys.argv[5]), int(sys.argv[6])
serve(Options(state=Path(sys.argv[3]), key=sys.argv[4], pace=pace, run_ttl=ttl, model=Scripted()))
"""


class Serving:
    """`serve` on a state file, in another process; leaving the block kills it."""

    def __init__(self, state: Path, pace: float = 0, run_ttl: int = 600) -> None:
        arguments = [ROOT, ROOT / "tests", state, KEY, pace, run_ttl]
        self.process = subprocess.Popen(
            [sys.executable, "-c", _SERVE, *map(str, arguments)],
            stdout=subprocess.PIPE,
            stdin=subprocess.DEVNULL,
            encoding="utf-8",
        )
        self.key = KEY
        self._url = ""

    @property
    def url(self) -> str:
        """Where it answers; waits until it does."""
        if not self._url:
            assert self.process.stdout is not None
            line = self.process.stdout.readline()
            assert line.startswith("ready http://"), line
            self._url = line.split()[1]
        return self._url

    def kill(self) -> None:
        """End it as a power cut would: nothing in it gets a chance to clean up."""
        self.process.kill()
        self.process.wait()
        if self.process.stdout is not None:
            self.process.stdout.close()

    def __enter__(self) -> "Serving":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.kill()


def create_together(path: str, barrier: Barrier, answers: "multiprocessing.Queue[tuple[str, str]]") -> None:
    """Ten times: make the same new state file as another process does at this moment; tell what is in it then."""
    for turn in range(10):
        state = Path(path, f"state-{turn}.db")
        barrier.wait(30)
        try:
            key = key_of(state)
            store = Store(state)
            owner = Lease(state)
            store.insert({"id": f"asst_{os.getpid()}", "object": "assistant"})
            barrier.wait(30)
            alive = len(list(state.with_name(state.name + ".owners").iterdir()))
            barrier.wait(30)
            answers.put((key, f"{alive} owners, {len(store.all('assistant', ''))} assistants"))
            owner.release()
            store.close()
        except Exception as error:
            barrier.abort()
            answers.put(("", repr(error)))
            return
