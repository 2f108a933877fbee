"""Which paths, headers and api-versions lead to the resources (contract §1)."""

import asyncio

import httpx2
import openai
import pytest
from openai.types.beta import Assistant
from support.recording import Recorder
from support.talking import V2, async_azure, azure, error_of, plain, refusal

from mock_endpoint.server import Running

BETA = {"OpenAI-Beta": "assistants=v2"}
WRONG_KEY = {
    "code": "401",
    "message": (
        "Access denied due to invalid subscription key or wrong API endpoint. Make sure to provide a valid key for an "
        "active subscription and use a correct regional API endpoint for your resource."
    ),
}
NOWHERE = {"code": "404", "message": "Resource not found"}


def get(endpoint: Running, recorder: Recorder, path: str, **headers: str) -> httpx2.Response:
    """One request with nothing but these headers."""
    with httpx2.Client(base_url=endpoint.url, transport=recorder) as client:
        return client.get(path, headers={name.replace("_", "-"): value for name, value in headers.items()})


@pytest.mark.parametrize("base", ["/openai/v1", "/v1"])
def test_same_resource_in_every_family(endpoint: Running, recorder: Recorder, assistant: Assistant, base: str) -> None:
    """Contract §12.26: `/openai/…?api-version=`, `/openai/v1/…` and `/v1/…` lead to the same object."""
    with plain(endpoint, recorder, base) as client:
        assert client.beta.assistants.retrieve(assistant.id) == assistant
    assert recorder.requests[-1].url.path == f"{base}/assistants/{assistant.id}"


@pytest.mark.parametrize(
    "path",
    [
        "//openai/assistants?api-version=2024-05-01-preview",
        "/openai//assistants?api-version=2024-05-01-preview",
        "//openai/v1/assistants",
        "/openai/v1//assistants",
        "//v1/assistants",
        "/v1//assistants",
        "///v1///assistants",
    ],
)
def test_endpoint_that_ends_in_a_slash(endpoint: Running, recorder: Recorder, path: str) -> None:
    """npm's client puts its own slash after the endpoint's; programs of their own do so with a base URL."""
    response = get(endpoint, recorder, endpoint.url + path, api_key=endpoint.key, **BETA)
    assert (response.status_code, response.json()["object"]) == (200, "list")


@pytest.mark.parametrize("path", ["/threads//messages", "/threads//runs//steps"])
def test_slashes_are_kept_further_on(endpoint: Running, recorder: Recorder, path: str) -> None:
    """An id that a program forgot is not taken for another one."""
    response = get(endpoint, recorder, f"/openai/v1{path}", api_key=endpoint.key)
    assert (response.status_code, error_of(response)) == (404, NOWHERE)


def test_client_with_deployment(endpoint: Running, recorder: Recorder, assistant: Assistant) -> None:
    """Contract §1.2, §12.27: `azure_deployment=` changes nothing for assistants."""
    with azure(endpoint, recorder, azure_deployment="gpt-4o") as client:
        assert client.beta.assistants.retrieve(assistant.id) == assistant
    assert recorder.requests[-1].url.path == f"/openai/assistants/{assistant.id}"


def test_async_client(endpoint: Running, recorder: Recorder) -> None:
    """Contract §11: `AsyncAzureOpenAI` mirrors all of it."""

    async def walk() -> tuple[str, list[str]]:
        async with async_azure(endpoint, recorder) as client:
            assistant = await client.beta.assistants.create(model="gpt-4o", instructions="Answer.")
            thread = await client.beta.threads.create()
            await client.beta.threads.messages.create(thread.id, role="user", content="hello")
            run = await client.beta.threads.runs.create_and_poll(thread_id=thread.id, assistant_id=assistant.id)
            await client.beta.threads.runs.steps.list(run.id, thread_id=thread.id)
            said = [message async for message in client.beta.threads.messages.list(thread.id)]
            await client.beta.assistants.delete(assistant.id)
            texts = [part.text.value for message in said for part in message.content if part.type == "text"]
            return run.status, texts

    assert asyncio.run(walk()) == ("completed", ["echo: hello", "hello"])


@pytest.mark.parametrize("path", ["/openai/models?api-version=2024-05-01-preview", "/openai/v1/models", "/v1/models"])
@pytest.mark.parametrize("header", ["api-key", "authorization"])
def test_key_in_either_header(endpoint: Running, recorder: Recorder, path: str, header: str) -> None:
    """Contract §1.2, §12.28: every family takes the key as `api-key` and as Bearer."""
    value = endpoint.key if header == "api-key" else f"Bearer {endpoint.key}"
    assert get(endpoint, recorder, path, **{header: value}).status_code == 200


