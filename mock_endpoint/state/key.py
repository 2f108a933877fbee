"""The state file's own key: random, and kept in a file beside it."""

import os
import secrets
from pathlib import Path

from filelock import FileLock

from mock_endpoint.state.opening import LONGEST_WAIT, unwritable


def key_of(path: Path) -> str:
    """The key of this state file, made at first use; `EndpointError` where it cannot be kept.

    Only its owner may read the file. On Windows that holds where the folder's own access list says so, as in a
    person's home folder: the file has none of its own.
    """
    file = key_file(path)
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        # Nobody reads a key that is half written.
        with FileLock(file.with_name(file.name + ".lock"), timeout=LONGEST_WAIT):
            if not file.exists():
                write_private(file, secrets.token_urlsafe(32))
            return file.read_text(encoding="ascii").strip()
    except OSError as error:
        raise unwritable(file, error) from error


def write_private(file: Path, text: str) -> None:
    """A new file, for its owner only; `OSError` where there is one already, or where it cannot be written."""
    private = os.open(file, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
    with os.fdopen(private, "w", encoding="ascii") as new:
        new.write(text)


def key_file(path: Path) -> Path:
    """Where the key of a state file is kept."""
    return path.with_name(path.name + ".key")
