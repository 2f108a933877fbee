"""(u) A walk through Responses, (v) the way to a stream's first delta, and (w) how fast a long answer comes."""

import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.measure import KEY, Comparison, Samples, Size, Target, both, client_of, in_turn, started

if TYPE_CHECKING:
    from openai import AzureOpenAI

_DELTA = "response.output_text.delta"
_QUESTION = "What is the capital of Japan?"


def walk(size: Size) -> list[Comparison]:
    """Milliseconds of a question, one that goes on from it, and the list of what that one was asked."""
    return [Comparison("u", "responses: a walk", "ms", _beside_the_floor(size, _walk), Target("≤", 2.5))]


def first_delta(size: Size) -> list[Comparison]:
    """Milliseconds until the client gives the first piece of an answer."""
    return [Comparison("v", "responses: first delta", "ms", _beside_the_floor(size, _first), Target("≤", 3))]


def long_answer(size: Size) -> list[Comparison]:
    """Deltas a second from the request to the end of the stream."""
    with (
        tempfile.TemporaryDirectory() as folder,
        started("-m", "benchmarks.wordy", str(Path(folder, "state.db")), KEY, str(size.words)) as ours_at,
        started("-m", "benchmarks.floor", str(size.words)) as floor_at,
        client_of(ours_at) as ours,
        client_of(floor_at) as floor,
    ):
        samples = in_turn(size, partial(_rate, ours, size.words), partial(_rate, floor, size.words))
    return [Comparison("w", f"responses: {size.words:,} deltas", "/s", samples, Target("≥", 0.3))]


def _beside_the_floor(size: Size, measured: Callable[["AzureOpenAI"], float]) -> Samples[float]:
    with (
        tempfile.TemporaryDirectory() as folder,
        both(Path(folder, "state.db")) as (ours_at, floor_at),
        client_of(ours_at) as ours,
        client_of(floor_at) as floor,
    ):
        return in_turn(size, partial(measured, ours), partial(measured, floor), size.walks)


def _walk(client: "AzureOpenAI") -> float:
    begun = time.perf_counter()
    first = client.responses.create(model="gpt-4o", input=_QUESTION)
    second = client.responses.create(model="gpt-4o", input="And of France?", previous_response_id=first.id)
    (asked,) = client.responses.input_items.list(second.id).data
    elapsed = time.perf_counter() - begun
    assert first.output_text == "The capital of Japan is Tokyo."
    assert asked.type == "message"
    return elapsed * 1000


def _first(client: "AzureOpenAI") -> float:
    begun = time.perf_counter()
    with client.responses.create(model="gpt-4o", input=_QUESTION, stream=True) as stream:
        arrived = next(time.perf_counter() for event in stream if event.type == _DELTA)
        for _ in stream:
            pass  # read to the end, so that the connection serves the next one
    return (arrived - begun) * 1000


def _rate(client: "AzureOpenAI", words: int) -> float:
    begun = time.perf_counter()
    with client.responses.create(model="gpt-4o", input=_QUESTION, stream=True) as stream:
        deltas = sum(event.type == _DELTA for event in stream)
    elapsed = time.perf_counter() - begun
    assert deltas == words, deltas
    return deltas / elapsed
