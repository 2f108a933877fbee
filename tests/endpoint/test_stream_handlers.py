"""The client's own handlers and helpers over our streams (contract §5.4, §11)."""

import asyncio
from typing import Any

import openai
import pytest
from openai import AssistantEventHandler, AsyncAssistantEventHandler
from openai.types.beta import Assistant, Thread
from openai.types.beta.threads import Run
from support.recording import Recorder
from support.talking import async_azure, call_ids, calling

from mock_endpoint.server import Running

CALLBACKS = [name for name in dir(AssistantEventHandler) if name.startswith("on_")]
TEXT = [
    "on_message_created",
    "on_text_created",
    "on_text_delta",
    "on_message_delta",
    "on_text_delta",
    "on_message_delta",
    "on_text_done",
    "on_message_done",
    "on_run_step_done",
    "on_end",
]


def _noting(name: str) -> Any:  # noqa: ANN401
    def note(self: Any, *values: Any) -> None:  # noqa: ANN401
        self.heard.append((name, values))

    return note


def _noting_async(name: str) -> Any:  # noqa: ANN401
    async def note(self: Any, *values: Any) -> None:  # noqa: ANN401
        self.heard.append((name, values))

    return note


class Noting(AssistantEventHandler):
    """Notes every callback with what it was given."""

    def __init__(self) -> None:
        super().__init__()
        self.heard: list[tuple[str, Any]] = []

    locals().update({name: _noting(name) for name in CALLBACKS})


class NotingAsync(AsyncAssistantEventHandler):
    """Notes every callback with what it was given."""

    def __init__(self) -> None:
        super().__init__()
        self.heard: list[tuple[str, Any]] = []

    locals().update({name: _noting_async(name) for name in CALLBACKS})


def names(handler: Noting | NotingAsync) -> list[str]:
    """The callbacks in the order in which they came, without the one that comes for every event."""
    return [name for name, _ in handler.heard if name not in ("on_event", "on_run_step_created")]


def asking(text: str) -> Any:  # noqa: ANN401
    """A thread with this message."""
    return {"messages": [{"role": "user", "content": text}]}


def test_text(client: openai.AzureOpenAI, assistant: Assistant, thread: Thread, recorder: Recorder) -> None:
    """Contract §5.4: the callbacks of a text in their order; the snapshots grow; `on_text_done` has the whole text."""
    handler = Noting()
    with client.beta.threads.runs.stream(
        thread_id=thread.id, assistant_id=assistant.id, event_handler=handler
    ) as stream:
        stream.until_done()
    assert names(handler) == TEXT
    assert [values[1].value for name, values in handler.heard if name == "on_text_delta"] == ["echo", "echo: "]
    assert [values[0].value for name, values in handler.heard if name == "on_text_done"] == ["echo: "]
    assert handler.heard[0][0] == "on_event"
    sent = recorder.requests[-1].headers
    assert sent["x-stainless-stream-helper"]
    assert sent["x-stainless-custom-event-handler"] == "true"


def test_text_async(endpoint: Running, recorder: Recorder, assistant: Assistant, thread: Thread) -> None:
    """Contract §5.4, §11: the same through `AsyncAssistantEventHandler`."""
    handler = NotingAsync()

    async def listen() -> Run:
        async with (
            async_azure(endpoint, recorder) as client,
            client.beta.threads.runs.stream(
                thread_id=thread.id, assistant_id=assistant.id, event_handler=handler
            ) as stream,
        ):
            await stream.until_done()
            return await stream.get_final_run()

    run = asyncio.run(listen())
    assert (run.status, names(handler)) == ("completed", TEXT)


def test_final_objects(client: openai.AzureOpenAI, assistant: Assistant) -> None:
    """Contract §5.4, §12.11: run, messages and steps from the helper are those of the service."""
    with client.beta.threads.create_and_run_stream(
        assistant_id=assistant.id, thread=asking("日本語 👩‍👩‍👧\n!")
    ) as stream:
        text = "".join(stream.text_deltas)
        run, messages = stream.get_final_run(), stream.get_final_messages()
        (step,) = stream.get_final_run_steps()
    assert text == "echo: 日本語 👩‍👩‍👧\n!"
    assert client.beta.threads.runs.retrieve(run.id, thread_id=run.thread_id) == run
    assert client.beta.threads.messages.list(run.thread_id).data[0] == messages[0]
    assert client.beta.threads.runs.steps.list(run.id, thread_id=run.thread_id).data[0].id == step.id
    assert (run.status, step.type, len(messages)) == ("completed", "message_creation", 1)