def test_both_key_headers(endpoint: Running, recorder: Recorder, assistant: Assistant) -> None:
    """Contract §14.1: one right key of two is enough."""
    with plain(
        endpoint, recorder, "/openai", api_key="wrong", default_query=V2, default_headers={"api-key": endpoint.key}
    ) as client:
        assert client.beta.assistants.retrieve(assistant.id) == assistant
    with plain(endpoint, recorder, "/openai", default_query=V2, default_headers={"api-key": "wrong"}) as client:
        assert client.beta.assistants.retrieve(assistant.id) == assistant


@pytest.mark.parametrize("path", ["/openai/assistants?api-version=2024-05-01-preview", "/openai/v1/assistants"])
@pytest.mark.parametrize(
    "headers",
    [{}, {"api_key": "wrong"}, {"authorization": "Bearer wrong"}, {"authorization": "Basic x"}, {"api_key": ""}],
)
def test_wrong_key_on_azure_paths(endpoint: Running, recorder: Recorder, path: str, headers: dict[str, str]) -> None:
    """Contract §8.1, §12.28: 401 with the gateway's body."""
    response = get(endpoint, recorder, path, **headers)
    assert (response.status_code, error_of(response)) == (401, WRONG_KEY)


def test_wrong_key_on_openai_paths(endpoint: Running, recorder: Recorder) -> None:
    """A wrong key on `/v1` is 401 in the service's own style, without the key in it."""
    response = get(
        endpoint,
        recorder,
        "/v1/assistants",
        authorization="Bearer secret-of-someone",
        **{"OpenAI-Beta": "assistants=v2"},
    )
    assert response.status_code == 401
    assert error_of(response)["code"] == "invalid_api_key"
    assert "secret-of-someone" not in response.text


@pytest.mark.parametrize(
    ("version", "status", "error"),
    [
        ("?api-version=", 404, NOWHERE),
        ("", 404, NOWHERE),
        ("?api-version=2031-01-01", 400, {"code": "BadRequest", "message": "API version not supported"}),
        ("?api-version=latest", 400, {"code": "BadRequest", "message": "API version not supported"}),
        ("?api-version=2023-05-15", 400, {"code": "400", "message": "Unsupported data type"}),
        ("?api-version=2024-02-01", 404, NOWHERE),
    ],
)
def test_versions_without_assistants(
    endpoint: Running, recorder: Recorder, version: str, status: int, error: dict[str, str]
) -> None:
    """Contract §1.3, §8.1, §12.29: missing, unknown, and too old api-versions."""
    response = get(endpoint, recorder, f"/openai/assistants{version}", api_key=endpoint.key)
    assert (response.status_code, error_of(response)) == (status, error)


@pytest.mark.parametrize(
    "version",
    [
        "2024-05-01-preview",
        "2024-07-01-preview",
        "2024-08-01-preview",
        "2024-10-01-preview",
        "2025-01-01-preview",
        "2025-03-01-preview",
        "2025-04-01-preview",
    ],
)
def test_later_versions_have_the_later_shape(
    endpoint: Running, recorder: Recorder, assistant: Assistant, version: str
) -> None:
    """Contract §1.3: `tool_resources` from 2024-05-01-preview on."""
    with azure(endpoint, recorder, api_version=version) as client:
        assert client.beta.assistants.retrieve(assistant.id) == assistant


@pytest.mark.parametrize("version", ["", "?api-version=v1", "?api-version=preview"])
def test_v1_paths_need_no_version(endpoint: Running, recorder: Recorder, version: str) -> None:
    """Contract §1.1, §12.29."""
    assert get(endpoint, recorder, f"/openai/v1/assistants{version}", api_key=endpoint.key).status_code == 200


def test_beta_header(endpoint: Running, recorder: Recorder) -> None:
    """Contract §3.3, §12.31: asked for on the OpenAI host only."""
    dated = get(endpoint, recorder, "/openai/assistants?api-version=2024-05-01-preview", api_key=endpoint.key)
    assert dated.status_code == 200
    refused = get(endpoint, recorder, "/v1/threads/thread_x", api_key=endpoint.key)
    text = (
        "You must provide the 'OpenAI-Beta' header to access the Assistants API. "
        "Please try again by setting the header 'OpenAI-Beta: assistants=v2'."
    )
    assert (refused.status_code, error_of(refused)) == (400, refusal(text, code="invalid_beta"))


@pytest.mark.parametrize(
    ("header", "status"), [("assistants=v2", 200), ("assistants=v1", 400), ("assistants=v1, assistants=v2", 200)]
)
def test_beta_header_of_the_first_version(endpoint: Running, recorder: Recorder, header: str, status: int) -> None:
    """A program of 2023 is told what changed; on Azure's paths the header says nothing."""
    answer = get(endpoint, recorder, "/v1/assistants", api_key=endpoint.key, **{"OpenAI-Beta": header})
    assert answer.status_code == status
    text = (
        "The v1 Assistants API has been deprecated. Please try again by setting the header 'OpenAI-Beta: "
        "assistants=v2'. For more information, see: https://platform.openai.com/docs/assistants/migration."
    )
    assert status == 200 or error_of(answer) == refusal(text, code="invalid_beta")
    azures = get(endpoint, recorder, "/openai/v1/assistants", api_key=endpoint.key, **{"OpenAI-Beta": header})
    assert azures.status_code == 200


