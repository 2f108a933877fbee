"""Every refusal, with its exact text and status.

Two styles of body exist. The service itself answers `{"error": {message, type, param, code}}`;
Azure's gateway in front of it answers `{"error": {code, message}}` with the status as a string.
"""

from typing import Any

Json = dict[str, Any]

_WRONG_KEY = (
    "Access denied due to invalid subscription key or wrong API endpoint. Make sure to provide a valid key for an "
    "active subscription and use a correct regional API endpoint for your resource."
)
_RETIRED = (
    "The Assistants API was retired on 2026-08-26. Migrate to the Responses API, or to the Foundry Agent Service."
)


class Refusal(Exception):
    """An answer other than 200."""

    def __init__(self, status: int, error: Json | None, headers: dict[str, str] | None = None) -> None:
        """`error`: the body's only member; None for no body at all."""
        super().__init__(error["message"] if error else f"HTTP {status}")
        self.status = status
        self.error = error
        self.headers = headers or {}


def invalid(message: str, param: str | None = None, code: str | None = None, status: int = 400) -> Refusal:
    """A refusal in the service's own style."""
    return Refusal(status, {"message": message, "type": "invalid_request_error", "param": param, "code": code})


def gateway(status: int, message: str, code: str | None = None) -> Refusal:
    """A refusal in the style of Azure's front door; the code is the status unless given."""
    return Refusal(status, {"code": code or str(status), "message": message})


def wrong_key(family: str) -> Refusal:
    """401 for a key that is wrong or missing."""
    if family == "openai":
        return invalid("Incorrect API key provided.", code="invalid_api_key", status=401)
    return gateway(401, _WRONG_KEY)


def rate_limited(family: str, seconds: int) -> Refusal:
    """429; the client may come again after so many seconds."""
    message = f"Rate limit is exceeded. Try again in {seconds} seconds."
    headers = {"retry-after": str(seconds)}
    if family == "openai":
        error = {"message": message, "type": "requests", "param": None, "code": "rate_limit_exceeded"}
        return Refusal(429, error, headers)
    return Refusal(429, {"code": "429", "message": message}, headers)


def broken(headers: dict[str, str] | None = None) -> Refusal:
    """500 in the service's own style."""
    message = "The server had an error while processing your request. Sorry about that!"
    return Refusal(500, {"message": message, "type": "server_error", "param": None, "code": None}, headers)


def unstored(explanation: tuple[str, str]) -> Refusal:
    """500: nothing was written, and what was there before is still there."""
    return Refusal(500, unwritable(explanation), NO_RETRY)


def unwritable(explanation: tuple[str, str]) -> Json:
    """The error of a request, or of a stream, that the state file could not take."""
    return {"message": " ".join(explanation), "type": "server_error", "param": None, "code": "state_unwritable"}


NO_RETRY = {"x-should-retry": "false"}
"""The client would repeat a 500 by itself; where it would get the same answer, it is told not to."""


def retired(family: str) -> Refusal:
    """What the hosted services answer since the retirement: OpenAI a bare 404, Azure 410 with this code."""
    return Refusal(404, None) if family == "openai" else gateway(410, _RETIRED, "assistants_api_deprecated")


def not_found(noun: str, object_id: str, param: str | None = None) -> Refusal:
    """404 for an id that is well formed but belongs to nothing."""
    if noun == "file":
        return no_such_file(object_id)
    return invalid(f"No {noun.replace('_', ' ')} found with id '{object_id}'.", param, status=404)


def not_in_store(noun: str, object_id: str, store_id: str) -> Refusal:
    """404 for a file or batch that a vector store does not have."""
    return invalid(f"No {noun} found with id '{object_id}' in vector store '{store_id}'.", status=404)


def no_store_to_search(family: str, store_id: str) -> Refusal:
    """A response cannot search a vector store that does not exist. What was seen of it (Azure 400, OpenAI 404) was
    reported, not recorded."""
    message = f"Vector store with id ['{store_id}'] not found."
    return invalid(message, status=404 if family == "openai" else 400)


def store_expired(store_id: str) -> Refusal:
    """400: a vector store that has expired is there to be seen, and for nothing else."""
    return invalid(f"Vector store {store_id} is expired.")


def container_expired() -> Refusal:
    """400: a container that has expired is there to be seen, and for nothing else (contract-successor §4)."""
    return invalid("Container is expired.")


def malformed_id(param: str, value: str, prefix: str, code: str = "invalid_value") -> Refusal:
    """400 for an id of another kind; asked before existence."""
    message = f"Invalid '{param}': '{value}'. Expected an ID that begins with '{prefix}'."
    return invalid(message, param, code)


def thread_is_locked(thread_id: str, run_id: str) -> Refusal:
    """A message may not be added while a run is active. 400, not 409: clients would retry a 409."""
    return invalid(f"Can't add messages to {thread_id} while a run {run_id} is active.")


