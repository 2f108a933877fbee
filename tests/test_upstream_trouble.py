"""A model server that misbehaves, behind runs, responses and chat completions: nothing hangs."""

import logging
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import openai
import pytest
from support.model_servers import (
    DONE,
    KEY,
    SILENCE,
    USAGE,
    WHOLE,
    answered,
    called,
    calling,
    chunk,
    events,
    failure,
    scripted,
)
from support.talking import served

from mock_endpoint.models import upstream
from mock_endpoint.models.base import Failed, Finished, TextDelta
from mock_endpoint.models.upstream import UpstreamModel

NO_PAUSE: dict[str, str] = {}
"""The headers of a server that does not say how long to wait."""
QUESTION = "Name a bird"
WEATHER: Any = {"name": "get_weather", "parameters": {"type": "object", "properties": {"city": {"type": "string"}}}}


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pauses that a test can wait for, and a short patience with silence."""
    monkeypatch.setattr(upstream, "_PAUSES", (0.01, 0.01, 0.01))
    monkeypatch.setattr(upstream, "_SILENCE", 0.5)


@pytest.fixture(autouse=True)
def nothing_unforeseen(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    """No exception got as far as the log of the endpoint or of asyncio."""
    with caplog.at_level(logging.ERROR):
        yield
    assert [record.getMessage() for record in caplog.records if record.name != "uvicorn.error"] == []


# What is tried again -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "trouble",
    [
        (429, "slow down"),
        (429, "slow down", NO_PAUSE),
        (429, "slow down", {"retry-after": "0"}),
        (500, "oh", NO_PAUSE),
        (503, "starting", NO_PAUSE),
        [None],
        [],
        ['data: {"error": {"message": "busy", "type": "rate_limit_error"}}\n\n'],
    ],
)
def test_what_passes_is_waited_out(trouble: Any) -> None:  # noqa: ANN401
    """Three more tries, whether or not the server says when; also where the connection drops before the first piece."""
    seen, bodies = answered(trouble, trouble, trouble, WHOLE)
    assert seen == [TextDelta("King"), TextDelta("fisher"), Finished("stop", 11, 2)]
    assert len(bodies) == 4


def test_the_tries_have_an_end() -> None:
    """Four in all."""
    seen, bodies = answered((429, "slow down", NO_PAUSE))
    assert len(bodies) == 4
    assert seen == [
        Failed(
            "rate_limit_exceeded",
            "The model server is at its limit (429): slow down – wait a while and run it again, or name another model.",
        )
    ]


@pytest.mark.parametrize(
    "trouble",
    [
        (429, "slow down", {"retry-after": "3600"}),
        (429, "You have run out: insufficient_quota"),
        (401, "no"),
        (400, "no"),
        ["data: {nonsense\n\n", DONE],
        "<html>Welcome</html>",
    ],
)
def test_what_does_not_pass_is_told_at_once(trouble: Any) -> None:  # noqa: ANN401
    """An hour is not waited for; another try would not help with the others."""
    assert len(answered(trouble)[1]) == 1


def test_nothing_is_said_twice() -> None:
    """After the first piece nothing is tried again."""
    seen, bodies = answered([chunk("King"), None], WHOLE)
    assert seen[0] == TextDelta("King")
    assert isinstance(seen[-1], Failed)
    assert len(bodies) == 1


def test_a_page_in_place_of_an_answer() -> None:
    """The usual cause is an address without its /v1."""
    failed = failure("<html>Ollama is running</html>")
    assert "MODEL_BASE_URL" in failed.message
    assert "/v1" in failed.message


def test_a_key_that_cannot_be_sent() -> None:
    """Pasted with a line break or a word: nobody is asked, and no part of it is told."""
    with scripted(WHOLE) as server:
        for key in ("sëcret", "a secret", "secret\n2"):
            (failed,) = events(UpstreamModel(server.url, key, "m1"))
            assert isinstance(failed, Failed)
            assert "MODEL_API_KEY" in failed.message
            assert "cret" not in failed.message
    assert server.bodies == []


def test_a_proxy_that_is_no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    """The message names it, without its password."""
    for name in ("HTTP_PROXY", "http_proxy"):
        monkeypatch.setenv(name, "http://me:secret@127.0.0.1:1")
    monkeypatch.setattr(upstream, "_PAUSES", ())
    (failed,) = events(UpstreamModel("http://model.invalid/v1", KEY, "m1"))
    assert isinstance(failed, Failed)
    assert "through the proxy 127.0.0.1:1" in failed.message
    assert "secret" not in failed.message


def test_an_endless_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is cut off."""
    monkeypatch.setattr(upstream, "_MOST", 20)
    assert "did not stop writing" in failure([chunk("again ")] * 50).message


