"""(a) The whole walk through the official client: assistant, thread, message, run, poll, list."""

import tempfile
import time
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.measure import Comparison, Size, Target, both, client_of, in_turn

if TYPE_CHECKING:
    from openai import AzureOpenAI


def walk(client: "AzureOpenAI") -> str:
    """Ask one question from a new assistant on a new thread; the answer comes back. Polls without waiting."""
    beta = client.beta
    assistant = beta.assistants.create(model="gpt-35-turbo", name="Tabi", instructions="Answer in one sentence.")
    thread = beta.threads.create()
    beta.threads.messages.create(thread.id, role="user", content="What is the capital of Japan?")
    run = beta.threads.runs.create(thread.id, assistant_id=assistant.id)
    while run.status in ("queued", "in_progress"):
        run = beta.threads.runs.retrieve(run.id, thread_id=thread.id)
    part = beta.threads.messages.list(thread.id).data[0].content[0]
    assert part.type == "text"
    assert part.text.value == "The capital of Japan is Tokyo."
    return part.text.value


def measure(size: Size) -> list[Comparison]:
    """Milliseconds of one walk."""

    def milliseconds(client: "AzureOpenAI") -> float:
        begun = time.perf_counter()
        walk(client)
        return (time.perf_counter() - begun) * 1000

    with tempfile.TemporaryDirectory() as folder, both(Path(folder, "state.db")) as addresses:
        ours, floor = map(client_of, addresses)
        with ours, floor:
            samples = in_turn(size, partial(milliseconds, ours), partial(milliseconds, floor), size.walks)
    return [Comparison("a", "a walk through AzureOpenAI", "ms", samples, Target("≤", 2.5))]
