"""(o) and (p): code that an assistant runs, the first time on a thread and the second.

The floor is a bare Jupyter kernel that runs the same code, without a wall around it. The second call is a chart, as
people ask for: its floor is the bare kernel's time for it and one poll of a run that has ended.
"""

import subprocess
import tempfile
import time
from contextlib import AbstractContextManager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, cast

from jupyter_client.blocking.client import BlockingKernelClient
from jupyter_client.manager import run_kernel

from benchmarks.measure import PATIENCE, Comparison, Size, Target, both, client_of, environment, in_turn

if TYPE_CHECKING:
    from openai import AzureOpenAI

_SUM = "print(6 * 7)"
_CHART = """
import matplotlib.pyplot as plt
plt.figure()
plt.bar(range(40), [n % 7 for n in range(40)])
plt.show()
"""


def measure(size: Size) -> list[Comparison]:
    """Milliseconds from the run's creation to its end."""
    with tempfile.TemporaryDirectory() as folder, both(Path(folder, "state.db")) as addresses:
        ours, floor = map(client_of, addresses)
        with ours, floor, _kernel() as kernel:
            assistant = ours.beta.assistants.create(model="gpt-4o", tools=[{"type": "code_interpreter"}]).id
            first = in_turn(size, partial(_first, ours, assistant), _bare_first)
            thread = ours.beta.threads.create().id
            _execute(kernel, _SUM)
            second = in_turn(
                size,
                partial(_run, ours, assistant, thread, _CHART),
                partial(_chart_and_poll, kernel, floor),
            )
    return [
        Comparison("o", "first code call of a thread", "ms", first, Target("≤", 1.3)),
        Comparison("p", "a later one: a chart", "ms", second, Target("≤", 1.5)),
    ]


def _first(client: "AzureOpenAI", assistant: str) -> float:
    thread = client.beta.threads.create().id
    elapsed = _run(client, assistant, thread, _SUM)
    client.beta.threads.delete(thread)
    return elapsed


def _run(client: "AzureOpenAI", assistant: str, thread: str, code: str) -> float:
    """Milliseconds of the run alone."""
    client.beta.threads.messages.create(thread, role="user", content=f"```python\n{code}\n```")
    begun = time.perf_counter()
    run = client.beta.threads.runs.create_and_poll(thread_id=thread, assistant_id=assistant)
    elapsed = time.perf_counter() - begun
    steps = client.beta.threads.runs.steps.list(run.id, thread_id=thread).data
    assert (run.status, len(steps)) == ("completed", 2), run
    return elapsed * 1000


def _bare_first() -> float:
    begun = time.perf_counter()
    with _kernel() as kernel:
        _execute(kernel, _SUM)
        return (time.perf_counter() - begun) * 1000  # its end is not counted


def _kernel() -> AbstractContextManager[BlockingKernelClient]:
    options = {"env": environment(), "stderr": subprocess.DEVNULL}
    return cast("AbstractContextManager[BlockingKernelClient]", run_kernel(kernel_name="python3", **options))


def _execute(kernel: BlockingKernelClient, code: str) -> None:
    reply = kernel.execute_interactive(code, timeout=PATIENCE, output_hook=lambda _: None)
    assert reply["content"]["status"] == "ok", reply


def _chart_and_poll(kernel: BlockingKernelClient, client: "AzureOpenAI") -> float:
    begun = time.perf_counter()
    _execute(kernel, _CHART)
    client.beta.threads.runs.poll("run_1", thread_id="thread_1")
    return (time.perf_counter() - begun) * 1000
