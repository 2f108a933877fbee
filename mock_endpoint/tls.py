"""HTTPS for programs that insist on it, and tokens in place of a key.

The clients of Azure's Foundry send no token over plain HTTP, and get their token from a credential such as
`DefaultAzureCredential`. With these variables both work as they stand: the credential for workload identities hands a
password, read from a file, to the address that stands for Microsoft Entra ID, and is given the endpoint's key as a
token. No variable holds a secret.
"""

import os
import re
import secrets
import ssl
import sys
from pathlib import Path
from urllib.parse import parse_qs

from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from mock_endpoint.problems import EndpointError
from mock_endpoint.state.key import write_private

NOBODY = "00000000-0000-0000-0000-000000000000"
"""Tenant and client, whose names mean nothing here."""
LIFETIME = 86_400
"""Seconds after which a client asks for its token anew."""
_TOKEN_PATH = re.compile(r"/+[^/]+/oauth2/v2\.0/token")
_LONGEST_FORM = 65_536


def variables(url: str, folder: Path) -> dict[str, str]:
    """What a program's environment needs to find the endpoint at `url`, to trust it and to get its token."""
    certificates, password_file = map(str, _files(folder))
    project = f"{url}/api/projects/local"
    return {
        "PROJECT_ENDPOINT": project,
        "AZURE_AI_PROJECT_ENDPOINT": project,
        "AZURE_AUTHORITY_HOST": url,
        "AZURE_TENANT_ID": NOBODY,
        "AZURE_CLIENT_ID": NOBODY,
        "AZURE_FEDERATED_TOKEN_FILE": password_file,
        "AZURE_TOKEN_CREDENTIALS": "prod",  # not what a developer is logged in with, should this fail
        "REQUESTS_CA_BUNDLE": certificates,
        "SSL_CERT_FILE": certificates,
    }


def _files(folder: Path) -> tuple[Path, Path]:
    return folder / "certificates.pem", folder / "password"


class Tls:
    """A certificate for this computer that lives as long as the process, and what lets programs use it.

    `folder` then holds two files: the certificates to trust, and the password that only its owner may read.
    """

    def __init__(self, folder: Path, host: str) -> None:
        """Raises `EndpointError` where the package for certificates is missing or the folder cannot be written."""
        try:
            import trustme
        except ImportError as error:
            raise EndpointError(
                "The endpoint needs the package trustme to answer over HTTPS.",
                f"Install it: {sys.executable} -m pip install trustme",
            ) from error
        authority = trustme.CA(organization_name="mock endpoint", organization_unit_name="this computer only")
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        authority.issue_cert(*dict.fromkeys((host, "127.0.0.1", "localhost", "::1"))).configure_cert(self.context)
        self._password = secrets.token_urlsafe(32)
        certificates, password_file = _files(folder)
        try:
            folder.mkdir(parents=True, exist_ok=True)
            certificates.write_bytes(_trusted_so_far(certificates) + authority.cert_pem.bytes())
            password_file.unlink(missing_ok=True)
            write_private(password_file, self._password)
        except OSError as error:
            raise EndpointError(
                f"The folder {folder} for the endpoint's certificate cannot be written ({error.strerror or error}).",
                "Look at its permissions and the free space.",
            ) from error

    def with_tokens(self, app: ASGIApp, key: str) -> ASGIApp:
        """The application, and before it the address that gives its key to who has the password."""

        async def answer(scope: Scope, receive: Receive, send: Send) -> None:
            if scope["type"] == "http" and scope["method"] == "POST" and _TOKEN_PATH.fullmatch(scope["path"]):
                await (await self._token(Request(scope, receive), key))(scope, receive, send)
            else:
                await app(scope, receive, send)

        return answer

    async def _token(self, request: Request, key: str) -> Response:
        """RFC 6749 §4.4 and §5, with the client's assertion of RFC 7523 §2.2."""
        body = b""
        try:
            async for chunk in request.stream():
                body += chunk
                if len(body) > _LONGEST_FORM:
                    return _refused("invalid_request", "The form is too long.")
        except ClientDisconnect:
            return Response()  # nobody is there to read it
        form = parse_qs(body.decode("latin-1"))
        if form.get("grant_type") != ["client_credentials"]:
            return _refused("unsupported_grant_type", "Only client_credentials with a client_assertion is served.")
        (offered, *_) = form.get("client_assertion", [""])
        if not secrets.compare_digest(offered.encode("latin-1", "replace"), self._password.encode()):
            return _refused("invalid_client", "The client_assertion is not the one that this endpoint expects now.")
        token = {"token_type": "Bearer", "expires_in": LIFETIME, "access_token": key}
        return JSONResponse(token, headers={"cache-control": "no-store"})


def _refused(error: str, description: str) -> Response:
    return JSONResponse({"error": error, "error_description": description}, 400, {"cache-control": "no-store"})


def _trusted_so_far(ours: Path) -> bytes:
    """The certificates that programs trust without us: the variable for ours rules all that a program reaches."""
    import certifi

    named = [Path(os.environ.get(name, "")) for name in ("REQUESTS_CA_BUNDLE", "SSL_CERT_FILE")]
    file = next((path for path in named if path.is_file() and path != ours), Path(certifi.where()))
    return file.read_bytes() + b"\n"
