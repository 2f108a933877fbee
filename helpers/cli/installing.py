"""Install requirement files: with uv, which is fast, or with pip where uv does not work.

Standard library only. What a person has told pip (indexes, certificates, proxy) is passed on to uv.
"""

from __future__ import annotations

import ast
import csv
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from helpers.problems import KitError

# pip's setting → uv's variables, and what parts several values there.
_SETTINGS = {
    "index-url": (("UV_DEFAULT_INDEX",), " "),
    "extra-index-url": (("UV_INDEX",), " "),
    "find-links": (("UV_FIND_LINKS",), ","),
    "trusted-host": (("UV_INSECURE_HOST",), " "),
    "cert": (("SSL_CERT_FILE",), None),
    "client-cert": (("SSL_CLIENT_CERT",), None),
    "proxy": (("HTTPS_PROXY", "HTTP_PROXY"), None),
}
COMPLETE = "tests/requirements-all.txt"
"""A file that names every package it needs: what its packages ask for besides is not installed."""
_NO_NETWORK = (
    "newconnectionerror",
    "failed to establish",
    "name resolution",
    "getaddrinfo",
    "connection to",
    "connection broken",
    "max retries",
    "timed out",
    "unreachable",
    "proxyerror",
    "(from versions: none)",
)


def say(sentence: str) -> None:
    """Tell the person what is going on; on stderr, so that a command's own output stays clean."""
    print(sentence, file=sys.stderr, flush=True)


def install(python: Path, root: Path, stages: Sequence[str]) -> None:
    """Install the requirement files `stages` (paths below `root`) into the environment of `python`.

    Raises KitError when neither uv nor pip can do it.
    """
    say(f"Installing {' and '.join(stages)} (once; this takes a minute at most on a quick line) …")
    constrained = [stage for stage in stages if stage != COMPLETE]
    if constrained:
        _install(python, root, [*_named(constrained), "-c", "constraints.txt"])
    if COMPLETE in stages:
        _install(python, root, [*_named([COMPLETE]), "--no-deps"])


def install_alone(python: Path, root: Path, packages: Sequence[str]) -> None:
    """Install these packages without what they ask for besides. Raises KitError when neither uv nor pip can do it."""
    say(f"Installing {' and '.join(packages)} …")
    _install(python, root, [*packages, "--no-deps"])


def forget_half_installed(home: Path) -> None:
    """Take from the environment in `home` the entries of packages that lack files, so that they are installed again.

    An installer that is killed may leave the entry, a folder `.dist-info`, before or after the files that it lists;
    the next one would believe it. Raises OSError where an entry cannot be removed.
    """
    site = "Lib/site-packages" if sys.platform == "win32" else "lib/python*/site-packages"
    for entry in home.glob(f"{site}/*.dist-info"):
        if not _is_whole(entry):
            shutil.rmtree(entry)


def _is_whole(entry: Path) -> bool:
    try:
        with (entry / "RECORD").open(encoding="utf-8", newline="") as record:
            files = [(entry.parent / name, size) for name, _, size in csv.reader(record) if not name.endswith(".pyc")]
        return bool(files) and all(size in {"", str(file.stat().st_size)} for file, size in files)
    except (OSError, ValueError):  # no list, half a list, or a file that is not there
        return False


def _named(stages: Sequence[str]) -> list[str]:
    return [part for stage in stages for part in ("-r", stage)]


def _install(python: Path, root: Path, files: Sequence[str]) -> None:
    if not _with_uv(python, root, files):
        say("uv could not do it, so pip takes over; this takes longer …")
        _run_pip(python, root, ["install", *files])