def test_functions(client: openai.AzureOpenAI, assistant: Assistant) -> None:
    """Contract §5.4, §12.9, §12.10: accumulated calls equal those that the run waits for, name and id said once."""
    handler = Noting()
    with client.beta.threads.create_and_run_stream(
        assistant_id=assistant.id,
        thread=asking(calling(("first", {"city": "Kyoto"}), ("second", {"n": [1, 2]}))),
        event_handler=handler,
    ) as stream:
        run = stream.get_final_run()
        (step,) = stream.get_final_run_steps()
    assert run.required_action is not None
    calls = run.required_action.submit_tool_outputs.tool_calls
    created = [values[0] for name, values in handler.heard if name == "on_tool_call_created"]
    assert [call.id for call in created] == call_ids(run) == [call.id for call in calls]
    done = {values[0].id: values[0].function for name, values in handler.heard if name == "on_tool_call_done"}
    assert [(done[call.id].name, done[call.id].arguments) for call in calls] == [
        ("first", '{"city": "Kyoto"}'),
        ("second", '{"n": [1, 2]}'),
    ]
    assert step.step_details.type == "tool_calls"
    assert [call.id for call in step.step_details.tool_calls] == call_ids(run)
    first = names(handler)
    assert first[0] == "on_tool_call_created"
    assert first.index("on_tool_call_done") > first.index("on_tool_call_delta") > 0


def test_outputs(client: openai.AzureOpenAI, assistant: Assistant) -> None:
    """Contract §5.2, §12.12: the handler of the second stream gets the step with its outputs, then the answer."""
    run = client.beta.threads.create_and_run_poll(assistant_id=assistant.id, thread=asking(calling(("f", {}))))
    outputs: Any = [{"tool_call_id": call_id, "output": "rain"} for call_id in call_ids(run)]
    handler = Noting()
    with client.beta.threads.runs.submit_tool_outputs_stream(
        run_id=run.id, thread_id=run.thread_id, tool_outputs=outputs, event_handler=handler
    ) as stream:
        assert stream.get_final_run().status == "completed"
        (message,) = stream.get_final_messages()
    assert names(handler)[0] == "on_run_step_done"
    (step,) = (values[0] for name, values in handler.heard[:3] if name == "on_run_step_done")
    assert step.step_details.tool_calls[0].function.output == "rain"
    assert message.content[0].type == "text"
    assert message.content[0].text.value == "echo: rain"
    assert "on_exception" not in names(handler)


def test_a_whole_conversation_async(endpoint: Running, recorder: Recorder, assistant: Assistant) -> None:
    """Contract §11: text, function and outputs, by the helpers of the async client and by raw iteration."""

    async def talk() -> tuple[list[str], str, list[str]]:
        async with async_azure(endpoint, recorder) as client:
            runs = client.beta.threads.runs
            async with client.beta.threads.create_and_run_stream(
                assistant_id=assistant.id, thread=asking(calling(("f", {}), how="first"))
            ) as stream:
                said = [delta async for delta in stream.text_deltas]
                run = await stream.get_final_run()
            outputs: Any = [{"tool_call_id": call_id, "output": "sun"} for call_id in call_ids(run)]
            async with runs.submit_tool_outputs_stream(
                run_id=run.id, thread_id=run.thread_id, tool_outputs=outputs
            ) as stream:
                messages = await stream.get_final_messages()
            raw = await runs.create(run.thread_id, assistant_id=assistant.id, stream=True)
            events = [str(event.event) async for event in raw]
        assert messages[0].content[0].type == "text"
        return said, messages[0].content[0].text.value, events

    said, text, events = asyncio.run(talk())
    assert ("".join(said), text) == ("Let me see.", "echo: sun")
    assert (events[0], events[-1]) == ("thread.run.created", "thread.run.requires_action")


@pytest.mark.parametrize(("text", "status"), [("stumble", "failed"), ("break", "failed"), ("mute", "completed")])
def test_other_ends(client: openai.AzureOpenAI, assistant: Assistant, text: str, status: str) -> None:
    """Contract §5.1: a run that fails is no exception in the handler; its run says why."""
    handler = Noting()
    with client.beta.threads.create_and_run_stream(
        assistant_id=assistant.id, thread=asking(text), event_handler=handler
    ) as stream:
        stream.until_done()
    run = stream.get_final_run()
    assert (run.status, names(handler)[-1]) == (status, "on_end")
    assert "on_exception" not in names(handler)


def test_with_raw_response(client: openai.AzureOpenAI, assistant: Assistant, thread: Thread) -> None:
    """Contract §11: headers first, the parsed stream after."""
    with client.beta.threads.runs.with_streaming_response.create(
        thread.id, assistant_id=assistant.id, stream=True
    ) as response:
        assert response.headers["x-request-id"]
        assert [event.event for event in response.parse()][-1] == "thread.run.completed"
