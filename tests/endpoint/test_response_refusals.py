"""What Responses refuse, in which words, and what is looked at first (contract-successor §6)."""

from typing import Any

import httpx2
import openai
import pytest
from support.recording import Recorder
from support.responding import MODEL, refused, respond
from support.talking import azure, error_of, plain, refusal

from mock_endpoint.server import Running

from .conftest import Starter

USER = {"role": "user", "content": "hello"}
ROLES = "Invalid value: '{}'. Supported values are: 'assistant', 'system', 'developer', and 'user'."
NO_LINK = """One of "input" or "previous_response_id" or 'prompt' or 'conversation' must be provided."""

CASES: list[tuple[str, dict[str, Any], dict[str, Any]]] = [
    (
        "no model",
        {"input": "x"},
        refusal("Missing required parameter: 'model'.", "model", "missing_required_parameter"),
    ),
    (
        "null as model",
        {"model": None, "input": "x"},
        refusal("Invalid type for 'model': expected a string, but got an object instead.", "model", "invalid_type"),
    ),
    (
        "no input",
        {"model": MODEL},
        refusal("Missing required parameter: 'input'.", "input", "missing_required_parameter"),
    ),
    (
        "null as input",
        {"model": MODEL, "input": None},
        refusal(
            "Invalid type for 'input': expected a string or an array of objects, but got an object instead.",
            "input",
            "invalid_type",
        ),
    ),
    (
        "background without a store",
        {"model": MODEL, "input": "x", "background": True, "store": False},
        refusal("Background mode requires 'store' to be true.", "background"),
    ),
    ("empty input", {"model": MODEL, "input": ""}, refusal(NO_LINK, None, "missing_required_parameter")),
    ("no items", {"model": MODEL, "input": []}, refusal(NO_LINK, None, "missing_required_parameter")),
    (
        "messages",
        {"model": MODEL, "messages": [USER]},
        refusal(
            "Unsupported parameter: 'messages'. In the Responses API, this parameter has moved to 'input'. "
            "Try again with the new parameter.",
            None,
            "unsupported_parameter",
        ),
    ),
    (
        "unknown key",
        {"model": MODEL, "input": "x", "stor": True},
        refusal("Unknown parameter: 'stor'. Did you mean 'store'?", "stor", "unknown_parameter"),
    ),
    (
        "unknown key like no other",
        {"model": MODEL, "input": "x", "assistant_id": "a"},
        refusal("Unknown parameter: 'assistant_id'.", "assistant_id", "unknown_parameter"),
    ),
    (
        "role tool",
        {"model": MODEL, "input": [USER, {"role": "tool", "content": "x"}]},
        refusal(ROLES.format("tool"), "input[1]", "invalid_value"),
    ),
    (
        "input_text by the assistant",
        {"model": MODEL, "input": [{"role": "assistant", "content": [{"type": "input_text", "text": "x"}]}]},
        refusal(
            "Invalid value: 'input_text'. Supported values are: 'output_text' and 'refusal'.",
            "input[0].content[0]",
            "invalid_value",
        ),
    ),
    (
        "no content",
        {"model": MODEL, "input": [{"role": "user"}]},
        refusal("Missing required parameter: 'input[0].content'.", "input[0].content", "missing_required_parameter"),
    ),
    (
        "chat-shaped tool",
        {"model": MODEL, "input": "x", "tools": [{"type": "function", "function": {"name": "f"}}]},
        refusal("Missing required parameter: 'tools[0].name'.", "tools[0].name", "missing_required_parameter"),
    ),
    (
        "schema without a name",
        {"model": MODEL, "input": "x", "text": {"format": {"type": "json_schema", "schema": {}}}},
        refusal("Missing required parameter: 'text.format.name'.", "text.format.name", "missing_required_parameter"),
    ),
    (
        "unknown format",
        {"model": MODEL, "input": "x", "text": {"format": {"type": "xml"}}},
        refusal(
            "Invalid value: 'xml'. Supported values are: 'json_object', 'text', and 'json_schema'.",
            "text.format.type",
            "invalid_value",
        ),
    ),
    (
        "too few tokens",
        {"model": MODEL, "input": "x", "max_output_tokens": 0},
        refusal(
            "Invalid 'max_output_tokens': integer below minimum value. Expected a value >= 16, but got 0 instead.",
            "max_output_tokens",
            "integer_below_min_value",
        ),
    ),
    (
        "no tool calls",
        {"model": MODEL, "input": "x", "max_tool_calls": 0},
        refusal(
            "Invalid 'max_tool_calls': integer below minimum value. Expected a value >= 1, but got 0 instead.",
            "max_tool_calls",
            "integer_below_min_value",
        ),
    ),
    (
        "cold",
        {"model": MODEL, "input": "x", "temperature": -1},
        refusal(
            "Invalid 'temperature': decimal below minimum value. Expected a value >= 0, but got -1 instead.",
            "temperature",
            "decimal_below_min_value",
        ),
    ),
    (
        "temperature of a model that reasons",
        {"model": "o3-mini", "input": "x", "temperature": 1},
        refusal("Unsupported parameter: 'temperature' is not supported with this model.", "temperature"),
    ),
    (
        "previous response",
        {"model": MODEL, "input": "x", "previous_response_id": "resp_X"},
        refusal("Previous response with id 'resp_X' not found.", "previous_response_id", "previous_response_not_found"),
    ),
    (
        "both links",
        {"model": MODEL, "input": "x", "previous_response_id": "resp_X", "conversation": "conv_X"},
        refusal(
            "Mutually exclusive parameters: ''. Ensure you are only providing one of: 'pre..._id' or 'conversation'.",
            None,
            "mutually_exclusive_parameters",
        ),
    ),
    (
        "id of another kind",
        {"model": MODEL, "input": [USER, USER | {"id": "rs_abc"}]},
        refusal(
            "Invalid 'input[1].id': 'rs_abc'. Expected an ID that begins with 'msg'.",
            "input[1].id",
            "invalid_id_prefix",
        ),
    ),
    (
        "the same twice",
        {"model": MODEL, "input": [USER | {"id": "msg_X"}, USER | {"id": "msg_X"}]},
        refusal("Duplicate item found with id msg_X. Remove duplicate items from your input and try again.", "input"),
    ),
    (
        "reasoning alone",
        {"model": MODEL, "input": [{"type": "reasoning", "id": "rs_X", "summary": [], "encrypted_content": "x"}, USER]},
        refusal("Item 'rs_X' of type 'reasoning' was provided without its required following item.", "input"),
    ),
    (
        "status of a reasoning",
        {"model": MODEL, "input": [USER, {"type": "reasoning", "id": "rs_X", "summary": [], "status": None}]},
        refusal("Unknown parameter: 'input[1].status'.", "input[1].status", "unknown_parameter"),
    ),
    (
        "options of a stream that is none",
        {"model": MODEL, "input": "x", "stream_options": {"include_obfuscation": False}},
        refusal("The 'stream_options' parameter is only allowed when 'stream' is enabled.", "stream_options"),
    ),
]


