"""The log of exchanges: bounded, and without a key in it."""

import json
import re
import sys
import threading
import time
from collections import OrderedDict, deque
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from helpers.traffic.events import StreamEvent
from helpers.views import kernel

MOST_EXCHANGES = 500
MOST_BYTES = 16 * 1024 * 1024
"""What all exchanges together may hold in their texts; the oldest make room."""
MOST_RUNS = 200
MOST_STATUSES = 200
"""Of one run, which may wait for functions again and again."""
EVENT_STREAM = "text/event-stream"
HIDDEN = "‹hidden›"
"""Stands where a key was."""
_CANCEL = re.compile(r"/runs/([^/]+)/cancel$")
_OBJECT = 200
"""Bytes of an object around the texts, roughly."""


@dataclass
class Exchange:
    """One request and what became of it. Keys are replaced before anything is kept."""

    method: str
    url: str
    """Path and query, percent signs decoded for reading."""
    address: str
    """The whole of it as it was sent, with scheme, host and port."""
    page: int
    """The number of the cell that sent it."""
    request_headers: Mapping[str, str]
    request_body: str
    """Text, or a description of what is no text; empty when there was none."""
    request_is_whole: bool = True
    """Whether `request_body` is what was sent, neither cut nor only described."""
    status: int | None = None
    """The HTTP status, `None` while there is no answer."""
    error: str = ""
    """Why no answer came, in one line."""
    response_headers: Mapping[str, str] = field(default_factory=dict)
    response_body: str = ""
    """Text, or a description of what is no text; empty for a stream of events."""
    events: list[StreamEvent] = field(default_factory=list)
    """What a stream of server-sent events has brought so far, oldest first."""
    further_events: int = 0
    """How many more it brought that are not kept, because they were too many."""
    hung_up: bool = False
    """Whether the reader stopped reading before the stream ended."""
    seconds: float | None = None
    """Until the last byte; `None` while the answer is under way."""
    started: float = field(default_factory=time.monotonic)
    held: int = field(default=0, repr=False)
    """Bytes that its texts take, as the log counts them."""
    places: int = field(default=0, repr=False)
    """How often it stands in the log: 0 once it is forgotten, though its answer may still be under way."""

    @property
    def path(self) -> str:
        """The path without the query."""
        return self.url.partition("?")[0]

    @property
    def is_stream(self) -> bool:
        """Whether the answer is a stream of server-sent events."""
        return self.response_headers.get("content-type", "").startswith(EVENT_STREAM)

    @property
    def attempt(self) -> int:
        """Which try of the client this is, counted from 1."""
        count = self.request_headers.get("x-stainless-retry-count", "")
        return int(count) + 1 if count.isdecimal() else 1

    @property
    def request_json(self) -> Any:  # noqa: ANN401 - JSON can be anything
        """The request's body parsed; `None` when there was none or it is not JSON."""
        return parsed(self.request_body)

    @property
    def response_json(self) -> Any:  # noqa: ANN401 - JSON can be anything
        """The answer's body parsed; `None` when there was none, it is not JSON, or it was too long to keep."""
        return parsed(self.response_body)


class Log:
    """The latest exchanges of all watched clients, and the statuses of the runs seen in them."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._exchanges: deque[Exchange] = deque()
        self._held = 0
        self._statuses: OrderedDict[str, list[tuple[float, str]]] = OrderedDict()
        self._cancels: OrderedDict[str, list[int]] = OrderedDict()
        self._page = 0
        self._recordings: list[list[Exchange]] = []

    @contextmanager
    def recording(self) -> Iterator[list[Exchange]]:
        """A list of every exchange that begins while the block lasts, also of those that the log forgets again."""
        found: list[Exchange] = []
        with self._lock:
            self._recordings = [*self._recordings, found]
        try:
            yield found
        finally:
            with self._lock:
                self._recordings = [one for one in self._recordings if one is not found]

    def page(self) -> int:
        """The number of the cell that runs now; without Jupyter, how often the page was turned."""
        return int(getattr(kernel(), "execution_count", self._page))

    def begin_cell(self) -> None:
        """What comes from now on is no part of what came before; Jupyter's cells do this by themselves."""
        self._page += 1

    def add(self, exchange: Exchange) -> None:
        """Remember an exchange, from the moment its request goes out."""
        with self._lock:
            self._exchanges.append(exchange)
            exchange.places += 1
            self._held += exchange.held
            for recording in self._recordings:
                recording.append(exchange)
            if cancelled := _CANCEL.search(exchange.path):
                self._note_cancel(cancelled[1], exchange.page)
            if len(self._exchanges) > MOST_EXCHANGES:
                self._forget_one()

    def grew(self, exchange: Exchange, *texts: str) -> None:
        """Count the texts that an exchange holds in addition; the oldest exchanges go when all hold too much."""
        size = sum(map(sys.getsizeof, texts)) + _OBJECT
        with self._lock:
            exchange.held += size
            self._held += size * exchange.places
            while self._held > MOST_BYTES and len(self._exchanges) > 1:
                self._forget_one()

    def _forget_one(self) -> None:
        oldest = self._exchanges.popleft()
        oldest.places -= 1
        self._held -= oldest.held

    def note_runs(self, body: str) -> None:
        """Remember the status of every run in a JSON body, with the time."""
        if '"thread.run"' not in body:
            return
        answer, now = parsed(body), time.monotonic()
        found = answer.get("data", [answer]) if isinstance(answer, dict) else []
        with self._lock:
            for one in found:
                if isinstance(one, dict) and one.get("object") == "thread.run":
                    self._note(str(one.get("id")), str(one.get("status")), now)

    def _note(self, run_id: str, status: str, now: float) -> None:
        seen = self._statuses.setdefault(run_id, [])
        if not seen or (seen[-1][1] != status and len(seen) < MOST_STATUSES):
            seen.append((now, status))
        if len(self._statuses) > MOST_RUNS:
            self._statuses.popitem(last=False)

    def _note_cancel(self, run_id: str, page: int) -> None:
        self._cancels.setdefault(run_id, []).append(page)
        if len(self._cancels) > MOST_RUNS:
            self._cancels.popitem(last=False)

    def cancels_of(self, run_id: str) -> list[int]:
        """The numbers of the cells that asked for this run's end, also when their requests are forgotten."""
        with self._lock:
            return list(self._cancels.get(run_id, []))

    def sightings_of(self, run_id: str) -> list[tuple[float, str]]:
        """The moment on this machine's steady clock, and the status that the run changed to."""
        with self._lock:
            return list(self._statuses.get(run_id, []))

    def everything(self) -> list[Exchange]:
        """All exchanges still remembered, oldest first."""
        with self._lock:
            return list(self._exchanges)

    def last_page(self) -> list[Exchange]:
        """The exchanges of the last cell that made any."""
        found = self.everything()
        return [exchange for exchange in found if exchange.page == found[-1].page]


def parsed(body: str) -> Any:  # noqa: ANN401 - JSON can be anything
    """The body as JSON, `None` when it is not."""
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        return None


def pretty(body: str) -> str:
    """JSON indented, non-ASCII text readable; anything else as it is."""
    value = parsed(body)
    return body if value is None else json.dumps(value, indent=2, ensure_ascii=False)


LOG = Log()
