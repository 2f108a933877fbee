"""Azure's front door: Host, key, api-version, headers.

Four families of paths lead to the same resources: `/openai/…?api-version=`, `/openai/v1/…`, `/v1/…`, and for the
classic agents of Azure's Foundry, which speak the same protocol, `/api/projects/{project}/…?api-version=`.
Their successors are called at `/api/projects/{project}/openai/v1/…`, which is the second family once more.
The gate finds out which one a request took, refuses it where Azure's gateway would, and hands it on
with the family's prefix taken off.
"""

import hmac
import re
import time
import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import parse_qs

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from mock_endpoint import errors, files
from mock_endpoint.http import answers
from mock_endpoint.http.faults import HEADER, Faults, RequestFault
from mock_endpoint.listening import is_loopback

MAX_BODY = 16 * 1024 * 1024
"""Bytes of a request body; the longest legal one (a message of several long texts) fits well."""
_STORES = "/vector_stores"
_UPLOAD = re.compile(r"(/containers/[^/]+)?/files")
_AROUND_A_FILE = 64 * 1024
"""Bytes of the form around an uploaded file."""

SHAPE_OF_VERSION = {
    "2024-02-15-preview": "v1",
    "2024-03-01-preview": "v1",
    "2024-04-01-preview": "v1",
    "2024-05-01-preview": "v2",
    "2024-07-01-preview": "v2",
    "2024-08-01-preview": "v2",
    "2024-09-01-preview": "v2",
    "2024-10-01-preview": "v2",
    "2024-12-01-preview": "v2",
    "2025-01-01-preview": "v2",
    "2025-02-01-preview": "v2",
    "2025-03-01-preview": "v2",
    "2025-04-01-preview": "v2",
}
"""Dated versions that had Assistants, and the shape of their objects: `v1` has `file_ids`, `v2` `tool_resources`."""

WITHOUT_ASSISTANTS = {"2022-12-01", "2023-05-15", "2023-12-01-preview", "2024-02-01", "2024-06-01", "2024-10-21"}
"""Dated versions that exist and never had Assistants."""

PROJECT_VERSIONS = {"v1", "2025-05-15-preview"}
"""What the clients of classic agents send: 1.0 and 1.1 the first, the previews of 1.2 the second."""

_SET_BETA_HEADER = "Please try again by setting the header 'OpenAI-Beta: assistants=v2'."
_NO_BETA_HEADER = f"You must provide the 'OpenAI-Beta' header to access the Assistants API. {_SET_BETA_HEADER}"
_OLD_BETA_HEADER = (
    f"The v1 Assistants API has been deprecated. {_SET_BETA_HEADER} "
    "For more information, see: https://platform.openai.com/docs/assistants/migration."
)

_PREFIX = re.compile(r"/+(?:api/projects/+[^/]+/+(?=openai/v1/))?(openai/v1|openai|v1|(api/projects)/+[^/]+)/+")
"""The beginning of every path that is served. Slashes double where an endpoint is configured with one at its end."""
_FAMILY = {"openai/v1": "azure", "openai": "dated", "v1": "openai", "api/projects": "project"}


@dataclass(frozen=True)
class Surface:
    """The way a request came in."""

    family: str
    """`dated` (/openai/…), `azure` (/openai/v1/…), `openai` (/v1/…) or `project` (/api/projects/{project}/…)."""
    shape: str
    """`v1` or `v2`: which form of the objects the caller understands."""
    api_version: str | None


