"""The endpoint dies at any moment, and whatever it has acknowledged is there when it comes back.

`KIT_SOAK=10` kills it ten times as often.
"""

import json
import sqlite3
import threading
import time
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any

import httpx2
import openai
import pytest
from openai.types.beta.threads import Message, Run
from openai.types.beta.threads.runs import RunStep
from support.processes import Serving
from support.recording import Recorder
from support.soaking import SOAK
from support.talking import V2, azure

KILLS = 5 * SOAK
CLIENTS = 6
LONGEST = 0.8
"""Seconds from the first acknowledged run to the latest kill."""
PACE = 0.1
"""Seconds of a run's thinking: long enough to be caught at it."""
OVER = ("completed", "failed", "incomplete", "cancelled", "expired")


@dataclass
class Acknowledged:
    """What clients were told before the endpoint died."""

    threads: list[str] = field(default_factory=list)
    messages: dict[str, Message] = field(default_factory=dict)
    """Those that were complete, by id."""
    runs: dict[str, Run] = field(default_factory=dict)
    """Each as it was last seen, by id."""
    outputs: dict[str, str] = field(default_factory=dict)
    """What was handed in, by the id of the run."""

    def keep(self, told: object) -> None:
        """Take note of an object, from an answer or from a stream."""
        if isinstance(told, Message) and told.status in (None, "completed"):
            self.messages[told.id] = told
        elif isinstance(told, Run):
            self.runs[told.id] = told
        elif isinstance(told, RunStep) and output_of(told):
            self.outputs[told.run_id] = output_of(told)


def output_of(step: RunStep) -> str:
    """What a step's function gave back; empty for a step without."""
    calls = step.step_details.tool_calls if step.step_details.type == "tool_calls" else []
    return "".join(call.function.output or "" for call in calls if call.type == "function")


class Client(threading.Thread):
    """Converses until nobody answers any more: with a function call each time, every other time streaming."""

    def __init__(self, endpoint: Serving, number: int, told: Acknowledged) -> None:
        super().__init__(name=f"client {number}")
        self.begun = threading.Event()
        self.broke: BaseException | None = None
        self._number, self._told = number, told
        self._client = openai.AzureOpenAI(
            azure_endpoint=endpoint.url,
            api_key=endpoint.key,
            api_version=V2["api-version"],
            max_retries=0,
            http_client=httpx2.Client(verify=False, timeout=30),
        )

    def run(self) -> None:
        """What the thread does."""
        try:
            with self._client as client:
                assistant = client.beta.assistants.create(model="gpt-4o", instructions="Echo.").id
                for turn in range(10_000):
                    self._converse(assistant, f"{self._number}-{turn}", streams=turn % 2 == 0)
        except (openai.APIConnectionError, httpx2.TransportError):
            pass
        except BaseException as error:
            self.broke = error
        finally:
            self.begun.set()

    def _converse(self, assistant: str, word: str, *, streams: bool) -> None:
        threads, told = self._client.beta.threads, self._told
        thread = threads.create().id
        told.threads.append(thread)
        question = f"first {json.dumps([['look', {'for': word}]])}"
        told.keep(threads.messages.create(thread, role="user", content=question))
        if streams:
            self._hear(threads.runs.create(thread, assistant_id=assistant, stream=True))
        else:
            told.keep(threads.runs.create(thread, assistant_id=assistant))
            self.begun.set()
        run = self._settled(thread)
        outputs: Any = [{"tool_call_id": call, "output": word} for call in calls_of(run)]
        if streams:
            self._hear(threads.runs.submit_tool_outputs(run.id, thread_id=thread, tool_outputs=outputs, stream=True))
        else:
            told.keep(threads.runs.submit_tool_outputs(run.id, thread_id=thread, tool_outputs=outputs))
            told.outputs[run.id] = word
            self._settled(thread)

    def _hear(self, stream: openai.Stream[Any]) -> None:
        for event in stream:
            self._told.keep(event.data)
            self.begun.set()

    def _settled(self, thread: str) -> Run:
        """The thread's only run, once it has ended or waits for its output."""
        (run,) = self._client.beta.threads.runs.list(thread).data
        run = self._client.beta.threads.runs.poll(run.id, thread_id=thread, poll_interval_ms=20)
        self._told.keep(run)
        return run


def calls_of(run: Run) -> list[str]:
    """The ids of the calls that a run waits for."""
    return [call.id for call in run.required_action.submit_tool_outputs.tool_calls] if run.required_action else []


@pytest.mark.all
def test_killed_again_and_again(state: Path, recorder: Recorder) -> None:
    """Whenever the process dies: nothing acknowledged is missing, no run hangs, no thread stays locked."""
    told = Acknowledged()
    cut = 0
    for kill in range(KILLS):
        with Serving(state, PACE) as endpoint:
            check(endpoint, recorder, told)
            told = Acknowledged()
            clients = [Client(endpoint, number, told) for number in range(CLIENTS)]
            live_and_die(endpoint, clients, Random(kill).uniform(0, LONGEST))  # noqa: S311
        with closing(sqlite3.connect(state)) as db:
            assert db.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        assert told.threads
        cut += sum(run.status not in OVER for run in told.runs.values())
    with Serving(state, PACE) as endpoint:
        check(endpoint, recorder, told)
    assert cut >= KILLS, "too few runs were on their way when the endpoint died"


def live_and_die(endpoint: Serving, clients: Sequence[Client], after: float) -> None:
    """Let clients converse, and kill the endpoint some seconds after the first of them has begun."""
    for client in clients:
        client.start()
    assert clients[0].begun.wait(30)
    time.sleep(after)
    endpoint.kill()
    for client in clients:
        client.join(30)
    assert [client.broke for client in clients if client.broke] == []


def check(endpoint: Serving, recorder: Recorder, told: Acknowledged) -> None:
    """All that was acknowledged is there; what was cut has ended, or waits for its caller and can go on."""
    with azure(endpoint, recorder) as client:
        threads = client.beta.threads
        for message in told.messages.values():
            assert threads.messages.retrieve(message.id, thread_id=message.thread_id).content == message.content
        for seen in told.runs.values():
            run = threads.runs.retrieve(seen.id, thread_id=seen.thread_id)
            assert run == seen or (seen.status not in OVER and run.status in (*OVER, "requires_action"))
            steps = threads.runs.steps.list(run.id, thread_id=run.thread_id).data
            assert told.outputs.get(run.id) in (None, *map(output_of, steps))
            if run.status == "requires_action":
                outputs: Any = [{"tool_call_id": call, "output": "late"} for call in calls_of(run)]
                threads.runs.submit_tool_outputs(run.id, thread_id=run.thread_id, tool_outputs=outputs)
                assert threads.runs.poll(run.id, thread_id=run.thread_id).status == "completed"
        for thread in told.threads:
            assert threads.messages.create(thread, role="user", content="Still there?").status == "completed"
