"""(c) From `connect()` to the first answer in a fresh Jupyter kernel, and (f) the memory that the endpoint adds to it.

The floor is a kernel that uses a bare `AzureOpenAI` against canned answers, so the difference is all that the kit adds:
its own modules, the endpoint with its model and state file, and the recording for `wire()`.
"""

import json
import subprocess
import tempfile
from functools import cache, partial
from pathlib import Path
from typing import Any

from jupyter_client.blocking.client import BlockingKernelClient
from jupyter_client.manager import run_kernel

from benchmarks.measure import (
    API_VERSION,
    KEY,
    PATIENCE,
    ROOT,
    Comparison,
    Samples,
    Size,
    Target,
    environment,
    in_turn,
    only,
    started,
)

_OURS = "from helpers import connect\nclient = connect()"
_FLOOR = f"""
from openai import AzureOpenAI
client = AzureOpenAI(azure_endpoint={{url!r}}, api_key={KEY!r}, api_version={API_VERSION!r})
"""
_CELL = """
import time
from benchmarks.walk import walk
begun = time.perf_counter()
{connect}
walk(client)
seconds = time.perf_counter() - begun
for _ in range({more}):
    walk(client)
import json, psutil
print(json.dumps({{"ms": seconds * 1000, "MiB": psutil.Process().memory_info().rss / 2**20}}))
"""


def first_answer(size: Size) -> list[Comparison]:
    """Milliseconds from `connect()` to the first answer."""
    samples = only("ms", _samples(size))
    return [Comparison("c", "fresh kernel: connect() to first answer", "ms", samples, Target("≤", 1.3))]


def memory(size: Size) -> list[Comparison]:
    """Mebibytes of resident memory after some walks."""
    samples = only("MiB", _samples(size))
    target = Target("≤", 40)
    return [Comparison("f", "memory of a kernel with the endpoint", "MiB", samples, target, by="difference")]


@cache
def _samples(size: Size) -> Samples[dict[str, float]]:
    """Both figures come from the same kernels, because starting one takes seconds."""
    with started("-m", "benchmarks.floor") as url:
        return in_turn(size, partial(_fresh, _OURS, size.walks), partial(_fresh, _FLOOR.format(url=url), size.walks))


def _fresh(connect: str, more: int) -> dict[str, float]:
    """What the cell prints in a kernel of its own, with a state of its own; the kernel's start is not counted."""
    printed: list[str] = []

    def listen(message: dict[str, Any]) -> None:
        content = message["content"]
        if message["msg_type"] == "error":
            raise RuntimeError("\n".join(content["traceback"]))
        if message["msg_type"] == "stream" and content["name"] == "stdout":
            printed.append(content["text"])

    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        variables = {"KIT_STATE": str(Path(folder, "state.db")), "KIT_PACE": "0", "IPYTHONDIR": folder}
        options = {"cwd": str(ROOT), "env": environment(**variables), "stderr": subprocess.DEVNULL}
        with run_kernel(kernel_name="python3", **options) as client:
            assert isinstance(client, BlockingKernelClient)
            client.execute_interactive(_CELL.format(connect=connect, more=more), timeout=PATIENCE, output_hook=listen)
    sample: dict[str, float] = json.loads("".join(printed).splitlines()[-1])
    return sample
