"""`client.beta.assistants` (contract §2)."""

from collections.abc import Mapping, Sequence
from typing import Any

import httpx2
import openai
import pytest
from openai.types.beta import Assistant
from support.recording import Recorder
from support.scripted import Scripted
from support.talking import azure, error_of, refusal

from .conftest import Starter

FUNCTION = {
    "type": "function",
    "function": {
        "name": "get_weather",
        "description": "The weather in a town.",
        "parameters": {
            "type": "object",
            "properties": {"town": {"type": "string", "default": None, "enum": ["a", None]}},
        },
        "strict": False,
    },
}
SEARCH = {
    "type": "file_search",
    "file_search": {"max_num_results": 5, "ranking_options": {"ranker": "auto", "score_threshold": 0.5}},
}


def test_defaults(raw: httpx2.Client) -> None:
    """Contract §2.4, §12.44: every member is there, null or empty when unset."""
    made = raw.post("assistants", json={"model": "gpt-35-turbo"}).json()
    assert made.pop("id").startswith("asst_")
    assert isinstance(made.pop("created_at"), int)
    assert made == {
        "object": "assistant",
        "name": None,
        "description": None,
        "model": "gpt-35-turbo",
        "instructions": None,
        "tools": [],
        "metadata": {},
        "temperature": 1.0,
        "top_p": 1.0,
        "tool_resources": {},
        "response_format": "auto",
    }


def test_ids_have_24_letters_or_digits(assistant: Assistant) -> None:
    """Contract §2.4: the shape of an id."""
    prefix, _, rest = assistant.id.partition("_")
    assert (prefix, len(rest), rest.isalnum() and rest.isascii()) == ("asst", 24, True)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("name", "先生"),
        ("description", "Knows it."),
        ("instructions", "Be brief.\n"),
        ("tools", [{"type": "code_interpreter"}, FUNCTION, SEARCH]),
        ("metadata", {"k": "v", "": "", "絵": "🙂"}),
        ("temperature", 0),
        ("temperature", 2),
        ("top_p", 0.5),
        ("response_format", "auto"),
        ("response_format", {"type": "json_object"}),
        ("response_format", {"type": "json_schema", "json_schema": {"name": "n", "schema": {"type": "object"}}}),
        ("reasoning_effort", "xhigh"),
        ("tool_resources", {"code_interpreter": {"file_ids": []}}),
        ("tool_resources", {"file_search": {"vector_store_ids": []}}),
    ],
)
def test_what_is_given_is_kept(raw: httpx2.Client, name: str, value: object) -> None:
    """Contract §2.1, §3.5: create, retrieve and modify give back what was written."""
    made = raw.post("assistants", json={"model": "gpt-4o", name: value}).json()
    assert made[name] == value
    assert raw.get(f"assistants/{made['id']}").json() == made
    other = raw.post("assistants", json={"model": "gpt-4o"}).json()
    assert raw.post(f"assistants/{other['id']}", json={name: value}).json()[name] == value


def test_modify_replaces_only_what_is_given(client: openai.AzureOpenAI) -> None:
    """Contract §2.4: `tools: []` clears, metadata is replaced as a whole, the rest stays."""
    made = client.beta.assistants.create(
        model="gpt-4o", name="A", tools=[{"type": "code_interpreter"}], metadata={"old": "1"}, temperature=0.3
    )
    changed = client.beta.assistants.update(made.id, tools=[], metadata={"new": "2"}, model="gpt-4")
    assert changed == made.model_copy(update={"tools": [], "metadata": {"new": "2"}, "model": "gpt-4"})
    assert client.beta.assistants.retrieve(made.id) == changed


def test_nulls_mean_unset(raw: httpx2.Client) -> None:
    """Contract §14.6: explicit nulls are as good as nothing, at creation and later."""
    nulls = dict.fromkeys(
        ("name", "description", "instructions", "tools", "tool_resources", "metadata", "temperature", "top_p")
    )
    plain = raw.post("assistants", json={"model": "gpt-4o"}).json()
    made = raw.post("assistants", json={"model": "gpt-4o", **nulls, "response_format": None}).json()
    for body in (plain, made):
        del body["id"], body["created_at"]
    assert made == plain
    updated = raw.post("assistants", json={"model": "gpt-4o", "metadata": {"a": "b"}}).json()
    resources = {"tool_resources": {"file_search": None, "code_interpreter": None}}
    assert raw.post(f"assistants/{updated['id']}", json={**nulls, **resources}).status_code == 200


def test_delete(client: openai.AzureOpenAI, raw: httpx2.Client, assistant: Assistant) -> None:
    """Contract §12.32: the exact body, then 404 for everything."""
    assert raw.delete(f"assistants/{assistant.id}").json() == {
        "id": assistant.id,
        "object": "assistant.deleted",
        "deleted": True,
    }
    text = f"No assistant found with id '{assistant.id}'."
    for method in ("GET", "DELETE", "POST"):
        response = raw.request(method, f"assistants/{assistant.id}", json={} if method == "POST" else None)
        assert (response.status_code, error_of(response)["message"]) == (404, text)
    assert assistant.id not in [other.id for other in client.beta.assistants.list(limit=100)]


