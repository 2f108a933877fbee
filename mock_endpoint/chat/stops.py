"""A text that ends where one of some words stands."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import replace

from mock_endpoint.closing import closing
from mock_endpoint.engine import AnswerEvent
from mock_endpoint.models import tokens
from mock_endpoint.models.base import Finished, TextDelta


async def until(stops: Sequence[str], events: AsyncIterator[AnswerEvent]) -> AsyncIterator[AnswerEvent]:
    """The events of an answer up to the first of these words, which is left out; all of them where there is none.

    What may yet become such a word is held back until it is one, or is none.
    """
    held, said, stopped = "", "", False
    async with closing(events):
        async for event in events:
            if isinstance(event, TextDelta):
                held += "" if stopped else event.text
                found = [place for place in (held.find(stop) for stop in stops) if place >= 0]
                stopped = stopped or bool(found)
                ready = min(found) if found else _safe(held, stops)
                if ready:
                    yield TextDelta(held[:ready])
                said += held[:ready]
                held = "" if stopped else held[ready:]
                continue
            if held:
                yield TextDelta(held)
                said, held = said + held, ""
            if stopped and isinstance(event, Finished):
                event = replace(event, reason="stop", completion_tokens=tokens.count(said))  # noqa: PLW2901
            yield event


def _safe(held: str, stops: Sequence[str]) -> int:
    """How much of a text cannot be the beginning of a stop."""
    return next((at for at in range(len(held)) if any(stop.startswith(held[at:]) for stop in stops)), len(held))
