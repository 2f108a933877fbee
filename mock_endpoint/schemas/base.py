"""What all request bodies have in common. Explicit nulls mean "not given"."""

from collections.abc import Iterable
from typing import Annotated, TypeVar

from pydantic import BaseModel, ConfigDict, Discriminator, Field, Tag, ValidationError
from pydantic.functional_validators import AfterValidator, BeforeValidator
from pydantic_core import PydanticCustomError

from mock_endpoint import errors
from mock_endpoint.schemas import wording

MAX_TEXT = 256_000
"""Characters in instructions and in one text of a message."""
MAX_FILES = 20
"""Files that code of an assistant, and of a thread, may read."""
MAX_FIRST_MESSAGES = 32
"""Messages that a thread may begin with (openai-php/client#269); those of a run have no known limit."""


class Body(BaseModel):
    """A request body: unknown members are refused, nothing is converted."""

    model_config = ConfigDict(
        extra="forbid", strict=True, defer_build=True
    )  # built at first use: `serve` starts sooner

    def given(self) -> errors.Json:
        """What the caller wrote, nulls left out, in the form in which it is stored."""
        return self.model_dump(by_alias=True, exclude_unset=True, exclude_none=True)

    @classmethod
    def unknown(cls, name: str) -> errors.Refusal:
        """What is said of a member that the body does not have."""
        return errors.unknown_parameter(name)


def parse(kind: type[Body], body: object) -> errors.Json:
    """What the body gives, checked; a `Refusal` with the service's words otherwise."""
    if not isinstance(body, dict):
        raise errors.wrong_type("body", "an object", body)
    try:
        return kind.model_validate(body).given()
    except ValidationError as problem:
        error = problem.errors(include_url=False)[0]
        if error["type"] == "extra_forbidden" and len(error["loc"]) == 1:
            raise kind.unknown(str(error["loc"][0])) from None
        raise wording.of(error, body) from None


def nearest(word: str, words: Iterable[str]) -> str | None:
    """The word that differs least, by one or two letters; None where all differ by more."""
    distance, nearest = min((_distance(word, other), other) for other in words)
    return nearest if distance <= 2 else None


def _distance(one: str, other: str) -> int:
    """How many letters must be put in, taken out or exchanged to make one word of the other."""
    if abs(len(one) - len(other)) > 2:
        return 3
    row = list(range(len(other) + 1))
    for place, letter in enumerate(one, 1):
        before, row[0] = row[0], place
        for column, wanted in enumerate(other, 1):
            before, row[column] = row[column], min(row[column] + 1, row[column - 1] + 1, before + (letter != wanted))
    return row[-1]


T = TypeVar("T")


def at_most_16(pairs: dict[str, T]) -> dict[str, T]:
    """Refuse more pairs than the service keeps with an object."""
    if len(pairs) > 16:
        raise PydanticCustomError("object_above_max_properties", "too many properties")
    return pairs


def _a_metadata_object(value: object) -> object:
    if not isinstance(value, dict):
        raise PydanticCustomError("invalid_type", "a metadata object")
    return value


Metadata = Annotated[
    dict[Annotated[str, Field(max_length=64)], Annotated[str, Field(max_length=512)]],
    BeforeValidator(_a_metadata_object),
    AfterValidator(at_most_16),
]
FileIds = Annotated[list[str], Field(max_length=MAX_FILES)]
Temperature = Annotated[float, Field(ge=0, le=2, allow_inf_nan=False)]
TopP = Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)]
TokenLimit = Annotated[int, Field(ge=256)]
Text = Annotated[str, Field(max_length=MAX_TEXT)]


STRING, OTHER = Tag("<string>"), Tag("<other>")
"""The two branches of `by_json_type`; the brackets keep them apart from members of a body (see `wording.json_path`)."""


def by_json_type(expected: str, other: type) -> Discriminator:
    """Tells a string from an object (`dict`) or an array (`list`) in a union; `expected` names the two in a refusal."""

    def branch(value: object) -> str | None:
        if isinstance(value, str):
            return STRING.tag
        return OTHER.tag if isinstance(value, other | BaseModel) else None

    return Discriminator(branch, custom_error_type="invalid_type", custom_error_message=expected)