def second_run(thread_id: str, run_id: str) -> Refusal:
    """A thread has at most one active run."""
    return invalid(f"Thread {thread_id} already has an active run {run_id}.")


def cannot_cancel(status: str) -> Refusal:
    """A run that has ended cannot be cancelled."""
    return invalid(f"Cannot cancel run with status '{status}'.")


def no_tool_outputs(status: str) -> Refusal:
    """Only a run that waits for tool outputs takes any."""
    return invalid(f'Runs in status "{status}" do not accept tool outputs.')


def other_tool_outputs(expected: list[str], got: list[str]) -> Refusal:
    """All outputs are submitted at once, one for each call."""
    return invalid(f"Expected tool outputs for call_ids {expected}, got {got}")


def no_such_choice(name: str) -> Refusal:
    """The function that must be called is not declared."""
    return invalid(f"Tool choice '{name}' not found in 'tools' parameter.", "tool_choice", "invalid_value")


def unsupported_model(model: str) -> Refusal:
    """The deployment is not among those the endpoint was started with."""
    message = f"The requested model '{model}' cannot be used with the Assistants API."
    return invalid(message, "model", "unsupported_model")


def no_such_model(family: str, model: str) -> Refusal:
    """A response cannot be made by a deployment that does not exist (contract-successor §6)."""
    if family == "openai":
        return invalid(f"The requested model '{model}' does not exist.", "model", "model_not_found")
    return no_such_deployment()


def no_such_chat_model(family: str, model: str) -> Refusal:
    """A chat completion cannot be made by a deployment that does not exist (contract-successor §6)."""
    if family == "openai":
        message = f"The model `{model}` does not exist or you do not have access to it."
        return invalid(message, code="model_not_found", status=404)
    return no_such_deployment()


def no_such_deployment() -> Refusal:
    """Azure's 404, which has a type (contract-successor §5)."""
    message = (
        "The API deployment for this resource does not exist. If you created the deployment within the last "
        "5 minutes, please wait a moment and try again."
    )
    return Refusal(404, {"type": "invalid_request_error", "code": "DeploymentNotFound", "message": message})


def no_previous_response(response_id: str) -> Refusal:
    """A chain cannot go on from a response that is not stored (contract §10.5)."""
    message = f"Previous response with id '{response_id}' not found."
    return invalid(message, "previous_response_id", "previous_response_not_found")


def gone(noun: str, object_id: str) -> Refusal:
    """404 in the words of Responses and Conversations (contract-successor §3)."""
    return invalid(f"{noun} with id '{object_id}' not found.", status=404)


def no_item(item_id: str) -> Refusal:
    """404 for an item that is referred to, and stored nowhere (contract §10.5)."""
    message = f"Item with id '{item_id}' not found. Items are not persisted when `store` is set to false."
    return invalid(message, status=404)


def no_item_in_conversation(item_id: str) -> Refusal:
    """404 for an item that the conversation does not have (contract-successor §3)."""
    return invalid(f"Item with id '{item_id}' not found in conversation.", status=404)


def conversation_locked() -> Refusal:
    """A conversation takes one response at a time (contract-successor §3)."""
    message = "Another process is currently operating on this conversation. Please retry in a few seconds."
    return invalid(message, "conversation", "conversation_locked")


def unparsable(*, successor: bool) -> Refusal:
    """The body is no JSON; Responses and Conversations say so at length (contract-successor §3)."""
    if not successor:
        return invalid("We could not parse the JSON body of your request.")
    message = (
        "Invalid body: failed to parse JSON value. Please check the value to ensure it is valid JSON. (Common errors "
        "include trailing commas, missing closing brackets, missing quotation marks, etc.)"
    )
    return invalid(message, code="invalid_json")


def no_such_file(file_id: str) -> Refusal:
    """404 for a file that was never uploaded, or is gone."""
    return invalid(f"No such File object: {file_id}", "id", status=404)


def invalid_form(why: str) -> Refusal:
    """A body that should be a form with a file."""
    return invalid(f"We could not parse the multipart form of your request: {why}.")


def file_too_large(most: int) -> Refusal:
    """413 for a file of more than so many bytes."""
    return invalid(f"File too large. At most {most} bytes are kept.", "file", status=413)


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


def unsupported_parameter(param: str) -> Refusal:
    """A member that this model cannot make use of (contract-successor §6)."""
    return invalid(f"Unsupported parameter: '{param}' is not supported with this model.", param)


def unknown_parameter(param: str, meant: str | None = None) -> Refusal:
    """A member that the operation does not have; `meant`: one that it has and that is spelled nearly so."""
    hint = f" Did you mean '{meant}'?" if meant else ""
    return invalid(f"Unknown parameter: '{param}'.{hint}", param, "unknown_parameter")


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
