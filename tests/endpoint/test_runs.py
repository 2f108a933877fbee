"""`client.beta.threads.runs`: the life of a run (contract §3)."""

from typing import Any

import httpx2
import openai
import pytest
from openai.types.beta import Assistant, Thread
from support.recording import Recorder
from support.scripted import Scripted
from support.talking import ask, error_of, refusal

from mock_endpoint.models import tokens


def test_a_new_run(raw: httpx2.Client, assistant: Assistant, thread: Thread) -> None:
    """Contract §3.1, §12.16 – 18: queued, with every default echoed."""
    made = raw.post(f"threads/{thread.id}/runs", json={"assistant_id": assistant.id}).json()
    assert made.pop("id").startswith("run_")
    created_at = made.pop("created_at")
    assert made == {
        "object": "thread.run",
        "assistant_id": assistant.id,
        "thread_id": thread.id,
        "status": "queued",
        "started_at": None,
        "expires_at": created_at + 600,
        "cancelled_at": None,
        "failed_at": None,
        "completed_at": None,
        "required_action": None,
        "last_error": None,
        "incomplete_details": None,
        "usage": None,
        "model": "gpt-4o",
        "instructions": "Answer.",
        "tools": [],
        "temperature": 1.0,
        "top_p": 1.0,
        "response_format": "auto",
        "max_prompt_tokens": None,
        "max_completion_tokens": None,
        "truncation_strategy": {"type": "auto", "last_messages": None},
        "tool_choice": "auto",
        "parallel_tool_calls": True,
        "tool_resources": {},
        "reasoning_effort": None,
        "metadata": {},
    }


def test_poll_interval_comes_from_the_endpoint(
    client: openai.AzureOpenAI, assistant: Assistant, thread: Thread, recorder: Recorder
) -> None:
    """Contract §8.3, §11: `openai-poll-after-ms` keeps the helper from waiting a second; its requests name it."""
    client.beta.threads.runs.create_and_poll(thread_id=thread.id, assistant_id=assistant.id)
    polls = [
        (request, response)
        for request, response in zip(recorder.requests, recorder.responses, strict=True)
        if "x-stainless-poll-helper" in request.headers and request.method == "GET"
    ]
    assert polls
    assert all(10 <= int(response.headers["openai-poll-after-ms"]) <= 200 for _, response in polls)


def test_empty_thread(client: openai.AzureOpenAI, assistant: Assistant, thread: Thread) -> None:
    """A run on a thread without messages is no mistake of the caller."""
    run = client.beta.threads.runs.create_and_poll(thread_id=thread.id, assistant_id=assistant.id)
    assert run.status == "completed"


def test_without_instructions(raw: httpx2.Client) -> None:
    """Contract §13: a run of an assistant without instructions says null, as clients print it."""
    assistant = raw.post("assistants", json={"model": "gpt-4o"}).json()
    run = raw.post("threads/runs", json={"assistant_id": assistant["id"]}).json()
    assert run["instructions"] is None


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("model", "gpt-4"),
        ("instructions", "Be brief."),
        ("tools", [{"type": "code_interpreter"}]),
        ("metadata", {"a": "1"}),
        ("temperature", 0.5),
        ("top_p", 0.5),
        ("max_prompt_tokens", 256),
        ("max_completion_tokens", 256),
        ("truncation_strategy", {"type": "last_messages", "last_messages": 1}),
        ("truncation_strategy", {"type": "auto", "last_messages": None}),
        ("tool_choice", "none"),
        ("tool_choice", "required"),
        ("parallel_tool_calls", False),
        ("response_format", {"type": "json_object"}),
    ],
)
def test_options_are_echoed(raw: httpx2.Client, assistant: Assistant, name: str, value: object) -> None:
    """Contract §3.1, §3.5: what a run is given wins over the assistant's, on both ways to a run."""
    options = {"assistant_id": assistant.id, name: value}
    made = raw.post("threads/runs", json=options).json()
    assert made[name] == value
    thread = raw.post("threads").json()
    assert raw.post(f"threads/{thread['id']}/runs", json=options).json()[name] == value


