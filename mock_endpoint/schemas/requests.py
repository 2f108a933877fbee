"""The request body of every operation, with the limits of the service."""

from typing import Annotated, Any, Literal

from pydantic import ConfigDict, Field, model_validator
from pydantic.functional_validators import AfterValidator
from pydantic_core import PydanticCustomError, Url

from mock_endpoint.schemas import json_schema
from mock_endpoint.schemas.base import (
    MAX_FIRST_MESSAGES,
    OTHER,
    STRING,
    Body,
    Metadata,
    Temperature,
    Text,
    TokenLimit,
    TopP,
    by_json_type,
)
from mock_endpoint.schemas.tools import Name, NewToolResources, Tool, ToolResources, UniqueNames

Effort = Literal["none", "minimal", "low", "medium", "high", "xhigh", "max"]


class JsonSchema(Body):
    """The schema that an answer must follow."""

    name: Name
    description: str | None = None
    schema_: Annotated[dict[str, Any] | None, Field(alias="schema")] = None
    strict: bool | None = None

    @model_validator(mode="after")
    def _has_a_schema(self) -> "JsonSchema":
        problem = "" if self.schema_ is None else json_schema.problem_of(self.schema_, bool(self.strict))
        if problem:
            text = "Invalid schema for response_format '{name}': {problem}"
            raise PydanticCustomError("answer_schema", text, {"name": self.name, "problem": problem})
        return self


class PlainFormat(Body):
    """Text, or any JSON object."""

    type: Literal["text", "json_object"]


class SchemaFormat(Body):
    """JSON that follows a schema."""

    type: Literal["json_schema"]
    json_schema: JsonSchema


ResponseFormat = Annotated[
    Annotated[Literal["auto"], STRING]
    | Annotated[Annotated[PlainFormat | SchemaFormat, Field(discriminator="type")], OTHER],
    by_json_type("a string or an object", dict),
]


class FunctionName(Body):
    """The function that must be called."""

    name: str


class FunctionChoice(Body):
    """The function that must be called, as a choice of tool."""

    type: Literal["function"]
    function: FunctionName


class BuiltInChoice(Body):
    """The service's own tool that must be used."""

    type: Literal["code_interpreter", "file_search"]


ToolChoice = Annotated[
    Annotated[Literal["none", "auto", "required"], STRING]
    | Annotated[Annotated[FunctionChoice | BuiltInChoice, Field(discriminator="type")], OTHER],
    by_json_type("a string or an object", dict),
]


class TruncationStrategy(Body):
    """How much of the thread the model gets to read."""

    type: Literal["auto", "last_messages"]
    last_messages: Annotated[int, Field(ge=1)] | None = None


class ExpiresAfter(Body):
    """How long an uploaded file is kept."""

    anchor: Literal["created_at"]
    seconds: Annotated[int, Field(ge=3600, le=2_592_000)]


class CreateFile(Body):
    """`POST /files`, without the file itself."""

    purpose: Literal["assistants", "batch", "fine-tune", "vision", "user_data", "evals"]
    expires_after: ExpiresAfter | None = None


class AssistantFields(Body):
    """What an assistant may be given, at creation and later."""

    name: Annotated[str, Field(max_length=256)] | None = None
    description: Annotated[str, Field(max_length=512)] | None = None
    instructions: Text | None = None
    tools: Annotated[list[Tool], Field(max_length=128), UniqueNames] | None = None
    tool_resources: ToolResources | None = None
    metadata: Metadata | None = None
    temperature: Temperature | None = None
    top_p: TopP | None = None
    response_format: ResponseFormat | None = None
    reasoning_effort: Effort | None = None


class CreateAssistant(AssistantFields):
    """`POST /assistants`."""

    model: str
    tool_resources: NewToolResources | None = None


class ModifyAssistant(AssistantFields):
    """`POST /assistants/{id}`: the given members are replaced, the others stay."""

    model: str | None = None


class TextPart(Body):
    """A text of a message."""

    type: Literal["text"]
    text: Text


def _on_the_web(address: str) -> str:
    try:
        on_the_web = Url(address).scheme in ("http", "https") and "://" in address
    except ValueError:
        on_the_web = False
    if not on_the_web:
        raise PydanticCustomError("no_url", "no URL")
    return address


class ImageUrl(Body):
    """A picture at an address; pictures inside of it (`data:`) are for chat completions only."""

    url: Annotated[str, AfterValidator(_on_the_web)]
    detail: Literal["auto", "low", "high"] | None = None


class ImageUrlPart(Body):
    """A picture at an address, as a part of a message."""

    type: Literal["image_url"]
    image_url: ImageUrl


class ImageFile(Body):
    """An uploaded picture."""

    file_id: str
    detail: Literal["auto", "low", "high"] | None = None


class ImageFilePart(Body):
    """An uploaded picture, as a part of a message."""

    type: Literal["image_file"]
    image_file: ImageFile


Part = Annotated[TextPart | ImageUrlPart | ImageFilePart, Field(discriminator="type")]


class AttachmentTool(Body):
    """The tool that shall see the file."""

    type: Literal["code_interpreter", "file_search"]


class Attachment(Body):
    """A file that comes with a message."""

    file_id: str
    tools: list[AttachmentTool] | None = None


Content = Annotated[
    Annotated[Text, STRING] | Annotated[list[Part], Field(min_length=1), OTHER],
    by_json_type("a string or an array of objects", list),
]


class CreateMessage(Body):
    """`POST /threads/{id}/messages`."""

    role: Literal["user", "assistant"]
    content: Content
    attachments: list[Attachment] | None = None
    metadata: Metadata | None = None


class OnlyMetadata(Body):
    """The modification of a message or a run: metadata and nothing else."""

    metadata: Metadata | None = None


class ModifyThread(Body):
    """`POST /threads/{id}`."""

    metadata: Metadata | None = None
    tool_resources: ToolResources | None = None


class CreateThread(ModifyThread):
    """`POST /threads`."""

    tool_resources: NewToolResources | None = None
    messages: Annotated[list[CreateMessage], Field(max_length=MAX_FIRST_MESSAGES)] | None = None


class RunOptions(Body):
    """What a run may be given, on a thread that exists or on a new one."""

    assistant_id: str
    model: str | None = None
    instructions: Text | None = None
    tools: Annotated[list[Tool], Field(max_length=20), UniqueNames] | None = None
    metadata: Metadata | None = None
    temperature: Temperature | None = None
    top_p: TopP | None = None
    max_prompt_tokens: TokenLimit | None = None
    max_completion_tokens: TokenLimit | None = None
    truncation_strategy: TruncationStrategy | None = None
    tool_choice: ToolChoice | None = None
    parallel_tool_calls: bool | None = None
    response_format: ResponseFormat | None = None
    stream: bool | None = None


class CreateRun(RunOptions):
    """`POST /threads/{id}/runs`."""

    additional_instructions: Text | None = None
    additional_messages: list[CreateMessage] | None = None
    reasoning_effort: Effort | None = None


class ToolOutput(Body):
    """What a function gave back."""

    model_config = ConfigDict(extra="ignore")  # here, alone, the published schema allows more members

    tool_call_id: str | None = None
    output: str | None = None


class SubmitToolOutputs(Body):
    """`POST /threads/{id}/runs/{id}/submit_tool_outputs`."""

    tool_outputs: list[ToolOutput]
    stream: bool | None = None


class CreateThreadAndRun(RunOptions):
    """`POST /threads/runs`."""

    thread: CreateThread | None = None
    tool_resources: ToolResources | None = None
