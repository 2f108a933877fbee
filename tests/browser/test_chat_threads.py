"""The threads of the chat box in JupyterLab: starters, menu, going back, editing, older messages, the lock."""

from typing import TYPE_CHECKING

import pytest

from browser.access import THEMES, violations
from browser.chats import Chat
from browser.conftest import OpenChat
from browser.lab import Lab

if TYPE_CHECKING:
    from playwright.sync_api import BrowserContext

pytestmark = pytest.mark.all

OLD = """
texts = [{"role": "user" if n % 2 else "assistant", "content": f"number {n}"} for n in range(1, 60)]
old = client.beta.threads.create(messages=texts[:32])
for text in texts[32:]:
    client.beta.threads.messages.create(old.id, **text)
chat = ChatBox(client, tabi, thread=old)
chat
"""
PLACE = "node => node.getBoundingClientRect().top - node.closest('.kit-log').getBoundingClientRect().top"
"""How far below the upper edge of the log."""
FOCUSED_IN_BOX = "() => document.activeElement.closest('.kit-chat') !== null"


def everybody(chat: Chat) -> None:
    """No violation for axe in either theme, wide and narrow, and nothing is cut off."""
    root = chat.box.locator(".kit-chat")
    for theme in THEMES:
        chat.window.use_theme(theme)
        for width in ("", "320px"):
            root.evaluate("(box, width) => { box.style.width = width; }", width)
            assert root.evaluate("box => box.scrollWidth <= box.clientWidth")
            assert violations(root) == [], theme
    root.evaluate("box => { box.style.width = ''; }")


def test_a_click_on_a_starter_sends_it(open_chat: OpenChat) -> None:
    """Three are there while the box is empty."""
    chat = open_chat()
    starters = chat.box.get_by_role("group", name="Questions to begin with").get_by_role("button")
    assert starters.count() == 3
    everybody(chat)
    text = starters.nth(1).inner_text()
    starters.nth(1).press("Enter")
    chat.bubble("answer", f"echo: {text}").wait_for()
    chat.rest()
    assert starters.count() == 0
    assert chat.window.page.evaluate(FOCUSED_IN_BOX)


def test_the_menu_holds_ids_and_earlier_chats(open_chat: OpenChat, context: "BrowserContext", lab: Lab) -> None:
    """One click to the ids, which can be copied; a second one goes back to a chat, which goes on where it was."""
    chat = open_chat()
    context.grant_permissions(["clipboard-read", "clipboard-write"])
    menu = chat.box.get_by_label("Chats and ids")
    menu.click()
    chat.box.get_by_text("The first question makes a thread").wait_for()
    chat.field.click()
    assert not chat.box.get_by_text("The first question makes a thread").is_visible()
    chat.send("the first chat")
    chat.bubble("answer", "echo: the first chat").wait_for()
    chat.rest()
    chat.button("New chat").click()
    chat.box.get_by_text("Ask Tabi something.").wait_for()
    chat.send("the second chat")
    chat.bubble("answer", "echo: the second chat").wait_for()
    chat.rest()
    thread, run = chat.python("print(chat.thread_id, chat.run.id)").split()
    menu.click()
    panel = chat.box.locator(".kit-panel")
    assert panel.locator("code").all_inner_texts() == [thread, run]
    panel.get_by_role("button", name="Copy").first.click()
    chat.window.page.wait_for_function("async id => await navigator.clipboard.readText() === id", arg=thread)
    everybody(chat)
    panel.get_by_role("button", name="the first chat").focus()
    chat.window.page.keyboard.press("Escape")
    assert not panel.is_visible()
    assert menu.evaluate("menu => menu === document.activeElement")
    menu.click()
    panel.get_by_role("button", name="the first chat").click()
    chat.bubble("answer", "echo: the first chat").wait_for()
    assert chat.bubble("question", "the second chat").count() == 0
    assert chat.window.page.evaluate(FOCUSED_IN_BOX)
    chat.save_by_key(lab.notebooks / "chat.ipynb", "first chat")
    chat.reload()
    chat.box.get_by_label("Chats and ids").click()
    chat.box.get_by_role("button", name="the second chat").wait_for()


def test_the_last_question_can_be_edited(open_chat: OpenChat) -> None:
    """Esc leaves it, and the draft comes back; Enter asks it on a new thread, and says why."""
    chat = open_chat()
    for text in ("one", "two"):
        chat.send(text)
        chat.bubble("answer", f"echo: {text}").wait_for()
        chat.rest()
    chat.field.fill("a draft")
    question = chat.bubble("question", "two")
    question.hover()
    question.get_by_role("button", name="Edit").click()
    assert chat.bubble("question", "one").get_by_role("button", name="Edit").count() == 0
    assert chat.field.input_value() == "two"
    chat.status.filter(has_text="Change your question").wait_for()
    chat.field.press("Escape")
    assert chat.field.input_value() == "a draft"
    question.hover()
    question.get_by_role("button", name="Edit").click()
    chat.field.press("End")
    chat.field.press_sequentially(" and a half")
    chat.field.press("Enter")
    chat.bubble("answer", "echo: two and a half").wait_for()
    chat.rest()
    assert chat.box.locator("article .kit-text").all_inner_texts() == [
        *("one", "echo: one", "two and a half", "echo: two and a half"),
    ]
    chat.bubble("note", "cannot be edited").wait_for()
    assert chat.field.input_value() == "a draft"


def test_an_older_thread_is_shown(open_chat: OpenChat) -> None:
    """From its end; a button has more, and leaves the reader where he was."""
    chat = open_chat()
    chat.window.write("box", OLD)
    chat.window.run("box")
    chat.log.get_by_text("number 59", exact=True).wait_for()
    assert chat.box.locator("article").count() == 50
    seen = chat.log.get_by_text("number 10", exact=True)
    button = chat.box.get_by_role("button", name="Show older messages")
    button.scroll_into_view_if_needed()
    before = seen.evaluate(PLACE)
    button.click()
    chat.log.get_by_text("number 1", exact=True).wait_for(state="attached")
    assert not button.is_visible()
    assert abs(seen.evaluate(PLACE) - before) < 2
    chat.send("and now?")
    chat.bubble("answer", "echo: and now?").wait_for()


def test_another_run_can_be_waited_for(open_chat: OpenChat) -> None:
    """The run of another box locks the thread; Wait asks when that has ended."""
    chat = open_chat()
    chat.send("Hello")
    chat.bubble("answer", "echo: Hello").wait_for()
    chat.rest()
    chat.python(
        "other = ChatBox(client, tabi, thread=chat.thread_id)\n"
        "import threading\nthreading.Thread(target=other.ask, args=['hold']).start()"
    )
    chat.send("And I?")
    problem = chat.bubble("problem", "Another run is at work on this thread.")
    problem.wait_for()
    chat.rest()
    assert problem.get_by_role("button").all_inner_texts() == ["Wait", "Retry"]
    everybody(chat)
    chat.button("Wait").click()
    chat.status.filter(has_text="Waiting for the other run.").wait_for()
    chat.model.say("done")
    chat.model.end()
    chat.bubble("answer", "echo: And I?").wait_for()
    assert chat.bubble("problem").count() == 0
