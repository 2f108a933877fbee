"""Failures on request: how they are asked for, and what the official client makes of them (contract §8.2, §9, §11)."""

import time
from collections.abc import Callable
from typing import Any

import httpx2
import openai
import pytest
from openai import APIStatusError
from openai.types.beta import Assistant, Thread
from support.recording import Recorder
from support.talking import azure, calling, error_of, plain, streamed, waiting

from mock_endpoint.http import faults
from mock_endpoint.server import Running

from .test_tool_outputs import submit

FAULT = "x-kit-fault"
BARE = "/v1"


def failing(client: openai.AzureOpenAI, fault: str, **options: Any) -> openai.AzureOpenAI:  # noqa: ANN401
    """The same client, every request of which asks for this fault."""
    return client.with_options(default_headers={FAULT: fault}, **options)


def tries(recorder: Recorder) -> list[tuple[str, int, str]]:
    """What the client counted, what it got, and which fault the answer named."""
    return [
        (request.headers["x-stainless-retry-count"], response.status_code, response.headers[FAULT])
        for request, response in zip(recorder.requests, recorder.responses, strict=True)
        if FAULT in request.headers
    ]


def test_rate_limit(client: openai.AzureOpenAI, recorder: Recorder) -> None:
    """Contract §8.1, §11, §12.37: 429 with `retry-after`, which the client honours; then the call succeeds."""
    began = time.monotonic()
    failing(client, "rate_limit;times=1;id=a", max_retries=2).beta.threads.create()
    assert tries(recorder) == [("0", 429, "rate_limit"), ("1", 200, "none")]
    wait = float(recorder.responses[0].headers["retry-after"])
    assert 0 < wait <= 120
    assert time.monotonic() - began >= wait
    error = error_of(recorder.responses[0])
    assert error == {"code": "429", "message": f"Rate limit is exceeded. Try again in {wait:.0f} seconds."}


def test_server_error(client: openai.AzureOpenAI, recorder: Recorder, monkeypatch: pytest.MonkeyPatch) -> None:
    """Contract §8.2, §11: the client tries as often as it may, then raises; nothing was done."""
    monkeypatch.setattr("openai._base_client.INITIAL_RETRY_DELAY", 0.01)
    thread = client.beta.threads.create()
    recorder.clear()
    with pytest.raises(openai.InternalServerError) as caught:
        failing(client, "server_error", max_retries=2).beta.threads.messages.create(thread.id, role="user", content="x")
    assert tries(recorder) == [(str(number), 500, "server_error") for number in range(3)]
    assert caught.value.request_id == recorder.responses[-1].headers["x-request-id"]
    assert client.beta.threads.messages.list(thread.id).data == []


def test_timeout(client: openai.AzureOpenAI, recorder: Recorder, thread: Thread, logged: Callable[[], str]) -> None:
    """Contract §1.2, §11: nobody hears of what was done, and the client does it again: the message is there twice."""
    hasty = failing(client, "timeout;times=1;id=b", max_retries=1, timeout=0.3)
    hasty.beta.threads.messages.create(thread.id, role="user", content="once?")
    (last,) = tries(recorder)
    assert last == ("1", 200, "none"), "the first try got no answer"
    assert len(client.beta.threads.messages.list(thread.id).data) == 2
    assert logged() == ""


def test_timeout_of_a_run(client: openai.AzureOpenAI, assistant: Assistant, thread: Thread) -> None:
    """Contract §11: the second try meets the run of the first."""
    client.beta.threads.messages.create(thread.id, role="user", content="wait")
    hasty = failing(client, "timeout;times=1;id=c", max_retries=1, timeout=0.3)
    with pytest.raises(openai.BadRequestError, match=f"{thread.id} already has an active run run_"):
        hasty.beta.threads.runs.create(thread.id, assistant_id=assistant.id)
    (run,) = client.beta.threads.runs.list(thread.id).data
    client.beta.threads.runs.cancel(run.id, thread_id=thread.id)


def test_timeout_for_good(client: openai.AzureOpenAI) -> None:
    """Contract §8.2: without a try left it is an `APITimeoutError`."""
    with pytest.raises(openai.APITimeoutError):
        failing(client, "timeout", timeout=0.2).beta.threads.create()


def test_slow(client: openai.AzureOpenAI, recorder: Recorder, monkeypatch: pytest.MonkeyPatch) -> None:
    """The answer is right, only late; who does not ask for it is not kept waiting."""
    monkeypatch.setattr(faults, "SLOW", 0.4)
    began = time.monotonic()
    failing(client, "slow").beta.threads.create()
    assert time.monotonic() - began >= 0.4
    assert tries(recorder) == [("0", 200, "slow")]


