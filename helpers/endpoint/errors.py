"""Every refusal, with its exact text and status.

Two styles of body exist. The service itself answers `{"error": {message, type, param, code}}`;
Azure's gateway in front of it answers `{"error": {code, message}}` with the status as a string.
"""

from typing import Any

Json = dict[str, Any]


class Refusal(Exception):
    """An answer other than 200; `app.py` turns it into a response."""

    def __init__(self, status: int, error: Json, headers: dict[str, str] | None = None) -> None:
        super().__init__(error["message"])
        self.status = status
        self.body: Json = {"error": error}
        self.headers = headers or {}


def invalid(message: str, param: str | None = None, code: str | None = None, status: int = 400) -> Refusal:
    """A refusal in the service's own style."""
    return Refusal(status, {"message": message, "type": "invalid_request_error", "param": param, "code": code})


def gateway(status: int, message: str, code: str | None = None) -> Refusal:
    """A refusal in the style of Azure's front door; the code is the status unless given."""
    return Refusal(status, {"code": code or str(status), "message": message})


def not_found(noun: str, object_id: str, param: str | None = None) -> Refusal:
    """404 for an id that is well formed but belongs to nothing."""
    return invalid(f"No {noun} found with id '{object_id}'.", param, status=404)


def malformed_id(param: str, value: str, prefix: str) -> Refusal:
    """400 for an id of another kind; asked before existence."""
    message = f"Invalid '{param}': '{value}'. Expected an ID that begins with '{prefix}'."
    return invalid(message, param, "invalid_value")


def thread_is_locked(thread_id: str, run_id: str) -> Refusal:
    """A message may not be added while a run is active. 400, not 409: clients would retry a 409."""
    return invalid(f"Can't add messages to {thread_id} while a run {run_id} is active.")


def second_run(thread_id: str, run_id: str) -> Refusal:
    """A thread has at most one active run."""
    return invalid(f"Thread {thread_id} already has an active run {run_id}.")


def cannot_cancel(status: str) -> Refusal:
    """A run that has ended cannot be cancelled."""
    return invalid(f"Cannot cancel run with status '{status}'.")


def unsupported_model(model: str) -> Refusal:
    """The deployment is not among those the endpoint was started with."""
    message = f"The requested model '{model}' cannot be used with the Assistants API."
    return invalid(message, "model", "unsupported_model")


def no_such_file(file_id: str) -> Refusal:
    """A file that was never uploaded cannot be attached."""
    return invalid(f"No such File object: {file_id}", "id", status=404)


def invalid_value(param: str, value: str, supported: tuple[str, ...]) -> Refusal:
    """A word that is not in the list of words."""
    return invalid(_supported(value, supported), param, "invalid_value")


def wrong_type(param: str, expected: str, value: object) -> Refusal:
    """A value of another JSON type than the one asked for; `expected` comes with its article."""
    message = f"Invalid type for '{param}': expected {expected}, but got {json_type(value)} instead."
    return invalid(message, param, "invalid_type")


def out_of_range(param: str, value: float, least: float | None = None, most: float | None = None) -> Refusal:
    """A number below `least` or above `most`; the bound's type says what kind of number is asked for."""
    side, sign, bound = ("below minimum", ">=", least) if least is not None else ("above maximum", "<=", most)
    noun = "decimal" if isinstance(bound, float) else "integer"
    code = f"{noun}_{'below_min' if least is not None else 'above_max'}_value"
    message = (
        f"Invalid '{param}': {noun} {side} value. Expected a value {sign} {_number(bound)}, but got {value} instead."
    )
    return invalid(message, param, code)


def unknown_parameter(param: str) -> Refusal:
    """A member that the operation does not have."""
    return invalid(f"Unknown parameter: '{param}'.", param, "unknown_parameter")


def missing_parameter(param: str) -> Refusal:
    """A member that the operation cannot do without."""
    return invalid(f"Missing required parameter: '{param}'.", param, "missing_required_parameter")


def too_long(param: str, noun: str, most: int, got: int) -> Refusal:
    """A `string` or `array` with more than `most` characters or elements."""
    what = f"{'an' if noun == 'array' else 'a'} {noun}"
    message = (
        f"Invalid '{param}': {noun} too long. Expected {what} with maximum length {most}, "
        f"but got {what} with length {got} instead."
    )
    return invalid(message, param, f"{noun}_above_max_length")


def empty_array(param: str) -> Refusal:
    """An array that needs at least one element."""
    message = (
        f"Invalid '{param}': empty array. Expected an array with minimum length 1, but got an empty array instead."
    )
    return invalid(message, param, "empty_array")


def too_many_properties(param: str, most: int, got: int) -> Refusal:
    """An object with more than `most` members."""
    message = (
        f"Invalid '{param}': too many properties. Expected an object with at most {most} properties, "
        f"but got an object with {got} properties instead."
    )
    return invalid(message, param, "object_above_max_properties")


def no_match(param: str, pattern: str) -> Refusal:
    """A string with characters that it may not have."""
    message = (
        f"Invalid '{param}': string does not match pattern. Expected a string that matches the pattern '{pattern}'."
    )
    return invalid(message, param, "invalid_value")


def json_type(value: object) -> str:
    """The JSON type of a value, with its article."""
    for types, name in _JSON_TYPES:
        if isinstance(value, types):
            return name
    return "null"


_JSON_TYPES: tuple[tuple[type, str], ...] = (
    (bool, "a boolean"),
    (int, "an integer"),
    (float, "a decimal"),
    (str, "a string"),
    (list, "an array"),
    (dict, "an object"),
)


def _supported(value: str, words: tuple[str, ...]) -> str:
    quoted = [f"'{word}'" for word in words]
    comma = ", and " if len(quoted) > 2 else " and "
    listed = comma.join([", ".join(quoted[:-1]), quoted[-1]] if quoted[1:] else quoted)
    return f"Invalid value: '{value}'. Supported values are: {listed}."


def _number(value: float | None) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)
