"""`python -m benchmarks [a b c …] [--repeats N] [--json FILE] [--quick]`: measure, and print a table."""

import argparse
import importlib
import json
import os
import platform
import signal
import sys
from dataclasses import asdict, replace
from pathlib import Path

from benchmarks.measure import HEADER, QUICK, Comparison, Size

BENCHMARKS = {
    "a": "walk.measure",
    "b": "writes.measure",
    "c": "kernel.first_answer",
    "d": "launch.measure",
    "e": "paging.measure",
    "f": "kernel.memory",
    "g": "streams.first_delta",
    "h": "streams.long_answer",
    "i": "rounds.measure",
    "j": "classroom.measure",
    "n": "recording.measure",
    "o": "code.measure",
    "q": "search.indexing",
    "r": "search.search",
    "s": "uploads.measure",
    "t": "upstream.measure",
    "u": "responses.walk",
    "v": "responses.first_delta",
    "w": "responses.long_answer",
}
"""Imported when their turn comes: a benchmark must not load what another one measures."""


def main() -> int:
    """Run what was asked for; the exit code comes back."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description="The kit beside a floor, in one run.")
    parser.add_argument("letters", nargs="*", metavar="a…w", help="which ones (default: all)")
    parser.add_argument("--repeats", type=int, help=f"samples of each side (default: {Size().repeats})")
    parser.add_argument("--quick", action="store_true", help="show that everything runs; the figures mean nothing")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write every sample there as well")
    arguments = parser.parse_args()
    if not set(arguments.letters) <= BENCHMARKS.keys():
        parser.error(f"choose from {' '.join(BENCHMARKS)}")
    if arguments.repeats is not None and arguments.repeats < 1:
        parser.error("--repeats takes a number from 1")
    size = QUICK if arguments.quick else Size()
    _report(
        arguments.letters or list(BENCHMARKS), replace(size, repeats=arguments.repeats or size.repeats), arguments.json
    )
    return 0


def _report(letters: list[str], size: Size, file: Path | None) -> None:
    print(f"Python {platform.python_version()}, {platform.system()}, {os.cpu_count()} CPUs; medians")  # noqa: T201
    print(HEADER, flush=True)  # noqa: T201
    rows = []
    for letter in letters:
        for row in _measure(letter, size):
            print(row.line(), flush=True)  # noqa: T201
            rows.append(asdict(row) | {"figure": row.figure, "met": row.met})
    if file is not None:
        file.write_text(json.dumps(rows, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")


def _measure(letter: str, size: Size) -> list[Comparison]:
    module, function = BENCHMARKS[letter].split(".")
    rows: list[Comparison] = getattr(importlib.import_module(f"benchmarks.{module}"), function)(size)
    return rows


if __name__ == "__main__":
    sys.stdout.reconfigure(encoding="utf-8")  # pyrefly: ignore[missing-attribute]
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # leave through the doors: what was started stops
    sys.exit(main())
