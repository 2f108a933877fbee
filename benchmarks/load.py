"""Two clients that send the same request on several connections, as fast as it is answered.

`python -m benchmarks.load URL KEY CONNECTIONS SECONDS raw|official` prints the throughput and the slowest hundredth as
JSON, in a process of its own. `raw` does next to nothing per answer, so that the server is what is measured;
`official` is the `openai` package, so that what its users feel is measured.
"""

import asyncio
import json
import sys
import time
import warnings
from statistics import quantiles

from benchmarks.raw import Connection, connected, request


async def raw(url: str, key: str, connections: int, seconds: float) -> dict[str, float]:
    """Requests a second, and the milliseconds that 99 of 100 answers stay below."""
    create = request(url, key, "POST", "/threads", {"metadata": {"lesson": "05"}})
    opened = await connected(url, connections)
    times: list[float] = []
    begun = time.perf_counter()

    async def call(connection: Connection) -> None:
        while time.perf_counter() < begun + seconds:
            times.append((await connection.ask(create)).whole)

    await asyncio.gather(*map(call, opened))
    elapsed = time.perf_counter() - begun
    for connection in opened:
        connection.close()
    return {"throughput": len(times) / elapsed, "p99": p99(times)}


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
        return {"throughput": len(times) / (time.perf_counter() - begun), "p99": p99(times)}


def p99(times: list[float]) -> float:
    """The milliseconds that 99 of 100 of these seconds stay below."""
    return (quantiles(times, n=100)[98] if len(times) > 1 else times[0]) * 1000


if __name__ == "__main__":
    warnings.simplefilter("ignore", DeprecationWarning)
    client = {"raw": raw, "official": official}[sys.argv[5]]
    result = asyncio.run(client(sys.argv[1], sys.argv[2], int(sys.argv[3]), float(sys.argv[4])))
    print(json.dumps(result))  # noqa: T201
