"""Call what a learner wrote, within limits of time, memory and requests."""

import contextvars
import ctypes
import inspect
import threading
import time
from collections import Counter
from collections.abc import Callable
from typing import TypeVar

import psutil

from helpers.settings import read_settings
from helpers.traffic import Exchange, recording

T = TypeVar("T")

MOST_PAGES = 300
"""Pages of lists in one call; the longest list of a check has three of the largest pages."""
MOST_POLLS = 40
"""Requests in a row for a run that has ended."""
MOST_MEGABYTES = 500
"""By which the process may grow during one call."""
SECONDS, SECONDS_WITH_A_MODEL = 30.0, 180.0
"""How long a call may take: with the offline model, and with a real one behind the endpoint."""
ENDED = ("completed", "failed", "incomplete", "expired", "cancelled")
_LOOK = 0.05
"""Seconds between two looks at a call."""
_QUIET = 1.5
"""Seconds without a request after which nobody is at work any more."""
_FAREWELL, _AGAIN = 2.0, 0.5
"""Seconds for a stopped call to end, and between two attempts to stop it: its `finally` must not be cut short."""

GONE = "the assistant of this lesson is deleted; run the cell that creates it again, then those of the exercise"
_ASYNC = "this is an async function, and an ordinary one is asked for; leave out async and await"
_NO_ASSISTANT = "No assistant found"
"""How the service begins its 404 for an assistant that is not there."""


class NotYet(Exception):
    """The reason why an answer is not right yet, raised from within a check."""


class _Stopped(BaseException):
    """Raised within a call that went beyond its limits; no `except Exception` catches it."""


def calling(function: Callable[..., T], *arguments: object) -> T:
    """What the learner's function returns for these arguments.

    Raises `NotYet` when it fails, with its error; when it does not stop; when it is no function, or an async one.
    It runs on a thread of its own, since nothing can stop a call on the thread that waits for it.
    """
    if not callable(function):
        kind = type(function).__name__
        raise NotYet(f"a function is asked for, and this is {kind}; give check its name, without brackets after it")
    results: list[T] = []
    errors: list[BaseException] = []
    over = threading.Event()  # `join` takes a thread for ended when it is interrupted (Python 3.11)

    def work() -> None:
        try:
            results.append(function(*arguments))
        except BaseException as error:  # told by the thread that waits
            errors.append(error)
        finally:
            over.set()

    worker = threading.Thread(target=contextvars.copy_context().run, args=[work], daemon=True)
    with recording() as sent:
        try:
            worker.start()
            _wait(over, _name_of(function), sent)
        finally:
            _stop(worker, over)
    for error in errors:
        raise NotYet(GONE if misses_assistant(error) else _failure(function, arguments, error)) from error
    if inspect.iscoroutine(results[0]):
        results[0].close()  # otherwise Python would warn that it was never awaited
        raise NotYet(_ASYNC)
    return results[0]


def waiting_for(condition: Callable[[], bool], sent: list[Exchange]) -> bool:
    """Whether this comes true while requests still pass: a learner may leave the work to a thread."""
    end, seen, quiet_since = time.monotonic() + _patience(), 0, time.monotonic()
    while not condition():
        now = time.monotonic()
        if len(sent) > seen or any(one.seconds is None for one in list(sent)):
            seen, quiet_since = len(sent), now
        if now > end or now - quiet_since > _QUIET:
            return False
        time.sleep(_LOOK)
    return True


def misses_assistant(error: BaseException) -> bool:
    """Whether the endpoint refused because there is no such assistant."""
    return status_of(error) == 404 and _NO_ASSISTANT in str(error)


def refused_for_assistant(exchange: Exchange) -> bool:
    """Whether the endpoint's answer was that there is no such assistant."""
    return exchange.status == 404 and _NO_ASSISTANT in exchange.response_body


def status_of(error: BaseException) -> int | None:
    """The HTTP status in an error of the `openai` package, which is not imported for this."""
    return getattr(error, "status_code", None)


def in_one_line(error: BaseException) -> str:
    """An error's kind and words."""
    kind, words = type(error).__name__, " ".join(str(error).split())
    return f"{kind}: {words}" if words else kind


def _wait(over: threading.Event, name: str, sent: list[Exchange]) -> None:
    """Returns when the call has ended; raises `NotYet` when it goes beyond a limit."""
    began, before, patience = time.monotonic(), _megabytes(), _patience()
    while not over.wait(_LOOK):
        grown = _megabytes() - before
        if grown > MOST_MEGABYTES:
            raise NotYet(
                f"{name} was stopped: it took {grown} MB of memory, and went on; what in it grows without end?"
            )
        reason = _endless(sent)
        if reason:
            raise NotYet(f"{name} was stopped: it {reason}")
        seconds = time.monotonic() - began
        if seconds > patience:
            raise NotYet(f"{name} was stopped: it had not returned after {seconds:.0f} seconds; what ends its waiting?")


def _endless(sent: list[Exchange]) -> str:
    """What the requests of a call show it to repeat without end; empty when they show no such thing."""
    asked = [one for one in list(sent) if one.method == "GET"]
    lists = Counter(one.url for one in asked if '"object":"list"' in one.response_body[:40].replace(" ", ""))
    if lists.total() > MOST_PAGES:
        same = lists.most_common(1)[0][1]
        question = f"{same} times it was the same page, so what turns it?" if same > 2 else "what ends its loop?"
        return f"asked for {lists.total()} pages of a list, and did not stop; {question}"
    last = asked[-MOST_POLLS:]
    if len(last) == MOST_POLLS and len({one.path for one in last}) == 1 and "/runs/" in last[0].path:
        status = (last[0].response_json or {}).get("status")
        if status in ENDED:
            return f"kept asking for a run that had ended as {status}; which statuses end its loop?"
    return ""


def _stop(worker: threading.Thread, over: threading.Event) -> None:
    """Ends a call that still works: at its next step in Python, or, if it hangs in one, not at all."""
    end = time.monotonic() + _FAREWELL
    while not over.is_set() and time.monotonic() < end:
        ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(worker.ident or 0), ctypes.py_object(_Stopped))
        over.wait(_AGAIN)


def _patience() -> float:
    settings = read_settings()
    return SECONDS if settings.model is None else SECONDS_WITH_A_MODEL


def _megabytes() -> int:
    return psutil.Process().memory_info().rss >> 20


def _name_of(function: object) -> str:
    return str(getattr(function, "__name__", "your function"))


def _failure(function: Callable[..., object], arguments: tuple[object, ...], error: BaseException) -> str:
    given = ", ".join(repr(one) if isinstance(one, str) else type(one).__name__ for one in arguments)
    asked = "; has the cell run that defines it?" if isinstance(error, NameError) else ""
    return f"{_name_of(function)} fails when it is given {given}, with {in_one_line(error)}{asked}"
