"""From Assistants to Responses: what lesson 12 says of an old call and its successor, each of them really called.

The rows M1 … M20 are those of contract-successor §9 and of the lesson's table. Here are those that the lesson itself
does not run, or only in part.
"""

from collections.abc import Iterator
from typing import Any

import httpx2
import openai
import pytest
from openai.types.beta import Assistant, Thread
from support.recording import Recorder
from support.responding import MODEL, refused, respond
from support.scripted import Scripted
from support.talking import ask, plain, refusal, text_of

from mock_endpoint.server import Running

CAPITAL: Any = {"type": "object", "properties": {"capital": {"type": "string"}}, "required": ["capital"]}


@pytest.fixture
def successor(endpoint: Running, recorder: Recorder) -> Iterator[openai.OpenAI]:
    """`OpenAI` on `/openai/v1/`."""
    with plain(endpoint, recorder, "/openai/v1") as client:
        yield client


def test_m03_what_the_assistant_said(client: openai.AzureOpenAI, successor: openai.OpenAI, thread: Thread) -> None:
    """A message of either role is a text in the old call; in an item the parts of the two roles differ."""
    old = client.beta.threads.messages.create(thread.id, role="assistant", content="Welcome!")
    assert old.content[0].type == "text"
    conversation = successor.conversations.create()
    part: Any = {"type": "output_text", "text": "Welcome!", "annotations": []}
    said: Any = {"type": "message", "role": "assistant", "content": [part]}
    (item,) = successor.conversations.items.create(conversation.id, items=[said]).data
    assert item.type == "message"
    assert [each.type for each in item.content] == ["output_text"]
    wrong = {"role": "assistant", "content": [{"type": "input_text", "text": "Welcome!"}]}
    message = "Invalid value: 'input_text'. Supported values are: 'output_text' and 'refusal'."
    refused(successor, refusal(message, "input[0].content[0]", "invalid_value"), model=MODEL, input=[wrong])


def test_m10_a_file_of_one_message(
    client: openai.AzureOpenAI, successor: openai.OpenAI, raw: httpx2.Client, model: Scripted
) -> None:
    """An attachment for file search made a vector store for its thread; a part of the input makes none, and is read."""
    file = client.files.create(file=("plan.md", b"We meet at noon."), purpose="assistants")
    attachment: Any = {"file_id": file.id, "tools": [{"type": "file_search"}]}
    message: Any = {"role": "user", "content": "When do we meet?", "attachments": [attachment]}
    resources = client.beta.threads.create(messages=[message]).tool_resources
    assert resources is not None
    assert resources.file_search is not None
    (made,) = resources.file_search.vector_store_ids or []
    assert raw.get("vector_stores").json()["first_id"] == made
    parts = [{"type": "input_file", "file_id": file.id}, {"type": "input_text", "text": "When do we meet?"}]
    respond(successor, [{"role": "user", "content": parts}])
    assert "We meet at noon." in model.prompts[-1].turns[0].text
    assert raw.get("vector_stores").json()["first_id"] == made


def test_m13_a_form_for_the_answer(
    client: openai.AzureOpenAI, successor: openai.OpenAI, assistant: Assistant, model: Scripted
) -> None:
    """What `response_format` held in a box stands beside the type in `text.format`; the model sees the same."""
    form: Any = {"type": "json_schema", "json_schema": {"name": "answer", "schema": CAPITAL}}
    assert ask(client, assistant, "hello", response_format=form).status == "completed"
    before = model.prompts[-1].response_format
    assert before is not None
    flat: Any = {"type": "json_schema", "name": "answer", "schema": CAPITAL}
    respond(successor, "hello", text={"format": flat})
    after = model.prompts[-1].response_format
    assert after is not None
    assert after["json_schema"]["name"] == before["json_schema"]["name"] == "answer"
    assert after["json_schema"]["schema"]["required"] == before["json_schema"]["schema"]["required"]
    nested = {"format": {"type": "json_schema", "json_schema": form["json_schema"]}}
    message = "Missing required parameter: 'text.format.name'."
    expected = refusal(message, "text.format.name", "missing_required_parameter")
    refused(successor, expected, model=MODEL, input="x", text=nested)


