"""Which process moves a run. Each process that serves a state file holds a lock file of its own; a lock that is free is
a process that has died. Asking the operating system about process ids would mistake a recycled one for the dead."""

import contextlib
import secrets
from pathlib import Path

from filelock import FileLock, Timeout


class Lease:
    """This process, as the runs of a state file know it by its `id`."""

    def __init__(self, state: Path | str) -> None:
        self.id = secrets.token_hex(8)
        self._folder: Path | None = None
        self._lock: FileLock | None = None
        if isinstance(state, Path):
            self._folder = state.with_name(state.name + ".owners")
            self._folder.mkdir(parents=True, exist_ok=True)
            self._lock = self._lock_of(self.id)
            self._sweep()
            self._lock.acquire()

    def is_alive(self, owner: str | None) -> bool:
        """Whether the process with this id still runs."""
        if owner == self.id:
            return True
        if owner is None or self._folder is None or not self._file(owner).exists():
            return False
        lock = self._lock_of(owner)
        try:
            lock.acquire(timeout=0)
        except Timeout:
            return True
        lock.release()
        return False

    def release(self) -> None:
        """Move no run any more: what this process was moving reads as ended from now on."""
        if self._lock is not None:
            # First the file, so that nobody finds one that is free; Windows removes none that is open: a sweep does.
            with contextlib.suppress(OSError):
                self._file(self.id).unlink()
            self._lock.release()

    def _sweep(self) -> None:
        """Remove what dead processes left. One that is being locked at this moment is made anew by its lock."""
        assert self._folder is not None
        for file in self._folder.glob("*.lock"):
            if not self.is_alive(file.stem):
                with contextlib.suppress(OSError):
                    file.unlink()

    def _file(self, owner: str) -> Path:
        assert self._folder is not None
        return self._folder / f"{owner}.lock"

    def _lock_of(self, owner: str) -> FileLock:
        return FileLock(self._file(owner), thread_local=False)
