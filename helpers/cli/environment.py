"""The environment that commands run in: found, made or repaired.

Standard library only, because a bare Python runs this before anything is installed.
A folder `.venv` in the repository is made once; a stamp in it says for which requirements. An active environment that
holds everything already is used as it is.
"""

from __future__ import annotations

import hashlib
import importlib.util
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from helpers.cli import installing
from helpers.problems import KitError

ROOT = Path(__file__).resolve().parents[2]
HOME = ROOT / ".venv"
PYTHON = HOME / ("Scripts/python.exe" if sys.platform == "win32" else "bin/python")
STAGES = ("requirements.txt", "tests/requirements.txt", installing.COMPLETE)
"""What every command needs; what `test` needs besides; what `test --all` needs besides."""

DISTRIBUTION = "assistants-hands-on"
_UNFINISHED = HOME / "kit-unfinished"


def ready(stages: Sequence[str]) -> Path:
    """The Python that holds these requirement files, after installing whatever is missing."""
    here = Path(sys.executable)
    inside = HOME.exists() and HOME.samefile(sys.prefix)
    if inside and stamped(stages):
        return here
    if _active() and not (inside and _UNFINISHED.exists()) and satisfied(stages):
        return here
    if not stamped(stages):
        try:
            with lock(ROOT / ".kit" / "install.lock"):
                _prepare(stages)
        except OSError as error:
            raise KitError(
                f"The folder {ROOT} cannot be written: {error.strerror or error}.",
                "Look at its permissions and the free space, or copy the kit to a folder of your own.",
            ) from error
    return PYTHON


def _prepare(stages: Sequence[str]) -> None:
    if not _usable():
        _make()
    if _UNFINISHED.exists():
        _mend()
    wanted = [stage for stage in stages if not stamped([stage])]
    if not wanted:  # another start did it while this one waited
        return
    _UNFINISHED.touch()
    try:
        installing.install(PYTHON, ROOT, wanted)
    except KitError:
        _UNFINISHED.unlink()  # an installer that fails leaves whole packages; one that is killed may not
        raise
    for stage in wanted:
        _stamp(stage).write_text(json.dumps(_state(stage)), encoding="utf-8")
    _UNFINISHED.unlink()


def _mend() -> None:
    """Let a killed installation be done again. The folder stays, for a Lab may be running from it."""
    installing.say("An installation was interrupted; repeating it …")
    for stage in STAGES:  # the packages of one may be those of another
        _stamp(stage).unlink(missing_ok=True)
    installing.forget_half_installed(HOME)


# The stamp ------------------------------------------------------------------------------------------------------------


def stamped(stages: Sequence[str]) -> bool:
    """Whether `.venv` was finished for these requirement files as they are now, here, and on this Python."""
    return PYTHON.exists() and not _UNFINISHED.exists() and all(_read(stage) == _state(stage) for stage in stages)


def _stamp(stage: str) -> Path:
    return HOME / f"kit-{stage.replace('/', '-')}.json"


