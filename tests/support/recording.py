"""An HTTP transport that checks every answer of the endpoint while the tests talk about something else.

Event streams pass through as they come and are checked once the client is done with them.
"""

import json
import re
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AsyncExitStack
from typing import Any
from urllib.parse import parse_qs

import httpx2

from . import chat_shapes
from .events import Event, Order, parse
from .response_shapes import StreamOrder, body_faults
from .schemas import Schemas

OLD_SHAPE = ("2024-02-15-preview", "2024-03-01-preview", "2024-04-01-preview")
"""Their objects lack members that the published schemas require; `test_old_shape.py` says how they look."""

_PREFIX = re.compile(r"^/+(openai/v1|openai|v1|api/projects/[^/]+(?:/+openai/v1)?)/*(?=/)")
_STANDING = {
    "azure": ("x-request-id", "apim-request-id", "x-ms-region"),
    "openai": ("x-request-id", "openai-version", "openai-processing-ms"),
}
"""The headers of every answer, by whose paths it comes from; each side lacks those of the other."""
_TYPES = ("application/json; charset=UTF-8", "text/event-stream; charset=utf-8")
_DOWNLOAD = re.compile(r"(?<!/vector_stores)(?<!vs_\w{24})/files/[^/]+/content$")
"""The one answer that is neither JSON nor a stream: a file's own bytes."""
_SERVICE_STYLE = {"message", "type", "param", "code"}
_GATEWAY_STYLE = {"message", "code"}
_DEPLOYMENT_STYLE = {"message", "type", "code"}


class Recorder(httpx2.BaseTransport, httpx2.AsyncBaseTransport):
    """Passes requests on and keeps what was wrong with their answers."""

    def __init__(self, schemas: Schemas | None) -> None:
        self.schemas = schemas
        self._sync = httpx2.HTTPTransport(verify=False)
        self.requests: list[httpx2.Request] = []
        self.responses: list[httpx2.Response] = []
        self.faults: list[str] = []
        self.streams: list[list[Event]] = []
        """The events of every stream that ended."""

    def clear(self) -> None:
        """Start anew, before a test."""
        self.requests.clear()
        self.responses.clear()
        self.faults.clear()
        self.streams.clear()

    def close(self) -> None:
        """Let go of the connections."""
        self._sync.close()

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        """What `httpx2.Client` calls."""
        response = self._sync.handle_request(request)
        if not _is_stream(response):
            response.read()
            return self.keep(request, response)
        return self.keep(request, self._passing(request, response, AsyncExitStack()))

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        """What `httpx2.AsyncClient` calls; one connection each, for event loops differ from test to test."""
        async with AsyncExitStack() as stack:
            transport = await stack.enter_async_context(httpx2.AsyncHTTPTransport(verify=False))
            response = await transport.handle_async_request(request)
            if _is_stream(response):
                return self.keep(request, self._passing(request, response, stack.pop_all()))
            await response.aread()
        return self.keep(request, response)

    def keep(self, request: httpx2.Request, response: httpx2.Response) -> httpx2.Response:
        """Check an answer and pass it on."""
        self.requests.append(request)
        self.responses.append(response)
        where = f"{request.method} {request.url.raw_path.decode()} → {response.status_code}"
        self.faults += [f"{where}: {fault}" for fault in self._faults(request, response)]
        return response

    def _passing(
        self, request: httpx2.Request, response: httpx2.Response, connection: AsyncExitStack
    ) -> httpx2.Response:
        def check(raw: bytes, ended: bool) -> None:
            self._keep_stream(request, raw, ended)

        stream = Passing(response.stream, connection, check)
        return httpx2.Response(
            response.status_code, headers=response.headers, stream=stream, extensions=response.extensions
        )

    def _keep_stream(self, request: httpx2.Request, raw: bytes, ended: bool) -> None:
        if _path(request).endswith("/chat/completions"):
            self.faults += [f"stream of {request.url.path}: {fault}" for fault in chat_shapes.stream_faults(raw, ended)]
            return
        if _is_successor(request):
            self._keep_response_stream(request, raw, ended)
            return
        order = Order(_PREFIX.sub("", request.url.path))
        order.gone = {sent.url.path.rpartition("/")[2] for sent in self.requests if sent.method == "DELETE"}
        events, faults = stream_faults(raw, order, self.schemas, ended)
        self.streams.append(events)
        self.faults += [f"stream of {request.url.path}: {fault}" for fault in faults]

    def _keep_response_stream(self, request: httpx2.Request, raw: bytes, ended: bool) -> None:
        events, faults = parse(raw)
        after = int(request.url.params.get("starting_after", -1))
        order = StreamOrder(_side(request), first=after + 1)
        for event in events:
            faults += self.schemas.event_faults(event.name, event.data) if self.schemas else []
            try:
                order.see(event)
            except (LookupError, TypeError) as problem:
                faults.append(f"{event.name}: {problem!r}")
        if ended:
            order.end()
        self.streams.append(events)
        self.faults += [f"stream of {request.url.path}: {fault}" for fault in faults + order.faults]

    def _faults(self, request: httpx2.Request, response: httpx2.Response) -> list[str]:
        if response.status_code == 404 and response.headers.get("x-kit-fault") == "retired" and not response.content:
            return []  # bare, as OpenAI answers since the retirement
        download = _DOWNLOAD.search(request.url.path) is not None and response.status_code == 200
        faults = _header_faults(request, response, download)
        if _is_stream(response) or download:
            return faults
        try:
            body = json.loads(response.content)
        except ValueError:
            return [*faults, f"not JSON: {response.content[:80]!r}"]
        if response.status_code != 200:
            return faults + _error_faults(response.status_code, body)
        version = parse_qs(request.url.query.decode()).get("api-version", [""])[0]
        path = _path(request)
        if _is_successor(request):
            faults += body_faults(body, _side(request))
        elif path.endswith("/chat/completions"):
            path = "/chat/completions"
            faults += chat_shapes.body_faults(body, _side(request))
        if self.schemas and version not in OLD_SHAPE:
            faults += self.schemas.faults(request.method, path, body)
        return faults


