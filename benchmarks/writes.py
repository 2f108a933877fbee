"""(b) `POST /threads`, durable on a state file, on 1 and on 32 connections."""

import json
import subprocess
import sys
import tempfile
from functools import partial
from pathlib import Path

from benchmarks.measure import KEY, PATIENCE, ROOT, Comparison, Size, Target, both, in_turn, only


def measure(size: Size) -> list[Comparison]:
    """Requests a second, and the time below which 99 of 100 answers stay."""
    rows = []
    with tempfile.TemporaryDirectory() as folder, both(Path(folder, "state.db")) as (ours, floor):
        for connections in (1, 32):
            samples = in_turn(
                size, partial(_load, ours, connections, size.seconds), partial(_load, floor, connections, size.seconds)
            )
            what = f"POST /threads, {connections} connection{'s' if connections > 1 else ''}"
            rows.append(Comparison("b", what, "/s", only("throughput", samples), Target("≥", 0.3)))
            target = Target("≤", 4) if connections > 1 else None
            rows.append(Comparison("b", f"{what}, p99", "ms", only("p99", samples), target))
    return rows


def _load(url: str, connections: int, seconds: float) -> dict[str, float]:
    command = [sys.executable, "-m", "benchmarks.load", url, KEY, str(connections), str(seconds)]
    done = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, timeout=PATIENCE, check=True)
    result: dict[str, float] = json.loads(done.stdout)
    return result
