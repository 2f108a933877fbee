"""Tools and what they work on, as request bodies carry them."""

from typing import Annotated, Any, Literal

from pydantic import Field
from pydantic.functional_validators import BeforeValidator
from pydantic_core import PydanticCustomError

from mock_endpoint.schemas.base import Body, FileIds


class FunctionDefinition(Body):
    """A function that the model may ask the caller to run."""

    name: Annotated[str, Field(max_length=64, pattern=r"^[a-zA-Z0-9_-]+$")]
    description: str | None = None
    parameters: dict[str, Any] | None = None
    strict: bool | None = None


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


def no_retrieval(text: str) -> BeforeValidator:
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
        "Please use 'file_search' in the v2 api."
    ),
]


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
