"""What a kernel's process puts around itself before it runs anybody's code. Only ever called in that process.

Each wall stands by itself: where a system lacks one, the others still hold, and `raise_walls` says which do.
Namespaces, such as bubblewrap makes, would add nothing to those of Linux: behind the filter there is no network, and
behind Landlock no file of others.
"""

import ctypes
import importlib
import mimetypes
import os
import random
import signal
import struct
import sys
import sysconfig
from collections.abc import Callable, Sequence
from pathlib import Path

from mock_endpoint.tools import job
from mock_endpoint.tools.code_interpreter import seatbelt, seccomp
from mock_endpoint.tools.code_interpreter.limits import Bounds

_READABLE = ("/usr", "/lib", "/lib64", "/bin", "/etc/ld.so.cache", "/etc/localtime", "/etc/fonts")
_DEVICES = ("/dev/null", "/dev/zero", "/dev/random", "/dev/urandom", "/dev/full")
_SYSTEM = ("/sys/devices/system/cpu", "/proc/cpuinfo", "/proc/meminfo", "/proc/stat")
_OWN_IDS = range(50_000, 60_000)
"""From which a kernel that root starts takes a user of its own."""
_READ_ANYTHING = 2
"""CAP_DAC_READ_SEARCH: the rights of files do not hinder reading; Landlock does."""
_PR_SET_PDEATHSIG, _PR_SET_KEEPCAPS, _PR_SET_SUBREAPER, _PR_CAP_AMBIENT = 1, 8, 36, 47


def raise_walls(bounds: Bounds, folders: Sequence[Path], others: int) -> list[str]:
    """Put up every wall that this system has; their names come back.

    `folders` are all that the process may write to; `others` is how many threads the user has already.
    """
    if sys.platform == "win32":
        wanted = job.limits(memory=bounds.memory, processes=bounds.threads)
        return ["environment", *_stands("job", lambda: job.enter(wanted))]
    names = ["environment"]
    own_user = sys.platform == "linux" and os.geteuid() == 0 and _become_nobody(folders)
    names += ["user"] if own_user else []
    _limit(bounds, 0 if own_user else others)
    names.append("limits")
    if sys.platform == "linux":
        _die_with_parent()
        scoped = _landlock(folders)
        names += ["landlock"] if scoped is not None else []
        names += _stands("seccomp", lambda: seccomp.restrict(signals_too=not scoped))
    if sys.platform == "darwin":
        names += _stands("sandbox", lambda: seatbelt.restrict(folders, _of_python()))
    return names


def _stands(name: str, put_up: Callable[[], None]) -> list[str]:
    """The wall's name; nothing where the system has no such wall."""
    try:
        put_up()
    except (OSError, AttributeError):
        return []
    return [name]


def _become_nobody(folders: Sequence[Path]) -> bool:
    """Leave root for a user that owns nothing but the folders; reading stays, as far as Landlock lets it."""
    own = random.choice(_OWN_IDS)  # noqa: S311 - nothing secret
    for path in (*folders, *(path for folder in folders for path in folder.rglob("*"))):
        os.chown(path, own, own, follow_symlinks=False)
    kept = 1 << _READ_ANYTHING if _has_landlock() else 0
    libc = ctypes.CDLL(None, use_errno=True)
    try:
        libc.prctl(_PR_SET_KEEPCAPS, 1, 0, 0, 0)
        os.setgroups([])
        os.setresgid(own, own, own)
        os.setresuid(own, own, own)
    except OSError:
        return False  # a container that has no such user
    head = struct.pack("II", 0x20080522, 0)
    libc.capset(head, struct.pack("6I", kept, kept, kept, 0, 0, 0))
    if kept:
        libc.prctl(_PR_CAP_AMBIENT, 2, _READ_ANYTHING, 0, 0)  # so that a program it starts can be read
    return True


def _limit(bounds: Bounds, others: int) -> None:
    resource = importlib.import_module("resource")
    wanted = {
        "RLIMIT_DATA": bounds.memory,
        "RLIMIT_FSIZE": bounds.file,
        "RLIMIT_NPROC": bounds.threads + others,
        "RLIMIT_NOFILE": bounds.open_files,
        "RLIMIT_CORE": 0,
        "RLIMIT_MEMLOCK": 0,
        "RLIMIT_MSGQUEUE": 0,
    }
    for name, value in wanted.items():
        kind = getattr(resource, name, None)
        if kind is None:
            continue
        most = resource.getrlimit(kind)[1]
        bound = value if most == resource.RLIM_INFINITY else min(value, most)
        try:
            resource.setrlimit(kind, (bound, bound))
        except (OSError, ValueError):
            continue  # macOS refuses some
    signal.signal(getattr(signal, "SIGXFSZ"), signal.SIG_IGN)  # noqa: B009 - a file too large is an OSError


def _die_with_parent() -> None:
    libc = ctypes.CDLL(None, use_errno=True)
    libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    libc.prctl(_PR_SET_SUBREAPER, 1, 0, 0, 0)  # what its children leave behind stays below it, where it can be found


def _has_landlock() -> bool:
    try:
        return bool(importlib.import_module("landlockpy").supported())
    except (ImportError, OSError):
        return False


def _landlock(folders: Sequence[Path]) -> bool | None:
    """Nothing but the folders may be written to, nothing but Python and the system's programs read.

    Whether signals and connections are kept in, too, which takes Linux 6.12; None where there is no Landlock.
    """
    if not _has_landlock():
        return None
    from landlockpy import AccessFS, AccessNet, Ruleset, Scope, abi_version

    read = AccessFS.READ_FILE | AccessFS.READ_DIR | AccessFS.EXECUTE
    everything = ~AccessFS.NONE & ~(AccessFS.MAKE_CHAR | AccessFS.MAKE_BLOCK | AccessFS.IOCTL_DEV)
    scopes = Scope.ABSTRACT_UNIX_SOCKET | Scope.SIGNAL
    with Ruleset(handled_net=AccessNet.BIND_TCP | AccessNet.CONNECT_TCP, scoped=scopes) as rules:
        for path in {*_READABLE, *mimetypes.knownfiles, *_of_python()}:
            if Path(path).exists():
                rules.allow_path(path, read if Path(path).is_dir() else AccessFS.READ_FILE | AccessFS.EXECUTE)
        for path in _SYSTEM:
            if Path(path).exists():
                rules.allow_path(path, read if Path(path).is_dir() else AccessFS.READ_FILE)
        for path in _DEVICES:
            rules.allow_path(path, AccessFS.READ_FILE | AccessFS.WRITE_FILE)
        for folder in folders:
            rules.allow_path(folder, everything)
        rules.restrict()
    return abi_version() >= 6


def _of_python() -> set[str]:
    """Where Python, its library and its packages are."""
    paths = sysconfig.get_paths()
    names = {sys.executable, os.path.realpath(sys.executable), f"{sys.prefix}/pyvenv.cfg"}
    names |= {paths[name] for name in ("stdlib", "platstdlib", "purelib", "platlib")}
    return names | {f"{prefix}/{part}" for prefix in (sys.prefix, sys.base_prefix) for part in ("lib", "bin", "share")}
