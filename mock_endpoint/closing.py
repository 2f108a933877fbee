"""Events that are closed where they are left."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TypeVar

T = TypeVar("T")


@asynccontextmanager
async def closing(events: AsyncIterator[T]) -> AsyncIterator[AsyncIterator[T]]:
    """The events; at the end of the block their source is closed, read to its end or not.

    A generator that is left in the middle would otherwise keep what it holds, such as a connection to a model server,
    until somebody collects it.
    """
    try:
        yield events
    finally:
        close = getattr(events, "aclose", None)
        if close is not None:
            await close()
