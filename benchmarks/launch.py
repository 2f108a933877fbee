"""(d) `python -m helpers serve` from its launch to its first answer."""

import http.client
import tempfile
import time
from functools import partial
from pathlib import Path
from urllib.parse import urlsplit

from benchmarks.measure import KEY, Comparison, Size, Target, in_turn, started

IMPORTS = """
from starlette.applications import Starlette
from pydantic import BaseModel
import uvicorn
print("ready", flush=True)
"""
"""The three names that any such server needs. Both packages load lazily, so `import pydantic` alone is no measure."""


def measure(size: Size) -> list[Comparison]:
    """Milliseconds."""
    with tempfile.TemporaryDirectory() as folder:
        state = Path(folder, "state.db")
        samples = in_turn(size, partial(_serve, state), _import)
    return [Comparison("d", "serve: launch to first answer", "ms", samples, Target("≤", 1.6))]


def _serve(state: Path) -> float:
    begun = time.perf_counter()
    with started("-m", "helpers", "serve", "--port", "0", "--state", str(state), "--key", KEY) as url:
        connection = http.client.HTTPConnection(urlsplit(url).netloc, timeout=10)
        connection.request("GET", "/openai/v1/models", headers={"api-key": KEY})
        answer = connection.getresponse()
        elapsed = time.perf_counter() - begun
        assert answer.status == 200, answer.read()
        connection.close()
    return elapsed * 1000


def _import() -> float:
    begun = time.perf_counter()
    with started("-c", IMPORTS):
        return (time.perf_counter() - begun) * 1000
