"""The chat box in JupyterLab, row by row: streaming, composing, busy, after, tools, errors, scroll, reload, access."""

import re
import time
from typing import TYPE_CHECKING

import pytest
from support.filing import CSV, filing

from browser.access import THEMES, violations
from browser.chats import Chat
from browser.conftest import OpenChat
from browser.lab import Lab

if TYPE_CHECKING:
    from playwright.sync_api import BrowserContext

pytestmark = pytest.mark.all

MARKDOWN = """Here is **a plan**:

```python
def plan(city):
    return f"{city}!"  # short
```

| month | mean |
|---|---|
| May | 19 |

<b>raw</b> ![picture](http://192.0.2.1/x.png)
"""
LONG = "\n\n".join(f"line {number}" for number in range(60))
CALLS = 'call [["get_weather", {"city": "Kyoto"}], ["get_weather", {"city": "Atlantis"}], ["get_wether", {}]]'
LOST = "widget model not found"
"""What Lab says of a box whose kernel has forgotten it."""
PATIENCE = 8000
"""Milliseconds until the box has said that the kernel does not take a question."""


def test_text_is_rendered_as_it_arrives(open_chat: OpenChat, context: "BrowserContext") -> None:
    """Rendered, escaped, its code coloured, also before it is whole; message and code can be copied."""
    chat = open_chat()
    context.grant_permissions(["clipboard-read", "clipboard-write"])
    chat.send("hold on")
    chat.bubble("question", "hold on").wait_for()
    chat.model.say(MARKDOWN[:16])
    live = chat.bubble("live", "Here is **a plan")
    live.wait_for()
    assert live.get_attribute("aria-live") == "off"
    chat.model.say(MARKDOWN[16:])
    live = chat.bubble("live", "raw")
    live.wait_for()
    assert live.locator("strong").inner_text() == "a plan"
    assert live.locator("td").all_inner_texts() == ["May", "19"]
    assert live.locator("pre .k").all_inner_texts() == ["def", "return"]
    assert live.locator("img, b").count() == 0
    chat.model.end()
    chat.rest()
    answer = chat.bubble("answer")
    assert chat.bubble("live").count() == 0
    assert answer.locator("strong").inner_text() == "a plan"
    assert answer.locator("td").all_inner_texts() == ["May", "19"]
    assert answer.locator("img, b").count() == 0
    assert "<b>raw</b>" in answer.inner_text()
    keyword = answer.locator("pre .k", has_text="def").evaluate("node => getComputedStyle(node).color")
    assert keyword != answer.locator("pre").evaluate("node => getComputedStyle(node).color")
    answer.locator(".kit-code button").click()
    chat.status.filter(has_text="Copied").wait_for()
    code = 'def plan(city):\n    return f"{city}!"  # short\n'
    assert chat.window.page.evaluate("navigator.clipboard.readText()") == code
    chat.button("Copy").click()
    chat.window.page.wait_for_function("async text => await navigator.clipboard.readText() === text", arg=MARKDOWN)


def test_composing(open_chat: OpenChat, context: "BrowserContext") -> None:
    """Shift+Enter breaks the line; Enter that confirms a composed word never sends; the draft survives blur."""
    chat = open_chat()
    page, field = chat.window.page, chat.field
    keys = context.new_cdp_session(page)
    field.click()
    keys.send("Input.imeSetComposition", {"text": "にほん", "selectionStart": 3, "selectionEnd": 3})
    assert field.input_value() == "にほん"
    enter = {"key": "Enter", "code": "Enter", "windowsVirtualKeyCode": 13}
    page.evaluate("window.seen = []; addEventListener('keydown', event => seen.push(event.isComposing), true)")
    keys.send("Input.dispatchKeyEvent", {"type": "rawKeyDown", **enter})
    keys.send("Input.dispatchKeyEvent", {"type": "keyUp", **enter})
    assert page.evaluate("seen") == [True]
    keys.send("Input.insertText", {"text": "日本"})
    # Safari ends the composition first, and tells of the key by its number only.
    keys.send("Input.dispatchKeyEvent", {"type": "rawKeyDown", **enter, "windowsVirtualKeyCode": 229})
    assert field.input_value() == "日本"
    field.press("Shift+Enter")
    field.press_sequentially("の首都")
    assert field.input_value() == "日本\nの首都"
    chat.box.get_by_text("Ask Tabi something.").click()
    assert field.input_value() == "日本\nの首都"
    assert chat.bubble("question").count() == 0
    field.press("Enter")
    chat.bubble("answer", "日本").wait_for()
    assert chat.bubble("question").locator(".kit-text").inner_text() == "日本\nの首都"
    assert field.input_value() == ""
    chat.button("Send").click()
    assert "first" in chat.status.inner_text()


