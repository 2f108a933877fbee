"""Outputs that are refused, and what else can happen to a run that waits for them (contract §3.2 – §3.4)."""

import threading
import time
from collections.abc import Callable
from typing import Any

import httpx2
import openai
import pytest
from openai.types.beta import Assistant
from openai.types.beta.threads import Run
from support.recording import Recorder
from support.talking import OLD, azure, call_ids, calling, error_of, refusal, waiting

from mock_endpoint.server import Running

from .conftest import Starter
from .test_run_lives import asked, in_progress

CALLS: tuple[tuple[str, Any], ...] = (("tide", {}), ("forecast", {"city": "Nara"}))


OUTPUTS: dict[str, Any] = {"tool_outputs": "of the run"}
RUN: dict[str, Any] = {"assistant_id": "of the test"}
LOOKS: dict[str, tuple[str, str, dict[str, Any] | None, str]] = {
    "the run": ("GET", "runs/{run}", None, ""),
    "the list": ("GET", "runs", None, ""),
    "the steps": ("GET", "runs/{run}/steps", None, ""),
    "a message": ("POST", "messages", {"role": "user", "content": "free"}, ""),
    "another run": ("POST", "runs", RUN, ""),
    "outputs": (
        "POST",
        "runs/{run}/submit_tool_outputs",
        OUTPUTS,
        'Runs in status "expired" do not accept tool outputs.',
    ),
    "a cancellation": ("POST", "runs/{run}/cancel", None, "Cannot cancel run with status 'expired'."),
}
"""Ways to look at a run whose time is over, and how they are refused."""


@pytest.fixture
def run(client: openai.AzureOpenAI, assistant: Assistant) -> Run:
    """A run that waits for the outputs of two functions."""
    return waiting(client, assistant, *CALLS)


def submit(raw: httpx2.Client, run: Run, *ids: str | None, **more: object) -> httpx2.Response:
    """Submit an output for each of these ids."""
    body = {"tool_outputs": [{"tool_call_id": call_id, "output": "x"} for call_id in ids]} | more
    return raw.post(f"threads/{run.thread_id}/runs/{run.id}/submit_tool_outputs", json=body)


WRONG: list[Callable[[str, str], tuple[list[str | None], list[str]]]] = [
    lambda a, b: ([a], [a]),
    lambda a, b: ([b], [b]),
    lambda a, b: ([], []),
    lambda a, b: ([a, b, "call_other"], [a, b, "call_other"]),
    lambda a, b: ([a, "call_other"], [a, "call_other"]),
    lambda a, b: ([a, b, b], [a, b, b]),
    lambda a, b: ([a, a], [a, a]),
    lambda a, b: ([a, None], [a]),
]


@pytest.mark.parametrize("wrong", WRONG)
@pytest.mark.parametrize("stream", [False, True])
def test_other_outputs(
    client: openai.AzureOpenAI,
    raw: httpx2.Client,
    run: Run,
    wrong: Callable[[str, str], tuple[list[str | None], list[str]]],
    stream: bool,
) -> None:
    """Contract §3.3, §12.19: a part, none, unknown, too many, twice: the expected ids are named, nothing changes."""
    expected = call_ids(run)
    ids, got = wrong(*expected)
    response = submit(raw, run, *ids, stream=stream)
    text = f"Expected tool outputs for call_ids ['{expected[0]}', '{expected[1]}'], got {got}"
    assert (response.status_code, error_of(response)) == (400, refusal(text))
    assert client.beta.threads.runs.retrieve(run.id, thread_id=run.thread_id) == run


