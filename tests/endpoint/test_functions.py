"""Function calls: what a run asks for, and how it goes on (contract §3.2, §3.5, §4, §14.3, §14.8)."""

import json
from typing import Any

import httpx2
import openai
import pytest
from openai.types.beta import Assistant
from openai.types.beta.threads import Run
from support.scripted import Scripted
from support.talking import ask, call_ids, calling, error_of, refusal, waiting

from mock_endpoint.models.base import ToolCall

FORECAST: Any = {
    "type": "function",
    "function": {"name": "forecast", "parameters": {"type": "object", "properties": {"city": {"type": "string"}}}},
}
TIDE: Any = {"type": "function", "function": {"name": "tide"}}
NO_CHOICE = "Tool choice '{}' not found in 'tools' parameter."
INVALID = "invalid_value"


def outputs_of(run: Run, *texts: str) -> Any:  # noqa: ANN401
    """These texts as the outputs of the calls that the run waits for."""
    pairs = zip(call_ids(run), texts, strict=True)
    return [{"tool_call_id": call_id, "output": text} for call_id, text in pairs]


def answered(client: openai.OpenAI, run: Run, *texts: str) -> Run:
    """The run after it went on with these outputs."""
    return client.beta.threads.runs.submit_tool_outputs_and_poll(
        run_id=run.id, thread_id=run.thread_id, tool_outputs=outputs_of(run, *texts)
    )


def test_required_action(client: openai.AzureOpenAI, raw: httpx2.Client, assistant: Assistant) -> None:
    """Contract §3.2, §12.18: its exact shape; the arguments are a string that parses."""
    run = waiting(client, assistant, ("forecast", {"city": "Kyōto", "days": [1, 2]}))
    body = raw.get(f"threads/{run.thread_id}/runs/{run.id}").json()
    (call_id,) = call_ids(run)
    assert body["required_action"] == {
        "type": "submit_tool_outputs",
        "submit_tool_outputs": {
            "tool_calls": [
                {
                    "id": call_id,
                    "type": "function",
                    "function": {"name": "forecast", "arguments": '{"city": "Ky\\u014dto", "days": [1, 2]}'},
                }
            ]
        },
    }
    assert json.loads(body["required_action"]["submit_tool_outputs"]["tool_calls"][0]["function"]["arguments"]) == {
        "city": "Kyōto",
        "days": [1, 2],
    }
    assert call_id.startswith("call_")
    assert len(call_id) == len("call_") + 24
    assert (body["status"], body["expires_at"], body["completed_at"]) == (
        "requires_action",
        body["created_at"] + 600,
        None,
    )
    assert body["usage"]["total_tokens"] == body["usage"]["prompt_tokens"] + body["usage"]["completion_tokens"]


def test_the_step_that_waits(client: openai.AzureOpenAI, assistant: Assistant) -> None:
    """Contract §4, §14.8: in progress until the outputs come, then completed with them; the ids are the run's."""
    run = waiting(client, assistant, ("forecast", {"city": "Nara"}), ("tide", {}))
    steps = client.beta.threads.runs.steps
    (step,) = steps.list(run.id, thread_id=run.thread_id).data
    assert (step.type, step.status, step.usage, step.completed_at) == ("tool_calls", "in_progress", None, None)
    assert _calls(step) == [
        (call_ids(run)[0], "forecast", '{"city": "Nara"}', None),
        (call_ids(run)[1], "tide", "{}", None),
    ]
    end = answered(client, run, "rain", "low")
    later = steps.retrieve(step.id, run_id=run.id, thread_id=run.thread_id)
    assert (later.status, later.completed_at is not None) == ("completed", True)
    assert [call[0] for call in _calls(later)] == call_ids(run)
    assert [call[3] for call in _calls(later)] == ["rain", "low"]
    listed = steps.list(run.id, thread_id=run.thread_id, order="asc").data
    assert [each.type for each in listed] == ["tool_calls", "message_creation"]
    assert sorted(listed, key=lambda each: each.completed_at or 0) == listed
    assert (end.status, end.required_action) == ("completed", None)


