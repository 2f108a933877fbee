"""The conversation behind the chat box: streams, polling, functions, and the words for every end of a run."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import contextmanager
from typing import Any

import httpx2
import openai
import pytest
from openai.types.beta.threads import Run
from support.scripted import Scripted
from support.talking import served

from helpers import ChatBox, KitError
from helpers.chat.conversation import Conversation
from helpers.chat.events import Call, Dropped, Said, Text
from helpers.chat.talk import ROUNDS
from mock_endpoint.models.base import CallDelta, Event, Finished, Prompt, TextDelta
from mock_endpoint.server import Options, start

RUN = {
    "id": "run_1",
    "object": "thread.run",
    "thread_id": "thread_1",
    "assistant_id": "asst_1",
    "created_at": 1,
    "model": "m",
    "instructions": "",
    "tools": [],
}
CALL = {"id": "call_1", "type": "function", "function": {"name": "get_weather", "arguments": "{}"}}
DELTA = {
    "id": "msg_1",
    "object": "thread.message.delta",
    "delta": {"content": [{"index": 0, "type": "text", "text": {"value": "Once upon", "annotations": []}}]},
}
ENDS: dict[str, tuple[dict[str, Any], str]] = {
    "failed": ({"last_error": {"code": "server_error", "message": "Sorry, something went wrong."}}, "Sorry, something"),
    "expired": ({}, "expired"),
    "cancelled": ({}, "cancelled"),
    "incomplete": ({"incomplete_details": {"reason": "max_completion_tokens"}}, "max_completion_tokens"),
    "requires_action": (
        {"required_action": {"type": "submit_tool_outputs", "submit_tool_outputs": {"tool_calls": [CALL]}}},
        "get_weather",
    ),
}
"""Status → what else the run carries, and a word that its bubble must hold."""


def client_of(answer: Callable[[httpx2.Request], httpx2.Response]) -> openai.OpenAI:
    """A client of a service that answers so."""
    http = openai.DefaultHttpxClient(transport=httpx2.MockTransport(answer))
    return openai.OpenAI(api_key="none", base_url="http://service.test/v1", max_retries=0, http_client=http)


def canned(answer: Callable[[httpx2.Request], dict[str, Any] | int]) -> openai.OpenAI:
    """A client of a service that answers with this body, or with this status and a sentence of its own."""

    def respond(request: httpx2.Request) -> httpx2.Response:
        body = answer(request)
        if isinstance(body, int):
            return httpx2.Response(body, json={"error": {"message": "the key sk-12345678 is bad", "code": None}})
        return httpx2.Response(200, json=body, headers={"openai-poll-after-ms": "1"})

    return client_of(respond)


def streamed(events: list[tuple[str, Any]], *, breaks: bool = False) -> httpx2.Response:
    """A stream of these events, which may break off."""

    def pieces() -> Iterator[bytes]:
        for name, data in events:
            yield f"event: {name}\ndata: {json.dumps(data)}\n\n".encode()
        if breaks:
            raise httpx2.RemoteProtocolError("the peer closed the connection")

    return httpx2.Response(200, content=pieces(), headers={"content-type": "text/event-stream"})


@contextmanager
def noting(client: openai.AzureOpenAI, sent: list[dict[str, Any]]) -> Iterator[openai.AzureOpenAI]:
    """A client of the same service, which writes down the bodies that it posts."""

    def note(request: httpx2.Request) -> None:
        if request.method == "POST":
            sent.append(json.loads(request.content or b"{}"))

    with openai.DefaultHttpxClient(event_hooks={"request": [note]}) as http:
        yield client.with_options(http_client=http)


def ending_as(status: str, text: str = "") -> tuple[openai.OpenAI, list[str]]:
    """A client of a service whose runs all end like this, having written `text`; and the paths it was asked for."""
    asked: list[str] = []
    content = [{"type": "text", "text": {"value": text, "annotations": []}}]
    message = {"id": "msg_2", "object": "thread.message", "role": "assistant", "run_id": "run_1", "content": content}

    def answer(request: httpx2.Request) -> dict[str, Any]:
        asked.append(f"{request.method} {request.url.path.removeprefix('/v1')}")
        if "/runs" in request.url.path:
            return RUN | {"status": status} | ENDS[status][0]
        if request.method == "GET":
            return {"object": "list", "data": [message] if text else [], "has_more": False}
        return {"id": "thread_1", "object": "thread"}

    return canned(answer), asked


TOOL: Any = {"type": "function", "function": {"name": "get_weather"}}


@pytest.fixture
def client() -> Iterator[openai.AzureOpenAI]:
    """A client of an endpoint that does what it is told, at once."""
    with served(model=Scripted()) as made:
        yield made.with_options(max_retries=0)


def tabi(client: openai.AzureOpenAI) -> str:
    """A new assistant that may ask for a function."""
    return client.beta.assistants.create(model="gpt-4o", tools=[TOOL]).id


def kinds(box: ChatBox) -> list[str]:
    """The kinds of the bubbles, in their order."""
    return [bubble.kind for bubble in box.bubbles]


def get_weather(city: str) -> dict[str, object]:
    """The learner's function."""
    if city == "Atlantis":
        raise LookupError("nobody has found Atlantis")
    return {"city": city, "celsius": 18}


