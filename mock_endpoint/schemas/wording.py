"""The service's wording of what pydantic found wrong in a request body."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from pydantic_core import ErrorDetails

from mock_endpoint import errors
from mock_endpoint.errors import Refusal


@dataclass(frozen=True)
class _Finding:
    """One thing that is wrong."""

    param: str
    value: Any
    message: str
    context: dict[str, Any]


def of(error: ErrorDetails, body: object, path: str = "") -> Refusal:
    """What the service says about this error; `path` is where the body stands in the request's own."""
    param = ".".join(filter(None, (path, json_path(error["loc"], body))))
    finding = _Finding(param, error["input"], error["msg"], error.get("ctx", {}))
    return _WORDING.get(error["type"], _anything_else)(finding)


def json_path(location: tuple[int | str, ...], body: object) -> str:
    """`("tools", 0, "type")` → `tools[0].type`.

    Pydantic puts the names of union branches into the location; they are no members of the body and are left out:
    those in angle brackets, and the first part below an object when it is that object's own `type` or `role`.
    """
    path, here, in_branch = "", body, False
    for position, part in enumerate(location):
        last = position == len(location) - 1
        if isinstance(part, int):
            path += f"[{part}]"
            here, in_branch = here[part] if isinstance(here, list) and part < len(here) else None, False
        elif part.startswith("<") or not isinstance(here, dict):
            continue
        elif part in (here.get("type"), here.get("role")) and not (last or in_branch):
            in_branch = True
        elif part in here or last:
            path += f".{part}" if path else part
            here, in_branch = here.get(part), False
    return path or "body"


def _expected(what: str) -> Callable[[_Finding], Refusal]:
    return lambda f: errors.wrong_type(f.param, what, f.value)


def _literal(f: _Finding) -> Refusal:
    if not isinstance(f.value, str):
        return errors.wrong_type(f.param, "a string", f.value)
    return errors.invalid_value(f.param, f.value, _words(f.context["expected"]))


def _tag(f: _Finding) -> Refusal:
    member = f.context["discriminator"].strip("'")
    if not isinstance(f.value[member], str):
        return errors.wrong_type(f"{f.param}.{member}", "a string", f.value[member])
    return errors.invalid_value(f"{f.param}.{member}", str(f.context["tag"]), _words(f.context["expected_tags"]))


def _anything_else(f: _Finding) -> Refusal:
    return errors.invalid(f"Invalid '{f.param}': {f.message}.", f.param, "invalid_value")


def _words(listed: str) -> tuple[str, ...]:
    """`"'a', 'b' or 'c'"` → `("a", "b", "c")`."""
    return tuple(word.strip("' ") for word in listed.replace(" or ", ", ").split(", "))


_WORDING: dict[str, Callable[[_Finding], Refusal]] = {
    "string_type": _expected("a string"),
    "int_type": _expected("an integer"),
    "float_type": _expected("a decimal"),
    "finite_number": _expected("a decimal"),
    "bool_type": _expected("a boolean"),
    "dict_type": _expected("an object"),
    "model_type": _expected("an object"),
    "model_attributes_type": _expected("an object"),
    "list_type": _expected("an array"),
    "invalid_type": lambda f: errors.wrong_type(f.param, f.message, f.value),
    "missing": lambda f: errors.missing_parameter(f.param),
    "union_tag_not_found": lambda f: errors.missing_parameter(f"{f.param}.{f.context['discriminator'].strip(chr(39))}"),
    "union_tag_invalid": _tag,
    "literal_error": _literal,
    "extra_forbidden": lambda f: errors.unknown_parameter(f.param),
    "greater_than_equal": lambda f: errors.out_of_range(f.param, f.value, least=f.context["ge"]),
    "less_than_equal": lambda f: errors.out_of_range(f.param, f.value, most=f.context["le"]),
    "string_too_long": lambda f: errors.too_long(f.param, "string", f.context["max_length"], len(f.value)),
    "too_long": lambda f: errors.too_long(f.param, "array", f.context["max_length"], len(f.value)),
    "too_short": lambda f: errors.empty_array(f.param),
    "object_above_max_properties": lambda f: errors.too_many_properties(f.param, 16, len(f.value)),
    "string_pattern_mismatch": lambda f: errors.no_match(f.param, f.context["pattern"]),
    "retired_tool": lambda f: errors.invalid(f.message),
    "same_name": lambda f: errors.invalid(f.message, f"{f.param}[{f.context['place']}]"),
    "function_schema": lambda f: errors.invalid(f.message, f"{f.param}.parameters", "invalid_function_parameters"),
    "answer_schema": lambda f: errors.invalid(f.message, f.param.removesuffix(".json_schema")),
    # The last part of these two paths names a branch of a union.
    "flat_schema": lambda f: errors.invalid(
        f.message, f"{f.param.removesuffix('.function')}.parameters", "invalid_function_parameters"
    ),
    "format_schema": lambda f: errors.invalid(
        f.message, f"{f.param.removesuffix('.json_schema')}.schema", "invalid_json_schema"
    ),
    "overlap": lambda f: errors.invalid(f"Invalid '{f.param}': {f.message}.", f.param, "invalid_value"),
    "one_of": lambda f: errors.invalid(f.message),
    "no_url": lambda f: errors.invalid(
        f"Invalid '{f.param}'. Expected a valid URL, but got a value with an invalid format.", f.param, "invalid_value"
    ),
}
