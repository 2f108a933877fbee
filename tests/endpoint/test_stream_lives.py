"""Streams in time: arrival, hang-ups, neighbours, several processes (contract §5, §12.49)."""

import contextlib
import sqlite3
import threading
import time
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any

import httpx2
import openai
import pytest
from openai.types.beta import Assistant
from support.events import squeezed
from support.processes import Serving
from support.recording import Recorder
from support.scripted import Scripted
from support.talking import V2, assistant_of, azure, call_ids, calling, waiting

from mock_endpoint import server
from mock_endpoint.server import Running
from mock_endpoint.service import Service
from mock_endpoint.state.store import Store

from .conftest import Starter
from .test_run_lives import until


@pytest.fixture
def service(monkeypatch: pytest.MonkeyPatch) -> list[Service]:
    """What the endpoints that are started from now on hold inside."""
    made: list[Service] = []

    class Noted(Service):
        def __init__(self, *values: Any, **named: Any) -> None:  # noqa: ANN401
            super().__init__(*values, **named)
            made.append(self)

    monkeypatch.setattr(server, "Service", Noted)
    return made


def test_pace(starting: Starter, recorder: Recorder) -> None:
    """A paced answer thinks first, then comes piece by piece: the first is here long before the last is written."""
    with azure(starting(pace=0.4), recorder) as client:
        thread = client.beta.threads.create(messages=[{"role": "user", "content": "many 40"}])
        assistant, began = assistant_of(client), time.monotonic()
        moments: dict[str, float] = {}
        statuses: list[str] = []
        for event in client.beta.threads.runs.create(thread.id, assistant_id=assistant, stream=True):
            moments[event.event] = time.monotonic() - began
            if event.event == "thread.message.delta" and not statuses:
                statuses = [run.status for run in client.beta.threads.runs.list(thread.id)]
    assert statuses == ["in_progress"]
    assert moments["thread.run.in_progress"] > 0.09, "a quarter of the pace"
    assert moments["thread.message.created"] > 0.39, "the pace"
    assert moments["thread.run.completed"] > 0.39 + 40 * 0.0099, "a fortieth of the pace for each piece"


def test_hang_up(starting: Starter, recorder: Recorder, service: list[Service]) -> None:
    """Contract §5: a client that goes away leaves a run that ends as if it had stayed; nothing is held for it."""
    with azure(starting(pace=0.1), recorder) as client:
        thread = client.beta.threads.create(messages=[{"role": "user", "content": "many 100"}])
        runs = client.beta.threads.runs
        stream = runs.create(thread.id, assistant_id=assistant_of(client), stream=True)
        for event in stream:
            if event.event == "thread.message.delta":
                break
        stream.close()
        (run,) = runs.list(thread.id).data
        assert run.status == "in_progress"
        (worker,) = service[0].workers.values()
        until(lambda: not worker.events.feed.open)
        assert worker.events.feed.waiting == [], "nothing is kept for nobody"
        assert runs.poll(run.id, thread_id=thread.id).status == "completed"
        answer = client.beta.threads.messages.list(thread.id).data[0]
        assert answer.content[0].type == "text"
        assert answer.content[0].text.value == "echo: " + "word " * 100
        until(lambda: not service[0].workers)
        client.beta.threads.messages.create(thread.id, role="user", content="free")


def test_a_long_stream_leaves_room(endpoint: Running, recorder: Recorder, assistant: Assistant) -> None:
    """While an answer of many pieces is written, other requests are answered in between, not after it."""
    written = threading.Event()
    moments: list[float] = []
    with azure(endpoint, recorder) as client, httpx2.Client(headers={"api-key": endpoint.key}, params=V2) as other:
        body = {
            "assistant_id": assistant.id,
            "stream": True,
            "thread": {"messages": [{"role": "user", "content": "many 40000"}]},
        }

        def write() -> None:
            with other.stream("POST", f"{endpoint.url}/openai/threads/runs", json=body, timeout=60) as response:
                for line in response.iter_lines():
                    if "message.created" in line:
                        written.set()
            moments.append(time.monotonic())

        writer = threading.Thread(target=write)
        writer.start()
        assert written.wait(30)
        answered = [time.monotonic()]
        while writer.is_alive():
            client.beta.assistants.retrieve(assistant.id)
            answered.append(time.monotonic())
        writer.join()
    waits = [later - earlier for earlier, later in pairwise(moment for moment in answered if moment < moments[0])]
    assert len(waits) >= 5, "so many were answered before the stream was over"
    assert max(waits) < (moments[0] - answered[0]) / 2, "none waited for it"


