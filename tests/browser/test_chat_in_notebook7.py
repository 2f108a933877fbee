"""The chat box in Notebook 7, which shares its widgets with JupyterLab but not its page."""

from collections.abc import Callable
from typing import TYPE_CHECKING, NoReturn

import pytest
from support.notebooks.files import write

from browser.chats import Chat, Obedient, chat_notebook, served
from browser.lab import Lab
from browser.notebook7 import Notebook7

if TYPE_CHECKING:
    from playwright.sync_api import BrowserContext

pytestmark = pytest.mark.all


def test_it_works_in_notebook_7(lab: Lab, context: "BrowserContext | None", absent: Callable[[str], NoReturn]) -> None:
    """Question and answer, a function, Stop, a dark theme, and a reload; no error in the page, no request leaves."""
    pytest.importorskip("notebook", reason="Notebook 7 is not installed")
    if context is None:
        absent("no browser found")
    model = Obedient()
    with served(model) as running:
        write(chat_notebook(running), lab.notebooks / "seven.ipynb")
        window = Notebook7(context, lab, "seven.ipynb")
        own = set(window.problems)  # Notebook itself stumbles while it loads, before there is a box
        window.run_all()
        assert window.errors() == []
        chat = Chat(window, window.output("box"), model, running)
        chat.send("Hello")
        chat.bubble("answer", "echo: Hello").wait_for()
        chat.rest()
        chat.send('call [["get_weather", {"city": "Kyoto"}]]')
        chat.bubble("answer", "celsius").wait_for()
        chat.rest()
        chat.send("wait")
        chat.bubble("live", "Hm").wait_for()
        chat.field.press("Escape")
        chat.bubble("stopped").wait_for()
        chat.rest()

        window.write("other", "saved = 'from the box'")
        chat.save_by_key(lab.notebooks / "seven.ipynb", "from the box")
        window.page.reload()
        window.wait()
        chat.box = window.output("box")
        chat.bubble("stopped").wait_for()
        assert chat.bubble("question").count() == 3
        chat.field.fill("after the reload")
        chat.field.press("Enter")
        chat.bubble("answer", "echo: after the reload").wait_for()
        window.leave()
        window.page.close()
        assert set(window.problems) <= own
        assert not any("leaves the machine" in problem for problem in window.problems)
