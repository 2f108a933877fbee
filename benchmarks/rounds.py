"""(i) A function's round trip: the run asks for it, gets its output, and answers."""

import tempfile
import time
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.measure import Comparison, Size, Target, both, client_of, in_turn

if TYPE_CHECKING:
    from openai import AzureOpenAI
    from openai.types.beta.threads import Run
    from openai.types.shared_params import FunctionDefinition

_TIDE: "FunctionDefinition" = {
    "name": "get_tide",
    "description": "Get the height of the tide at a harbour.",
    "parameters": {"type": "object", "properties": {"harbour": {"type": "string"}}, "required": ["harbour"]},
}
_QUESTION = "How high is the tide in Onomichi?"


def measure(size: Size) -> list[Comparison]:
    """Milliseconds of one round trip; the floor needs four calls for it."""
    with tempfile.TemporaryDirectory() as folder, both(Path(folder, "state.db")) as addresses:
        ours, floor = map(client_of, addresses)
        with ours, floor:
            samples = in_turn(size, _trip(ours), _trip(floor), size.walks)
    return [Comparison("i", "a function's round trip, official client", "ms", samples, Target("≤", 3))]


def _trip(client: "AzureOpenAI") -> partial[float]:
    assistant = client.beta.assistants.create(model="gpt-35-turbo", tools=[{"type": "function", "function": _TIDE}])
    return partial(_milliseconds, client, assistant.id)


def _milliseconds(client: "AzureOpenAI", assistant: str) -> float:
    """Of a run on a new thread up to its end. Polls without waiting."""
    begun = time.perf_counter()
    run = client.beta.threads.create_and_run(
        assistant_id=assistant, thread={"messages": [{"role": "user", "content": _QUESTION}]}
    )
    run = _moved(client, run)
    assert run.status == "requires_action", run
    assert run.required_action is not None
    calls = run.required_action.submit_tool_outputs.tool_calls
    run = client.beta.threads.runs.submit_tool_outputs(
        run.id,
        thread_id=run.thread_id,
        tool_outputs=[{"tool_call_id": call.id, "output": '{"metres": 1.4}'} for call in calls],
    )
    run = _moved(client, run)
    elapsed = time.perf_counter() - begun
    assert run.status == "completed", run
    return elapsed * 1000


def _moved(client: "AzureOpenAI", run: "Run") -> "Run":
    while run.status in ("queued", "in_progress"):
        run = client.beta.threads.runs.retrieve(run.id, thread_id=run.thread_id)
    return run
