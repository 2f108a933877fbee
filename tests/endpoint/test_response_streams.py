"""Streams of responses: order, numbers, resuming; the recorder checks each event (contract-successor §1.5, §2)."""

import asyncio
from collections.abc import AsyncIterator, Callable
from functools import partial
from typing import Any

import httpx2
import openai
import pytest
from support.recording import Recorder
from support.responding import MODEL, WEATHER, functions_called, refusal, respond, respond_streamed
from support.scripted import Scripted
from support.talking import async_azure, azure, calling, plain

from mock_endpoint import pacing
from mock_endpoint.models.base import Event, Prompt
from mock_endpoint.server import Running
from mock_endpoint.state.ids import key_of
from mock_endpoint.state.store import Store

from .conftest import Starter
from .test_run_lives import until

TEXT = [
    "response.created",
    "response.in_progress",
    "response.output_item.added",
    "response.content_part.added",
    "response.output_text.delta",
    "response.output_text.delta",
    "response.output_text.delta",
    "response.output_text.delta",
    "response.output_text.done",
    "response.content_part.done",
    "response.output_item.done",
    "response.completed",
]
"""The events of `echo: hello`."""
CALL = [
    "response.output_item.added",
    "response.function_call_arguments.delta",
    "response.function_call_arguments.done",
    "response.output_item.done",
]


def ended(client: openai.OpenAI, response_id: str) -> str:
    """The status of a response once it has one that stays."""
    until(lambda: client.responses.retrieve(response_id).status not in ("queued", "in_progress"))
    return str(client.responses.retrieve(response_id).status)


@pytest.mark.parametrize("base", ["/openai/v1", "/v1"])
def test_a_text(endpoint: Running, recorder: Recorder, base: str) -> None:
    """Contract-successor §2: the order; the last event is the response as it is stored, without `billing`."""
    with plain(endpoint, recorder, base) as client:
        events = respond_streamed(client, "hello")
        kept = client.responses.retrieve(events[-1].response.id)  # pyrefly: ignore[missing-attribute]
    assert [event.type for event in events] == TEXT
    last, stored = events[-1].to_dict()["response"], kept.to_dict()
    stored.pop("billing", None)
    assert last == stored


def test_no_done(raw: httpx2.Client) -> None:
    """Contract-successor §2: nothing follows the last event."""
    text = raw.post("responses", json={"model": MODEL, "input": "hello", "stream": True}).text
    assert "[DONE]" not in text
    assert text.rstrip().rpartition("\n")[0].endswith("event: response.completed")


def test_calls_one_after_the_other(client: openai.AzureOpenAI) -> None:
    """Contract-successor §2: each call whole, with its place."""
    events = respond_streamed(client, calling(("get_weather", {}), ("get_weather", {}), how="first"), tools=[WEATHER])
    kinds = [event.type for event in events]
    assert kinds[-9:] == [*CALL, *CALL, "response.completed"]
    added = [event.output_index for event in events if event.type == "response.output_item.added"]
    assert added == [0, 1, 2]


def test_the_stream_helper(client: openai.AzureOpenAI) -> None:
    """Contract-successor §7: the client's `responses.stream` puts together what the response holds."""
    with client.responses.stream(
        model=MODEL, input=calling(("get_weather", {"city": "Lima"})), tools=[WEATHER]
    ) as stream:
        for _ in stream:
            pass
        final = stream.get_final_response()
    kept = client.responses.retrieve(final.id)
    assert [item.to_dict()["id"] for item in final.output] == [item.to_dict()["id"] for item in kept.output]
    assert functions_called(kept)[0].arguments == '{"city": "Lima"}'


def test_async_streams(endpoint: Running, recorder: Recorder) -> None:
    """The async client reads the same events."""

    async def read() -> list[str]:
        async with async_azure(endpoint, recorder) as client:
            stream = await client.responses.create(model=MODEL, input="hello", stream=True)
            return [event.type async for event in stream]

    assert asyncio.run(read()) == TEXT


def test_cut(client: openai.AzureOpenAI) -> None:
    """Contract-successor §1.5: the stream ends with the incomplete item and `response.incomplete`."""
    events = respond_streamed(client, "many 100", max_output_tokens=16)
    assert [event.type for event in events[-2:]] == ["response.output_item.done", "response.incomplete"]
    assert events[-2].to_dict()["item"]["status"] == "incomplete"  # pyrefly: ignore[bad-index]


def test_failed(client: openai.AzureOpenAI, raw: httpx2.Client) -> None:
    """Contract-successor §1.5: a nested `error`, on which the client raises, then `response.failed`."""
    with pytest.raises(openai.APIError, match=r"I stumbled\."):
        respond_streamed(client, "stumble")
    lines = raw.post("responses", json={"model": MODEL, "input": "stumble", "stream": True}).text.splitlines()
    assert [line for line in lines if line.startswith("event")][-2:] == ["event: error", "event: response.failed"]