def test_deleting_an_assistant_keeps_its_threads(client: openai.AzureOpenAI, assistant: Assistant) -> None:
    """Contract §12.33: threads, messages and runs stay."""
    run = client.beta.threads.create_and_run_poll(
        assistant_id=assistant.id, thread={"messages": [{"role": "user", "content": "stay"}]}
    )
    client.beta.assistants.delete(assistant.id)
    assert client.beta.threads.runs.retrieve(run.id, thread_id=run.thread_id) == run
    assert len(client.beta.threads.messages.list(run.thread_id).data) == 2


def test_delete_with_an_empty_json_body(raw: httpx2.Client, assistant: Assistant) -> None:
    """Contract §1.2: DELETE comes with a JSON content type and nothing in it."""
    response = raw.delete(f"assistants/{assistant.id}", headers={"content-type": "application/json"})
    assert response.status_code == 200


def test_file_ids_is_no_keyword_but_reaches_the_wire(client: openai.AzureOpenAI) -> None:
    """Contract §1.3: `file_ids` is gone from the client; `extra_body` gets through and is refused."""
    with pytest.raises(TypeError, match="unexpected keyword argument 'file_ids'"):
        client.beta.assistants.create(model="gpt-4o", file_ids=[])  # pyrefly: ignore[unexpected-keyword]
    with pytest.raises(openai.BadRequestError, match="Unknown parameter: 'file_ids'"):
        client.beta.assistants.create(model="gpt-4o", extra_body={"file_ids": []})


def test_files_must_exist(raw: httpx2.Client) -> None:
    """Contract §7: an unknown file or vector store is refused, and nothing is made."""
    before = raw.get("assistants", params={"limit": 1}).json()["first_id"]
    response = raw.post(
        "assistants", json={"model": "m", "tool_resources": {"code_interpreter": {"file_ids": ["file-x"]}}}
    )
    assert (response.status_code, error_of(response)["message"]) == (404, "No such File object: file-x")
    assert (error_of(response)["param"], error_of(response)["code"]) == ("id", None)
    response = raw.post(
        "assistants", json={"model": "m", "tool_resources": {"file_search": {"vector_store_ids": ["vs_x"]}}}
    )
    assert (response.status_code, error_of(response)["message"]) == (404, "No vector store found with id 'vs_x'.")
    assert raw.get("assistants", params={"limit": 1}).json()["first_id"] == before


def test_resources_of_two_tools_are_apart(raw: httpx2.Client, files: list[str]) -> None:
    """Contract §2.4, §14.6: replacing one tool's resources does not touch the other's."""
    made = raw.post(
        "assistants", json={"model": "m", "tool_resources": {"code_interpreter": {"file_ids": files}}}
    ).json()
    changed = raw.post(f"assistants/{made['id']}", json={"tool_resources": {"file_search": {"vector_store_ids": []}}})
    assert changed.json()["tool_resources"] == {
        "code_interpreter": {"file_ids": files},
        "file_search": {"vector_store_ids": []},
    }


def test_deployments(starting: Starter, recorder: Recorder) -> None:
    """Contract §3.3, §14.2: any model name by default; with a list of deployments only those."""
    with azure(starting(deployments=("mine",)), recorder) as client:
        assert [model.id for model in client.models.list()] == ["mine"]
        made = client.beta.assistants.create(model="mine")
        for refused in (
            lambda: client.beta.assistants.create(model="gpt-4"),
            lambda: client.beta.assistants.update(made.id, model="gpt-4"),
            lambda: client.beta.threads.create_and_run(assistant_id=made.id, model="gpt-4"),
        ):
            with pytest.raises(openai.BadRequestError) as caught:
                refused()
            assert caught.value.body == refusal(
                "The requested model 'gpt-4' cannot be used with the Assistants API.", "model", "unsupported_model"
            )


class Forewarned(Scripted):
    """Notes what it is to expect."""

    def __init__(self) -> None:
        super().__init__()
        self.expected: list[list[str]] = []

    def expect(self, tools: Sequence[Mapping[str, Any]]) -> None:
        """What the assistant may use."""
        self.expected.append([tool["type"] for tool in tools])


def test_the_model_is_told_of_tools_before_the_first_message(starting: Starter, recorder: Recorder) -> None:
    """Whatever must be loaded for them, such as the encoder, is loaded while the learner types."""
    model = Forewarned()
    with azure(starting(model=model), recorder) as client:
        made = client.beta.assistants.create(model="gpt-4", tools=[{"type": "code_interpreter"}])
        client.beta.assistants.update(made.id, tools=[{"type": "file_search"}])
    assert model.expected == [["code_interpreter"], ["file_search"]]
