"""`client.responses`: create, go on, retrieve, delete, count (contract-successor §1). The recorder checks all."""

import asyncio
from typing import Any

import httpx2
import openai
import pytest
from openai.types.responses import ResponseInputMessageItem
from support.recording import Recorder
from support.responding import MODEL, WEATHER, functions_called, output_of, respond
from support.scripted import Scripted
from support.talking import async_azure, azure, calling, plain, refusal

from mock_endpoint.models.base import Image
from mock_endpoint.server import Running
from mock_endpoint.state.store import Store

from .conftest import Starter


@pytest.mark.parametrize("base", ["/openai/v1", "/v1"])
def test_an_answer(endpoint: Running, recorder: Recorder, base: str) -> None:
    """Contract-successor §1.1: every member of the newest form, with what it holds where nothing is said."""
    with plain(endpoint, recorder, base) as client:
        response = respond(client, "hello")
    assert (response.output_text, response.status) == ("echo: hello", "completed")
    body: dict[str, Any] = recorder.responses[-1].json()
    assert isinstance(body["completed_at"], int)
    assert list(body)[:4] == ["id", "object", "created_at", "status"]
    assert list(body)[-3:] == ["usage", "user", "metadata"]
    assert body["text"] == {"format": {"type": "text"}, "verbosity": "medium"}
    assert body["reasoning"] == {"context": None, "effort": None, "summary": None}
    assert body["usage"]["total_tokens"] == body["usage"]["input_tokens"] + body["usage"]["output_tokens"]
    assert (body["store"], body["truncation"], body["tool_choice"], body["tools"]) == (True, "disabled", "auto", [])
    expected = {"/v1": ("gpt-4o-2024-08-06", {"payer": "developer"}), "/openai/v1": ("gpt-4o", None)}
    assert (body["model"], body.get("billing")) == expected[base], "OpenAI names the dated model, Azure the deployment"


def test_azure_clients(endpoint: Running, recorder: Recorder) -> None:
    """`AzureOpenAI`, its async twin and its deployment-scoped form reach the same operation on the dated paths."""
    version = {"api_version": "2025-04-01-preview"}
    with azure(endpoint, recorder, **version) as client:
        assert respond(client, "one").output_text == "echo: one"
    with azure(endpoint, recorder, azure_deployment=MODEL, **version) as client:
        assert respond(client, "two").output_text == "echo: two"

    async def ask() -> str:
        async with async_azure(endpoint, recorder, **version) as client:
            response = await client.responses.create(model=MODEL, input="three")
            kept = await client.responses.retrieve(response.id)
            return kept.output_text

    assert asyncio.run(ask()) == "echo: three"
    assert recorder.requests[-1].url.path.startswith("/openai/responses/resp_")


def test_what_was_asked_is_shown(client: openai.AzureOpenAI) -> None:
    """Contract-successor §1.1: a response repeats its request; an instruction is repeated where it is a text."""
    asked: dict[str, Any] = {
        "instructions": "Be brief.",
        "metadata": {"lesson": "12"},
        "max_output_tokens": 500,
        "max_tool_calls": 3,
        "parallel_tool_calls": False,
        "temperature": 0.5,
        "top_p": 0.25,
        "truncation": "auto",
        "user": "aiko",
        "prompt_cache_key": "k",
        "service_tier": "flex",
        "tool_choice": {"type": "function", "name": "get_weather"},
    }
    response = respond(client, "mute", tools=[WEATHER], **asked)
    shown = response.to_dict()
    assert {name: shown[name] for name in asked} == asked
    kept = client.responses.retrieve(response.id)
    assert kept.to_dict() == shown


def test_message_items(client: openai.AzureOpenAI, model: Scripted) -> None:
    """Input as messages of all four roles, in text and in parts; what leads is read as instructions."""
    items: Any = [
        {"role": "developer", "content": "Be brief."},
        {"type": "message", "role": "system", "content": [{"type": "input_text", "text": "Be kind."}]},
        {"role": "user", "content": "first"},
        {"role": "assistant", "content": [{"type": "output_text", "text": "second", "annotations": []}]},
        {
            "role": "user",
            "content": [
                {"type": "input_text", "text": "third"},
                {"type": "input_image", "image_url": "data:image/png;base64,AAAA", "detail": "low"},
                {"type": "input_file", "filename": "notes.txt", "file_data": "data:text/plain;base64,YQ=="},
            ],
        },
    ]
    response = respond(client, items, instructions="Be good.")
    prompt = model.prompts[-1]
    assert prompt.instructions == "Be good.\nBe brief.\nBe kind."
    assert [(turn.role, turn.text, turn.images) for turn in prompt.turns] == [
        ("user", "first", ()),
        ("assistant", "second", ()),
        ("user", "third\n[file notes.txt]\na", (Image("data:image/png;base64,AAAA", "low"),)),
    ]
    listed = client.responses.input_items.list(response.id, order="asc").data
    assert [item.type for item in listed] == ["message"] * 5


