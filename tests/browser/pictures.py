"""The pictures of the README and of the lessons, taken by the tests when the variable `KIT_PICTURES` is set."""

import os
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from playwright.sync_api import Locator

WANTED = bool(os.environ.get("KIT_PICTURES"))
"""Read here, since the tests themselves see no variable that begins with KIT_."""
MOST_BYTES = 150_000
# Lab draws cells only near the window, so the page moves under whoever scrolls: once is not enough.
_SETTLE = """async place => {
    for (let frame = 0; frame < 60; frame++) {
        place.scrollIntoView({ block: 'center' });
        await new Promise(requestAnimationFrame);
    }
}"""


def picture(place: "Locator", path: Path) -> None:
    """Take a picture of a part of the page, if that is asked for: otherwise no run changes a file."""
    if WANTED:
        path.parent.mkdir(exist_ok=True)
        place.evaluate(_SETTLE)
        place.screenshot(path=path, animations="disabled")
        assert path.stat().st_size < MOST_BYTES
