"""ChatBox without a browser: the conversation, the words for every end of a run, and what never gets lost."""

import threading
from collections.abc import Callable, Iterator
from typing import Any

import httpx2
import openai
import pytest

from helpers import ChatBox, KitError
from helpers.chat.words import ENGLISH
from helpers.endpoint.server import Options, start

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


@pytest.fixture
def client() -> Iterator[openai.AzureOpenAI]:
    """A client of an endpoint that thinks for a moment."""
    with (
        start(Options(state="memory", key="a key of this test", pace=0.2)) as running,
        openai.AzureOpenAI(api_key=running.key, azure_endpoint=running.url, api_version="2024-05-01-preview") as made,
    ):
        yield made


@pytest.fixture
def box(client: openai.AzureOpenAI) -> Iterator[ChatBox]:
    """A chat box with an assistant named Tabi."""
    made = ChatBox(client, client.beta.assistants.create(model="gpt-35-turbo", name="Tabi"))
    yield made
    made.close()


def canned(answer: Callable[[httpx2.Request], dict[str, Any] | int]) -> openai.OpenAI:
    """A client of a service that answers with this body, or with this status and a sentence of its own."""

    def respond(request: httpx2.Request) -> httpx2.Response:
        body = answer(request)
        if isinstance(body, int):
            return httpx2.Response(body, json={"error": {"message": "the key sk-12345678 is bad", "code": None}})
        return httpx2.Response(200, json=body, headers={"openai-poll-after-ms": "1"})

    transport = httpx2.MockTransport(respond)
    return openai.OpenAI(
        api_key="none",
        base_url="http://service.test/v1",
        max_retries=0,
        http_client=openai.DefaultHttpxClient(transport=transport),
    )


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


def press(box: ChatBox, question: str) -> None:
    """Type a question and click Send."""
    box.field.value = question
    box.send.click()


def settle(box: ChatBox) -> None:
    """Wait for the worker, which must end."""
    assert box._worker is not None
    box._worker.join(timeout=20)
    assert not box._worker.is_alive()


def kinds(box: ChatBox) -> list[str]:
    """The kinds of the bubbles, in their order."""
    return [bubble.kind for bubble in box.bubbles]


def test_ask_answers_and_shows_both_sides(box: ChatBox) -> None:
    """The same question from code and from a click end up in one conversation."""
    assert box.ask(" 日本の首都はどこですか? ") == "日本の首都は東京です。"
    press(box, "What was my first question?")
    settle(box)
    assert kinds(box) == ["question", "answer", "question", "answer"]
    assert "日本の首都はどこですか?" in box.bubbles[-1].text
    assert box.log.value.count("data-kind") == 4
    assert repr(box).splitlines()[:3] == [
        "chat with Tabi",
        "You: 日本の首都はどこですか?",
        "Tabi: 日本の首都は東京です。",
    ]


def test_the_kernel_is_free_while_the_run_goes_on(box: ChatBox) -> None:
    """A click returns at once; until the answer is there Send is off, and says why."""
    press(box, "What is 17 * 23?")
    assert box._worker is not None
    assert box._worker.is_alive()
    assert box.send.disabled
    assert box.send.description == "…"
    assert "Tabi is answering" in box.status.value
    settle(box)
    assert not box.send.disabled
    assert not box.field.disabled
    assert box.send.description == "Send"
    assert box.field.value == ""
    assert "391" in box.bubbles[-1].text


def test_a_click_while_busy_changes_nothing(box: ChatBox) -> None:
    """As the second of two quick clicks, or a second view of the same box, can do before the button goes off."""
    press(box, "What is 1 + 1?")
    box.send.click()
    assert "Tabi is answering" in box.status.value
    press(box, "What is 2 + 2?")
    assert box.field.value == "What is 2 + 2?"
    settle(box)
    assert kinds(box) == ["question", "answer"]


def test_ask_waits_for_the_click_before_it(box: ChatBox) -> None:
    """Two questions at once would meet the thread lock."""
    press(box, "My name is Aiko.")
    assert "Aiko" in box.ask("What is my name?")
    assert kinds(box) == ["question", "answer", "question", "answer"]


def test_no_thread_before_the_first_click(client: openai.AzureOpenAI) -> None:
    """Making a box costs neither a thread of this process nor one on the server."""
    before = threading.active_count()
    made = ChatBox(client, "asst_abc")
    assert threading.active_count() == before
    assert made._conversation.thread_id is None
    made.close()


def test_text_is_escaped(box: ChatBox) -> None:
    """Nothing that is said becomes part of the page."""
    evil = "<img src=x onerror=alert(1)> & \"'</div>"
    box.ask(evil)
    html = box.log.value
    assert "<img" not in html
    assert "&lt;img src=x onerror=alert(1)&gt; &amp; " in html
    assert html.count("<div") == html.count("</div>") == 4


def test_an_empty_question_is_not_sent(box: ChatBox) -> None:
    """The box says so, and `ask` raises."""
    press(box, "  \n ")
    assert ENGLISH["empty"] in box.status.value
    assert box.bubbles == []
    with pytest.raises(KitError, match="empty"):
        box.ask(" ")
    assert box.ask("What is 1 + 1?")


