"""The list of what the notebooks are when they are shipped: `helpers/exercises/shipped.sha256`."""

import hashlib

from helpers.exercises.shipped import LIST
from support.notebooks.files import notebooks


def listing() -> str:
    """What the list has to hold for the notebooks as they are now, in the format of `sha256sum`."""
    sums = ((hashlib.sha256(path.read_bytes()).hexdigest(), path.name) for path in notebooks())
    return "".join(f"{digest}  {name}\n" for digest, name in sums)


def write_list() -> None:
    """Let the notebooks be shipped as they are now."""
    LIST.write_text(listing(), encoding="utf-8", newline="\n")
