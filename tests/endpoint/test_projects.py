"""Classic agents of Azure's Foundry: the same resources under `/api/projects/{project}/…` (contract-successor §8.2).

What is the same is shown by one walk; the rest of this file is what differs. `test_classic_agents.py` walks with the
client made for it.
"""

from collections.abc import Iterator
from typing import Any

import httpx2
import openai
import pytest
from openai.types.beta import Assistant, Thread
from support.recording import Recorder
from support.talking import ask, error_of, plain, streamed, text_of

from mock_endpoint.server import Running

from .conftest import Starter
from .test_routing import NOWHERE, WRONG_KEY

PROJECT = "/api/projects/demo"
VERSION = {"api-version": "v1"}


@pytest.fixture
def project(endpoint: Running, recorder: Recorder) -> Iterator[openai.OpenAI]:
    """OpenAI's client on the paths of a project, every answer checked."""
    with plain(endpoint, recorder, PROJECT, default_query=VERSION) as client:
        yield client


@pytest.fixture
def bare(endpoint: Running) -> Iterator[httpx2.Client]:
    """Plain HTTP with a Bearer token, unchecked: OpenAI's schemas know neither lists of threads nor bare ends."""
    with _bare(endpoint) as client:
        yield client


def test_the_successor_in_a_project(endpoint: Running, recorder: Recorder, client: openai.AzureOpenAI) -> None:
    """§8.4: the client that `AIProjectClient` hands out talks to `openai/v1` below the project, without a version."""
    with plain(endpoint, recorder, f"{PROJECT}//openai/v1/") as successor:
        response = successor.responses.create(model="gpt-4o", input="hello")
        assert response.output_text == "echo: hello"
        assert client.responses.retrieve(response.id).output_text == "echo: hello"


def _bare(endpoint: Running) -> httpx2.Client:
    token = {"authorization": f"Bearer {endpoint.key}"}
    return httpx2.Client(base_url=f"{endpoint.url}{PROJECT}/", headers=token, params=VERSION)


def test_the_same_resources(project: openai.OpenAI, client: openai.AzureOpenAI, assistant: Assistant) -> None:
    """§8.2: bodies, objects and streams are those of Assistants v2; no OpenAI-Beta header is asked for."""
    assert project.beta.assistants.retrieve(assistant.id) == assistant
    run = ask(project, assistant, "hello")
    assert (run.status, text_of(project, run)) == ("completed", "echo: hello")
    assert client.beta.threads.runs.retrieve(run.id, thread_id=run.thread_id) == run
    assert streamed(project, assistant, "hello")[-1].event == "thread.run.completed"


@pytest.mark.parametrize(
    ("version", "status"),
    [
        ("v1", 200),
        ("2025-05-15-preview", 200),
        ("2024-05-01-preview", 400),
        ("2024-06-01", 400),
        ("preview", 400),
        (None, 404),
    ],
)
def test_api_versions(bare: httpx2.Client, version: str | None, status: int) -> None:
    """§8.2: `v1` of 1.0 and 1.1, `2025-05-15-preview` of the 1.2 betas; the versions of other paths are none here."""
    bare.params = httpx2.QueryParams({"api-version": version} if version else {})
    answer = bare.get("assistants")
    assert answer.status_code == status
    if status == 400:
        assert error_of(answer) == {"code": "BadRequest", "message": "API version not supported"}


@pytest.mark.parametrize("path", ["//api/projects/demo/assistants", "/api/projects/other.project-2//assistants"])
def test_any_project(endpoint: Running, bare: httpx2.Client, path: str) -> None:
    """A project's name and a slash at the end of the configured address change nothing."""
    assert bare.get(endpoint.url + path).status_code == 200


@pytest.mark.parametrize(
    "path", ["/api/projects", "/api/projects/", "/api/projects/demo", "/api/projects/assistants", "/api/x/y/assistants"]
)
def test_paths_without_a_project(endpoint: Running, bare: httpx2.Client, path: str) -> None:
    """What leads to no project is an unknown path."""
    answer = bare.get(endpoint.url + path)
    assert (answer.status_code, error_of(answer)) == (404, NOWHERE)


def test_a_wrong_token(bare: httpx2.Client) -> None:
    """contract-successor §6: services.ai.azure.com answers a wrong key as Azure's other hosts do."""
    bare.headers["authorization"] = "Bearer wrong"
    answer = bare.get("assistants")
    assert (answer.status_code, error_of(answer)) == (401, WRONG_KEY)
    assert "apim-request-id" in answer.headers


