"""`run -- COMMAND`: any program, in any language, with an endpoint of its own for as long as it runs.

Only the standard library at the top, as in `commands.py`.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from helpers.problems import KitError

_CREDENTIALS = ("AZURE_CLIENT_SECRET", "AZURE_CLIENT_CERTIFICATE_PATH", "AZURE_PASSWORD")
"""With one of these a program would fetch a token for the real service."""
_NOTICE_AFTER = 1.0
"""Seconds after Ctrl-C until a person is told that the program is still busy."""


def add_run(parser: argparse.ArgumentParser) -> None:
    """The options of `run`."""
    parser.usage = "%(prog)s [-h] [--wire] [--azure] [--tls] -- COMMAND …"
    parser.add_argument("--wire", action="store_true", help="show at the end what went over the wire, on stderr")
    parser.add_argument(
        "--azure", action="store_true", help="leave OPENAI_BASE_URL unset, beside which some clients refuse Azure's"
    )
    parser.add_argument(
        "--tls", action="store_true", help="answer over https, as programs with azure-ai-agents and a credential need"
    )


def run(arguments: argparse.Namespace) -> int:
    """Start an endpoint, run the program that stands behind `--`, and return its exit code."""
    command = _command(arguments.behind)
    from helpers.cli.wire_log import WireLog
    from helpers.connection import endpoint_problems, keep_loopback_off_the_proxy, model_for
    from helpers.settings import read_settings
    from mock_endpoint.server import Options, start

    settings = read_settings(default_state="memory")
    log = WireLog()
    around = log.around if arguments.wire else None
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        tls = Path(folder) if arguments.tls else None
        with endpoint_problems():
            endpoint = start(Options(state=settings.state, model=model_for(settings), tls=tls, around=around))
        with endpoint:
            keep_loopback_off_the_proxy()
            environment = variables(os.environ, endpoint.url, endpoint.key, settings.api_version, azure=arguments.azure)
            code = _wait_for(command, environment | endpoint.variables)
    if arguments.wire:
        print("\n".join(log.lines(hidden=endpoint.key)), file=sys.stderr)
    return code


def variables(environment: Mapping[str, str], url: str, key: str, api_version: str, *, azure: bool) -> dict[str, str]:
    """The environment for a program: the person's, but what leads to a service leads to this endpoint."""
    base_url = f"{url}/v1"
    ours = {
        "AZURE_OPENAI_ENDPOINT": url,
        "AZURE_OPENAI_API_KEY": key,
        "AZURE_OPENAI_KEY": key,
        "AZURE_OPENAI_API_VERSION": api_version,
        "OPENAI_API_VERSION": api_version,
        "OPENAI_API_KEY": key,
        # With keys for both, the module `openai` itself, used without a client, asks which is meant.
        "OPENAI_API_TYPE": "azure" if azure else "openai",
    }
    if not azure:
        ours |= {"OPENAI_BASE_URL": base_url, "OPENAI_API_BASE": base_url}
    if environment.get("no_proxy"):
        ours["NO_PROXY"] = environment["no_proxy"]  # Go and others look at this one first
    # A token would be sent in place of the key; the last is what macOS tells a Python about the one that started it.
    unwanted = {"AZURE_OPENAI_AD_TOKEN", "OPENAI_BASE_URL", "OPENAI_API_BASE", *_CREDENTIALS, "__PYVENV_LAUNCHER__"}
    return {name: value for name, value in environment.items() if name not in unwanted} | ours


def _command(asked: Sequence[str]) -> list[str]:
    """The command with its program found on the person's PATH: Windows by itself would look beside our Python first."""
    if not asked:
        raise KitError("There is no command to run.", "Put it behind two dashes: run -- python my_script.py")
    program = shutil.which(asked[0])
    if program is None and Path(asked[0]).is_file():
        raise KitError(f"{asked[0]} is a file, but no program.", f"Name what runs it: run -- python {asked[0]}")
    if program is None:
        raise KitError(
            f"There is no program {asked[0]} to run.",
            "Check its spelling, or give its path.",
        )
    return [program, *asked[1:]]


def _wait_for(command: Sequence[str], environment: Mapping[str, str]) -> int:
    """Run it with this process's input and outputs; its exit code, for a signal 128 and its number as shells do."""
    ending = _Ending()
    with ending.passed_on():
        try:
            ending.process = subprocess.Popen(command, env=environment)
        except OSError as error:
            raise KitError(
                f"{command[0]} cannot be run ({error.strerror or error}).",
                "Name what runs it, as in: python FILE.",
            ) from error
        code = ending.process.wait()
    return 128 - code if code < 0 else code


class _Ending:
    """What happens when somebody wants the program to end; this process stays until it has."""

    def __init__(self) -> None:
        self.process: subprocess.Popen[bytes] | None = None
        self._presses = 0
        self._notice = threading.Timer(_NOTICE_AFTER, self._tell)

    @contextlib.contextmanager
    def passed_on(self) -> Iterator[None]:
        """Meanwhile Ctrl-C and being told to end are the program's, at whatever moment they come."""
        handlers = {signal.SIGINT: self._pressed, signal.SIGTERM: self._told}
        before = {number: signal.signal(number, handler) for number, handler in handlers.items()}
        try:
            yield
        finally:
            self._notice.cancel()
            for number, handler in before.items():
                signal.signal(number, handler)

    def _pressed(self, *_: object) -> None:
        """A terminal sends Ctrl-C to the program as well, and it decides what to do; a second one stops it."""
        if self.process is None:
            raise KeyboardInterrupt
        self._presses += 1
        if self._presses == 1:
            self._notice.start()
        else:
            (self.process.terminate if self._presses == 2 else self.process.kill)()

    def _told(self, *_: object) -> None:
        """By another program, as a CI does when its time is over: nothing stays behind."""
        if self.process is None:
            raise KeyboardInterrupt
        self.process.terminate()

    def _tell(self) -> None:
        print("The program is still busy; Ctrl-C once more stops it.", file=sys.stderr, flush=True)