def _with_uv(python: Path, root: Path, files: Sequence[str]) -> bool:
    try:
        _run_pip(python, root, ["install", "--quiet", "--retries", "1", "uv", "-c", "constraints.txt"])
    except KitError as error:
        say(f"uv could not be fetched. {error.what}")
        return False
    uv = [str(python), "-m", "uv"]
    settings = _pip_settings(python)
    variables = uv_variables(settings, os.environ)
    if _on_other_drive(uv, python):
        variables.setdefault("UV_LINK_MODE", "copy")
    progress = [] if sys.stderr.isatty() else ["--quiet"]
    offline = ["--no-index"] if settings.get("no-index", "0").lower() in {"1", "true", "yes", "on"} else []
    # Compiled now, as pip does it: code behind its walls could not keep what it compiles, and would do so every time.
    options = ["--compile-bytecode", *progress, *offline]
    command = [*uv, "pip", "install", *options, "--python", str(python), *files]
    return subprocess.run(command, cwd=root, env=variables, stdout=sys.stderr, check=False).returncode == 0


def _run_pip(python: Path, root: Path, arguments: Sequence[str]) -> None:
    command = [str(python), "-m", "pip", "--disable-pip-version-check", *arguments]
    # A person's `user = true` is meant for other environments: pip refuses it in this one.
    variables = {**os.environ, "PIP_USER": "0"}
    done = subprocess.run(
        command,
        cwd=root,
        env=variables,
        stdout=sys.stderr,
        stderr=subprocess.PIPE,
        text=True,
        errors="replace",
        check=False,
    )
    if done.returncode == 0:
        return
    if any(sign in done.stderr.lower() for sign in _NO_NETWORK):
        raise KitError(
            "The packages could not be downloaded: the package index cannot be reached.",
            "Connect to the network and start again; behind a proxy, set HTTPS_PROXY first.",
        )
    errors = [line for line in done.stderr.splitlines() if line.startswith("ERROR:")] or done.stderr.splitlines()
    reason = (errors or ["no reason given"])[-1].removeprefix("ERROR: ").strip().rstrip(".")
    raise KitError(
        f"pip could not install the packages: {reason}.",
        f"To see more: `{python} -m pip install {' '.join(arguments[1:])}`.",
    )


def uv_variables(pip_settings: Mapping[str, str], environment: Mapping[str, str]) -> dict[str, str]:
    """The environment for uv: `environment`, with pip's settings where uv was told nothing of its own."""
    variables = {
        "UV_SYSTEM_CERTS": "1",
        "UV_PYTHON_DOWNLOADS": "never",
        # pip takes the best version of all indexes; uv alone would stop at the first index that has the name.
        "UV_INDEX_STRATEGY": "unsafe-best-match",
    }
    for setting, (names, separator) in _SETTINGS.items():
        value = pip_settings.get(setting, "").strip()
        if value:
            variables.update(dict.fromkeys(names, separator.join(value.split()) if separator else value))
    return {**variables, **environment}


def _pip_settings(python: Path) -> dict[str, str]:
    """What `pip config list` says: setting → value, from the files and the variables PIP_*, the nearest one winning."""
    listed = subprocess.run(
        [str(python), "-m", "pip", "config", "list"], capture_output=True, text=True, errors="replace", check=False
    )
    return parse_pip_settings(listed.stdout)


def parse_pip_settings(listing: str) -> dict[str, str]:
    """The settings in the text that `pip config list` prints; `install.` overrules `global.`, `:env:.` both."""
    settings: dict[str, str] = {}
    for section in ("global.", "install.", ":env:."):
        for line in listing.splitlines():
            name, found, value = line.partition("=")
            if found and name.startswith(section):
                settings[name[len(section) :]] = str(ast.literal_eval(value))
    return settings


def _on_other_drive(uv: Sequence[str], python: Path) -> bool:
    """Whether uv's cache lies on another drive than the environment, so that files cannot be linked."""
    asked = subprocess.run([*uv, "cache", "dir"], capture_output=True, text=True, errors="replace", check=False)
    cache = Path(asked.stdout.strip() or ".").absolute()
    existing = next(folder for folder in (cache, *cache.parents) if folder.exists())
    return existing.stat().st_dev != python.parent.stat().st_dev