@pytest.mark.parametrize(
    ("body", "error"),
    [
        ({}, refusal("Missing required parameter: 'tool_outputs'.", "tool_outputs", "missing_required_parameter")),
        (
            {"tool_outputs": [{"tool_call_id": "call_x", "output": {"a": 1}}]},
            refusal(
                "Invalid type for 'tool_outputs[0].output': expected a string, but got an object instead.",
                "tool_outputs[0].output",
                "invalid_type",
            ),
        ),
        (
            {"tool_outputs": [], "outputs": []},
            refusal("Unknown parameter: 'outputs'.", "outputs", "unknown_parameter"),
        ),
    ],
)
def test_bodies(raw: httpx2.Client, run: Run, body: dict[str, Any], error: dict[str, Any]) -> None:
    """Contract §3.2, §8.1: `output` is a string."""
    response = raw.post(f"threads/{run.thread_id}/runs/{run.id}/submit_tool_outputs", json=body)
    assert (response.status_code, error_of(response)) == (400, error)


@pytest.mark.parametrize("text", ["hello", "wait", "break"])
def test_outputs_that_nobody_asked_for(
    client: openai.AzureOpenAI, raw: httpx2.Client, assistant: Assistant, text: str
) -> None:
    """Contract §3.3: the text says in which status the run is."""
    run = asked(client, assistant, text)
    runs = client.beta.threads.runs
    run = in_progress(client, run) if text == "wait" else runs.poll(run.id, thread_id=run.thread_id)
    response = submit(raw, run, "call_x")
    text = f'Runs in status "{run.status}" do not accept tool outputs.'
    assert (response.status_code, error_of(response)) == (400, refusal(text))
    if run.status == "in_progress":
        runs.cancel(run.id, thread_id=run.thread_id)


def test_outputs_twice(starting: Starter, recorder: Recorder) -> None:
    """Contract §3.3: a run that is queued for its second round takes no more; neither does a cancelled one."""
    with azure(starting(pace=0.4), recorder) as slow:
        assistant = slow.beta.assistants.create(model="gpt-4o", instructions="Answer.")
        run = waiting(slow, assistant, *CALLS)
        outputs: Any = [{"tool_call_id": call_id, "output": "x"} for call_id in call_ids(run)]
        slow.beta.threads.runs.submit_tool_outputs(run.id, thread_id=run.thread_id, tool_outputs=outputs)
        with pytest.raises(openai.BadRequestError, match='Runs in status "queued" do not accept'):
            slow.beta.threads.runs.submit_tool_outputs(run.id, thread_id=run.thread_id, tool_outputs=outputs)
        slow.beta.threads.runs.cancel(run.id, thread_id=run.thread_id)
        slow.beta.threads.runs.poll(run.id, thread_id=run.thread_id)
        with pytest.raises(openai.BadRequestError, match='Runs in status "cancelled" do not accept'):
            slow.beta.threads.runs.submit_tool_outputs(run.id, thread_id=run.thread_id, tool_outputs=outputs)


def test_the_lock(client: openai.AzureOpenAI, raw: httpx2.Client, assistant: Assistant, run: Run) -> None:
    """Contract §3.3, §12.15: a waiting run locks its thread: 400 with both ids, and not 409."""
    response = raw.post(f"threads/{run.thread_id}/messages", json={"role": "user", "content": "x"})
    text = f"Can't add messages to {run.thread_id} while a run {run.id} is active."
    assert (response.status_code, error_of(response)) == (400, refusal(text))
    for stream in (False, True):
        body = {"assistant_id": assistant.id, "stream": stream}
        response = raw.post(f"threads/{run.thread_id}/runs", json=body)
        text = f"Thread {run.thread_id} already has an active run {run.id}."
        assert (response.status_code, error_of(response)) == (400, refusal(text))


def test_metadata_while_waiting(client: openai.AzureOpenAI, raw: httpx2.Client, run: Run) -> None:
    """Contract §12.48: a change of metadata changes nothing else, and the outputs are taken afterwards."""
    changed = client.beta.threads.runs.update(run.id, thread_id=run.thread_id, metadata={"a": "1"})
    assert changed == run.model_copy(update={"metadata": {"a": "1"}})
    assert submit(raw, run, *call_ids(run)).status_code == 200
    end = client.beta.threads.runs.poll(run.id, thread_id=run.thread_id)
    assert (end.status, end.metadata) == ("completed", {"a": "1"})


