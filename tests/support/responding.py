"""What the tests of Responses say again and again."""

from typing import Any

import openai
import pytest
from openai.types.responses import Response, ResponseFunctionToolCall, ResponseStreamEvent

from .talking import refusal

MODEL = "gpt-4o"
WEATHER: Any = {
    "type": "function",
    "name": "get_weather",
    "description": "The weather of a city.",
    "parameters": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
}
"""A function as old code declares it: open, and silent about `strict`."""


def respond(client: openai.OpenAI, given: Any, **options: Any) -> Response:  # noqa: ANN401
    """A response to this input."""
    asked: dict[str, Any] = {"model": MODEL, "input": given, **options}
    response: Response = client.responses.create(**asked)
    return response


def respond_streamed(client: openai.OpenAI, given: Any, **options: Any) -> list[ResponseStreamEvent]:  # noqa: ANN401
    """All events of a response to this input."""
    asked: dict[str, Any] = {"model": MODEL, "input": given, "stream": True, **options}
    return list(client.responses.create(**asked))


def functions_called(response: Response) -> list[ResponseFunctionToolCall]:
    """The functions that a response asks for."""
    return [item for item in response.output if item.type == "function_call"]


def output_of(call: ResponseFunctionToolCall, text: str) -> dict[str, str]:
    """What a function gave back, as an item of input."""
    return {"type": "function_call_output", "call_id": call.call_id, "output": text}


def refused(
    client: openai.OpenAI,
    expected: dict[str, Any],
    status: int = 400,
    **body: Any,  # noqa: ANN401
) -> None:
    """Check that a response with this body is refused with these words."""
    with pytest.raises(openai.APIStatusError) as caught:
        client.post("/responses", body=body, cast_to=object)
    assert (caught.value.status_code, caught.value.body) == (status, expected)


__all__ = ["MODEL", "WEATHER", "functions_called", "output_of", "refusal", "refused", "respond", "respond_streamed"]
