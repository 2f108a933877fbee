"""The net under all other tests here: what it would catch."""

import json
import os
from collections.abc import Callable
from typing import NoReturn

import httpx2
import openai
import pytest
from openai.types.beta import Thread
from support.recording import Recorder
from support.schemas import Schemas

GOOD = {
    "content-type": "application/json; charset=UTF-8",
    "x-request-id": "1",
    "apim-request-id": "1",
    "x-ms-region": "local",
    "x-content-type-options": "nosniff",
}
AT_OPENAI = {
    "content-type": "application/json; charset=UTF-8",
    "x-request-id": "1",
    "openai-version": "2020-10-01",
    "openai-processing-ms": "3",
    "x-content-type-options": "nosniff",
}
REFUSAL = {"message": "No.", "type": "invalid_request_error", "param": None, "code": None}


@pytest.fixture
def schemas(recorder: Recorder, absent: Callable[[str], NoReturn]) -> Schemas:
    """The published schemas; without them these tests skip, in CI they fail unless they are left out on purpose."""
    file = os.environ.get("KIT_OPENAPI")
    if not file:
        absent("KIT_OPENAPI does not name the OpenAPI file")
    if file == "none":
        pytest.skip("KIT_OPENAPI says that there are no schemas here")
    assert recorder.schemas is not None
    return recorder.schemas


def test_answers_are_checked_against_the_schemas(schemas: Schemas, raw: httpx2.Client, thread: Thread) -> None:
    """A right answer passes; without a member, with a wrong type or on an unknown path it does not."""
    body = raw.get(f"threads/{thread.id}").json()
    assert schemas.faults("GET", "/threads/thread_x", body) == []
    del body["tool_resources"]
    assert schemas.faults("GET", "/threads/thread_x", body) == ["$: 'tool_resources' is a required property"]
    assert schemas.faults("GET", "/threads/thread_x", body | {"tool_resources": {}, "created_at": 1.5})
    assert schemas.faults("GET", "/nowhere", body) == ["no operation has the path /nowhere"]


def test_runs_are_not_taken_for_a_thread(schemas: Schemas) -> None:
    """`/threads/runs` is a path of its own."""
    assert any("'assistant_id'" in fault for fault in schemas.faults("POST", "/threads/runs", {}))


@pytest.mark.parametrize(
    ("status", "headers", "content"),
    [
        (400, GOOD | {"x-request-id": ""}, {"error": REFUSAL}),
        (400, GOOD | {"content-type": "application/json"}, {"error": REFUSAL}),
        (400, GOOD | {"access-control-allow-origin": "*"}, {"error": REFUSAL}),
        (400, GOOD, {"detail": "No."}),
        (400, GOOD, {"error": "No."}),
        (400, GOOD, {"error": REFUSAL | {"message": None}}),
        (400, GOOD, {"error": REFUSAL | {"type": "server_error"}}),
        (404, GOOD, {"error": {"code": 404, "message": "Resource not found"}}),
        (404, GOOD, {"error": {"message": "Resource not found"}}),
    ],
)
def test_wrong_refusals_are_caught(status: int, headers: dict[str, str], content: object) -> None:
    """Contract §8.1, §8.3, §12.36, §12.38."""
    recorder = Recorder(None)
    request = httpx2.Request("GET", "http://localhost/openai/assistants")
    recorder.keep(request, httpx2.Response(400, headers=GOOD, content=json.dumps({"error": REFUSAL})))
    assert recorder.faults == []
    recorder.keep(request, httpx2.Response(status, headers=headers, content=json.dumps(content)))
    assert len(recorder.faults) == 1
    recorder.close()


@pytest.mark.parametrize(
    ("path", "headers", "faults"),
    [
        ("/openai/assistants", GOOD, []),
        ("//openai/v1/assistants", GOOD, []),
        ("/elsewhere", GOOD, []),
        ("/v1/assistants", AT_OPENAI, []),
        ("//v1//assistants", AT_OPENAI, []),
        ("/v1/assistants", AT_OPENAI | {"x-ms-region": "local"}, ["header x-ms-region"]),
        ("/v1/assistants", AT_OPENAI | {"openai-processing-ms": ""}, ["no header openai-processing-ms"]),
        ("/openai/v1/assistants", GOOD | {"openai-version": "2020-10-01"}, ["header openai-version"]),
        ("/openai/assistants", GOOD | {"apim-request-id": ""}, ["no header apim-request-id"]),
    ],
)
def test_wrong_headers_are_caught(path: str, headers: dict[str, str], faults: list[str]) -> None:
    """Contract §8.3, contract-successor §1.4: each family of paths has headers of its own."""
    recorder = Recorder(None)
    response = httpx2.Response(400, headers=headers, content=json.dumps({"error": REFUSAL}))
    recorder.keep(httpx2.Request("GET", f"http://localhost{path}"), response)
    assert recorder.faults == [f"GET {path} → 400: {fault}" for fault in faults]
    recorder.close()


def test_the_client_checks_strictly(client: openai.AzureOpenAI) -> None:
    """Contract §14.13: the client of these tests refuses what its own types do not allow."""
    assert client._strict_response_validation is True
