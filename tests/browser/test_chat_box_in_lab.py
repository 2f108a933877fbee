"""The chat boxes of lesson 07 in JupyterLab: typed into, clicked, and looked at."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from nbformat import NotebookNode, v4
from support.notebooks.files import FOLDER, ROOT, read, write
from support.notebooks.updating import normalised

from browser.conftest import Open
from browser.lab import Lab
from browser.pictures import picture
from browser.window import Window

if TYPE_CHECKING:
    from playwright.sync_api import Locator

pytestmark = pytest.mark.all

FINISHED = "chat-box"
OWN = "look-box"
PARTS = {
    FINISHED: ("prepare", "actors-create", FINISHED),
    OWN: (
        *("prepare", "actors-create", "actors-thread", OWN),
        *("say", "answer-function", "worker-functions", "click", "click-listen"),
    ),
}
"""The cell that shows a box, and the cells of the lesson that it takes."""
QUESTION = "日本の首都はどこですか?"
ANSWER = "日本の首都は東京です。"

Chat = Callable[..., tuple[Window, "Locator"]]


@pytest.fixture
def chat(open_in_lab: Open, lab: Lab) -> Chat:
    """Call it: a part of the lesson in Lab, run as far as the learner begins to type, and what the cell `of` shows."""

    def open_chat(of: str = FINISHED, pace: float = 0.3) -> tuple[Window, "Locator"]:
        window = open_in_lab(part_of_the_lesson(lab.notebooks, PARTS[of], pace))
        window.run_all()
        assert window.errors() == []
        box = window.output(of)
        box.scroll_into_view_if_needed()
        return window, box

    return open_chat


def part_of_the_lesson(folder: Path, names: tuple[str, ...], pace: float) -> str:
    """The name of a notebook of these cells of the lesson, and an empty one called `other`."""
    lesson = read(FOLDER / "07_chat_box.ipynb")
    chosen = [cell for cell in lesson.cells if cell.id in names]
    assert len(chosen) == len(names)
    lesson.cells = [code("pace", f"import os\nos.environ['KIT_PACE'] = '{pace}'"), *chosen, code("other")]
    write(normalised(lesson), folder / "chat.ipynb")
    return "chat.ipynb"


def code(name: str, source: str = "") -> NotebookNode:
    """A code cell of this name."""
    cell: NotebookNode = v4.new_code_cell(source, id=name)
    return cell


def ask(box: "Locator", question: str, field: str = "textarea") -> None:
    """Type a question, letter by letter, and click Send."""
    box.locator(field).press_sequentially(question)
    box.get_by_role("button", name="Send").click()


def bubble(box: "Locator", kind: str, text: str) -> "Locator":
    """The bubble of this kind that holds this text."""
    return box.locator(f"[data-kind={kind}]:not(.kit-pending)", has_text=text)


def test_a_question_is_answered(chat: Chat) -> None:
    """Japanese goes in and comes out of the lesson's box, by keyboard and by mouse."""
    _, box = chat()
    field = box.locator("textarea")
    field.press_sequentially(QUESTION)
    field.press("Enter")
    bubble(box, "answer", ANSWER).wait_for()
    assert field.input_value() == ""
    ask(box, "What was my first question?", field="textarea")
    bubble(box, "answer", QUESTION).wait_for()
    box.locator(".kit-chat:not(.kit-busy)").wait_for()
    for path in (FOLDER / "images" / "07_chat_box.png", ROOT / "docs" / "chat_box.png"):
        picture(box.locator(".jp-OutputArea-output").first, path, framed=720)


def test_the_own_box_works(chat: Chat) -> None:
    """The thirty lines of the lesson, used with the mouse."""
    _, box = chat(OWN)
    picture(box.locator(".jp-OutputArea-output"), FOLDER / "images" / "07_empty_box.png", framed=480)
    ask(box, QUESTION, field="input[type=text]")
    box.locator("p", has_text=f"Tabi: {ANSWER}").wait_for()
    assert box.locator("p").all_inner_texts() == [f"You: {QUESTION}", f"Tabi: {ANSWER}"]
    assert box.locator("input[type=text]").input_value() == ""
    picture(box.locator(".jp-OutputArea-output"), FOLDER / "images" / "07_own_box.png", framed=480)


def test_two_quick_clicks_send_one_question(chat: Chat) -> None:
    """The second click arrives before the button is off, and finds the field empty; so does a click without a text."""
    window, box = chat(OWN)
    box.get_by_role("button", name="Send").dblclick()
    box.locator("input[type=text]").press_sequentially(QUESTION)
    box.get_by_role("button", name="Send").dblclick()
    window.write("other", "worker.join()\nprint(history.value.count('<p>'), 'lines')")
    window.run("other")
    assert "2 lines" in window.output("other").inner_text()
    assert box.locator("p").all_inner_texts() == [f"You: {QUESTION}", f"Tabi: {ANSWER}"]
