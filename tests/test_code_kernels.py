"""Several kernels at once, their bound, their end; and what becomes of them when the endpoint is killed."""

import asyncio
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from mock_endpoint.tools.code_interpreter.interpreter import Interpreter, Ran
from mock_endpoint.tools.code_interpreter.limits import Limits

ROOT = Path(__file__).resolve().parent.parent
ENDPOINT = """
import asyncio, sys
from mock_endpoint.tools.code_interpreter.interpreter import Interpreter
code = '''
import os, subprocess, sys
child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"], start_new_session=True)
print(os.getpid(), child.pid, os.path.realpath(os.environ["HOME"]))
'''
ran = asyncio.run(Interpreter().run("thread", code, []))
print(ran.outputs.parts[0], flush=True)
sys.stdin.read()
"""


@pytest.fixture(scope="module")
def interpreter() -> Iterator[Interpreter]:
    """Two kernels at most."""
    interpreter = Interpreter(Limits(seconds=30), most=2)
    yield interpreter
    interpreter.close()


def said(interpreter: Interpreter, key: str, code: str) -> str:
    """What code prints in a thread."""
    ran = asyncio.run(interpreter.run(key, code, []))
    return "".join(part for part in ran.outputs.parts if isinstance(part, str))


def eventually(holds: Callable[[], bool]) -> bool:
    """Whether it comes true within half a minute."""
    until = time.monotonic() + 30
    while not holds() and time.monotonic() < until:
        time.sleep(0.05)
    return holds()


def test_a_hanging_kernel_holds_nobody_up(interpreter: Interpreter) -> None:
    """Others run meanwhile; cancelled, it stops, and its variables are kept."""

    async def both() -> str:
        await interpreter.run("hanging", "kept = 1", [])
        hanging = asyncio.ensure_future(interpreter.run("hanging", "while True: pass", []))
        ran = await interpreter.run("quick", "print('here')", [])
        assert not hanging.done()
        hanging.cancel()
        with pytest.raises(asyncio.CancelledError):
            await hanging
        return str(ran.outputs.parts[0])

    assert asyncio.run(both()) == "here\n"
    assert said(interpreter, "hanging", "print(kept)") == "1\n"


@pytest.mark.skipif(sys.platform == "win32", reason="an interrupt is no signal there; nobody has tried it")
def test_cancelled_before_the_code_begins(interpreter: Interpreter) -> None:
    """The kernel, held still here, takes the interrupt before the code, and forgets it; it is interrupted again."""
    kernel = psutil.Process(int(said(interpreter, "early", "import os; kept = 1; print(os.getpid())")))

    async def cancelled() -> None:
        kernel.suspend()
        running = asyncio.ensure_future(interpreter.run("early", "while True: pass", []))
        await asyncio.sleep(0.5)
        running.cancel()
        await asyncio.sleep(0.5)
        kernel.resume()

    asyncio.run(cancelled())
    assert said(interpreter, "early", "print(kept)") == "1\n"


def test_no_more_than_so_many(interpreter: Interpreter) -> None:
    """The one that has rested longest makes room; its thread is told that its variables are gone."""
    said(interpreter, "hanging", "pass")
    said(interpreter, "third", "pass")
    assert len(interpreter.walls()) == 2
    assert "quick" not in interpreter.walls()
    ran = asyncio.run(interpreter.run("quick", "print(1)", []))
    assert ran.began_anew
    assert not asyncio.run(interpreter.run("quick", "print(1)", [])).began_anew


def test_forgotten(interpreter: Interpreter) -> None:
    """A key that is forgotten loses its kernel in the middle of its code, and what waits behind that is not run."""
    said(interpreter, "forgotten", "kept = 1")

    async def both() -> tuple[object, object]:
        endless = asyncio.ensure_future(interpreter.run("forgotten", "while True: pass", []))
        behind = asyncio.ensure_future(interpreter.run("forgotten", "print('never')", []))
        await asyncio.sleep(0)
        interpreter.forget("forgotten", "it was deleted")
        return await asyncio.gather(endless, behind, return_exceptions=True)

    ended, refused = asyncio.run(both())
    assert isinstance(ended, Ran)
    assert "The code interpreter was ended: it was deleted." in str(ended.outputs.parts[-1])
    assert str(refused) == "The code was not run: it was deleted."
    assert eventually(lambda: "forgotten" not in interpreter.walls())
    assert said(interpreter, "forgotten", "print('kept' in globals())") == "False\n"


def test_an_idle_kernel_ends() -> None:
    """By itself, with its folder."""
    interpreter = Interpreter(idle=0.5)
    pid, home = said(interpreter, "thread", "import os; print(os.getpid(), os.environ['HOME'])").split()
    assert psutil.pid_exists(int(pid))
    assert eventually(lambda: not psutil.pid_exists(int(pid)))
    assert eventually(lambda: not Path(home).exists())
    interpreter.close()


@pytest.mark.skipif(sys.platform == "win32", reason="ipykernel watches its parent there; nobody has tried it")
def test_a_killed_endpoint_leaves_nothing_for_long() -> None:
    """Its kernels die with it; what they have started, and their folders, go when another endpoint runs code."""
    command = [sys.executable, "-c", ENDPOINT]
    with subprocess.Popen(
        command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, encoding="utf-8"
    ) as endpoint:
        assert endpoint.stdout is not None
        kernel, child, home = endpoint.stdout.readline().split()
        assert psutil.pid_exists(int(child))
        endpoint.kill()
    assert eventually(lambda: not psutil.pid_exists(int(kernel)))
    another = Interpreter()
    said(another, "thread", "pass")
    another.close()
    assert eventually(lambda: not psutil.pid_exists(int(child)))
    assert not Path(home).exists()
