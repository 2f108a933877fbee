"""A run on its way: statuses, ends, cancellation, the lock on its thread (contract §3)."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from threading import Barrier
from threading import Thread as Worker
from typing import TypeVar

import httpx2
import openai
import pytest
from openai.types.beta import Assistant, Thread
from openai.types.beta.threads import Run
from support.recording import Recorder
from support.scripted import Scripted
from support.talking import ask, async_azure, azure, error_of, refusal

from mock_endpoint.models import tokens
from mock_endpoint.models.base import Event, Failed, Prompt
from mock_endpoint.runs import run_status
from mock_endpoint.server import Running
from mock_endpoint.state.store import Store

from .conftest import Starter

T = TypeVar("T")


ENDS = ("cancelled_at", "failed_at", "completed_at")


def until(condition: Callable[[], T | None], seconds: float = 5) -> T:
    """The first true value of the condition; it is asked again and again."""
    end = time.monotonic() + seconds
    while not (value := condition()):
        assert time.monotonic() < end, "it did not come to that"
        time.sleep(0.005)
    return value


def asked(client: openai.OpenAI, assistant: Assistant, text: str) -> Run:
    """A run that has not ended, on a new thread with this message."""
    return client.beta.threads.create_and_run(
        assistant_id=assistant.id, thread={"messages": [{"role": "user", "content": text}]}
    )


def in_progress(client: openai.OpenAI, run: Run) -> Run:
    """The run as soon as it is on its way."""
    return until(lambda: _if(client.beta.threads.runs.retrieve(run.id, thread_id=run.thread_id), "in_progress"))


def _if(run: Run, status: str) -> Run | None:
    return run if run.status == status else None


def test_completed(client: openai.AzureOpenAI, assistant: Assistant, model: Scripted) -> None:
    """Contract §3.1, §12.16 – 17: exactly one end, no expiry, a usage that adds up."""
    run = ask(client, assistant, "hello")
    assert (run.status, run.expires_at, run.last_error, run.incomplete_details) == ("completed", None, None, None)
    assert [name for name in ENDS if getattr(run, name) is not None] == ["completed_at"]
    assert run.started_at is not None
    assert run.completed_at is not None
    assert run.created_at <= run.started_at <= run.completed_at
    assert run.usage is not None
    assert run.usage.completion_tokens == tokens.count("echo: hello")
    assert run.usage.prompt_tokens == tokens.of_prompt(model.prompts[-1])
    assert run.usage.total_tokens == run.usage.prompt_tokens + run.usage.completion_tokens


def test_statuses_on_the_way(starting: Starter, recorder: Recorder) -> None:
    """Contract §3.1: queued, then in_progress with `started_at` and still an expiry, then completed."""
    with azure(starting(pace=0.4), recorder) as client:
        assistant = client.beta.assistants.create(model="gpt-4o", instructions="Answer.")
        run = asked(client, assistant, "hello")
        assert client.beta.threads.runs.retrieve(run.id, thread_id=run.thread_id).status == "queued"
        moving = in_progress(client, run)
        assert (moving.expires_at, moving.usage, moving.completed_at) == (run.created_at + 600, None, None)
        assert moving.started_at is not None
        assert client.beta.threads.runs.poll(run.id, thread_id=run.thread_id).status == "completed"


@pytest.mark.parametrize(
    ("text", "code", "message"),
    [
        (
            "fail rate_limit_exceeded Rate limit is exceeded. Try again in 60 seconds.",
            "rate_limit_exceeded",
            "Rate limit is exceeded. Try again in 60 seconds.",
        ),
        ("fail invalid_prompt No.", "invalid_prompt", "No."),
        ("break", "server_error", "Sorry, something went wrong."),
    ],
)
def test_failing_model(client: openai.AzureOpenAI, assistant: Assistant, text: str, code: str, message: str) -> None:
    """Contract §3.4: a failed run with HTTP 200; the thread is free again, and no message is left open."""
    run = ask(client, assistant, text)
    assert run.status == "failed"
    assert run.last_error is not None
    assert (run.last_error.code, run.last_error.message, run.expires_at) == (code, message, None)
    assert [name for name in ENDS if getattr(run, name) is not None] == ["failed_at"]
    said = [(message.role, message.status) for message in client.beta.threads.messages.list(run.thread_id)]
    assert said == [("user", "completed")], "who never spoke leaves no empty message"
    client.beta.threads.messages.create(run.thread_id, role="user", content="again")
    again = client.beta.threads.runs.create_and_poll(thread_id=run.thread_id, assistant_id=assistant.id)
    assert again.status == "completed"


def test_slow_model_expires(starting: Starter, recorder: Recorder) -> None:
    """Contract §3.1: past `expires_at` a slow run becomes `expired`; there is no `expired_at`; the thread unlocks."""
    with azure(starting(run_ttl=1), recorder) as client:
        assistant = client.beta.assistants.create(model="gpt-4o", instructions="Answer.")
        run = asked(client, assistant, "wait")
        assert run.expires_at == run.created_at + 1
        run = client.beta.threads.runs.poll(run.id, thread_id=run.thread_id)
        assert (run.status, run.expires_at, run.usage) == ("expired", None, None)
        assert [name for name in ENDS if getattr(run, name) is not None] == []
        answer = client.beta.threads.messages.list(run.thread_id).data[0]
        assert answer.incomplete_details is not None
        assert (answer.status, answer.incomplete_details.reason) == ("incomplete", "run_expired")
        client.beta.threads.messages.create(run.thread_id, role="user", content="again")


def test_cancel(client: openai.AzureOpenAI, assistant: Assistant) -> None:
    """Contract §3.4, §12.1, §12.13: answered with `cancelling`, which ends soon."""
    run = in_progress(client, asked(client, assistant, "wait"))
    leaving = client.beta.threads.runs.cancel(run.id, thread_id=run.thread_id)
    assert (leaving.status, leaving.cancelled_at, leaving.expires_at) == ("cancelling", None, run.expires_at)
    end = client.beta.threads.runs.poll(run.id, thread_id=run.thread_id)
    assert (end.status, end.expires_at, end.required_action) == ("cancelled", None, None)
    assert [name for name in ENDS if getattr(end, name) is not None] == ["cancelled_at"]
    answer = client.beta.threads.messages.list(run.thread_id).data[0]
    assert answer.incomplete_details is not None
    assert (answer.status, answer.incomplete_details.reason) == ("incomplete", "run_cancelled")
    assert [part.text.value for part in answer.content if part.type == "text"] == ["Hm"], "what was said is kept"
    client.beta.threads.messages.create(run.thread_id, role="user", content="again")


def test_cancel_at_once(starting: Starter, recorder: Recorder) -> None:
    """A queued run can be cancelled as well, and never starts."""
    with azure(starting(pace=5), recorder) as client:
        assistant = client.beta.assistants.create(model="gpt-4o", instructions="Answer.")
        run = asked(client, assistant, "x")
        client.beta.threads.runs.cancel(run.id, thread_id=run.thread_id)
        end = client.beta.threads.runs.poll(run.id, thread_id=run.thread_id)
        assert (end.status, end.started_at) == ("cancelled", None)
        assert len(client.beta.threads.messages.list(run.thread_id).data) == 1


@pytest.mark.parametrize(("text", "status"), [("x", "completed"), ("break", "failed")])
def test_cancel_a_finished_run(
    client: openai.AzureOpenAI, raw: httpx2.Client, assistant: Assistant, text: str, status: str
) -> None:
    """Contract §3.3: refused with the status in the text."""
    run = ask(client, assistant, text)
    response = raw.post(f"threads/{run.thread_id}/runs/{run.id}/cancel", headers={"content-type": "application/json"})
    assert (response.status_code, error_of(response)) == (400, refusal(f"Cannot cancel run with status '{status}'."))


def test_active_run_locks_its_thread(client: openai.AzureOpenAI, raw: httpx2.Client, assistant: Assistant) -> None:
    """Contract §3.3, §12.15: no message, no second run; 400 and not 409, or the client would try again."""
    run = asked(client, assistant, "wait")
    response = raw.post(f"threads/{run.thread_id}/messages", json={"role": "user", "content": "x"})
    text = f"Can't add messages to {run.thread_id} while a run {run.id} is active."
    assert (response.status_code, error_of(response)) == (400, refusal(text))
    response = raw.post(f"threads/{run.thread_id}/runs", json={"assistant_id": assistant.id})
    text = f"Thread {run.thread_id} already has an active run {run.id}."
    assert (response.status_code, error_of(response)) == (400, refusal(text))
    client.beta.threads.runs.cancel(run.id, thread_id=run.thread_id)


def test_refusals_are_not_retried(endpoint: Running, recorder: Recorder, assistant: Assistant) -> None:
    """Contract §11, §12.15: a client with its default retries sends a refused request once."""
    with azure(endpoint, recorder, max_retries=2) as client:
        run = asked(client, assistant, "wait")
        recorder.requests.clear()
        with pytest.raises(openai.BadRequestError):
            client.beta.threads.messages.create(run.thread_id, role="user", content="x")
        assert len(recorder.requests) == 1
        client.beta.threads.runs.cancel(run.id, thread_id=run.thread_id)


def test_two_racing_runs(endpoint: Running, recorder: Recorder, assistant: Assistant) -> None:
    """Contract §12.49: of two runs created at once on a thread exactly one is."""
    with azure(endpoint, recorder) as client:
        for _ in range(5):
            thread = client.beta.threads.create(messages=[{"role": "user", "content": "wait"}])
            assert sorted(_race(client, thread, assistant)) == [200, 400]
            (run,) = client.beta.threads.runs.list(thread.id).data
            client.beta.threads.runs.cancel(run.id, thread_id=thread.id)


def _race(client: openai.AzureOpenAI, thread: Thread, assistant: Assistant) -> list[int]:
    statuses: list[int] = []
    barrier = Barrier(2)

    def create() -> None:
        barrier.wait()
        try:
            client.beta.threads.runs.create(thread.id, assistant_id=assistant.id)
            statuses.append(200)
        except openai.BadRequestError as error:
            statuses.append(error.status_code)

    workers = [Worker(target=create) for _ in range(2)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    return statuses


def test_deleting_the_thread_of_a_run_on_its_way(client: openai.AzureOpenAI, assistant: Assistant) -> None:
    """The run ends silently with its thread."""
    run = in_progress(client, asked(client, assistant, "wait"))
    client.beta.threads.delete(run.thread_id)
    with pytest.raises(openai.NotFoundError):
        client.beta.threads.runs.retrieve(run.id, thread_id=run.thread_id)


def test_deleting_the_message_that_is_being_written(starting: Starter, recorder: Recorder) -> None:
    """Contract §14.10: even then the run comes to an end and the thread unlocks."""
    with azure(starting(model=Hesitant()), recorder) as client:
        assistant = client.beta.assistants.create(model="gpt-4o", instructions="Answer.")
        run = asked(client, assistant, "x")
        messages = client.beta.threads.messages
        newest = until(lambda: [m for m in messages.list(run.thread_id).data if m.role == "assistant"])[0]
        messages.delete(newest.id, thread_id=run.thread_id)
        end = until(lambda: _ended(client, run))
        assert end.status == "completed"
        messages.create(run.thread_id, role="user", content="free")


class Hesitant(Scripted):
    """Takes a moment between the opening of the message and its end."""

    async def answer(self, prompt: Prompt) -> AsyncIterator[Event]:
        """The events of one answer."""
        await asyncio.sleep(0.3)
        async for event in super().answer(prompt):
            yield event


def _ended(client: openai.AzureOpenAI, run: Run) -> Run | None:
    found = client.beta.threads.runs.retrieve(run.id, thread_id=run.thread_id)
    return found if found.status not in ("queued", "in_progress", "cancelling") else None


def test_async_race(endpoint: Running, recorder: Recorder, assistant: Assistant) -> None:
    """Contract §12.49 through the async client, ten at once."""

    async def race() -> list[object]:
        async with async_azure(endpoint, recorder) as client:
            thread = await client.beta.threads.create(messages=[{"role": "user", "content": "wait"}])
            runs = [client.beta.threads.runs.create(thread.id, assistant_id=assistant.id) for _ in range(10)]
            results = await asyncio.gather(*runs, return_exceptions=True)
            await client.beta.threads.delete(thread.id)
            return list(results)

    results = asyncio.run(race())
    assert sum(isinstance(result, Run) for result in results) == 1
    assert sum(isinstance(result, openai.BadRequestError) for result in results) == 9


class CancelledElsewhere(Scripted):
    """Fails in the moment after another process has cancelled the run of the thread that the instructions name."""

    def __init__(self, state: Path) -> None:
        super().__init__()
        self.state = state

    async def answer(self, prompt: Prompt) -> AsyncIterator[Event]:
        """The events of one answer."""
        store = Store(self.state)
        run = store.active_run(prompt.instructions)
        assert run is not None
        await run_status.advance(store, run, "cancelling")
        store.close()
        yield Failed("server_error", "too late")


def test_cancelled_elsewhere_just_before_its_end(starting: Starter, recorder: Recorder, state: Path) -> None:
    """Contract §12.13: `cancelling` comes to an end however late it was written."""
    with azure(starting(model=CancelledElsewhere(state)), recorder) as client:
        assistant = client.beta.assistants.create(model="gpt-4o")
        thread = client.beta.threads.create()
        run = client.beta.threads.runs.create(thread.id, assistant_id=assistant.id, instructions=thread.id)
        assert until(lambda: _ended(client, run)).status == "cancelled"
