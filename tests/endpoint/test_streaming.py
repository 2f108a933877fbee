"""`stream=True`: which events come, and in which order (contract §5). The recorder checks every stream on its own."""

from typing import Any

import httpx2
import openai
import pytest
from openai.types.beta import Assistant, AssistantStreamEvent, Thread
from support.events import squeezed
from support.recording import Recorder
from support.talking import OLD, azure, calling, error_of, plain, refusal, streamed

from .conftest import Starter

START = ["run.created", "run.queued", "run.in_progress"]
SAYING = ["run.step.created", "run.step.in_progress", "message.created", "message.in_progress", "message.delta"]
SAID = ["message.completed", "run.step.completed"]
CALLING = ["run.step.created", "run.step.in_progress", "run.step.delta"]


def order(events: list[AssistantStreamEvent]) -> list[str]:
    """The events' names, a row of deltas said once."""
    return squeezed(event.event for event in events)


def test_text(client: openai.AzureOpenAI, assistant: Assistant, recorder: Recorder) -> None:
    """Contract §5.2, §12.4 – 8: the order of a text, over the right content type, with a `done` at the end.

    §12.8: the message comes before its deltas, and is empty then.
    """
    events = streamed(client, assistant, "hello")
    assert order(events) == [*START, *SAYING, *SAID, "run.completed"]
    made: Any = next(event.data for event in events if event.event == "thread.message.created")
    assert made.to_dict()["content"] == []
    assert [event.name for event in recorder.streams[-1]] == [*(event.event for event in events), "done"]
    assert recorder.responses[-1].headers["content-type"] == "text/event-stream; charset=utf-8"


def test_framing(raw: httpx2.Client, assistant: Assistant) -> None:
    """Contract §5.1, §12.5, §12.6: a name and a line of data each; the last is bare and no JSON string."""
    text = raw.post("threads/runs", json={"assistant_id": assistant.id, "stream": True}).text
    blocks = text.split("\n\n")
    assert blocks[-2:] == ["event: done\ndata: [DONE]", ""]
    for block in blocks[:-1]:
        name, data = block.split("\n")
        assert (name[:7], data[:6]) == ("event: ", "data: ")


def test_deltas(raw: httpx2.Client, assistant: Assistant) -> None:
    """Contract §5.3: the first delta carries the annotations, a delta carries no more than its piece."""
    body = {"assistant_id": assistant.id, "stream": True, "thread": {"messages": [{"role": "user", "content": "a b"}]}}
    text = raw.post("threads/runs", json=body).text
    deltas = [line for line in text.splitlines() if '"thread.message.delta"' in line]
    assert len(deltas) == 4
    assert [line.partition('"delta":')[2] for line in deltas[:2]] == [
        '{"content":[{"index":0,"type":"text","text":{"value":"echo","annotations":[]}}]}}',
        '{"content":[{"index":0,"type":"text","text":{"value":":"}}]}}',
    ]


def test_with_a_new_thread(client: openai.AzureOpenAI, assistant: Assistant) -> None:
    """Contract §5.2: `thread.created` comes first, and only here."""
    thread: Any = {"messages": [{"role": "user", "content": "hello"}], "metadata": {"a": "1"}}
    events = list(client.beta.threads.create_and_run(assistant_id=assistant.id, thread=thread, stream=True))
    assert order(events) == ["created", *START, *SAYING, *SAID, "run.completed"]
    first = events[0]
    assert first.event == "thread.created"
    assert client.beta.threads.retrieve(first.data.id) == first.data


def test_what_was_said_is_what_is_stored(client: openai.AzureOpenAI, assistant: Assistant) -> None:
    """Contract §5.2, §12.11: run, step and message of the stream equal those that are read afterwards."""
    last = {event.event: event.data for event in streamed(client, assistant, "hello")}
    run: Any = last["thread.run.completed"]
    step: Any = last["thread.run.step.completed"]
    message: Any = last["thread.message.completed"]
    assert client.beta.threads.runs.retrieve(run.id, thread_id=run.thread_id) == run
    assert client.beta.threads.runs.steps.list(run.id, thread_id=run.thread_id).data == [step]
    assert client.beta.threads.messages.list(run.thread_id).data[0] == message
    assert message.content[0].text.value == "echo: hello"
    assert (run.usage.model_dump(), run.expires_at) == (step.usage.model_dump(), None)
    assert run.usage.total_tokens == run.usage.prompt_tokens + run.usage.completion_tokens > 0


@pytest.mark.parametrize(
    "text",
    ["日本語のテキスト、改行も。", "👩‍👩‍👧 and 🇯🇵", "a\nb\r\n\r\nc\n\n", "data: x\n\nevent: done", "\u2028\u2029\x85"],
)
def test_any_text(client: openai.AzureOpenAI, assistant: Assistant, text: str) -> None:
    """Contract §12.11: whatever the text holds, its pieces joined are the text, and none of its lines is an event."""
    events = streamed(client, assistant, text)
    deltas: list[Any] = [event.data for event in events if event.event == "thread.message.delta"]
    assert "".join(delta.delta.content[0].text.value for delta in deltas) == f"echo: {text}"


