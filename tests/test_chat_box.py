"""ChatBox without a browser: what the page is told, the words for every end of a run, and what never gets lost."""

import re
import threading
import time
from collections.abc import AsyncIterator, Iterator
from typing import Any

import openai
import pytest
from support.boxes import kinds, page_says, press, settle, told
from support.scripted import Scripted
from support.talking import served

from helpers import ChatBox, KitError
from helpers.chat.page import BATCH
from helpers.chat.words import ENGLISH, JAPANESE, LANGUAGES
from mock_endpoint.models.base import Event, Finished, Prompt, TextDelta

TOOL: Any = {"type": "function", "function": {"name": "get_weather"}}


@pytest.fixture
def client() -> Iterator[openai.AzureOpenAI]:
    """A client of an endpoint that thinks for a moment."""
    with served(pace=0.2) as made:
        yield made


@pytest.fixture
def scripted() -> Iterator[openai.AzureOpenAI]:
    """A client of an endpoint that does what it is told, at once."""
    with served(model=Scripted()) as made:
        yield made


async def well(_: Scripted, __: Prompt) -> AsyncIterator[Event]:
    """The answer of a model that has got over it."""
    yield TextDelta("Well.")
    yield Finished("stop", 1, 1)


def test_ask_answers_and_shows_both_sides(box: ChatBox) -> None:
    """The same question from code and from the page end up in one conversation."""
    assert box.ask(" 日本の首都はどこですか? ") == "日本の首都は東京です。"
    press(box, "What was my first question?")
    settle(box)
    assert kinds(box) == ["question", "answer", "question", "answer"]
    assert "日本の首都はどこですか?" in box.bubbles[-1].text
    assert [turn["kind"] for turn in box.widget.turns] == kinds(box)
    assert repr(box).splitlines()[:3] == [
        "chat with Tabi",
        "You: 日本の首都はどこですか?",
        "Tabi: 日本の首都は東京です。",
    ]


def test_the_kernel_is_free_while_the_run_goes_on(box: ChatBox) -> None:
    """A key returns at once, its bubble there already; until the answer is there the page knows the reason."""
    press(box, "What is 17 * 23?", mark="mine")
    assert box._worker is not None
    assert box._worker.is_alive()
    assert box.widget.turns[-1]["sent"] == "mine"
    assert box.widget.busy
    assert box.widget.status == "Tabi is answering. Esc stops."
    settle(box)
    assert not box.widget.busy
    assert box.widget.status == ENGLISH["hint"]
    assert "391" in box.bubbles[-1].text


def test_a_question_while_busy_goes_back(box: ChatBox, monkeypatch: pytest.MonkeyPatch) -> None:
    """As a second view of the same box can send it: the page gets it back, and nothing else changes."""
    messages = told(box, monkeypatch)
    press(box, "What is 1 + 1?")
    press(box, "What is 2 + 2?", mark="too soon")
    assert {"type": "refused", "id": "too soon"} in messages
    settle(box)
    assert kinds(box) == ["question", "answer"]


def test_ask_waits_for_the_question_before_it(box: ChatBox) -> None:
    """Two questions at once would meet the thread lock."""
    press(box, "My name is Aiko.")
    assert "Aiko" in box.ask("What is my name?")
    assert kinds(box) == ["question", "answer", "question", "answer"]


def test_no_thread_before_the_first_question(client: openai.AzureOpenAI) -> None:
    """Making a box costs neither a thread of this process nor one on the server."""
    before = threading.active_count()
    made = ChatBox(client, "asst_abc")
    assert threading.active_count() == before
    assert made._conversation.thread_id is None
    made.close()


def test_no_thread_stays_behind(box: ChatBox) -> None:
    """Neither the worker nor the one that sends the batches; the endpoint keeps the thread that its model thinks in."""
    press(box, "What is 2 + 2?")
    settle(box)
    before = threading.active_count()
    press(box, "What is 1 + 1?")
    settle(box)
    assert threading.active_count() == before


