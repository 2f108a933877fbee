"""Failures on request, so that a learner can meet them on purpose.

A request asks for one with the header `x-kit-fault: NAME`, or `NAME;times=N` for N times only. Hits are counted by the
header's whole value: a further `;id=…`, with any text but a semicolon, arms a fault anew. A server may have a fault of
its own for all requests; a request's header comes before it, and `none` switches it off. An answer says in the same
header what hit it.
"""

import asyncio
import contextlib
import re
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass

from starlette.requests import Request

from mock_endpoint import errors
from mock_endpoint.http.leaving import until_left
from mock_endpoint.models.base import Failed

HEADER = "x-kit-fault"
RETRY_AFTER = 1
"""Seconds after which a throttled client may come again."""
SLOW = 2.0
"""Seconds that a slow answer takes longer."""
_LONGEST_SILENCE = 600.0
"""Seconds after which even a client without a time limit of its own is let go."""
_MOST_COUNTED = 1000

_GRAMMAR = re.compile(r"(?P<name>[a-z_]{1,40})\s*(?:;\s*times=(?P<times>[1-9][0-9]{0,5})\s*)?(?:;\s*id=[^;]{1,200})?")

FILTERED = (
    "The response was filtered due to the prompt triggering Azure OpenAI's content management policy. "
    "Please modify your prompt and retry."
)

REFUSALS: dict[str, Callable[[str], errors.Refusal]] = {
    "rate_limit": lambda family: errors.rate_limited(family, RETRY_AFTER),
    "server_error": lambda _: errors.broken(),
    "bad_key": errors.wrong_key,
    "retired": errors.retired,
}
"""Faults that refuse a request before it does anything, and how, by the family of paths."""
ENDS = {
    "run_failed": Failed("server_error", "Sorry, something went wrong."),
    "content_filter": Failed("invalid_prompt", FILTERED),
}
"""Faults that let a run fail, and what it says."""
KNOWN = (*REFUSALS, "slow", "timeout", "drop_stream", *ENDS, "run_expired")


@dataclass
class RequestFault:
    """The fault that one request meets, if it meets one."""

    faults: "Faults"
    asked: str | None
    """The header's value, or the server's own fault; None where all shall go well."""
    by_request: bool
    problem: str = ""
    """What is wrong with the request's wish, in one sentence."""
    hit: str = "none"

    def strikes(self, name: str) -> bool:
        """Whether this fault happens now; counted."""
        if self.asked is None or self.asked.partition(";")[0].strip() != name or not self.faults.use(self.asked):
            return False
        self.hit = name
        return True

    @property
    def headers(self) -> list[tuple[bytes, bytes]]:
        """What the answer says about it."""
        told = self.by_request or self.hit != "none"
        return [(HEADER.encode(), self.hit.encode())] if told else []


class Faults:
    """What the server was told to spoil, and how often it did."""

    def __init__(self, default: str | None = None) -> None:
        """`default`: the fault of every request that names none itself."""
        self._default = default
        self._hits: OrderedDict[str, int] = OrderedDict()

    def asked_by(self, header: str | None) -> RequestFault:
        """The fault for a request with this header."""
        if header is None:
            return RequestFault(self, self._default, by_request=False)
        asked = header.strip()
        problem = "" if asked == "none" else problem_of(asked)
        return RequestFault(self, None if problem or asked == "none" else asked, by_request=True, problem=problem)

    def use(self, asked: str) -> bool:
        """Count one hit; False when the fault has hit as often as it was asked to."""
        match = _GRAMMAR.fullmatch(asked)
        hits = self._hits.pop(asked, 0)
        times = match and match["times"]
        spent = times is not None and hits >= int(times)
        self._hits[asked] = hits if spent else hits + 1
        if len(self._hits) > _MOST_COUNTED:
            self._hits.popitem(last=False)
        return not spent


def problem_of(asked: str) -> str:
    """What is wrong with a fault's text, in one sentence; empty when it can be used."""
    name = asked.partition(";")[0].strip()
    if name not in KNOWN:
        return f"Unknown fault: '{name[:60]}'. Known are {', '.join(KNOWN)}."
    if not _GRAMMAR.fullmatch(asked):
        return (
            f"Unknown option: '{asked[:60]}'. After the name may come ;times=N, with N from 1 to 999999, and then "
            ";id=… with up to 200 characters, none of them a semicolon."
        )
    return ""


async def before(fault: RequestFault, family: str, path: str) -> None:
    """What happens to a request before it does anything: it is refused, or it waits."""
    for name, refuse in REFUSALS.items():
        concerned = name != "retired" or path.startswith(("/assistants", "/threads"))
        if concerned and fault.strikes(name):
            raise refuse(family)
    if fault.strikes("slow"):
        await asyncio.sleep(SLOW)


async def after(fault: RequestFault, request: Request) -> None:
    """What happens once a request is carried out: perhaps nobody ever hears of it."""
    if fault.strikes("timeout"):
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_LONGEST_SILENCE):
                await until_left(request)
        raise errors.gateway(504, "The answer took too long.")
