"""(e) A page of messages from a thread of 10 000, beside one from a thread of 100: the price of a long thread."""

import asyncio
import http.client
import json
import tempfile
import time
from functools import partial
from pathlib import Path
from urllib.parse import urlsplit

from benchmarks.measure import KEY, Comparison, Size, Target, both, in_turn
from mock_endpoint.resources import messages
from mock_endpoint.schemas import objects
from mock_endpoint.state.store import Store

PAGES = ((20, False), (100, False), (20, True))
"""How many messages, and whether behind a cursor in the middle of the thread."""


def measure(size: Size) -> list[Comparison]:
    """Milliseconds of one page; here the floor is our own endpoint with a short thread."""
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        state = Path(folder, "state.db")
        store = Store(state)
        long, short = asyncio.run(_threads(store, size.messages))
        store.close()
        with both(state) as (url, _):
            connection = http.client.HTTPConnection(urlsplit(url).netloc, timeout=30)
            for limit, middle in PAGES:
                samples = in_turn(
                    size,
                    partial(_page, connection, *long, limit, middle),
                    partial(_page, connection, *short, limit, middle),
                    size.pages,
                )
                what = f"a page of {limit}{' from the middle' if middle else ''}, long thread"
                rows.append(Comparison("e", what, "ms", samples, Target("≤", 1.5)))
            connection.close()
    return rows


async def _threads(store: Store, length: int) -> tuple[tuple[str, str], tuple[str, str]]:
    return await _thread(store, length), await _thread(store, length // 100)


async def _thread(store: Store, length: int) -> tuple[str, str]:
    """A thread of so many messages: its id, and that of the message in its middle."""
    thread = objects.thread({})
    async with store.transaction():
        store.insert(thread)
        added = [
            messages.add(store, str(thread["id"]), {"role": "user", "content": f"Question {number}: where to?"})
            for number in range(length)
        ]
    return str(thread["id"]), added[length // 2]["id"]


def _page(connection: http.client.HTTPConnection, thread: str, cursor: str, limit: int, middle: bool) -> float:
    path = f"/openai/v1/threads/{thread}/messages?limit={limit}{f'&after={cursor}' if middle else ''}"
    begun = time.perf_counter()
    connection.request("GET", path, headers={"api-key": KEY})
    answer = connection.getresponse()
    body = answer.read()
    elapsed = time.perf_counter() - begun
    assert answer.status == 200, body
    assert json.loads(body)["data"], "an empty page costs nothing"
    return elapsed * 1000
