"""The commands behind `python -m helpers`: those that run the kit are here, those of a class in `teaching.py`.

The bootstrap reads the command line with this module before anything is installed, so the top imports only the
standard library; each command imports what it needs, which also keeps the start of `serve` short.
"""

from __future__ import annotations

import argparse
import importlib.util
import io
import os
import socket
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Literal, NoReturn, TypeVar

from helpers.cli import own_model, running, teaching
from helpers.problems import KitError

ROOT = Path(__file__).resolve().parents[2]
SHORTEST_KEY = 16
Number = TypeVar("Number", int, float)


class _Parser(argparse.ArgumentParser):
    """A parser whose complaint is one line."""

    def error(self, message: str) -> NoReturn:
        raise KitError(f"{message[:1].upper()}{message[1:]}.", f"`{self.prog} --help` shows what it takes.")


def parse(line: Sequence[str]) -> argparse.Namespace:
    """The command line as `command` and its options; what stands behind `--` is in `behind`.

    Raises KitError for a wrong line; prints and exits for `--help`.
    """
    end = line.index("--") if "--" in line else len(line)
    arguments, unknown = _parser().parse_known_args(line[:end])
    arguments.behind = line[end + 1 :]
    unknown += [] if arguments.command in {"test", "run"} else line[end:]
    if unknown and arguments.command == "run" and not unknown[0].startswith("-"):
        raise KitError("The two dashes are missing.", f"Put them before the command: run -- {' '.join(unknown)}")
    if unknown:
        raise KitError(
            f"Unrecognized arguments: {' '.join(unknown)}.",
            f"`python -m helpers {arguments.command} --help` shows what it takes.",
        )
    return arguments


def main(line: Sequence[str]) -> int:
    """Run one command; the exit code comes back. Raises KitError for an obstacle that a person can clear."""
    arguments = parse(line)
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="replace")  # a Windows console may not know a sign or a file's name
    return _COMMANDS[arguments.command](arguments)