def _calls(step: Any) -> list[tuple[str, str, str, str | None]]:  # noqa: ANN401
    return [
        (call.id, call.function.name, call.function.arguments, call.function.output)
        for call in step.step_details.tool_calls
    ]


def test_the_model_reads_the_outputs(client: openai.AzureOpenAI, assistant: Assistant, model: Scripted) -> None:
    """Contract §3.2: each output reaches the model beside its call, whatever the order in which they came."""
    run = waiting(client, assistant, ("forecast", {"city": "Nara"}), ("tide", {}))
    end = client.beta.threads.runs.submit_tool_outputs_and_poll(
        run_id=run.id, thread_id=run.thread_id, tool_outputs=outputs_of(run, "rain", "日本語\n👍")[::-1]
    )
    first, second = call_ids(run)
    assert model.prompts[-1].turns[-1].calls == (
        ToolCall(first, "forecast", '{"city": "Nara"}', "rain"),
        ToolCall(second, "tide", "{}", "日本語\n👍"),
    )
    answer = client.beta.threads.messages.list(run.thread_id).data[0]
    assert (end.status, answer.run_id, answer.assistant_id) == ("completed", run.id, assistant.id)
    assert answer.content[0].type == "text"
    assert answer.content[0].text.value == "echo: rain 日本語\n👍"


def test_the_answer_to_outputs(client: openai.AzureOpenAI, raw: httpx2.Client, assistant: Assistant) -> None:
    """Contract §3.1, §3.2: `queued` again, no required action, with the earlier start and the same expiry."""
    run = waiting(client, assistant, ("tide", {}))
    url = f"threads/{run.thread_id}/runs/{run.id}"
    body = raw.post(f"{url}/submit_tool_outputs", json={"tool_outputs": outputs_of(run, "low")}).json()
    assert (body["status"], body["required_action"], body["usage"]) == ("queued", None, None)
    assert (body["started_at"], body["expires_at"]) == (run.started_at, run.expires_at)
    end = client.beta.threads.runs.poll(run.id, thread_id=run.thread_id)
    assert (end.status, end.started_at, end.expires_at) == ("completed", run.started_at, None)


def test_usage_over_all_rounds(client: openai.AzureOpenAI, assistant: Assistant) -> None:
    """Contract §3.1, §12.17: it only grows; the steps' usage sums up to the run's."""
    calls = [("forecast", {"city": "Nara"}), ("tide", {}), ("tide", {"day": 2})]
    run = ask(client, assistant, calling(*calls, how="rounds"))
    totals = []
    for output in ("one", "two", "three"):
        assert run.status == "requires_action"
        assert len(call_ids(run)) == 1
        assert run.usage is not None
        totals.append(run.usage.total_tokens)
        run = answered(client, run, output)
    assert run.usage is not None
    assert (run.status, run.usage.total_tokens > totals[-1]) == ("completed", True)
    steps = client.beta.threads.runs.steps.list(run.id, thread_id=run.thread_id, order="asc").data
    assert [step.type for step in steps] == ["tool_calls"] * 3 + ["message_creation"]
    for name in ("prompt_tokens", "completion_tokens", "total_tokens"):
        assert sum(getattr(step.usage, name) for step in steps) == getattr(run.usage, name)
        assert all(getattr(step.usage, name) > 0 for step in steps)
    assert totals == sorted(set(totals))


@pytest.mark.parametrize("output", [{}, {"output": None}, {"output": ""}])
def test_no_output(
    client: openai.AzureOpenAI, raw: httpx2.Client, assistant: Assistant, model: Scripted, output: dict[str, Any]
) -> None:
    """The published schema asks for neither member: a missing or null output counts as an empty one."""
    run = waiting(client, assistant, ("tide", {}))
    url = f"threads/{run.thread_id}/runs/{run.id}/submit_tool_outputs"
    body = {"tool_outputs": [{"tool_call_id": call_ids(run)[0], **output}]}
    assert raw.post(url, json=body).status_code == 200
    assert client.beta.threads.runs.poll(run.id, thread_id=run.thread_id).status == "completed"
    assert model.prompts[-1].turns[-1].calls[0].output == ""


