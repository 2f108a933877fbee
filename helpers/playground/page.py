"""The page's half of the playground, written in page.js: what must not wait for the kernel."""

from pathlib import Path

import anywidget
import traitlets

from helpers.playground.sides import WORDS


class Page(anywidget.AnyWidget):
    """Shows nothing: it listens to the widgets beside it, in the box of the class `kit-playground`."""

    _esm = Path(__file__).parent / "page.js"
    stopping = traitlets.Unicode(WORDS["stopping"]).tag(sync=True)
    later = traitlets.Unicode(WORDS["stopping_later"]).tag(sync=True)