def test_nulls_mean_unset(raw: httpx2.Client, assistant: Assistant, thread: Thread) -> None:
    """Contract §1.2, §14.6: explicit nulls and `stream: false`, as the client's helpers send them."""
    names = (
        "additional_instructions additional_messages instructions max_completion_tokens max_prompt_tokens metadata "
        "model parallel_tool_calls reasoning_effort "
        "response_format temperature tool_choice tools top_p truncation_strategy"
    )
    nulls = dict.fromkeys(names.split())
    made = raw.post(f"threads/{thread.id}/runs", json={"assistant_id": assistant.id, "stream": False, **nulls})
    assert made.status_code == 200
    assert (made.json()["model"], made.json()["tool_choice"], made.json()["metadata"]) == ("gpt-4o", "auto", {})


def test_include_in_the_query(client: openai.AzureOpenAI, assistant: Assistant, thread: Thread) -> None:
    """Contract §12.25: percent-encoded brackets on POST runs and GET steps."""
    include: Any = ["step_details.tool_calls[*].file_search.results[*].content"]
    run = client.beta.threads.runs.create(thread.id, assistant_id=assistant.id, include=include)
    client.beta.threads.runs.poll(run.id, thread_id=thread.id)
    assert len(client.beta.threads.runs.steps.list(run.id, thread_id=thread.id, include=include).data) == 1


def test_run_keeps_what_it_copied(raw: httpx2.Client) -> None:
    """Contract §12.47: later edits of the assistant do not reach the run."""
    fields = {"model": "gpt-4", "instructions": "old", "tools": [{"type": "code_interpreter"}], "temperature": 0.5}
    assistant = raw.post("assistants", json=fields).json()
    run = raw.post("threads/runs", json={"assistant_id": assistant["id"]}).json()
    raw.post(
        f"assistants/{assistant['id']}", json={"model": "new", "instructions": "new", "tools": [], "temperature": 1}
    )
    again = raw.get(f"threads/{run['thread_id']}/runs/{run['id']}").json()
    assert {name: again[name] for name in fields} == fields


def test_instructions_reach_the_model(client: openai.AzureOpenAI, assistant: Assistant, model: Scripted) -> None:
    """Contract §3.1: `instructions` replaces, `additional_instructions` appends."""
    ask(client, assistant, "x")
    assert model.prompts[-1].instructions == "Answer."
    ask(client, assistant, "x", instructions="Other.")
    assert model.prompts[-1].instructions == "Other."
    thread = client.beta.threads.create()
    run = client.beta.threads.runs.create_and_poll(
        thread_id=thread.id, assistant_id=assistant.id, additional_instructions="In French."
    )
    assert model.prompts[-1].instructions == run.instructions == "Answer.\nIn French."


def test_additional_messages(client: openai.AzureOpenAI, assistant: Assistant, model: Scripted) -> None:
    """Contract §3.1: they are added to the thread before the model reads it."""
    thread = client.beta.threads.create(messages=[{"role": "user", "content": "one"}])
    run = client.beta.threads.runs.create_and_poll(
        thread_id=thread.id,
        assistant_id=assistant.id,
        additional_messages=[{"role": "assistant", "content": "two"}, {"role": "user", "content": "three"}],
    )
    assert [turn.text for turn in model.prompts[-1].turns] == ["one", "two", "three"]
    listed = client.beta.threads.messages.list(thread.id, order="asc").data
    assert [message.run_id for message in listed] == [None, None, None, run.id]


def test_a_refused_run_adds_no_message(raw: httpx2.Client, assistant: Assistant, thread: Thread) -> None:
    """Either the run and its messages, or nothing."""
    good = {"role": "user", "content": "good"}
    body = {
        "assistant_id": assistant.id,
        "additional_messages": [good, good | {"attachments": [{"file_id": "file-x"}]}],
    }
    assert raw.post(f"threads/{thread.id}/runs", json=body).status_code == 404
    assert raw.get(f"threads/{thread.id}/messages").json()["data"] == []
    assert raw.get(f"threads/{thread.id}/runs").json()["data"] == []


