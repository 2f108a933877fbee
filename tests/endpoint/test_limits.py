"""Values at the edge of what is legal, ids of nothing, bodies of nothing (contract §2.3, §2.4, §8.1)."""

from typing import Any

import httpx2
import openai
import pytest
from openai.types.beta import Assistant, Thread
from support.talking import error_of, refusal

CODE = {"type": "code_interpreter"}


def _refused(response: httpx2.Response, error: tuple[str, str, str]) -> None:
    assert (response.status_code, error_of(response)) == (400, refusal(*error))


@pytest.mark.parametrize(
    "body",
    [
        {"name": "n" * 256, "description": "d" * 512, "instructions": "i" * 256_000},
        {"tools": [CODE] * 128},
        {"metadata": {f"{i:064}": "v" * 512 for i in range(16)}},
        {"temperature": 2, "top_p": 1},
        {"temperature": 0.0, "top_p": 0},
        {"name": "", "description": "", "instructions": "", "metadata": {}},
        {"name": "🙂" * 256},
    ],
)
def test_at_the_edge(raw: httpx2.Client, body: dict[str, Any]) -> None:
    """Contract §2.3: the limits themselves are legal; characters count, not bytes."""
    made = raw.post("assistants", json={"model": "gpt-4o"} | body)
    assert made.status_code == 200
    assert {name: made.json()[name] for name in body} == body


def test_run_at_the_edge(raw: httpx2.Client, assistant: Assistant) -> None:
    """Contract §2.3: 20 tools, 256 tokens, one message."""
    body = {
        "assistant_id": assistant.id,
        "tools": [CODE] * 20,
        "max_prompt_tokens": 256,
        "max_completion_tokens": 256,
        "truncation_strategy": {"type": "last_messages", "last_messages": 1},
    }
    assert raw.post("threads/runs", json=body).status_code == 200


@pytest.mark.parametrize(
    ("method", "path", "param", "prefix", "value"),
    [
        ("GET", "assistants/thread_1", "assistant_id", "asst", "thread_1"),
        ("DELETE", "assistants/undefined", "assistant_id", "asst", "undefined"),
        ("POST", "assistants/先生", "assistant_id", "asst", "先生"),
        ("GET", "threads/undefined", "thread_id", "thread", "undefined"),
        ("POST", "threads/None/messages", "thread_id", "thread", "None"),
        ("GET", "threads/thread_1/messages/run_1", "message_id", "msg", "run_1"),
        ("GET", "threads/thread_1/runs/msg_1", "run_id", "run", "msg_1"),
        ("POST", "threads/thread_1/runs/msg_1/cancel", "run_id", "run", "msg_1"),
        ("GET", "threads/thread_1/runs/run_1/steps/msg_1", "step_id", "step", "msg_1"),
    ],
)
def test_malformed_ids(raw: httpx2.Client, method: str, path: str, param: str, prefix: str, value: str) -> None:  # noqa: PLR0917
    """Contract §2.4, §12.35: the prefix is asked before existence and before the body."""
    error = f"Invalid '{param}': '{value}'. Expected an ID that begins with '{prefix}'.", param, "invalid_value"
    _refused(raw.request(method, path), error)


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("assistants/asst_none", "No assistant found with id 'asst_none'."),
        ("threads/thread_none", "No thread found with id 'thread_none'."),
        ("threads/thread_none/messages", "No thread found with id 'thread_none'."),
        ("threads/thread_none/messages/msg_none", "No thread found with id 'thread_none'."),
        ("threads/thread_none/runs", "No thread found with id 'thread_none'."),
        ("threads/{}/messages/msg_none", "No message found with id 'msg_none'."),
        ("threads/{}/runs/run_none", "No run found with id 'run_none'."),
        ("threads/{}/runs/run_none/steps", "No run found with id 'run_none'."),
    ],
)
def test_missing_objects(raw: httpx2.Client, thread: Thread, path: str, text: str) -> None:
    """Contract §8.1, §12.32: 404 with param and code null."""
    response = raw.get(path.format(thread.id))
    assert (response.status_code, error_of(response)) == (404, refusal(text))


def test_run_of_a_missing_assistant(raw: httpx2.Client, assistant: Assistant, thread: Thread) -> None:
    """Contract §8.1: nothing is made."""
    for path in ("threads/runs", f"threads/{thread.id}/runs"):
        response = raw.post(path, json={"assistant_id": "asst_none"})
        assert (response.status_code, error_of(response)) == (404, refusal("No assistant found with id 'asst_none'."))
    response = raw.post("threads/thread_none/runs", json={"assistant_id": assistant.id})
    assert (response.status_code, error_of(response)) == (404, refusal("No thread found with id 'thread_none'."))


@pytest.mark.parametrize(
    ("content", "got"), [(b"[]", "an array"), (b'"x"', "a string"), (b"null", "null"), (b"5", "an integer")]
)
def test_body_is_no_object(raw: httpx2.Client, content: bytes, got: str) -> None:
    """Contract §8.1: whatever JSON it is."""
    text = f"Invalid type for 'body': expected an object, but got {got} instead."
    _refused(raw.post("threads", content=content), (text, "body", "invalid_type"))


def test_client_sees_the_message(client: openai.AzureOpenAI) -> None:
    """Contract §8.2: class, text, code and param as the client gives them."""
    with pytest.raises(openai.BadRequestError) as caught:
        client.beta.assistants.create(model="gpt-4o", temperature=3)
    error = caught.value
    assert (error.code, error.param, error.type) == ("decimal_above_max_value", "temperature", "invalid_request_error")
    text = "Invalid 'temperature': decimal above maximum value. Expected a value <= 2, but got 3 instead."
    assert str(error) == f"Error code: 400 - {text}"
