"""The request bodies of Responses and Conversations.

The members stand in the order in which the service checks them (contract-successor §6).
"""

from typing import Annotated, Any, Literal

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from mock_endpoint import errors
from mock_endpoint.schemas import json_schema
from mock_endpoint.schemas.base import OTHER, STRING, Body, Metadata, Temperature, TopP, by_json_type, nearest, parse
from mock_endpoint.schemas.items import Input, Items
from mock_endpoint.schemas.requests import Effort
from mock_endpoint.schemas.response_tools import Tool, ToolChoice
from mock_endpoint.schemas.tools import Name

Json = dict[str, Any]

Include = Literal[
    "file_search_call.results",
    "web_search_call.results",
    "web_search_call.action.sources",
    "message.input_image.image_url",
    "computer_call_output.output.image_url",
    "code_interpreter_call.outputs",
    "reasoning.encrypted_content",
    "message.output_text.logprobs",
]
_CONTINUED = ("previous_response_id", "prompt", "conversation")
"""What a response can go on from, so that it needs no input."""


class Prompt(Body):
    """A prompt that is kept by the service."""

    id: str
    version: str | None = None
    variables: dict[str, Any] | None = None


class JsonObject(Body):
    """Any JSON object."""

    type: Literal["json_object"]


class PlainText(Body):
    """Text."""

    type: Literal["text"]


class JsonSchema(Body):
    """JSON that follows a schema."""

    type: Literal["json_schema"]
    name: Name
    description: str | None = None
    schema_: Annotated[dict[str, Any], Field(alias="schema")]
    strict: bool | None = None

    @model_validator(mode="after")
    def _has_a_schema(self) -> "JsonSchema":
        if problem := json_schema.problem_of(self.schema_, bool(self.strict)):
            text = "Invalid schema for response_format '{name}': {problem}"
            raise PydanticCustomError("format_schema", text, {"name": self.name, "problem": problem})
        return self


class TextOptions(Body):
    """How the answer is written."""

    format: Annotated[JsonObject | PlainText | JsonSchema, Field(discriminator="type")] | None = None
    verbosity: Literal["low", "medium", "high"] | None = None


class Reasoning(Body):
    """How a model thinks that can."""

    mode: Literal["standard", "pro"] | None = None
    effort: Effort | None = None
    summary: Literal["auto", "concise", "detailed"] | None = None
    context: Literal["auto", "current_turn", "all_turns"] | None = None
    generate_summary: Literal["auto", "concise", "detailed"] | None = None


class StreamOptions(Body):
    """What comes with a stream."""

    include_obfuscation: bool | None = None


class ConversationId(Body):
    """A conversation, as an object."""

    id: str


Conversation = Annotated[
    Annotated[str, STRING] | Annotated[ConversationId, OTHER], by_json_type("a string or an object", dict)
]


class _SuggestingBody(Body):
    @classmethod
    def unknown(cls, name: str) -> errors.Refusal:
        """Responses say what may be meant (contract-successor §6)."""
        return errors.unknown_parameter(name, nearest(name, cls.model_fields))


class CountTokens(_SuggestingBody):
    """`POST /responses/input_tokens`."""

    model: str | None = None
    input: Input = None
    previous_response_id: str | None = None
    tools: list[Tool] | None = None
    tool_choice: ToolChoice | None = None
    text: TextOptions | None = None
    reasoning: Reasoning | None = None
    parallel_tool_calls: bool | None = None
    truncation: Literal["auto", "disabled"] | None = None
    conversation: Conversation | None = None
    instructions: str | None = None


class Compact(_SuggestingBody):
    """`POST /responses/compact`."""

    model: str
    input: Input = None
    previous_response_id: str | None = None
    instructions: str | None = None
    service_tier: Literal["auto", "default", "flex", "scale", "priority"] | None = None
    prompt_cache_key: Annotated[str, Field(max_length=64)] | None = None
    prompt_cache_retention: Literal["in_memory", "24h"] | None = None


class CreateResponse(_SuggestingBody):
    """`POST /responses`."""

    model: str
    input: Input = None
    previous_response_id: str | None = None
    prompt: Prompt | None = None
    include: list[Include] | None = None
    tools: Annotated[list[Tool], Field(max_length=128)] | None = None
    tool_choice: ToolChoice | None = None
    metadata: Metadata | None = None
    text: TextOptions | None = None
    temperature: Temperature | None = None
    top_p: TopP | None = None
    top_logprobs: Annotated[int, Field(ge=0, le=20)] | None = None
    reasoning: Reasoning | None = None
    parallel_tool_calls: bool | None = None
    max_output_tokens: Annotated[int, Field(ge=16)] | None = None
    max_tool_calls: Annotated[int, Field(ge=1)] | None = None
    truncation: Literal["auto", "disabled"] | None = None
    stream: bool | None = None
    stream_options: StreamOptions | None = None
    background: bool | None = None
    conversation: Conversation | None = None
    instructions: str | None = None
    store: bool | None = None
    service_tier: Literal["auto", "default", "flex", "scale", "priority"] | None = None
    user: str | None = None
    safety_identifier: Annotated[str, Field(max_length=64)] | None = None
    prompt_cache_key: str | None = None
    prompt_cache_retention: Literal["in_memory", "24h"] | None = None


class CreateConversation(Body):
    """`POST /conversations`."""

    items: Items = None
    metadata: Metadata | None = None


class ModifyConversation(Body):
    """`POST /conversations/{id}`: the metadata is replaced."""

    metadata: Metadata


class AddItems(Body):
    """`POST /conversations/{id}/items`."""

    items: Items


def read_create(body: Json) -> Json:
    """What a response was asked for; what is asked before all else is whether there is a model, and then an input."""
    read_model(body)
    if "messages" in body:
        message = (
            "Unsupported parameter: 'messages'. In the Responses API, this parameter has moved to 'input'. "
            "Try again with the new parameter."
        )
        raise errors.invalid(message, code="unsupported_parameter")
    if "input" in body and body["input"] is None:
        raise errors.invalid(
            "Invalid type for 'input': expected a string or an array of objects, but got an object instead.",
            "input",
            "invalid_type",
        )
    if "input" not in body and not any(body.get(name) for name in _CONTINUED):
        raise errors.missing_parameter("input")
    return parse(CreateResponse, body)


def read_model(body: Json) -> None:
    """Refuse a body without the name of a model."""
    if "model" not in body:
        raise errors.missing_parameter("model")
    if not isinstance(body["model"], str):
        # A null is called an object here, as it is in JavaScript (contract-successor §6).
        raise errors.wrong_type("model", "a string", body["model"] if body["model"] is not None else {})