def test_m15_less_of_a_long_conversation(
    client: openai.AzureOpenAI, successor: openai.OpenAI, assistant: Assistant, thread: Thread, model: Scripted
) -> None:
    """A run may read the last messages only. Nothing counts messages any more: what is old is cut off or compacted."""
    for text in ("one", "two", "three"):
        client.beta.threads.messages.create(thread.id, role="user", content=text)
    last: Any = {"type": "last_messages", "last_messages": 1}
    client.beta.threads.runs.create_and_poll(thread_id=thread.id, assistant_id=assistant.id, truncation_strategy=last)
    assert [turn.text for turn in model.prompts[-1].turns] == ["three"]

    said: Any = [{"role": "user", "content": text} for text in ("one", "two", "three")]
    response = respond(successor, said, truncation="auto")
    assert (response.truncation, len(model.prompts[-1].turns)) == ("auto", 3)
    refused(
        successor,
        refusal("Unknown parameter: 'truncation_strategy'.", "truncation_strategy", "unknown_parameter"),
        model=MODEL,
        input="x",
        truncation_strategy=last,
    )
    body = {"model": MODEL, "previous_response_id": response.id}
    packed: Any = successor.post("/responses/compact", body=body, cast_to=object)  # strict types know no user's message
    assert packed["output"][-1]["type"] == "compaction"
    assert respond(successor, [*packed["output"], {"role": "user", "content": "four"}]).output_text == "echo: four"


def test_m17_neither_version_nor_header(endpoint: Running, raw: httpx2.Client) -> None:
    """Old paths want a version, and an id of an assistant; the new one wants a key."""
    made = raw.post("assistants", json={"model": MODEL}, headers={"OpenAI-Beta": "assistants=v2"})
    assert (made.status_code, made.json()["object"]) == (200, "assistant")
    with httpx2.Client(base_url=endpoint.url, headers={"api-key": endpoint.key}) as bare:
        assert bare.post("/openai/assistants", json={"model": MODEL}).status_code == 404
        token = {"authorization": f"Bearer {endpoint.key}"}
        answer = bare.post("/openai/v1/responses", json={"model": MODEL, "input": "hello"}, headers=token)
    assert answer.json()["output"][0]["content"][0]["text"] == "echo: hello"


def test_m18_files_and_stores_stay(client: openai.AzureOpenAI, successor: openai.OpenAI, files: list[str]) -> None:
    """Made with one client, found by the other, with the same ids."""
    store = client.vector_stores.create(name="Guide", file_ids=files)
    assert successor.vector_stores.retrieve(store.id).id == store.id
    assert [successor.files.retrieve(each).id for each in files] == files
    made = successor.files.create(file=("c.txt", b"c"), purpose="assistants")
    assert client.files.retrieve(made.id).filename == "c.txt"
    assert successor.vector_stores.delete(store.id).deleted


def test_m19_notes_of_your_own(client: openai.AzureOpenAI, successor: openai.OpenAI, thread: Thread) -> None:
    """A message had metadata; an item has none, only the conversation and the response."""
    note = {"trip": "Nara"}
    old = client.beta.threads.messages.create(thread.id, role="user", content="hello", metadata=note)
    assert old.metadata == note
    conversation = successor.conversations.create(metadata=note)
    response = respond(successor, "hello", conversation=conversation.id, metadata=note)
    assert (conversation.metadata, response.metadata) == (note, note)
    items = [{"role": "user", "content": "hello", "metadata": note}]
    message = "Unknown parameter: 'input[0].metadata'."
    refused(successor, refusal(message, "input[0].metadata", "unknown_parameter"), model=MODEL, input=items)


def test_m20_from_classic_agents(endpoint: Running, recorder: Recorder, assistant: Assistant) -> None:
    """Classic agents are assistants under the path of a project; the client of the new ones talks below it."""
    with plain(endpoint, recorder, "/api/projects/demo", default_query={"api-version": "v1"}) as classic:
        run = ask(classic, assistant, "hello")
        assert text_of(classic, run) == "echo: hello"
    with plain(endpoint, recorder, "/api/projects/demo/openai/v1/") as new:
        conversation = new.conversations.create()
        assert respond(new, "hello", conversation=conversation.id).output_text == "echo: hello"