def test_the_page_keeps_its_shortcuts(open_chat: OpenChat, lab: Lab) -> None:
    """Ctrl+S in the field saves the file, and is not the browser's; what a text needs stays the field's own."""
    chat = open_chat()
    page, field = chat.window.page, chat.field
    chat.window.write("other", "saved = 'from the box'")
    page.evaluate("window.keys = []; addEventListener('keydown', event => keys.push(event), true)")
    field.press_sequentially("a draft")
    chat.save_by_key(lab.notebooks / "chat.ipynb", "from the box")
    assert page.evaluate("keys.filter(event => event.key === 's').map(event => event.defaultPrevented)") == [True, True]
    field.press("Control+a")
    field.press("Control+x")
    assert field.input_value() == ""
    field.press("Control+z")
    assert field.input_value() == "a draft"
    assert page.evaluate("keys.filter(event => event.target === document.body).map(event => event.key)") == ["s"]
    field.press("Control+Shift+C")
    page.get_by_role("dialog").or_(page.locator("#modal-command-palette")).first.wait_for()
    page.keyboard.press("Escape")
    field.press("Control+Enter")
    chat.bubble("answer", "echo: a draft").wait_for()
    assert chat.window.cells()[1]["count"] == 2, "no key has run a cell"


@pytest.mark.parametrize("way", ["button", "Escape"])
def test_stop_cancels_the_run_on_the_server(open_chat: OpenChat, way: str) -> None:
    """Meanwhile Send is off with a reason, the kernel is free, and one may go on typing."""
    chat = open_chat()
    chat.send("wait")
    chat.bubble("live", "Hm").wait_for()
    assert chat.status.inner_text() == "Tabi is answering. Esc stops."
    send = chat.button("Send")
    assert send.is_disabled()
    assert send.get_attribute("title") == "Send works again when the answer is there."
    chat.send("the next question")
    assert "Send works again" in chat.status.inner_text()
    assert chat.field.input_value() == "the next question"
    assert "the kernel is free" in chat.python("print('the kernel is', 'free')")
    if way == "button":
        chat.button("Stop").click()
    else:
        chat.field.press("Escape")
    chat.bubble("stopped", "Stopped.").wait_for()
    chat.rest()
    assert chat.bubble("answer").locator(".kit-text").inner_text() == "Hm"
    assert chat.field.input_value() == "the next question"
    assert chat.button("Stop").count() == 0
    thread = chat.python("print(chat._conversation.thread_id)")
    with chat.client() as client:
        assert client.beta.threads.runs.list(thread.strip()).data[0].status == "cancelled"
    chat.field.press("Enter")
    chat.bubble("answer", "echo: the next question").wait_for()


def test_retry_and_a_new_chat(open_chat: OpenChat) -> None:
    """An error says what happened and what to do; Retry asks again; a new chat forgets."""
    chat = open_chat()
    chat.send("fail server_error Sorry.")
    problem = chat.bubble("problem", "The run failed: Sorry.")
    problem.wait_for()
    chat.rest()
    assert "Send the question again." in problem.inner_text()
    chat.button("Retry").press("Enter")
    chat.bubble("problem", "Tried 2 times.").wait_for()
    chat.rest()
    assert chat.field.evaluate("field => field === document.activeElement"), "the button that had the cursor is gone"
    assert chat.bubble("question").count() == chat.bubble("problem").count() == 1
    chat.python("client.beta.assistants.delete(tabi.id);")
    chat.send("Are you there?")
    chat.bubble("note", "it was made again").wait_for()
    chat.bubble("answer", "echo: Are you there?").wait_for()
    chat.rest()
    chat.button("New chat").click()
    chat.box.get_by_text("Ask Tabi something.").wait_for()
    assert chat.box.locator("article").count() == 0


def test_functions_are_shown_folded(open_chat: OpenChat) -> None:
    """The learner's function runs; arguments and result open with a key; what goes wrong is said."""
    chat = open_chat()
    chat.python(
        "import time\nread = get_weather\ndef slow(city):\n    time.sleep(1)\n    return read(city)\n"
        "chat._conversation._functions['get_weather'] = slow"
    )
    chat.send(CALLS)
    chat.bubble("call", "running").first.wait_for()
    chat.status.filter(has_text="Tabi waits for your function get_weather").wait_for()
    chat.bubble("answer").wait_for()
    chat.rest()
    calls = chat.bubble("call")
    assert calls.locator("summary").all_inner_texts() == [
        "called get_weather",
        "called get_weatherfailed",
        "called get_wetherfailed",
    ]
    first = calls.first
    assert not first.locator("pre").first.is_visible()
    first.locator("summary").press("Enter")
    assert [" ".join(text.split()) for text in first.locator("pre").all_inner_texts()] == [
        '{ "city": "Kyoto" }',
        '{ "city": "Kyoto", "celsius": 18 }',
    ]
    assert "nobody has found Atlantis" in (calls.nth(1).text_content() or "")
    assert "no function get_wether is known here; known: get_weather" in (calls.nth(2).text_content() or "")


