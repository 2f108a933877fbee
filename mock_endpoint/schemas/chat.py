"""The request body of a chat completion."""

from typing import Annotated, Any, Literal

from pydantic import Field

from mock_endpoint import errors
from mock_endpoint.schemas.base import OTHER, STRING, Body, Metadata, Temperature, TopP, by_json_type
from mock_endpoint.schemas.requests import Effort, FunctionChoice, PlainFormat, SchemaFormat
from mock_endpoint.schemas.tools import FunctionTool, UniqueNames

_Penalty = Annotated[float, Field(ge=-2, le=2, allow_inf_nan=False)]


class TextPart(Body):
    """A text of a message."""

    type: Literal["text"]
    text: str


class RefusalPart(Body):
    """What a model said instead of an answer."""

    type: Literal["refusal"]
    refusal: str


class Picture(Body):
    """A picture at an address, or in it (`data:`)."""

    url: str
    detail: Literal["auto", "low", "high"] | None = None


class PicturePart(Body):
    """A picture of a message."""

    type: Literal["image_url"]
    image_url: Picture


UserPart = Annotated[TextPart | PicturePart, Field(discriminator="type")]
AssistantPart = Annotated[TextPart | RefusalPart, Field(discriminator="type")]
UserContent = Annotated[
    Annotated[str, STRING] | Annotated[list[UserPart], Field(min_length=1), OTHER],
    by_json_type("a string or an array of objects", list),
]
TextContent = Annotated[
    Annotated[str, STRING] | Annotated[list[TextPart], Field(min_length=1), OTHER],
    by_json_type("a string or an array of objects", list),
]
AssistantContent = Annotated[
    Annotated[str, STRING] | Annotated[list[AssistantPart], Field(min_length=1), OTHER],
    by_json_type("a string or an array of objects", list),
]


class CalledFunction(Body):
    """A function that the model called."""

    name: str
    arguments: str


class Call(Body):
    """A call that the model made."""

    id: str
    type: Literal["function"]
    function: CalledFunction


class SystemMessage(Body):
    """What leads the model."""

    role: Literal["system", "developer"]
    content: TextContent
    name: str | None = None


class UserMessage(Body):
    """What the user says."""

    role: Literal["user"]
    content: UserContent
    name: str | None = None


class AssistantMessage(Body):
    """What the model said; programs send back what they were given, empty members and all."""

    role: Literal["assistant"]
    content: AssistantContent | None = None
    refusal: str | None = None
    name: str | None = None
    tool_calls: Annotated[list[Call], Field(min_length=1)] | None = None
    annotations: list[dict[str, Any]] | None = None
    audio: None = None
    function_call: None = None


class ToolMessage(Body):
    """What a function gave back."""

    role: Literal["tool"]
    content: TextContent
    tool_call_id: str


Message = Annotated[SystemMessage | AssistantMessage | UserMessage | ToolMessage, Field(discriminator="role")]


class AllowedTools(Body):
    """The functions among which the model may choose."""

    mode: Literal["auto", "required"]
    tools: list[FunctionChoice]


class AllowedChoice(Body):
    """The functions among which the model may choose, as a choice of tool."""

    type: Literal["allowed_tools"]
    allowed_tools: AllowedTools


ToolChoice = Annotated[
    Annotated[Literal["none", "auto", "required"], STRING]
    | Annotated[Annotated[FunctionChoice | AllowedChoice, Field(discriminator="type")], OTHER],
    by_json_type("a string or an object", dict),
]
Stop = Annotated[
    Annotated[str, STRING] | Annotated[list[str], Field(max_length=4), OTHER],
    by_json_type("a string or an array of strings", list),
]


class StreamOptions(Body):
    """What comes with a stream."""

    include_usage: bool | None = None
    include_obfuscation: bool | None = None


class CreateChatCompletion(Body):
    """`POST /chat/completions`."""

    model: str
    messages: Annotated[list[Message], Field(min_length=1)]
    tools: Annotated[list[FunctionTool], Field(max_length=128), UniqueNames] | None = None
    tool_choice: ToolChoice | None = None
    parallel_tool_calls: bool | None = None
    response_format: Annotated[PlainFormat | SchemaFormat, Field(discriminator="type")] | None = None
    temperature: Temperature | None = None
    top_p: TopP | None = None
    n: Annotated[int, Field(ge=1, le=1)] | None = None
    stop: Stop | None = None
    max_tokens: Annotated[int, Field(ge=1)] | None = None
    max_completion_tokens: Annotated[int, Field(ge=1)] | None = None
    stream: bool | None = None
    stream_options: StreamOptions | None = None
    frequency_penalty: _Penalty | None = None
    presence_penalty: _Penalty | None = None
    logit_bias: dict[str, int] | None = None
    logprobs: bool | None = None
    top_logprobs: Annotated[int, Field(ge=0, le=20)] | None = None
    seed: int | None = None
    user: str | None = None
    safety_identifier: str | None = None
    prompt_cache_key: str | None = None
    prompt_cache_retention: Literal["in_memory", "24h"] | None = None
    reasoning_effort: Effort | None = None
    verbosity: Literal["low", "medium", "high"] | None = None
    service_tier: Literal["auto", "default", "flex", "scale", "priority"] | None = None
    store: bool | None = None
    metadata: Metadata | None = None
    modalities: list[Literal["text"]] | None = None

    @classmethod
    def unknown(cls, name: str) -> errors.Refusal:
        """Chat completions have words of their own for a member that they do not know."""
        return errors.invalid(f"Unrecognized request argument supplied: {name}")
