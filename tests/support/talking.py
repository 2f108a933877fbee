"""Clients for the endpoint under test, and what tests say to it again and again."""

from typing import Any, Protocol

import httpx2
import openai
from openai.types.beta import Assistant
from openai.types.beta.threads import Run

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
    given: dict[str, Any] = {
        "azure_endpoint": endpoint.url,
        "api_key": endpoint.key,
        "api_version": V2["api-version"],
        "max_retries": 0,
        "_strict_response_validation": True,
        "http_client": httpx2.Client(transport=recorder),
    }
    return openai.AzureOpenAI(**given | options)


def async_azure(endpoint: Endpoint, recorder: Recorder, **options: Any) -> openai.AsyncAzureOpenAI:  # noqa: ANN401
    """`AsyncAzureOpenAI` on the dated paths."""
    given: dict[str, Any] = {
        "azure_endpoint": endpoint.url,
        "api_key": endpoint.key,
        "api_version": V2["api-version"],
        "max_retries": 0,
        "_strict_response_validation": True,
        "http_client": httpx2.AsyncClient(transport=recorder),
    }
    return openai.AsyncAzureOpenAI(**given | options)


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
