"""The chat box as it is shown in a cell, and its twin for pages that cannot show a widget."""

import subprocess
import sys
from pathlib import Path

from support.notebooks.running import run
from support.notebooks.samples import code, notebook

from mock_endpoint.server import Options, start

CELL = """
from openai import AzureOpenAI
from helpers import ChatBox

client = AzureOpenAI(azure_endpoint={url!r}, api_key={key!r}, api_version="2024-05-01-preview")
chat = ChatBox(client, client.beta.assistants.create(model="gpt-35-turbo").id)
chat
"""


def test_a_cell_gets_the_widget_and_a_page_its_twin(tmp_path: Path) -> None:
    """In a saved notebook the conversation stands where the box was shown, also what was said after that."""
    with start(Options(state="memory", key="a key of this test")) as running:
        made = CELL.format(url=running.url, key=running.key)
        executed = run(notebook(code(made), code("chat.ask('What is the capital of Peru?');")), "chat.ipynb", tmp_path)
    widget, twin = (output for output in executed.cells[0].outputs if output.output_type == "display_data")
    assert widget.data.keys() == {"application/vnd.jupyter.widget-view+json", "text/plain"}
    assert twin.data["text/plain"].splitlines() == [
        "You: What is the capital of Peru?",
        "Assistant: The capital of Peru is Lima.",
    ]
    assert "The capital of Peru is Lima." in twin.data["text/html"]
    assert "<script" not in twin.data["text/html"]
    assert executed.cells[1].outputs == []


def test_a_terminal_shows_the_conversation_once() -> None:
    """It cannot renew what it has printed."""
    source = (
        "import openai; from helpers import ChatBox; from helpers.chat.bubbles import question; "
        "client = openai.OpenAI(api_key='none', base_url='http://127.0.0.1:9'); "
        "chat = ChatBox(client, 'asst_1'); chat.bubbles.append(question('Hi', chat._words)); "
        "from IPython.display import display; display(chat); chat._renew_twin()"
    )
    done = subprocess.run(
        [sys.executable, "-m", "IPython", "--no-banner", "--colors=nocolor", "-c", source],
        capture_output=True, text=True, encoding="utf-8", check=True,
    )  # fmt: skip
    assert done.stdout.splitlines() == ["chat with Assistant", "You: Hi"]
