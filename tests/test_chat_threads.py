"""The threads and runs of a chat box: their ids, older conversations, going back, branching, and a lost assistant."""

from collections.abc import Iterator
from typing import Any

import openai
import pytest
from support.scripted import Scripted
from support.talking import served

from helpers import ChatBox, KitError
from helpers.chat import branching, conversation
from helpers.chat.words import ENGLISH


@pytest.fixture
def client() -> Iterator[openai.AzureOpenAI]:
    """A client of an endpoint that does what it is told, at once."""
    with served(model=Scripted()) as made:
        yield made


def page_says(box: ChatBox, kind: str, **content: object) -> None:
    """What the page tells the kernel, and the end of the work that it begins."""
    box.widget._handle_custom_msg({"type": kind} | content, [])
    if box._worker is not None:
        box._worker.join(timeout=20)
        assert not box._worker.is_alive()


def shown(box: ChatBox) -> list[str]:
    """Kind and text of each bubble."""
    return [f"{bubble.kind}: {bubble.text}" for bubble in box.bubbles]


def said(client: openai.AzureOpenAI, thread_id: str | None) -> list[str]:
    """Role and text of each message of a thread, the oldest first."""
    messages = client.beta.threads.messages.list(thread_id or "", order="asc")
    return [f"{one.role}: {part.text.value}" for one in messages for part in one.content if part.type == "text"]


def test_thread_and_run_are_at_hand(box: ChatBox, client: openai.AzureOpenAI) -> None:
    """In code and in the page; nothing before the first question."""
    assert (box.thread_id, box.run) == (None, None)
    box.ask("Hello")
    assert box.run is not None
    assert box.run.status == "completed"
    assert client.beta.threads.runs.retrieve(box.run.id, thread_id=box.thread_id or "").status == "completed"
    assert box.widget.ids == {"thread": box.thread_id, "run": box.run.id}


def test_an_older_thread_is_shown(client: openai.AzureOpenAI, monkeypatch: pytest.MonkeyPatch) -> None:
    """The newest messages in the order in which they were said; older ones when the page asks for them."""
    monkeypatch.setattr(conversation, "AT_ONCE", 3)
    tabi = client.beta.assistants.create(model="gpt-4o", name="Tabi")
    thread = client.beta.threads.create(
        messages=[{"role": "user" if n % 2 else "assistant", "content": f"number {n}"} for n in range(1, 8)]
    )
    box = ChatBox(client, tabi, thread=thread)
    expected = [f"{'question' if n % 2 else 'answer'}: number {n}" for n in range(1, 8)]
    for more, first in ((True, 4), (True, 1), (False, 0)):
        assert shown(box) == expected[first:]
        assert [turn["id"] for turn in box.widget.turns] == list(range(len(box.bubbles)))
        assert box.widget.older == more
        page_says(box, "older")
    assert shown(box) == expected
    assert box.ask("Hello") == "echo: Hello"
    box.close()


def test_an_older_thread_that_is_not_there_is_said(client: openai.AzureOpenAI) -> None:
    """In the status line; a question then gets the whole sentence."""
    box = ChatBox(client, "asst_none", thread="thread_none")
    assert box.widget.status.startswith("The older messages cannot be read: The service cannot find it")
    assert box.bubbles == []
    with pytest.raises(KitError, match="cannot find"):
        box.ask("Hello")
    box.close()


def test_one_can_go_back_to_an_earlier_chat(box: ChatBox) -> None:
    """The menu has the others by their first words; each goes on with its own thread. An empty one is not kept."""
    box.ask("First of all, what is this? " * 3)
    first = box.thread_id
    page_says(box, "clear")
    assert (box.bubbles, box.thread_id) == ([], None)
    assert [one["words"] for one in box.widget.chats] == ["First of all, what is this? First of all …"]
    box.ask("Second")
    page_says(box, "clear")
    page_says(box, "open", id=0)
    assert box.thread_id == first
    assert shown(box)[1].startswith("answer: echo: First")
    assert [one["words"] for one in box.widget.chats] == ["Second"]
    box.ask("And then?")
    assert box.thread_id == first


def test_a_deleted_assistant_is_made_again(client: openai.AzureOpenAI) -> None:
    """As the service had it when the box was made, not as it was handed over; once, and for all chats of the box."""
    given = client.beta.assistants.create(model="gpt-4o", name="Tabi", metadata={"lesson": "07"})
    client.beta.assistants.update(given.id, instructions="Be brief.")
    box = ChatBox(client, given)
    client.beta.assistants.delete(given.id)
    assert box.ask("Hello") == "echo: Hello"
    (again,) = client.beta.assistants.list().data
    assert (again.name, again.instructions, again.metadata) == ("Tabi", "Be brief.", {"lesson": "07"})
    assert shown(box) == [
        "question: Hello",
        f"note: {ENGLISH['remade'].format(detail=again.id)}",
        "answer: echo: Hello",
    ]
    page_says(box, "clear")
    box.ask("Hello")
    assert len(box.bubbles) == 2
    box.close()


def test_what_else_is_not_found_is_no_lost_assistant(client: openai.AzureOpenAI) -> None:
    """A thread that is gone leaves the assistant alone."""
    box = ChatBox(client, client.beta.assistants.create(model="gpt-4o"), thread="thread_none")
    with pytest.raises(KitError, match="thread"):
        box.ask("Hello")
    assert len(client.beta.assistants.list().data) == 1
    box.close()


def test_an_edited_question_begins_a_new_thread(box: ChatBox, client: openai.AzureOpenAI) -> None:
    """With what stood before it, on the server too; the old thread is as it was, and in the menu."""
    box.ask("one")
    box.ask("two")
    old = box.thread_id
    page_says(box, "edit", text="two, but better", id="mark")
    assert shown(box) == [
        *("question: one", "answer: echo: one", f"note: {ENGLISH['edited']}"),
        *("question: two, but better", "answer: echo: two, but better"),
    ]
    assert box.widget.turns[3]["sent"] == "mark"
    assert said(client, box.thread_id) == [
        *("user: one", "assistant: echo: one", "user: two, but better", "assistant: echo: two, but better"),
    ]
    assert said(client, old) == ["user: one", "assistant: echo: one", "user: two", "assistant: echo: two"]
    page_says(box, "open", id=0)
    assert box.thread_id == old


def test_the_last_question_of_an_older_thread_can_be_edited(client: openai.AzureOpenAI) -> None:
    """And what belongs to the messages before it goes along."""
    image: Any = {"type": "image_url", "image_url": {"url": "https://example.test/a.png"}}
    thread = client.beta.threads.create(
        messages=[
            {"role": "user", "content": [{"type": "text", "text": "look"}, image]},
            {"role": "assistant", "content": "I see."},
            {"role": "user", "content": "What?"},
        ]
    )
    (first, _, last) = client.beta.threads.messages.list(thread.id, order="asc").data
    before = branching.messages_before(client, thread.id, last.id)
    assert [one["content"] for one in before][1] == "I see."
    assert [part["type"] for part in before[0]["content"]] == ["text", "image_url"]
    assert len(branching.messages_before(client, thread.id, None)) == 3
    assert branching.messages_before(client, thread.id, first.id) == []
    box = ChatBox(client, client.beta.assistants.create(model="gpt-4o"), thread=thread)
    page_says(box, "edit", text="What now?", id="mark")
    assert said(client, box.thread_id)[:3] == ["user: look", "assistant: I see.", "user: What now?"]
    box.close()
