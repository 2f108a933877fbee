"""Which exchanges belong together: the attempts at one request, and the polls of one object."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby

from helpers.traffic.fault_blocks import HEADER
from helpers.traffic.log import Exchange

_POLLED = re.compile(r"/(runs|responses|file_batches|vector_stores/[^/]+/files)/[^/]+$")
"""What is asked for again and again until it is done. How often is chance, so the text says `×n` even for once."""


@dataclass(frozen=True)
class Group:
    """Exchanges that share a row, oldest first."""

    exchanges: tuple[Exchange, ...]

    @property
    def first(self) -> Exchange:
        """Where it began."""
        return self.exchanges[0]

    @property
    def last(self) -> Exchange:
        """What came of it."""
        return self.exchanges[-1]

    @property
    def was_retried(self) -> bool:
        """Whether these are attempts at one request."""
        return self.last.attempt > 1

    @property
    def is_poll(self) -> bool:
        """Whether these are polls of one object."""
        return not self.was_retried and _is_poll(self.first)


def grouped(exchanges: Sequence[Exchange]) -> list[Group]:
    """One group for each row, in the order in which the rows began."""
    chains = _chains(exchanges)
    return [Group(tuple(one for chain in found for one in chain)) for _, found in groupby(chains, key=_sameness)]


def fault_of(exchange: Exchange) -> str:
    """What a `with fault(…)` block did to the exchange, in a few words; empty when it did nothing.

    Only an answer tells that a fault happened; without one, all that is known is what was asked for.
    """
    hit = exchange.response_headers.get(HEADER, "none")
    if hit != "none":
        return f"broken on purpose: {hit}"
    wish = exchange.request_headers.get(HEADER, "").partition(";")[0]
    return f"no answer; was to be broken on purpose: {wish}" if wish and exchange.status is None else ""


def _chains(exchanges: Sequence[Exchange]) -> list[list[Exchange]]:
    """Each request with its repetitions, which the client numbers."""
    chains: list[list[Exchange]] = []
    for exchange in exchanges:
        earlier = (one for one in reversed(chains) if _continues(exchange, one[-1]))
        chain = next(earlier, None) if exchange.attempt > 1 else None
        if chain is None:
            chains.append([exchange])
        else:
            chain.append(exchange)
    return chains


def _continues(exchange: Exchange, before: Exchange) -> bool:
    return exchange.attempt == before.attempt + 1 and _request(exchange) == _request(before)


def _request(exchange: Exchange) -> tuple[str, str, str]:
    return exchange.method, exchange.url, exchange.request_body


def _sameness(chain: list[Exchange]) -> object:
    first = chain[0]
    if len(chain) == 1 and first.attempt == 1 and _is_poll(first):
        return first.url, first.status, fault_of(first)
    return id(chain)


def _is_poll(exchange: Exchange) -> bool:
    return exchange.method == "GET" and not exchange.is_stream and bool(_POLLED.search(exchange.path))