def test_empty_answer(client: openai.AzureOpenAI, assistant: Assistant) -> None:
    """A message without a word: no delta, but a whole message with one empty text."""
    events = streamed(client, assistant, "mute")
    assert order(events) == [*START, *SAYING[:-1], *SAID, "run.completed"]
    message: Any = next(event.data for event in events if event.event == "thread.message.completed")
    assert [part.text.value for part in message.content] == [""]


def test_function(client: openai.AzureOpenAI, assistant: Assistant) -> None:
    """Contract §5.2, §12.7, §12.9, §12.12: the stream ends while the run waits; the next one goes on from there."""
    events = streamed(client, assistant, calling(("f", {"city": "Kyoto"})))
    assert order(events) == [*START, *CALLING, "run.requires_action"]
    deltas: list[Any] = [event.data for event in events if event.event == "thread.run.step.delta"]
    pieces = [delta.delta.step_details.tool_calls[0] for delta in deltas]
    assert [(piece.id is not None, piece.function.name) for piece in pieces] == [(True, "f")] + [(False, None)] * (
        len(pieces) - 1
    )
    assert "".join(piece.function.arguments for piece in pieces) == '{"city": "Kyoto"}'
    run: Any = events[-1].data
    (call,) = run.required_action.submit_tool_outputs.tool_calls
    assert (call.id, call.function.arguments) == (pieces[0].id, '{"city": "Kyoto"}')
    assert run.usage is not None
    answered = list(
        client.beta.threads.runs.submit_tool_outputs(
            run.id, thread_id=run.thread_id, tool_outputs=[{"tool_call_id": call.id, "output": "rain"}], stream=True
        )
    )
    assert order(answered) == ["run.step.completed", "run.queued", "run.in_progress", *SAYING, *SAID, "run.completed"]
    step: Any = answered[0].data
    (done,) = step.step_details.tool_calls
    assert (done.id, done.function.output) == (call.id, "rain")
    assert step.id == deltas[0].id


def test_parallel_functions(client: openai.AzureOpenAI, assistant: Assistant) -> None:
    """Contract §5.3, §12.10: one step; the index tells the calls apart."""
    events = streamed(client, assistant, calling(("f", {"a": 1}), ("g", {}), ("f", {"a": 2})))
    assert order(events) == [*START, *CALLING, "run.requires_action"]
    deltas: list[Any] = [event.data for event in events if event.event == "thread.run.step.delta"]
    pieces = [delta.delta.step_details.tool_calls[0] for delta in deltas]
    assert [(piece.index, piece.function.name) for piece in pieces if piece.id] == [(0, "f"), (1, "g"), (2, "f")]
    assert len({piece.id for piece in pieces if piece.id}) == 3


def test_text_then_function(client: openai.AzureOpenAI, assistant: Assistant) -> None:
    """The message is complete before the step with the calls begins."""
    events = streamed(client, assistant, calling(("f", {}), how="first"))
    assert order(events) == [*START, *SAYING, *SAID, *CALLING, "run.requires_action"]
    run: Any = events[-1].data
    steps = client.beta.threads.runs.steps.list(run.id, thread_id=run.thread_id, order="asc").data
    assert [(step.type, step.status) for step in steps] == [
        ("message_creation", "completed"),
        ("tool_calls", "in_progress"),
    ]


@pytest.mark.parametrize(
    ("text", "options", "end"),
    [
        (
            "many 300",
            {"max_completion_tokens": 256},
            [*SAYING, "message.incomplete", "run.step.completed", "run.incomplete"],
        ),
        ("fail server_error No.", {}, ["run.failed"]),
        ("break", {}, ["run.failed"]),
        ("stumble", {}, [*SAYING, "message.incomplete", "run.step.failed", "run.failed"]),
        (calling(("f", {"a": 1}), how="cut"), {}, [*CALLING, "run.step.completed", "run.incomplete"]),
        ("word " * 300, {"max_prompt_tokens": 256}, ["run.incomplete"]),
    ],
)
def test_other_ends(
    client: openai.AzureOpenAI, assistant: Assistant, text: str, options: dict[str, Any], end: list[str]
) -> None:
    """Contract §3.4, §5.1: what is open ends before the run; a failure is an event, and the answer is still 200."""
    events = streamed(client, assistant, text, **options)
    assert order(events) == [*START, *end]
    run: Any = events[-1].data
    assert (run.last_error is not None) == (run.status == "failed")
    assert (run.incomplete_details is not None) == (run.status == "incomplete")


