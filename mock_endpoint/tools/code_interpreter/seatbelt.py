"""A sandbox of macOS: no network, no writing outside of the folders, no reading of people's files.

Only the profile has been tested, not what macOS does with it. Where macOS does not take it, there is no such wall.
"""

import ctypes
import errno
import os
from collections.abc import Iterable, Sequence
from pathlib import Path

_SYSTEM = "/usr/lib/libSystem.B.dylib"
_PRIVATE = ("/Users", "/Volumes", "/private/tmp", "/private/var/folders", "/private/var/root")
"""Where people's files are. The rest is the system's and may be read."""
_DEVICES = ("/dev/null", "/dev/zero", "/dev/random", "/dev/urandom", "/dev/dtracehelper")


def restrict(folders: Sequence[Path], readable: Iterable[str]) -> None:
    """Put the sandbox around this process and all that it starts, for good; `OSError` where there is none."""
    system = ctypes.CDLL(_SYSTEM, use_errno=True)
    problem = ctypes.c_char_p()
    if system.sandbox_init(profile(folders, readable).encode(), ctypes.c_uint64(0), ctypes.byref(problem)):
        raise OSError(errno.EPERM, (problem.value or b"no sandbox").decode(errors="replace"))


def profile(folders: Sequence[Path], readable: Iterable[str]) -> str:
    """What is allowed, in the language of macOS, where the last rule that fits decides."""
    own = _paths("subpath", map(str, folders))
    return "\n".join(
        (
            "(version 1)",
            "(allow default)",
            '(deny network* (local ip "*:*") (remote ip "*:*"))',
            "(deny network-outbound (remote unix-socket))",
            "(deny signal)",
            "(allow signal (target self) (target same-sandbox))",
            "(deny file-write*)",
            f"(allow file-write-data {_paths('literal', _DEVICES)})",
            f"(deny file-read-data {_paths('subpath', _PRIVATE)})",
            f"(allow file-read-data {_paths('subpath', readable)})",
            f"(allow file-read* file-write* {own})",
            f"(allow network-outbound {own})",
        )
    )


def _paths(filter_name: str, paths: Iterable[str]) -> str:
    """Filters for these paths without links in them, as the sandbox sees them."""
    real = sorted({os.path.realpath(path) for path in paths})
    quoted = (path.replace("\\", "\\\\").replace('"', '\\"') for path in real)
    return " ".join(f'({filter_name} "{path}")' for path in quoted)