def test_a_stream_is_told_as_it_comes(client: openai.AzureOpenAI) -> None:
    """Pieces first, then the whole."""
    *pieces, whole = Conversation(client, tabi(client)).ask("one two")
    assert all(isinstance(piece, Text) for piece in pieces)
    assert len(pieces) > 1
    assert whole == Said("echo: one two") == Said("".join(piece.text for piece in pieces if isinstance(piece, Text)))


@pytest.mark.parametrize("given", [[get_weather], {"get_weather": get_weather}], ids=["list", "dict"])
@pytest.mark.parametrize("version", ["2024-02-15-preview", "2024-05-01-preview"])
def test_functions_are_called(client: openai.AzureOpenAI, given: Any, version: str) -> None:  # noqa: ANN401
    """With and without streaming: each call is told before and after, and the model reads what came back."""
    client = client.with_options(api_version=version)
    conversation = Conversation(client, tabi(client), functions=given)
    events = list(conversation.ask('call [["get_weather", {"city": "Kyoto"}]]'))
    before, after = (event for event in events if isinstance(event, Call))
    assert (before.name, before.arguments, before.output) == ("get_weather", '{"city": "Kyoto"}', None)
    assert after == before.with_output('{"city": "Kyoto", "celsius": 18}')
    assert events[-1] == Said('echo: {"city": "Kyoto", "celsius": 18}')


@pytest.mark.parametrize("way", ["ask", "page"])
def test_an_async_function_is_awaited(client: openai.AzureOpenAI, way: str) -> None:
    """In a cell, whose thread has an event loop that runs, and on the worker; an error of it is the output."""

    async def get_weather(city: str) -> str:
        await asyncio.sleep(0)
        if city == "Atlantis":
            raise LookupError("nobody has found Atlantis")
        return f"sunny in {city}"

    async def in_a_cell(question: str) -> None:
        box.ask(question)

    box = ChatBox(client, tabi(client), functions=[get_weather])
    question = 'call [["get_weather", {"city": "Kyoto"}], ["get_weather", {"city": "Atlantis"}]]'
    if way == "ask":
        asyncio.run(in_a_cell(question))
    else:
        box.widget._handle_custom_msg({"type": "send", "text": question, "id": "1"}, [])
        assert box._worker is not None
        box._worker.join(20)
    outputs = [bubble.call.output for bubble in box.bubbles if bubble.call]
    assert outputs == ["sunny in Kyoto", "LookupError: nobody has found Atlantis"]
    box.close()


WRONG = {
    "raises": ("get_weather", {"city": "Atlantis"}, "LookupError: nobody has found Atlantis"),
    "missing": ("get_wether", {"city": "Kyoto"}, "no function get_wether is known here; known: get_weather"),
    "arguments": ("get_weather", {"town": "Kyoto"}, "TypeError: get_weather() got an unexpected keyword"),
    "no object": ("get_weather", ["Kyoto"], "the arguments are no JSON object"),
}