@pytest.mark.parametrize(("body", "expected"), [case[1:] for case in CASES], ids=[case[0] for case in CASES])
def test_refused(client: openai.AzureOpenAI, body: dict[str, Any], expected: dict[str, Any]) -> None:
    """Contract-successor §6: text, param and code."""
    refused(client, expected, **body)


def test_the_order_of_checks(client: openai.AzureOpenAI) -> None:
    """Contract-successor §6: model, input, types in the order of the schema, unknown keys, look-ups, what the model can
    do; a body with all of these faults is cured of them one by one."""
    body: dict[str, Any] = {
        "include": [1],
        "tools": [{"type": "web_search"}],
        "metadata": [],
        "temperature": "warm",
        "store": "yes",
        "nonsense": 1,
        "previous_response_id": "resp_X",
        "input": [{"role": "nobody"}],
    }
    cures: list[tuple[str | None, dict[str, Any]]] = [
        ("model", {"model": MODEL}),
        ("input[0]", {"input": []}),
        ("include[0]", {"include": []}),
        ("metadata", {"metadata": {}}),
        ("temperature", {"temperature": 1}),
        ("store", {"store": True}),
        ("nonsense", {}),
        ("previous_response_id", {"previous_response_id": respond(client, "hello").id}),
        ("tools", {"tools": []}),
    ]
    for param, cure in cures:
        with pytest.raises(openai.BadRequestError) as caught:
            client.post("/responses", body=body, cast_to=object)
        assert caught.value.param == param
        body |= cure
        if param == "nonsense":
            del body["nonsense"]
    client.post("/responses", body=body, cast_to=object)


def test_null_is_nothing(client: openai.AzureOpenAI) -> None:
    """Contract-successor §6, §7: a null counts as left out, for every member but model and input."""
    from mock_endpoint.schemas.responses import CreateResponse

    nulls = dict.fromkeys(CreateResponse.model_fields.keys() - {"model", "input"})
    client.post("/responses", body=nulls | {"model": MODEL, "input": "x"}, cast_to=object)


def test_broken_json(raw: httpx2.Client) -> None:
    """Contract-successor §3: the long text, with a code."""
    error = error_of(raw.post("responses", content=b"{"))
    assert (error["code"], error["param"]) == ("invalid_json", None)
    assert error["message"].startswith("Invalid body: failed to parse JSON value.")


def test_unknown_deployments(starting: Starter, recorder: Recorder) -> None:
    """Contract-successor §6: 400 from OpenAI, 404 from Azure; an empty name is unknown everywhere."""
    endpoint = starting(deployments=("chat",))
    with plain(endpoint, recorder, "/v1") as client:
        for name in ("gpt-4o", ""):
            expected = refusal(f"The requested model '{name}' does not exist.", "model", "model_not_found")
            refused(client, expected, model=name, input="x")
        assert respond(client, "x", model="chat").status == "completed"
    with azure(endpoint, recorder) as client, pytest.raises(openai.NotFoundError) as caught:
        respond(client, "x")
    assert caught.value.code == "DeploymentNotFound"


def test_ids_in_paths(client: openai.AzureOpenAI, endpoint: Running) -> None:
    """An id of another kind is told from one that is unknown."""
    with pytest.raises(openai.BadRequestError) as caught:
        client.responses.retrieve("run_X")
    message = "Invalid 'response_id': 'run_X'. Expected an ID that begins with 'resp'."
    assert caught.value.body == refusal(message, "response_id", "invalid_value")
    with pytest.raises(openai.NotFoundError) as missing:
        client.responses.retrieve("resp_X")
    assert missing.value.body == refusal("Response with id 'resp_X' not found.")


def test_a_fault_on_request(client: openai.AzureOpenAI) -> None:
    """The faults that end a run end a response, too."""
    headers = {"x-kit-fault": "run_failed;times=1;id=responses"}
    assert respond(client, "x", extra_headers=headers).status == "failed"
    assert respond(client, "x", extra_headers=headers).status == "completed"