@pytest.mark.parametrize("choice", ["none", "auto", "required", {"type": "function", "function": {"name": "tide"}}])
def test_choices(client: openai.AzureOpenAI, assistant: Assistant, model: Scripted, choice: Any) -> None:  # noqa: ANN401
    """Contract §3.5: every form is echoed and reaches the model; after the outputs nothing is forced again."""
    run = waiting(client, assistant, ("tide", {}), tools=[FORECAST, TIDE], tool_choice=choice)
    assert model.prompts[-1].tool_choice == choice
    assert run.model_dump()["tool_choice"] == choice
    end = answered(client, run, "low")
    assert end.model_dump()["tool_choice"] == choice
    assert model.prompts[-1].tool_choice == ("none" if choice == "none" else "auto")


@pytest.mark.parametrize(
    ("choice", "error"),
    [
        ({"type": "function", "function": {"name": "ebb"}}, refusal(NO_CHOICE.format("ebb"), "tool_choice", INVALID)),
        ({"type": "file_search"}, refusal(NO_CHOICE.format("file_search"), "tool_choice", INVALID)),
        (
            "any",
            refusal(
                "Invalid value: 'any'. Supported values are: 'none', 'auto', and 'required'.", "tool_choice", INVALID
            ),
        ),
        (
            {"type": "function"},
            refusal(
                "Missing required parameter: 'tool_choice.function'.",
                "tool_choice.function",
                "missing_required_parameter",
            ),
        ),
        (
            7,
            refusal(
                "Invalid type for 'tool_choice': expected a string or an object, but got an integer instead.",
                "tool_choice",
                "invalid_type",
            ),
        ),
    ],
)
def test_wrong_choices(raw: httpx2.Client, assistant: Assistant, choice: object, error: dict[str, Any]) -> None:
    """Contract §3.5, §8.1: refused in the service's words."""
    body = {"assistant_id": assistant.id, "tools": [TIDE], "tool_choice": choice}
    response = raw.post("threads/runs", json=body)
    assert (response.status_code, error_of(response)) == (400, error)


def test_parallel_tool_calls(client: openai.AzureOpenAI, assistant: Assistant, model: Scripted) -> None:
    """Contract §3.1: true unless given; false reaches the model."""
    assert ask(client, assistant, "x", tools=[TIDE]).parallel_tool_calls is True
    assert ask(client, assistant, "x", tools=[TIDE], parallel_tool_calls=False).parallel_tool_calls is False
    assert [prompt.parallel_tool_calls for prompt in model.prompts[-2:]] == [True, False]


def test_tools_of_a_run(client: openai.AzureOpenAI, raw: httpx2.Client, model: Scripted) -> None:
    """Contract §2.3, §3.1, §12.47: its own win over the assistant's, `[]` included; at most 20; copied at creation."""
    assistant = client.beta.assistants.create(model="gpt-4o", instructions="Answer.", tools=[FORECAST])
    run = ask(client, assistant, "x")
    assert [tool["function"]["name"] for tool in model.prompts[-1].tools] == ["forecast"]
    client.beta.assistants.update(assistant.id, tools=[TIDE])
    again = client.beta.threads.runs.retrieve(run.id, thread_id=run.thread_id)
    assert again.tools == run.tools
    ask(client, assistant, "x", tools=[TIDE, FORECAST])
    assert [tool["function"]["name"] for tool in model.prompts[-1].tools] == ["tide", "forecast"]
    ask(client, assistant, "x", tools=[])
    assert model.prompts[-1].tools == ()
    many = [{"type": "function", "function": {"name": f"f{number}"}} for number in range(21)]
    assert raw.post("threads/runs", json={"assistant_id": assistant.id, "tools": many[:20]}).status_code == 200
    response = raw.post("threads/runs", json={"assistant_id": assistant.id, "tools": many})
    assert response.status_code == 400
    assert (error_of(response)["param"], error_of(response)["code"]) == ("tools", "array_above_max_length")


