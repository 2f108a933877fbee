"""Notebook 7 in a browser: the same server as JupyterLab's, another page."""

from typing import TYPE_CHECKING

from browser.lab import START_SECONDS, Lab
from browser.window import Window

if TYPE_CHECKING:
    from playwright.sync_api import BrowserContext

_LOADED = """() => window.jupyterapp?.shell?.currentWidget?.context?.isReady
    && jupyterapp.shell.currentWidget.sessionContext.session?.kernel?.status === 'idle'"""


class Notebook7(Window):
    """A page with one notebook in it."""

    def __init__(self, context: "BrowserContext", lab: Lab, name: str) -> None:
        super().__init__(context, lab, f"notebooks/{name}")

    def wait(self) -> None:
        """Wait until the notebook is there and its kernel is ready."""
        self.page.wait_for_function(_LOADED, timeout=START_SECONDS * 1000)