# What callers see ----------------------------------------------------------------------------------------------------

Ending = tuple[str, str, str]
"""The code, the message, and the text as far as it came."""


def of_a_run(client: openai.AzureOpenAI) -> Ending:
    """A run with a function."""
    assistant = client.beta.assistants.create(model="m", tools=[{"type": "function", "function": WEATHER}])
    run = client.beta.threads.create_and_run_poll(
        assistant_id=assistant.id, thread={"messages": [{"role": "user", "content": QUESTION}]}
    )
    assert run.status == "failed"
    assert run.last_error
    last = client.beta.threads.messages.list(run.thread_id).data[0]
    text = "".join(part.text.value for part in last.content if part.type == "text") if last.role == "assistant" else ""
    return run.last_error.code, run.last_error.message, text


def of_a_response(client: openai.AzureOpenAI) -> Ending:
    """A response with a function."""
    with openai.OpenAI(base_url=f"{client.base_url}v1", api_key=client.api_key) as plain:
        tools: Any = [{"type": "function", "strict": False, **WEATHER}]
        response = plain.responses.create(model="m", input=QUESTION, tools=tools)
    assert response.status == "failed"
    assert response.error
    return str(response.error.code), response.error.message, response.output_text


def of_a_completion(client: openai.AzureOpenAI) -> Ending:
    """A chat completion with a function: it is refused."""
    tools: Any = [{"type": "function", "function": WEATHER}]
    with pytest.raises(openai.APIStatusError) as refused:
        client.chat.completions.create(model="m", messages=[{"role": "user", "content": QUESTION}], tools=tools)
    kinds = {400: "invalid_prompt", 429: "rate_limit_exceeded", 500: "server_error"}
    return kinds[refused.value.status_code], refused.value.message, ""


@pytest.mark.parametrize("asked", [of_a_run, of_a_response, of_a_completion])
@pytest.mark.parametrize(
    ("trouble", "code", "part", "text"),
    [
        ((429, "slow down"), "rate_limit_exceeded", "at its limit (429): slow down", ""),
        ((500, "out of memory"), "server_error", "out of memory", ""),
        ((401, f"bad key {KEY}"), "server_error", "MODEL_API_KEY", ""),
        (["data: [1, 2\n\n"], "server_error", "not the answer of a model server", ""),
        (['data: {"choices": [{"delta": 5}]}\n\n'], "server_error", "not the answer of a model server", ""),
        ([chunk("King"), None], "server_error", "broke off", "King"),
        ([chunk("King"), SILENCE], "server_error", "said nothing for too long", "King"),
        ([calling(called("get_weather", '{"city": ')), DONE], "server_error", "middle", ""),
        (
            [calling(called("get_weather", "[1]")), chunk(finish="tool_calls"), DONE],
            "server_error",
            "not a JSON object",
            "",
        ),
        ([calling(called("get_tide", "{}")), DONE], "server_error", "'get_tide', which this run does not declare", ""),
    ],
)
def test_trouble(asked: Callable[[openai.AzureOpenAI], Ending], trouble: Any, code: str, part: str, text: str) -> None:  # noqa: ANN401
    """One of the three codes (contract §3.4), what happened and what to do, no key; what was written stays."""
    with scripted(trouble) as server, served(model=UpstreamModel(server.url, KEY, "m1")) as client:
        got = asked(client)
    assert got[0] == code
    assert part in got[1]
    assert KEY not in got[1]
    assert got[2] == ("" if asked is of_a_completion else text)


# Cancelling ----------------------------------------------------------------------------------------------------------


def started_run(client: openai.AzureOpenAI) -> tuple[str, str]:
    """A run that is on its way: its thread's id and its own."""
    assistant = client.beta.assistants.create(model="m")
    run = client.beta.threads.create_and_run(
        assistant_id=assistant.id, thread={"messages": [{"role": "user", "content": QUESTION}]}
    )
    return run.thread_id, run.id


def asked_times(bodies: list[Any], times: int) -> None:
    """Wait until the server was asked so often."""
    end = time.monotonic() + 10
    while len(bodies) < times:
        assert time.monotonic() < end, "the model server was not asked"
        threading.Event().wait(0.02)


