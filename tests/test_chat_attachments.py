"""Files that a person puts into the chat box: uploaded at once, attached to the next question, for the right tool."""

import time
from collections.abc import Iterator
from typing import Any, Final

import openai
import pytest
from support.boxes import kinds, page_says, press, settle, told
from support.talking import served

from helpers import ChatBox
from helpers.chat.attaching import Attached, message_of
from helpers.chat.events import Note
from helpers.chat.passages import LONGEST, with_passage
from helpers.chat.words import ENGLISH, words_of

PATIENCE = 20
"""Seconds for an upload."""
CODE: Final = "code_interpreter"
SEARCH: Final = "file_search"


@pytest.fixture
def client() -> Iterator[openai.AzureOpenAI]:
    """A client, and an endpoint that answers it."""
    with served() as made:
        yield made


def put_in(box: ChatBox, name: str, data: bytes, mark: str) -> None:
    """What the page says when a person chooses a file."""
    box.widget._handle_custom_msg({"type": "attach", "id": mark, "name": name}, [memoryview(data)])


def wait_for(box: ChatBox, count: int) -> None:
    """Until so many files are there."""
    deadline = time.monotonic() + PATIENCE
    while len(box.widget.attached) != count and time.monotonic() < deadline:
        time.sleep(0.01)
    assert len(box.widget.attached) == count


def test_the_next_question_takes_them_along(box: ChatBox, client: openai.AzureOpenAI) -> None:
    """Byte for byte, a picture as a part of the message, and only with this question; the bubble names them."""
    put_in(box, "気候.csv", b"a,b", "1")
    wait_for(box, 1)
    put_in(box, "map.png", b"\x89PNG", "2")
    wait_for(box, 2)
    assert box.widget.attached == [{"id": "1", "name": "気候.csv"}, {"id": "2", "name": "map.png"}]
    press(box, "What is 6 times 7?")
    assert box.widget.attached == []
    settle(box)
    assert kinds(box) == ["question", "answer"]
    assert box.widget.turns[0]["attached"] == ["気候.csv", "map.png"]
    assert "You: What is 6 times 7?\n気候.csv\nmap.png" in repr(box)
    assert box.thread_id is not None
    (message,) = [one for one in client.beta.threads.messages.list(box.thread_id) if one.role == "user"]
    (table,) = message.attachments or []
    assert [tool.type for tool in table.tools or []] == [CODE]
    assert client.files.content(table.file_id or "").read() == b"a,b"
    picture = message.content[1]
    assert picture.type == "image_file"
    assert client.files.retrieve(picture.image_file.file_id).purpose == "vision"
    press(box, "And 6 times 8?")
    settle(box)
    newest = next(one for one in client.beta.threads.messages.list(box.thread_id) if one.role == "user")
    assert newest.attachments == []
    older = ChatBox(client, "asst_none", thread=box.thread_id)
    assert sorted(older.widget.turns[0]["attached"]) == ["map.png", "気候.csv"]
    older.close()


PLAN = """# Monday

We meet Aiko at the west gate of Ueno Station at 9:40. Bring an umbrella.

# Tuesday

Nothing is planned."""


def test_a_footnote_has_the_passage_that_it_cites(client: openai.AzureOpenAI) -> None:
    """The paragraph of the file, and the sentence in it; also in a conversation that is read again."""
    tabi = client.beta.assistants.create(model="gpt-4o", name="Tabi", tools=[{"type": SEARCH}])
    box = ChatBox(client, tabi)
    put_in(box, "plan.md", PLAN.encode(), "1")
    wait_for(box, 1)
    press(box, "Where do we meet Aiko?")
    settle(box)
    note = box.widget.turns[-1]["notes"][0]
    assert note == {
        "mark": "[1]",
        "text": "plan.md",
        "sentence": "We meet Aiko at the west gate of Ueno Station at 9:40",
        "passage": "We meet Aiko at the west gate of Ueno Station at 9:40. Bring an umbrella.",
    }
    again = ChatBox(client, tabi, thread=box.thread_id)
    assert again.widget.turns[-1]["notes"][0] == note
    box.close()
    again.close()


def test_a_source_in_other_words_shows_the_nearest_piece_of_its_file() -> None:
    """A language model seldom repeats a sentence; what is long is cut where the sentence is."""
    told = Note("[1]", "plan.md", "file_1", "They meet at Ueno")
    assert with_passage(told, ["Ueno, at 9:40.", "Nara."]).passage == "Ueno, at 9:40."
    assert with_passage(told, []).passage == ""
    long = "x" * 2000 + " They meet at Ueno."
    assert with_passage(told, [long]).passage.endswith("They meet at Ueno")
    assert len(with_passage(told, [long]).passage) == LONGEST