def test_bad_key(client: openai.AzureOpenAI, endpoint: Running, recorder: Recorder) -> None:
    """Contract §8.1, §11, §12.28: the body of a really wrong key, word for word; not tried again."""
    with pytest.raises(openai.AuthenticationError, match="Access denied due to invalid subscription key"):
        failing(client, "bad_key", max_retries=2).beta.threads.create()
    assert tries(recorder) == [("0", 401, "bad_key")]
    with azure(endpoint, recorder, api_key="wrong") as wrong, pytest.raises(openai.AuthenticationError):
        wrong.beta.threads.create()
    assert recorder.responses[0].json() == recorder.responses[1].json()


def test_a_wrong_key_is_told_nothing(endpoint: Running, recorder: Recorder) -> None:
    """Who may not come in learns nothing about faults."""
    with httpx2.Client(transport=recorder) as client:
        response = client.get(f"{endpoint.url}/openai/v1/assistants", headers={"api-key": "wrong", FAULT: "nonsense"})
    assert (response.status_code, error_of(response)["code"]) == (401, "401")


def test_retired(endpoint: Running, client: openai.AzureOpenAI, recorder: Recorder) -> None:
    """Contract §9: 410 with Azure's code; on OpenAI's own paths a bare 404; not tried again; nothing is done."""
    with pytest.raises(APIStatusError) as caught:
        failing(client, "retired", max_retries=2).beta.assistants.create(model="gpt-4o", name="never")
    assert (caught.value.status_code, caught.value.code) == (410, "assistants_api_deprecated")
    retired: Any = {"default_headers": {FAULT: "retired"}, "max_retries": 2}
    with plain(endpoint, recorder, "/openai/v1", **retired) as ga, pytest.raises(APIStatusError) as caught:
        ga.beta.threads.create()
    assert (caught.value.status_code, caught.value.code) == (410, "assistants_api_deprecated")
    with plain(endpoint, recorder, BARE, **retired) as bare:
        with pytest.raises(openai.NotFoundError) as gone:
            bare.beta.threads.create()
        assert (gone.value.response.content, gone.value.message) == (b"", "Error code: 404")
        assert bare.models.list().object == "list", "only the Assistants API is retired"
    assert len(recorder.requests) == 4
    assert all(assistant.name != "never" for assistant in client.beta.assistants.list())


@pytest.mark.parametrize("path", ["models", "files"])
def test_what_is_not_retired(raw: httpx2.Client, path: str) -> None:
    """Contract §9: other paths answer as ever."""
    healthy, retired = raw.get(path), raw.get(path, headers={FAULT: "retired"})
    assert (retired.status_code, retired.content) == (healthy.status_code, healthy.content)
    assert retired.headers[FAULT] == "none"


def test_drop_stream(
    client: openai.AzureOpenAI, assistant: Assistant, thread: Thread, recorder: Recorder, logged: Callable[[], str]
) -> None:
    """Contract §5.1: the connection breaks in the middle; the client raises; the run ends as if nothing had been."""
    client.beta.threads.messages.create(thread.id, role="user", content="many 50")
    runs = failing(client, "drop_stream", max_retries=2).beta.threads.runs
    stream = runs.create(thread.id, assistant_id=assistant.id, stream=True)
    with pytest.raises(openai.APIConnectionError):
        list(stream)
    assert tries(recorder) == [("0", 200, "drop_stream")]
    heard = [event.name for event in recorder.streams[-1]]
    assert heard[-3:] == ["thread.message.delta"] * 3
    (run,) = client.beta.threads.runs.list(thread.id).data
    assert client.beta.threads.runs.poll(run.id, thread_id=thread.id).status == "completed"
    answer = client.beta.threads.messages.list(thread.id).data[0]
    assert answer.content[0].type == "text"
    assert answer.content[0].text.value == "echo: " + "word " * 50
    assert logged() == "", "a fault on request is nothing to complain about"


def test_drop_the_second_stream(client: openai.AzureOpenAI, assistant: Assistant) -> None:
    """The stream of the outputs breaks as well; the handler raises what the connection raised."""
    run = waiting(client, assistant, ("tide", {}))
    assert run.required_action is not None
    (call,) = run.required_action.submit_tool_outputs.tool_calls
    runs = failing(client, "drop_stream").beta.threads.runs
    with (
        pytest.raises((openai.APIConnectionError, httpx2.RemoteProtocolError)),
        runs.submit_tool_outputs_stream(
            run_id=run.id, thread_id=run.thread_id, tool_outputs=[{"tool_call_id": call.id, "output": "a b c d e"}]
        ) as stream,
    ):
        stream.until_done()
    assert client.beta.threads.runs.poll(run.id, thread_id=run.thread_id).status == "completed"