def test_cancel_while_waiting(client: openai.AzureOpenAI, raw: httpx2.Client, run: Run) -> None:
    """Contract §3.1, §3.2, §3.4, §12.13, §12.18: through `cancelling`; its step ends with it; nothing is required."""
    leaving = client.beta.threads.runs.cancel(run.id, thread_id=run.thread_id)
    assert (leaving.status, leaving.required_action, leaving.cancelled_at) == ("cancelling", None, None)
    end = client.beta.threads.runs.poll(run.id, thread_id=run.thread_id)
    assert (end.status, end.required_action, end.expires_at, end.usage) == ("cancelled", None, None, run.usage)
    assert end.cancelled_at is not None
    (step,) = client.beta.threads.runs.steps.list(run.id, thread_id=run.thread_id).data
    assert (step.status, step.cancelled_at is not None, step.completed_at) == ("cancelled", True, None)
    response = submit(raw, run, *call_ids(run))
    assert error_of(response) == refusal('Runs in status "cancelled" do not accept tool outputs.')
    client.beta.threads.messages.create(run.thread_id, role="user", content="free")


def test_delete_while_waiting(client: openai.AzureOpenAI, raw: httpx2.Client, run: Run) -> None:
    """Contract §12.33: outputs for a run whose thread is gone find nothing."""
    client.beta.threads.delete(run.thread_id)
    response = submit(raw, run, *call_ids(run))
    assert (response.status_code, error_of(response)) == (404, refusal(f"No thread found with id '{run.thread_id}'."))


def test_expires_while_waiting(starting: Starter, recorder: Recorder) -> None:
    """Contract §3.1, §12.14: whoever looks first finds it expired, its step too, the thread unlocked."""
    endpoint = starting(run_ttl=2)
    headers = {"api-key": endpoint.key}
    with (
        azure(endpoint, recorder) as client,
        httpx2.Client(base_url=f"{endpoint.url}/openai/v1/", transport=recorder, headers=headers) as raw,
    ):
        assistant = client.beta.assistants.create(model="gpt-4o", instructions="Answer.")
        runs = {look: waiting(client, assistant, *CALLS) for look in LOOKS}
        for look, run in runs.items():
            assert run.expires_at == run.created_at + 2
            time.sleep(max(run.expires_at - time.time(), 0) + 0.01)
            method, path, body, refused = LOOKS[look]
            if body is OUTPUTS:
                body = {"tool_outputs": [{"tool_call_id": call_id} for call_id in call_ids(run)]}
            elif body is RUN:
                body = {"assistant_id": assistant.id}
            response = raw.request(method, f"threads/{run.thread_id}/{path.format(run=run.id)}", json=body)
            if refused:
                assert (response.status_code, error_of(response)) == (400, refusal(refused))
            else:
                assert response.status_code == 200
            _check_expired(client, run)


def _check_expired(client: openai.OpenAI, run: Run) -> None:
    end = client.beta.threads.runs.retrieve(run.id, thread_id=run.thread_id)
    assert (end.status, end.required_action, end.expires_at, end.usage) == ("expired", None, None, run.usage)
    assert [end.completed_at, end.failed_at, end.cancelled_at] == [None] * 3
    (step,) = client.beta.threads.runs.steps.list(run.id, thread_id=run.thread_id).data
    assert (step.status, step.expired_at is not None, step.completed_at) == ("expired", True, None)


def test_steps_say_when_they_expire(raw: httpx2.Client, run: Run) -> None:
    """Contract §4: both spellings while the step waits, and none of its times."""
    (step,) = raw.get(f"threads/{run.thread_id}/runs/{run.id}/steps").json()["data"]
    times = {name: step[name] for name in ("expired_at", "cancelled_at", "failed_at", "completed_at", "last_error")}
    assert (step["expires_at"], times) == (run.expires_at, dict.fromkeys(times))


