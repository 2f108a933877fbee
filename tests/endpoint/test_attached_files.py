"""Files where they are named: assistants, threads, messages, runs; in both shapes (contract §1.3, §6, §7)."""

from typing import Any

import httpx2
import openai
import pytest
from openai.types.beta import Assistant, Thread
from support.talking import OLD, V2, error_of, refusal

CODE = {"type": "code_interpreter"}
SEARCH = {"type": "file_search"}


def for_code(file_ids: list[str]) -> dict[str, Any]:
    """Resources of the code interpreter."""
    return {"code_interpreter": {"file_ids": file_ids}}


def resources_of(raw: httpx2.Client, thread_id: str) -> Any:  # noqa: ANN401
    """The thread's tool resources."""
    return raw.get(f"threads/{thread_id}").json()["tool_resources"]


def test_attachments_for_code_are_the_threads(client: openai.AzureOpenAI, thread: Thread, files: list[str]) -> None:
    """Contract §6: they extend the thread's tool resources, each file once; without a tool nothing is extended."""
    messages = client.beta.threads.messages
    # pyrefly: ignore[bad-assignment]
    made = messages.create(thread.id, role="user", content="x", attachments=[{"file_id": files[0], "tools": [CODE]}])
    assert [attachment.file_id for attachment in made.attachments or []] == files[:1]
    attached = [{"file_id": file_id, "tools": [CODE]} for file_id in files]
    messages.create(thread.id, role="user", content="y", attachments=attached)  # pyrefly: ignore[bad-argument-type]
    messages.create(thread.id, role="user", content="z", attachments=[{"file_id": files[0]}])
    assert client.beta.threads.retrieve(thread.id).to_dict()["tool_resources"] == for_code(files)


def test_first_messages_too(raw: httpx2.Client, assistant: Assistant, files: list[str]) -> None:
    """Contract §6: the answer to `threads.create`, and to a run with a new thread, knows of them."""
    message = {"role": "user", "content": "x", "attachments": [{"file_id": files[1], "tools": [CODE]}]}
    thread = {"messages": [message], "tool_resources": for_code(files[:1])}
    made = raw.post("threads", json=thread).json()
    assert made["tool_resources"] == resources_of(raw, made["id"]) == for_code(files)
    run = raw.post("threads/runs", json={"assistant_id": assistant.id, "thread": thread}).json()
    assert resources_of(raw, run["thread_id"]) == for_code(files)


def test_messages_of_a_run(raw: httpx2.Client, thread: Thread, assistant: Assistant, files: list[str]) -> None:
    """Contract §3.1, §6: `additional_messages` bring files as other messages do."""
    message = {"role": "user", "content": "x", "attachments": [{"file_id": files[0], "tools": [CODE]}]}
    body = {"assistant_id": assistant.id, "additional_messages": [message]}
    assert raw.post(f"threads/{thread.id}/runs", json=body).status_code == 200
    assert resources_of(raw, thread.id) == for_code(files[:1])


def test_no_more_than_20(raw: httpx2.Client, client: openai.AzureOpenAI, files: list[str]) -> None:
    """Contract §2.3: what a message would add beyond that is refused with the message."""
    many = [client.files.create(file=b"x", purpose="assistants").id for _ in range(20)]
    thread = raw.post("threads", json={"tool_resources": for_code(many)}).json()["id"]
    attached = [{"file_id": files[0], "tools": [CODE]}]
    path = f"threads/{thread}/messages"
    answer = raw.post(path, json={"role": "user", "content": "x", "attachments": attached})
    text = (
        "Invalid 'tool_resources.code_interpreter.file_ids': array too long. "
        "Expected an array with maximum length 20, but got an array with length 21 instead."
    )
    param = "tool_resources.code_interpreter.file_ids"
    assert (answer.status_code, error_of(answer)) == (400, refusal(text, param, "array_above_max_length"))
    assert raw.get(path).json()["data"] == []
    again = {"role": "user", "content": "x", "attachments": [{"file_id": many[0], "tools": [CODE]}]}
    assert raw.post(path, json=again).status_code == 200


