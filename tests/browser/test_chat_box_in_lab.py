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
    OWN: ("prepare", "actors-create", OWN, "say", "answer-function", "worker-functions", "click"),
}
"""The cell that shows a box, and the cells of the lesson that it takes."""
SLOW = 6.0
"""Seconds that a run takes where a test looks at what happens meanwhile."""
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
    cell: NotebookNode = v4.new_code_cell(source, id=name)  # type: ignore[no-untyped-call]
    return cell


def ask(box: "Locator", question: str, field: str = "textarea") -> None:
    """Type a question, letter by letter, and click Send."""
    box.locator(field).press_sequentially(question)
    box.get_by_role("button", name="Send").click()


def bubble(box: "Locator", kind: str, text: str) -> "Locator":
    """The bubble of this kind that holds this text."""
    return box.locator(f"[data-kind={kind}]", has_text=text)


def test_a_question_is_answered(chat: Chat) -> None:
    """Japanese goes in and comes out, by mouse and by keyboard; markup in a question neither draws nor runs."""
    window, box = chat()
    field = box.locator("textarea")
    ask(box, QUESTION)
    bubble(box, "question", QUESTION).wait_for()
    bubble(box, "answer", ANSWER).wait_for()
    box.locator("textarea:enabled").wait_for()
    assert field.input_value() == ""
    field.press_sequentially("What was my first question?")
    for key in ("Tab", "Space"):
        window.page.keyboard.press(key)
    bubble(box, "answer", QUESTION).wait_for()
    box.get_by_role("button", name="Send").wait_for()
    for path in (FOLDER / "images" / "07_chat_box.png", ROOT / "docs" / "chat_box.png"):
        picture(box.locator(".jp-OutputArea-output"), path, framed=720)

    field.press_sequentially("<img src=x onerror=\"console.error('it ran')\">")
    field.press("Enter")  # breaks the line, and sends nothing
    ask(box, "<b>bold</b>")
    bubble(box, "question", "onerror").wait_for()
    assert bubble(box, "question", "onerror").inner_text().endswith("\n<b>bold</b>")
    assert box.locator("[data-kind] img, [data-kind] b").count() == 0
    box.get_by_role("button", name="Send").wait_for()


def test_the_kernel_is_free_meanwhile(chat: Chat) -> None:
    """While a slow run goes on, Send is off with a reason, and another cell runs at once."""
    window, box = chat(pace=SLOW)
    ask(box, QUESTION)
    bubble(box, "question", QUESTION).wait_for()
    assert box.get_by_role("button").is_disabled()
    assert "Tabi is answering" in box.get_by_role("status").inner_text()

    window.write("other", "print('the kernel is', 'free')")
    window.run("other")
    assert "the kernel is free" in window.output("other").inner_text()
    assert box.locator("[data-kind=answer]").count() == 0
    bubble(box, "answer", ANSWER).wait_for()


def test_a_problem_appears_and_the_question_stays(chat: Chat) -> None:
    """The assistant was deleted meanwhile: the box says so, and what was typed is in the field again."""
    window, box = chat()
    window.write("other", "client.beta.assistants.delete(tabi.id);")
    window.run("other")
    ask(box, QUESTION)
    bubble(box, "problem", "No assistant found").wait_for()
    bubble(box, "problem", "run the cell that creates it again").wait_for()
    box.locator("textarea:enabled").wait_for()
    assert box.locator("textarea").input_value() == QUESTION
    assert box.get_by_role("button", name="Send").is_enabled()


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


def test_two_quick_clicks_keep_the_hint(chat: Chat) -> None:
    """The finished box goes on telling that Tabi is answering."""
    window, box = chat(pace=SLOW)
    box.locator("textarea").press_sequentially(QUESTION)
    box.get_by_role("button", name="Send").dblclick()
    window.write("other", "print('after', 'both clicks')")
    window.run("other")
    assert "after both clicks" in window.output("other").inner_text()
    box.get_by_role("status").filter(has_text="Tabi is answering").wait_for(timeout=SLOW * 500)
    assert box.locator("[data-kind=question]").count() == 1
    bubble(box, "answer", ANSWER).wait_for()


def test_a_long_conversation_can_be_read(chat: Chat) -> None:
    """The log shows its end by itself; text and ground differ by 4.5 : 1 at least, in Lab's two themes."""
    window, box = chat(pace=0)
    window.write("other", "for number in range(9): _ = chat.ask(f'What is {number} + 1?')")
    window.run("other")
    last = bubble(box, "answer", "9").last
    last.wait_for()
    log = last.locator("xpath=ancestor::*[contains(@style, 'max-height')][1]").bounding_box()
    end = last.bounding_box()
    assert log
    assert end
    assert log["y"] <= end["y"]
    assert end["y"] + end["height"] <= log["y"] + log["height"] + 1

    for theme in ("JupyterLab Dark", "JupyterLab Light"):
        window.use_theme(theme)
        ratios = box.locator("[data-kind] span").evaluate_all(CONTRAST)
        assert len(ratios) == 18
        assert min(ratios) >= 4.5, theme


CONTRAST = """spans => {
    const light = colour => colour.match(/[\\d.]+/g).slice(0, 3)
        .map(part => part / 255).map(part => part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4)
        .reduce((sum, part, place) => sum + part * [0.2126, 0.7152, 0.0722][place], 0);
    return spans.map(span => {
        const pair = [light(getComputedStyle(span).color), light(getComputedStyle(span.parentElement).backgroundColor)];
        return (Math.max(...pair) + 0.05) / (Math.min(...pair) + 0.05);
    });
}"""
"""The contrast of each text with its bubble, as the Web Content Accessibility Guidelines count it."""
