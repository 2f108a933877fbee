"""`client.conversations`, its items, and responses in it (contract-successor §3). The recorder checks every member."""

import asyncio
from typing import Any

import httpx2
import openai
import pytest
from openai.types.conversations import ConversationItem, Message
from support.recording import Recorder
from support.responding import MODEL, WEATHER, functions_called, output_of, respond, respond_streamed
from support.scripted import Scripted
from support.talking import async_azure, azure, calling, error_of, plain, refusal

from mock_endpoint.server import Running
from mock_endpoint.state.store import Store

from .conftest import Starter
from .test_run_lives import until

LOCKED = refusal(
    "Another process is currently operating on this conversation. Please retry in a few seconds.",
    "conversation",
    "conversation_locked",
)


def said(text: str, role: str = "user") -> Any:  # noqa: ANN401
    """A message as an item."""
    return {"type": "message", "role": role, "content": text}


def words(items: list[ConversationItem]) -> list[str]:
    """What the messages among items say, and the types of the others."""
    return [getattr(item.content[0], "text", "") if isinstance(item, Message) else item.type for item in items]


@pytest.mark.parametrize("base", ["/openai/v1", "/v1"])
def test_a_conversations_life(endpoint: Running, recorder: Recorder, base: str) -> None:
    """Create, read, update, delete; metadata is replaced; once deleted it is unknown."""
    with plain(endpoint, recorder, base) as client:
        made = client.conversations.create(metadata={"a": "1"})
        assert recorder.responses[-1].json()["object"] == "conversation"
        assert client.conversations.retrieve(made.id) == made
        changed = client.conversations.update(made.id, metadata={"b": "2"})
        assert (changed.metadata, changed.created_at) == ({"b": "2"}, made.created_at)
        gone = client.conversations.delete(made.id)
        assert gone.to_dict() == {"id": made.id, "object": "conversation.deleted", "deleted": True}
        for call in (client.conversations.retrieve, client.conversations.delete, client.conversations.items.list):
            with pytest.raises(openai.NotFoundError) as caught:
                call(made.id)
            assert caught.value.body == refusal(f"Conversation with id '{made.id}' not found.")


def test_an_empty_body(raw: httpx2.Client) -> None:
    """Contract-successor §3: `{}` makes an empty conversation; there is no list of them."""
    made = raw.post("conversations", json={}).json()
    assert (made["metadata"], len(made["id"])) == ({}, 53)
    assert raw.get(f"conversations/{made['id']}/items").json() == {
        "object": "list",
        "data": [],
        "first_id": None,
        "last_id": None,
        "has_more": False,
    }


def test_items(client: openai.AzureOpenAI) -> None:
    """Contract-successor §1.2, §3: in the order sent, listed newest first, ids that end in the conversation's key."""
    conversation = client.conversations.create(items=[said("one")])
    added = client.conversations.items.create(
        conversation.id,
        items=[said("two", "assistant"), {"type": "function_call_output", "call_id": "call_X", "output": "3"}],
    )
    assert words(added.data) == ["two", "function_call_output"]
    assert words(client.conversations.items.list(conversation.id).data) == ["function_call_output", "two", "one"]
    oldest = client.conversations.items.list(conversation.id, order="asc", limit=1)
    assert words(list(oldest)) == ["one", "two", "function_call_output"]
    for item in added.data:
        assert item.to_dict()["id"][-16:] == conversation.id[-16:]  # pyrefly: ignore[bad-index]
        # pyrefly: ignore[bad-argument-type]
        assert client.conversations.items.retrieve(item.to_dict()["id"], conversation_id=conversation.id) == item
    first = oldest.data[0]
    assert isinstance(first, Message)
    left = client.conversations.items.delete(first.id, conversation_id=conversation.id)
    assert left == conversation, "the conversation comes back"
    for call in (client.conversations.items.retrieve, client.conversations.items.delete):
        with pytest.raises(openai.NotFoundError) as caught:
            call(first.id, conversation_id=conversation.id)
        assert caught.value.body == refusal(f"Item with id '{first.id}' not found in conversation.")


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (
            {"items": [{"content": "x"}]},
            refusal(
                "Invalid value: ''. Supported values are: 'assistant', 'system', 'developer', and 'user'.",
                "items[0]",
                "invalid_value",
            ),
        ),
        (
            {"items": [said("x")] * 21},
            refusal(
                "Invalid 'items': array too long. Expected an array with maximum length 20, but got an array with "
                "length 21 instead.",
                "items",
                "array_above_max_length",
            ),
        ),
    ],
)
def test_items_refused(raw: httpx2.Client, body: dict[str, Any], expected: dict[str, Any]) -> None:
    """Contract-successor §3; contract §10.3."""
    conversation = raw.post("conversations", json={}).json()["id"]
    for path in ("conversations", f"conversations/{conversation}/items"):
        assert error_of(raw.post(path, json=body)) == expected


