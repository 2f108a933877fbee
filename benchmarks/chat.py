"""`python -m benchmarks.chat`: the chat box in JupyterLab, in a browser, beside what is plainer than it.

Needs Chromium and what `python -m helpers test --all` installs, so it is not among the others.
"""

import argparse
import shutil
import sys
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import Any

from benchmarks.measure import HEADER, ROOT, Comparison, Size, Target, in_turn

sys.path.insert(0, str(ROOT / "tests"))  # the tests know how to start JupyterLab and to drive it
from browser.chats import Chat, Obedient, chat_notebook, code, served
from browser.conftest import _BROWSERS, _QUIET
from browser.lab import Lab
from browser.window import Window
from support.notebooks.files import write

PIECES = 2000
LONGEST_TASK = 100.0
"""Milliseconds beyond which a person feels that the page hangs."""
ECHO = """
import ipywidgets
text, html = ipywidgets.Text(), ipywidgets.HTML()
text.observe(lambda change: setattr(html, "value", f"<p>{change['new']}</p>"), "value")
ipywidgets.VBox([text, html])
"""
BARE = f"""
import time
thread = client.beta.threads.create()
begun = time.perf_counter()
client.beta.threads.messages.create(thread.id, role="user", content="many {PIECES}")
pieces = 0
for event in client.beta.threads.runs.create(thread.id, assistant_id=tabi.id, stream=True):
    pieces += event.event == "thread.message.delta"
print(pieces / (time.perf_counter() - begun))
"""
# Both write a text that was never there before, and wait until the kernel's answer to it is drawn.
ROUND_TRIP = """async ([scope, field, enter, drawn]) => {
    const root = document.querySelector(scope), input = root.querySelector(field);
    const text = `round trip ${performance.now()}`, done = () =>
        [...root.querySelectorAll(drawn)].some(node => node.textContent.includes(text));
    const begun = performance.now();
    input.value = text;
    input.dispatchEvent(new Event('input', { bubbles: true }));
    if (enter) input.dispatchEvent(new KeyboardEvent('keydown', { key: 'Enter', bubbles: true, cancelable: true }));
    await new Promise(resolve => {
        const look = new MutationObserver(() => { if (done()) { look.disconnect(); resolve(); } });
        look.observe(root, { subtree: true, childList: true, characterData: true });
        if (done()) resolve();
    });
    return performance.now() - begun;
}"""
STREAMED = """async pieces => {
    const root = document.querySelector('.kit-chat'), field = root.querySelector('textarea');
    const answers = () => root.querySelectorAll('[data-kind=answer]').length, before = answers();
    const begun = performance.now();
    field.value = `many ${pieces}`;
    field.dispatchEvent(new KeyboardEvent('keydown', { key: 'Enter', bubbles: true, cancelable: true }));
    while (answers() === before) await new Promise(requestAnimationFrame);
    return performance.now() - begun;
}"""
LISTEN = """() => {
    window.tasks = [0];
    new PerformanceObserver(list => tasks.push(...list.getEntries().map(one => one.duration)))
        .observe({ entryTypes: ['longtask'] });
}"""


def measure(size: Size) -> list[Comparison]:
    """Three comparisons, made in one page."""
    from playwright.sync_api import sync_playwright

    browser_path = next(filter(None, map(shutil.which, _BROWSERS)), None)
    if browser_path is None:
        sys.exit(f"no browser found: {', '.join(_BROWSERS)}")
    model = Obedient()
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder, served(model) as running:
        lab = Lab(Path(folder))
        try:
            with sync_playwright() as playwright:
                browser = playwright.chromium.launch(executable_path=browser_path, args=list(_QUIET))
                notebook = chat_notebook(running)
                notebook.cells.insert(2, code("echo", ECHO))
                write(notebook, lab.notebooks / "chat.ipynb")
                window = Window(browser.new_context(), lab)
                window.open("chat.ipynb")
                window.run_all()
                chat = Chat(window, window.output("box"), model, running)
                chat.field.wait_for()
                rows = _rows(chat, size)
                browser.close()
        finally:
            lab.stop()
    return rows


def _rows(chat: Chat, size: Size) -> list[Comparison]:
    page = chat.window.page
    page.evaluate(LISTEN)
    longest = [0.0]

    def trip(*arguments: Any) -> float:  # noqa: ANN401 - what the page's function takes
        taken: float = page.evaluate(ROUND_TRIP, list(arguments))
        chat.rest()
        return taken

    def asked(drawn: str) -> float:
        return trip(".kit-chat", "textarea", True, drawn)

    def echoed() -> float:
        return trip(".widget-vbox", "input", False, "p")

    def streamed() -> float:
        page.evaluate("tasks.length = 0")  # JupyterLab's own, while it runs cells
        taken: float = page.evaluate(STREAMED, PIECES)
        chat.rest()
        longest.append(page.evaluate("Math.max(0, ...tasks)"))
        return PIECES / taken * 1000

    shown = in_turn(size, lambda: asked("[data-kind=question]"), echoed, times=3)
    taken = in_turn(size, lambda: asked("[data-kind=question]:not(.kit-pending)"), echoed, times=3)
    rates = in_turn(size, streamed, lambda: float(chat.python(BARE)))
    return [
        Comparison("k", "Enter to own bubble; Text and HTML echo", "ms", shown, Target("≤", 1.2)),
        Comparison("k", "the same, confirmed by the kernel", "ms", taken),
        Comparison("l", f"{PIECES} pieces, drawn; bare client", "/s", rates, Target("≥", 0.5)),
        Comparison("m", "longest task meanwhile; 100 ms", "ms", ([max(longest)], [LONGEST_TASK]), Target("≤", 1)),
    ]


def main() -> None:
    """Measure, and print a table."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.chat", description="The chat box in a browser.")
    parser.add_argument("--repeats", type=int, default=Size().repeats, help="samples of each side")
    print(HEADER)  # noqa: T201
    for row in measure(replace(Size(), repeats=parser.parse_args().repeats)):
        print(row.line())  # noqa: T201


if __name__ == "__main__":
    main()
