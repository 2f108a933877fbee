"""Pictures, files and sources in the chat box: shown as far as the service hands them out, and no further."""

from typing import Any

import openai
import pytest
from support.filing import CSV, PIXEL, filing

from helpers import ChatBox
from helpers.chat.events import File, Note, Said, said_of
from helpers.chat.files import LIMIT

SOURCES = [{"mark": "[1]", "text": "guide.md"}, {"mark": "[2]", "text": "guide.md"}]


def ask(url: str) -> ChatBox:
    """A box that has asked its question."""
    box = ChatBox(openai.OpenAI(api_key="none", base_url=url, max_retries=0), "asst_1")
    assert box.ask("A plan, please.").startswith("By train[1], then on foot[2].")
    return box


def sent_for(box: ChatBox, number: str, monkeypatch: pytest.MonkeyPatch) -> list[tuple[dict[str, Any], list[bytes]]]:
    """What the page gets when it asks for the file of this id."""
    sent: list[tuple[dict[str, Any], list[bytes]]] = []
    with monkeypatch.context() as patch:
        patch.setattr(box.widget, "send", lambda message, buffers: sent.append((message, buffers)))
        box.widget._handle_custom_msg({"type": "file", "id": number}, [])
    return sent


def test_marks_stand_for_citations() -> None:
    """Each annotation has its own mark, a file is there once, and a plain message has none of it."""
    annotations = [
        {"type": "file_citation", "text": "【g】", "file_citation": {"file_id": "file_1", "quote": "by train"}},
        {"type": "file_citation", "text": "【g】", "file_citation": {"file_id": "file_1"}},
        {"type": "file_path", "text": "sandbox:/mnt/data/plan.csv", "file_path": {"file_id": "file_2"}},
        {"type": "file_path", "text": "sandbox:/mnt/data/plan.csv", "file_path": {"file_id": "file_2"}},
    ]
    text = {"value": "Go【g】. And go【g】.", "annotations": annotations}
    content = [{"type": "image_file", "image_file": {"file_id": "file_3"}}, {"type": "text", "text": text}]
    attachments = [{"file_id": "file_4"}, {"file_id": "file_2"}]
    assert said_of({"content": content, "attachments": attachments}) == Said(
        "Go[1]. And go[2].",
        (File("file_3", picture=True), File("file_2", path="sandbox:/mnt/data/plan.csv"), File("file_4")),
        (Note("[1]", "by train", "file_1"), Note("[2]", "", "file_1")),
    )
    assert said_of({"content": "plain"}) == Said("plain")


def test_files_are_fetched_and_handed_to_the_page(monkeypatch: pytest.MonkeyPatch) -> None:
    """By their names, with their content when the page asks; what the service does not know is not offered."""
    with filing() as service:
        box = ask(service.url)
    turn = box.widget.turns[-1]
    assert [(file["name"], file["picture"], file["served"]) for file in turn["files"]] == [
        ("chart.gif", True, True),
        ("計画.csv", False, True),
        ("guide.md", False, True),
    ]
    assert turn["notes"] == SOURCES
    assert sent_for(box, "file-chart", monkeypatch) == [
        ({"type": "file", "id": "file-chart", "mime": "image/gif"}, [PIXEL])
    ]
    assert sent_for(box, "file-plan", monkeypatch)[0][1] == [CSV]
    assert sent_for(box, "file-gone", monkeypatch) == []
    assert 'href="sandbox:' not in turn["html"]
    assert 'data-path="sandbox:/mnt/data/計画.csv"' in turn["html"]
    assert repr(box).endswith("\n[1] guide.md\n[2] guide.md\nchart.gif\n計画.csv\nguide.md")
    box.close()


def test_what_the_service_does_not_hand_out_is_only_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """As with a file that was uploaded for assistants: the service knows it, and refuses its content."""
    with filing("names") as service:
        box = ask(service.url)
    assert [(file["name"], file["served"]) for file in box.widget.turns[-1]["files"]] == [
        ("chart.gif", False),
        ("計画.csv", False),
        ("guide.md", False),
    ]
    assert sent_for(box, "file-plan", monkeypatch) == []
    box.close()


def test_nothing_is_offered_by_a_service_without_files() -> None:
    """The text is shown; a source has nothing but its id."""
    with filing("nothing") as service:
        box = ask(service.url)
    turn = box.widget.turns[-1]
    assert turn["files"] == []
    assert [note["text"] for note in turn["notes"]] == ["file-guide", "file-guide"]
    box.close()


def test_what_is_too_big_is_not_fetched(monkeypatch: pytest.MonkeyPatch) -> None:
    """It says how to get it in code."""
    monkeypatch.setattr("helpers.chat.files.LIMIT", 5)
    with filing() as service:
        box = ask(service.url)
    assert LIMIT > 100_000, "a chart of matplotlib"
    files = box.widget.turns[-1]["files"]
    assert files[0]["name"].startswith("chart.gif is too big")
    assert files[0]["name"].endswith("client.files.content('file-chart')")
    assert not any(file["served"] for file in files)
    assert not any(path.endswith("/content") for path in service.asked)
    box.close()
