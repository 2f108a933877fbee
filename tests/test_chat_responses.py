"""The chat box without an assistant: Responses and Conversations in the place of runs and threads."""

import asyncio
import re
import threading
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import httpx2
import openai
import pytest
from support.answering import client_of, event, streamed
from support.boxes import kinds, page_says, press, settle
from support.scripted import Scripted
from support.talking import calling, served

from helpers import ChatBox, KitError
from helpers.chat.events import Dropped, Said, Text
from helpers.chat.failures import NoAnswer
from helpers.chat.model import configured
from helpers.chat.said_items import given_again, said_in, spoken_in
from helpers.chat.talk import ROUNDS
from helpers.chat.words import words_of
from helpers.chat.words_of_responses import ENGLISH, JAPANESE
from helpers.display import view_of


@pytest.fixture
def model() -> Scripted:
    """A model that does what the messages say."""
    return Scripted()


@pytest.fixture
def client(model: Scripted) -> Iterator[openai.AzureOpenAI]:
    """A client of an endpoint that does what it is told, at once."""
    with served(model=model) as made:
        yield made.with_options(max_retries=0)


def get_weather(city: str, month: int = 7) -> str:
    """The weather in a city."""
    return f"{20 + month} degrees in {city}"


SAY = calling(("get_weather", {"city": "京都"}))


def stored(client: openai.OpenAI, box: ChatBox) -> list[str]:
    """What the conversation holds, the oldest first: roles, and the kinds of what is no message."""
    listed = client.conversations.items.list(box.conversation_id or "", order="asc", limit=100)
    return [str(getattr(item, "role", None) or item.type) for item in listed]


def test_two_questions_in_one_conversation(client: openai.AzureOpenAI, model: Scripted) -> None:
    """The instructions go with every question, for no assistant holds them (contract-successor §9, M1)."""
    box = ChatBox(client, model="gpt-4", instructions="Be kind.")
    assert (box.conversation_id, box.response, box.thread_id, box.run) == (None, None, None, None)
    assert box.ask("Hello") == "echo: Hello"
    first = box.conversation_id
    assert box.ask("日本") == "echo: 日本"
    assert box.conversation_id == first
    assert stored(client, box) == ["user", "assistant"] * 2
    assert [prompt.instructions for prompt in model.prompts] == ["Be kind."] * 2
    assert box.response is not None
    assert box.widget.ids == {"conversation": first, "response": box.response.id}
    assert "assistant: echo: 日本" in view_of(box.response).text
    assert kinds(box) == ["question", "answer"] * 2


def test_pieces_come_before_the_whole(client: openai.AzureOpenAI) -> None:
    """It streams."""
    talk = ChatBox(client, model="gpt-4")._conversation
    events = list(talk.ask("one two three"))
    assert isinstance(events[0], Text)
    assert events[-1] == Said("echo: one two three")
    assert "".join(one.text for one in events if isinstance(one, Text)) == "echo: one two three"


async def get_weather_slowly(city: str) -> str:
    """The weather in a city."""
    await asyncio.sleep(0)
    return f"cold in {city}"


@pytest.mark.parametrize("function", [get_weather, get_weather_slowly])
def test_functions_are_declared_and_called(client: openai.AzureOpenAI, function: Any) -> None:  # noqa: ANN401
    """As Python knows them, so that a parameter with a default may be left out; `async def` is awaited (M6, M9)."""
    box = ChatBox(client, model="gpt-4", functions={"get_weather": function})
    assert "in 京都" in box.ask(SAY)
    assert kinds(box) == ["question", "call", "answer"]
    assert stored(client, box) == ["user", "function_call", "function_call_output", "assistant"]
    assert box.response is not None
    (tool,) = (one.to_dict() for one in box.response.tools)
    assert (tool["name"], tool["strict"]) == ("get_weather", False)


def test_a_declaration_of_the_persons_own_is_kept() -> None:
    """Stores and files become tools."""
    own = {"type": "function", "name": "get_weather", "parameters": {}, "strict": True}
    made = configured("m", None, [own], {"get_weather": get_weather}, vector_stores=["vs_1"], files=["file-1"])
    assert made.tools == [
        own,
        {"type": "file_search", "vector_store_ids": ["vs_1"]},
        {"type": "code_interpreter", "container": {"type": "auto", "file_ids": ["file-1"]}},
    ]
    assert made.members["include"] == ["file_search_call.results", "code_interpreter_call.outputs"]


