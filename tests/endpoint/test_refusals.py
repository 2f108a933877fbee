"""Every refusal of a request body: exact text, status, param and code (contract §2.3, §2.4, §3.3, §8.1)."""

from typing import Any

import httpx2
import pytest
from openai.types.beta import Assistant, Thread
from support.talking import OLD, V2, error_of, refusal

LONG = 256_001


def _type(param: str, expected: str, got: str) -> tuple[str, str, str]:
    return f"Invalid type for '{param}': expected {expected}, but got {got} instead.", param, "invalid_type"


def _missing(param: str) -> tuple[str, str, str]:
    return f"Missing required parameter: '{param}'.", param, "missing_required_parameter"


def _unknown(param: str) -> tuple[str, str, str]:
    return f"Unknown parameter: '{param}'.", param, "unknown_parameter"


def _value(param: str, value: str, supported: str) -> tuple[str, str, str]:
    return f"Invalid value: '{value}'. Supported values are: {supported}.", param, "invalid_value"


def _below(param: str, noun: str, least: str, got: str) -> tuple[str, str, str]:
    text = f"Invalid '{param}': {noun} below minimum value. Expected a value >= {least}, but got {got} instead."
    return text, param, f"{noun}_below_min_value"


def _above(param: str, noun: str, most: str, got: str) -> tuple[str, str, str]:
    text = f"Invalid '{param}': {noun} above maximum value. Expected a value <= {most}, but got {got} instead."
    return text, param, f"{noun}_above_max_value"


def _long(param: str, noun: str, most: int, got: int) -> tuple[str, str, str]:
    kind = f"{'an' if noun == 'array' else 'a'} {noun}"
    text = (
        f"Invalid '{param}': {noun} too long. "
        f"Expected {kind} with maximum length {most}, but got {kind} with length {got} instead."
    )
    return text, param, f"{noun}_above_max_length"


def _pairs(param: str, got: int) -> tuple[str, str, str]:
    text = (
        f"Invalid '{param}': too many properties. Expected an object with at most 16 properties, "
        f"but got an object with {got} properties instead."
    )
    return text, param, "object_above_max_properties"


def _empty(param: str) -> tuple[str, str, str]:
    text = f"Invalid '{param}': empty array. Expected an array with minimum length 1, but got an empty array instead."
    return text, param, "empty_array"


def _no_url(param: str) -> tuple[str, str, str]:
    return (
        f"Invalid '{param}'. Expected a valid URL, but got a value with an invalid format.",
        param,
        "invalid_value",
    )


def _picture(url: str) -> dict[str, Any]:
    return {"content": [{"type": "text", "text": "x"}, {"type": "image_url", "image_url": {"url": url}}]}


CODE = {"type": "code_interpreter"}
SEARCH = {"type": "file_search"}
TOOLS = "'code_interpreter', 'file_search', and 'function'"
RETIRED = (
    "Azure OpenAI Retrieval v1 tool is not supported in favor of the more advanced v2 file_search tool. "
    "Please use `file_search` in the v2 api."
)
VALID = {"assistants": {"model": "m"}, "threads": {}, "threads/{}/messages": {"role": "user", "content": "x"}}
SIXTEEN = {str(i): "" for i in range(16)}

