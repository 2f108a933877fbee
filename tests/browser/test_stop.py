"""Stop and Esc while the kernel is busy: in JupyterLab, with a cell, `ask` and a function at work."""

import pytest
from nbformat import v4
from support.notebooks.files import write
from support.notebooks.updating import normalised

from browser.chats import CLIENT, KERNEL, KEY, Chat, Obedient, code, served
from browser.conftest import Open, OpenChat
from browser.lab import Lab

pytestmark = pytest.mark.all

SLEEP = "import time\ntime.sleep(10)\nprint('the cell is done')"
SLOW = """
import time
def slow(city):
    time.sleep(8)
    return city
chat._conversation._functions["get_weather"] = slow
"""
CALL = 'call [["get_weather", {"city": "Kyoto"}]]'
OLDER = "chat.widget.comm._reply_subshell_for = lambda data, subshell: None"
"""What any kernel does that knows no subshells: it takes the message when the cell is done."""
PLAYGROUND = """
from helpers import Playground
lab = Playground(client)
lab
"""


def shown(chat: Chat) -> str:
    """What the cell `other` shows by now."""
    return str(chat.window.output("other").inner_text())


def end_of_cell(chat: Chat) -> None:
    """Wait until the cell that was begun is done."""
    chat.window.page.wait_for_function("window.kitRan !== undefined")


@pytest.mark.parametrize("way", ["Stop", "Escape"])
def test_while_a_cell_runs(open_chat: OpenChat, way: str) -> None:
    """The run is stopped, and the cell goes on; the next question is answered and saved."""
    chat = open_chat()
    chat.send("hold")
    chat.model.say("begun")
    chat.bubble("live", "begun").wait_for()
    chat.window.write("other", SLEEP)
    chat.window.begin("other")
    chat.model.say(" and grown")  # what is written meanwhile leads the kernel to send messages to the cell's loop
    chat.bubble("live", "and grown").wait_for()
    if way == "Stop":
        chat.button("Stop").click()
    else:
        chat.field.press("Escape")
    chat.bubble("stopped").wait_for()
    chat.rest()
    assert shown(chat) == ""
    end_of_cell(chat)
    assert "the cell is done" in shown(chat)
    chat.send("Hello again")
    chat.bubble("answer", "echo: Hello again").wait_for()
    chat.rest()
    assert "echo: Hello again" in (chat.box.locator("[class^=kit-twin]").text_content() or "")


def test_while_ask_waits(open_chat: OpenChat, lab: Lab) -> None:
    """The cell of `ask` ends with the sentence that it was stopped; also after a reload of the page."""
    chat = open_chat()
    for _ in ("at first", "after a reload"):
        chat.window.write("other", "chat.ask('wait')")
        chat.window.begin("other")
        chat.bubble("live", "Hm").wait_for()
        chat.button("Stop").click()
        end_of_cell(chat)
        assert "The run was cancelled." in shown(chat)
        chat.rest()
        chat.save_by_key(lab.notebooks / "chat.ipynb", "was cancelled")
        chat.reload()
    chat.bubble("stopped").nth(1).wait_for()


def test_while_a_function_works(open_chat: OpenChat) -> None:
    """In the box and in `ask`: the box says what it waits for, and stops when that returns."""
    chat = open_chat()
    chat.python(SLOW)
    chat.send(CALL)
    for number in (1, 2):
        chat.bubble("call", "running").wait_for()
        chat.field.press("Escape")
        chat.status.filter(has_text="Stopping when get_weather returns").wait_for()
        assert chat.bubble("call", "running").count() == 1
        chat.bubble("stopped").nth(number - 1).wait_for()
        chat.rest()
        if number == 1:
            chat.window.write("other", f"chat.ask({CALL!r})")
            chat.window.begin("other")


def test_where_the_kernel_cannot(open_chat: OpenChat) -> None:
    """The box says at once that it heard, and soon what it waits for; a late Stop leaves an idle box as it is."""
    chat = open_chat()
    chat.python(OLDER)
    chat.send("wait")
    chat.bubble("live", "Hm").wait_for()
    chat.window.write("other", SLEEP)
    chat.window.begin("other")
    chat.button("Stop").click()
    assert chat.status.inner_text() == "Stopping …"
    chat.status.filter(has_text="Stopping when the kernel is free").wait_for()
    assert shown(chat) == ""
    chat.bubble("stopped").wait_for()
    chat.rest()
    assert "the cell is done" in shown(chat)
    chat.send("hold")
    chat.model.say("half")
    chat.bubble("live", "half").wait_for()
    chat.window.begin("other")
    chat.button("Stop").click()
    chat.model.end()
    chat.rest()
    assert shown(chat) == ""
    end_of_cell(chat)
    chat.send("Hello again")
    chat.bubble("answer", "echo: Hello again").wait_for()
    assert chat.bubble("stopped").count() == 1


def test_the_playground_too(open_in_lab: Open, lab: Lab) -> None:
    """Both sides are stopped while the cell of `run` waits for them; a kernel that cannot says so."""
    model = Obedient()
    with served(model) as running:
        cells = [code("client", CLIENT.format(url=running.url, key=KEY)), code("lab", PLAYGROUND), code("other", SLEEP)]
        made = normalised(v4.new_notebook(cells=cells, metadata=KERNEL))
        write(made, lab.notebooks / "stop.ipynb")
        window = open_in_lab("stop.ipynb")
        window.run("client")
        window.run("lab")
        place = window.output("lab")
        place.get_by_label("Prompt", exact=True).fill("wait")
        for number, slow in enumerate((False, True), 1):
            if slow:
                window.write("client", "lab._stop.comm._reply_subshell_for = lambda data, subshell: None")
                window.run("client")
                place.get_by_role("button", name="Run both").click()
            else:
                window.write("other", "lab.run('wait')")
                window.begin("other")
            place.get_by_role("region", name="Answer of A").get_by_text("Hm").wait_for()
            place.get_by_role("region", name="Answer of B").get_by_text("Hm").wait_for()
            if slow:
                window.write("other", SLEEP)
                window.begin("other")
            place.get_by_role("button", name="Stop").click()
            if slow:
                place.get_by_text("Stopping when the kernel is free").wait_for()
            place.get_by_text(f"Trial {number} was stopped.").wait_for()
            assert ("the cell is done" in window.output("other").inner_text()) == slow
            window.page.wait_for_function("window.kitRan !== undefined")