def test_threads_are_listed(starting: Starter) -> None:
    """§8.2: `GET /threads` is new there, newest first, in pages like every list."""
    endpoint = starting()
    with _bare(endpoint) as client:
        made = [client.post("threads", json={"metadata": {"n": str(n)}}).json() for n in range(3)]
        first = client.get("threads", params={"limit": "2"} | VERSION).json()
        assert first == {
            "object": "list",
            "data": [made[2], made[1]],
            "first_id": made[2]["id"],
            "last_id": made[1]["id"],
            "has_more": True,
        }
        rest = client.get("threads", params={"after": made[1]["id"]} | VERSION).json()
        assert (rest["data"], rest["has_more"]) == ([made[0]], False)
        oldest_first = client.get("threads", params={"order": "asc"} | VERSION).json()
        assert oldest_first["data"] == made


def test_threads_are_listed_in_projects_only(bare: httpx2.Client, raw: httpx2.Client, thread: Thread) -> None:
    """Contract §2.1: on the other paths threads cannot be listed; a project has no list of models, see §8.2."""
    assert thread.id in [each["id"] for each in bare.get("threads").json()["data"]]
    answer = raw.get("threads")
    assert (answer.status_code, error_of(answer)) == (404, NOWHERE)
    answer = bare.get("models")
    assert (answer.status_code, error_of(answer)) == (404, NOWHERE)


def test_what_classic_agents_never_had(bare: httpx2.Client, client: openai.AzureOpenAI) -> None:
    """§8.2: of vector stores they have all but a search, and changing or reading what a store holds of a file."""
    file = client.files.create(file=("gate.md", b"The gate is red."), purpose="assistants")
    made = bare.post("vector_stores", json={"file_ids": [file.id]}).json()
    path = f"vector_stores/{made['id']}"
    assert bare.get(f"{path}/files/{file.id}").status_code == 200
    for answer in (
        bare.post(f"{path}/search", json={"query": "gate"}),
        bare.post(f"{path}/files/{file.id}", json={"attributes": {}}),
        bare.get(f"{path}/files/{file.id}/content"),
    ):
        assert (answer.status_code, error_of(answer)) == (404, NOWHERE)


def test_an_empty_page_has_no_ends(bare: httpx2.Client, raw: httpx2.Client, thread: Thread) -> None:
    """§8.3: the client of classic agents reads on until a page names no last id; elsewhere the ends are null."""
    path = f"threads/{thread.id}/messages"
    assert bare.get(path).json() == {"data": [], "has_more": False, "object": "list"}
    assert raw.get(path).json() == {
        "data": [],
        "has_more": False,
        "object": "list",
        "first_id": None,
        "last_id": None,
    }


def test_a_run_lives_for_half_an_hour(
    project: openai.OpenAI, client: openai.AzureOpenAI, assistant: Assistant, thread: Thread
) -> None:
    """§8.2: a run expires 1 800 s after it was made; on the other paths 600 s after it."""
    for api, seconds in ((project, 1800), (client, 600)):
        run = api.beta.threads.runs.create(thread.id, assistant_id=assistant.id)
        assert run.expires_at == run.created_at + seconds
        client.beta.threads.runs.poll(run.id, thread_id=thread.id)


def test_a_chosen_life_is_the_same_everywhere(starting: Starter, recorder: Recorder) -> None:
    """`--run-ttl` counts on every path."""
    with plain(starting(run_ttl=77), recorder, PROJECT, default_query=VERSION) as client:
        assistant = client.beta.assistants.create(model="gpt-4o", instructions="Answer.")
        run = client.beta.threads.create_and_run(assistant_id=assistant.id)
    assert run.expires_at == run.created_at + 77


@pytest.mark.parametrize(
    "tool",
    [
        {"type": "azure_ai_search"},
        {"type": "bing_grounding", "bing_grounding": {"search_configurations": []}},
        {"type": "openapi", "openapi": {}},
        {"type": "connected_agent", "connected_agent": {}},
        {"type": "mcp", "server_label": "x", "server_url": "https://example.org"},
        {"type": "azure_function", "azure_function": {}},
    ],
)
def test_tools_that_only_azure_has(bare: httpx2.Client, tool: dict[str, Any]) -> None:
    """§8.2: tools that reach into Azure are refused by name."""
    answer = bare.post("assistants", json={"model": "gpt-4o", "tools": [tool]})
    assert answer.status_code == 400
    error = error_of(answer)
    assert (error["param"], error["code"]) == ("tools[0].type", "invalid_value")
    assert f"'{tool['type']}'" in error["message"]


def test_ids_of_another_kind(bare: httpx2.Client) -> None:
    """Refusals are the service's own, as on the other paths."""
    answer = bare.get("threads/asst_x")
    assert (answer.status_code, error_of(answer)["code"]) == (400, "invalid_value")
    answer = bare.get("assistants/asst_none")
    assert error_of(answer)["message"] == "No assistant found with id 'asst_none'."