@pytest.mark.parametrize("how", ["attachments", "content", "tool_resources", "both"])
def test_what_does_not_exist(raw: httpx2.Client, client: openai.AzureOpenAI, thread: Thread, how: str) -> None:
    """Contract §7: 404 with `No such File object`, wherever a file is named that is deleted or expired."""
    gone = client.files.create(file=b"x", purpose="vision").id
    client.files.delete(gone)
    picture = {"type": "image_file", "image_file": {"file_id": gone}}
    bodies: dict[str, tuple[str, dict[str, Any]]] = {
        "attachments": (f"threads/{thread.id}/messages", {"attachments": [{"file_id": gone, "tools": [CODE]}]}),
        "content": (f"threads/{thread.id}/messages", {"content": [picture]}),
        "tool_resources": ("threads", {"tool_resources": for_code([gone])}),
        "both": ("threads/runs", {"assistant_id": "", "tool_resources": for_code([gone])}),
    }
    path, body = bodies[how]
    if path.endswith("messages"):
        body = {"role": "user", "content": "x"} | body
    if path.endswith("runs"):
        body["assistant_id"] = client.beta.assistants.create(model="gpt-4o").id
    answer = raw.post(path, json=body)
    assert (answer.status_code, error_of(answer)) == (404, refusal(f"No such File object: {gone}", "id"))
    assert raw.get(f"threads/{thread.id}/messages").json()["data"] == []


def test_pictures(raw: httpx2.Client, client: openai.AzureOpenAI, thread: Thread) -> None:
    """Contract §6: an uploaded picture as a part of a message; how closely it is looked at is told."""
    picture = client.files.create(file=("a.png", b"\x89PNG"), purpose="vision").id
    content = [{"type": "image_file", "image_file": {"file_id": picture}}, {"type": "text", "text": "What is it?"}]
    # pyrefly: ignore[bad-argument-type]
    message = client.beta.threads.messages.create(thread.id, role="user", content=content)
    part = message.content[0]
    assert part.type == "image_file"
    assert (part.image_file.file_id, part.image_file.detail) == (picture, "auto")
    assert resources_of(raw, thread.id) == {}


def test_a_deleted_file_leaves_every_list(raw: httpx2.Client, client: openai.AzureOpenAI, files: list[str]) -> None:
    """Contract §7: of assistants, threads, messages and runs, in both shapes; what else they hold stays."""
    gone, stays = files
    fields = {"model": "m", "instructions": "Answer.", "tool_resources": for_code(files)}
    assistant = raw.post("assistants", json=fields).json()
    attached = [{"file_id": file_id, "tools": [CODE]} for file_id in files]
    message = {"role": "user", "content": f"about {gone}", "attachments": attached, "metadata": {"file": gone}}
    body = {"assistant_id": assistant["id"], "thread": {"messages": [message]}}
    made = raw.post("threads/runs", json=body).json()
    run = client.beta.threads.runs.poll(made["id"], thread_id=made["thread_id"])
    other = raw.post("assistants", json={"model": "m", "name": gone}).json()
    client.files.delete(gone)
    thread = f"threads/{run.thread_id}"
    assert raw.get(f"assistants/{assistant['id']}").json() == assistant | {"tool_resources": for_code([stays])}
    assert raw.get(f"assistants/{other['id']}").json() == other
    assert resources_of(raw, run.thread_id) == for_code([stays])
    first = raw.get(f"{thread}/messages", params=V2 | {"order": "asc"}).json()["data"][0]
    assert first["attachments"] == attached[1:]
    assert (first["content"][0]["text"]["value"], first["metadata"]) == (f"about {gone}", {"file": gone})
    for path in (f"assistants/{assistant['id']}", f"{thread}/runs/{run.id}", f"{thread}/messages/{first['id']}"):
        assert raw.get(path, params=OLD).json()["file_ids"] == [stays]


def old(raw: httpx2.Client, method: str, path: str, body: Any = None, **query: str) -> Any:  # noqa: ANN401
    """What the old api-version answers; the body of a refusal as well."""
    return raw.request(method, path, json=body, params=OLD | query).json()


@pytest.fixture
def mine(raw: httpx2.Client, files: list[str]) -> str:
    """The path of the files of an assistant that has two."""
    return f"assistants/{old(raw, 'POST', 'assistants', {'model': 'm', 'file_ids': files})['id']}/files"


def test_assistant_files(raw: httpx2.Client, client: openai.AzureOpenAI, mine: str, files: list[str]) -> None:
    """Contract §1.3, §14.12: attach, list, retrieve, detach; the file itself stays, and so does the later shape."""
    assistant = mine.split("/")[1]
    new = client.files.create(file=b"x", purpose="assistants")
    attached = old(raw, "POST", mine, {"file_id": new.id})
    assert attached == {
        "id": new.id,
        "object": "assistant.file",
        "created_at": attached["created_at"],
        "assistant_id": assistant,
    }
    assert attached["created_at"] >= new.created_at
    assert old(raw, "POST", mine, {"file_id": new.id}) == attached
    assert old(raw, "GET", f"{mine}/{new.id}") == attached
    assert [file["id"] for file in old(raw, "GET", mine)["data"]] == [new.id, *files[::-1]]
    assert old(raw, "GET", f"assistants/{assistant}")["file_ids"] == [*files, new.id]
    assert raw.get(f"assistants/{assistant}").json()["tool_resources"] == for_code([*files, new.id])
    assert old(raw, "DELETE", f"{mine}/{new.id}") == {
        "id": new.id,
        "object": "assistant.file.deleted",
        "deleted": True,
    }
    assert [file["id"] for file in old(raw, "GET", mine)["data"]] == files[::-1]
    for method in ("GET", "DELETE"):
        assert old(raw, method, f"{mine}/{new.id}")["error"] == refusal(f"No such File object: {new.id}", "id")
    assert client.files.retrieve(new.id) == new