def test_streams_at_once(client: openai.AzureOpenAI, assistant: Assistant) -> None:
    """Eight streams side by side: each gets its own answer, whole."""
    texts: dict[int, str] = {}

    def listen(number: int) -> None:
        thread: Any = {"messages": [{"role": "user", "content": f"number {number} " * 30}]}
        with client.beta.threads.create_and_run_stream(assistant_id=assistant.id, thread=thread) as stream:
            texts[number] = "".join(stream.text_deltas)

    listeners = [threading.Thread(target=listen, args=(number,)) for number in range(8)]
    for listener in listeners:
        listener.start()
    for listener in listeners:
        listener.join()
    assert texts == {number: "echo: " + f"number {number} " * 30 for number in range(8)}


def test_a_stream_that_nobody_reads(endpoint: Running, client: openai.AzureOpenAI, assistant: Assistant) -> None:
    """A client that stays and does not read holds up its own answer only, not the run."""
    thread = client.beta.threads.create(messages=[{"role": "user", "content": "many 3000"}])
    url = f"{endpoint.url}/openai/v1/threads/{thread.id}/runs"
    body = {"assistant_id": assistant.id, "stream": True}
    with httpx2.stream("POST", url, json=body, headers={"api-key": endpoint.key}) as response:
        (run,) = client.beta.threads.runs.list(thread.id).data
        assert client.beta.threads.runs.poll(run.id, thread_id=thread.id).status == "completed"
        text = response.read().decode()
    assert text.count("event: thread.message.delta") == 3002
    assert text.endswith("event: done\ndata: [DONE]\n\n")


def test_a_run_between_two_processes(state: Path, recorder: Recorder) -> None:
    """Contract §12.13, §12.49, §14.8: a stream hears of a cancellation by the other process; whoever takes the outputs
    takes the run, which survives the death of the first."""
    with Serving(state) as two, Serving(state) as one, azure(two, recorder) as there:
        with azure(one, recorder) as here:
            assistant = assistant_of(here)
            _cancel_there(here, there, assistant)
            run, cancelled = (waiting(here, here.beta.assistants.retrieve(assistant), ("f", {"a": 1})) for _ in "12")
            there.beta.threads.runs.cancel(cancelled.id, thread_id=cancelled.thread_id)
            end = here.beta.threads.runs.poll(cancelled.id, thread_id=cancelled.thread_id)
            assert (end.status, end.required_action) == ("cancelled", None)
        one.kill()
        assert there.beta.threads.runs.retrieve(run.id, thread_id=run.thread_id) == run
        outputs: Any = [{"tool_call_id": call_ids(run)[0], "output": "rain"}]
        with there.beta.threads.runs.submit_tool_outputs_stream(
            run_id=run.id, thread_id=run.thread_id, tool_outputs=outputs
        ) as stream:
            assert "".join(stream.text_deltas) == "echo: rain"
        assert there.beta.threads.runs.retrieve(run.id, thread_id=run.thread_id).status == "completed"


def _cancel_there(here: openai.OpenAI, there: openai.OpenAI, assistant: str) -> None:
    thread = here.beta.threads.create(messages=[{"role": "user", "content": "wait"}])
    names = []
    for event in here.beta.threads.runs.create(thread.id, assistant_id=assistant, stream=True):
        names.append(event.event)
        if event.event == "thread.message.delta":
            (run,) = there.beta.threads.runs.list(thread.id).data
            assert there.beta.threads.runs.cancel(run.id, thread_id=thread.id).status == "cancelling"
    assert squeezed(names)[-4:] == ["run.cancelling", "message.incomplete", "run.step.cancelled", "run.cancelled"]