def test_drop_where_there_is_no_stream(client: openai.AzureOpenAI, recorder: Recorder) -> None:
    """What is no stream cannot break off."""
    failing(client, "drop_stream").beta.threads.create()
    assert tries(recorder) == [("0", 200, "none")]


ENDS = [
    ("run_failed", "failed", ("server_error", "Sorry, something went wrong.")),
    ("content_filter", "failed", ("invalid_prompt", faults.FILTERED)),
    ("run_expired", "expired", None),
]


@pytest.mark.parametrize(("fault", "status", "error"), ENDS)
def test_bad_ends(
    client: openai.AzureOpenAI, assistant: Assistant, fault: str, status: str, error: tuple[str, str] | None
) -> None:
    """Contract §3.4, §8.1: HTTP stays 200; polled and streamed the run ends the same way; its thread is free."""
    bad = failing(client, fault)
    thread: Any = {"messages": [{"role": "user", "content": "hello"}]}
    polled = bad.beta.threads.create_and_run_poll(assistant_id=assistant.id, thread=thread)
    last: Any = streamed(bad, assistant, "hello")[-1]
    assert last.event == f"thread.run.{status}"
    for run in (polled, last.data):
        assert (run.status, run.expires_at) == (status, None)
        assert (run.last_error and (run.last_error.code, run.last_error.message)) == error
        assert len(client.beta.threads.messages.list(run.thread_id).data) == 1
        client.beta.threads.messages.create(run.thread_id, role="user", content="free")


@pytest.mark.parametrize("fault", ["run_failed", "run_expired"])
def test_bad_ends_of_a_second_round(client: openai.AzureOpenAI, assistant: Assistant, fault: str) -> None:
    """Contract §3.4, §4: the step with the outputs stays completed; the run keeps what it cost."""
    run = waiting(client, assistant, ("tide", {}))
    assert run.required_action is not None
    (call,) = run.required_action.submit_tool_outputs.tool_calls
    end = failing(client, fault).beta.threads.runs.submit_tool_outputs_and_poll(
        run_id=run.id, thread_id=run.thread_id, tool_outputs=[{"tool_call_id": call.id, "output": "low"}]
    )
    assert (end.status, end.usage) == (fault.removeprefix("run_"), run.usage)
    (step,) = client.beta.threads.runs.steps.list(run.id, thread_id=run.thread_id).data
    assert step.status == "completed"


def test_expired_with_a_stream_of_its_own(client: openai.AzureOpenAI, assistant: Assistant) -> None:
    """Contract §5.1: a run that expires at once never starts."""
    events = [event.event for event in streamed(failing(client, "run_expired"), assistant, "hello")]
    assert events == ["thread.run.created", "thread.run.queued", "thread.run.expired"]


def test_drop_a_function(client: openai.AzureOpenAI, assistant: Assistant, thread: Thread) -> None:
    """The calls of a dropped stream are asked for all the same."""
    client.beta.threads.messages.create(thread.id, role="user", content=calling(("tide", {"a": "b" * 30})))
    with pytest.raises(openai.APIConnectionError):
        list(failing(client, "drop_stream").beta.threads.runs.create(thread.id, assistant_id=assistant.id, stream=True))
    (run,) = client.beta.threads.runs.list(thread.id).data
    assert client.beta.threads.runs.poll(run.id, thread_id=thread.id).status == "requires_action"


def test_refused_outputs(raw: httpx2.Client, client: openai.AzureOpenAI, assistant: Assistant) -> None:
    """A fault of the run's end does not hide what is wrong with the request."""
    run = waiting(client, assistant, ("tide", {}))
    raw.headers[FAULT] = "run_failed"
    response = submit(raw, run)
    assert (response.status_code, response.headers[FAULT]) == (400, "none")
    assert error_of(response)["message"].startswith("Expected tool outputs for call_ids")


@pytest.mark.parametrize("fault", ["rate_limit", "server_error", "bad_key"])
@pytest.mark.parametrize("base", ["/openai/v1", BARE])
def test_other_families(endpoint: Running, recorder: Recorder, fault: str, base: str) -> None:
    """Contract §8.1: each family of paths fails in its own style; the recorder knows both."""
    status = {"rate_limit": 429, "server_error": 500, "bad_key": 401}[fault]
    headers = {FAULT: fault}
    with plain(endpoint, recorder, base, default_headers=headers) as client, pytest.raises(APIStatusError) as caught:
        client.beta.assistants.list()
    assert caught.value.status_code == status
    assert ("type" in recorder.responses[0].json()["error"]) == (base == BARE or fault == "server_error")
