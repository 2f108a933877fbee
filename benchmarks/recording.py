"""(n) What recording for `wire()` costs: the whole walk with a watched client, beside the same without."""

import tempfile
import time
import warnings
from functools import partial
from pathlib import Path

from benchmarks.measure import API_VERSION, KEY, Comparison, Size, Target, in_turn, started
from benchmarks.walk import walk

_TIMES = 12
"""Times as many walks as (a) takes: a few percent are less than what two walks differ by."""


def measure(size: Size) -> list[Comparison]:
    """Milliseconds of one walk, through clients of one endpoint that differ in nothing else."""
    from openai import AzureOpenAI

    from helpers.traffic import watch

    warnings.filterwarnings("ignore", category=DeprecationWarning)

    def milliseconds(client: AzureOpenAI) -> float:
        begun = time.perf_counter()
        walk(client)
        return (time.perf_counter() - begun) * 1000

    with tempfile.TemporaryDirectory() as folder:
        state = str(Path(folder, "state.db"))
        serve = ("-m", "helpers.cli.commands", "serve", "--port", "0", "--state", state, "--key", KEY)
        with started(*serve) as url:
            plain = AzureOpenAI(azure_endpoint=url, api_key=KEY, api_version=API_VERSION)
            with plain, watch(plain) as watched:
                samples = in_turn(
                    size, partial(milliseconds, watched), partial(milliseconds, plain), _TIMES * size.walks
                )
    return [Comparison("n", "a walk, recorded for wire()", "ms", samples, Target("≤", 1.05))]
