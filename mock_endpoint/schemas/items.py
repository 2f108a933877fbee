"""The items that a caller writes, of a response's input or of a conversation: read, and brought into their full form.

An item that lacks its `type` is a message when it has a role, and a reference when it has only an id. What is wrong is
told as the service does: of a wrong role or type with the path of the whole item (contract-successor §6).
"""

from typing import Annotated, Any, Literal

from pydantic import Field, ValidationError, ValidationInfo
from pydantic.functional_validators import PlainValidator

from mock_endpoint import errors
from mock_endpoint.schemas import wording
from mock_endpoint.schemas.base import OTHER, STRING, Body, by_json_type

Json = dict[str, Any]

ROLES = ("assistant", "system", "developer", "user")
_PARTS = ("input_text", "input_image", "output_text", "refusal", "input_file", "computer_screenshot", "summary_text")
"""The words that the service lists; a message by the caller has the three that begin with `input`."""
_INPUT_PARTS = ("input_text", "input_image", "input_file")
_OUTPUT_PARTS = ("output_text", "refusal")
_LONGEST = 10_485_760
"""Characters of a text (contract-successor §1, the published schemas)."""

LongText = Annotated[str, Field(max_length=_LONGEST)]


TextOrParts = Annotated[
    Annotated[LongText, STRING] | Annotated[list[Any], OTHER], by_json_type("a string or an array of objects", list)
]


class _InputText(Body):
    text: LongText


class _InputImage(Body):
    detail: Literal["low", "high", "auto", "original"] | None = None
    file_id: str | None = None
    image_url: LongText | None = None


class _InputFile(Body):
    detail: Literal["low", "high", "auto"] | None = None
    file_data: str | None = None
    file_id: str | None = None
    file_url: str | None = None
    filename: str | None = None


class _OutputText(Body):
    text: LongText
    annotations: list[dict[str, Any]] | None = None
    logprobs: list[dict[str, Any]] | None = None


class _Refusal(Body):
    refusal: LongText


_PART: dict[str, tuple[type[Body], Json]] = {
    "input_text": (_InputText, {}),
    "input_image": (_InputImage, {"detail": "auto"}),
    "input_file": (_InputFile, {}),
    "output_text": (_OutputText, {"annotations": [], "logprobs": []}),
    "refusal": (_Refusal, {}),
}
"""Each part of a message, and what it has where nothing is said."""


class FoundText(Body):
    """A result of file search, as a caller gives it back."""

    attributes: dict[str, str | bool | int | float] | None = None
    file_id: str
    filename: str
    score: float | None = None
    text: LongText
    vector_store_id: str | None = None


class _Stored(Body):
    id: str | None = None
    status: Literal["in_progress", "completed", "incomplete"] | None = None


class _Message(_Stored):
    role: str
    content: TextOrParts
    phase: Literal["commentary", "final_answer"] | None = None


class _Call(_Stored):
    call_id: Annotated[str, Field(min_length=1, max_length=64)]
    namespace: str | None = None
    caller: dict[str, Any] | None = None


class _FunctionCall(_Call):
    name: str
    arguments: LongText


class _CustomToolCall(_Call):
    name: str
    input: LongText


class _CallOutput(_Call):
    name: str | None = None
    output: TextOrParts


class _FileSearchCall(Body):
    id: str | None = None
    status: Literal["in_progress", "searching", "completed", "incomplete", "failed"] | None = None
    queries: list[str]
    results: list[FoundText] | None = None


class _Logs(Body):
    type: Literal["logs"]
    logs: LongText


class _Image(Body):
    type: Literal["image"]
    url: LongText


class _CodeCall(Body):
    id: str | None = None
    status: Literal["in_progress", "interpreting", "completed", "incomplete", "failed"] | None = None
    container_id: str
    code: LongText | None = None
    outputs: list[Annotated[_Logs | _Image, Field(discriminator="type")]] | None = None


class _Reasoning(Body):
    id: str | None = None
    summary: list[dict[str, Any]]
    content: list[dict[str, Any]] | None = None
    encrypted_content: str | None = None


class _Compaction(Body):
    id: str | None = None
    encrypted_content: Annotated[str, Field(max_length=2 * _LONGEST)]


class _Reference(Body):
    id: str


