"""One endpoint for a class: every learner sees only what is their own, as if it were theirs alone.

So a lesson that lists, finds or deletes "its" assistants works as on the learner's own machine, and nobody can remove
what belongs to somebody else. Learners are told apart by the computer that they come from; where several share an
address, by a name that each puts behind the key with a dot: `KEY.aiko`. This keeps people out of each other's way,
not out of each other's space: whoever has the key may use any name.
"""

import hmac
import re
from collections.abc import Callable, Iterator

from starlette.types import ASGIApp, Receive, Scope, Send

from mock_endpoint import errors
from mock_endpoint.http import answers
from mock_endpoint.state.opening import MEMORY
from mock_endpoint.state.store import Store

MOST = 500
"""Spaces that one endpoint holds."""
_NAME = re.compile(r"[\w-]{1,40}", re.ASCII)


class Spaces:
    """An application that hands each request on to one of the learner's own, made when they first come.

    What is in them is kept in memory, and gone when the endpoint ends.
    """

    def __init__(self, key: str, door: ASGIApp, open_space: Callable[[Store, str], ASGIApp]) -> None:
        """`door` refuses those without the key; `open_space` makes an application on a store, with a key."""
        self._key = key.encode()
        self._door = door
        self._open_space = open_space
        self._apps: dict[str, ASGIApp] = {}
        self._stores: list[Store] = []

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Find the learner's application, and let it answer."""
        found = self._whose(scope)
        if found is None:
            await self._door(scope, receive, send)
            return
        learner, key = found
        if learner not in self._apps:
            if len(self._apps) == MOST:
                full = errors.gateway(403, f"No more than {MOST} learners can come.")
                await answers.refusal(full)(scope, receive, send)
                return
            self._stores.append(Store(MEMORY))
            self._apps[learner] = self._open_space(self._stores[-1], key)
        await self._apps[learner](scope, receive, send)

    def close(self) -> None:
        """Forget what is in all spaces."""
        for store in self._stores:
            store.close()

    def _whose(self, scope: Scope) -> tuple[str, str] | None:
        """Who comes, and the key by which their space is opened; `None` for somebody without the key."""
        for offered in _offered(scope):
            if hmac.compare_digest(offered, self._key):
                return f"computer {scope['client'][0]}", offered.decode("latin-1")
            beginning, name = offered[: len(self._key) + 1], offered[len(self._key) + 1 :].decode("latin-1")
            if hmac.compare_digest(beginning, self._key + b".") and _NAME.fullmatch(name):
                return f"name {name}", offered.decode("latin-1")
        return None


def _offered(scope: Scope) -> Iterator[bytes]:
    """What stands in the headers where a key may stand."""
    for name, value in scope["headers"]:
        if name == b"api-key":
            yield value
        elif name == b"authorization":
            yield value.partition(b" ")[2].strip()
