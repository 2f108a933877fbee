"""The request bodies of vector stores, their files and batches (contract §7)."""

from typing import Annotated, Literal

from pydantic import Field, model_validator
from pydantic.functional_validators import AfterValidator
from pydantic_core import PydanticCustomError

from mock_endpoint.errors import Json
from mock_endpoint.schemas.base import OTHER, STRING, Body, Metadata, at_most_16, by_json_type

MOST_FILES, MOST_IN_BATCH = 500, 2000
Attributes = Annotated[
    dict[Annotated[str, Field(max_length=64)], Annotated[str, Field(max_length=512)] | bool | int | float],
    AfterValidator(at_most_16),
]


class AutoChunking(Body):
    """800 tokens a chunk, 400 of them also in the next."""

    type: Literal["auto"]


class ChunkSizes(Body):
    """Sizes in tokens."""

    max_chunk_size_tokens: Annotated[int, Field(ge=100, le=4096)]
    chunk_overlap_tokens: Annotated[int, Field(ge=0)]

    @model_validator(mode="after")
    def _overlap_is_at_most_half(self) -> "ChunkSizes":
        if self.chunk_overlap_tokens * 2 > self.max_chunk_size_tokens:
            raise PydanticCustomError("overlap", "chunk_overlap_tokens must not exceed half of max_chunk_size_tokens")
        return self


class StaticChunking(Body):
    """Chunks of sizes that the caller chooses."""

    type: Literal["static"]
    static: ChunkSizes


Chunking = Annotated[AutoChunking | StaticChunking, Field(discriminator="type")]


class ExpiresAfter(Body):
    """How long a store lives without use."""

    anchor: Literal["last_active_at"]
    days: Annotated[int, Field(ge=1, le=365)]


class CreateVectorStore(Body):
    """`POST /vector_stores`."""

    name: str | None = None
    description: str | None = None
    file_ids: Annotated[list[str], Field(max_length=MOST_FILES)] | None = None
    chunking_strategy: Chunking | None = None
    expires_after: ExpiresAfter | None = None
    metadata: Metadata | None = None


class ModifyVectorStore(Body):
    """`POST /vector_stores/{id}`."""

    name: str | None = None
    expires_after: ExpiresAfter | None = None
    metadata: Metadata | None = None

    def given(self) -> Json:
        """`expires_after: null` says something: the store lives for ever."""
        given = super().given()
        return given | ({"expires_after": None} if self._lives_for_ever else {})

    @property
    def _lives_for_ever(self) -> bool:
        return "expires_after" in self.model_fields_set and self.expires_after is None


class CreateFile(Body):
    """`POST /vector_stores/{id}/files`."""

    file_id: str
    attributes: Attributes | None = None
    chunking_strategy: Chunking | None = None


class ModifyFile(Body):
    """`POST /vector_stores/{id}/files/{id}`."""

    attributes: Attributes | None

    def given(self) -> Json:
        """No attributes, and `null`, are none."""
        return {"attributes": self.attributes or {}}


class CreateBatch(Body):
    """`POST /vector_stores/{id}/file_batches`: ids, or files with what is said of each."""

    file_ids: Annotated[list[str], Field(min_length=1, max_length=MOST_IN_BATCH)] | None = None
    files: Annotated[list[CreateFile], Field(min_length=1, max_length=MOST_IN_BATCH)] | None = None
    attributes: Attributes | None = None
    chunking_strategy: Chunking | None = None

    @model_validator(mode="after")
    def _has_files(self) -> "CreateBatch":
        if (self.file_ids is None) == (self.files is None):
            raise PydanticCustomError("one_of", "Give either 'file_ids' or 'files'.")
        return self


class Comparison(Body):
    """A comparison of an attribute with a value."""

    type: Literal["eq", "ne", "gt", "gte", "lt", "lte", "in", "nin"]
    key: str
    value: str | bool | int | float | list[str | int | float]


class Compound(Body):
    """Several filters at once."""

    type: Literal["and", "or"]
    filters: "list[Filter]"


Filter = Annotated[Comparison | Compound, Field(discriminator="type")]


class Ranking(Body):
    """How search ranks what it found; `none`: by meaning alone."""

    ranker: Literal["none", "auto", "default-2024-11-15"] | None = None
    score_threshold: Annotated[float, Field(ge=0, le=1)] | None = None


class Search(Body):
    """`POST /vector_stores/{id}/search`."""

    query: Annotated[
        Annotated[str, STRING] | Annotated[list[str], Field(min_length=1, max_length=50), OTHER],
        by_json_type("a string or an array of strings", list),
    ]
    filters: Filter | None = None
    max_num_results: Annotated[int, Field(ge=1, le=50)] | None = None
    ranking_options: Ranking | None = None
    rewrite_query: bool | None = None