def test_killed_in_the_second_round(state: Path, recorder: Recorder) -> None:
    """Contract §14.10: the run reads `expired`; what was called stays, with the outputs; the thread is free."""
    with Serving(state) as two, azure(two, recorder) as there:
        with Serving(state, pace=5) as slow, azure(slow, recorder) as doomed:
            thread: Any = {"messages": [{"role": "user", "content": calling(("f", {"a": 1}))}]}
            run = there.beta.threads.create_and_run_poll(assistant_id=assistant_of(there), thread=thread)
            outputs: Any = [{"tool_call_id": call_ids(run)[0], "output": "rain"}]
            sent = doomed.beta.threads.runs.submit_tool_outputs(run.id, thread_id=run.thread_id, tool_outputs=outputs)
            assert sent.status == "queued"
            assert there.beta.threads.runs.retrieve(run.id, thread_id=run.thread_id).status == "queued"
        assert there.beta.threads.runs.retrieve(run.id, thread_id=run.thread_id).status == "expired"
        (step,) = there.beta.threads.runs.steps.list(run.id, thread_id=run.thread_id).data
        assert step.step_details.type == "tool_calls"
        assert step.step_details.tool_calls[0].type == "function"
        assert (step.status, step.step_details.tool_calls[0].function.output) == ("completed", "rain")
        there.beta.threads.messages.create(run.thread_id, role="user", content="free")


def test_restart_while_waiting(starting: Starter, recorder: Recorder) -> None:
    """A run that waits for outputs waits on over a restart; the outputs are taken afterwards."""
    model = Scripted()
    with azure(first := starting(model=model), recorder) as client:
        thread: Any = {"messages": [{"role": "user", "content": calling(("f", {"a": 1}))}]}
        run = client.beta.threads.create_and_run_poll(assistant_id=assistant_of(client), thread=thread)
    first.stop()
    with azure(starting(model=model), recorder) as client:
        assert client.beta.threads.runs.retrieve(run.id, thread_id=run.thread_id) == run
        end = client.beta.threads.runs.submit_tool_outputs_and_poll(
            run_id=run.id,
            thread_id=run.thread_id,
            tool_outputs=[{"tool_call_id": call_ids(run)[0], "output": "rain"}],
        )
        assert (end.status, model.prompts[-1].turns[-1].calls[0].output) == ("completed", "rain")


def test_a_state_that_cannot_be_written(
    starting: Starter, monkeypatch: pytest.MonkeyPatch, logged: Callable[[], str]
) -> None:
    """Contract §5.1: where not even the end of a run can be kept, the stream says so, and the client raises it."""
    endpoint, version = starting(), V2["api-version"]

    def fail(*_: object) -> None:
        raise sqlite3.OperationalError("disk I/O error")

    with openai.AzureOpenAI(azure_endpoint=endpoint.url, api_key=endpoint.key, api_version=version) as client:
        thread, assistant = client.beta.threads.create(), assistant_of(client)
        monkeypatch.setattr(Store, "replace", fail)
        with pytest.raises(openai.APIError, match=r"could not be written: disk I/O error"):
            list(client.beta.threads.runs.create(thread.id, assistant_id=assistant, stream=True))
        monkeypatch.undo()
    assert "could not be written" in logged()


@pytest.mark.parametrize("fault", ["none", "timeout"])
def test_stopped_in_the_middle(starting: Starter, recorder: Recorder, logged: Callable[[], str], fault: str) -> None:
    """A server that stops lets go of who still listens or waits, without a word on the screen."""
    endpoint = starting()
    with azure(endpoint, recorder) as client, httpx2.Client(headers={"api-key": endpoint.key}) as unchecked:
        thread = client.beta.threads.create(messages=[{"role": "user", "content": "wait"}])
        url = f"{endpoint.url}/openai/v1/threads/{thread.id}/runs"
        body = {"assistant_id": assistant_of(client), "stream": True}

        def listen() -> None:
            with contextlib.suppress(httpx2.TransportError):
                unchecked.post(url, json=body, headers={"x-kit-fault": fault})

        listener = threading.Thread(target=listen)
        listener.start()
        until(lambda: client.beta.threads.messages.list(thread.id).data[0].role == "assistant")
        endpoint.stop()
        listener.join(10)
    assert not listener.is_alive()
    assert logged() == ""
