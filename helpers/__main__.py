"""`python -m helpers …`: make the environment ready, then hand over to its own Python.

Any Python may start this, also a bare one: standard library only, and it parses on Python 3.8, so that an older
Python gets a sentence instead of a traceback.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

OLDEST = (3, 11)


def main() -> int:
    """Run the command line; the exit code comes back."""
    if sys.version_info < OLDEST:
        version = ".".join(str(number) for number in sys.version_info[:3])
        print(
            f"The kit needs Python 3.11 or newer; {sys.executable} is Python {version}. "
            "Install a newer one from python.org, or start with its name: python3.13 -m helpers lab.",
            file=sys.stderr,
        )
        return 2
    from helpers.cli import commands  # only now: newer syntax and modules are fine from here on

    return commands.guarded(lambda: _start(sys.argv[1:]))


def _start(line: list[str]) -> int:
    from helpers.cli import commands, environment

    # A wrong line is answered at once, not after an installation.
    arguments = commands.parse(line)
    stages = 1 if arguments.command != "test" else 3 if arguments.all else 2
    python = environment.ready(environment.STAGES[:stages])
    return commands.main(line) if python == Path(sys.executable) else _hand_over(python, line)


def _hand_over(python: Path, line: list[str]) -> int:
    command = [str(python), "-m", "helpers.cli.commands", *line]
    sys.stdout.flush()
    sys.stderr.flush()
    if sys.platform != "win32":
        os.execv(python, command)  # noqa: S606 - no shell is the point
    # On Windows exec would return to the prompt while the command still runs.
    process = subprocess.Popen(command)
    while True:
        try:
            return process.wait()
        except KeyboardInterrupt:
            continue  # the console has sent Ctrl-C to the command as well: it decides when to end


if __name__ == "__main__":
    sys.exit(main())
