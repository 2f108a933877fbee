"""What went over the wire: watch() a client, then wire() shows its requests and answers."""

import sys
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, TypeVar

from helpers.problems import KitError
from helpers.traffic.compared import comparison
from helpers.traffic.log import LOG, Exchange
from helpers.traffic.picture import picture
from helpers.traffic.responses import SeenResponse, seen_response
from helpers.traffic.steps import SeenStep, seen_steps
from helpers.views import View

if TYPE_CHECKING:
    from openai import AsyncOpenAI, OpenAI

    Client = TypeVar("Client", bound=OpenAI | AsyncOpenAI)

__all__ = [
    "Exchange",
    "SeenResponse",
    "SeenStep",
    "cancels_of",
    "exchanges",
    "recording",
    "seen_of",
    "statuses_of",
    "steps_of",
    "watch",
    "wire",
]


def watch(client: "Client") -> "Client":
    """The same client, recording: same class, same options, but with an HTTP client that writes down what passes.

    An `http_client=` of your own is not kept. All clients of a process record into one log, without their keys.
    Raises `KitError` for anything that is not a client of the `openai` package.
    """
    if "openai" in sys.modules:
        from openai import AsyncOpenAI, OpenAI  # loaded already, by whoever made the client

        from helpers.traffic import clients  # needs openai's HTTP library

        if isinstance(client, OpenAI):
            return client.with_options(http_client=clients.Recording())
        if isinstance(client, AsyncOpenAI):
            return client.with_options(http_client=clients.AsyncRecording())
    raise KitError(
        f"watch() was given {type(client).__name__}, which is no client.",
        "Give it what AzureOpenAI(…) or OpenAI(…) returned: client = watch(client).",
    )


def wire(*, compare: tuple[int, int] | None = None) -> View:
    """The exchanges of the last cell that made any, as a table whose rows open.

    Outside Jupyter: those since the previous call of `wire`.
    `compare=(1, 3)` puts two rows side by side instead, by the numbers in front of them, and marks what differs;
    of attempts at one request and of polls it takes the last. Raises `KitError` for a number that no row has.
    """
    found = exchanges()
    LOG.begin_cell()
    return picture(found) if compare is None else comparison(found, compare)


def exchanges(last_cell: bool = True) -> list[Exchange]:
    """The recorded exchanges, oldest first: of the last cell that made any, or all that are still remembered."""
    return LOG.last_page() if last_cell else LOG.everything()


def recording() -> AbstractContextManager[list[Exchange]]:
    """A list of every exchange of a watched client, on whatever thread, that begins while the `with` block lasts."""
    return LOG.recording()


def cancels_of(run_id: str) -> list[int]:
    """The execution counts of the cells in which a watched client asked for this run's end, oldest first."""
    return LOG.cancels_of(run_id)


def statuses_of(run_id: str) -> list[tuple[float, str]]:
    """Each status that a watched client saw this run in, with the seconds since the first; empty if it saw none."""
    seen = LOG.sightings_of(run_id)
    return [(at - seen[0][0], status) for at, status in seen]


def steps_of(run_id: str) -> list[SeenStep]:
    """The steps of this run that a watched client saw, in a stream or in a list, oldest first."""
    seen = LOG.sightings_of(run_id)
    return seen_steps(LOG.everything(), run_id, seen[0][0]) if seen else []


def seen_of(response_id: str) -> SeenResponse:
    """What a watched client saw of this response while it was made."""
    return seen_response(LOG.everything(), response_id)