def test_a_tool_for_code_as_an_assistant_has_it() -> None:
    """It needs a container here (contract-successor §9, M10). Files go where the person's own tool runs its code."""
    bare = {"type": "code_interpreter"}
    made = configured("m", None, [bare], {}, vector_stores=[], files=["file-1"])
    assert made.tools == [{**bare, "container": {"type": "auto", "file_ids": ["file-1"]}}]
    assert bare == {"type": "code_interpreter"}, "what the person has stays as it is"
    own = {**bare, "container": "cntr_1"}
    made = configured("m", None, [own], {}, vector_stores=[], files=["file-1"])
    assert made.tools == [own, {**bare, "container": {"type": "auto", "file_ids": ["file-1"]}}]


@pytest.mark.parametrize("reopened", [False, True])
def test_a_call_that_nobody_answers(client: openai.AzureOpenAI, model: Scripted, reopened: bool) -> None:
    """The box says what is missing, and the next question is not refused for the open call (contract-successor §6)."""
    tools = configured("m", None, [], {"get_weather": get_weather}, vector_stores=[], files=[]).tools
    box = ChatBox(client, model="gpt-4", tools=tools)
    with pytest.raises(NoAnswer, match="The model wants get_weather to be called"):
        box.ask(SAY)
    if reopened:
        box = ChatBox(client, model="gpt-4", tools=tools, conversation=box.conversation_id)
    assert box.ask("Something else") == "echo: Something else"
    called = [call.output for turn in model.prompts[-1].turns for call in turn.calls]
    assert called == [ENGLISH["never_called"]]


def test_a_model_that_never_gets_enough(client: openai.AzureOpenAI) -> None:
    """Is stopped after some rounds."""
    box = ChatBox(client, model="gpt-4", functions=[get_weather])
    with pytest.raises(NoAnswer, match=f"{ROUNDS} times"):
        box.ask(calling(*[("get_weather", {"city": "Oslo"})] * (ROUNDS + 1), how="rounds"))


def test_a_function_stops_and_retry_goes_on(client: openai.AzureOpenAI) -> None:
    """Stop while a function works: Retry calls what is missing, and the question does not stand there twice."""
    began, go_on = threading.Event(), threading.Event()

    def get_weather(city: str) -> str:
        began.set()
        assert go_on.wait(20)
        return f"warm in {city}"

    box = ChatBox(client, model="gpt-4", functions=[get_weather])
    press(box, SAY)
    assert began.wait(20)
    box._conversation.cancel()
    go_on.set()
    settle(box)
    assert kinds(box)[-1] == "stopped"
    page_says(box, "retry")
    settle(box)
    assert kinds(box)[-1] == "answer"
    assert stored(client, box) == ["user", "function_call", "function_call_output", "assistant"]


def test_stop_while_the_model_thinks() -> None:
    """The response is cancelled at the service, the conversation is free again, and nothing of it stays there."""
    with served(model=Scripted(), pace=30.0) as client:
        box = ChatBox(client, model="gpt-4")
        press(box, "Hello")
        talk: Any = box._conversation
        while talk._under_way is None:
            pass
        page_says(box, "stop", question=0)
        settle(box)
        assert kinds(box) == ["question", "stopped"]
        assert ENGLISH["stopped"] in repr(box)
        assert box.response is not None
        assert client.responses.retrieve(box.response.id).status == "cancelled"
        assert stored(client, box) == []
        box.close()


def test_an_older_conversation_is_reopened(client: openai.AzureOpenAI) -> None:
    """By its id or as an object; it shows what was said, and goes on."""
    box = ChatBox(client, model="gpt-4", functions=[get_weather])
    box.ask(SAY)
    conversation = client.conversations.retrieve(box.conversation_id or "")
    again = ChatBox(client, model="gpt-4", conversation=conversation, language="ja")
    assert [(bubble.kind, bubble.text) for bubble in again.bubbles] == [
        ("question", SAY),
        ("answer", "echo: 27 degrees in 京都"),
    ]
    again.ask("Bye")
    assert stored(client, again)[4:] == ["user", "assistant"]
    assert again.conversation_id == box.conversation_id
    assert again._words["stopped"] == JAPANESE["stopped"]


def test_an_older_answer_has_the_files_that_it_made() -> None:
    """As it had when it was given, and none of another answer's (contract-successor §1.3)."""
    tool = {"type": "code_interpreter", "container": {"type": "auto"}}
    with served(model=Scripted(), code_interpreter=True) as client:
        box = ChatBox(client, model="gpt-4", tools=[tool])
        for name in ("a", "b"):
            box.ask(calling(("code_interpreter", f"open('/mnt/data/{name}.csv', 'w').write('{name}')")))
        again = ChatBox(client, model="gpt-4", conversation=box.conversation_id)
        for seen in (box, again):
            answers = [bubble.said for bubble in seen.bubbles if bubble.kind == "answer"]
            files = [
                [(file.name, file.content and file.content.data) for file in said.files] for said in answers if said
            ]
            assert files == [[("a.csv", b"a")], [("b.csv", b"b")]]
        for each in (box, again):
            each.close()