@pytest.mark.parametrize("name", WRONG)
def test_what_goes_wrong_becomes_the_output(client: openai.AzureOpenAI, name: str) -> None:
    """The model hears of it, and so does the person; the run goes on."""
    function, arguments, output = WRONG[name]
    box = ChatBox(client, tabi(client), functions=[get_weather])
    assert output in box.ask(f"call {json.dumps([[function, arguments]])}")
    assert kinds(box) == ["question", "call", "answer"]
    assert output in box.bubbles[1].text
    assert box.widget.turns[1]["call"]["failed"]
    box.close()


async def never_enough(_: Scripted, prompt: Prompt) -> AsyncIterator[Event]:
    """A model that asks for one city after the other, as many as it was told."""
    asked, done = prompt.turns[0].text, sum(len(turn.calls) for turn in prompt.turns)
    if done == int(asked):
        yield TextDelta(f"seen {done}")
        yield Finished("stop", 1, 1)
        return
    yield CallDelta(0, name="get_weather")
    yield CallDelta(0, arguments=json.dumps({"city": f"city {done}"}))
    yield Finished("tool_calls", 1, 1)


def test_a_model_that_never_gets_enough_is_stopped(client: openai.AzureOpenAI, monkeypatch: pytest.MonkeyPatch) -> None:
    """As many rounds as are allowed pass; one more, and the run is cancelled."""
    monkeypatch.setattr(Scripted, "answer", never_enough)
    patient = ChatBox(client, tabi(client), functions=[get_weather])
    assert patient.ask(str(ROUNDS)) == f"seen {ROUNDS}"
    patient.close()
    box = ChatBox(client, tabi(client), functions=[get_weather])
    with pytest.raises(KitError, match=f"{ROUNDS} times"):
        box.ask(str(ROUNDS + 1))
    thread_id = box._conversation.thread_id
    assert thread_id is not None
    assert client.beta.threads.runs.list(thread_id).data[0].status in ("cancelling", "cancelled")
    box.close()


@pytest.mark.parametrize("given", [get_weather, "get_weather", [3], {"get_weather": None}, {3: get_weather}])
def test_what_is_no_function_is_refused_at_once(client: openai.AzureOpenAI, given: Any) -> None:  # noqa: ANN401
    """Before any question is asked."""
    with pytest.raises(KitError, match="needs functions") as caught:
        ChatBox(client, "asst_1", functions=given)
    assert 'functions={"get_weather": get_weather}' in caught.value.fix


def test_a_dropped_stream_is_no_lost_answer(client: openai.AzureOpenAI) -> None:
    """The run goes on at the server; the whole message is fetched."""
    dropping = client.with_options(default_headers={"x-kit-fault": "drop_stream;times=1"})
    events = list(Conversation(dropping, tabi(client)).ask("one two three four five"))
    assert events[-2:] == [Dropped(), Said("echo: one two three four five")]
    assert sum(isinstance(event, Text) for event in events) < 5


def test_a_dropped_stream_and_no_server_is_said() -> None:
    """What had come by then stays."""
    events = [
        ("thread.run.created", RUN | {"status": "queued"}),
        ("thread.message.delta", DELTA),
    ]

    def answer(request: httpx2.Request) -> httpx2.Response:
        if request.method == "GET":
            raise httpx2.ConnectError("nobody there")
        if request.url.path.endswith("/runs"):
            return streamed(events, breaks=True)
        return httpx2.Response(200, json={"id": "thread_1", "object": "thread"})

    box = ChatBox(client_of(answer), "asst_1")
    with pytest.raises(KitError, match="does not answer") as caught:
        box.ask("Hello?")
    assert kinds(box) == ["question", "answer", "problem"]
    assert box.bubbles[1].text == "Once upon"
    assert getattr(caught.value, "partial", "") == "Once upon"


def test_an_error_inside_a_stream_is_said() -> None:
    """In both forms in which services send it."""
    for body in ({"error": {"message": "Too hot."}}, {"message": "Too hot.", "type": "server_error"}):
        events = [("thread.run.created", RUN | {"status": "queued"}), ("error", body)]
        asked: list[str] = []

        def answer(request: httpx2.Request, events: Any = events, asked: list[str] = asked) -> httpx2.Response:  # noqa: ANN401
            asked.append(request.url.path)
            if request.url.path.endswith("/runs"):
                return streamed(events)
            return httpx2.Response(200, json={"id": "thread_1", "object": "thread"})

        with pytest.raises(KitError, match="Too hot"):
            ChatBox(client_of(answer), "asst_1").ask("Hello?")


