"""What a response tells of itself while it is made: numbered events, for all who listen (contract-successor §2)."""

from typing import Any

from mock_endpoint.sse import Feed

Json = dict[str, Any]

NO_END = b""
"""Nothing follows the last event of a stream."""


class ResponseEvents:
    """The events of one response so far, and those who listen to what follows."""

    def __init__(self, *, kept: bool) -> None:
        """`kept`: whether somebody may ask for the events again."""
        self._kept = kept
        self.told: list[Json] = []
        """The events that are kept, oldest first."""
        self._next = 0
        self._feeds: list[Feed] = []
        self._open = True

    def send(self, kind: str, **members: object) -> None:
        """Tell an event with the next number."""
        self.deliver(self.made(kind, **members))

    def made(self, kind: str, **members: object) -> Json:
        """The next event, which `deliver` will tell: what it says is to be stored first."""
        event = {"type": kind, **members, "sequence_number": self._next}
        self._next += 1
        if self._kept:
            self.told.append(event)
        return event

    def deliver(self, event: Json) -> None:
        """Tell an event that was made before."""
        for feed in self._feeds:
            feed.send(event["type"], event)

    @property
    def heard(self) -> bool:
        """Whether anybody listens."""
        return any(feed.open for feed in self._feeds)

    def listen(self, after: int = -1) -> Feed:
        """A feed of what was kept behind this number, and of all that follows."""
        feed = replay(self.told, after)
        if self._open:
            self._feeds.append(feed)
        else:
            feed.close()
        return feed

    def close(self) -> None:
        """Nothing follows."""
        self._open = False
        for feed in self._feeds:
            feed.close()


def replay(told: list[Json], after: int) -> Feed:
    """An open feed with the events behind this number."""
    feed = Feed(NO_END)
    for event in told:
        if event["sequence_number"] > after:
            feed.send(event["type"], event)
    return feed