def guarded(action: Callable[[], int]) -> int:
    """The exit code of `action`; an obstacle becomes one line on stderr and exit code 2."""
    try:
        return action()
    except KitError as error:
        print(f"{error.what} {error.fix}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("Stopped.", file=sys.stderr)
        return 130


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(prog="python -m helpers", description="Lessons on the Assistants API, and a local endpoint.")
    commands = parser.add_subparsers(dest="command", required=True, metavar="|".join(_COMMANDS))

    lab = commands.add_parser("lab", help="open JupyterLab at the first lesson")
    lab.add_argument("--no-browser", action="store_true", help="start the server only; it prints the address")
    lab.add_argument(
        "--port", type=_between(int, 0, 65535), help="where JupyterLab listens (default: 8888, or the next free one)"
    )

    test = commands.add_parser(
        "test",
        help="run the tests, the notebooks among them",
        epilog="What stands behind -- is handed to pytest: test --all -- -k runs",
    )
    test.add_argument(
        "--all", action="store_true", help="every test, also what needs a browser, other clients or a small model"
    )
    test.add_argument("--update", action="store_true", help="rewrite the outputs that the notebooks carry")

    _add_serve(commands.add_parser("serve", help="run the endpoint as a process, for any client"))
    running.add_run(commands.add_parser("run", help="run any program with an endpoint of its own"))
    commands.add_parser("doctor", help="say what is configured and what is wrong")
    own_model.add_model(commands.add_parser("model", help="run a small real model on this computer, in English"))
    reset = commands.add_parser("reset", help="empty the state: all objects, files, exercises done")
    reset.add_argument("--yes", action="store_true", help="do not ask first")
    teaching.add_fresh(
        commands.add_parser("fresh", help="put a lesson back as it was shipped, and keep yours beside it")
    )
    teaching.add_progress(commands.add_parser("progress", help="show which exercises are solved, or export it"))
    teaching.add_sheet(
        commands.add_parser("sheet", help="write a class sheet for printing: lessons, exercises, solutions")
    )
    teaching.add_class(commands.add_parser("class", help="show how far a class is, from what its learners exported"))
    return parser


def _add_serve(serve: argparse.ArgumentParser) -> None:
    serve.add_argument("--host", default="127.0.0.1", help="default: %(default)s, this computer only")
    serve.add_argument(
        "--port", type=_between(int, 0, 65535), default=8080, help="default: %(default)s; 0 takes a free one"
    )
    serve.add_argument("--key", help="the key that clients send (default: the one kept beside the state)")
    serve.add_argument("--state", metavar="memory|PATH", help="where objects are kept (default: KIT_STATE, or .kit/)")
    serve.add_argument(
        "--pace", type=_between(float, 0, 3600), default=0.0, help="simulated thinking time in seconds (default: 0)"
    )
    serve.add_argument(
        "--run-ttl",
        type=_between(int, 1, 86400),
        help="seconds until a run expires (default: 600, for classic agents 1800)",
    )
    serve.add_argument("--deployments", type=_names, default=(), metavar="A,B", help="accept these names only")
    serve.add_argument(
        "--class",
        dest="by_learner",
        action="store_true",
        help="keep learners apart: each sees only what is their own, in memory",
    )
    serve.add_argument(
        "--tls", action="store_true", help="answer over https, and print what programs with azure-ai-agents need"
    )
    serve.add_argument(
        "--fault",
        metavar="NAME",
        help='what goes wrong with every request, e.g. "rate_limit;times=2" (the README lists them)',
    )


def _lab(arguments: argparse.Namespace) -> int:
    if arguments.port is not None:
        _need_free_port(arguments.port)
    # Found before the person's own: Lab neither asks about news nor fetches any.
    config = os.pathsep.join(
        filter(None, [str(Path(__file__).with_name("lab")), os.environ.get("JUPYTER_CONFIG_PATH")])
    )
    os.environ["JUPYTER_CONFIG_PATH"] = config
    # The tabs of the last time come back: the kit's own, not those of the person's other work, each with its kernel.
    tabs = os.environ.get("JUPYTERLAB_WORKSPACES_DIR") or str(ROOT / ".kit" / "workspaces")
    os.environ["JUPYTERLAB_WORKSPACES_DIR"] = tabs
    from jupyterlab.labapp import LabApp

    _keep_and_trust()
    options = [
        f"--ServerApp.root_dir={ROOT}",
        "--FileContentsManager.preferred_dir=notebooks",
        "--LabApp.default_url=/lab/tree/notebooks/00_start_here.ipynb",
    ]
    options += ["--no-browser"] if arguments.no_browser else []
    options += [f"--port={arguments.port}", "--ServerApp.port_retries=0"] if arguments.port is not None else []
    # In a container root is the only account there is; Lab listens on this computer only and asks for its token.
    options += ["--allow-root"] if sys.platform != "win32" and os.geteuid() == 0 else []
    LabApp.launch_instance(options)
    return 0


def _keep_and_trust() -> None:
    """Before anybody changes a lesson: a copy of each as it was shipped, and Jupyter's trust in all."""
    from helpers.cli.signing import trust
    from helpers.exercises import shipped

    shipped.keep()
    trust(ROOT / "notebooks")


def _test(arguments: argparse.Namespace) -> int:
    from helpers.exercises import shipped

    shipped.keep()
    command = [sys.executable, "-m", "pytest"]
    if importlib.util.find_spec("xdist") is not None:
        # Most tests wait for runs that think; with `--all` there are browsers and kernels at work, too, and one test
        # that waits for minutes.
        cores = os.cpu_count() or 1
        command += ["-n", str(cores + 2 if arguments.all else 2 * cores), "--dist", "worksteal"]
    command += ["--all"] if arguments.all else []
    command += ["--update-notebooks"] if arguments.update else []
    return subprocess.run([*command, *arguments.behind], cwd=ROOT, check=False).returncode


def _serve(arguments: argparse.Namespace) -> int:
    from helpers.connection import endpoint_problems, model_for
    from helpers.settings import read_settings
    from mock_endpoint.listening import is_loopback, listen

    settings = read_settings()
    asked = _state(arguments.state)
    state = asked or settings.state
    if arguments.by_learner and isinstance(asked, Path):
        raise KitError("A class's work is kept in memory, never in a file.", "Leave out --state, or --class.")
    _check_key(arguments.host, arguments.key, in_memory=state == "memory")
    with endpoint_problems():
        listen(arguments.host, arguments.port).close()  # a port that is taken is said before the endpoint is loaded
    if not (is_loopback(arguments.host) or arguments.tls):
        print("Anyone on the network who has the key can reach this endpoint; nothing is encrypted.", file=sys.stderr)
    from mock_endpoint.server import Options, serve

    with endpoint_problems():
        options = Options(
            host=arguments.host,
            port=arguments.port,
            key=arguments.key,
            state=state,
            pace=arguments.pace,
            run_ttl=arguments.run_ttl,
            deployments=arguments.deployments,
            fault=arguments.fault,
            by_learner=arguments.by_learner,
            tls=_beside(state) if arguments.tls else None,
            model=model_for(settings),
            code_interpreter=settings.code_interpreter,
        )
        return serve(options)


def _doctor(_: argparse.Namespace) -> int:
    from helpers.cli.doctor import doctor

    return doctor()


def _model(arguments: argparse.Namespace) -> int:
    return own_model.run(arguments, _agreed)


def _reset(arguments: argparse.Namespace) -> int:
    import asyncio

    from helpers.connection import endpoint_problems
    from helpers.exercises import results
    from helpers.settings import read_settings
    from mock_endpoint.state.store import Store

    state = read_settings().state
    if not isinstance(state, Path) or not (state.exists() or results.file_of(state).exists()):
        print("There is no state yet: nothing to empty.")
        return 0
    lost = (
        "Assistants, threads, messages, runs and files in it are lost, "
        "and which exercises you have solved is forgotten."
    )
    if not arguments.yes and not _agreed(f"Empty {state}? {lost}"):
        print("Nothing was changed.")
        return 1
    if state.exists():
        with endpoint_problems():
            asyncio.run(Store(state).empty())
    results.forget(state)
    print(f"{state} is empty now, and the exercises are all to do again.")
    return 0


_COMMANDS: dict[str, Callable[[argparse.Namespace], int]] = {
    "lab": _lab,
    "test": _test,
    "serve": _serve,
    "run": running.run,
    "doctor": _doctor,
    "model": _model,
    "reset": _reset,
    "fresh": teaching.fresh,
    "progress": teaching.progress,
    "sheet": teaching.sheet,
    "class": teaching.class_,
}


def _agreed(question: str) -> bool:
    try:
        return input(f"{question} [y/N] ").strip().lower() in {"y", "yes"}
    except EOFError:
        return False


def _state(text: str | None) -> Path | Literal["memory"] | None:
    if text is None:
        return None
    return "memory" if text == "memory" else Path(text).absolute()


def _beside(state: Path | Literal["memory"]) -> Path:
    """The folder for what programs need to trust the endpoint."""
    return ROOT / ".kit" / "tls" if isinstance(state, str) else state.with_name(state.name + ".tls")


def _check_key(host: str, key: str | None, *, in_memory: bool) -> None:
    """Refuse what would leave the endpoint open, or its key unknown."""
    from mock_endpoint.listening import is_loopback

    if not is_loopback(host) and len(key or "") < SHORTEST_KEY:
        raise KitError(
            f"The host {host} lets other computers in, so a key is needed.",
            f"Give one of at least {SHORTEST_KEY} characters: --key KEY.",
        )
    if in_memory and not key:
        raise KitError(
            "With the state in memory there is no file that could hold a key.", "Give one yourself: --key KEY."
        )


def _need_free_port(port: int) -> None:
    """Refuse a port that somebody else holds: JupyterLab would say so only after a page of other lines."""
    try:
        socket.create_server(("127.0.0.1", port)).close()
    except OSError as error:
        raise KitError(
            f"JupyterLab cannot listen on port {port} ({error.strerror or error}).",
            "Choose another with --port N, or leave --port out to take the next free one.",
        ) from error


def _between(kind: type[Number], lowest: Number, highest: Number) -> Callable[[str], Number]:
    def read(text: str) -> Number:
        try:
            number = kind(text)
        except ValueError:
            number = lowest - 1
        if not lowest <= number <= highest:
            raise argparse.ArgumentTypeError(f"{text!r} is not a number from {lowest} to {highest}")
        return number

    return read


def _names(text: str) -> tuple[str, ...]:
    return tuple(name.strip() for name in text.split(",") if name.strip())


if __name__ == "__main__":
    sys.exit(guarded(lambda: main(sys.argv[1:])))
