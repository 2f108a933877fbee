"""fault(): failures on request, so that one can meet them on purpose."""

import secrets
import warnings
from types import TracebackType

from helpers.problems import KitError
from helpers.traffic.fault_blocks import BLOCKS, Block

KNOWN = {
    "rate_limit": "each request is answered with 429 and a Retry-After header",
    "server_error": "each request is answered with 500",
    "timeout": "each request is carried out, but its answer never comes, so the client gives up waiting",
    "slow": "each answer comes about two seconds late",
    "drop_stream": "each stream breaks off after a few deltas, while its run goes on",
    "run_failed": "each new run ends as failed, with last_error server_error",
    "run_expired": "each new run ends as expired",
    "content_filter": "each new run ends as failed, because the content filter stopped it",
    "bad_key": "each request is answered with 401, as if its key were wrong",
    "retired": "assistants, threads and runs are answered as the hosted services answer today: they are gone",
}
"""The faults, and what happens with each of them in the block."""
MOST_TIMES = 999_999


class Fault:
    """A `with` block in which requests of watched clients fail on purpose."""

    def __init__(self, name: str, times: int | None) -> None:
        self._name = name
        self._times = times
        self._blocks: list[Block] = []
        self._used = False

    def __enter__(self) -> None:
        self._used = True
        # The endpoint counts by the whole value, so the id makes each block count from 0.
        wish = self._name if self._times is None else f"{self._name};times={self._times};id={secrets.token_hex(6)}"
        self._blocks.append(Block(wish))
        BLOCKS.open(self._blocks[-1])

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        block = self._blocks.pop()
        BLOCKS.close(block)
        problem = _problem(self._name, block)
        if problem is None:
            return
        if error is None:
            raise problem
        error.add_note(str(problem))

    def __del__(self) -> None:
        # As Python does for a coroutine that nobody awaits: the last line of a cell shows itself, any other is silent.
        if not self._used:
            asked = _call(self._name, self._times)
            warnings.warn(
                f"{asked} alone does nothing. Write `with {asked}:` and put the calls that shall fail into its block.",
                RuntimeWarning,
                stacklevel=2,
            )

    def __repr__(self) -> str:
        asked = _call(self._name, self._times)
        counted = "" if self._times is None else f", {self._times} times in all"
        return (
            f"{asked} alone does nothing. Put the calls that shall fail into its block:\n"
            f"    with {asked}:\n"
            f"        …\n"
            f"In it {KNOWN[self._name]}{counted}."
        )


def fault(name: str, times: int | None = None) -> Fault:
    """A failure for the requests in a block: `with fault("rate_limit", times=2): client.beta…`.

    It concerns all clients of this process that `connect` or `watch` gave, and each fitting request, or the first
    `times` of them; repetitions by the client count as requests. In nested blocks the inner one holds.
    Raises `KitError` for an unknown name, and at the end of a block that cannot have had an effect: no request came
    from a watched client, or a server answered that knows no faults. Without a block nothing fails; a warning says so.
    """
    if name not in KNOWN:
        raise KitError(f"There is no fault {name!r}.", f"Choose one of {', '.join(KNOWN)}.")
    if times is not None and (isinstance(times, bool) or not isinstance(times, int) or not 1 <= times <= MOST_TIMES):
        raise KitError(
            f"times={times!r} is not how often a fault can happen.",
            f"Give a whole number from 1 to {MOST_TIMES}; without times every request in the block is concerned.",
        )
    return Fault(name, times)


def _problem(name: str, block: Block) -> KitError | None:
    """Why the block had no effect, as far as it can be known."""
    if not block.used:
        return KitError(
            f"Nothing was sent in the block of {_call(name)} through a watched client.",
            "Use a client that connect() or watch(client) gave you, and send the request inside the block.",
        )
    if block.stranger:
        return KitError(
            f"{block.stranger} does not know faults: it answered as if nothing had been asked of it.",
            "To break things on purpose, run the lessons on the kit's own endpoint: leave AZURE_OPENAI_ENDPOINT blank.",
        )
    return None


def _call(name: str, times: int | None = None) -> str:
    return f'fault("{name}")' if times is None else f'fault("{name}", times={times})'
