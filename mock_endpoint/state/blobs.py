"""The bytes of files, on disk: a file each, in a folder beside the state file.

Bytes that are on their way have a name with the process that receives them in it. They get their file's name in the
transaction that makes its row, so a sweep, which is a transaction too, finds either both or an orphan.
"""

import contextlib
import secrets
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Literal

from mock_endpoint.state.temporary import TemporaryFolder

_ARRIVING = ".part"


def folder_of(state: Path) -> Path:
    """Where the bytes of the files of this state file are."""
    return state.with_name(state.name + ".files")


class Blobs:
    """The bytes of the files of one state; of a state in memory they are in a temporary folder, made at first use."""

    def __init__(self, state: Path | Literal["memory"]) -> None:
        self._temporary = None if isinstance(state, Path) else TemporaryFolder("mock-endpoint-files-")
        self._beside = folder_of(state) if isinstance(state, Path) else None

    @property
    def folder(self) -> Path:
        """Where they are; nobody else on this machine may look into it."""
        if self._temporary:
            return self._temporary.path
        assert self._beside is not None
        self._beside.mkdir(mode=0o700, parents=True, exist_ok=True)
        return self._beside

    def path(self, file_id: str) -> Path:
        """Where the bytes of this file are; it may be read by anybody, and written by nobody."""
        return self.folder / file_id

    @contextmanager
    def arriving(self, owner: str) -> Iterator[Path]:
        """A path to write new bytes to, by the process with this lease; they are gone afterwards unless kept."""
        path = self.folder / f"{owner}.{secrets.token_hex(8)}{_ARRIVING}"
        try:
            yield path
        finally:
            _remove(path)

    def keep(self, arrived: Path, file_id: str) -> None:
        """From now on these are the bytes of this file; in the transaction that inserts its row."""
        arrived.replace(self.path(file_id))

    def discard(self, file_id: str) -> None:
        """Remove the bytes of a file whose row is gone. Windows keeps those that are being read: a sweep takes them."""
        _remove(self.path(file_id))

    def sweep(self, kept: Collection[str], is_alive: Callable[[str], bool]) -> None:
        """Remove what belongs to no file and is not arriving at a process that lives; inside a transaction."""
        for path in self._all():
            owner = path.name.partition(".")[0]
            if not (is_alive(owner) if path.suffix == _ARRIVING else path.name in kept):
                _remove(path)

    def empty(self) -> None:
        """Remove the bytes of all files; what is arriving stays until it has arrived."""
        self.sweep((), lambda _: True)

    def close(self) -> None:
        """Remove what nobody can find again: the bytes of a state in memory."""
        if self._temporary:
            self._temporary.remove()

    def _all(self) -> list[Path]:
        there = self._temporary.is_there if self._temporary else self._beside and self._beside.exists()
        return list(self.folder.iterdir()) if there else []


def _remove(path: Path) -> None:
    with contextlib.suppress(OSError):
        path.unlink()