def test_input_items(client: openai.AzureOpenAI) -> None:
    """Contract-successor §1.6: the request's own items, newest first, a text as one part; ids that share the key."""
    first = respond(client, "one")
    second = respond(
        client,
        [{"role": "user", "content": "two"}, {"role": "user", "content": "three"}],
        previous_response_id=first.id,
    )
    page = client.responses.input_items.list(second.id, limit=1)
    texts = []
    for item in page:
        assert isinstance(item, ResponseInputMessageItem)
        assert item.content[0].type == "input_text"
        assert item.id[4:22] == second.id[5:23]
        texts.append(item.content[0].text)
    assert texts == ["three", "two"]
    (item,) = client.responses.input_items.list(first.id).data
    assert client.responses.input_items.list(first.id, after=item.id).data == []


def test_a_chain(client: openai.AzureOpenAI, model: Scripted) -> None:
    """Contract-successor §1.2: each goes on from all before it, but for their instructions; all share a key."""
    one = respond(client, "one", instructions="Be brief.")
    two = respond(client, "two", previous_response_id=one.id)
    three = respond(client, "three", previous_response_id=two.id)
    prompt = model.prompts[-1]
    assert prompt.instructions == ""
    assert [turn.text for turn in prompt.turns] == ["one", "echo: one", "two", "echo: two", "three"]
    assert {each.id[5:21] for each in (one, two, three)} == {one.id[5:21]}
    assert [each.id[21:23] for each in (one, two, three)] == ["00", "01", "01"]
    assert [len(each.id) for each in (one, two, three)] == [55] * 3


def test_a_fork(client: openai.AzureOpenAI, model: Scripted) -> None:
    """Two responses may go on from the same one; neither sees the other."""
    one = respond(client, "one")
    respond(client, "two", previous_response_id=one.id)
    respond(client, "other", previous_response_id=one.id)
    assert [turn.text for turn in model.prompts[-1].turns] == ["one", "echo: one", "other"]


def test_a_stored_response_needs_no_input_to_go_on(client: openai.AzureOpenAI, model: Scripted) -> None:
    """Contract-successor §3: what is stored is the input."""
    one = respond(client, "one")
    client.responses.create(model=MODEL, previous_response_id=one.id)
    assert [turn.text for turn in model.prompts[-1].turns] == ["one", "echo: one"]


def test_delete(client: openai.AzureOpenAI, raw: httpx2.Client, stored: Store) -> None:
    """Contract-successor §1.6: it is gone with all it was asked, and no chain goes on from it or past it."""
    one = respond(client, "one")
    two = respond(client, "two", previous_response_id=one.id)
    assert raw.delete(f"responses/{one.id}").json() == {"id": one.id, "object": "response", "deleted": True}
    with pytest.raises(openai.NotFoundError) as caught:
        client.responses.retrieve(one.id)
    assert caught.value.body == refusal(f"Response with id '{one.id}' not found.")
    for previous in (one, two):
        with pytest.raises(openai.BadRequestError) as refused:
            respond(client, "three", previous_response_id=previous.id)
        message = f"Previous response with id '{one.id}' not found."
        assert refused.value.body == refusal(message, "previous_response_id", "previous_response_not_found")
    left = stored.db.execute("SELECT count(*) FROM objects WHERE id = ? OR parent = ?", (one.id, one.id)).fetchone()
    assert left[0] == 0


def test_nothing_remains_of_what_is_not_stored(client: openai.AzureOpenAI, stored: Store) -> None:
    """Contract-successor §1.6: `store: false` leaves no row, and cannot be gone on from or referred to."""

    def rows() -> int:
        number: int = stored.db.execute("SELECT count(*) FROM objects").fetchone()[0]
        return number

    before = rows()
    response = respond(client, "secret", store=False)
    assert (response.output_text, response.to_dict()["store"]) == ("echo: secret", False)
    assert rows() == before
    for options in ({"previous_response_id": response.id}, {"input": [{"id": response.output[0].id}]}):
        with pytest.raises(openai.APIStatusError):
            respond(client, "again", **{"input": "again"} | options)
    with pytest.raises(openai.NotFoundError):
        client.responses.retrieve(response.id)


def test_outputs_played_back(client: openai.AzureOpenAI, model: Scripted) -> None:
    """Contract-successor §7: who keeps the state himself sends output items back as they came, with id and status."""
    first = respond(client, calling(("f", {"a": 1}), how="first"), store=False)
    (call,) = functions_called(first)
    played = [item.to_dict() for item in first.output]
    items = [{"role": "user", "content": "again"}, *played, output_of(call, "42")]
    second = respond(client, items, store=False)
    assert second.output_text == "echo: 42"
    said, called = model.prompts[-1].turns[1:]
    assert (said.text, called.calls[0].output) == ("Let me see.", "42")


