"""Tools and what they work on, as request bodies carry them."""

from typing import Annotated, Any, Literal, LiteralString

from pydantic import Field, model_validator
from pydantic.functional_validators import AfterValidator, BeforeValidator
from pydantic_core import PydanticCustomError

from mock_endpoint.schemas import json_schema
from mock_endpoint.schemas.base import Body, FileIds, Metadata
from mock_endpoint.schemas.vector_stores import Chunking, ExpiresAfter

Name = Annotated[str, Field(max_length=64, pattern=r"^[a-zA-Z0-9_-]+$")]
"""The name of a function, or of the schema of an answer."""


class FunctionDefinition(Body):
    """A function that the model may ask the caller to run."""

    name: Name
    description: str | None = None
    parameters: dict[str, Any] | None = None
    """A JSON Schema; none, or an empty one, for a function without parameters."""
    strict: bool | None = None

    @model_validator(mode="after")
    def _has_a_schema(self) -> "FunctionDefinition":
        problem = json_schema.problem_of(self.parameters, bool(self.strict)) if self.parameters else ""
        if problem:
            text = "Invalid schema for function '{name}': {problem}"
            raise PydanticCustomError("function_schema", text, {"name": self.name, "problem": problem})
        return self


class FunctionTool(Body):
    """`{"type": "function", …}`."""

    type: Literal["function"]
    function: FunctionDefinition


class CodeInterpreterTool(Body):
    """`{"type": "code_interpreter"}`."""

    type: Literal["code_interpreter"]


class RankingOptions(Body):
    """How file search ranks what it found."""

    ranker: Literal["auto", "default_2024_08_21"] | None = None
    score_threshold: Annotated[float, Field(ge=0, le=1)]


class FileSearchOptions(Body):
    """Overrides for file search."""

    max_num_results: Annotated[int, Field(ge=1, le=50)] | None = None
    ranking_options: RankingOptions | None = None


class FileSearchTool(Body):
    """`{"type": "file_search"}`."""

    type: Literal["file_search"]
    file_search: FileSearchOptions | None = None


MOST_FILES_AT_ONCE = 10_000
"""Files of a vector store that is made with an assistant or a thread."""


def no_retrieval(text: LiteralString) -> BeforeValidator:
    """Refuse the tool that file search has replaced, in the words of the api-version."""

    def check(tool: object) -> object:
        if isinstance(tool, dict) and tool.get("type") == "retrieval":
            raise PydanticCustomError("retired_tool", text)
        return tool

    return BeforeValidator(check)


Tool = Annotated[
    Annotated[CodeInterpreterTool | FileSearchTool | FunctionTool, Field(discriminator="type")],
    no_retrieval(
        "Azure OpenAI Retrieval v1 tool is not supported in favor of the more advanced v2 file_search tool. "
        "Please use `file_search` in the v2 api."
    ),
]


def _with_unique_names(tools: list[Any]) -> list[Any]:
    names = set()
    for place, tool in enumerate(tools):
        if isinstance(tool, FunctionTool):
            if tool.function.name in names:
                text = "Function tools must have unique names."
                raise PydanticCustomError("same_name", text, {"place": place})
            names.add(tool.function.name)
    return tools


UniqueNames = AfterValidator(_with_unique_names)
"""Of a list of tools: no two functions have one name."""


class CodeInterpreterResources(Body):
    """Files that code may read."""

    file_ids: FileIds | None = None


class FileSearchResources(Body):
    """The vector store that file search reads; at most one."""

    vector_store_ids: Annotated[list[str], Field(max_length=1)] | None = None


class ToolResources(Body):
    """What the tools work on."""

    code_interpreter: CodeInterpreterResources | None = None
    file_search: FileSearchResources | None = None


class NewVectorStore(Body):
    """A vector store to be made together with the assistant or thread that it is for."""

    file_ids: Annotated[list[str], Field(max_length=MOST_FILES_AT_ONCE)] | None = None
    chunking_strategy: Chunking | None = None
    expires_after: ExpiresAfter | None = None
    metadata: Metadata | None = None


class NewFileSearchResources(FileSearchResources):
    """A vector store that is there, or one to be made."""

    vector_stores: Annotated[list[NewVectorStore], Field(max_length=1)] | None = None

    @model_validator(mode="after")
    def _one_or_the_other(self) -> "NewFileSearchResources":
        if self.vector_stores is not None and self.vector_store_ids is not None:
            raise PydanticCustomError("one_of", "Give either 'vector_store_ids' or 'vector_stores'.")
        return self


class NewToolResources(ToolResources):
    """What the tools of a new assistant or thread work on."""

    file_search: NewFileSearchResources | None = None
