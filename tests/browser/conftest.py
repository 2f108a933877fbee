"""What the tests in a browser share: a JupyterLab, a Chromium, and a picture of what went wrong."""

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

import pytest
from support.notebooks.files import write

from browser.chats import Chat, Obedient, chat_notebook, served
from browser.lab import Lab
from browser.pictures import WANTED
from browser.window import Window

if TYPE_CHECKING:
    from playwright.sync_api import BrowserContext

_BROWSERS = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
_QUIET = (
    "--no-sandbox",  # root, as in a container, has no other way; the pages are our own
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)

Open = Callable[[str], Window]
OpenChat = Callable[..., Chat]


@pytest.fixture(scope="package")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    """One JupyterLab for all tests of this folder: starting it takes longer than most of them."""
    made = Lab(tmp_path_factory.mktemp("lab"))
    yield made
    made.stop()


@pytest.fixture(scope="package")
def context() -> Iterator["BrowserContext | None"]:
    """The system's own Chromium without a window, and without memory; `None` where there is none.

    Not for the whole session: while Playwright is there, its event loop runs, and no other test could run one.
    """
    path = next(filter(None, map(shutil.which, _BROWSERS)), None)
    if path is None:
        yield None
        return
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=list(_QUIET))
        made = browser.new_context(viewport={"width": 1200, "height": 900}, device_scale_factor=1.5 if WANTED else 1)
        made.set_default_timeout(30_000)
        yield made
        browser.close()


@pytest.fixture(scope="package")
def windows() -> list[Window]:
    """The window that is open, if one is: Lab takes longer to load than a notebook to run."""
    return []


@pytest.fixture
def open_in_lab(
    windows: list[Window],
    context: "BrowserContext | None",
    absent: Callable[[str], NoReturn],
    tmp_path: Path,
    request: pytest.FixtureRequest,
) -> Iterator[Open]:
    """Call it with the name of a notebook: Lab with that notebook, open, its kernel ready.

    After the test there was no error in the console, none in the page, and no request that leaves the machine.
    After a failure the window is closed, and `page.png` in the test's temporary folder shows it.
    """
    if context is None:
        absent(f"no browser found: {', '.join(_BROWSERS)}")
    if not windows:
        windows.append(Window(context, request.getfixturevalue("lab")))
    window = windows[0]

    def open_it(name: str) -> Window:
        window.open(name)
        return window

    failed = request.session.testsfailed
    yield open_it
    if window.problems or request.session.testsfailed > failed:
        window.page.screenshot(path=tmp_path / "page.png")
        windows.clear()
    try:
        window.leave()
    finally:
        if not windows:
            window.page.close()
    assert window.problems == [], f"see {tmp_path / 'page.png'}"


@pytest.fixture
def open_chat(open_in_lab: Open, lab: Lab) -> Iterator[OpenChat]:
    """Call it: a chat box in Lab, in a language, with an obedient model behind it."""
    model = Obedient()
    with served(model) as running:

        def open_it(language: str = "en") -> Chat:
            write(chat_notebook(running, language=language), lab.notebooks / "chat.ipynb")
            window = open_in_lab("chat.ipynb")
            window.run_all()
            assert window.errors() == []
            box = window.output("box")
            box.get_by_role("textbox").wait_for()
            return Chat(window, box, model, running)

        yield open_it
