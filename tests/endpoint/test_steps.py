"""`client.beta.threads.runs.steps`: what a run did (contract §4)."""

import httpx2
import openai
import pytest
from openai.types.beta import Assistant
from support.talking import ask, error_of, refusal


def test_message_step(client: openai.AzureOpenAI, raw: httpx2.Client, assistant: Assistant) -> None:
    """Contract §4: both spellings of the expiry; the message it names; the run's usage."""
    run = ask(client, assistant, "hello")
    (step,) = raw.get(f"threads/{run.thread_id}/runs/{run.id}/steps").json()["data"]
    answer = client.beta.threads.messages.list(run.thread_id).data[0]
    assert raw.get(f"threads/{run.thread_id}/runs/{run.id}/steps/{step['id']}").json() == step
    assert step.pop("id").startswith("step_")
    assert isinstance(step.pop("created_at"), int)
    assert isinstance(step.pop("completed_at"), int)
    assert run.usage is not None
    assert step == {
        "object": "thread.run.step",
        "run_id": run.id,
        "assistant_id": assistant.id,
        "thread_id": run.thread_id,
        "type": "message_creation",
        "status": "completed",
        "step_details": {"type": "message_creation", "message_creation": {"message_id": answer.id}},
        "last_error": None,
        "expires_at": None,
        "expired_at": None,
        "cancelled_at": None,
        "failed_at": None,
        "metadata": {},
        "usage": run.usage.model_dump(),
    }


@pytest.mark.parametrize(
    ("text", "options", "end"),
    [
        ("fail server_error No.", {}, ("failed", "failed_at")),
        ("a " * 300, {"max_completion_tokens": 256}, ("completed", "completed_at")),
    ],
)
def test_step_ends_with_its_run(
    client: openai.AzureOpenAI, assistant: Assistant, text: str, options: dict[str, int], end: tuple[str, str]
) -> None:
    """Contract §4: an open step takes the end of its run; exactly one time says when."""
    run = ask(client, assistant, text, **options)
    for step in client.beta.threads.runs.steps.list(run.id, thread_id=run.thread_id):
        assert step.status == end[0]
        stamps = ("completed_at", "failed_at", "cancelled_at", "expired_at")
        assert [name for name in stamps if getattr(step, name) is not None] == [end[1]]
        assert (step.last_error and step.last_error.message) == (run.last_error and run.last_error.message)


def test_step_of_a_cancelled_run(client: openai.AzureOpenAI, assistant: Assistant) -> None:
    """Contract §4."""
    thread = client.beta.threads.create(messages=[{"role": "user", "content": "wait"}])
    runs = client.beta.threads.runs
    run = runs.create(thread.id, assistant_id=assistant.id)
    while not (steps := runs.steps.list(run.id, thread_id=thread.id).data):
        assert runs.retrieve(run.id, thread_id=thread.id).status in ("queued", "in_progress")
    assert (steps[0].status, steps[0].usage, steps[0].completed_at) == ("in_progress", None, None)
    runs.cancel(run.id, thread_id=thread.id)
    runs.poll(run.id, thread_id=thread.id)
    step = runs.steps.retrieve(steps[0].id, run_id=run.id, thread_id=thread.id)
    assert (step.status, step.cancelled_at is not None, step.completed_at) == ("cancelled", True, None)


def test_steps_of_another_run(client: openai.AzureOpenAI, raw: httpx2.Client, assistant: Assistant) -> None:
    """A step is reachable under its own run only."""
    one, other = ask(client, assistant, "one"), ask(client, assistant, "two")
    (step,) = client.beta.threads.runs.steps.list(one.id, thread_id=one.thread_id).data
    response = raw.get(f"threads/{other.thread_id}/runs/{other.id}/steps/{step.id}")
    assert (response.status_code, error_of(response)) == (404, refusal(f"No step found with id '{step.id}'."))
    response = raw.get(f"threads/{other.thread_id}/runs/{one.id}/steps")
    assert (response.status_code, error_of(response)) == (404, refusal(f"No run found with id '{one.id}'."))