_COMPLETED = {"status": "completed"}
_ITEM: dict[str, tuple[type[Body], Json]] = {
    "message": (_Message, _COMPLETED),
    "function_call": (_FunctionCall, _COMPLETED),
    "function_call_output": (_CallOutput, _COMPLETED),
    "custom_tool_call": (_CustomToolCall, _COMPLETED),
    "custom_tool_call_output": (_CallOutput, _COMPLETED),
    "file_search_call": (_FileSearchCall, _COMPLETED | {"results": None}),
    "code_interpreter_call": (_CodeCall, _COMPLETED | {"code": None, "outputs": None}),
    "reasoning": (_Reasoning, {}),
    "compaction": (_Compaction, {}),
    "item_reference": (_Reference, {}),
}
"""Each item, and what it has where nothing is said."""
PREFIX = {
    "message": "msg",
    "function_call": "fc",
    "function_call_output": "fco",
    "custom_tool_call": "ctc",
    "custom_tool_call_output": "ctco",
    "file_search_call": "fs",
    "code_interpreter_call": "ci",
    "reasoning": "rs",
    "compaction": "cmp",
}
"""How the id of a stored item begins, by its type."""
_ASKED_PREFIX = PREFIX | {"function_call_output": "fc", "custom_tool_call_output": "ctc"}
"""What an id that the caller gives must begin with: the same for a call and its output."""


def read(param: str, given: list[Any]) -> list[Json]:
    """The items in their full form; ids only where they were given. `param` is where they stand in the body."""
    return [_item(f"{param}[{place}]", each) for place, each in enumerate(given)]


def message(text: str) -> Json:
    """A text by the user as the item that it stands for."""
    return {"type": "message"} | _COMPLETED | {"role": "user", "content": [{"type": "input_text", "text": text}]}


def _item(path: str, given: object) -> Json:
    if not isinstance(given, dict):
        raise errors.wrong_type(path, "an object", given)
    kind = given.get("type") or _kind_by_members(given)
    if not isinstance(kind, str) or kind not in _ITEM:
        raise errors.invalid_value(path, str(kind), tuple(_ITEM))
    if kind == "message" and given.get("role") not in ROLES:
        raise errors.invalid_value(path, str(given.get("role") or ""), ROLES)
    if isinstance(given.get("id"), str) and not given["id"].startswith(_ASKED_PREFIX.get(kind, "")):
        raise errors.malformed_id(f"{path}.id", given["id"], _ASKED_PREFIX[kind], "invalid_id_prefix")
    item = _parsed(_ITEM, kind, path, given)
    if kind == "message":
        return item | {"content": _content(path, item)}
    if isinstance(item.get("output"), list):
        item["output"] = _parts(f"{path}.output", item["output"], _INPUT_PARTS)
    return item


def _kind_by_members(given: Json) -> str:
    return "item_reference" if "id" in given and not {"role", "content"} & given.keys() else "message"


def _content(path: str, item: Json) -> list[Json]:
    """What a message says, as a list of parts."""
    by_assistant = item["role"] == "assistant"
    if isinstance(item["content"], str):
        kind = "output_text" if by_assistant else "input_text"
        return [{"type": kind} | _PART[kind][1] | {"text": item["content"]}]
    return _parts(f"{path}.content", item["content"], _OUTPUT_PARTS if by_assistant else _INPUT_PARTS)


def _parts(path: str, given: list[Any], served: tuple[str, ...]) -> list[Json]:
    parts = []
    for place, part in enumerate(given):
        at = f"{path}[{place}]"
        if not isinstance(part, dict):
            raise errors.wrong_type(at, "an object", part)
        if part.get("type") not in served:
            raise errors.invalid_value(at, str(part.get("type") or ""), served if served == _OUTPUT_PARTS else _PARTS)
        parts.append(_parsed(_PART, part["type"], at, part))
    return parts


def _parsed(kinds: dict[str, tuple[type[Body], Json]], kind: str, path: str, given: Json) -> Json:
    """All members of an item or part that have a value."""
    schema, defaults = kinds[kind]
    members = {name: value for name, value in given.items() if name != "type"}
    try:
        return {"type": kind} | defaults | schema.model_validate(members).given()
    except ValidationError as problem:
        raise wording.of(problem.errors(include_url=False)[0], given, path) from None


def _validated(given: object, info: ValidationInfo) -> object:
    """A text, or the items of a list."""
    if isinstance(given, str):
        return given
    if not isinstance(given, list):
        raise errors.wrong_type(str(info.field_name), "a string or an array of objects", given)
    return read(str(info.field_name), given)


def _validated_list(given: object, info: ValidationInfo) -> object:
    if not isinstance(given, list):
        raise errors.wrong_type(str(info.field_name), "an array of objects", given)
    if len(given) > MOST_AT_ONCE:
        raise errors.too_long(str(info.field_name), "array", MOST_AT_ONCE, len(given))
    return read(str(info.field_name), given)


MOST_AT_ONCE = 20
"""Items that a conversation takes at once (contract §10.3)."""
Input = Annotated[Any, PlainValidator(_validated)]
"""The input of a response."""
Items = Annotated[Any, PlainValidator(_validated_list)]
"""Items for a conversation."""
