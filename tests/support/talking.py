"""Clients for the endpoint under test, and what tests say to it again and again."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Protocol

import httpx2
import openai
from openai.types.beta import Assistant, AssistantStreamEvent
from openai.types.beta.threads import Run

from mock_endpoint.server import Options, start

from .recording import Recorder

V2 = {"api-version": "2024-05-01-preview"}
OLD = {"api-version": "2024-02-15-preview"}


class Endpoint(Protocol):
    """An endpoint in this process or in another."""

    @property
    def url(self) -> str:
        """Where it answers."""

    @property
    def key(self) -> str:
        """What opens it."""


def azure(endpoint: Endpoint, recorder: Recorder, **options: Any) -> openai.AzureOpenAI:  # noqa: ANN401
    """`AzureOpenAI` on the dated paths."""
    return openai.AzureOpenAI(**_of_azure(endpoint, httpx2.Client(transport=recorder)) | options)


@contextmanager
def served(**options: Any) -> Iterator[openai.AzureOpenAI]:  # noqa: ANN401 - those of the endpoint
    """A learner's `AzureOpenAI`, and for as long as the block lasts an endpoint of its own that answers it."""
    with (
        start(Options(state="memory", key="a key of this test", **options)) as running,
        openai.AzureOpenAI(azure_endpoint=running.url, api_key=running.key, api_version=V2["api-version"]) as client,
    ):
        yield client


def async_azure(endpoint: Endpoint, recorder: Recorder, **options: Any) -> openai.AsyncAzureOpenAI:  # noqa: ANN401
    """`AsyncAzureOpenAI` on the dated paths."""
    return openai.AsyncAzureOpenAI(**_of_azure(endpoint, httpx2.AsyncClient(transport=recorder)) | options)


def _of_azure(endpoint: Endpoint, http_client: object) -> dict[str, Any]:
    return {
        "azure_endpoint": endpoint.url,
        "api_key": endpoint.key,
        "api_version": V2["api-version"],
        "max_retries": 0,
        "_strict_response_validation": True,
        "http_client": http_client,
    }


def plain(endpoint: Endpoint, recorder: Recorder, base: str, **options: Any) -> openai.OpenAI:  # noqa: ANN401
    """`OpenAI` with the family of paths that `base` names, as in `/openai/v1`."""
    given: dict[str, Any] = {
        "base_url": endpoint.url + base,
        "api_key": endpoint.key,
        "max_retries": 0,
        "_strict_response_validation": True,
        "http_client": httpx2.Client(transport=recorder),
    }
    return openai.OpenAI(**given | options)


def ask(client: openai.OpenAI, assistant: Assistant, text: str, **options: Any) -> Run:  # noqa: ANN401
    """A run on a new thread that ended, after a message with this text."""
    return client.beta.threads.create_and_run_poll(
        assistant_id=assistant.id, thread={"messages": [{"role": "user", "content": text}]}, **options
    )


def calling(*calls: tuple[str, Any], how: str = "call") -> str:
    """The message that makes the scripted model call these functions."""
    return f"{how} {json.dumps(calls, ensure_ascii=False)}"


def streamed(
    client: openai.OpenAI,
    assistant: Assistant,
    text: str,
    **options: Any,  # noqa: ANN401
) -> list[AssistantStreamEvent]:
    """All events of a run on a new thread, after a message with this text."""
    thread = client.beta.threads.create(messages=[{"role": "user", "content": text}])
    return list(client.beta.threads.runs.create(thread.id, assistant_id=assistant.id, stream=True, **options))


def waiting(client: openai.OpenAI, assistant: Assistant, *calls: tuple[str, Any], **options: Any) -> Run:  # noqa: ANN401
    """A run on a new thread that waits for the outputs of these calls."""
    run = ask(client, assistant, calling(*calls), **options)
    assert run.status == "requires_action"
    return run


def call_ids(run: Run) -> list[str]:
    """The ids of the calls that a run waits for."""
    assert run.required_action is not None
    return [call.id for call in run.required_action.submit_tool_outputs.tool_calls]


def text_of(client: openai.OpenAI, run: Run) -> str:
    """What the run's last message says."""
    (part,) = client.beta.threads.messages.list(run.thread_id, run_id=run.id, limit=1).data[0].content
    assert part.type == "text"
    return part.text.value


def assistant_of(client: openai.AzureOpenAI) -> str:
    """The id of a new assistant."""
    return client.beta.assistants.create(model="gpt-4o", instructions="Answer.").id


def error_of(response: httpx2.Response) -> dict[str, Any]:
    """The inner object of an error body."""
    error: dict[str, Any] = response.json()["error"]
    return error


def refusal(message: str, param: str | None = None, code: str | None = None) -> dict[str, Any]:
    """An error body's inner object in the service's own style."""
    return {"message": message, "type": "invalid_request_error", "param": param, "code": code}
