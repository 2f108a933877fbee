"""A temporary folder that is removed even if its process is killed: by the next process that makes one."""

import os
import shutil
import sys
import tempfile
from functools import cached_property
from pathlib import Path

from filelock import FileLock

_LOCK = "in-use.lock"


class TemporaryFolder:
    """A folder of this process alone, made at first use. A lock in it tells that its process lives."""

    def __init__(self, prefix: str) -> None:
        self._prefix = prefix
        self._lock: FileLock | None = None

    @property
    def is_there(self) -> bool:
        """Whether it has been made, and not removed."""
        return self._lock is not None

    @cached_property
    def path(self) -> Path:
        """The folder; the lock is beside it, in one that belongs to this user."""
        for left in left_behind(self._prefix):
            shutil.rmtree(left, ignore_errors=True)
        outer = Path(tempfile.mkdtemp(prefix=self._prefix))
        self._lock = FileLock(outer / _LOCK, thread_local=False)
        self._lock.acquire()
        inner = outer / "content"
        inner.mkdir()
        return inner

    def remove(self) -> None:
        """Remove it with all that is in it, if it was ever made."""
        if self._lock is not None:
            self._lock.release()
            shutil.rmtree(self.path.parent, ignore_errors=True)
            self._lock = None


def left_behind(prefix: str) -> list[Path]:
    """The folders with this prefix whose processes have died."""
    return [folder for folder in Path(tempfile.gettempdir()).glob(f"{prefix}*") if _is_left(folder)]


def _is_left(folder: Path) -> bool:
    """Whether its process has died; a folder without a lock is just being made, or somebody else's."""
    try:
        if folder.is_symlink() or not (folder / _LOCK).is_file() or not _is_mine(folder):
            return False
        lock = FileLock(folder / _LOCK)
        lock.acquire(timeout=0)
    except OSError:  # a lock that is held is a TimeoutError
        return False
    lock.release()
    return True


def _is_mine(folder: Path) -> bool:
    """Whether this user made it; on Windows each user has a temporary folder of their own."""
    return sys.platform == "win32" or folder.stat().st_uid == os.getuid()