def test_a_stream_that_breaks_off(endpoint: Running, recorder: Recorder) -> None:
    """On request; what was asked for goes on to its end."""
    with azure(endpoint, recorder, default_headers={"x-kit-fault": "drop_stream;id=responses"}) as client:
        stream = client.responses.create(model=MODEL, input="many 50", stream=True)
        first = next(iter(stream))
        assert first.type == "response.created"
        with pytest.raises(openai.APIConnectionError):
            list(stream)
        assert ended(client, first.response.id) == "completed"


def test_background(client: openai.AzureOpenAI) -> None:
    """Contract-successor §1.5: answered at once, queued and empty; read until it has ended."""
    response = respond(client, "hello", background=True)
    assert (response.status, response.output, response.usage) == ("queued", [], None)
    assert ended(client, response.id) == "completed"
    assert client.responses.retrieve(response.id).output_text == "echo: hello"
    assert client.responses.cancel(response.id).status == "completed", "once it has ended it stays as it is"


def test_background_streamed_and_resumed(client: openai.AzureOpenAI) -> None:
    """Contract-successor §1.5: one event more, `queued`; read again from any number, while it runs and later."""
    events = respond_streamed(client, "hello", background=True)
    assert [event.type for event in events] == [TEXT[0], "response.queued", *TEXT[1:]]
    response = events[0].response  # pyrefly: ignore[missing-attribute]
    assert response.status == "queued"
    for after in (-1, 0, 5, len(events) - 1):
        again = list(client.responses.retrieve(response.id, stream=True, starting_after=after))
        assert again == events[after + 1 :]
    with client.responses.stream(response_id=response.id, starting_after=5) as stream:
        assert [event.sequence_number for event in stream] == [event.sequence_number for event in events[6:]]


def test_resumed_on_the_way(starting: Starter, recorder: Recorder) -> None:
    """A stream that was left is taken up while the response is still made: all events, each once."""
    with azure(starting(pace=0.4), recorder) as client:
        stream = client.responses.create(model=MODEL, input="many 30", stream=True, background=True)
        seen = []
        for event in stream:
            seen.append(event)
            if event.type == "response.output_text.delta":
                break
        stream.close()
        response = seen[0].response  # pyrefly: ignore[missing-attribute]
        after = seen[-1].sequence_number
        rest = list(client.responses.retrieve(response.id, stream=True, starting_after=after))
    assert [event.sequence_number for event in seen + rest] == list(range(len(seen + rest)))
    assert rest[-1].type == "response.completed"


@pytest.mark.parametrize(("options", "missing"), [({}, "background"), ({"background": True}, "stream")])
def test_what_cannot_be_streamed_again(client: openai.AzureOpenAI, options: Any, missing: str) -> None:  # noqa: ANN401
    """Contract-successor §1.5: only what was streamed in the background."""
    response = respond(client, "hello", **options)
    message = f"This response cannot be streamed because it was not created with {missing}=true."
    with pytest.raises(openai.BadRequestError) as caught:
        client.responses.retrieve(response.id, stream=True)
    assert caught.value.body == refusal(message, "stream")


def test_cancel(starting: Starter, recorder: Recorder) -> None:
    """Contract-successor §1.5: in the background only; what hangs ends, and its stream as well."""
    with azure(starting(), recorder) as client:
        stream = client.responses.create(model=MODEL, input="wait", stream=True, background=True)
        first = next(iter(stream))
        response_id = first.response.id  # pyrefly: ignore[missing-attribute]
        until(lambda: client.responses.retrieve(response_id).status == "in_progress")
        with pytest.raises(openai.BadRequestError) as caught:
            client.responses.delete(response_id)
        assert caught.value.body == refusal("Cannot delete an in-flight response.")
        with pytest.raises(openai.BadRequestError, match="has not ended yet"):
            respond(client, "x", previous_response_id=response_id)
        assert client.responses.cancel(response_id).status == "cancelled"
        recorder.faults.clear()
        assert [event.type for event in stream][-1] == "response.output_text.delta"
        told = client.responses.retrieve(response_id, stream=True)
        assert [event.type for event in told][-1] == "response.output_text.delta"
        recorder.faults.clear()  # a cancelled response has no last event
        assert client.responses.retrieve(response_id).status == "cancelled"
        client.responses.delete(response_id)
        there = respond(client, "hello")
        with pytest.raises(openai.BadRequestError) as caught:
            client.responses.cancel(there.id)
        assert caught.value.body == refusal("Cannot cancel a synchronous response.", "response_id")


