"""What all benchmarks share: sizes, samples taken in turn, their comparison, and processes that surely stop."""

import os
import subprocess
import sys
import threading
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Literal, TypeVar

if TYPE_CHECKING:
    from openai import AzureOpenAI

T = TypeVar("T")
Samples = tuple[list[T], list[T]]
"""Ours, and the floor's."""

ROOT = Path(__file__).resolve().parent.parent
KEY = "only-for-this-benchmark"
API_VERSION = "2024-05-01-preview"
PATIENCE = 120
"""Seconds after which a process that has not answered is given up."""


@dataclass(frozen=True)
class Size:
    """How much is measured."""

    repeats: int = 5
    warm_up: bool = True
    """Whether a first pair of samples is thrown away."""
    walks: int = 20
    """Walks in one repeat."""
    seconds: float = 1.0
    """How long one load lasts."""
    messages: int = 10_000
    """Messages in the long thread; the short one has a hundredth."""
    pages: int = 40
    """Pages in one repeat."""
    words: int = 2000
    """Deltas of a long answer."""
    learners: int = 200
    """How many of them work at once."""
    lesson: float = 3.0
    """Seconds in which each of them asks once."""
    paragraphs: int = 600
    """Passages of a file that is indexed."""
    passages: int = 10_000
    """Passages that are searched."""
    megabytes: int = 100
    """Of a file that is uploaded."""


QUICK = Size(
    repeats=1,
    warm_up=False,
    walks=1,
    seconds=0.1,
    messages=1000,
    pages=1,
    words=50,
    learners=8,
    lesson=0.2,
    paragraphs=20,
    passages=200,
    megabytes=2,
)
"""Shows that every benchmark runs; its figures mean nothing."""


@dataclass(frozen=True)
class Target:
    """What the comparison should be."""

    relation: Literal["≤", "≥"]
    limit: float


@dataclass(frozen=True)
class Comparison:
    """Our samples beside the floor's, and what comes of them."""

    letter: str
    what: str
    unit: str
    samples: Samples[float]
    target: Target | None = None
    """None: told for information."""
    by: Literal["ratio", "difference"] = "ratio"

    @property
    def figure(self) -> float:
        """The ratio (or difference, in `unit`) of the two medians."""
        ours, floor = map(median, self.samples)
        return ours / floor if self.by == "ratio" else ours - floor

    @property
    def met(self) -> bool | None:
        """Whether the target is met; None without one."""
        if self.target is None:
            return None
        return self.figure <= self.target.limit if self.target.relation == "≤" else self.figure >= self.target.limit

    def line(self) -> str:
        """One line of the table."""
        sign = "×" if self.by == "ratio" else self.unit
        ours, floor = (f"{median(samples):,.1f} {self.unit}" for samples in self.samples)
        target = f"{self.target.relation} {self.target.limit:g} {sign}" if self.target else ""
        met = {True: "met", False: "MISSED", None: ""}[self.met]
        figure = f"{self.figure:.2f} {sign}"
        return f"{self.letter}  {self.what:<46}{ours:>14}{floor:>14}{figure:>12}{target:>12}  {met}".rstrip()


HEADER = f"   {'':<46}{'ours':>14}{'floor':>14}{'figure':>12}{'target':>12}"


def in_turn(size: Size, ours: Callable[[], T], floor: Callable[[], T], times: int = 1) -> Samples[T]:
    """Samples of both, taken in turn (ours, floor, ours, floor, …), so that other work on the machine meets both."""
    if size.warm_up:
        ours(), floor()
    pairs = [(ours(), floor()) for _ in range(size.repeats * times)]
    return [pair[0] for pair in pairs], [pair[1] for pair in pairs]


def only(name: str, samples: Samples[dict[str, float]]) -> Samples[float]:
    """One figure out of samples that hold several."""
    ours, floor = samples
    return [sample[name] for sample in ours], [sample[name] for sample in floor]


def environment(**variables: str) -> dict[str, str]:
    """The environment of a child: without the person's endpoint, model and state, not even those in `.env`."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("AZURE_", "OPENAI_", "MODEL_", "KIT_"))
    }
    blank = ("AZURE_OPENAI_ENDPOINT", "AZURE_OPENAI_KEY", "AZURE_OPENAI_API_KEY", "AZURE_OPENAI_API_VERSION")
    return kept | dict.fromkeys((*blank, "MODEL_BASE_URL", "MODEL_API_KEY", "MODEL_NAME"), "") | variables


@contextmanager
def started(*arguments: str) -> Iterator[str]:
    """A Python process with these arguments; gives the last word of the first line that it prints."""
    process = subprocess.Popen(
        [sys.executable, *arguments], cwd=ROOT, env=environment(), stdout=subprocess.PIPE, encoding="utf-8"
    )
    alarm = threading.Timer(PATIENCE, process.kill)
    alarm.start()
    try:
        assert process.stdout is not None
        line = process.stdout.readline()
        alarm.cancel()
        if not line:
            raise RuntimeError(f"`python {' '.join(arguments)}` ended without a word")
        yield line.split()[-1]
    finally:
        alarm.cancel()
        process.terminate()
        try:
            process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        if process.stdout is not None:
            process.stdout.close()


@contextmanager
def both(state: Path) -> Iterator[tuple[str, str]]:
    """Our endpoint on this state file and the floor, each a process of its own; gives their addresses."""
    # The command itself, without the bootstrap before it: only the start is measured with that.
    serve = ("-m", "helpers.cli.commands", "serve", "--port", "0", "--state", str(state), "--key", KEY)
    with started(*serve) as ours, started("-m", "benchmarks.floor") as floor:
        yield ours, floor


def client_of(url: str) -> "AzureOpenAI":
    """The official client for this address."""
    from openai import AzureOpenAI  # a second that other benchmarks do not pay

    warnings.filterwarnings("ignore", category=DeprecationWarning)
    return AzureOpenAI(azure_endpoint=url, api_key=KEY, api_version=API_VERSION)