ASSISTANTS: list[tuple[dict[str, Any], tuple[str, str, str]]] = [
    ({"model": 5}, _type("model", "a string", "an integer")),
    ({"model": None}, _type("model", "a string", "null")),
    ({"colour": "red"}, _unknown("colour")),
    ({"file_ids": []}, _unknown("file_ids")),
    ({"name": {}}, _type("name", "a string", "an object")),
    ({"name": "n" * 257}, _long("name", "string", 256, 257)),
    ({"description": "d" * 513}, _long("description", "string", 512, 513)),
    ({"instructions": "i" * LONG}, _long("instructions", "string", 256_000, LONG)),
    ({"tools": "code_interpreter"}, _type("tools", "an array", "a string")),
    ({"tools": ["code_interpreter"]}, _type("tools[0]", "an object", "a string")),
    ({"tools": [CODE, {"type": "magic"}]}, _value("tools[1].type", "magic", TOOLS)),
    ({"tools": [{}]}, _missing("tools[0].type")),
    ({"tools": [{"type": "function"}]}, _missing("tools[0].function")),
    ({"tools": [{"type": "function", "function": {}}]}, _missing("tools[0].function.name")),
    ({"tools": [{"type": "function", "name": "f"}]}, _missing("tools[0].function")),
    ({"tools": [CODE | {"x": 1}]}, _unknown("tools[0].x")),
    ({"tools": [CODE | {"code_interpreter": {}}]}, _unknown("tools[0].code_interpreter")),
    ({"tools": [{"type": 5}]}, _type("tools[0].type", "a string", "an integer")),
    (
        {"tools": [{"type": "function", "function": {"name": "f", "function": 1}}]},
        _unknown("tools[0].function.function"),
    ),
    (
        {"tools": [SEARCH | {"file_search": {"max_num_results": 51}}]},
        _above("tools[0].file_search.max_num_results", "integer", "50", "51"),
    ),
    ({"tools": [CODE] * 129}, _long("tools", "array", 128, 129)),
    ({"metadata": []}, _type("metadata", "a metadata object", "an array")),
    ({"metadata": "k"}, _type("metadata", "a metadata object", "a string")),
    ({"metadata": SIXTEEN | {"k": ""}}, _pairs("metadata", 17)),
    ({"metadata": {"k" * 65: ""}}, _long(f"metadata.{'k' * 65}", "string", 64, 65)),
    ({"metadata": {"k": "v" * 513}}, _long("metadata.k", "string", 512, 513)),
    ({"metadata": {"k": 1}}, _type("metadata.k", "a string", "an integer")),
    ({"metadata": {"type": "k", "k": 1}}, _type("metadata.k", "a string", "an integer")),
    ({"metadata": {"k": None}}, _type("metadata.k", "a string", "null")),
    ({"temperature": 2.1}, _above("temperature", "decimal", "2", "2.1")),
    ({"temperature": -1}, _below("temperature", "decimal", "0", "-1")),
    ({"temperature": "hot"}, _type("temperature", "a decimal", "a string")),
    ({"temperature": True}, _type("temperature", "a decimal", "a boolean")),
    ({"top_p": 1.5}, _above("top_p", "decimal", "1", "1.5")),
    ({"top_p": -0.5}, _below("top_p", "decimal", "0", "-0.5")),
    ({"response_format": 1}, _type("response_format", "a string or an object", "an integer")),
    ({"response_format": []}, _type("response_format", "a string or an object", "an array")),
    ({"response_format": "json"}, _value("response_format", "json", "'auto'")),
    (
        {"response_format": {"type": "xml"}},
        _value("response_format.type", "xml", "'text', 'json_object', and 'json_schema'"),
    ),
    ({"response_format": {"type": "json_schema"}}, _missing("response_format.json_schema")),
    ({"response_format": {"type": "json_schema", "json_schema": {}}}, _missing("response_format.json_schema.name")),
    (
        {"reasoning_effort": "huge"},
        _value("reasoning_effort", "huge", "'none', 'minimal', 'low', 'medium', 'high', 'xhigh', and 'max'"),
    ),
    ({"tool_resources": []}, _type("tool_resources", "an object", "an array")),
    ({"tool_resources": {"magic": {}}}, _unknown("tool_resources.magic")),
    (
        {"tool_resources": {"code_interpreter": {"file_ids": ["f"] * 21}}},
        _long("tool_resources.code_interpreter.file_ids", "array", 20, 21),
    ),
    (
        {"tool_resources": {"file_search": {"vector_store_ids": ["a", "b"]}}},
        _long("tool_resources.file_search.vector_store_ids", "array", 1, 2),
    ),
]

