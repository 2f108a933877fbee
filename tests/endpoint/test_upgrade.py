"""A client that offers to speak more than HTTP/1.1 (Java's does) is answered as if it had not, without a complaint."""

import importlib.util
import socket
from collections.abc import Callable
from urllib.parse import urlsplit

import httpx2
import pytest
import uvicorn.config
from support.recording import Recorder

from mock_endpoint.server import Running

from .conftest import Starter

PROTOCOLS = {
    "h11": "uvicorn.protocols.http.h11_impl:H11Protocol",
    "httptools": "uvicorn.protocols.http.httptools_impl:HttpToolsProtocol",
}
H2C = {"connection": "Upgrade, HTTP2-Settings", "upgrade": "h2c", "http2-settings": "AAMAAABkAAQAoAAAAAIAAAAA"}
WEBSOCKET = {"connection": "Upgrade", "upgrade": "websocket", "sec-websocket-version": "13"}
OTHER = {"connection": "keep-alive, Upgrade", "upgrade": "TLS/1.3, HTTP/2.0"}


@pytest.fixture(params=PROTOCOLS)
def running(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch, starting: Starter) -> Running:
    """An endpoint on each of the two parsers that uvicorn may use."""
    if importlib.util.find_spec(request.param) is None:
        pytest.skip(f"{request.param} is not installed")
    for name in list(uvicorn.config.HTTP_PROTOCOLS):
        monkeypatch.setitem(uvicorn.config.HTTP_PROTOCOLS, name, PROTOCOLS[request.param])
    return starting(state="memory", key="a key of this test")


@pytest.mark.parametrize("offer", [H2C, WEBSOCKET, OTHER], ids=["h2c", "websocket", "other"])
def test_offers_are_passed_over(
    running: Running, recorder: Recorder, logged: Callable[[], str], offer: dict[str, str]
) -> None:
    """RFC 9110 §7.8: a server may ignore the offer; requests after it on the same connection are answered, too."""
    headers = {"api-key": running.key}
    with httpx2.Client(base_url=f"{running.url}/openai/v1/", headers=headers, transport=recorder) as client:
        for body in ([b'{"metadata":', b'{"k": "v"}}'], b'{"metadata": {"k": "v"}}'):  # in chunks, and whole
            made = client.post("threads", content=body, headers=offer)
            assert (made.status_code, made.json()["metadata"]) == (200, {"k": "v"})
            assert client.get(f"threads/{made.json()['id']}", headers=offer).json() == made.json()
            assert client.get("models").status_code == 200
    assert logged() == ""


def test_what_is_worth_telling_is_told(running: Running, logged: Callable[[], str]) -> None:
    """Other complaints of the server stay."""
    with socket.create_connection(("127.0.0.1", urlsplit(running.url).port or 0), timeout=10) as connection:
        connection.sendall(b"nonsense\r\n\r\n")
        assert connection.recv(100).startswith(b"HTTP/1.1 400 ")
    assert "Invalid HTTP request" in logged()