def test_a_service_without_streaming_is_asked_once(client: openai.AzureOpenAI) -> None:
    """It refuses the parameter; from then on the box polls."""
    sent: list[dict[str, Any]] = []
    with noting(client, sent) as noted:
        conversation = Conversation(noted.with_options(api_version="2024-02-15-preview"), tabi(client))
        for question in ("one", "two"):
            assert list(conversation.ask(question)) == [Said(f"echo: {question}")]
    assert [bool(body.get("stream")) for body in sent if "assistant_id" in body] == [True, False, False]


def test_what_is_neither_stream_nor_run_is_refused() -> None:
    """The client itself would see an empty stream and no error."""
    with pytest.raises(KitError, match="for a stream with application/json"):
        ChatBox(canned(lambda _: {"id": "thread_1", "object": "thread"}), "asst_1").ask("Hello?")


def test_stop_before_the_run_is_known(client: openai.AzureOpenAI, monkeypatch: pytest.MonkeyPatch) -> None:
    """The wish is remembered until there is a run that can be cancelled."""
    conversation = Conversation(client, tabi(client))
    events = conversation.ask("wait")
    note = conversation._note

    def noted(run: Run) -> Run:
        conversation._stop.set()
        return note(run)

    monkeypatch.setattr(conversation, "_note", noted)
    with pytest.raises(KitError) as caught:
        list(events)
    assert getattr(caught.value, "stopped", False)


def test_stop_while_a_function_works(client: openai.AzureOpenAI) -> None:
    """Nothing is handed over any more, and the run is cancelled."""

    visited: list[str] = []

    def get_weather(city: str) -> str:
        visited.append(city)
        conversation.cancel()
        return city

    conversation = Conversation(client, tabi(client), functions=[get_weather])
    with pytest.raises(KitError) as caught:
        list(conversation.ask('call [["get_weather", {"city": "Kyoto"}], ["get_weather", {"city": "Nara"}]]'))
    assert getattr(caught.value, "stopped", False)
    assert visited == ["Kyoto"]
    assert client.beta.threads.runs.list(conversation.thread_id or "").data[0].status == "cancelled"


@pytest.mark.parametrize("status", ENDS)
def test_every_other_end_is_said_in_words(status: str) -> None:
    """`ask` raises the sentence that the box shows, with a remedy."""
    client, asked = ending_as(status)
    box = ChatBox(client, "asst_1")
    with pytest.raises(KitError, match=ENDS[status][1]) as caught:
        box.ask("What is the weather?")
    assert kinds(box) == ["question", "problem"]
    assert box.bubbles[-1].text == str(caught.value)
    assert caught.value.fix
    cancelled = "POST /threads/thread_1/runs/run_1/cancel" in asked
    assert cancelled == (status == "requires_action")
    assert not box.widget.busy


def test_an_incomplete_answer_is_shown_as_far_as_it_goes() -> None:
    """The part that was written stays, and the problem stands under it; the question need not be sent again."""
    client, _ = ending_as("incomplete", "Once upon a")
    box = ChatBox(client, "asst_1")
    with pytest.raises(KitError):
        box.ask("Tell me a story.")
    assert kinds(box) == ["question", "answer", "problem"]
    assert box.bubbles[1].text == "Once upon a"


@pytest.mark.parametrize(
    ("status", "sentence"), [(401, "refused the key"), (404, "cannot find"), (429, "too much"), (500, "(500)")]
)
def test_refusals_are_sentences(status: int, sentence: str) -> None:
    """And what a service says about a key is not repeated."""
    box = ChatBox(canned(lambda _: status), "asst_1")
    with pytest.raises(KitError):
        box.ask("Hello?")
    assert sentence in box.bubbles[-1].text
    assert status != 401 or "sk-" not in box.bubbles[-1].text


def test_no_server_is_a_sentence() -> None:
    """The endpoint has stopped."""
    with start(Options(state="memory", key="a key of this test")) as running:
        client = openai.OpenAI(api_key=running.key, base_url=f"{running.url}/v1", max_retries=0)
    with pytest.raises(KitError, match="does not answer"):
        ChatBox(client, "asst_1").ask("Hello?")