def test_references(client: openai.AzureOpenAI, model: Scripted) -> None:
    """Contract-successor §7: an item that is stored can be named by its id, with and without its type."""
    first = respond(client, "one")
    (asked,) = client.responses.input_items.list(first.id).data
    assert asked.id is not None
    items = [{"type": "item_reference", "id": asked.id}, {"id": first.output[0].id}, {"role": "user", "content": "two"}]
    respond(client, items)
    assert [turn.text for turn in model.prompts[-1].turns] == ["one", "echo: one", "two"]


def test_input_tokens(client: openai.AzureOpenAI) -> None:
    """Contract-successor §1.6: the tokens that a response with this input reports."""
    first = respond(client, "one")
    asked: dict[str, Any] = {"input": "two two", "instructions": "Be brief.", "tools": [WEATHER]}
    counted = client.responses.input_tokens.count(model=MODEL, previous_response_id=first.id, **asked)
    response = respond(client, asked.pop("input"), previous_response_id=first.id, **asked)
    assert response.usage is not None
    assert counted.to_dict() == {"object": "response.input_tokens", "input_tokens": response.usage.input_tokens}


def test_cut(client: openai.AzureOpenAI) -> None:
    """Contract-successor §1.5: what `max_output_tokens` cuts is incomplete, the response and its last item."""
    response = respond(client, "many 100", max_output_tokens=16)
    assert response.status == "incomplete"
    assert response.incomplete_details is not None
    assert (response.incomplete_details.reason, response.error) == ("max_output_tokens", None)
    (item,) = response.output
    assert item.type == "message"
    assert item.status == "incomplete"


@pytest.mark.parametrize("code", ["server_error", "rate_limit_exceeded", "invalid_prompt"])
def test_failed(client: openai.AzureOpenAI, code: str) -> None:
    """A model that cannot answer fails the response; what it said stays."""
    response = respond(client, f"fail {code} No answer.")
    assert response.status == "failed"
    assert response.error is not None
    assert (response.error.code, response.error.message) == (code, "No answer.")
    assert respond(client, "stumble").output[0].to_dict()["status"] == "incomplete"
    assert respond(client, "break").status == "failed"


def test_an_empty_answer_is_a_message(client: openai.AzureOpenAI) -> None:
    """Programs read `output[0]`."""
    (item,) = respond(client, "mute").output
    assert item.type == "message"
    assert item.to_dict()["content"] == [{"type": "output_text", "annotations": [], "logprobs": [], "text": ""}]


def test_formats(client: openai.AzureOpenAI, model: Scripted) -> None:
    """Contract-successor §1.1: a schema is shown with all its members, and reaches the model."""
    schema = {
        "type": "object",
        "properties": {"a": {"type": "string"}},
        "required": ["a"],
        "additionalProperties": False,
    }
    text: Any = {"format": {"type": "json_schema", "name": "answer", "schema": schema, "strict": True}}
    response = respond(client, "hello", text=text)
    shown = {"type": "json_schema", "description": None, "name": "answer", "schema": schema, "strict": True}
    assert response.to_dict()["text"] == {"format": shown, "verbosity": "medium"}
    wanted = {"name": "answer", "schema": schema, "strict": True}
    assert model.prompts[-1].response_format == {"type": "json_schema", "json_schema": wanted}
    respond(client, "hello", text={"format": {"type": "json_object"}})
    assert model.prompts[-1].response_format == {"type": "json_object"}


def test_another_process_sees_it(
    endpoint: Running, recorder: Recorder, starting: Starter, client: openai.AzureOpenAI
) -> None:
    """Responses are in the state file, as all objects are."""
    response = respond(client, "hello")
    assert endpoint.key_file is not None
    other = starting(state=endpoint.key_file.with_suffix(""))
    with azure(other, recorder) as there:
        assert there.responses.retrieve(response.id) == response
        assert respond(there, "on", previous_response_id=response.id).output_text == "echo: on"


def test_items_on_an_old_api_version(client: openai.AzureOpenAI, raw: httpx2.Client) -> None:
    """The old shape of Assistants has no part in them."""
    conversation = client.conversations.create(items=[{"role": "user", "content": "one"}])
    response = respond(client, "two", conversation=conversation.id)
    for path in (f"responses/{response.id}/input_items", f"conversations/{conversation.id}/items"):
        old, new = (raw.get(path, params={"api-version": f"2024-0{month}-preview"}) for month in ("2-15", "5-01"))
        assert old.json() == new.json()
