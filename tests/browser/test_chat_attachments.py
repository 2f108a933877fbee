"""Files put into the chat box in JupyterLab: chosen, dropped, pasted, taken out, too large, and sent."""

import pytest

from browser.access import violations
from browser.chats import Chat
from browser.conftest import OpenChat

pytestmark = pytest.mark.all

GIVE = """
(node, [kind, name, text]) => {
    const data = new DataTransfer();
    data.items.add(new File([text], name));
    const event = kind === "paste"
        ? new ClipboardEvent("paste", { clipboardData: data, bubbles: true, cancelable: true })
        : new DragEvent(kind, { dataTransfer: data, bubbles: true, cancelable: true });
    node.dispatchEvent(event);
    return event.defaultPrevented;
}
"""


def names(chat: Chat) -> list[str]:
    """The files that wait in the composer."""
    found: list[str] = chat.box.locator(".kit-attached li:not(.kit-pending)").all_inner_texts()
    return found


def wait_for(chat: Chat, name: str) -> None:
    """Until this file is uploaded."""
    chat.box.locator(".kit-attached li:not(.kit-pending)", has_text=name).wait_for()


def test_chosen_dropped_pasted(open_chat: OpenChat) -> None:
    """Each way leads to the composer, one can be taken out again, and the question takes the rest along."""
    chat = open_chat()
    with chat.window.page.expect_file_chooser() as choosing:
        chat.button("Attach a file").click()
    choosing.value.set_files({"name": "気候.csv", "mimeType": "text/csv", "buffer": b"a,b\r\n1,2"})
    wait_for(chat, "気候.csv")
    composer = chat.box.locator(".kit-composer")
    assert composer.evaluate(GIVE, ["dragover", "guide.md", "# Kyoto"])
    assert composer.evaluate(GIVE, ["drop", "guide.md", "# Kyoto"])
    wait_for(chat, "guide.md")
    assert chat.field.evaluate(GIVE, ["paste", "wrong.csv", "x"])
    wait_for(chat, "wrong.csv")
    assert names(chat) == ["気候.csv", "guide.md", "wrong.csv"]
    chat.button("Remove wrong.csv").click()
    chat.box.locator(".kit-attached li", has_text="wrong.csv").wait_for(state="detached")
    assert violations(chat.box.locator(".kit-chat")) == []
    chat.send("What is in them?")
    question = chat.bubble("question", "What is in them?")
    question.wait_for()
    chat.rest()
    assert question.locator(".kit-files li").all_inner_texts() == ["気候.csv", "guide.md"]
    assert names(chat) == []
    with chat.client() as client:
        kept = {file.filename: client.files.content(file.id).read() for file in client.files.list()}
        assert kept == {"気候.csv": b"a,b\r\n1,2", "guide.md": b"# Kyoto"}


def test_too_large(open_chat: OpenChat) -> None:
    """Said before anything is sent; the next file has its own status, and without files the box has the usual one."""
    chat = open_chat()
    picker = chat.box.locator("input[type=file]")
    picker.set_input_files({"name": "large.bin", "mimeType": "", "buffer": bytes(8_000_001)})
    chat.status.filter(has_text="large.bin is larger than 8 MB").wait_for()
    assert chat.box.locator(".kit-attached li").count() == 0
    picker.set_input_files({"name": "largest.bin", "mimeType": "", "buffer": bytes(8_000_000)})
    wait_for(chat, "largest.bin")
    chat.status.filter(has_text="Tabi has no tool that reads files").wait_for()
    assert names(chat) == ["largest.bin"]
    chat.button("Remove largest.bin").click()
    chat.status.filter(has_text="Enter sends").wait_for()