def test_pictures_stay_with_their_turn() -> None:
    """A conversation lists all items in one row; what an answer drew stands between its question and the next."""

    def drew(letters: str) -> list[dict[str, Any]]:
        drawn = [{"type": "image", "url": f"data:image/png;base64,{letters}"}]
        return [
            {"type": "message", "role": "user", "content": [{"type": "input_text", "text": "Draw."}]},
            {"type": "code_interpreter_call", "id": f"ci_{letters}", "outputs": drawn},
            {"type": "message", "role": "assistant", "content": [{"type": "output_text", "text": "Here."}]},
        ]

    answers = [one for one in spoken_in([*drew("aGk="), *drew("eW8=")]) if one.role == "assistant"]
    assert [[file.content and file.content.data for file in one.said.files] for one in answers] == [[b"hi"], [b"yo"]]


@pytest.mark.parametrize("last", ["two", "stumble"])
def test_the_last_question_in_other_words(client: openai.AzureOpenAI, last: str) -> None:
    """In a new conversation with what stood before it, whether the question was answered or not."""
    box = ChatBox(client, model="gpt-4")
    box.ask("one")
    with suppress(NoAnswer):
        box.ask(last)
    old = box.conversation_id
    page_says(box, "edit", text="three", id="9")
    settle(box)
    assert box.conversation_id != old
    assert stored(client, box) == ["user", "assistant"] * 2
    assert last not in [bubble.text for bubble in box.bubbles]
    page_says(box, "clear")
    assert (box.bubbles, box.conversation_id) == ([], None)
    page_says(box, "open", id=0)
    assert box.conversation_id == old


def test_attached_files_are_read(client: openai.AzureOpenAI, model: Scripted) -> None:
    """A text stands in the message; its name is there when the conversation is opened again."""
    box = ChatBox(client, model="gpt-4")
    box._upload("plan.md", b"The 3rd day is free.", "1")
    press(box, "When?")
    settle(box)
    assert "The 3rd day is free." in str(model.prompts[-1].turns[-1])
    again = ChatBox(client, model="gpt-4", conversation=box.conversation_id)
    assert [one.name for one in again.bubbles[0].attached] == ["plan.md"]


def test_where_files_go() -> None:
    """Pictures and texts into the message, tables to code where there is any (contract-successor §9, M10)."""
    from helpers.chat.attaching import Attached

    made = configured("m", None, [], {}, vector_stores=[], files=["file-0"])
    files = [Attached("file-1", "a.png"), Attached("file-2", "a.csv"), Attached("file-3", "a.pdf")]
    parts = made.question("?", files)["content"]
    assert [(part["type"], part.get("file_id")) for part in parts[1:]] == [
        ("input_image", "file-1"),
        ("input_file", "file-3"),
    ]
    (tool,) = made.members["tools"]
    assert tool["container"]["file_ids"] == ["file-0", "file-2"]
    assert made.anew().members["tools"] == made.tools, "a new chat begins without them"


def test_citations_and_pictures() -> None:
    """A number where the source is cited, the passage in the footnote, pictures of code (contract-successor §1.3)."""
    search = {"type": "file_search_call", "results": [{"file_id": "file-1", "score": 0.9, "text": "In April."}]}
    code = {
        "type": "code_interpreter_call",
        "id": "ci_1",
        "outputs": [{"type": "image", "url": "data:image/png;base64,aGk="}],
    }
    notes = [
        {"type": "file_citation", "file_id": "file-1", "filename": "kyoto.md", "index": 8},
        {"type": "container_file_citation", "file_id": "cfile_1", "filename": "a.csv", "container_id": "cntr_1",
         "start_index": 1, "end_index": 5},
        {"type": "container_file_citation", "file_id": "cfile_2", "filename": "cfile_2.png", "container_id": "cntr_1",
         "start_index": 0, "end_index": 0},
    ]  # fmt: skip
    part = {"type": "output_text", "text": "In April.", "annotations": notes}
    said = said_in({"type": "message", "content": [part]}, [search, code])
    assert said.text == "In April[1]."
    assert [(note.text, note.sentence, note.passage) for note in said.notes] == [
        ("kyoto.md", "In April", "In April."),
    ]
    picture, table = said.files
    assert picture.content is not None
    assert (picture.picture, picture.content.data, picture.content.mime) == (True, b"hi", "image/png")
    assert (table.container, table.path) == ("cntr_1", "sandbox:/mnt/data/a.csv")
    assert given_again({"type": "message", "role": "assistant", "content": [part]}) == {
        "type": "message",
        "role": "assistant",
        "content": [{"type": "output_text", "text": "In April."}],
    }


