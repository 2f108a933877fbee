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
        for client, connections in (("raw", 1), ("raw", 32), ("official", 1), ("official", 32)):
            load = partial(_load, client=client, connections=connections, seconds=size.seconds)
            samples = in_turn(size, partial(load, ours), partial(load, floor))
            what = f"POST /threads, {client} client × {connections}"
            rows.append(Comparison("b", what, "/s", only("throughput", samples), Target("≥", 0.3)))
            target = Target("≤", 4) if connections > 1 else None
            rows.append(Comparison("b", f"{what}, p99", "ms", only("p99", samples), target))
    return rows


def _load(url: str, *, client: str, connections: int, seconds: float) -> dict[str, float]:
    command = [sys.executable, "-m", "benchmarks.load", url, KEY, str(connections), str(seconds), client]
    done = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, timeout=PATIENCE, check=True)
    result: dict[str, float] = json.loads(done.stdout)
    return result