def _at_once(*acts: Callable[[], httpx2.Response]) -> list[httpx2.Response]:
    barrier, answers = threading.Barrier(len(acts)), []

    def act(number: int) -> None:
        barrier.wait()
        answers.append((number, acts[number]()))

    actors = [threading.Thread(target=act, args=(number,)) for number in range(len(acts))]
    for actor in actors:
        actor.start()
    for actor in actors:
        actor.join()
    return [answer for _, answer in sorted(answers, key=lambda pair: pair[0])]


def test_two_submissions_at_once(
    endpoint: Running, client: openai.AzureOpenAI, raw: httpx2.Client, assistant: Assistant, recorder: Recorder
) -> None:
    """Contract §12.49: exactly one is taken; the run goes on once."""
    for _ in range(5):
        run = waiting(client, assistant, *CALLS)
        ids = call_ids(run)
        answers = _at_once(lambda: submit(raw, run, *ids), lambda: submit(raw, run, *ids))  # noqa: B023
        assert sorted(answer.status_code for answer in answers) == [200, 400]
        end = client.beta.threads.runs.poll(run.id, thread_id=run.thread_id)
        said = client.beta.threads.messages.list(run.thread_id, run_id=run.id).data
        assert (end.status, len(said)) == ("completed", 1)


def test_submission_against_cancellation(client: openai.AzureOpenAI, raw: httpx2.Client, assistant: Assistant) -> None:
    """Contract §12.13, §12.49: whoever comes first wins; the run ends either way, the thread is free."""
    for _ in range(5):
        run = waiting(client, assistant, *CALLS)
        ids, url = call_ids(run), f"threads/{run.thread_id}/runs/{run.id}/cancel"
        submitted, cancelled = _at_once(lambda: submit(raw, run, *ids), lambda: raw.post(url))  # noqa: B023
        end = client.beta.threads.runs.poll(run.id, thread_id=run.thread_id)
        assert (cancelled.status_code, end.status) in ((200, "cancelled"), (400, "completed"))
        if submitted.status_code != 200:
            assert error_of(submitted)["message"].startswith('Runs in status "cancel')
        client.beta.threads.messages.create(run.thread_id, role="user", content="free")


def test_old_shape(raw: httpx2.Client, assistant: Assistant) -> None:
    """Contract §1.3: the old api-version calls functions as well, and shows none of what came later."""
    thread: Any = {"messages": [{"role": "user", "content": calling(*CALLS)}]}
    run = raw.post("threads/runs", json={"assistant_id": assistant.id, "thread": thread}, params=OLD).json()
    url = f"threads/{run['thread_id']}/runs/{run['id']}"
    while (run := raw.get(url, params=OLD).json())["status"] != "requires_action":
        assert run["status"] in ("queued", "in_progress")
    assert run.keys().isdisjoint(
        {"usage", "tool_choice", "parallel_tool_calls", "tool_resources", "temperature", "incomplete_details"}
    )
    assert run["file_ids"] == []
    ids = [call["id"] for call in run["required_action"]["submit_tool_outputs"]["tool_calls"]]
    body = {"tool_outputs": [{"tool_call_id": call_id, "output": "x"} for call_id in ids]}
    assert raw.post(f"{url}/submit_tool_outputs", json=body, params=OLD).json()["status"] == "queued"
    while (run := raw.get(url, params=OLD).json())["status"] != "completed":
        assert run["status"] in ("queued", "in_progress")
    steps = raw.get(f"{url}/steps", params=OLD | {"order": "asc"}).json()["data"]
    assert [step["type"] for step in steps] == ["tool_calls", "message_creation"]
    assert [call["function"]["output"] for call in steps[0]["step_details"]["tool_calls"]] == ["x", "x"]
    assert "usage" not in steps[0]