def test_a_problem_is_shown_and_the_question_kept(client: openai.AzureOpenAI) -> None:
    """The assistant is gone: what happened, what to do, and the text is back in the field, ready to be sent again."""
    gone = client.beta.assistants.create(model="gpt-35-turbo", name="Tabi")
    box = ChatBox(client, gone)
    box.ask("What is 1 + 1?")
    client.beta.assistants.delete(gone.id)
    press(box, "And 2 + 2?")
    settle(box)
    assert kinds(box)[-2:] == ["question", "problem"]
    assert "No assistant found" in box.bubbles[-1].text
    assert "→ If it was deleted, run the cell that creates it again" in box.bubbles[-1].text
    assert box.field.value == "And 2 + 2?"
    assert not box.field.disabled
    assert not box.send.disabled
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
    assert not box.send.disabled


def test_an_incomplete_answer_is_shown_as_far_as_it_goes() -> None:
    """The part that was written stays, and the problem stands under it; the question need not be sent again."""
    client, _ = ending_as("incomplete", "Once upon a")
    box = ChatBox(client, "asst_1")
    press(box, "Tell me a story.")
    settle(box)
    assert kinds(box) == ["question", "answer", "problem"]
    assert box.bubbles[1].text == "Once upon a"
    assert box.field.value == ""


@pytest.mark.parametrize(
    ("status", "sentence"), [(401, "refused the key"), (404, "cannot find"), (429, "too much"), (500, "(500)")]
)
def test_refusals_are_sentences(status: int, sentence: str) -> None:
    """And what a service says about a key is not repeated."""
    box = ChatBox(canned(lambda _: status), "asst_1")
    press(box, "Hello?")
    settle(box)
    assert sentence in box.bubbles[-1].text
    assert box.field.value == "Hello?"
    assert status != 401 or "sk-" not in box.bubbles[-1].text


def test_no_server_is_a_sentence() -> None:
    """The endpoint has stopped."""
    with start(Options(state="memory", key="a key of this test")) as running:
        client = openai.OpenAI(api_key=running.key, base_url=f"{running.url}/v1", max_retries=0)
    with pytest.raises(KitError, match="does not answer"):
        ChatBox(client, "asst_1").ask("Hello?")


def test_an_error_of_the_box_itself_is_not_invisible(box: ChatBox, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither in the callback nor in the worker: there is no cell whose output could show it."""

    def broken(*_: object) -> None:
        raise RuntimeError("a bug")

    monkeypatch.setattr(box._conversation, "ask", broken)
    press(box, "Hello?")
    settle(box)
    assert "RuntimeError: a bug" in box.bubbles[-1].text
    assert box.field.value == "Hello?"
    with monkeypatch.context() as patch:
        patch.setattr(box, "_set_busy", broken)
        press(box, "Hello?")
    assert [kind for kind in kinds(box) if kind == "problem"] == ["problem", "problem"]
    monkeypatch.undo()
    assert box.ask("What is 1 + 1?")


def test_close_cancels_the_run_and_ends_the_worker(client: openai.AzureOpenAI) -> None:
    """And no later question is taken."""
    box = ChatBox(client, client.beta.assistants.create(model="gpt-35-turbo"))
    box.ask("Hello")
    press(box, "Plan one day in Tokyo.")
    thread_id = box._conversation.thread_id
    assert thread_id is not None
    while box._conversation._run is None:
        threading.Event().wait(0.01)
    box.close()
    assert box._worker is not None
    assert not box._worker.is_alive()
    assert client.beta.threads.runs.list(thread_id).data[0].status == "cancelled"
    with pytest.raises(KitError, match="closed"):
        box.ask("Hello again")


def test_an_interrupted_ask_leaves_no_run_behind(client: openai.AzureOpenAI, monkeypatch: pytest.MonkeyPatch) -> None:
    """The kernel's interrupt would otherwise leave the thread locked."""
    box = ChatBox(client, client.beta.assistants.create(model="gpt-35-turbo"))

    def interrupted(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr("openai.resources.beta.threads.runs.runs.Runs.poll", interrupted)
        with pytest.raises(KeyboardInterrupt):
            box.ask("Plan one day in Tokyo.")
    thread_id = box._conversation.thread_id
    assert thread_id is not None
    assert client.beta.threads.runs.list(thread_id).data[0].status in {"cancelling", "cancelled"}
    assert not box.send.disabled
    box.close()


def test_what_is_no_client_is_refused_at_once(client: openai.AzureOpenAI) -> None:
    """The two arguments are easily swapped, and an async client has nobody to await it."""
    asynchronous = openai.AsyncOpenAI(api_key="none", base_url="http://service.test/v1")
    for wrong in ("asst_1", asynchronous):
        with pytest.raises(KitError, match=f"given {type(wrong).__name__}"):
            ChatBox(wrong, "asst_1")


def test_a_cell_gets_the_widget_and_a_page_the_text(box: ChatBox) -> None:
    """`chat` as the last line of a cell, in Jupyter and where no widget can be shown."""
    box.ask("What is the capital of Peru?")
    bundle = box._repr_mimebundle_()
    assert bundle["application/vnd.jupyter.widget-view+json"]["model_id"] == box.widget.model_id
    assert bundle["text/plain"].splitlines()[-1] == "Tabi: The capital of Peru is Lima."


@pytest.mark.parametrize("version", ["2024-02-15-preview", "2024-05-01-preview"])
def test_it_works_with_the_old_shape_and_the_new(client: openai.AzureOpenAI, version: str) -> None:
    """Any api-version that has assistants."""
    client = client.with_options(default_query={"api-version": version})
    tabi = client.beta.assistants.create(model="gpt-35-turbo")
    box = ChatBox(client, tabi.id)
    assert box.ask("What is the capital of Peru?") == "The capital of Peru is Lima."
    assert box.bubbles[-1].who == "Assistant"
    box.close()