def stream_faults(raw: bytes, order: Order, schemas: Schemas | None, ended: bool) -> tuple[list[Event], list[str]]:
    """The events of a stream, and what is wrong with it; `ended`: whether it came to its end."""
    events, faults = parse(raw)
    for event in events:
        faults += schemas.event_faults(event.name, event.data) if schemas else []
        try:
            order.see(event)
        except (LookupError, TypeError) as problem:
            return events, [*faults, *order.faults, f"{event.name}: {problem!r}"]
    if ended or order.over:  # a client need not read on after the last event
        order.end()
    return events, [*faults, *order.faults]


class Passing(httpx2.SyncByteStream, httpx2.AsyncByteStream):
    """A body on its way to the client; `check` gets all of it, and whether it came to its end."""

    def __init__(self, stream: object, connection: AsyncExitStack, check: Callable[[bytes, bool], None]) -> None:
        self._stream: Any = stream
        self._connection = connection
        self._check = check
        self._raw: list[bytes] = []
        self._ended = False

    def __iter__(self) -> Iterator[bytes]:
        for chunk in self._stream:
            self._raw.append(chunk)
            yield chunk
        self._ended = True

    async def __aiter__(self) -> AsyncIterator[bytes]:
        async for chunk in self._stream:
            self._raw.append(chunk)
            yield chunk
        self._ended = True

    def close(self) -> None:
        """The client is done with it."""
        self._stream.close()
        self._check(b"".join(self._raw), self._ended)

    async def aclose(self) -> None:
        """The client is done with it."""
        await self._stream.aclose()
        await self._connection.aclose()
        self._check(b"".join(self._raw), self._ended)


def _is_stream(response: httpx2.Response) -> bool:
    return response.headers.get("content-type", "").startswith("text/event-stream")


def _path(request: httpx2.Request) -> str:
    return _PREFIX.sub("", request.url.path)


def _is_successor(request: httpx2.Request) -> bool:
    return _path(request).startswith(("/responses", "/conversations", "/containers"))


def _side(request: httpx2.Request) -> str:
    """By whose paths a request came."""
    match = _PREFIX.match(request.url.path)
    return "openai" if match and match[1] == "v1" else "azure"


def _header_faults(request: httpx2.Request, response: httpx2.Response, download: bool) -> list[str]:
    headers, side = response.headers, _side(request)
    wrong = {name for names in _STANDING.values() for name in names if name not in _STANDING[side]}
    faults = [f"no header {name}" for name in _STANDING[side] if not headers.get(name)]
    faults += [f"header {name}" for name in headers if name in wrong]
    if headers.get("content-type") not in _TYPES and not download:
        faults.append(f"content-type {headers.get('content-type')!r}")
    if headers.get("x-content-type-options") != "nosniff":
        faults.append("sniffing is not forbidden")
    return faults + [f"header {name}" for name in headers if name.startswith("access-control")]


def _error_faults(status: int, body: object) -> list[str]:
    error = body.get("error") if isinstance(body, dict) else None
    if not isinstance(error, dict) or not isinstance(error.get("message"), str) or not error["message"]:
        return [f"no error.message: {body!r:.200}"]
    if set(error) in (_GATEWAY_STYLE, _DEPLOYMENT_STYLE):
        return [] if isinstance(error["code"], str) else ["the gateway's code is no string"]
    if set(error) != _SERVICE_STYLE:
        return [f"members of error: {sorted(error)}"]
    if status < 500 and error["type"] != ("requests" if status == 429 else "invalid_request_error"):
        return [f"error.type {error['type']!r}"]
    texts = (error["param"], error["code"])
    return [] if all(text is None or isinstance(text, str) for text in texts) else ["param or code is no string"]
