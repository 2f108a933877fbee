"""A chat box in a real notebook, and a model behind it that says what a test wants, when the test wants it."""

import asyncio
import re
import time
from collections import deque
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import openai
from nbformat import NotebookNode, v4
from support.notebooks.updating import normalised
from support.scripted import Scripted

from browser.window import Window
from mock_endpoint.models import tokens
from mock_endpoint.models.base import Event, Finished, Prompt, TextDelta
from mock_endpoint.server import Options, Running, start

if TYPE_CHECKING:
    from playwright.sync_api import Locator

CLIENT = """
from openai import AzureOpenAI
from helpers import ChatBox, prepare

prepare()
client = AzureOpenAI(azure_endpoint={url!r}, api_key={key!r}, api_version="2024-05-01-preview", max_retries=0)
tool = {{"type": "function", "function": {{"name": "get_weather"}}}}
tabi = client.beta.assistants.create(model="gpt-4o", name="Tabi", tools=[tool])


def get_weather(city):
    if city == "Atlantis":
        raise LookupError("nobody has found Atlantis")
    return {{"city": city, "celsius": 18}}
"""
BOX = "chat = ChatBox(client, tabi, functions=[get_weather], language={language!r})\nchat"
KEY = "a key of this test"
KERNEL = {"kernelspec": {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"}}


class Obedient(Scripted):
    """The scripted model; and on `hold` it says what the test hands to `say`, until the test calls `end`."""

    def __init__(self) -> None:
        super().__init__()
        self._pieces: deque[str | None] = deque()

    def say(self, text: str) -> None:
        """The next piece of the answer."""
        self._pieces.append(text)

    def end(self) -> None:
        """The answer is complete."""
        self._pieces.append(None)

    async def answer(self, prompt: Prompt) -> AsyncIterator[Event]:
        """The events of one answer."""
        if not (prompt.turns and prompt.turns[-1].text.startswith("hold")):
            async for event in super().answer(prompt):
                yield event
            return
        while True:
            while not self._pieces:
                await asyncio.sleep(0.005)
            piece = self._pieces.popleft()
            if piece is None:
                break
            yield TextDelta(piece)
        yield Finished("stop", tokens.of_prompt(prompt), 1)


@dataclass
class Chat:
    """A box in a page, its parts by their names for a person, and what stands behind it."""

    window: Window
    box: "Locator"
    model: Obedient
    running: Running

    @property
    def field(self) -> "Locator":
        """Where a question is written."""
        return self.box.get_by_role("textbox")

    @property
    def log(self) -> "Locator":
        """What was said."""
        return self.box.get_by_role("log")

    @property
    def status(self) -> "Locator":
        """The line at the bottom."""
        return self.box.get_by_role("status")

    def button(self, name: str) -> "Locator":
        """A button by its name; the newest of several."""
        return self.box.get_by_role("button", name=name, exact=True).last

    def bubble(self, kind: str, text: str | re.Pattern[str] = "") -> "Locator":
        """The bubbles of this kind that hold this text."""
        return self.box.locator(f"[data-kind={kind}]:not(.kit-pending)", has_text=text)

    def send(self, text: str) -> None:
        """Type a question and press Enter."""
        self.field.press_sequentially(text)
        self.field.press("Enter")

    def rest(self) -> None:
        """Wait until the box is free again."""
        self.box.locator(".kit-chat:not(.kit-busy)").wait_for()

    def save_by_key(self, file: Path, text: str) -> None:
        """Press Ctrl+S in the field, and wait until this text is in the file."""
        self.field.press("Control+s")
        until = time.monotonic() + 20
        while text not in file.read_text(encoding="utf-8"):
            assert time.monotonic() < until, "the file was not saved"
            self.window.page.wait_for_timeout(20)

    def reload(self) -> None:
        """Load the page anew; the kernel goes on."""
        self.window.page.reload()
        self.window.wait()
        self.window.open("chat.ipynb")
        self.box = self.window.output("box")

    def python(self, source: str) -> str:
        """Run this in the notebook, and give back what it prints."""
        self.window.write("other", source)
        self.window.run("other")
        return str(self.window.output("other").inner_text())

    def client(self) -> openai.AzureOpenAI:
        """A client of the test's own for the same endpoint."""
        return openai.AzureOpenAI(azure_endpoint=self.running.url, api_key=KEY, api_version="2024-05-01-preview")


def code(name: str, source: str = "") -> NotebookNode:
    """A code cell of this name."""
    cell: NotebookNode = v4.new_code_cell(source, id=name)
    return cell


def chat_notebook(running: Running, language: str = "en") -> NotebookNode:
    """A notebook with a box in the cell `box`, and an empty cell called `other`."""
    cells = [
        code("client", CLIENT.format(url=running.url, key=KEY)),
        code("box", BOX.format(language=language)),
        code("other"),
    ]
    made: NotebookNode = v4.new_notebook(cells=cells, metadata=KERNEL)
    return normalised(made)


@contextmanager
def served(model: Obedient) -> Iterator[Running]:
    """An endpoint in the test's process, with this model."""
    with start(Options(state="memory", key=KEY, model=model)) as running:
        yield running
