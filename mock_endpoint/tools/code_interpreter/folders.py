"""The folders of a kernel, and what goes in and out: attached files by their names, and what code has made.

Code may put anything there, links too, at any moment. So nothing is followed or opened but plain files.
"""

import os
import re
import shutil
import stat
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path, PurePath, PurePosixPath

MOUNT = "/mnt/data"
"""Where the hosted service has the working folder; as a text in code it names ours."""
_LONGEST_NAME = 255
"""Bytes of a name that any usual file system takes."""
_LONGEST_ENDING = 20
"""Characters of what tells the kind of a file, as in `.csv`."""
_NOT_ON_WINDOWS = re.compile(r'[<>:"|?*]')
_MOST_PRODUCTS, _MOST_ENTRIES = 20, 2_000
_FOLDER = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_DIRECTORY", 0)
_PLAIN = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
_NEW = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_BINARY", 0)

State = dict[str, tuple[int, int, int]]
"""For each plain file its inode, size and time of change."""


def fitting_name(name: str) -> str:
    """The name as this system's folders take it: its folders left out, its middle too where it is too long."""
    name = PurePath(name.replace("\\", "/")).name
    name = _NOT_ON_WINDOWS.sub("_", name) if sys.platform == "win32" else name
    raw, end = name.encode(), PurePath(name).suffix
    if len(raw) <= _LONGEST_NAME:
        return name
    end = end if len(end) <= _LONGEST_ENDING else ""
    return raw[: _LONGEST_NAME - len(end.encode())].decode(errors="ignore") + end


@dataclass(frozen=True)
class Attached:
    """A file that code may read."""

    id: str
    name: str
    path: Path
    made: bool = False
    """Whether code has made it: as long as it is there, it is not put there again."""


@dataclass(frozen=True)
class Product:
    """A file that code has made or changed: its name in the working folder, and a copy that code cannot reach."""

    name: str
    path: Path


@dataclass
class Folders:
    """What belongs to one kernel; `place` is made here and removed with `remove`."""

    place: Path
    _names: dict[str, str] = field(default_factory=dict)
    """The name of each attached file, by its id."""
    _seen: State = field(default_factory=dict)
    _copied: int = 0

    def __post_init__(self) -> None:
        self.place.mkdir(mode=0o711)
        for folder in (self.data, self.home, self.wire):
            folder.mkdir(mode=0o700)
        self._out.mkdir(mode=0o700)

    @property
    def data(self) -> Path:
        """The working folder."""
        return self.place / "data"

    @property
    def home(self) -> Path:
        """The home folder, for caches and other temporary files."""
        return self.place / "home"

    @property
    def wire(self) -> Path:
        """The connection to the kernel."""
        return self.place / "wire"

    @property
    def _out(self) -> Path:
        return self.place.with_name(f"{self.place.name}-out")

    def bring(self, files: Sequence[Attached]) -> None:
        """Copy what is not there yet; a name that is taken by another file gets the id in front."""
        for file in files:
            if file.id in self._names:
                continue
            name = file.name if file.made else fitting_name(file.name) or file.id
            name = fitting_name(f"{file.id}-{name}") if name in self._names.values() else name
            self._names[file.id] = name
            if not (file.made and os.path.lexists(self.data / name)):
                self._copy(file.path, name)
        self._seen = {name: state for name, state, _ in self._files()}

    def _copy(self, path: Path, name: str) -> None:
        with self._inside(name, make=True) as (last, within):
            with suppress(FileNotFoundError):
                os.unlink(last, dir_fd=within)
            with path.open("rb") as source, os.fdopen(os.open(last, _NEW, 0o600, dir_fd=within), "wb") as copy:
                shutil.copyfileobj(source, copy)
            self._give(last, within)

    def discard(self, name: str) -> None:
        """Remove a file from the working folder, if it is there."""
        with suppress(OSError), self._inside(name) as (last, within):
            os.unlink(last, dir_fd=within)

    def gone(self) -> list[str]:
        """The ids of the files that were put there, and are there no longer."""
        return [file_id for file_id, name in self._names.items() if not os.path.lexists(self.data / name)]

    @contextmanager
    def _inside(self, name: str, *, make: bool = False) -> Iterator[tuple[str, int | None]]:
        """The last part of a name in the working folder, and a hold on the folder that it is in; no link is followed.

        Windows has no such holds, nor a wall that a link could lead around.
        """
        *folders, last = PurePosixPath(name).parts
        if os.open not in os.supports_dir_fd:
            place = self.data.joinpath(*folders)
            place.mkdir(parents=True, exist_ok=True)
            yield str(place / last), None
            return
        held = os.open(self.data, _FOLDER)
        try:
            for folder in folders:
                if make:
                    with suppress(FileExistsError):
                        os.mkdir(folder, 0o700, dir_fd=held)
                        self._give(folder, held)
                outer, held = held, os.open(folder, _FOLDER, dir_fd=held)
                os.close(outer)
            yield last, held
        finally:
            os.close(held)

    def _give(self, name: str, within: int | None) -> None:
        """Let what was put there belong to the one who runs the code."""
        if hasattr(os, "chown"):
            owner = self.data.stat()
            os.chown(name, owner.st_uid, owner.st_gid, dir_fd=within, follow_symlinks=False)

    def products(self) -> list[Product]:
        """What is new or changed since the last look, at most twenty files."""
        made: list[Product] = []
        now: State = {}
        for name, state, descriptor in self._files(opened=True):
            now[name] = state
            if self._seen.get(name) == state or len(made) == _MOST_PRODUCTS or descriptor is None:
                continue
            self._copied += 1
            copy = self._out / str(self._copied)
            with os.fdopen(os.dup(descriptor), "rb") as source, copy.open("wb") as target:
                shutil.copyfileobj(source, target)
            made.append(Product(name, copy))
        self._seen = now
        return made

    def size(self) -> int:
        """Bytes of all files; where there are too many to count, more than anybody may have."""
        total = 0
        for number, path in enumerate(each for folder in (self.data, self.home) for each in folder.rglob("*")):
            if number > 10 * _MOST_ENTRIES:
                return 1 << 62
            try:
                total += path.lstat().st_size
            except OSError:
                continue  # gone meanwhile
        return total

    def remove(self) -> None:
        """All of it; code must have ended."""
        for folder in (self.place, self._out):
            shutil.rmtree(folder, ignore_errors=True)

    def _files(self, *, opened: bool = False) -> Iterator[tuple[str, tuple[int, int, int], int | None]]:
        """The plain files of the working folder: name, state, and where asked for an open descriptor."""
        for number, (folder, name, within) in enumerate(self._entries()):
            if number >= _MOST_ENTRIES:
                return
            try:
                found = os.open(name if within is not None else folder / name, _PLAIN, dir_fd=within)
            except OSError:
                continue  # a link, or gone meanwhile
            try:
                info = os.fstat(found)
                if stat.S_ISREG(info.st_mode):
                    place = (folder / name).relative_to(self.data).as_posix()
                    yield place, (info.st_ino, info.st_size, info.st_mtime_ns), found if opened else None
            finally:
                os.close(found)

    def _entries(self) -> Iterator[tuple[Path, str, int | None]]:
        """All names with their folder, and where the system can do it a hold on that folder."""
        if hasattr(os, "fwalk"):
            for folder, _, names, within in os.fwalk(self.data, follow_symlinks=False):
                yield from ((Path(folder), name, within) for name in names)
        else:
            for folder, _, names in os.walk(self.data):
                yield from ((Path(folder), name, None) for name in names)
