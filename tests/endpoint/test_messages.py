"""`client.beta.threads.messages` (contract §6)."""

import httpx2
import openai
import pytest
from openai.types.beta import Assistant, Thread
from support.talking import ask, error_of, refusal

PICTURE = "https://example.com/picture.png"


def test_members_of_a_user_message(raw: httpx2.Client, thread: Thread) -> None:
    """Contract §6, §12.44: a string comes back as one text part; what belongs to runs is null."""
    made = raw.post(f"threads/{thread.id}/messages", json={"role": "user", "content": "日本の首都はどこですか?"}).json()
    assert made.pop("id").startswith("msg_")
    created_at = made.pop("created_at")
    assert isinstance(created_at, int)
    assert made == {
        "object": "thread.message",
        "thread_id": thread.id,
        "status": "completed",
        "incomplete_details": None,
        "completed_at": created_at,
        "incomplete_at": None,
        "role": "user",
        "content": [{"type": "text", "text": {"value": "日本の首都はどこですか?", "annotations": []}}],
        "assistant_id": None,
        "run_id": None,
        "attachments": [],
        "metadata": {},
    }


@pytest.mark.parametrize("role", ["user", "assistant"])
def test_both_roles(client: openai.AzureOpenAI, thread: Thread, role: str) -> None:
    """Contract §14.5: histories are sent again with both roles."""
    made = client.beta.threads.messages.create(thread.id, role=role, content="x")  # pyrefly: ignore[bad-argument-type]
    assert client.beta.threads.messages.retrieve(made.id, thread_id=thread.id) == made
    assert made.role == role


def test_parts(raw: httpx2.Client, thread: Thread, files: list[str]) -> None:
    """Contract §6, §12.39: each part comes back with its type; a picture says how closely it is looked at."""
    parts = [
        {"type": "text", "text": "look"},
        {"type": "image_url", "image_url": {"url": PICTURE}},
        {"type": "image_file", "image_file": {"file_id": files[0], "detail": "low"}},
    ]
    made = raw.post(f"threads/{thread.id}/messages", json={"role": "user", "content": parts}).json()
    assert made["content"] == [
        {"type": "text", "text": {"value": "look", "annotations": []}},
        {"type": "image_url", "image_url": {"url": PICTURE, "detail": "auto"}},
        {"type": "image_file", "image_file": {"file_id": files[0], "detail": "low"}},
    ]


def test_attachments(raw: httpx2.Client, thread: Thread, files: list[str]) -> None:
    """Contract §6: attachments are kept with their tools; an unknown file is refused and nothing is added."""
    attached = [{"file_id": files[0], "tools": [{"type": "code_interpreter"}, {"type": "file_search"}]}]
    body = {"role": "user", "content": "x", "attachments": attached}
    assert raw.post(f"threads/{thread.id}/messages", json=body).json()["attachments"] == attached
    for wrong in ({"attachments": [{"file_id": "file-no"}]}, {"content": [_picture("file-no")]}):
        response = raw.post(f"threads/{thread.id}/messages", json=body | wrong)
        assert (response.status_code, error_of(response)) == (404, refusal("No such File object: file-no", "id"))
    assert len(raw.get(f"threads/{thread.id}/messages").json()["data"]) == 1


def test_nulls_mean_unset(raw: httpx2.Client, thread: Thread) -> None:
    """Contract §14.6: `attachments` and `metadata` may be null."""
    body = {"role": "user", "content": "x", "attachments": None, "metadata": None}
    made = raw.post(f"threads/{thread.id}/messages", json=body).json()
    assert (made["attachments"], made["metadata"]) == ([], {})


@pytest.mark.parametrize("text", ["", " ", "\x00", "\u202e🙂\U0010ffff", "a" * 256_000, "\\ud800 as text"])
def test_any_text_comes_back(client: openai.AzureOpenAI, thread: Thread, text: str) -> None:
    """Contract §2.3: up to 256 000 characters, whatever they are."""
    made = client.beta.threads.messages.create(thread.id, role="user", content=text)
    (part,) = client.beta.threads.messages.retrieve(made.id, thread_id=thread.id).content
    assert part.type == "text"
    assert part.text.value == text


def test_modify_takes_metadata_only(client: openai.AzureOpenAI, raw: httpx2.Client, thread: Thread) -> None:
    """Contract §12.48: anything else is unknown, also what a message has."""
    made = client.beta.threads.messages.create(thread.id, role="user", content="x", metadata={"a": "1"})
    changed = client.beta.threads.messages.update(made.id, thread_id=thread.id, metadata={"b": "2"})
    assert changed == made.model_copy(update={"metadata": {"b": "2"}})
    response = raw.post(f"threads/{thread.id}/messages/{made.id}", json={"content": "y"})
    assert (response.status_code, error_of(response)) == (
        400,
        refusal("Unknown parameter: 'content'.", "content", "unknown_parameter"),
    )


def test_delete(raw: httpx2.Client, client: openai.AzureOpenAI, thread: Thread) -> None:
    """Contract §12.32: the exact body, then 404."""
    made = client.beta.threads.messages.create(thread.id, role="user", content="x")
    path = f"threads/{thread.id}/messages/{made.id}"
    assert raw.delete(path).json() == {"id": made.id, "object": "thread.message.deleted", "deleted": True}
    for method in ("GET", "POST", "DELETE"):
        response = raw.request(method, path)
        assert (response.status_code, error_of(response)) == (404, refusal(f"No message found with id '{made.id}'."))
    assert client.beta.threads.messages.list(thread.id).data == []


def test_newest_first(client: openai.AzureOpenAI, assistant: Assistant) -> None:
    """Contract §2.2: the answer stands before the question, with `run_id` and `assistant_id` filled."""
    run = ask(client, assistant, "hello")
    answer, question = client.beta.threads.messages.list(run.thread_id).data
    assert (answer.role, answer.run_id, answer.assistant_id) == ("assistant", run.id, assistant.id)
    assert (answer.status, answer.completed_at is not None) == ("completed", True)
    assert answer.content[0].type == "text"
    assert answer.content[0].text.value == "echo: hello"
    assert (question.role, question.run_id, question.assistant_id) == ("user", None, None)


def test_messages_of_one_run(client: openai.AzureOpenAI, assistant: Assistant) -> None:
    """Contract §12.24: `run_id` filters."""
    first = ask(client, assistant, "one")
    second = client.beta.threads.runs.create_and_poll(thread_id=first.thread_id, assistant_id=assistant.id)
    of_second = client.beta.threads.messages.list(first.thread_id, run_id=second.id).data
    assert [message.run_id for message in of_second] == [second.id]
    assert client.beta.threads.messages.list(first.thread_id, run_id="run_none").data == []


def _picture(file_id: str) -> dict[str, object]:
    return {"type": "image_file", "image_file": {"file_id": file_id}}


@pytest.mark.parametrize("value", ["", "x", "msg_x"])
def test_messages_of_no_run(raw: httpx2.Client, thread: Thread, value: str) -> None:
    """Contract §2.4: an id of another kind is refused, not answered with an empty list."""
    response = raw.get(f"threads/{thread.id}/messages", params={"run_id": value})
    text = f"Invalid 'run_id': '{value}'. Expected an ID that begins with 'run'."
    assert (response.status_code, error_of(response)) == (400, refusal(text, "run_id", "invalid_value"))