def test_expired(starting: Starter, recorder: Recorder) -> None:
    """Contract §3.1, §4: the message and the step end with the run."""
    with azure(starting(run_ttl=2), recorder) as client:
        assistant = client.beta.assistants.create(model="gpt-4o", instructions="Answer.")
        events = streamed(client, assistant, "wait")
        assert order(events) == [*START, *SAYING, "message.incomplete", "run.step.expired", "run.expired"]
        message: Any = next(event.data for event in events if event.event == "thread.message.incomplete")
        assert message.incomplete_details.reason == "run_expired"


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("wait", [*SAYING, "run.cancelling", "message.incomplete", "run.step.cancelled"]),
        (calling(("f", {"a": 1}), how="hang"), [*CALLING, "run.cancelling", "run.step.cancelled"]),
    ],
)
def test_cancelled(
    client: openai.AzureOpenAI, assistant: Assistant, thread: Thread, text: str, parts: list[str]
) -> None:
    """Contract §3.4, §4, §12.13: cancelling, then what is open, then cancelled; also in the middle of a call."""
    client.beta.threads.messages.create(thread.id, role="user", content=text)
    events = []
    for event in client.beta.threads.runs.create(thread.id, assistant_id=assistant.id, stream=True):
        events.append(event)
        if event.event in ("thread.message.delta", "thread.run.step.delta") and len(events) < 20:
            run = client.beta.threads.runs.list(thread.id).data[0]
            if run.status == "in_progress":
                client.beta.threads.runs.cancel(run.id, thread_id=thread.id)
    assert order(events) == [*START, *parts, "run.cancelled"]
    client.beta.threads.messages.create(thread.id, role="user", content="free")


def test_thread_deleted(client: openai.AzureOpenAI, assistant: Assistant, thread: Thread) -> None:
    """Contract §12.33: the run ends silently with its thread; the stream ends, too."""
    client.beta.threads.messages.create(thread.id, role="user", content="wait")
    events = []
    for event in client.beta.threads.runs.create(thread.id, assistant_id=assistant.id, stream=True):
        events.append(event)
        if event.event == "thread.message.delta":
            client.beta.threads.delete(thread.id)
    assert order(events) == [*START, *SAYING]


def test_refusals_are_no_streams(raw: httpx2.Client, assistant: Assistant, thread: Thread) -> None:
    """Contract §8.1: what is refused is refused as always, before any event."""
    url = f"threads/{thread.id}/runs"
    response = raw.post(url, json={"assistant_id": "asst_x", "stream": True})
    assert (response.status_code, error_of(response)) == (404, refusal("No assistant found with id 'asst_x'."))
    response = raw.post(url, json={"assistant_id": assistant.id, "stream": "true"})
    text = "Invalid type for 'stream': expected a boolean, but got a string instead."
    assert (response.status_code, error_of(response)) == (400, refusal(text, "stream", "invalid_type"))
    raw.post(f"threads/{thread.id}/messages", json={"role": "user", "content": "wait"})
    run = raw.post(url, json={"assistant_id": assistant.id}).json()
    response = raw.post(url, json={"assistant_id": assistant.id, "stream": True})
    text = f"Thread {thread.id} already has an active run {run['id']}."
    assert (response.status_code, error_of(response)) == (400, refusal(text))
    raw.post(f"{url}/{run['id']}/cancel")


@pytest.mark.parametrize(
    "path", ["threads/runs", "threads/{thread}/runs", "threads/{thread}/runs/{run}/submit_tool_outputs"]
)
def test_the_old_version_has_no_streams(
    client: openai.AzureOpenAI, raw: httpx2.Client, assistant: Assistant, path: str
) -> None:
    """Contract §1.3: 2024-02-15-preview knows no `stream`; a `false` that newer clients send changes nothing."""
    thread: Any = {"messages": [{"role": "user", "content": calling(("f", {}))}]}
    run = client.beta.threads.create_and_run_poll(assistant_id=assistant.id, thread=thread)
    assert run.required_action is not None
    (call,) = run.required_action.submit_tool_outputs.tool_calls
    submits = path.endswith("outputs")
    other = run.thread_id if submits else client.beta.threads.create().id
    body: dict[str, Any] = {"tool_outputs": [{"tool_call_id": call.id}]} if submits else {"assistant_id": assistant.id}
    url = path.format(thread=other, run=run.id)
    response = raw.post(url, json=body | {"stream": True}, params=OLD)
    text = "Unknown parameter: 'stream'."
    assert (response.status_code, error_of(response)) == (400, refusal(text, "stream", "unknown_parameter"))
    assert client.beta.threads.runs.retrieve(run.id, thread_id=run.thread_id) == run
    response = raw.post(url, json=body | {"stream": False}, params=OLD)
    assert (response.status_code, response.json()["status"]) == (200, "queued")


@pytest.mark.parametrize("base", ["/openai/v1", "/v1"])
def test_the_other_paths(starting: Starter, recorder: Recorder, base: str) -> None:
    """Contract §1.1, §12.26: all families of paths stream."""
    with plain(starting(), recorder, base) as client:
        assistant = client.beta.assistants.create(model="gpt-4o", instructions="Answer.")
        assert order(streamed(client, assistant, "hello"))[-1] == "run.completed"