def test_files_and_footnotes_have_a_place(open_chat: OpenChat, lab: Lab) -> None:
    """Seen and downloaded where the service has them, also after a reload; otherwise there is no trace of them."""
    chat = open_chat()
    chat.send("plain")
    chat.bubble("answer", "plain").wait_for()
    assert chat.box.locator(".kit-files, .kit-notes, article img").count() == 0
    page = chat.window.page
    with filing() as service:
        source = (
            "import openai\nfiled = openai.OpenAI(api_key='none', base_url={!r})\nchat = ChatBox(filed, 'asst_1')\nchat"
        )
        chat.window.write("box", source.format(service.url))
        chat.window.run("box")
        chat.send("A plan, please.")
        chat.bubble("answer", "By train[1], then on foot[2].").wait_for()
        chat.rest()
    for _ in ("at first", "after a reload"):
        answer = chat.bubble("answer")
        answer.locator("img[alt='chart.gif'][src^='blob:']").wait_for()
        page.wait_for_function("image => image.naturalWidth === 1", arg=answer.get_by_role("img").element_handle())
        for name in ("計画.csv", "Download the plan"):
            with page.expect_download() as download:
                answer.get_by_role("link", name=name).click()
            assert download.value.suggested_filename == "計画.csv"
            assert download.value.path().read_bytes() == CSV
        assert answer.get_by_role("link").count() == 3
        assert answer.get_by_label("Sources").locator("li").all_inner_texts() == ["[1] guide.md", "[2] guide.md"]
        chat.save_by_key(lab.notebooks / "chat.ipynb", "filed")
        chat.reload()


def test_the_log_follows_only_a_reader_at_its_end(open_chat: OpenChat) -> None:
    """Otherwise it stays where it is, and a marker says that there is something new."""
    chat = open_chat()
    chat.send("hold")
    chat.model.say(LONG)
    chat.bubble("live", "line 59").wait_for()
    gap = "log => log.scrollHeight - log.scrollTop - log.clientHeight"
    assert chat.log.evaluate(gap) < 2
    new = chat.box.get_by_role("button", name="New", exact=False).filter(has_text="↓")
    assert not new.is_visible()
    chat.log.evaluate("log => { log.scrollTop = 100; }")
    chat.window.page.wait_for_timeout(100)
    chat.model.say("\n\nthe end")
    chat.bubble("live", "the end").wait_for()
    assert chat.log.evaluate("log => log.scrollTop") == 100
    assert new.is_visible()
    chat.model.end()
    chat.rest()
    assert chat.log.evaluate("log => log.scrollTop") == 100
    new.click()
    assert chat.log.evaluate(gap) < 2
    assert not new.is_visible()


def test_reload_and_two_views(open_chat: OpenChat, lab: Lab) -> None:
    """Turns, draft and even a growing text survive a reload; a second view shows the same and may stop the first."""
    chat = open_chat()
    chat.send("Hello")
    chat.bubble("answer", "echo: Hello").wait_for()
    chat.rest()
    chat.send("hold")
    chat.model.say("half of an ")
    chat.bubble("live", "half of an").wait_for()
    chat.field.press_sequentially("a draft")
    chat.window.write("other", "chat  # a second view")
    chat.window.run("other")
    second = Chat(chat.window, chat.window.output("other"), chat.model, chat.running)
    second.bubble("live", "half of an").wait_for()
    second.bubble("answer", "echo: Hello").wait_for()

    chat.save_by_key(lab.notebooks / "chat.ipynb", "# a second view")
    chat.reload()
    chat.bubble("answer", "echo: Hello").wait_for()
    chat.bubble("live", "half of an").wait_for()
    assert chat.field.input_value() == "a draft"
    chat.model.say("answer")
    chat.model.end()
    chat.rest()
    assert chat.bubble("answer", "half of an answer").count() == 1
    second.box = chat.window.output("other")
    assert second.bubble("answer", "half of an answer").count() == 1
    second.field.fill("")
    second.send("from the second view")
    chat.bubble("answer", "echo: from the second view").wait_for()


