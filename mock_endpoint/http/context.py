"""One request on its way through a resource: the service it works on, its ids, its body, its page."""

import json
import math
import re
from collections.abc import Iterable, Mapping
from typing import Any

from starlette.datastructures import QueryParams
from starlette.requests import Request

from mock_endpoint import errors
from mock_endpoint.http.faults import RequestFault
from mock_endpoint.http.gate import MAX_BODY, Surface
from mock_endpoint.schemas import assistants_v1, objects
from mock_endpoint.schemas.base import Body, parse
from mock_endpoint.service import Service
from mock_endpoint.state.ids import PREFIX
from mock_endpoint.state.store import Store

Json = dict[str, Any]

_SUCCESSOR = ("/responses", "/conversations", "/containers")
"""Where a body that cannot be read is refused in other words."""
MAX_DEPTH = 200
"""Arrays and objects inside each other in a body; SQLite, pydantic and Python each give up somewhere beyond it."""


class RequestContext:
    """What a resource's function is given."""

    def __init__(self, service: Service, request: Request) -> None:
        self.service = service
        self.http = request
        self.surface: Surface = request.state.surface
        self.fault: RequestFault = request.state.fault
        self.headers: dict[str, str] = {}
        """What the answer carries on top of its body."""
        self.ids: dict[str, str] = request.path_params
        for param, value in self.ids.items():
            check_id(param, value)

    @property
    def query(self) -> QueryParams:
        """What stands behind the question mark."""
        return self.http.query_params

    @property
    def store(self) -> Store:
        """Shorthand: most calls only read and write."""
        return self.service.store

    def thread(self) -> Json:
        """The thread that the path names, or 404."""
        return self.find("thread", "thread", self.ids["thread_id"])

    def check_model(self, fields: Json) -> None:
        """Refuse a deployment that does not exist, where the deployments are listed."""
        deployments = self.service.deployments
        if deployments and "model" in fields and fields["model"] not in deployments:
            raise errors.unsupported_model(fields["model"])

    async def body(self, kind: type[Body]) -> Json:
        """What the request's body gives, checked, in the stored form; no body at all counts as an empty one."""
        return parse(assistants_v1.BODY.get(kind, kind) if self.surface.shape == "v1" else kind, await self._json())

    async def json_object(self) -> Json:
        """The request's body as it is; no body at all counts as an empty object."""
        body = await self._json()
        if not isinstance(body, dict):
            raise errors.wrong_type("body", "an object", body)
        return body

    def find(self, noun: str, kind: str, object_id: str, parent: str = "") -> Json:
        """The stored object; 404 in the service's words when there is none."""
        found = self.store.get(kind, object_id, parent)
        if found is None:
            raise errors.not_found(noun, object_id)
        return found

    def page(
        self,
        noun: str,
        kind: str,
        parent: str = "",
        *,
        only: Mapping[str, str | None] | None = None,
        most: int = 100,
        usual: int = 20,
    ) -> Json:
        """The list that the query asks for (`limit`, `order`, `after`, `before`), as it goes over the wire.

        `only`: members and the values that they must have, if any; `most` and `usual`: what `limit` may be, and is.
        """
        limit, newest_first = self._asked(most, usual)
        page = self.store.page(
            kind,
            parent,
            limit=limit,
            newest_first=newest_first,
            after=self._cursor("after", noun, kind, parent),
            before=self._cursor("before", noun, kind, parent),
            only={name: value for name, value in (only or {}).items() if value is not None},
        )
        return objects.list_of(page.data, page.has_more)

    def page_of(self, noun: str, everything: list[Json]) -> Json:
        """The same of a short list that is not stored as one; it comes oldest first."""
        limit, newest_first = self._asked(most=100, usual=20)
        data = everything[::-1] if newest_first else everything
        after, before = (self._position(param, noun, data) for param in ("after", "before"))
        window = data[0 if after is None else after + 1 : before]
        nearest_last = before is not None and after is None
        return objects.list_of(window[-limit:] if nearest_last else window[:limit], len(window) > limit)

    def _position(self, param: str, noun: str, data: list[Json]) -> int | None:
        value = self.query.get(param)
        if value is None:
            return None
        for position, each in enumerate(data):
            if each["id"] == value:
                return position
        raise errors.not_found(noun, value, param)

    def _asked(self, most: int, usual: int) -> tuple[int, bool]:
        """The `limit` and whether the newest come first."""
        order = self.query.get("order", "desc")
        if order not in ("asc", "desc"):
            raise errors.invalid_value("order", order, ("asc", "desc"))
        return self.whole_number("limit", usual, least=1, most=most), order == "desc"

    def whole_number(self, name: str, default: int, *, least: int | None = None, most: int | None = None) -> int:
        """What the query says behind this name, within its bounds."""
        text = self.query.get(name, str(default))
        if not re.fullmatch(r"-?[0-9]{1,18}", text):
            raise errors.wrong_type(name, "an integer", text)
        number = int(text)
        if least is not None and number < least:
            raise errors.out_of_range(name, number, least=least)
        if most is not None and number > most:
            raise errors.out_of_range(name, number, most=most)
        return number

    def included(self, known: tuple[str, ...]) -> frozenset[str]:
        """What the query's `include` asks for; what cannot be included is refused."""
        asked = (*self.query.getlist("include[]"), *self.query.getlist("include"))
        for position, value in enumerate(asked):
            if value not in known:
                raise errors.invalid_value(f"include[{position}]", value, known)
        return frozenset(asked)

    def _cursor(self, param: str, noun: str, kind: str, parent: str) -> int | None:
        """Where the cursor stands. One that was never in this list is refused: page one would repeat what was seen."""
        value = self.query.get(param)
        if value is None:
            return None
        check_id(param, value, noun)
        place = self.store.place(kind, value, parent)
        if place is None:
            raise errors.not_found(noun, value, param)
        return place

    async def _json(self) -> object:
        raw = b""
        async for chunk in self.http.stream():
            raw += chunk
            if len(raw) > MAX_BODY:
                raise errors.invalid(f"Request body too large. At most {MAX_BODY} bytes are read.", status=413)
        if not raw.strip():
            return {}
        try:
            value = _DECODER.decode(raw.decode("utf-8"))
            if raw.count(b"{") + raw.count(b"[") > MAX_DEPTH:
                _check_depth(value)
            if b"\\ud" in raw.lower():
                json.dumps(value, ensure_ascii=False).encode("utf-8")  # half a surrogate pair cannot be answered with
        except (ValueError, RecursionError):
            raise errors.unparsable(successor=self.http.url.path.startswith(_SUCCESSOR)) from None
        else:
            return value


def check_id(param: str, value: str, noun: str | None = None) -> None:
    """Refuse an id of another kind; `param` names it, as in `thread_id`, and with that its noun, unless it is given.

    Ids of files have no prefix of their own: the service says of any text that there is no such file.
    """
    prefix = PREFIX.get(noun or param.removesuffix("_id"), "")
    if not value.startswith(prefix):
        raise errors.malformed_id(param, value, prefix)


def _finite(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise ValueError(f"{text} is too large")
    return number


def _check_depth(value: object) -> None:
    level = [value]
    for _ in range(MAX_DEPTH):
        level = [child for parent in level for child in _children(parent)]
    if level:
        raise ValueError("nested too deep")


def _children(value: object) -> Iterable[object]:
    return value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()


def _refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is not JSON")


_DECODER = json.JSONDecoder(parse_constant=_refuse_constant, parse_float=_finite)
