"""(o) What the endpoint adds to a model server: a streamed run through it, beside asking that server directly."""

import tempfile
import time
from collections.abc import Iterable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.measure import KEY, Comparison, Size, Target, client_of, in_turn, only, started

if TYPE_CHECKING:
    from openai import AzureOpenAI, OpenAI

_QUESTION = "Name a bird."


def measure(size: Size) -> list[Comparison]:
    """Milliseconds to the first token, and tokens a second from there on."""
    words = max(size.words // 10, 20)
    with (
        tempfile.TemporaryDirectory() as folder,
        started("-m", "benchmarks.thinker", str(words)) as thinker,
        started("-m", "benchmarks.asking", str(Path(folder, "state.db")), KEY, thinker) as ours_at,
    ):
        from openai import OpenAI

        with client_of(ours_at) as ours, OpenAI(base_url=thinker, api_key=KEY) as direct:
            thread = ours.beta.threads.create(messages=[{"role": "user", "content": _QUESTION}]).id
            assistant = ours.beta.assistants.create(model="m").id
            samples = in_turn(size, partial(_of_a_run, ours, thread, assistant), partial(_direct, direct))
    return [
        Comparison("t", "model server: first token", "ms", only("first", samples), Target("≤", 1.15)),
        Comparison("t", "model server: tokens", "/s", only("rate", samples), Target("≥", 0.97)),
    ]


def _of_a_run(client: "AzureOpenAI", thread: str, assistant: str) -> dict[str, float]:
    begun = time.perf_counter()
    with client.beta.threads.runs.create(thread, assistant_id=assistant, stream=True) as stream:
        return _timed(begun, (event.event == "thread.message.delta" for event in stream))


def _direct(client: "OpenAI") -> dict[str, float]:
    begun = time.perf_counter()
    with client.chat.completions.create(
        model="m", messages=[{"role": "user", "content": _QUESTION}], stream=True
    ) as stream:
        return _timed(begun, (bool(chunk.choices and chunk.choices[0].delta.content) for chunk in stream))


def _timed(begun: float, pieces: Iterable[bool]) -> dict[str, float]:
    arrived = [time.perf_counter() for is_token in pieces if is_token]
    return {"first": (arrived[0] - begun) * 1000, "rate": (len(arrived) - 1) / (arrived[-1] - arrived[0])}
