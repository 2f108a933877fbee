"""File search in responses with the offline model: it answers from the files, as in a thread."""

import re
from collections.abc import Iterator
from typing import Any

import openai
import pytest
from openai.types.responses import Response
from support.recording import Recorder
from support.responding import functions_called, output_of, respond, respond_streamed
from support.talking import azure

from mock_endpoint.models.offline import OfflineModel

from .conftest import Starter
from .test_file_search import searcher, store_id
from .test_response_search import cited, search_of, searching, text_in

__all__ = ["store_id"]


@pytest.fixture
def client(starting: Starter, recorder: Recorder) -> Iterator[openai.AzureOpenAI]:
    """A client of an endpoint where it answers."""
    with azure(starting(model=OfflineModel()), recorder) as client:
        yield client


@pytest.mark.parametrize(
    ("question", "answer", "name"),
    [
        ("Does the gate close?", "The gate is red and never closes.", "gate.md"),
        ("大仏の高さは?", "大仏の高さは約15メートルです。", "大仏.md"),
    ],
)
def test_citations(client: openai.AzureOpenAI, store_id: str, question: str, answer: str, name: str) -> None:
    """Contract-successor §1.3, §2: no mark in the text; the citation stands before the full stop, and in a stream
    is told before the full stop is."""
    tools = [searching(store_id)]
    for response in (respond(client, question, tools=tools), streamed(client, question, tools)):
        text = text_in(response)
        assert text.text == answer
        # pyrefly: ignore[missing-attribute]
        ((file_id, place),) = [(each.file_id, each.index) for each in text.annotations]
        assert (client.files.retrieve(file_id).filename, place) == (name, len(answer) - 1)


def streamed(client: openai.AzureOpenAI, question: str, tools: Any) -> Response:  # noqa: ANN401
    """The same by a stream, whose last deltas stand around the citation."""
    events: Any = respond_streamed(client, question, tools=tools)
    deltas = [event for event in events if event.type.startswith("response.output_text.") and "done" not in event.type]
    assert [event.type.rpartition("_text.")[2] for event in deltas[-3:]] == ["delta", "annotation.added", "delta"]
    assert deltas[-1].delta in (".", "。")
    response: Response = events[-1].response
    return response


def test_in_a_chain_and_in_a_conversation(client: openai.AzureOpenAI, store_id: str) -> None:
    """Each question is searched for anew; what the files do not say is not cited."""
    conversation = client.conversations.create().id
    for by_chain in (True, False):
        before = ""
        for question, names in (
            ("Does the gate close?", ["gate.md"]),
            ("大仏の高さは?", ["大仏.md"]),
            ("Who won the cup?", []),
        ):
            link = (
                {"conversation": conversation} if not by_chain else {"previous_response_id": before} if before else {}
            )
            response = respond(client, question, tools=[searching(store_id)], **link)
            assert (len(search_of(response).queries), cited(response)) == (1, names)
            before = response.id


def test_the_same_words_through_a_thread(client: openai.AzureOpenAI, store_id: str) -> None:
    """One engine: the same conversation, with a function and a search, leaves the same words and the same calls
    whether a thread or a conversation holds it; only the marks of a thread are places here."""
    schema: Any = {"name": "get_weather", "description": "The weather of a city.", "strict": False}
    schema["parameters"] = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}
    questions = (
        "Hello!",
        "Does the gate close?",
        "大仏の高さは?",
        "What is the weather in Kyoto?",
        "What is 6 times 7?",
    )
    assistant = searcher(client, store_id, tools=[{"type": "file_search"}, {"type": "function", "function": schema}])
    thread, conversation = client.beta.threads.create(), client.conversations.create()
    tools = [searching(store_id), {"type": "function", **schema}]
    called: tuple[list[str], list[str]] = ([], [])
    for question in questions:
        client.beta.threads.messages.create(thread.id, role="user", content=question)
        run = client.beta.threads.runs.create_and_poll(thread_id=thread.id, assistant_id=assistant.id)
        link: Any = {"conversation": conversation.id, "tools": tools, "instructions": "Answer."}
        response = respond(client, question, **link)
        if run.required_action:
            calls = run.required_action.submit_tool_outputs.tool_calls
            called[0].extend(f"{call.function.name}{call.function.arguments}" for call in calls)
            outputs: Any = [{"tool_call_id": call.id, "output": '{"sky": "rain"}'} for call in calls]
            client.beta.threads.runs.submit_tool_outputs_and_poll(
                run_id=run.id, thread_id=thread.id, tool_outputs=outputs
            )
        if calls_here := functions_called(response):
            called[1].extend(f"{call.name}{call.arguments}" for call in calls_here)
            given: Any = [output_of(call, '{"sky": "rain"}') for call in calls_here]
            respond(client, given, **link)
    assert called[0] == called[1] == ['get_weather{"city": "Kyoto"}']
    messages: Any = client.beta.threads.messages.list(thread.id, order="asc").data
    told = [re.sub("【.*?】", "", message.content[0].text.value) for message in messages]
    items: Any = client.conversations.items.list(conversation.id, order="asc", limit=100).data
    assert [item.content[0].text for item in items if item.type == "message"] == told
    assert len(told) == 2 * len(questions)
    assert [item.type for item in items if item.type != "message"] == [
        "file_search_call",
        "file_search_call",
        "function_call",
        "function_call_output",
    ]


def test_cut_at_any_event(client: openai.AzureOpenAI, store_id: str) -> None:
    """Contract-successor §1.5: left behind any of its events and taken up again, a stream tells every event once."""
    options: Any = {"tools": [searching(store_id)], "background": True, "include": ["file_search_call.results"]}
    whole = respond_streamed(client, "Does the gate close?", **options)
    for cut in range(1, len(whole)):
        stream = client.responses.create(model="gpt-4o", input="Does the gate close?", stream=True, **options)
        seen = [event for event, _ in zip(stream, range(cut), strict=False)]
        stream.close()
        response_id = seen[0].response.id
        rest = client.responses.retrieve(response_id, stream=True, starting_after=cut - 1)
        assert [event.type for event in (*seen, *rest)] == [event.type for event in whole]
