"""`client.beta.threads` (contract §2)."""

from typing import Any

import httpx2
import openai
import pytest
from openai.types.beta import Assistant, Thread
from support.talking import error_of, refusal

from mock_endpoint.state.store import Store


@pytest.mark.parametrize("body", [b"", b"{}", b"  ", b'{"metadata": null, "messages": null, "tool_resources": null}'])
def test_create_with_nothing(raw: httpx2.Client, body: bytes) -> None:
    """Contract §2.4, §12.2: no body, an empty one and nulls all make an empty thread."""
    response = raw.post("threads", content=body)
    made = response.json()
    assert made.pop("id").startswith("thread_")
    assert isinstance(made.pop("created_at"), int)
    assert made == {"object": "thread", "metadata": {}, "tool_resources": {}}


def test_create_with_messages(client: openai.AzureOpenAI) -> None:
    """Contract §14.5: first messages of both roles, as strings and as parts, in their order."""
    thread = client.beta.threads.create(
        messages=[
            {"role": "user", "content": "one", "metadata": {"n": "1"}},
            {"role": "assistant", "content": [{"type": "text", "text": "two"}]},
        ],
        metadata={"topic": "numbers"},
    )
    messages = client.beta.threads.messages.list(thread.id, order="asc").data
    assert [message.role for message in messages] == ["user", "assistant"]
    assert [message.metadata for message in messages] == [{"n": "1"}, {}]
    assert client.beta.threads.retrieve(thread.id) == thread
    assert thread.metadata == {"topic": "numbers"}


def test_nothing_is_made_when_a_message_is_refused(raw: httpx2.Client) -> None:
    """A thread comes with all of its messages or not at all."""
    good = {"role": "user", "content": "good"}
    bad = {"role": "user", "content": "bad", "attachments": [{"file_id": "file-x"}]}
    response = raw.post("threads", json={"messages": [good, bad]})
    assert (response.status_code, error_of(response)) == (404, refusal("No such File object: file-x", "id"))
    response = raw.post("threads", json={"messages": [good, {"role": "user"}]})
    assert error_of(response) == refusal(
        "Missing required parameter: 'messages[1].content'.", "messages[1].content", "missing_required_parameter"
    )


def test_modify(client: openai.AzureOpenAI, thread: Thread) -> None:
    """Contract §2.1, §14.9: metadata is replaced and echoed."""
    client.beta.threads.update(thread.id, metadata={"a": "1", "b": "2"})
    changed = client.beta.threads.update(thread.id, metadata={"a": "3"})
    assert changed == thread.model_copy(update={"metadata": {"a": "3"}})
    assert client.beta.threads.retrieve(thread.id) == changed


def test_modify_takes_nothing_else(raw: httpx2.Client, thread: Thread) -> None:
    """Contract §2.1: metadata and tool_resources only."""
    response = raw.post(f"threads/{thread.id}", json={"messages": []})
    assert error_of(response) == refusal("Unknown parameter: 'messages'.", "messages", "unknown_parameter")


def test_tool_resources(raw: httpx2.Client, files: list[str]) -> None:
    """Contract §2.4: a thread keeps its own files, those of one tool apart from those of another."""
    code = {"code_interpreter": {"file_ids": files}}
    made = raw.post("threads", json={"tool_resources": code}).json()
    assert made["tool_resources"] == code
    search: dict[str, Any] = {"file_search": {"vector_store_ids": []}}
    assert raw.post(f"threads/{made['id']}", json={"tool_resources": search}).json()["tool_resources"] == code | search
    response = raw.post(
        f"threads/{made['id']}", json={"tool_resources": {"code_interpreter": {"file_ids": ["file-x"]}}}
    )
    assert response.status_code == 404


def test_delete_takes_everything_along(client: openai.AzureOpenAI, raw: httpx2.Client, assistant: Assistant) -> None:
    """Contract §12.32, §12.33: the exact body; then the thread, its messages, runs and steps are gone."""
    run = client.beta.threads.create_and_run_poll(
        assistant_id=assistant.id, thread={"messages": [{"role": "user", "content": "gone"}]}
    )
    path = f"threads/{run.thread_id}"
    below = raw.get(f"{path}/messages").json()["first_id"], raw.get(f"{path}/runs/{run.id}/steps").json()["first_id"]
    assert raw.delete(path).json() == {"id": run.thread_id, "object": "thread.deleted", "deleted": True}
    text = f"No thread found with id '{run.thread_id}'."
    for method, rest in [
        ("GET", ""),
        ("POST", ""),
        ("DELETE", ""),
        ("GET", "/messages"),
        ("GET", f"/messages/{below[0]}"),
        ("GET", "/runs"),
        ("GET", f"/runs/{run.id}"),
        ("GET", f"/runs/{run.id}/steps"),
        ("GET", f"/runs/{run.id}/steps/{below[1]}"),
        ("POST", f"/runs/{run.id}/cancel"),
    ]:
        response = raw.request(method, path + rest)
        assert (response.status_code, error_of(response)) == (404, refusal(text)), (method, rest)


def test_delete_leaves_nothing_behind(client: openai.AzureOpenAI, assistant: Assistant, stored: Store) -> None:
    """Contract §12.33: what was said in a deleted thread is no longer in the state file."""
    run = client.beta.threads.create_and_run_poll(
        assistant_id=assistant.id, thread={"messages": [{"role": "user", "content": "a secret"}]}
    )
    (step,) = client.beta.threads.runs.steps.list(run.id, thread_id=run.thread_id).data
    messages = client.beta.threads.messages.list(run.thread_id).data
    kept = [("thread.run", run.id, run.thread_id), ("thread.run.step", step.id, run.id)]
    kept += [("thread.message", message.id, run.thread_id) for message in messages]
    assert all(stored.get(*one) for one in kept)
    client.beta.threads.delete(run.thread_id)
    assert [one for one in kept if stored.get(*one)] == []


def test_threads_do_not_see_each_other(client: openai.AzureOpenAI, raw: httpx2.Client) -> None:
    """An object is reachable under its own thread only."""
    one, other = client.beta.threads.create(), client.beta.threads.create()
    message = client.beta.threads.messages.create(one.id, role="user", content="mine")
    response = raw.get(f"threads/{other.id}/messages/{message.id}")
    assert (response.status_code, error_of(response)) == (404, refusal(f"No message found with id '{message.id}'."))
    assert raw.delete(f"threads/{other.id}/messages/{message.id}").status_code == 404
    assert client.beta.threads.messages.list(other.id).data == []