MESSAGES: list[tuple[dict[str, Any], tuple[str, str, str]]] = [
    ({"role": "system"}, _value("role", "system", "'user' and 'assistant'")),
    ({"role": 1}, _type("role", "a string", "an integer")),
    ({"content": 1}, _type("content", "a string or an array of objects", "an integer")),
    ({"content": None}, _type("content", "a string or an array of objects", "null")),
    ({"content": {}}, _type("content", "a string or an array of objects", "an object")),
    ({"content": []}, _empty("content")),
    ({"content": "c" * LONG}, _long("content", "string", 256_000, LONG)),
    ({"content": [{"type": "text"}]}, _missing("content[0].text")),
    ({"content": [{"type": "text", "text": {"value": "x"}}]}, _type("content[0].text", "a string", "an object")),
    ({"content": [{"text": "x"}]}, _missing("content[0].type")),
    (
        {"content": [{"type": "sound"}]},
        _value("content[0].type", "sound", "'text', 'image_url', and 'image_file'"),
    ),
    (
        {"content": [{"type": "image_url", "image_url": {"url": "https://example.com", "detail": "best"}}]},
        _value("content[0].image_url.detail", "best", "'auto', 'low', and 'high'"),
    ),
    *(
        (_picture(url), _no_url("content[1].image_url.url"))
        for url in (
            "",
            "gate.png",
            "/gate.png",
            "http://",
            "https:gate.png",
            "https://ex ample.com/gate.png",
            "https://[::1/gate.png",
            "file:///gate.png",
            "ftp://example.com/gate.png",
            "data:image/png;base64,iVBORw0KGgo=",
        )
    ),
    ({"metadata": "k"}, _type("metadata", "a metadata object", "a string")),
    ({"attachments": [{"tools": []}]}, _missing("attachments[0].file_id")),
    (
        {"attachments": [{"file_id": "f", "tools": [{"type": "function"}]}]},
        _value("attachments[0].tools[0].type", "function", "'code_interpreter' and 'file_search'"),
    ),
    ({"metadata": SIXTEEN | {"k": ""}}, _pairs("metadata", 17)),
    ({"file_ids": []}, _unknown("file_ids")),
    ({"thread_id": "x"}, _unknown("thread_id")),
]

RUNS: list[tuple[dict[str, Any], tuple[str, str, str]]] = [
    ({"assistant_id": 1}, _type("assistant_id", "a string", "an integer")),
    (
        {"assistant_id": "gpt-4"},
        (
            "Invalid 'assistant_id': 'gpt-4'. Expected an ID that begins with 'asst'.",
            "assistant_id",
            "invalid_value",
        ),
    ),
    ({"stream": "yes"}, _type("stream", "a boolean", "a string")),
    ({"tools": [CODE] * 21}, _long("tools", "array", 20, 21)),
    ({"max_prompt_tokens": 255}, _below("max_prompt_tokens", "integer", "256", "255")),
    ({"max_completion_tokens": 0}, _below("max_completion_tokens", "integer", "256", "0")),
    ({"max_completion_tokens": 256.5}, _type("max_completion_tokens", "an integer", "a decimal")),
    ({"max_completion_tokens": "256"}, _type("max_completion_tokens", "an integer", "a string")),
    ({"truncation_strategy": "auto"}, _type("truncation_strategy", "an object", "a string")),
    ({"truncation_strategy": {}}, _missing("truncation_strategy.type")),
    (
        {"truncation_strategy": {"type": "first"}},
        _value("truncation_strategy.type", "first", "'auto' and 'last_messages'"),
    ),
    (
        {"truncation_strategy": {"type": "last_messages", "last_messages": 0}},
        _below("truncation_strategy.last_messages", "integer", "1", "0"),
    ),
    ({"tool_choice": []}, _type("tool_choice", "a string or an object", "an array")),
    ({"tool_choice": "some"}, _value("tool_choice", "some", "'none', 'auto', and 'required'")),
    (
        {"tool_choice": {"type": "magic"}},
        _value("tool_choice.type", "magic", "'function', 'code_interpreter', and 'file_search'"),
    ),
    ({"tool_choice": {"type": "function"}}, _missing("tool_choice.function")),
    ({"tool_choice": {"type": "function", "function": {}}}, _missing("tool_choice.function.name")),
    ({"parallel_tool_calls": 1}, _type("parallel_tool_calls", "a boolean", "an integer")),
    ({"temperature": 3}, _above("temperature", "decimal", "2", "3")),
    ({"instructions": "i" * LONG}, _long("instructions", "string", 256_000, LONG)),
    ({"metadata": SIXTEEN | {"k": ""}}, _pairs("metadata", 17)),
]