def test_a_growing_text_travels_in_batches(scripted: openai.AzureOpenAI, monkeypatch: pytest.MonkeyPatch) -> None:
    """Many pieces, few messages, each with its place; together they are the text."""
    box = ChatBox(scripted, scripted.beta.assistants.create(model="gpt-4o"))
    messages = told(box, monkeypatch)
    begun = time.monotonic()
    answer = box.ask("many 3000")
    most = (time.monotonic() - begun) / BATCH + 2
    text = ""
    for message in messages:
        assert message["type"] == "delta"
        assert message["at"] == len(text)
        text += message["text"]
    assert answer.startswith(text)
    assert 1 <= len(messages) <= most
    box.close()


def test_a_new_view_gets_what_it_missed(scripted: openai.AzureOpenAI, monkeypatch: pytest.MonkeyPatch) -> None:
    """The page was loaded anew while the answer grew; when nothing grows, nothing is said."""
    box = ChatBox(scripted, scripted.beta.assistants.create(model="gpt-4o"))
    page_says(box, "hello")
    messages = told(box, monkeypatch)
    press(box, "wait")
    while not messages:
        threading.Event().wait(0.01)
    messages.clear()
    page_says(box, "hello")
    assert messages == [{"type": "delta", "at": 0, "text": "Hm", "from": 0, "blocks": ["<p>Hm</p>\n"]}]
    box.close()


def test_retry_takes_the_place_of_what_failed(scripted: openai.AzureOpenAI, monkeypatch: pytest.MonkeyPatch) -> None:
    """The problem goes, the question is neither shown nor stored twice; after an answer it is asked anew."""
    box = ChatBox(scripted, scripted.beta.assistants.create(model="gpt-4o"))
    page_says(box, "retry")
    assert box.bubbles == []
    press(box, "fail server_error Sorry.")
    settle(box)
    assert kinds(box) == ["question", "problem"]
    assert [turn.get("tries") for turn in box.widget.turns] == [None, 1]
    for tries in (2, 3):
        page_says(box, "retry")
        settle(box)
        assert kinds(box) == ["question", "problem"]
        assert box.widget.turns[-1]["tries"] == tries
    monkeypatch.setattr(Scripted, "answer", well)
    page_says(box, "retry")
    settle(box)
    assert kinds(box) == ["question", "answer"]
    thread_id = box._conversation.thread_id
    assert thread_id is not None
    assert len(scripted.beta.threads.messages.list(thread_id).data) == 2
    page_says(box, "retry")
    settle(box)
    assert kinds(box) == ["question", "answer"] * 2
    box.close()


def test_clear_forgets_on_the_server_too(box: ChatBox) -> None:
    """An empty log, and a new thread with the next question."""
    box.ask("My name is Aiko.")
    old = box._conversation.thread_id
    page_says(box, "clear")
    assert box.bubbles == box.widget.turns == []
    assert "Aiko" not in box.ask("What is my name?")
    assert box._conversation.thread_id != old


def test_markdown_is_rendered_and_escaped(scripted: openai.AzureOpenAI) -> None:
    """Nothing that is said becomes part of the page, and no picture is loaded from elsewhere."""
    evil = "**bold** <img src=x onerror=alert(1)> ![p](http://e.test/p.png) [l](javascript:alert(1))"
    box = ChatBox(scripted, scripted.beta.assistants.create(model="gpt-4o"))
    box.ask(f"{evil}\n\n```python\ndef f(): 1\n```")
    asked, answered = box.widget.turns
    assert asked["text"].startswith(evil)
    assert "html" not in asked
    html = answered["html"]
    assert "<strong>bold</strong>" in html
    assert "&lt;img src=x onerror=alert(1)&gt;" in html
    assert "<img" not in html
    assert 'href="javascript' not in html
    assert '<a href="http://e.test/p.png" target="_blank" rel="noopener noreferrer">p</a>' in html
    assert '<span class="k">def</span>' in html
    assert "<img" not in box._twin()["text/html"]
    box.close()


def test_an_empty_question_is_not_sent(box: ChatBox, monkeypatch: pytest.MonkeyPatch) -> None:
    """The page gets it back, and `ask` raises."""
    messages = told(box, monkeypatch)
    press(box, "  \n ")
    assert messages == [{"type": "refused", "id": "1"}]
    assert box.bubbles == []
    with pytest.raises(KitError, match="empty"):
        box.ask(" ")
    assert box.ask("What is 1 + 1?")


