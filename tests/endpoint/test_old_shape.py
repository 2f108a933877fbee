"""Api-version 2024-02-15-preview: `file_ids` in place of `tool_resources` (contract §1.3, §12.30, §14.12)."""

from typing import Any

import httpx2
import openai
import pytest
from support.talking import OLD, error_of, refusal


def post(raw: httpx2.Client, path: str, body: dict[str, Any] | None = None, status: int = 200) -> dict[str, Any]:
    """The answer to a POST on the old api-version."""
    response = raw.post(path, json=body or {}, params=OLD)
    assert response.status_code == status, response.text
    answer: dict[str, Any] = response.json()
    return answer


def get(raw: httpx2.Client, path: str, version: dict[str, str] | None = None) -> dict[str, Any]:
    """The answer to a GET, on the old api-version unless another is named."""
    answer: dict[str, Any] = raw.get(path, params=version or OLD).json()
    return answer


@pytest.fixture
def made(raw: httpx2.Client, files: list[str]) -> dict[str, Any]:
    """An assistant with two files."""
    return post(
        raw, "assistants", {"model": "gpt-35-turbo", "tools": [{"type": "code_interpreter"}], "file_ids": files}
    )


def test_assistant(raw: httpx2.Client, made: dict[str, Any], files: list[str]) -> None:
    """Exactly the members that the old examples show."""
    assert get(raw, f"assistants/{made['id']}") == made
    assert {name: made[name] for name in made if name not in ("id", "created_at")} == {
        "object": "assistant",
        "name": None,
        "description": None,
        "model": "gpt-35-turbo",
        "instructions": None,
        "tools": [{"type": "code_interpreter"}],
        "file_ids": files,
        "metadata": {},
    }


def test_one_stored_form(raw: httpx2.Client, made: dict[str, Any], files: list[str]) -> None:
    """The later api-version shows the same assistant in its own shape, and what it changes is seen here."""
    later = raw.get(f"assistants/{made['id']}").json()
    assert later["tool_resources"] == {"code_interpreter": {"file_ids": files}}
    assert "file_ids" not in later
    raw.post(f"assistants/{made['id']}", json={"tool_resources": {"code_interpreter": {"file_ids": files[:1]}}})
    assert get(raw, f"assistants/{made['id']}")["file_ids"] == files[:1]
    assert get(raw, "assistants")["data"][0]["file_ids"] == files[:1]


def test_modify(raw: httpx2.Client, made: dict[str, Any], files: list[str]) -> None:
    """What is not given stays; `file_ids` is replaced as a whole."""
    assert post(raw, f"assistants/{made['id']}", {"name": "A"}) == made | {"name": "A"}
    assert post(raw, f"assistants/{made['id']}", {"file_ids": files[1:]})["file_ids"] == files[1:]
    assert post(raw, f"assistants/{made['id']}", {"file_ids": []})["file_ids"] == []


def test_thread(raw: httpx2.Client) -> None:
    """Contract §14.12: `tool_resources` is never shown."""
    thread = post(raw, "threads", {"metadata": {"a": "1"}})
    assert set(thread) == {"id", "object", "created_at", "metadata"}
    assert post(raw, f"threads/{thread['id']}", {"metadata": {"b": "2"}}) == thread | {"metadata": {"b": "2"}}


def test_message(raw: httpx2.Client, files: list[str]) -> None:
    """`file_ids` are attachments in the later shape."""
    thread = post(raw, "threads", {"messages": [{"role": "user", "content": "first", "file_ids": files[:1]}]})
    path = f"threads/{thread['id']}/messages"
    message = post(raw, path, {"role": "user", "content": "x", "file_ids": files})
    assert {name: message[name] for name in message if name not in ("id", "created_at")} == {
        "object": "thread.message",
        "thread_id": thread["id"],
        "role": "user",
        "content": [{"type": "text", "text": {"value": "x", "annotations": []}}],
        "file_ids": files,
        "assistant_id": None,
        "run_id": None,
        "metadata": {},
    }
    later = raw.get(f"{path}/{message['id']}").json()
    assert [attachment["file_id"] for attachment in later["attachments"]] == files
    assert [one["file_ids"] for one in get(raw, path)["data"]] == [files, files[:1]]


def test_run(raw: httpx2.Client, made: dict[str, Any], files: list[str]) -> None:
    """Contract §1.3, §14.12: `file_ids` is always a list; no usage, no token limits, no choices."""
    run = post(
        raw, "threads/runs", {"assistant_id": made["id"], "thread": {"messages": [{"role": "user", "content": "x"}]}}
    )
    members = (
        "id object created_at thread_id assistant_id status required_action last_error expires_at started_at "
        "cancelled_at failed_at completed_at model instructions tools file_ids metadata"
    )
    assert sorted(run) == sorted(members.split())
    assert (run["status"], run["file_ids"], run["tools"]) == ("queued", files, made["tools"])
    bare = post(raw, "assistants", {"model": "m"})
    assert post(raw, "threads/runs", {"assistant_id": bare["id"]})["file_ids"] == []


