"""What a run's listener hears, and under which names (contract §5.1)."""

from typing import Any

from mock_endpoint.runs.tool_calls import as_shown
from mock_endpoint.schemas import objects
from mock_endpoint.sse import Feed

Json = dict[str, Any]


class RunEvents:
    """The events of a run, for the one who asked for them; where nobody did, they go nowhere."""

    def __init__(self, feed: Feed | None = None, *, contents: bool = False) -> None:
        """`contents`: whether steps come with the contents of what was found in files."""
        self.feed = feed
        self._contents = contents
        self._told: set[tuple[str, str]] = set()

    def created(self, body: Json) -> None:
        """A new object, as in `thread.run.created`."""
        self._send(f"{body['object']}.created", body)

    def changed(self, body: Json) -> None:
        """An object that has reached a status, as in `thread.run.completed`."""
        if self.feed:
            self._told.add((body["id"], body["status"]))
        self._send(f"{body['object']}.{body['status']}", body)

    def ended(self, body: Json) -> None:
        """As `changed`, unless that was told already: somebody else may have ended the run."""
        if (body["id"], body["status"]) not in self._told:
            self.changed(body)

    def delta(self, body: Json, delta: Json) -> None:
        """What is new in an object, as in `thread.message.delta`."""
        kind = f"{body['object']}.delta"
        self._send(kind, {"id": body["id"], "object": kind, "delta": delta})

    def error(self, error: Json) -> None:
        """The stream cannot go on."""
        self._send("error", {"error": error})

    def close(self) -> None:
        """Nothing follows."""
        if self.feed:
            self.feed.close()

    def _send(self, name: str, body: Json) -> None:
        if self.feed:
            if body.get("object") == "thread.run.step":
                body = as_shown(body, contents=self._contents)
            elif body.get("object") == "thread.run":
                body = objects.shown_run(body)
            self.feed.send(name, body)


NOBODY = RunEvents()
"""Where nobody listens."""