def test_a_problem_is_shown_and_the_question_kept(client: openai.AzureOpenAI) -> None:
    """The assistant was never there: what happened, what to do, and the question still stands above it."""
    box = ChatBox(client, "asst_none")
    press(box, "And 2 + 2?")
    settle(box)
    assert kinds(box)[-2:] == ["question", "problem"]
    assert box.bubbles[-2].text == "And 2 + 2?"
    assert "No assistant found" in box.bubbles[-1].text
    assert "→ If it was deleted, run the cell that creates it again" in box.bubbles[-1].text
    shown = box.widget.turns[-1]
    assert "No assistant found" in shown["what"]
    assert shown["fix"] == ENGLISH["not_found.fix"]
    assert not box.widget.busy
    box.close()


def test_a_question_sent_again_is_in_the_thread_once(client: openai.AzureOpenAI) -> None:
    """The message was added before the run was refused; the second attempt needs no second message."""
    gone = client.beta.assistants.create(model="gpt-35-turbo")
    client.beta.assistants.delete(gone.id)
    thread = client.beta.threads.create()
    box = ChatBox(client, gone.id, thread=thread)
    for _ in range(2):
        with pytest.raises(KitError, match="cannot find"):
            box.ask("Is anybody there?")
    assert len(client.beta.threads.messages.list(thread.id).data) == 1
    box.close()