@pytest.mark.parametrize("key", ["right", "wrong"])
def test_headers_of_each_family(endpoint: Running, recorder: Recorder, key: str) -> None:
    """Contract §8.3, contract-successor §1.4: Azure's gateway leaves its headers, OpenAI its own, on refusals too."""
    azures = {"x-request-id", "apim-request-id", "x-ms-region"}
    openais = {"x-request-id", "openai-version", "openai-processing-ms"}
    for path, own in (
        ("/openai/models?api-version=2024-05-01-preview", azures),
        ("/openai/v1/models", azures),
        ("/v1/models", openais),
        ("/nothing", azures),
    ):
        headers = get(endpoint, recorder, path, api_key=endpoint.key if key == "right" else "wrong").headers
        assert {name for name in azures | openais if name in headers} == own
    assert (headers["x-request-id"], headers["x-ms-region"]) == (headers["apim-request-id"], "local")
    headers = get(endpoint, recorder, "/v1/models", api_key=endpoint.key).headers
    assert headers["openai-version"] == "2020-10-01"
    assert headers["openai-processing-ms"].isdecimal()


def test_headers_of_a_stream(endpoint: Running, recorder: Recorder, assistant: Assistant) -> None:
    """The same for a stream on `/v1/`."""
    with plain(endpoint, recorder, "/v1") as client:
        list(client.beta.threads.create_and_run(assistant_id=assistant.id, stream=True))
    assert "apim-request-id" not in recorder.responses[-1].headers
    assert "openai-processing-ms" in recorder.responses[-1].headers


@pytest.mark.parametrize("version", ["", "?api-version=2024-05-01-preview", "?api-version=2031-01-01"])
@pytest.mark.parametrize("path", ["/", "/assistants", "/openai", "/api/openai/assistants", "/openai-v1/assistants"])
def test_paths_outside_of_all_families(endpoint: Running, recorder: Recorder, path: str, version: str) -> None:
    """Contract §8.1: a wrong path is called one, whatever its api-version."""
    response = get(endpoint, recorder, path + version, api_key=endpoint.key)
    assert (response.status_code, error_of(response)) == (404, NOWHERE)


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "nothing"),
        ("GET", ""),
        ("GET", "threads"),
        ("PUT", "assistants"),
        ("PATCH", "threads/thread_x"),
        ("GET", "assistants/"),
        ("GET", "assistants/asst_x/files"),
        ("GET", "responses"),
        ("GET", "conversations"),
        ("GET", "chat/completions"),
        ("POST", "deployments/gpt-4o/completions"),
    ],
)
def test_paths_that_lead_nowhere(raw: httpx2.Client, method: str, path: str) -> None:
    """Contract §2.1, §8.1: threads cannot be listed; what is not there is an unknown path, never a false success."""
    response = raw.request(method, path, content=b"{}" if method == "POST" else None)
    assert (response.status_code, error_of(response)) == (404, NOWHERE)


def test_unknown_path_on_the_openai_host(endpoint: Running, recorder: Recorder) -> None:
    """The OpenAI host speaks in its own style."""
    response = get(endpoint, recorder, "/v1/nothing", api_key=endpoint.key)
    assert (response.status_code, error_of(response)) == (404, refusal("Invalid URL (GET /v1/nothing)"))


def test_unknown_path_through_the_client(endpoint: Running, recorder: Recorder) -> None:
    """Contract §8.2: the client's text for a path pasted into the endpoint."""
    with (
        azure(endpoint, recorder, azure_endpoint=f"{endpoint.url}/openai/assistants") as client,
        pytest.raises(openai.NotFoundError) as caught,
    ):
        client.beta.assistants.list()
    assert str(caught.value) == "Error code: 404 - Resource not found"


def test_request_ids(client: openai.AzureOpenAI, assistant: Assistant) -> None:
    """Contract §12.38: each answer and each error has an id of its own, in the body's object and in the exception."""
    first, second = (client.beta.assistants.retrieve(assistant.id) for _ in range(2))
    with pytest.raises(openai.NotFoundError) as caught:
        client.beta.assistants.retrieve("asst_none")
    ids = {first._request_id, second._request_id, caught.value.request_id}
    assert len(ids) == 3
    assert None not in ids


def test_models(client: openai.AzureOpenAI) -> None:
    """`client.models.list()` names what may stand as `model`."""
    assert "gpt-35-turbo" in [model.id for model in client.models.list()]