ON_THREAD: list[tuple[dict[str, Any], tuple[str, str, str]]] = [
    ({"additional_messages": [{"role": "user"}]}, _missing("additional_messages[0].content")),
    (
        {"additional_messages": [{"role": "user"} | _picture("gate.png")]},
        _no_url("additional_messages[0].content[1].image_url.url"),
    ),
    ({"additional_messages": {}}, _type("additional_messages", "an array", "an object")),
    ({"thread": {}}, _unknown("thread")),
    ({"tool_resources": {}}, _unknown("tool_resources")),
]

WITH_THREAD: list[tuple[dict[str, Any], tuple[str, str, str]]] = [
    (
        {"thread": {"messages": [{"role": "user", "content": 5}]}},
        _type("thread.messages[0].content", "a string or an array of objects", "an integer"),
    ),
    (
        {"thread": {"messages": [{"role": "user"} | _picture("gate.png")]}},
        _no_url("thread.messages[0].content[1].image_url.url"),
    ),
    (
        {"thread": {"messages": [{"role": "user", "content": "x"}] * 33}},
        _long("thread.messages", "array", 32, 33),
    ),
    ({"thread": "thread_x"}, _type("thread", "an object", "a string")),
    ({"additional_messages": []}, _unknown("additional_messages")),
]


def _refused(response: httpx2.Response, error: tuple[str, str, str]) -> None:
    assert (response.status_code, error_of(response)) == (400, refusal(*error))


def _names(table: list[tuple[dict[str, Any], tuple[str, str, str]]]) -> list[str]:
    return [f"{error[2]}-{error[1][:30]}" for _, error in table]


@pytest.mark.parametrize(("fields", "error"), ASSISTANTS, ids=_names(ASSISTANTS))
def test_assistant(raw: httpx2.Client, fields: dict[str, Any], error: tuple[str, str, str]) -> None:
    """Contract §2.3, §8.1, §12.34."""
    _refused(raw.post("assistants", json={"model": "gpt-4o"} | fields), error)


@pytest.mark.parametrize(("fields", "error"), MESSAGES, ids=_names(MESSAGES))
def test_message(raw: httpx2.Client, thread: Thread, fields: dict[str, Any], error: tuple[str, str, str]) -> None:
    """Contract §6, §8.1; the same as a first message of a thread, with its place in the path."""
    body = {"role": "user", "content": "x"} | fields
    _refused(raw.post(f"threads/{thread.id}/messages", json=body), error)
    text, param, code = error
    moved = text.replace(f"'{param}'", f"'messages[0].{param}'", 1), f"messages[0].{param}", code
    _refused(raw.post("threads", json={"messages": [body]}), moved)
    assert raw.get(f"threads/{thread.id}/messages").json()["data"] == []


@pytest.mark.parametrize(("fields", "error"), RUNS + ON_THREAD, ids=_names(RUNS + ON_THREAD))
def test_run(
    raw: httpx2.Client, assistant: Assistant, thread: Thread, fields: dict[str, Any], error: tuple[str, str, str]
) -> None:
    """Contract §2.3, §3.3, §8.1, §12.35."""
    _refused(raw.post(f"threads/{thread.id}/runs", json={"assistant_id": assistant.id} | fields), error)
    assert raw.get(f"threads/{thread.id}/runs").json()["data"] == []


@pytest.mark.parametrize(("fields", "error"), RUNS + WITH_THREAD, ids=_names(RUNS + WITH_THREAD))
def test_thread_and_run(
    raw: httpx2.Client, assistant: Assistant, fields: dict[str, Any], error: tuple[str, str, str]
) -> None:
    """Contract §2.1: the same options on `POST /threads/runs`."""
    _refused(raw.post("threads/runs", json={"assistant_id": assistant.id} | fields), error)


