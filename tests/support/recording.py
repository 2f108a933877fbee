"""An HTTP transport that checks every answer of the endpoint while the tests talk about something else."""

import json
import re
from urllib.parse import parse_qs

import httpx2

from .schemas import Schemas

OLD_SHAPE = ("2024-02-15-preview", "2024-03-01-preview", "2024-04-01-preview")
"""Their objects lack members that the published schemas require; `test_old_shape.py` says how they look."""

_PREFIX = re.compile(r"^/(openai/v1|openai|v1)(?=/)")
_TYPES = ("application/json; charset=UTF-8", "text/event-stream; charset=utf-8")
_SERVICE_STYLE = {"message", "type", "param", "code"}
_GATEWAY_STYLE = {"message", "code"}


class Recorder(httpx2.BaseTransport, httpx2.AsyncBaseTransport):
    """Passes requests on and keeps what was wrong with their answers."""

    def __init__(self, schemas: Schemas | None) -> None:
        self._schemas = schemas
        self._sync = httpx2.HTTPTransport(verify=False)
        self.requests: list[httpx2.Request] = []
        self.responses: list[httpx2.Response] = []
        self.faults: list[str] = []

    def clear(self) -> None:
        """Start anew, before a test."""
        self.requests.clear()
        self.responses.clear()
        self.faults.clear()

    def close(self) -> None:
        """Let go of the connections."""
        self._sync.close()

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        """What `httpx2.Client` calls."""
        response = self._sync.handle_request(request)
        response.read()
        return self.keep(request, response)

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        """What `httpx2.AsyncClient` calls; one connection each, for event loops differ from test to test."""
        async with httpx2.AsyncHTTPTransport(verify=False) as transport:
            response = await transport.handle_async_request(request)
            await response.aread()
        return self.keep(request, response)

    def keep(self, request: httpx2.Request, response: httpx2.Response) -> httpx2.Response:
        """Check an answer and pass it on."""
        self.requests.append(request)
        self.responses.append(response)
        where = f"{request.method} {request.url.raw_path.decode()} → {response.status_code}"
        self.faults += [f"{where}: {fault}" for fault in self._faults(request, response)]
        return response

    def _faults(self, request: httpx2.Request, response: httpx2.Response) -> list[str]:
        faults = _header_faults(response)
        if response.headers.get("content-type", "").startswith("text/event-stream"):
            return faults
        try:
            body = json.loads(response.content)
        except ValueError:
            return [*faults, f"not JSON: {response.content[:80]!r}"]
        if response.status_code != 200:
            return faults + _error_faults(response.status_code, body)
        version = parse_qs(request.url.query.decode()).get("api-version", [""])[0]
        path = _PREFIX.sub("", request.url.path)
        if self._schemas and version not in OLD_SHAPE:
            faults += self._schemas.faults(request.method, path, body)
        return faults


def _header_faults(response: httpx2.Response) -> list[str]:
    headers = response.headers
    faults = [f"no header {name}" for name in ("x-request-id", "apim-request-id") if not headers.get(name)]
    if headers.get("content-type") not in _TYPES:
        faults.append(f"content-type {headers.get('content-type')!r}")
    if headers.get("x-content-type-options") != "nosniff":
        faults.append("sniffing is not forbidden")
    return faults + [f"header {name}" for name in headers if name.startswith("access-control")]


def _error_faults(status: int, body: object) -> list[str]:
    error = body.get("error") if isinstance(body, dict) else None
    if not isinstance(error, dict) or not isinstance(error.get("message"), str) or not error["message"]:
        return [f"no error.message: {body!r:.200}"]
    if set(error) == _GATEWAY_STYLE:
        return [] if isinstance(error["code"], str) else ["the gateway's code is no string"]
    if set(error) != _SERVICE_STYLE:
        return [f"members of error: {sorted(error)}"]
    if status < 500 and error["type"] != "invalid_request_error":
        return [f"error.type {error['type']!r}"]
    texts = (error["param"], error["code"])
    return [] if all(text is None or isinstance(text, str) for text in texts) else ["param or code is no string"]