def test_paging_of_assistant_files(raw: httpx2.Client, mine: str, client: openai.AzureOpenAI) -> None:
    """Contract §2.2: as every list."""
    for _ in range(3):
        old(raw, "POST", mine, {"file_id": client.files.create(file=b"x", purpose="assistants").id})
    everything = [file["id"] for file in old(raw, "GET", mine, order="asc")["data"]]
    assert len(everything) == 5

    def page(**query: str) -> tuple[list[str], bool]:
        answer = old(raw, "GET", mine, **query)
        ids = [file["id"] for file in answer["data"]]
        assert (answer["first_id"], answer["last_id"]) == ((ids[0], ids[-1]) if ids else (None, None))
        return ids, answer["has_more"]

    newest = everything[::-1]
    assert page() == (newest, False)
    assert page(limit="2") == (newest[:2], True)
    assert page(limit="2", after=newest[1]) == (newest[2:4], True)
    assert page(limit="2", after=newest[3]) == (newest[4:], False)
    assert page(after=newest[4]) == ([], False)
    assert page(limit="2", before=newest[3]) == (newest[1:3], True)
    assert page(limit="2", before=newest[2], order="desc") == (newest[:2], False)
    assert page(limit="2", after=newest[0], before=newest[4]) == (newest[1:3], True)
    assert page(limit="3", after=everything[0], order="asc") == (everything[1:4], True)
    error = old(raw, "GET", mine, after="file-none")["error"]
    assert error == refusal("No such File object: file-none", "id")
    assert old(raw, "GET", mine, limit="101")["error"]["code"] == "integer_above_max_value"
    assert old(raw, "GET", mine, order="up")["error"]["code"] == "invalid_value"


def test_refusals_of_assistant_files(raw: httpx2.Client, mine: str, client: openai.AzureOpenAI) -> None:
    """Contract §2.3, §7, §8.1: an unknown file, an unknown assistant, a wrong body, a 21st file."""
    assert old(raw, "POST", mine, {"file_id": "file-x"})["error"] == refusal("No such File object: file-x", "id")
    assert old(raw, "POST", mine, {})["error"]["code"] == "missing_required_parameter"
    assert old(raw, "POST", mine, {"file_id": "x", "name": "y"})["error"]["code"] == "unknown_parameter"
    text = "No assistant found with id 'asst_none'."
    assert old(raw, "GET", "assistants/asst_none/files")["error"] == refusal(text)
    many = [client.files.create(file=b"x", purpose="assistants").id for _ in range(19)]
    for file_id in many[:18]:
        assert old(raw, "POST", mine, {"file_id": file_id})["object"] == "assistant.file"
    assert old(raw, "POST", mine, {"file_id": many[18]})["error"]["code"] == "array_above_max_length"


def test_message_files(raw: httpx2.Client, thread: Thread, files: list[str]) -> None:
    """Contract §1.3, §14.12: list and retrieve; a file that is deleted is no longer among them."""
    body = {"role": "user", "content": "x", "file_ids": files}
    message = old(raw, "POST", f"threads/{thread.id}/messages", body)["id"]
    path = f"threads/{thread.id}/messages/{message}/files"
    listed = old(raw, "GET", path)["data"]
    assert [file["id"] for file in listed] == files[::-1]
    assert listed[1] == {
        "id": files[0],
        "object": "thread.message.file",
        "created_at": listed[1]["created_at"],
        "message_id": message,
    }
    assert old(raw, "GET", f"{path}/{files[0]}") == listed[1]
    assert old(raw, "GET", f"{path}/file-x")["error"] == refusal("No such File object: file-x", "id")
    raw.delete(f"files/{files[0]}")
    assert [file["id"] for file in old(raw, "GET", path)["data"]] == files[1:]


@pytest.mark.parametrize("path", ["", "/{}"])
def test_the_later_shape_has_them_no_more(raw: httpx2.Client, mine: str, files: list[str], path: str) -> None:
    """Contract §1.3: 404 in the gateway's style from 2024-05-01-preview on."""
    answer = raw.get(mine + path.format(files[0]))
    assert (answer.status_code, error_of(answer)) == (404, {"code": "404", "message": "Resource not found"})
    assert raw.post(mine, json={"file_id": files[0]}).status_code == 404