def test_a_long_page(raw: httpx2.Client) -> None:
    """Contract-successor §3."""
    conversation = raw.post("conversations", json={}).json()["id"]
    message = "Invalid 'limit': integer above maximum value. Expected a value <= 100, but got 1000 instead."
    response = raw.get(f"conversations/{conversation}/items", params={"limit": 1000})
    assert error_of(response) == refusal(message, "limit", "integer_above_max_value")


def test_responses_in_a_conversation(client: openai.AzureOpenAI, model: Scripted) -> None:
    """Contract-successor §3: what is there is read, input and output are added, with the ids of the response."""
    conversation = client.conversations.create(items=[said("one")])
    first = respond(client, "two", conversation=conversation.id)
    # pyrefly: ignore[missing-attribute]
    second = respond_streamed(client, "three", conversation={"id": conversation.id})[-1].response
    assert [turn.text for turn in model.prompts[-1].turns] == ["one", "two", "echo: two", "three"]
    assert (first.conversation, second.conversation) == (first.conversation, first.conversation)
    assert first.conversation is not None
    assert first.conversation.id == conversation.id
    assert {each.id[5:21] for each in (first, second)} == {conversation.id[-16:]}
    items = client.conversations.items.list(conversation.id, order="asc").data
    assert words(items) == ["one", "two", "echo: two", "three", "echo: three"]
    assert items[2].to_dict() == first.output[0].to_dict()
    asked = client.responses.input_items.list(first.id).data
    assert [item.id for item in asked] == [items[1].to_dict()["id"]]


def test_a_function_in_a_conversation(client: openai.AzureOpenAI) -> None:
    """Contract-successor §3: the call and its output are items; the output's id begins with `fco_`."""
    conversation = client.conversations.create()
    first = respond(client, calling(("get_weather", {})), tools=[WEATHER], conversation=conversation.id)
    (call,) = functions_called(first)
    assert respond(client, [output_of(call, "warm")], conversation=conversation.id).output_text == "echo: warm"
    items = client.conversations.items.list(conversation.id, order="asc").data
    assert [item.type for item in items] == ["message", "function_call", "function_call_output", "message"]


def test_what_is_stored_is_the_input(client: openai.AzureOpenAI) -> None:
    """Contract-successor §3: `input` may be left out, with Azure's and OpenAI's classes alike."""
    conversation = client.conversations.create(items=[said("one")])
    response = client.responses.create(model=MODEL, conversation=conversation.id)
    assert response.output_text == "echo: one"


def test_one_at_a_time(starting: Starter, recorder: Recorder) -> None:
    """Contract-successor §3: two responses at once, or an item meanwhile: locked, until the first has ended."""
    with azure(starting(), recorder) as client, azure(starting(), recorder) as other:
        conversation = client.conversations.create()
        response = respond(client, "wait", conversation=conversation.id, background=True)
        for each in (client, other):
            with pytest.raises(openai.BadRequestError) as caught:
                respond(each, "x", conversation=conversation.id)
            assert caught.value.body == LOCKED
        with pytest.raises(openai.BadRequestError) as caught:
            client.conversations.items.create(conversation.id, items=[said("x")])
        assert caught.value.body == LOCKED
        client.responses.cancel(response.id)
        assert respond(other, "x", conversation=conversation.id).status == "completed"
        assert words(client.conversations.items.list(conversation.id, order="asc").data) == ["x", "echo: x"]


def test_responses_at_the_same_moment(starting: Starter, recorder: Recorder) -> None:
    """Of many that come at once one is made, and the conversation holds that one whole."""
    endpoint = starting(pace=0.2)

    async def ask() -> list[str]:
        async with async_azure(endpoint, recorder) as client:
            conversation = await client.conversations.create()

            async def one(number: int) -> str:
                try:
                    response = await client.responses.create(
                        model=MODEL, input=str(number), conversation=conversation.id
                    )
                except openai.BadRequestError as error:
                    return "" if error.body == LOCKED else str(error)
                return response.output_text

            answers = await asyncio.gather(*map(one, range(6)))
            items = await client.conversations.items.list(conversation.id, order="asc")
            assert words(items.data)[1:] == [answer for answer in answers if answer]
            return answers

    assert len([answer for answer in asyncio.run(ask()) if answer]) == 1


def test_a_dead_process_does_not_lock(starting: Starter, recorder: Recorder) -> None:
    """What it was making has failed, also what was not to be stored."""
    first = starting()
    with azure(first, recorder) as client:
        conversations = [client.conversations.create().id for _ in range(2)]
        streams = [
            client.responses.create(model=MODEL, input="wait", conversation=each, stream=True, store=store)
            for each, store in zip(conversations, (True, False), strict=True)
        ]
        for stream in streams:
            until(lambda stream=stream: next(iter(stream)).type == "response.output_text.delta")
        for stream in streams:
            stream.close()
    first.stop()
    with azure(starting(), recorder) as client:
        for each in conversations:
            assert respond(client, "x", conversation=each).status == "completed"