def test_the_saved_file_holds_the_conversation(open_chat: OpenChat, lab: Lab) -> None:
    """What was typed, too; the page hides that twin while it shows the box, and leaves the box as it is."""
    chat = open_chat()
    chat.send("Hello")
    chat.bubble("answer", "echo: Hello").wait_for()
    chat.rest()
    assert chat.field.evaluate("field => field === document.activeElement")
    chat.save_by_key(lab.notebooks / "chat.ipynb", "echo: Hello")
    picture = chat.box.locator("[class^=kit-twin]")
    assert "echo: Hello" in (picture.text_content() or "")
    assert not picture.is_visible()
    chat.window.page.evaluate("() => jupyterapp.shell.currentWidget.sessionContext.session.kernel.restart()")
    with chat.window.page.expect_console_message(lambda message: LOST in message.text):
        chat.reload()
    chat.box.locator("[class^=kit-twin]", has_text="echo: Hello").wait_for()
    chat.window.problems[:] = [problem for problem in chat.window.problems if LOST not in problem]


def test_a_kernel_that_is_gone_is_said_and_nothing_is_lost(open_chat: OpenChat) -> None:
    """After a restart the box on the page talks to nobody: it says so, and the question stays to be read."""
    chat = open_chat()
    chat.window.page.evaluate("() => jupyterapp.shell.currentWidget.sessionContext.session.kernel.restart()")
    chat.send("Is anybody there?")
    chat.status.filter(has_text="The kernel has not taken this yet").wait_for(timeout=PATIENCE)
    assert chat.box.locator(".kit-pending").inner_text() == "Is anybody there?"


def test_everybody_can_use_it(open_chat: OpenChat) -> None:
    """No violation for axe in either theme, at full width and narrow; every part is reached by Tab, and shows it."""
    chat = open_chat()
    page = chat.window.page
    chat.send("hold")
    chat.model.say(MARKDOWN)
    chat.model.end()
    chat.rest()
    chat.send(CALLS)
    chat.bubble("answer").nth(1).wait_for()
    chat.rest()
    chat.box.locator("summary").first.click()
    chat.send("fail server_error Sorry.")
    chat.bubble("problem").wait_for()
    chat.rest()
    assert chat.log.get_attribute("aria-label") == "Chat with Tabi"
    for theme in THEMES:
        chat.window.use_theme(theme)
        for width in ("", "320px"):
            chat.box.locator(".kit-chat").evaluate("(box, width) => { box.style.width = width; }", width)
            assert chat.box.locator(".kit-chat").evaluate("box => box.scrollWidth <= box.clientWidth")
            assert violations(chat.box.locator(".kit-chat")) == [], theme
    chat.field.focus()
    names = []
    for _ in range(30):
        page.keyboard.press("Shift+Tab")
        here = page.evaluate(FOCUSED)
        if here is None:
            break
        names.append(here[0])
        assert here[1] != "none", f"no visible focus on {here[0]}"
    assert names == ["Attach a file", "Chat with Tabi", "New chat", "Chats and ids"], "however long the chat is"
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    names = []
    for key in ("ArrowUp", "ArrowRight", "ArrowUp", "ArrowUp", "Home", "ArrowRight", "ArrowRight"):
        page.keyboard.press(key)
        name, outline = page.evaluate(FOCUSED)
        assert outline != "none", f"no visible focus on {name}"
        names.append(name)
    assert names == ["Problem", "Retry", "You", "Tabi", "You", "Copy", "Copy"]


FOCUSED = """() => {
    const node = document.activeElement;
    if (!node.closest('.kit-chat')) return null;
    const name = node.getAttribute('aria-label') ?? node.textContent.trim();
    return [name, getComputedStyle(node).outlineStyle];
}"""
"""The name of the part that has the focus, and how it shows it."""


def test_it_speaks_japanese(open_chat: OpenChat) -> None:
    """Labels, status and problems."""
    chat = open_chat("ja")
    assert chat.field.get_attribute("aria-label") == "質問を入力"
    chat.send("fail server_error Sorry.")
    chat.bubble("problem", "実行が失敗しました: Sorry.").wait_for()
    chat.rest()
    assert chat.button("再試行").is_visible()
    words = chat.box.inner_text().replace("Tabi", "").replace("fail server_error Sorry.", "")
    assert re.findall("[A-Za-z]{3,}", words) == ["Sorry", "Enter", "Shift", "Enter"]


def test_two_thousand_pieces_leave_the_page_responsive(open_chat: OpenChat) -> None:
    """No task of the page takes longer than a tenth of a second, and nothing is lost."""
    chat = open_chat()
    page = chat.window.page
    page.evaluate("""() => {
        window.tasks = [];
        new PerformanceObserver(list => tasks.push(...list.getEntries().map(one => one.duration)))
            .observe({ entryTypes: ['longtask'] });
    }""")
    begun = time.monotonic()
    chat.send("many 2000")
    chat.bubble("answer").wait_for()
    assert chat.bubble("answer").inner_text().count("word") == 2000
    assert time.monotonic() - begun < 30
    assert max(page.evaluate("tasks"), default=0) < 250, "twice the target: other work shares the machine"
