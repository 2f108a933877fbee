"""(j) Two hundred learners at once on one `serve`, every other one polling and the others streaming."""

import json
import subprocess
import sys
import tempfile
from functools import partial
from pathlib import Path

from benchmarks.measure import KEY, PATIENCE, ROOT, Comparison, Samples, Size, Target, both, in_turn, only


def measure(size: Size) -> list[Comparison]:
    """First each asks once, at a moment of his own: the same load for both sides, and what the targets are about.

    Then all ask without a pause, on bare connections, for the official client would be what limits; the faster side
    has more to do then.
    """
    rows = []
    with tempfile.TemporaryDirectory() as folder, both(Path(folder, "state.db")) as (ours, floor):
        for client in ("official", "raw"):
            load = partial(_lesson, client, size.learners, size.lesson, size.lesson)
            samples = in_turn(size, partial(load, ours), partial(load, floor))
            rows += _rows(f"{size.learners} {client} learners in {size.lesson:g} s", samples, Target("≤", 4))
        load = partial(_lesson, "raw", size.learners, size.seconds, 0)
        samples = in_turn(size, partial(load, ours), partial(load, floor))
    return rows + _rows(f"{size.learners} raw learners, no pause", samples, None)


def _rows(what: str, samples: Samples[dict[str, float]], target: Target | None) -> list[Comparison]:
    return [
        Comparison("j", what, "/s", only("throughput", samples)),
        Comparison("j", f"{what}, p99", "ms", only("answers", samples), target),
        Comparison("j", f"{what}, p99 of streams", "ms", only("streams", samples), target),
    ]


def _lesson(client: str, learners: int, seconds: float, pause: float, url: str) -> dict[str, float]:
    command = [sys.executable, "-m", "benchmarks.learners", url, KEY, str(learners), str(seconds), str(pause), client]
    done = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, timeout=PATIENCE, check=True)
    result: dict[str, float] = json.loads(done.stdout)
    return result