def test_truncation(client: openai.AzureOpenAI, assistant: Assistant, model: Scripted) -> None:
    """Contract §2.3: `last_messages` is how much of the thread the model reads."""
    thread = client.beta.threads.create(messages=[{"role": "user", "content": str(i)} for i in range(5)])
    client.beta.threads.runs.create_and_poll(
        thread_id=thread.id,
        assistant_id=assistant.id,
        truncation_strategy={"type": "last_messages", "last_messages": 2},
    )
    assert [turn.text for turn in model.prompts[-1].turns] == ["3", "4"]


def test_max_completion_tokens(client: openai.AzureOpenAI, assistant: Assistant) -> None:
    """Contract §3.4: the answer is cut; run and message say why."""
    run = ask(client, assistant, "a " * 300, max_completion_tokens=256)
    assert run.status == "incomplete"
    assert run.incomplete_details is not None
    assert run.incomplete_details.reason == "max_completion_tokens"
    assert run.usage is not None
    assert (run.usage.completion_tokens, run.expires_at, run.last_error) == (256, None, None)
    answer = client.beta.threads.messages.list(run.thread_id).data[0]
    assert (answer.status, answer.completed_at) == ("incomplete", None)
    assert answer.incomplete_details is not None
    assert answer.incomplete_details.reason == "max_tokens"
    assert answer.incomplete_at is not None
    assert answer.content[0].type == "text"
    assert tokens.count(answer.content[0].text.value) == 256


def test_max_prompt_tokens_leaves_out_the_oldest(
    client: openai.AzureOpenAI, assistant: Assistant, model: Scripted
) -> None:
    """Contract §3.1, §3.4: as much of the thread as the limit allows."""
    thread = client.beta.threads.create(messages=[{"role": "user", "content": f"{i} " * 100} for i in range(4)])
    run = client.beta.threads.runs.create_and_poll(
        thread_id=thread.id, assistant_id=assistant.id, max_prompt_tokens=256
    )
    assert (run.status, [turn.text[0] for turn in model.prompts[-1].turns]) == ("completed", ["2", "3"])
    assert run.usage is not None
    assert run.usage.prompt_tokens <= 256


def test_max_prompt_tokens_too_small(client: openai.AzureOpenAI, assistant: Assistant) -> None:
    """Contract §3.4: not even the newest message fits."""
    run = ask(client, assistant, "a " * 300, max_prompt_tokens=256)
    assert run.status == "incomplete"
    assert run.incomplete_details is not None
    assert run.incomplete_details.reason == "max_prompt_tokens"
    assert len(client.beta.threads.messages.list(run.thread_id).data) == 1


def test_modify_takes_metadata_only(client: openai.AzureOpenAI, raw: httpx2.Client, assistant: Assistant) -> None:
    """Contract §12.48."""
    run = ask(client, assistant, "x", metadata={"a": "1"})
    changed = client.beta.threads.runs.update(run.id, thread_id=run.thread_id, metadata={"b": "2"})
    assert changed == run.model_copy(update={"metadata": {"b": "2"}})
    response = raw.post(f"threads/{run.thread_id}/runs/{run.id}", json={"status": "cancelled"})
    assert error_of(response) == refusal("Unknown parameter: 'status'.", "status", "unknown_parameter")


def test_only_the_body_chooses_a_stream(raw: httpx2.Client, assistant: Assistant) -> None:
    """Contract §12.3, §12.4: never the Accept header."""
    body = {"assistant_id": assistant.id}
    accepts = raw.post("threads/runs", json=body, headers={"accept": "text/event-stream"})
    assert accepts.headers["content-type"].startswith("application/json")
    streams = raw.post("threads/runs", json=body | {"stream": True}, headers={"accept": "application/json"})
    assert streams.headers["content-type"].startswith("text/event-stream")