@pytest.mark.parametrize("language", ["en", "ja"])
def test_the_box_never_speaks_of_runs_and_threads(language: str) -> None:
    """Every sentence of the one table is in the other."""
    assert ENGLISH.keys() == JAPANESE.keys()
    words = words_of(language, successor=True)
    sentences = [text for name, text in words.items() if name not in ("thread", "run", "remade", "expired")]
    assert not [text for text in sentences if re.search(r"thread|\b(the|a|another) run\b|スレッド", text)]


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"assistant": "asst_1", "model": "gpt-4"}, "an assistant and a model"),
        ({"assistant": "asst_1", "instructions": "x"}, "instructions= is only for a box with a model"),
        ({"model": "gpt-4", "thread": "thread_1"}, "thread= is only for a box with an assistant"),
        ({"model": 4}, "given int where it needs the name of a model"),
    ],
)
def test_what_does_not_go_together(client: openai.AzureOpenAI, given: dict[str, Any], told: str) -> None:
    """One sentence, and what to write."""
    with pytest.raises(KitError, match=told):
        ChatBox(client, **given)


def test_a_refusal_is_told(client: openai.AzureOpenAI) -> None:
    """In the service's own words."""
    with pytest.raises(NoAnswer, match="cannot find it"):
        ChatBox(client, model="gpt-4", conversation="conv_" + "0" * 48).ask("Hello")


def test_another_response_in_the_conversation_is_waited_for() -> None:
    """Contract-successor §3: one at a time. Wait asks again until it is the box's turn."""
    with served(model=Scripted(), pace=1.0) as client:
        box = ChatBox(client, model="gpt-4")
        box.ask("one")
        client.responses.create(model="gpt-4", input="other", conversation=box.conversation_id, background=True)
        with pytest.raises(NoAnswer, match="Another response is being made") as refused:
            box.ask("two")
        assert refused.value.locked
        page_says(box, "wait")
        settle(box)
        assert box.bubbles[-1].text == "echo: two"


RESPONSE = {"id": "resp_1", "object": "response", "created_at": 1, "model": "m", "tools": [], "tool_choice": "auto",
            "parallel_tool_calls": True}  # fmt: skip
PART = {"type": "output_text", "text": "whole", "annotations": []}
MESSAGE = {"id": "msg_1", "type": "message", "role": "assistant", "status": "completed", "content": [PART]}


def test_a_broken_stream_is_fetched() -> None:
    """What is made in the background goes on, and is asked for (contract-successor §1.5)."""
    asked: list[str] = []

    def answer(request: httpx2.Request) -> httpx2.Response:
        asked.append(f"{request.method} {request.url.path}")
        if request.method == "GET":
            return httpx2.Response(200, json=RESPONSE | {"status": "completed", "output": [MESSAGE]})
        if request.url.path.endswith("/conversations"):
            return httpx2.Response(200, json={"id": "conv_1", "object": "conversation"})
        created = {
            "type": "response.created",
            "sequence_number": 0,
            "response": RESPONSE | {"status": "queued", "output": []},
        }
        return streamed(event("response.created", created), error=httpx2.RemoteProtocolError("gone"))

    with client_of(answer) as client:
        talk = ChatBox(client, model="m")._conversation
        assert [type(one) for one in talk.ask("?")] == [Dropped, Said]
    assert asked[-1].endswith("/responses/resp_1")


def test_a_service_without_background() -> None:
    """Is asked once more, and from then on without."""
    bodies: list[bytes] = []

    def answer(request: httpx2.Request) -> httpx2.Response:
        if request.url.path.endswith("/conversations"):
            return httpx2.Response(200, json={"id": "conv_1", "object": "conversation"})
        bodies.append(request.content)
        if b"background" in request.content:
            return httpx2.Response(400, json={"error": {"message": "Background mode is not supported.", "code": None}})
        done = {"type": "response.completed", "sequence_number": 0,
                "response": RESPONSE | {"status": "completed", "output": [MESSAGE]}}  # fmt: skip
        return streamed(event("response.completed", done))

    with client_of(answer) as client:
        box = ChatBox(client, model="m")
        assert [box.ask("?"), box.ask("!")] == ["whole", "whole"]
    assert [b"background" in body for body in bodies] == [True, False, False]


def test_a_failed_response_is_told(client: openai.AzureOpenAI) -> None:
    """What was written stays, with the reason in the service's words (contract-successor §1.5)."""
    box = ChatBox(client, model="gpt-4")
    with pytest.raises(NoAnswer, match=r"The response failed: I stumbled\."):
        box.ask("stumble")
    assert kinds(box) == ["question", "answer", "problem"]
    assert box.bubbles[1].text == "Hm"
    assert stored(client, box) == [], "the question is asked again with the next one"
    assert box.ask("Hello") == "echo: Hello"
