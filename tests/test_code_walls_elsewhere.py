"""The walls of systems on which nobody has tried them: what they are made of, as far as it can be seen from here."""

import ctypes
import re
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from mock_endpoint.tools import job
from mock_endpoint.tools.code_interpreter import seatbelt

RULE = re.compile(r"\((allow|deny) ([\w*-]+(?: [\w*-]+)*)((?: \([^()]+\))*)\)")
HOME = f"{'/Users'}/me"
PATHS = re.compile(r'\((subpath|literal) "((?:[^"\\]|\\.)*)"\)')


def allows(profile: str, what: str, path: str) -> bool:
    """Whether the profile lets a process do this with this path: the last rule that fits decides."""
    verdict = None
    for line in profile.splitlines()[1:]:
        found = RULE.fullmatch(line)
        assert found, line
        if any(re.fullmatch(each.replace("*", ".*"), what) for each in found[2].split()) or found[2] == "default":
            filters = list(_filters(found[3]))
            if not found[3] or any(fits(path) for fits in filters):
                verdict = found[1]
    assert verdict
    return verdict == "allow"


def _filters(written: str) -> Iterator["Filter"]:
    for kind, path in PATHS.findall(written):
        yield Filter(kind, re.sub(r"\\(.)", r"\1", path))


class Filter:
    """What a rule is about."""

    def __init__(self, kind: str, path: str) -> None:
        self.kind, self.path = kind, path

    def __call__(self, path: str) -> bool:
        """Whether the path is meant."""
        return path == self.path or (self.kind == "subpath" and path.startswith(f"{self.path}/"))


@pytest.mark.skipif(sys.platform == "win32", reason="paths of macOS")
def test_the_profile_for_macos() -> None:
    """Code writes to its folders only, and reads of what people have only those and Python."""
    folders = [Path(HOME, 'T/a "quoted"/data'), Path("/private/var/folders/x/home")]
    profile = seatbelt.profile(folders, [f"{HOME}/kit/.venv/lib"])
    for path in (f"{folders[0]}/a.csv", f"{folders[1]}/.cache/x"):
        assert allows(profile, "file-write-create", path)
        assert allows(profile, "file-read-data", path)
    assert allows(profile, "file-write-data", "/dev/null")
    assert allows(profile, "file-read-data", f"{HOME}/kit/.venv/lib/python3.12/json/__init__.py")
    assert allows(profile, "file-read-data", "/System/Library/Fonts/x.ttc")
    for path in (f"{HOME}/.ssh/id", f"{HOME}/kit/.kit/state.db.key", "/Volumes/usb/x", "/private/tmp/other"):
        assert not allows(profile, "file-read-data", path)
        assert not allows(profile, "file-write-create", path)
    assert not allows(profile, "file-write-data", f"{HOME}/kit/.venv/lib/x")
    assert not allows(profile, "file-write-create", "/usr/local/x")


def test_the_profile_knows_no_network() -> None:
    """Every address of the internet protocol is denied, and nothing later allows one; nor signals to others."""
    lines = seatbelt.profile([Path("/x")], []).splitlines()
    denied = lines.index('(deny network* (local ip "*:*") (remote ip "*:*"))')
    assert not [line for line in lines[denied:] if line.startswith("(allow network") and " ip" in line]
    assert lines.index("(deny signal)") < lines.index("(allow signal (target self) (target same-sandbox))")


@pytest.mark.skipif(ctypes.sizeof(ctypes.c_void_p) != 8, reason="the numbers are those of 64 bits")
def test_the_limits_of_a_job() -> None:
    """Microsoft's documentation of `JOBOBJECT_EXTENDED_LIMIT_INFORMATION`: the layout, the flags, the units."""
    assert ctypes.sizeof(job.Limits) == 144
    raw = bytes(job.limits(memory=1 << 30, processes=3, seconds=20))

    def at(place: int, length: int) -> int:
        return int.from_bytes(raw[place : place + length], "little")

    assert at(0, 8) == 20 * 10_000_000  # user time of each process, in 100 ns
    assert at(16, 4) == 0x2 | 0x8 | 0x100 | 0x400 | 0x2000
    assert at(40, 4) == 3
    assert at(112, 8) == 1 << 30
    assert bytes(job.limits(memory=1, processes=1))[16:20] == (0x8 | 0x100 | 0x400 | 0x2000).to_bytes(4, "little")


@pytest.mark.skipif(sys.platform in ("win32", "darwin"), reason="there it is no test but a wall")
def test_elsewhere_there_are_none() -> None:
    """A system without them says so with an `OSError`, which leaves the other walls standing."""
    with pytest.raises(OSError, match="job objects"):
        job.enter(job.limits(memory=1, processes=1))
    with pytest.raises(OSError, match="libSystem"):
        seatbelt.restrict([Path("/x")], [])