def test_nobody_who_reads_it(client: openai.AzureOpenAI) -> None:
    """Said when the file comes, not by an answer that knows nothing of it; a tool that came later counts."""
    tabi = client.beta.assistants.create(model="gpt-4o", name="Tabi")
    box = ChatBox(client, tabi)
    put_in(box, "map.png", b"\x89PNG", "1")
    wait_for(box, 1)
    assert box.widget.status == ENGLISH["hint"]
    put_in(box, "a.csv", b"a,b", "2")
    wait_for(box, 2)
    assert box.widget.status == "Tabi has no tool that reads files. Give it code_interpreter or file_search."
    page_says(box, "detach", id="2")
    assert box.widget.status == ENGLISH["hint"]
    client.beta.assistants.update(tabi.id, tools=[{"type": SEARCH}])
    put_in(box, "a.csv", b"a,b", "3")
    wait_for(box, 2)
    assert box.widget.status == ENGLISH["hint"]
    press(box, "What is 6 times 7?")
    settle(box)
    asked = next(one for one in client.beta.threads.messages.list(box.thread_id or "") if one.role == "user")
    assert [tool.type for one in asked.attachments or [] for tool in one.tools or []] == [SEARCH]
    box.close()


@pytest.mark.parametrize("name", ["setup.exe", "song", "地図.bin"])
def test_a_file_that_no_tool_reads(client: openai.AzureOpenAI, name: str) -> None:
    """Said when it comes, in the box's language; a text of any ending, and what code opens, come without a word."""
    tabi = client.beta.assistants.create(model="gpt-4o", name="Tabi", tools=[{"type": CODE}])
    for language in ("en", "ja"):
        box = ChatBox(client, tabi, language=language)
        put_in(box, "notes.xyz", b"a plain text", "1")
        wait_for(box, 1)
        put_in(box, "table.XLSX", b"PK\x03\x04\0\0", "2")
        wait_for(box, 2)
        assert box.widget.status == words_of(language)["hint"]
        put_in(box, name, b"MZ\x90\0\x03", "3")
        wait_for(box, 3)
        assert box.widget.status == words_of(language)["unreadable"].format(name=name)
        box.close()


def test_edited_and_asked_again(box: ChatBox, client: openai.AzureOpenAI) -> None:
    """The files belong to the question, in whichever words."""
    put_in(box, "a.csv", b"a,b", "1")
    wait_for(box, 1)
    press(box, "What is 6 times 7?")
    settle(box)
    page_says(box, "edit", text="What is 6 times 8?", id="2")
    settle(box)
    page_says(box, "retry")
    settle(box)
    assert box.thread_id is not None
    asked = [one for one in client.beta.threads.messages.list(box.thread_id) if one.role == "user"]
    assert [len(one.attachments or []) for one in asked] == [1, 1]


def test_removed(box: ChatBox, client: openai.AzureOpenAI) -> None:
    """What is taken out before it was sent is deleted at the service as well."""
    put_in(box, "a.csv", b"a,b", "1")
    wait_for(box, 1)
    assert len(client.files.list().data) == 1
    page_says(box, "detach", id="1")
    assert box.widget.attached == []
    assert client.files.list().data == []


def test_a_file_that_is_refused(box: ChatBox, monkeypatch: pytest.MonkeyPatch) -> None:
    """The page is told which file, and why; no question is lost."""
    messages = told(box, monkeypatch)
    put_in(box, "n" * 300, b"x", "1")
    deadline = time.monotonic() + PATIENCE
    while not messages and time.monotonic() < deadline:
        time.sleep(0.01)
    (message,) = messages
    assert (message["type"], message["id"]) == ("unattached", "1")
    assert "string too long" in message["text"]
    assert kinds(box) == []


@pytest.mark.parametrize(
    ("name", "tools", "chosen"),
    [
        ("a.csv", [CODE, SEARCH], CODE),
        ("a.CSV", [], CODE),
        ("a.xlsx", [CODE], CODE),
        ("no ending", [CODE, SEARCH], CODE),
        ("guide.md", [CODE, SEARCH], SEARCH),
        ("guide.PDF", [], SEARCH),
        ("guide.md", [CODE], CODE),
        ("a.csv", [SEARCH], SEARCH),
    ],
)
def test_tools_by_the_kind_of_file(name: str, tools: list[str], chosen: str) -> None:
    """Texts are searched, the rest is for code; where the assistant has one of both, that one."""
    given: dict[str, Any] = message_of("x", [Attached("file-1", name)], tools)
    assert given == {"content": "x", "attachments": [{"file_id": "file-1", "tools": [{"type": chosen}]}]}
