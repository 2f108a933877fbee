"""Tools and the choice among them as Responses declare them: flat, and strict unless told otherwise.

What a response shows of its tools is not what the caller wrote: `echo` fills in what was left out, and closes the
schema of a function that did not say whether it is strict (contract-successor §1.1).
"""

import copy
from typing import Annotated, Any, Literal

from pydantic import ConfigDict, Field, model_validator
from pydantic_core import PydanticCustomError

from mock_endpoint.schemas import json_schema
from mock_endpoint.schemas.base import OTHER, STRING, Body, by_json_type
from mock_endpoint.schemas.containers import FileIds, MemoryLimit, NoNetwork
from mock_endpoint.schemas.tools import Name
from mock_endpoint.schemas.vector_stores import Filter

Json = dict[str, Any]

HOSTED = (
    "code_interpreter",
    "file_search",
    "web_search",
    "web_search_preview",
    "computer_use_preview",
    "image_generation",
    "local_shell",
    "shell",
    "apply_patch",
    "tool_search",
    "mcp",
)
"""Tools that the service runs itself, or knows the use of."""
_HERE = ("code_interpreter", "file_search")
"""Those of them that the endpoint runs."""
ELSEWHERE = tuple(kind for kind in HOSTED if kind not in _HERE)
"""Those that only the service runs."""


class FunctionTool(Body):
    """A function that the caller runs; its arguments follow a schema."""

    type: Literal["function"]
    name: Name
    description: str | None = None
    parameters: dict[str, Any] | None = None
    strict: bool | None = None
    output_schema: dict[str, Any] | None = None

    @model_validator(mode="after")
    def _has_a_schema(self) -> "FunctionTool":
        schema = parameters(self.parameters, self.strict)
        problem = json_schema.problem_of(schema, self.strict is not False) if schema else ""
        if problem:
            text = "Invalid schema for function '{name}': {problem}"
            raise PydanticCustomError("flat_schema", text, {"name": self.name, "problem": problem})
        return self


class CustomFormat(Body):
    """What the input of a custom tool looks like."""

    type: Literal["text", "grammar"]
    syntax: Literal["lark", "regex"] | None = None
    definition: str | None = None


class CustomTool(Body):
    """A tool that the caller runs; its input is a text."""

    type: Literal["custom"]
    name: Name
    description: str | None = None
    format: CustomFormat | None = None


class HybridSearch(Body):
    """How much meaning and words count."""

    embedding_weight: Annotated[float, Field(ge=0)]
    text_weight: Annotated[float, Field(ge=0)]


class RankingOptions(Body):
    """How file search ranks what it found."""

    ranker: Literal["auto", "default-2024-11-15"] | None = None
    score_threshold: Annotated[float, Field(ge=0, le=1)] | None = None
    hybrid_search: HybridSearch | None = None


class FileSearchTool(Body):
    """A search in vector stores."""

    type: Literal["file_search"]
    vector_store_ids: list[str]
    max_num_results: Annotated[int, Field(ge=1, le=50)] | None = None
    ranking_options: RankingOptions | None = None
    filters: Filter | None = None


class AutoContainer(Body):
    """A container that is made, or found, by itself."""

    type: Literal["auto"]
    file_ids: FileIds | None = None
    memory_limit: MemoryLimit | None = None
    network_policy: NoNetwork | None = None


class CodeInterpreterTool(Body):
    """Code, and the container in which it runs."""

    type: Literal["code_interpreter"]
    container: Annotated[
        Annotated[str, Field(max_length=64), STRING] | Annotated[AutoContainer, OTHER],
        by_json_type("a string or an object", dict),
    ]


class HostedTool(Body):
    """A tool that only the service runs."""

    model_config = ConfigDict(extra="allow")

    type: Literal[ELSEWHERE]  # pyrefly: ignore[not-a-type]


Tool = Annotated[
    FunctionTool | CustomTool | FileSearchTool | CodeInterpreterTool | HostedTool, Field(discriminator="type")
]


class NamedChoice(Body):
    """The function or custom tool that must be called."""

    type: Literal["function", "custom"]
    name: str


class AllowedTools(Body):
    """The tools among which the model may choose."""

    type: Literal["allowed_tools"]
    mode: Literal["auto", "required"]
    tools: list[dict[str, Any]]


class HostedChoice(Body):
    """The service's own tool that must be used."""

    model_config = ConfigDict(extra="allow")

    type: Literal[HOSTED]  # pyrefly: ignore[not-a-type]


ToolChoice = Annotated[
    Annotated[Literal["none", "auto", "required"], STRING]
    | Annotated[Annotated[NamedChoice | AllowedTools | HostedChoice, Field(discriminator="type")], OTHER],
    by_json_type("a string or an object", dict),
]


def parameters(schema: Json | None, strict: bool | None) -> Json | None:
    """A function's schema as the service keeps it: closed where the caller left `strict` out."""
    if strict is not None:
        return schema
    return _closed(schema or {"type": "object", "properties": {}})


def echo(tool: Json) -> Json:
    """A tool as a response shows it."""
    if tool["type"] == "function":
        return {
            "type": "function",
            "description": tool.get("description"),
            "name": tool["name"],
            "output_schema": tool.get("output_schema"),
            "parameters": parameters(tool.get("parameters"), tool.get("strict")),
            "strict": tool.get("strict", True),
        }
    if tool["type"] == "file_search":
        ranking = {"ranker": "auto", "score_threshold": 0.0} | tool.get("ranking_options", {})
        return {"type": "file_search", "filters": None, "max_num_results": 20} | tool | {"ranking_options": ranking}
    if tool["type"] == "code_interpreter":
        return tool
    return {"description": None, "format": {"type": "text"}} | tool


def _closed(schema: Json) -> Json:
    """The schema with all its objects closed, as strict mode asks, but for those that say themselves how they are."""
    closed = copy.deepcopy(schema)
    for node in json_schema.schemas_in(closed):
        if node.get("type") == "object" or "properties" in node:
            node.setdefault("additionalProperties", False)
    return closed
