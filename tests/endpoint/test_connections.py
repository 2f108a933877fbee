"""How bytes become requests: heads without end, contradicting lengths, upgrades; and the loop that serves them."""

import asyncio
import socket
from collections.abc import Callable
from urllib.parse import urlsplit

import openai
import pytest

from mock_endpoint.http.protocol import MAX_HEAD
from mock_endpoint.server import Running

from .conftest import Starter


def exchanged(endpoint: Running, *pieces: bytes) -> list[int]:
    """The statuses of what is answered to these bytes on one connection, until the server hangs up."""
    answer = b""
    with socket.create_connection(("127.0.0.1", urlsplit(endpoint.url).port or 0), timeout=10) as connection:
        try:
            for piece in pieces:
                connection.sendall(piece)
            while chunk := connection.recv(65536):
                answer += chunk
        except ConnectionError:  # it hung up while there was still something to send
            pass
    return [int(part[:3]) for part in answer.split(b"HTTP/1.1 ")[1:]]


def head(endpoint: Running, line: str, *headers: str) -> bytes:
    """A request without its last empty line."""
    lines = [f"{line} HTTP/1.1", "host: localhost", f"api-key: {endpoint.key}", *headers]
    return "".join(f"{one}\r\n" for one in lines).encode()


ENDLESS = 4 * 1024 * 1024
"""Bytes, more than one read takes."""


@pytest.mark.parametrize("what", ["headers", "one header", "path", "trailers"])
def test_what_never_ends_is_cut_off(starting: Starter, what: str) -> None:
    """No key is needed to send headers, so they must not fill the memory."""
    endpoint = starting()
    begun = {
        "headers": (head(endpoint, "GET /openai/v1/models"), b"x: " + b"a" * 1019 + b"\r\n"),
        "one header": (head(endpoint, "GET /openai/v1/models") + b"x: ", b"a" * 1024),
        "path": (b"GET /", b"a" * 1024),
        "trailers": (
            head(endpoint, "POST /openai/v1/threads", "transfer-encoding: chunked") + b"\r\n2\r\n{}\r\n0\r\n",
            b"x: " + b"a" * 1019 + b"\r\n",
        ),
    }
    first, more = begun[what]
    assert exchanged(endpoint, first, *[more] * (ENDLESS // len(more))) in ([400], [])


def test_a_long_head_is_read(endpoint: Running) -> None:
    """Half of the bound, in many pieces, and a body of many times the bound."""
    length = "a" * (MAX_HEAD // 2)
    request = head(endpoint, "POST /openai/v1/threads", f"x: {length}", "content-length: 1000002", "connection: close")
    pieces = [request[at : at + 5000] for at in range(0, len(request), 5000)]
    assert exchanged(endpoint, *pieces, b"\r\n{", *[b" " * 10_000] * 100, b"}") == [200]


def test_two_lengths_are_refused(endpoint: Running) -> None:
    """RFC 9112 §6.3: where they contradict each other, nobody can say where the next request begins."""
    request = head(endpoint, "POST /openai/v1/threads", "content-length: 2", "transfer-encoding: chunked")
    assert exchanged(endpoint, request + b"\r\n2\r\n{}\r\n0\r\n\r\n") == [400]


@pytest.mark.parametrize("split", [True, False], ids=["body later", "body at once"])
def test_an_offer_to_upgrade_is_ignored(
    endpoint: Running, client: openai.AzureOpenAI, logged: Callable[[], str], split: bool
) -> None:
    """RFC 9110 §7.8. Java's own client offers HTTP/2 with a request that has a body; nothing of that may be lost."""
    offer = ("Connection: Upgrade, HTTP2-Settings", "Upgrade: h2c", "HTTP2-Settings: AAMAAABkAAQAAP__")
    body = b'{"metadata": {"kept": "yes"}}'
    first = head(endpoint, "POST /openai/v1/threads", *offer, f"content-length: {len(body)}") + b"\r\n"
    with socket.create_connection(("127.0.0.1", urlsplit(endpoint.url).port or 0), timeout=10) as connection:
        connection.sendall(first if split else first + body)
        if split:
            client.beta.threads.create()  # until that is answered, the head has been read
            connection.sendall(body)
        connection.sendall(head(endpoint, "GET /openai/v1/models", "connection: close") + b"\r\n")
        answer = b"".join(iter(lambda: connection.recv(65536), b""))
    assert answer.count(b"HTTP/1.1 200 OK") == 2
    assert b'"metadata":{"kept":"yes"}' in answer
    assert logged() == ""


def test_the_loops_of_this_process_stay_as_they_are(starting: Starter) -> None:
    """The endpoint runs in the learner's kernel, whose own loop must not change because of it."""

    async def kind() -> type:
        return type(asyncio.get_running_loop())

    before = asyncio.run(kind())
    starting()
    assert asyncio.run(kind()) is before
    assert before.__module__.startswith("asyncio")