def _read(stage: str) -> object:
    try:
        return json.loads(_stamp(stage).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None


def _state(stage: str) -> dict[str, str]:
    """What an installed stage depends on: what it asks for, and where and on which Python the environment stands."""
    parts = [(ROOT / name).read_text(encoding="utf-8") for name in (stage, "constraints.txt", "pyproject.toml")]
    return {"wants": hashlib.sha256("\0".join(parts).encode()).hexdigest(), **_place()}


def _place() -> dict[str, str]:
    """Where `.venv` stands and the Python under it; a moved folder or a replaced Python gives another answer."""
    try:
        made_by = (HOME / "pyvenv.cfg").read_text(encoding="utf-8")
    except OSError:
        made_by = ""
    return {"path": str(HOME), "python": os.path.realpath(PYTHON), "made_by": made_by}


# The folder -----------------------------------------------------------------------------------------------------------


def _usable() -> bool:
    """Whether `.venv` can be installed into: not moved, its Python starts and has pip."""
    if not PYTHON.exists():
        return False
    stamps = [stamp for stamp in map(_read, STAGES) if isinstance(stamp, dict)]
    if any(stamp.get(name) != value for stamp in stamps for name, value in _place().items()):
        return False
    probe = "import sys, pip; sys.exit(sys.version_info < (3, 11))"
    try:
        return subprocess.run([PYTHON, "-I", "-c", probe], capture_output=True, check=False).returncode == 0
    except OSError:
        return False


def _make() -> None:
    if importlib.util.find_spec("venv") is None or importlib.util.find_spec("ensurepip") is None:
        raise KitError(
            f"{sys.executable} cannot make an environment: its module `venv` or `ensurepip` is not installed.",
            "On Debian and Ubuntu: `sudo apt install python3-venv`, then start again.",
        )
    repairing = HOME.exists() or HOME.is_symlink()
    installing.say("Repairing .venv: making it anew …" if repairing else "Making the environment .venv …")
    if HOME.is_file() or (HOME.is_symlink() and not HOME.exists()):
        HOME.unlink()
    # The base Python: the one that runs may live in the very folder that is emptied.
    base = getattr(sys, "_base_executable", None) or sys.executable
    made = subprocess.run(
        [base, "-m", "venv", "--clear", HOME], capture_output=True, text=True, errors="replace", check=False
    )
    if made.returncode != 0:
        lines = (made.stderr or made.stdout).strip().splitlines() or ["no reason given"]
        raise KitError(
            f"The environment {HOME} could not be made: {lines[-1]}.",
            "Close programs that use this folder, look at its permissions and the free space, and start again.",
        )


@contextmanager
def lock(path: Path) -> Iterator[None]:
    """Hold an OS lock, so that of two starts one installs and one waits; it vanishes with its process."""
    path.parent.mkdir(exist_ok=True)
    with path.open("ab") as file:
        if not _locked(file):
            installing.say("Another start is installing; waiting for it …")
            while not _locked(file):
                time.sleep(0.2)  # Windows has no wait without a limit
        yield


def _locked(file: IO[bytes]) -> bool:
    try:
        if sys.platform == "win32":
            import msvcrt

            file.seek(0)
            msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
        else:
            import fcntl

            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except (BlockingIOError, PermissionError):
        return False
    return True


# An environment of the user's own -------------------------------------------------------------------------------------


def _active() -> bool:
    return sys.prefix != sys.base_prefix or os.environ.get("CONDA_PREFIX") == sys.prefix


def satisfied(stages: Sequence[str]) -> bool:
    """Whether the running Python holds the requirements already, this very copy of the kit among them."""
    import importlib.metadata  # these cost a tenth of the start, and most starts never get here
    import tomllib
    from urllib.parse import urlsplit
    from urllib.request import url2pathname

    try:
        from packaging.requirements import Requirement  # JupyterLab needs it: where it is missing, so is the rest
    except ImportError:
        return False
    try:
        kit = importlib.metadata.distribution(DISTRIBUTION)
        origin = json.loads(kit.read_text("direct_url.json") or "{}").get("url", "")
        if not ROOT.samefile(url2pathname(urlsplit(origin).path)):
            return False
        # What the kit needs now; its installed metadata tells what it needed when it was installed.
        needed = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["dependencies"]
        wanted = [Requirement(line) for line in [*needed, *_lines(stages)]]
        return all(
            requirement.specifier.contains(importlib.metadata.version(requirement.name), prereleases=True)
            for requirement in wanted
            if requirement.marker is None or requirement.marker.evaluate()
        )
    except (importlib.metadata.PackageNotFoundError, OSError, ValueError):
        return False


def _lines(stages: Sequence[str]) -> Iterator[str]:
    """The requirements in these files, without comments and options such as `-e .`."""
    for stage in stages:
        for line in (ROOT / stage).read_text(encoding="utf-8").splitlines():
            requirement = line.partition(" #")[0].strip()
            if requirement and not requirement.startswith(("#", "-")):
                yield requirement
