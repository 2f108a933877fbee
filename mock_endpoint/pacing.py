"""How what moves a run or a response takes its time: simulated thinking, room for others, an ear for a cancellation."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import TypeVar

from mock_endpoint.closing import closing

T = TypeVar("T")

QUEUED_SHARE = 0.25
"""The part of the simulated thinking that is spent in the queue."""
PIECE_SHARE = 0.025
"""How long a streamed piece takes to write, measured by the simulated thinking."""
_LONGEST_TURN = 0.001
"""Seconds that a model which never waits may go on before other requests have their turn."""
_LOOK_EVERY = 0.25
"""Seconds between two looks for a cancellation that another process wrote."""


class NoLongerOurs(Exception):
    """What was moved has been cancelled, deleted or taken away."""


async def paced(events: AsyncIterator[T], pause: float) -> AsyncIterator[T]:
    """The events, with so many seconds after each; other requests have their turn in any case."""
    since = time.perf_counter()
    async with closing(events):
        async for event in events:
            yield event
            if pause or time.perf_counter() - since > _LONGEST_TURN:
                await asyncio.sleep(pause)
                since = time.perf_counter()


async def unless_cancelled(doing: Awaitable[T], woken: asyncio.Event, still_ours: Callable[[], bool]) -> T:
    """Wait for something; `NoLongerOurs` once it is not ours any more, which is looked at when woken, and now and
    then because another process wakes nobody here."""
    task = asyncio.ensure_future(doing)
    waking = asyncio.ensure_future(woken.wait())
    try:
        while not task.done():
            await asyncio.wait({task, waking}, timeout=_LOOK_EVERY, return_when=asyncio.FIRST_COMPLETED)
            if not task.done() and not still_ours():
                raise NoLongerOurs
        return task.result()
    finally:
        waking.cancel()
        task.cancel()
