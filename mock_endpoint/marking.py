"""The markers in what a model says: where one stands, the text points at a file."""

import re
from collections.abc import AsyncIterator, Iterator

from mock_endpoint.closing import closing
from mock_endpoint.models.base import Annotation, Event, TextDelta


class Marking:
    """A text that comes in pieces, cut where one of the markers stands that tools have given.

    What may yet become a marker is held back until it is one, or is none.
    """

    def __init__(self) -> None:
        self._marks: dict[str, Annotation] = {}
        self._held = ""

    def know(self, marks: tuple[Annotation, ...]) -> None:
        """Look for these markers from now on, too."""
        self._marks |= {mark.text: mark for mark in marks}

    async def marked(self, events: AsyncIterator[Event]) -> AsyncIterator[Event]:
        """The events of one answer, with the markers in its text."""
        async with closing(events):
            async for event in events:
                if isinstance(event, TextDelta):
                    for piece in self.take(event.text):
                        yield piece
                    continue
                for piece in self.end():
                    yield piece
                yield event

    def take(self, text: str) -> Iterator[TextDelta | Annotation]:
        """The next piece of the text as far as it is known what it holds."""
        self._held += text
        while (found := self._first()) and not self._may_become_marker(self._held[found.start() :]):
            yield from self._say(found.start())
            yield self._marks[found[0]]
            self._held = self._held[found.end() - found.start() :]
        until = found.start() if found else len(self._held)
        places = (at for at in range(until) if self._may_become_marker(self._held[at:]))
        yield from self._say(next(places, until))

    def end(self) -> Iterator[TextDelta | Annotation]:
        """What is still held back: nothing follows it."""
        while found := self._first():
            yield from self._say(found.start())
            yield self._marks[found[0]]
            self._held = self._held[found.end() - found.start() :]
        yield from self._say(len(self._held))

    def _first(self) -> re.Match[str] | None:
        """The first marker in what is held; of two at the same place the longer."""
        longest_first = sorted(self._marks, key=len, reverse=True)
        return re.search("|".join(map(re.escape, longest_first)), self._held) if self._marks else None

    def _may_become_marker(self, rest: str) -> bool:
        return any(len(mark) > len(rest) and mark.startswith(rest) for mark in self._marks)

    def _say(self, length: int) -> Iterator[TextDelta]:
        said, self._held = self._held[:length], self._held[length:]
        if said:
            yield TextDelta(said)