def test_steps(raw: httpx2.Client, old: openai.AzureOpenAI, made: dict[str, Any]) -> None:
    """A step without usage."""
    run = old.beta.threads.create_and_run(assistant_id=made["id"])
    old.beta.threads.runs.poll(run.id, thread_id=run.thread_id)
    (step,) = get(raw, f"threads/{run.thread_id}/runs/{run.id}/steps")["data"]
    assert "usage" not in step
    assert get(raw, f"threads/{run.thread_id}/runs/{run.id}/steps/{step['id']}") == step


@pytest.mark.parametrize(
    ("path", "body", "param"),
    [
        ("assistants", {"model": "m", "tool_resources": {}}, "tool_resources"),
        ("assistants", {"model": "m", "temperature": 1}, "temperature"),
        ("assistants", {"model": "m", "top_p": 1}, "top_p"),
        ("assistants", {"model": "m", "response_format": "auto"}, "response_format"),
        ("threads", {"tool_resources": {}}, "tool_resources"),
        ("threads", {"messages": [{"role": "user", "content": "x", "attachments": []}]}, "messages[0].attachments"),
        ("threads/runs", {"assistant_id": "asst_x", "stream": True}, "stream"),
        ("threads/runs", {"assistant_id": "asst_x", "tool_choice": "auto"}, "tool_choice"),
        ("threads/runs", {"assistant_id": "asst_x", "temperature": 1}, "temperature"),
        ("threads/runs", {"assistant_id": "asst_x", "max_completion_tokens": 256}, "max_completion_tokens"),
        ("threads/runs", {"assistant_id": "asst_x", "truncation_strategy": {"type": "auto"}}, "truncation_strategy"),
        ("threads/runs", {"assistant_id": "asst_x", "thread": {"tool_resources": {}}}, "thread.tool_resources"),
    ],
)
def test_later_members_are_unknown(raw: httpx2.Client, path: str, body: dict[str, Any], param: str) -> None:
    """Contract §1.3."""
    error = post(raw, path, body, status=400)["error"]
    assert error == refusal(f"Unknown parameter: '{param}'.", param, "unknown_parameter")


def test_stream_false_changes_nothing(raw: httpx2.Client, made: dict[str, Any]) -> None:
    """Today's `create_and_poll` says `stream: false` by itself; a program from then must not trip over that."""
    run = post(raw, "threads/runs", {"assistant_id": made["id"], "stream": False})
    assert (run["object"], run["status"]) == ("thread.run", "queued")
    assert "stream" not in run


def test_retrieval(raw: httpx2.Client) -> None:
    """Contract §1.3."""
    answer = post(raw, "assistants", {"model": "m", "tools": [{"type": "retrieval"}]}, status=400)
    assert answer["error"]["message"] == "Retrieval tools are not supported."


def test_file_search_is_unknown(raw: httpx2.Client) -> None:
    """Contract §1.3: tools were code_interpreter and function."""
    error = post(raw, "assistants", {"model": "m", "tools": [{"type": "file_search"}]}, status=400)["error"]
    text = "Invalid value: 'file_search'. Supported values are: 'code_interpreter' and 'function'."
    assert error == refusal(text, "tools[0].type", "invalid_value")


def test_unknown_files(raw: httpx2.Client, made: dict[str, Any]) -> None:
    """Contract §7."""
    thread = post(raw, "threads")
    cases: list[tuple[str, dict[str, Any]]] = [
        ("assistants", {"model": "m", "file_ids": ["file-x"]}),
        (f"assistants/{made['id']}", {"file_ids": ["file-x"]}),
        (f"threads/{thread['id']}/messages", {"role": "user", "content": "x", "file_ids": ["file-x"]}),
    ]
    for path, body in cases:
        assert post(raw, path, body, status=404)["error"] == refusal("No such File object: file-x", "id")


def test_the_seed_walk(old: openai.AzureOpenAI) -> None:
    """Contract §1.3, §2.2: the walk of an early tutorial, `file_ids` through `extra_body`."""
    assistant = old.beta.assistants.create(
        name="Data", model="gpt-35-turbo", tools=[{"type": "code_interpreter"}], extra_body={"file_ids": []}
    )
    thread = old.beta.threads.create()
    question = "日本の首都はどこですか?"
    old.beta.threads.messages.create(thread_id=thread.id, role="user", content=question)
    assert len(old.beta.threads.messages.list(thread_id=thread.id).data) == 1
    run = old.beta.threads.runs.create(thread_id=thread.id, assistant_id=assistant.id)
    assert run.status == "queued"
    assert old.beta.threads.runs.poll(run.id, thread_id=thread.id).status == "completed"
    answer = old.beta.threads.messages.list(thread_id=thread.id).data[0]
    assert (answer.run_id, answer.assistant_id) == (run.id, assistant.id)


def test_refusals_are_the_same(raw: httpx2.Client, made: dict[str, Any]) -> None:
    """Contract §8.1."""
    response = raw.get("threads/thread_none", params=OLD)
    assert (response.status_code, error_of(response)) == (404, refusal("No thread found with id 'thread_none'."))
    deleted = raw.delete(f"assistants/{made['id']}", params=OLD).json()
    assert deleted == {"id": made["id"], "object": "assistant.deleted", "deleted": True}