def test_not_stored_in_a_conversation(client: openai.AzureOpenAI, stored: Store) -> None:
    """The conversation is the caller's wish, the response is not kept."""
    conversation = client.conversations.create()
    response = respond(client, "one", conversation=conversation.id, store=False)
    with pytest.raises(openai.NotFoundError):
        client.responses.retrieve(response.id)
    assert words(client.conversations.items.list(conversation.id, order="asc").data) == ["one", "echo: one"]
    assert stored.db.execute("SELECT count(*) FROM objects WHERE id = ?", (response.id,)).fetchone()[0] == 0


def test_a_response_that_is_not_stored_locks_its_conversation(starting: Starter, recorder: Recorder) -> None:
    """As long as it is made, as any other."""
    with azure(starting(pace=0.2), recorder) as client:
        conversation = client.conversations.create().id
        options: Any = {"model": MODEL, "conversation": conversation, "store": False}
        events = iter(client.responses.create(input="many 20", stream=True, **options))
        first: Any = next(events)
        with pytest.raises(openai.NotFoundError):
            client.responses.retrieve(first.response.id)
        with pytest.raises(openai.BadRequestError) as caught:
            respond(client, "x", conversation=conversation)
        assert caught.value.body == LOCKED
        assert [event.type for event in events][-1] == "response.completed"
        assert respond(client, "x", conversation=conversation).status == "completed"


def test_a_failed_response_adds_nothing(client: openai.AzureOpenAI) -> None:
    """Contract §10.2: items are added once a response is complete."""
    conversation = client.conversations.create()
    assert respond(client, "stumble", conversation=conversation.id).status == "failed"
    assert client.conversations.items.list(conversation.id).data == []


def test_deleted_items_are_not_read(client: openai.AzureOpenAI, model: Scripted) -> None:
    """And a deleted response leaves what it added; an item with the id of a deleted one gets another."""
    conversation = client.conversations.create(items=[said("secret"), said("plain")])
    _, secret = client.conversations.items.list(conversation.id).data
    assert isinstance(secret, Message)
    client.conversations.items.delete(secret.id, conversation_id=conversation.id)
    response = respond(client, "one", conversation=conversation.id)
    client.responses.delete(response.id)
    respond(client, [said("two") | {"id": secret.id}], conversation=conversation.id)
    assert [turn.text for turn in model.prompts[-1].turns] == ["plain", "one", "echo: one", "two"]
    ids = [item.to_dict()["id"] for item in client.conversations.items.list(conversation.id).data]
    assert secret.id not in ids


def test_going_on_from_a_response_in_a_conversation(client: openai.AzureOpenAI, model: Scripted) -> None:
    """It brings what the conversation held then, not what came later; the conversation does not grow."""
    conversation = client.conversations.create(items=[said("one")])
    response = respond(client, "two", conversation=conversation.id)
    respond(client, "later", conversation=conversation.id)
    respond(client, "three", previous_response_id=response.id)
    assert [turn.text for turn in model.prompts[-1].turns] == ["one", "two", "echo: two", "three"]
    assert len(client.conversations.items.list(conversation.id).data) == 5


def test_items_outlive_their_conversation(client: openai.AzureOpenAI, model: Scripted) -> None:
    """Contract §10.3: deleting a conversation does not delete its items."""
    conversation = client.conversations.create(items=[said("one")])
    (item,) = client.conversations.items.list(conversation.id).data
    client.conversations.delete(conversation.id)
    respond(client, [{"type": "item_reference", "id": item.to_dict()["id"]}, said("two")])
    assert [turn.text for turn in model.prompts[-1].turns] == ["one", "two"]


def test_the_same_words_through_a_thread(client: openai.AzureOpenAI) -> None:
    """One engine: what is said in a thread and what is said in a conversation is answered alike."""
    assistant = client.beta.assistants.create(model=MODEL, instructions="Answer.")
    thread, conversation = client.beta.threads.create(), client.conversations.create()
    for text in ("one", "two", calling(("get_weather", {}))):
        client.beta.threads.messages.create(thread.id, role="user", content=text)
        run = client.beta.threads.runs.create_and_poll(thread_id=thread.id, assistant_id=assistant.id)
        response = respond(client, text, conversation=conversation.id, instructions="Answer.")
        if run.required_action:
            calls = run.required_action.submit_tool_outputs.tool_calls
            client.beta.threads.runs.submit_tool_outputs_and_poll(
                run_id=run.id,
                thread_id=thread.id,
                tool_outputs=[{"tool_call_id": call.id, "output": "warm"} for call in calls],
            )
            given: Any = [output_of(call, "warm") for call in functions_called(response)]
            respond(client, given, conversation=conversation.id, instructions="Answer.")
    # pyrefly: ignore[missing-attribute]
    told = [message.content[0].text.value for message in client.beta.threads.messages.list(thread.id, order="asc")]
    items = client.conversations.items.list(conversation.id, order="asc").data
    assert words([item for item in items if item.type == "message"]) == told
