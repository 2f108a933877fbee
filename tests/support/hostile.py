"""Code that tries to break out, run in real kernels: `python -m support.hostile OUTSIDE` prints what became of it.

A process of its own, so that a test can start it as another user. OUTSIDE is a folder that code must not reach.
"""

import asyncio
import json
import socket
import sys
from pathlib import Path

import psutil

from mock_endpoint.tools.code_interpreter.folders import Attached
from mock_endpoint.tools.code_interpreter.interpreter import Interpreter
from mock_endpoint.tools.code_interpreter.limits import Limits

ATTEMPT = """
import ctypes, os, pathlib, resource, signal, socket, subprocess, sys
outside = pathlib.Path({outside!r})
def attempt(what):
    try:
        return "done: " + str(what())[:100]
    except BaseException as error:
        return type(error).__name__
libc = ctypes.CDLL(None, use_errno=True)
print({{name: attempt(what) for name, what in {{
{attempts}
}}.items()}})
"""
ATTEMPTS = {
    "read the key": "(outside / 'state.db.key').read_text()",
    "read the state": "(outside / 'state.db').read_bytes()",
    "list the folder": "os.listdir(outside)",
    "list the home folder": "os.listdir(os.path.expanduser('~{user}'))",
    "follow a link": "os.symlink(outside / 'state.db', 'link.db') or open('link.db').read()",
    "link hard": "os.link(outside / 'state.db', 'hard.db')",
    "read its parent's environment": "open(f'/proc/{{os.getppid()}}/environ').read()",
    "write outside": "(outside / 'new').write_text('x')",
    "write above": "open('../x', 'w')",
    "overwrite outside": "(outside / 'state.db').write_text('x')",
    "remove outside": "os.remove(outside / 'state.db')",
    "truncate outside": "os.truncate(outside / 'state.db', 0)",
    "connect to the endpoint": "socket.create_connection(('127.0.0.1', {port}), 5)",
    "send a datagram": "socket.socket(socket.AF_INET, socket.SOCK_DGRAM)",
    "listen": "socket.create_server(('127.0.0.1', 0))",
    "connect to a socket file": "socket.socket(socket.AF_UNIX).connect(str(outside / 'socket'))",
    "kill its parent": "os.kill(os.getppid(), signal.SIGTERM)",
    "limit its parent": "resource.prlimit(os.getppid(), resource.RLIMIT_CPU, (1, 1))",
    "outlive its parent": "1 / (1 + libc.prctl(1, 0, 0, 0, 0))",
    "trace its parent": "1 / (1 + libc.ptrace(16, os.getppid(), 0, 0))",
    "take much memory": "len(bytearray(8 << 30))",
    "take a new namespace": "1 / (1 + libc.unshare(0x10000000))",
    "become root": "os.setuid(0) or os.seteuid(0) or open('/etc/shadow').read()",
}
"""What must end in an error."""


def main(outside: Path) -> None:
    """Try all of it, and print the results as JSON."""
    listener = socket.create_server(("127.0.0.1", 0))
    unix = socket.socket(socket.AF_UNIX)
    unix.bind(str(outside / "socket"))
    unix.listen()
    interpreter = Interpreter(Limits(seconds=6, disk=40 << 20, processes=12))
    user = psutil.Process().username()
    attempts = "".join(f"{name!r}: lambda: {code},\n" for name, code in ATTEMPTS.items())
    attempts = attempts.format(user=user, port=listener.getsockname()[1])
    (outside / "a.csv").write_text("a\n1\n", encoding="utf-8")
    file = Attached("assistant-1", "../../a.csv", outside / "a.csv")

    def run(code: str) -> dict[str, object]:
        ran = asyncio.run(interpreter.run("thread", code, [file]))
        said = "".join(part for part in ran.outputs.parts if isinstance(part, str))
        return {"said": said[-3000:], "length": len(said), "products": [product.name for product in ran.products]}

    results: dict[str, object] = {
        "attempts": run(ATTEMPT.format(outside=str(outside), attempts=attempts)),
        "environment": run("import os; print(sorted(os.environ), os.getcwd(), os.listdir())"),
        "rights": run(f"import os; os.chmod({str(outside / 'state.db')!r}, 0o777)"),
        "child": run(
            "import subprocess, sys\n"
            "subprocess.Popen([sys.executable, '-c', 'import os, time\\nif os.fork(): os._exit(0)\\nos.setsid()\\n"
            "time.sleep(600)'])"
        ),
        "loop": run("while True: pass"),
        "still there": run("print(len(attempt.__name__))"),
        "walls": sorted(interpreter.walls()["thread"]),
        "flood": run("while True: print('x' * 1000)"),
        "disk": run("for n in range(1000): open(f'{n}', 'wb').write(bytes(20 << 20))"),
        "fork": run("import os\nwhile True:\n    try: os.fork()\n    except OSError: pass"),
        "after all": run("print(open('a.csv').read())"),
    }
    before = {process.pid for process in psutil.Process().children(recursive=True)}
    interpreter.close()
    results["left"] = [pid for pid in before if psutil.pid_exists(pid)]
    print(json.dumps(results))  # noqa: T201


if __name__ == "__main__":
    main(Path(sys.argv[1]))
