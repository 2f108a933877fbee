"""What a run may be told besides its tools, and how a framework finds a run that it lost (contract §3.5, §14)."""

from typing import Any

import httpx2
import openai
import pytest
from openai.types.beta import Assistant, Thread
from support.scripted import Scripted
from support.talking import ask, call_ids, error_of, refusal, streamed, waiting

INCLUDE = "step_details.tool_calls[*].file_search.results[*].content"
CLOSED = {"required": ["cm"], "additionalProperties": False}
SCHEMA: Any = {
    "name": "tide",
    "schema": {"type": "object", "properties": {"cm": {"type": "integer"}}} | CLOSED,
    "strict": True,
}


@pytest.mark.parametrize(
    "wanted", ["auto", {"type": "text"}, {"type": "json_object"}, {"type": "json_schema", "json_schema": SCHEMA}]
)
def test_response_format(client: openai.AzureOpenAI, assistant: Assistant, model: Scripted, wanted: Any) -> None:  # noqa: ANN401
    """Contract §3.5: every form is echoed and reaches the model, streamed as well."""
    run = ask(client, assistant, "x", response_format=wanted)
    assert run.model_dump(exclude_unset=True, by_alias=True)["response_format"] == wanted
    assert model.prompts[-1].response_format == wanted
    streamed(client, assistant, "x", response_format=wanted)
    assert model.prompts[-1].response_format == wanted


@pytest.mark.parametrize(
    ("wanted", "error"),
    [
        ("json", refusal("Invalid value: 'json'. Supported values are: 'auto'.", "response_format", "invalid_value")),
        (
            {"type": "xml"},
            refusal(
                "Invalid value: 'xml'. Supported values are: 'text', 'json_object', and 'json_schema'.",
                "response_format.type",
                "invalid_value",
            ),
        ),
        (
            {"type": "json_schema"},
            refusal(
                "Missing required parameter: 'response_format.json_schema'.",
                "response_format.json_schema",
                "missing_required_parameter",
            ),
        ),
        (
            {"type": "text", "x": 1},
            refusal("Unknown parameter: 'response_format.x'.", "response_format.x", "unknown_parameter"),
        ),
        (
            True,
            refusal(
                "Invalid type for 'response_format': expected a string or an object, but got a boolean instead.",
                "response_format",
                "invalid_type",
            ),
        ),
    ],
)
@pytest.mark.parametrize("stream", [False, True])
def test_wrong_formats(raw: httpx2.Client, assistant: Assistant, wanted: object, error: object, stream: bool) -> None:
    """Contract §3.5, §8.1: refused in the service's words."""
    body = {"assistant_id": assistant.id, "response_format": wanted, "stream": stream}
    response = raw.post("threads/runs", json=body)
    assert (response.status_code, error_of(response)) == (400, error)


@pytest.mark.parametrize("name", ["include[]", "include"])
def test_include(raw: httpx2.Client, assistant: Assistant, thread: Thread, name: str) -> None:
    """Contract §1.2, §4, §12.25: on POST runs, streamed or not, and on both ways to steps; other words are refused."""
    runs = f"threads/{thread.id}/runs"
    body = {"assistant_id": assistant.id, "stream": True}
    assert raw.post(runs, json=body, params={name: INCLUDE}).headers["content-type"].startswith("text/event-stream")
    run = raw.get(runs).json()["data"][0]["id"]
    step = raw.get(f"{runs}/{run}/steps", params={name: INCLUDE}).json()["data"][0]["id"]
    assert raw.get(f"{runs}/{run}/steps/{step}", params={name: INCLUDE}).status_code == 200
    error = refusal(f"Invalid value: 'everything'. Supported values are: '{INCLUDE}'.", "include[0]", "invalid_value")
    wrong = {name: "everything"}
    for response in (
        raw.post(runs, json=body, params=wrong),
        raw.post(runs, json={"assistant_id": assistant.id}, params=wrong),
        raw.get(f"{runs}/{run}/steps", params=wrong),
        raw.get(f"{runs}/{run}/steps/{step}", params=wrong),
    ):
        assert (response.status_code, error_of(response)) == (400, error)
    assert len(raw.get(runs).json()["data"]) == 1


def test_a_lost_run(client: openai.AzureOpenAI, assistant: Assistant, thread: Thread) -> None:
    """Contract §14.7, §14.10: a framework that lost its stream finds the run as the newest, and can end it."""
    client.beta.threads.messages.create(thread.id, role="user", content="wait")
    stream = client.beta.threads.runs.create(thread.id, assistant_id=assistant.id, stream=True)
    for event in stream:
        if event.event == "thread.message.delta":
            break
    stream.close()
    runs = client.beta.threads.runs
    (stale,) = runs.list(thread.id, limit=1, order="desc").data
    assert stale.status == "in_progress"
    runs.cancel(stale.id, thread_id=thread.id)
    assert runs.poll(stale.id, thread_id=thread.id).status == "cancelled"
    client.beta.assistants.delete(assistant.id)


def test_steps_sorted_by_their_end(client: openai.AzureOpenAI, assistant: Assistant) -> None:
    """Contract §14.8, §14.9: sorted by `completed_at` the calls come first; the newest message begins with a text."""
    run = waiting(client, assistant, ("tide", {}))
    outputs: Any = [{"tool_call_id": call_ids(run)[0], "output": "low"}]
    runs = client.beta.threads.runs
    with runs.submit_tool_outputs_stream(run_id=run.id, thread_id=run.thread_id, tool_outputs=outputs) as stream:
        stream.until_done()
    listed = runs.steps.list(run.id, thread_id=run.thread_id, order="asc")
    steps = sorted(listed, key=lambda step: step.completed_at or 0)
    assert steps[0].step_details.type == "tool_calls"
    assert steps[0].step_details.tool_calls[0].id == call_ids(run)[0]
    newest = client.beta.threads.messages.list(run.thread_id, limit=1).data[0]
    assert newest.content[0].type == "text"
    assert newest.content[0].text.value == "echo: low"