@pytest.mark.parametrize(
    ("path", "param"),
    [
        ("assistants", "model"),
        ("threads/runs", "assistant_id"),
        ("threads/{}/messages", "role"),
        ("threads/{}/runs", "assistant_id"),
    ],
)
def test_nothing_given(raw: httpx2.Client, thread: Thread, path: str, param: str) -> None:
    """Contract §8.1: the first member that is missing."""
    _refused(raw.post(path.format(thread.id)), _missing(param))


def test_retrieval(raw: httpx2.Client, assistant: Assistant) -> None:
    """Contract §1.3, §12.30: the tool that file search has replaced, in the service's words."""
    for response in (
        raw.post("assistants", json={"model": "m", "tools": [{"type": "retrieval"}]}),
        raw.post("threads/runs", json={"assistant_id": assistant.id, "tools": [CODE, {"type": "retrieval"}]}),
    ):
        assert (response.status_code, error_of(response)["message"]) == (400, RETIRED)


def _function(name: str) -> dict[str, Any]:
    return {"type": "function", "function": {"name": name}}


def test_functions_of_one_name(raw: httpx2.Client, assistant: Assistant, thread: Thread) -> None:
    """Wherever tools are given; the second of the name is named, and other tools may come as often as they like."""
    tools = [CODE, _function("f"), _function("g"), CODE, _function("f"), _function("g")]
    for path, body in (
        ("assistants", {"model": "m"}),
        (f"assistants/{assistant.id}", {}),
        (f"threads/{thread.id}/runs", {"assistant_id": assistant.id}),
        ("threads/runs", {"assistant_id": assistant.id}),
    ):
        for version in (V2, OLD):
            refused = raw.post(path, json=body | {"tools": tools}, params=version)
            expected = refusal("Function tools must have unique names.", "tools[4]")
            assert (refused.status_code, error_of(refused)) == (400, expected)
    assert raw.post("assistants", json={"model": "m", "tools": [CODE, CODE, _function("f"), _function("F")]}).is_success


@pytest.mark.parametrize("version", [V2, OLD])
def test_first_messages(raw: httpx2.Client, version: dict[str, str]) -> None:
    """A new thread takes 32 messages (openai-php/client#269, dimagi/open-chat-studio#688)."""
    messages = [{"role": "user", "content": str(number)} for number in range(33)]
    _refused(raw.post("threads", json={"messages": messages}, params=version), _long("messages", "array", 32, 33))
    assert raw.post("threads", json={"messages": messages[:32]}, params=version).status_code == 200


def test_messages_of_a_run(raw: httpx2.Client, assistant: Assistant, thread: Thread) -> None:
    """The published schema gives `additional_messages` no limit, and none was seen."""
    messages = [{"role": "user", "content": str(number)} for number in range(33)]
    body = {"assistant_id": assistant.id, "additional_messages": messages}
    assert raw.post(f"threads/{thread.id}/runs", json=body).status_code == 200


@pytest.mark.parametrize(
    "url", ["https://example.com/gate.png", "HTTP://localhost:8000/?a=b c", "https://例え.jp/門.png"]
)
def test_addresses_of_pictures(raw: httpx2.Client, thread: Thread, url: str) -> None:
    """Contract §6: they come back as they were given."""
    made = raw.post(f"threads/{thread.id}/messages", json={"role": "user"} | _picture(url))
    assert made.json()["content"][1]["image_url"]["url"] == url


@pytest.mark.parametrize("kind", VALID)
def test_metadata_of_everything(raw: httpx2.Client, thread: Thread, kind: str) -> None:
    """Contract §12.34: 17 pairs are refused when an object is modified, too."""
    made = raw.post(kind.format(thread.id), json=VALID[kind]).json()
    path = f"{kind.format(thread.id)}/{made['id']}"
    _refused(raw.post(path, json={"metadata": SIXTEEN | {"k": ""}}), _pairs("metadata", 17))
    assert raw.post(path, json={"metadata": SIXTEEN}).json()["metadata"] == SIXTEEN