def test_tools_are_kept_while_waiting(client: openai.AzureOpenAI, model: Scripted) -> None:
    """Contract §12.47: an assistant that changes or goes meanwhile changes nothing in the second round."""
    assistant = client.beta.assistants.create(model="gpt-4o", instructions="Answer.", tools=[TIDE])
    run = waiting(client, assistant, ("tide", {}))
    client.beta.assistants.update(assistant.id, tools=[FORECAST], instructions="Be silent.")
    client.beta.assistants.delete(assistant.id)
    assert answered(client, run, "low").status == "completed"
    prompt = model.prompts[-1]
    assert ([tool["function"]["name"] for tool in prompt.tools], prompt.instructions) == (["tide"], "Answer.")


def test_max_completion_tokens(client: openai.AzureOpenAI, assistant: Assistant, model: Scripted) -> None:
    """Contract §3.1, §3.4: what the first round cost is gone for the second."""
    run = waiting(client, assistant, ("tide", {}), ("tide", {}), max_completion_tokens=256)
    end = answered(client, run, "word " * 300, "")
    assert model.prompts[-1].max_completion_tokens == 254
    assert (end.status, end.incomplete_details and end.incomplete_details.reason) == (
        "incomplete",
        "max_completion_tokens",
    )
    assert end.usage is not None
    assert end.usage.completion_tokens == 256


def test_max_prompt_tokens(client: openai.AzureOpenAI, assistant: Assistant) -> None:
    """Contract §3.1, §3.4: two prompts count together; the run ends incomplete, and keeps what it cost so far."""
    run = waiting(client, assistant, ("tide", {"text": "a " * 100}), max_prompt_tokens=300)
    assert run.usage is not None
    assert run.usage.prompt_tokens > 100
    end = answered(client, run, "word " * 300)
    assert (end.status, end.incomplete_details and end.incomplete_details.reason) == ("incomplete", "max_prompt_tokens")
    assert end.usage == run.usage


@pytest.mark.parametrize(("output", "status"), [("high", "completed"), ("word " * 99, "incomplete")])
def test_the_question_stays(
    client: openai.AzureOpenAI, assistant: Assistant, model: Scripted, output: str, status: str
) -> None:
    """Contract §2.3: where the prompt is too long, older messages go, but never the question that outputs belong to."""
    question = calling(("tide", {}))
    thread: Any = {"messages": [{"role": "user", "content": "old " * 150}, {"role": "user", "content": question}]}
    run = client.beta.threads.create_and_run_poll(assistant_id=assistant.id, thread=thread, max_prompt_tokens=300)
    assert answered(client, run, output).status == status
    assert question in [turn.text for turn in model.prompts[-1].turns]


@pytest.mark.parametrize("how", ["call", "first"])
def test_last_messages(client: openai.AzureOpenAI, assistant: Assistant, model: Scripted, how: str) -> None:
    """Contract §2.3: what the run itself said and called does not push out the question that it belongs to."""
    question = calling(("tide", {}), how=how)
    thread: Any = {"messages": [{"role": "user", "content": "old"}, {"role": "user", "content": question}]}
    strategy: Any = {"type": "last_messages", "last_messages": 1}
    run = client.beta.threads.create_and_run_poll(
        assistant_id=assistant.id, thread=thread, truncation_strategy=strategy
    )
    assert answered(client, run, "low").status == "completed"
    *before, last = model.prompts[-1].turns
    assert [turn.text for turn in before] == [question, "Let me see."][: 1 if how == "call" else 2]
    assert last.calls[0].output == "low"