@pytest.fixture
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing but a cancellation ends these."""
    monkeypatch.setattr(upstream, "_SILENCE", 300)
    monkeypatch.setattr(upstream, "_PAUSES", (300,))


@pytest.mark.usefixtures("patient")
def test_cancelling_a_run_hangs_up() -> None:
    """The connection to the model server is closed, while that still thinks."""
    with scripted([chunk("King"), SILENCE]) as server, served(model=UpstreamModel(server.url, KEY, "m1")) as client:
        thread_id, run_id = started_run(client)
        asked_times(server.bodies, 1)
        client.beta.threads.runs.cancel(run_id, thread_id=thread_id)
        assert server.left.wait(10)
        assert client.beta.threads.runs.poll(run_id, thread_id=thread_id).status == "cancelled"


@pytest.mark.usefixtures("patient")
def test_cancelling_ends_a_pause() -> None:
    """Nobody waits for the next try of a run that was cancelled."""
    with (
        scripted((429, "slow down", NO_PAUSE)) as server,
        served(model=UpstreamModel(server.url, KEY, "m1")) as client,
    ):
        thread_id, run_id = started_run(client)
        asked_times(server.bodies, 1)
        client.beta.threads.runs.cancel(run_id, thread_id=thread_id)
        assert client.beta.threads.runs.poll(run_id, thread_id=thread_id).status == "cancelled"
    assert len(server.bodies) == 1


@pytest.mark.usefixtures("patient")
def test_cancelling_a_response_hangs_up() -> None:
    """The same for the successor."""
    with scripted([chunk("King"), SILENCE]) as server, served(model=UpstreamModel(server.url, KEY, "m1")) as client:
        with openai.OpenAI(base_url=f"{client.base_url}v1", api_key=client.api_key) as plain:
            response = plain.responses.create(model="m", input=QUESTION, background=True)
            asked_times(server.bodies, 1)
            assert plain.responses.cancel(response.id).status == "cancelled"
        assert server.left.wait(10)


@pytest.mark.usefixtures("patient")
def test_leaving_a_chat_completion_hangs_up() -> None:
    """Nobody reads it any more, so the model need not go on."""
    with scripted([chunk("King"), SILENCE]) as server, served(model=UpstreamModel(server.url, KEY, "m1")) as client:
        stream = client.chat.completions.create(
            model="m", messages=[{"role": "user", "content": QUESTION}], stream=True
        )
        assert any(piece.choices and piece.choices[0].delta.content == "King" for piece in stream)
        stream.close()
        assert server.left.wait(10)


@pytest.mark.usefixtures("patient")
def test_hanging_up_before_the_answer() -> None:
    """So it is with a completion that is not streamed: its caller lost patience."""
    with scripted([SILENCE]) as server, served(model=UpstreamModel(server.url, KEY, "m1")) as client:
        with pytest.raises(openai.APITimeoutError):
            client.with_options(timeout=1, max_retries=0).chat.completions.create(
                model="m", messages=[{"role": "user", "content": QUESTION}]
            )
        assert server.left.wait(10)


@pytest.mark.usefixtures("patient")
def test_a_run_is_over_when_its_time_is() -> None:
    """A server that says nothing does not keep a run alive, nor the run its connection."""
    with scripted([SILENCE]) as server, served(model=UpstreamModel(server.url, KEY, "m1"), run_ttl=5) as client:
        thread_id, run_id = started_run(client)
        asked_times(server.bodies, 1)
        run = client.beta.threads.runs.poll(run_id, thread_id=thread_id)
    assert run.status == "expired"
    assert server.left.wait(10)


def test_usage_is_that_of_the_server() -> None:
    """What the run cost is what the model server counted, over all rounds."""
    first = [calling(called("get_weather", "{}", 0, "c1")), chunk(finish="tool_calls"), USAGE, DONE]
    with scripted(first, WHOLE) as server, served(model=UpstreamModel(server.url, KEY, "m1")) as client:
        assistant = client.beta.assistants.create(model="m", tools=[{"type": "function", "function": WEATHER}])
        run = client.beta.threads.create_and_run_poll(
            assistant_id=assistant.id, thread={"messages": [{"role": "user", "content": QUESTION}]}
        )
        assert run.required_action
        (call,) = run.required_action.submit_tool_outputs.tool_calls
        run = client.beta.threads.runs.submit_tool_outputs_and_poll(
            run_id=run.id, thread_id=run.thread_id, tool_outputs=[{"tool_call_id": call.id, "output": "rain"}]
        )
    assert run.status == "completed"
    assert run.usage
    assert (run.usage.prompt_tokens, run.usage.completion_tokens) == (22, 4)