class Gate:
    """ASGI middleware; what passes carries its `Surface` in `scope["state"]["surface"]`."""

    def __init__(self, app: ASGIApp, key: str, hosts: Iterable[str], faults: Faults) -> None:
        self.app = app
        self.faults = faults
        self.key = key.encode()
        self.hosts = frozenset(hosts)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Refuse, or hand on."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        began = time.perf_counter()
        family, path = _family(scope["path"])
        headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
        fault = self.faults.asked_by(headers.get(HEADER))

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message["headers"], *_standing_headers(family, began), *fault.headers]
            await send(message)

        try:
            inner = self._admit(scope, headers, fault, family, path)
        except errors.Refusal as refused:
            await answers.refusal(refused)(scope, receive, send_with_headers)
            return
        await self.app(inner, receive, send_with_headers)

    def _admit(
        self, scope: Scope, headers: dict[str, str], fault: RequestFault, family: str, path: str | None
    ) -> Scope:
        self._check_host(headers.get("host", ""))
        self._check_key(headers, family)
        if fault.problem:
            raise errors.invalid(fault.problem, HEADER, "invalid_value")
        if path is None:
            raise errors.gateway(404, "Resource not found")
        version = parse_qs(scope["query_string"].decode("latin-1")).get("api-version", [None])[-1]
        shape = _shape(family, version, path)
        if family == "openai" and _is_assistants(path):
            _check_beta(headers.get("openai-beta", ""))
        _check_length(int(headers.get("content-length") or 0), path)
        state = {**scope.get("state", {}), "surface": Surface(family, shape, version), "fault": fault}
        return {**scope, "path": path, "raw_path": None, "state": state}

    def _check_host(self, host: str) -> None:
        """A web page may give this address another name; only names for this machine are served."""
        name = host.rsplit(":", 1)[0] if not host.endswith("]") else host
        if self.hosts and name.lower() not in self.hosts:
            raise errors.gateway(403, "This endpoint answers only to the names of its own machine, such as localhost.")

    def _check_key(self, headers: dict[str, str], family: str) -> None:
        """The key counts in either header, so that both client classes work on every family."""
        scheme, _, token = headers.get("authorization", "").partition(" ")
        offered = [headers.get("api-key", ""), token.strip() if scheme.lower() == "bearer" else ""]
        if any(hmac.compare_digest(value.encode("latin-1"), self.key) for value in offered):
            return
        raise errors.wrong_key(family)


def allowed_hosts(host: str) -> frozenset[str]:
    """The Host names to answer to when bound to `host`; empty means any (a key is required there anyway)."""
    loopback = frozenset({"localhost", "127.0.0.1", "[::1]"})
    return loopback | {host, f"[{host}]"} if is_loopback(host) else frozenset()


def unknown_path(surface: Surface, method: str, path: str) -> errors.Refusal:
    """What a path or method that leads nowhere is answered with."""
    if surface.family == "openai":
        return errors.invalid(f"Invalid URL ({method} /v1{path})", status=404)
    return errors.gateway(404, "Resource not found")


def _family(path: str) -> tuple[str, str | None]:
    """The family of paths, and the path in it; none where no family begins like that, and Azure answers."""
    match = _PREFIX.match(path)
    return (_FAMILY[match[2] or match[1]], f"/{path[match.end() :]}") if match else ("azure", None)


def _check_beta(header: str) -> None:
    """OpenAI's own address asks for the version of Assistants."""
    asked = [each.strip() for each in header.split(",")]
    if "assistants=v2" not in asked:
        raise errors.invalid(_OLD_BETA_HEADER if "assistants=v1" in asked else _NO_BETA_HEADER, code="invalid_beta")


def _shape(family: str, version: str | None, path: str) -> str:
    if family == "openai" or (family == "azure" and version in (None, "v1", "preview")):
        return "v2"
    if family == "project" and version in PROJECT_VERSIONS:
        return "v2"
    if version is None:
        raise errors.gateway(404, "Resource not found")
    if family == "dated" and version in SHAPE_OF_VERSION:
        if SHAPE_OF_VERSION[version] == "v1" and path.startswith(_STORES):
            raise errors.gateway(404, "Resource not found")
        return SHAPE_OF_VERSION[version]
    if family != "dated" or version not in WITHOUT_ASSISTANTS:
        raise errors.gateway(400, "API version not supported", "BadRequest")
    if _is_assistants(path) or path.startswith(_STORES):
        raise (
            errors.gateway(400, "Unsupported data type")
            if version < "2024"
            else errors.gateway(404, "Resource not found")
        )
    return "v2"


def _check_length(length: int, path: str) -> None:
    """Refuse a body that is too large before anything of it is read."""
    if _UPLOAD.fullmatch(path):
        if length > files.MAX_BYTES + _AROUND_A_FILE:
            raise errors.file_too_large(files.MAX_BYTES)
    elif length > MAX_BODY:
        raise errors.invalid(f"Request body too large. At most {MAX_BODY} bytes are read.", status=413)


def _is_assistants(path: str) -> bool:
    return path.startswith(("/assistants", "/threads"))


def _standing_headers(family: str, began: float) -> list[tuple[bytes, bytes]]:
    """What every answer carries, refusals included: on `/v1/` OpenAI's headers, elsewhere those of Azure's gateway."""
    request_id = str(uuid.uuid4()).encode()
    headers = [(b"x-request-id", request_id), (b"x-content-type-options", b"nosniff")]
    if family == "openai":
        milliseconds = round((time.perf_counter() - began) * 1000)
        return [*headers, (b"openai-version", b"2020-10-01"), (b"openai-processing-ms", b"%d" % milliseconds)]
    return [*headers, (b"apim-request-id", request_id), (b"x-ms-region", b"local")]