def test_cancelled_as_it_ends(starting: Starter, recorder: Recorder) -> None:
    """An answer that is complete a moment after the cancellation is not stored over it."""
    model = Cancelled()
    endpoint = starting(model=model)
    with azure(endpoint, recorder) as client:
        response = respond(client, "x", background=True)
        model.cancel = partial(cancel, endpoint.store, response.id)
        assert ended(client, response.id) == "cancelled"
        assert client.responses.retrieve(response.id).output == []


class Cancelled(Scripted):
    """Says its last word in the moment in which the response is cancelled."""

    cancel: Callable[[], None] | None = None

    async def answer(self, prompt: Prompt) -> AsyncIterator[Event]:
        """The events of one answer."""
        while self.cancel is None:
            await asyncio.sleep(0.01)
        self.cancel()
        async for event in super().answer(prompt):
            yield event


def cancel(store: Store, response_id: str) -> None:
    """What another process writes."""
    key = key_of(response_id)
    store.replace(
        (store.get("response", response_id, key) or {}) | {"status": "cancelled", "service_tier": "default"}, key
    )


def test_too_slow(starting: Starter, recorder: Recorder) -> None:
    """A response whose time is over has failed, with what was said till then."""
    with azure(starting(run_ttl=1), recorder) as client:
        response = respond(client, "wait")
    assert (response.status, response.error and response.error.message) == ("failed", "The response took too long.")
    assert response.output_text == "Hm"


def test_whoever_goes_away(starting: Starter, recorder: Recorder) -> None:
    """A response that is not in the background goes on without its listener, and is stored."""
    with azure(starting(pace=0.1), recorder) as client:
        stream = client.responses.create(model=MODEL, input="many 40", stream=True)
        response = next(iter(stream)).response  # pyrefly: ignore[missing-attribute]
        stream.close()
        assert ended(client, response.id) == "completed"


def test_a_process_that_ends(starting: Starter, recorder: Recorder) -> None:
    """What it was making has failed, and is free to be deleted."""
    first = starting()
    with azure(first, recorder) as client:
        response = respond(client, "wait", background=True)
        until(lambda: client.responses.retrieve(response.id).status == "in_progress")
    first.stop()
    with azure(starting(), recorder) as client:
        assert client.responses.retrieve(response.id).status == "failed"
        client.responses.delete(response.id)


def test_resumed_after_its_process_has_ended(starting: Starter, recorder: Recorder) -> None:
    """What was told is gone with it; the stream says so, and goes on with the next number."""
    first = starting()
    with azure(first, recorder) as client:
        stream = client.responses.create(model=MODEL, input="wait", stream=True, background=True)
        seen = [event for event, _ in zip(stream, range(3), strict=False)]
    first.stop()
    recorder.faults.clear()  # that stream had no end
    with azure(starting(), recorder) as client:
        response_id = seen[0].response.id  # pyrefly: ignore[missing-attribute]
        for after in (-1, seen[-1].sequence_number):
            with pytest.raises(openai.APIError, match="The process that made this response has ended"):
                list(client.responses.retrieve(response_id, stream=True, starting_after=after))


def test_a_cancel_is_heard_at_once(starting: Starter, recorder: Recorder, monkeypatch: pytest.MonkeyPatch) -> None:
    """Runs and responses are woken; only what another process cancels is found by looking now and then."""
    monkeypatch.setattr(pacing, "_LOOK_EVERY", 600)
    with azure(starting(), recorder, timeout=30) as client:
        stream = client.responses.create(model=MODEL, input="wait", stream=True, background=True)
        first = next(iter(stream))
        # pyrefly: ignore[missing-attribute]
        until(lambda: client.responses.retrieve(first.response.id).status == "in_progress")
        client.responses.cancel(first.response.id)  # pyrefly: ignore[missing-attribute]
        assert list(stream)[-1].type == "response.output_text.delta"
        recorder.faults.clear()  # a cancelled response has no last event
        assistant = client.beta.assistants.create(model=MODEL, instructions="Answer.")
        run = client.beta.threads.create_and_run(
            assistant_id=assistant.id, thread={"messages": [{"role": "user", "content": "wait"}]}
        )
        client.beta.threads.runs.cancel(run.id, thread_id=run.thread_id)
        until(lambda: client.beta.threads.runs.retrieve(run.id, thread_id=run.thread_id).status == "cancelled")


def test_another_process_cancels(starting: Starter, recorder: Recorder) -> None:
    """The one that makes the response looks now and then."""
    first = starting()
    with azure(first, recorder) as client, azure(starting(), recorder) as other:
        response = respond(client, "wait", background=True)
        assert other.responses.cancel(response.id).status == "cancelled"
        until(lambda: client.responses.retrieve(response.id).status == "cancelled")