def test_an_error_of_the_box_itself_is_not_invisible(box: ChatBox, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither in the callback nor in the worker: there is no cell whose output could show it."""

    def broken(*_: object, **__: object) -> None:
        raise RuntimeError("a bug")

    with monkeypatch.context() as patch:
        patch.setattr(box, "_converse", broken)
        press(box, "Hello?")
        settle(box)
    assert "RuntimeError: a bug" in box.bubbles[-1].text
    with monkeypatch.context() as patch:
        patch.setattr(box, "_ask_in_box", broken)
        press(box, "Hello?")
    with monkeypatch.context() as patch:
        patch.setattr(box._conversation, "anew", broken)
        page_says(box, "clear")
    page_says(box, "no such thing")
    assert [kind for kind in kinds(box) if kind == "problem"]
    assert "no such thing" in box.bubbles[-1].text
    assert box.ask("What is 1 + 1?")


def test_a_function_is_shown_before_and_after(scripted: openai.AzureOpenAI) -> None:
    """The learner's function runs; its bubble carries arguments and result, and takes its own place."""
    seen: list[Any] = []

    def get_weather(city: str) -> dict[str, object]:
        seen.append((chat.widget.turns[-1]["call"]["output"], chat.widget.status, threading.current_thread().name))
        return {"city": city, "celsius": 18}

    chat = ChatBox(
        scripted, scripted.beta.assistants.create(model="gpt-4o", name="Tabi", tools=[TOOL]), functions=[get_weather]
    )
    press(chat, 'call [["get_weather", {"city": "Kyoto"}]]')
    settle(chat)
    assert seen == [(None, "Tabi waits for your function get_weather. Esc stops.", "chat box")]
    assert kinds(chat) == ["question", "call", "answer"]
    assert chat.bubbles[1].text == 'get_weather({"city": "Kyoto"}) → {"city": "Kyoto", "celsius": 18}'
    assert chat.widget.turns[1]["call"]["failed"] is False
    chat.close()


def test_a_huge_output_is_cut_where_it_is_shown(scripted: openai.AzureOpenAI) -> None:
    """The page, the saved notebook and the text have its beginning; the model and the bubble's call the whole."""
    whole = "x" * 40_000  # the model says it in 10,000 pieces
    assistant = scripted.beta.assistants.create(model="gpt-4o", tools=[TOOL])
    chat = ChatBox(scripted, assistant, functions={"get_weather": lambda city: whole})
    answer = chat.ask('call [["get_weather", {"city": "Kyoto"}]]')
    assert whole in answer
    call = chat.bubbles[1].call
    assert call is not None
    assert call.output == whole
    shown = chat.widget.turns[1]["call"]["output"]
    assert shown.startswith("x" * 4000 + "\n… and 36000 more characters")
    chat.bubbles.pop()  # the scripted model's answer repeats the output
    assert len(str(chat._twin())) < 30_000
    chat.close()


def test_the_table_of_words_is_whole_in_every_language() -> None:
    """The same names, the same gaps to fill."""
    for words in LANGUAGES.values():
        assert words.keys() == ENGLISH.keys()
        for name, sentence in words.items():
            for gap in ("{name}", "{detail}", "{given}", "{status}", "{function}", "{count}"):
                assert (gap in sentence) == (gap in ENGLISH[name]), (name, gap)
    assert {name for name in ENGLISH if name.endswith(".fix") and name[:-4] not in ENGLISH} == set()


def test_the_box_speaks_japanese(client: openai.AzureOpenAI) -> None:
    """Every sentence of the interface; an unknown language is refused with those that are there."""
    box = ChatBox(client, "asst_abc", language="ja")
    assert box.widget.words == dict(JAPANESE)
    with pytest.raises(KitError, match="見つかりません"):
        box.ask("こんにちは")
    assert box.bubbles[0].who == "あなた"
    box.close()
    with pytest.raises(KitError, match="'fr'") as caught:
        ChatBox(client, "asst_abc", language="fr")
    assert "en, ja" in caught.value.fix


def test_what_is_no_client_is_refused_at_once(client: openai.AzureOpenAI) -> None:
    """The two arguments are easily swapped, and an async client has nobody to await it."""
    asynchronous = openai.AsyncOpenAI(api_key="none", base_url="http://service.test/v1")
    for wrong in ("asst_1", asynchronous):
        with pytest.raises(KitError, match=f"given {type(wrong).__name__}"):
            ChatBox(wrong, "asst_1")


@pytest.mark.parametrize(
    ("wrong", "named"), [("Tabi", "Tabi"), ("thread_1", "thread_1"), ("", ""), (None, "NoneType"), ({}, "dict")]
)
def test_what_is_no_assistant_is_refused_at_once(client: openai.AzureOpenAI, wrong: object, named: str) -> None:
    """A name is easily taken for an id. The id of an assistant that is gone is still one."""
    for language, words in LANGUAGES.items():
        with pytest.raises(KitError) as caught:
            ChatBox(client, wrong, language=language)
        assert caught.value.what == words["no_assistant"].format(given=named)
    ChatBox(client, "asst_gone").close()


def test_no_english_is_in_the_japanese_words(scripted: openai.AzureOpenAI) -> None:
    """Neither in the table, but for keys, code and names, nor in what a call of the model cannot be answered with."""
    for name, sentence in JAPANESE.items():
        plain = re.sub(r"\{\w+\}|`[^`]*`|chat = .*|ChatBox\(.*\)|functions=.*|client\.\S+", "", sentence)
        found = set(re.findall("[A-Za-z]{2,}", plain))
        known = {"Enter", "Shift", "Esc", "ID", "JSON", "ChatBox", "Assistants", "Python", "env", "MB"}
        assert found <= known, (name, found - known)
    assistant = scripted.beta.assistants.create(model="gpt-4o", tools=[TOOL])
    box = ChatBox(scripted, assistant, functions={"f": print}, language="ja")
    box.ask('call [["get_weather", {}], ["f", []]]')
    outputs = [bubble.call.output for bubble in box.bubbles if bubble.call]
    assert outputs == ["関数get_weatherはありません。使える関数: f", "引数がJSONのオブジェクトではありません: []"]
    assert repr(box).startswith("アシスタントとのチャット\nあなた: ")
    box.close()


@pytest.mark.parametrize("version", ["2024-02-15-preview", "2024-05-01-preview"])
def test_it_works_with_the_old_shape_and_the_new(client: openai.AzureOpenAI, version: str) -> None:
    """Any api-version that has assistants."""
    client = client.with_options(api_version=version)
    tabi = client.beta.assistants.create(model="gpt-35-turbo")
    box = ChatBox(client, tabi.id)
    assert box.ask("What is the capital of Peru?") == "The capital of Peru is Lima."
    assert box.bubbles[-1].who == "Assistant"
    box.close()
