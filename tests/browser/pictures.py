"""The pictures of the README and of the lessons, taken by the tests when the variable `KIT_PICTURES` is set."""

import os
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from playwright.sync_api import Locator

WANTED = bool(os.environ.get("KIT_PICTURES"))
"""Read here, since the tests themselves see no variable that begins with KIT_."""
MOST_BYTES = 170_000
# Lab draws cells only near the window, so the page moves under whoever scrolls: once is not enough.
_SETTLE = """async place => {
    for (let frame = 0; frame < 60; frame++) {
        place.scrollIntoView({ block: 'center' });
        await new Promise(requestAnimationFrame);
    }
}"""
# Without a frame, a picture in a lesson passes for a second box that is alive.
_FRAME = """(place, width) => place.style.cssText = `box-sizing: border-box; flex: none; width: ${width}px;
    padding: 16px; border: 2px solid #888; background: #fff`"""
_NO_FRAME = "place => place.style.cssText = ''"


def picture(place: "Locator", path: Path, framed: int = 0, *, sharp: bool = True) -> None:
    """Take a picture of a part of the page, if that is asked for: otherwise no run changes a file.

    `framed` is the width of a frame around the part, in pixels of the page; 0 draws none.
    A large part that need not be `sharp` has one dot for each pixel of the page, whatever the screen.
    """
    if WANTED:
        path.parent.mkdir(exist_ok=True)
        if framed:
            place.evaluate(_FRAME, framed)
        place.evaluate(_SETTLE)
        place.screenshot(path=path, animations="disabled", scale="device" if sharp else "css")
        if framed:
            place.evaluate(_NO_FRAME)
        assert path.stat().st_size < MOST_BYTES
