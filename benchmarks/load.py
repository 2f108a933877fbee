"""Two clients that send the same request on several connections, as fast as it is answered.

`python -m benchmarks.load URL KEY CONNECTIONS SECONDS raw|official` prints the throughput and the slowest hundredth as
JSON, in a process of its own. `raw` does next to nothing per answer, so that the server is what is measured;
`official` is the `openai` package, so that what its users feel is measured.
"""

import asyncio
import json
import re
import sys
import time
import warnings
from statistics import quantiles
from urllib.parse import urlsplit

_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)
_BODY = b'{"metadata":{"lesson":"05"}}'


class Connection(asyncio.Protocol):
    """One kept-alive connection that sends one request after the other until time is up."""

    def __init__(self, request: bytes) -> None:
        self.request = request
        self.seconds: list[float] = []
        self.done = asyncio.get_running_loop().create_future()
        self.received = b""
        self.begun = 0.0
        self.until = 0.0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Wait for `send`: the clock starts when all connections stand."""
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport

    def send(self) -> None:
        """Write the next request."""
        self.begun = time.perf_counter()
        self.transport.write(self.request)

    def data_received(self, data: bytes) -> None:
        """Note the time once an answer is whole."""
        self.received += data
        head, found, body = self.received.partition(b"\r\n\r\n")
        length = _LENGTH.search(head)
        if not found or length is None or len(body) < int(length[1]):
            return
        now = time.perf_counter()
        self.seconds.append(now - self.begun)
        if not head.startswith(b"HTTP/1.1 200"):
            self.done.set_exception(RuntimeError(self.received.decode()))
        elif now < self.until:
            self.received = b""
            self.send()
        else:
            self.done.set_result(None)

    def connection_lost(self, error: Exception | None) -> None:
        """A server that hangs up early fails the measurement."""
        if not self.done.done():
            self.done.set_exception(error or ConnectionError("the server hung up"))


async def raw(url: str, key: str, connections: int, seconds: float) -> dict[str, float]:
    """Requests a second, and the milliseconds that 99 of 100 answers stay below."""
    address = urlsplit(url)
    head = f"POST /openai/v1/threads HTTP/1.1\r\nHost: {address.netloc}\r\napi-key: {key}\r\n"
    head += f"Content-Type: application/json\r\nContent-Length: {len(_BODY)}\r\n\r\n"
    loop = asyncio.get_running_loop()
    opened = [
        await loop.create_connection(
            lambda: Connection(head.encode() + _BODY), address.hostname or "", address.port or 80
        )
        for _ in range(connections)
    ]
    begun = time.perf_counter()
    for _, connection in opened:
        connection.until = begun + seconds
        connection.send()
    await asyncio.gather(*(connection.done for _, connection in opened))
    elapsed = time.perf_counter() - begun
    for transport, _ in opened:
        transport.close()
    return _figures([value for _, connection in opened for value in connection.seconds], elapsed)


async def official(url: str, key: str, connections: int, seconds: float) -> dict[str, float]:
    """The same figures for `AsyncAzureOpenAI`, one caller a connection."""
    from openai import AsyncAzureOpenAI  # a second that the raw client does not pay

    times: list[float] = []
    async with AsyncAzureOpenAI(azure_endpoint=url, api_key=key, api_version="2024-05-01-preview") as client:

        async def call(until: float) -> None:
            begun = time.perf_counter()
            while begun < until:
                await client.beta.threads.create(metadata={"lesson": "05"})
                now = time.perf_counter()
                times.append(now - begun)
                begun = now

        await asyncio.gather(*(call(time.perf_counter() + 0.2) for _ in range(connections)))  # opens the connections
        times.clear()
        begun = time.perf_counter()
        await asyncio.gather(*(call(begun + seconds) for _ in range(connections)))
        return _figures(times, time.perf_counter() - begun)


def _figures(times: list[float], elapsed: float) -> dict[str, float]:
    return {"throughput": len(times) / elapsed, "p99": quantiles(times, n=100)[98] * 1000}


if __name__ == "__main__":
    warnings.simplefilter("ignore", DeprecationWarning)
    client = {"raw": raw, "official": official}[sys.argv[5]]
    result = asyncio.run(client(sys.argv[1], sys.argv[2], int(sys.argv[3]), float(sys.argv[4])))
    print(json.dumps(result))  # noqa: T201
