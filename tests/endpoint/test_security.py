"""Who may talk to the endpoint, and what it does with hostile input."""

import json
import random
import socket
from copy import deepcopy
from typing import Any
from urllib.parse import urlsplit

import httpx2
import pytest
from openai.types.beta import Assistant, Thread
from support.recording import Recorder
from support.talking import error_of

from mock_endpoint.http.gate import MAX_BODY
from mock_endpoint.server import Running

from .conftest import Starter

MODELS = "/openai/v1/models"


def spoken(endpoint: Running, request: bytes) -> tuple[int, dict[str, Any]]:
    """Send these bytes as they are; the answer's status and body."""
    with socket.create_connection(("127.0.0.1", urlsplit(endpoint.url).port or 0), timeout=10) as connection:
        connection.sendall(request)
        answer = b""
        while chunk := connection.recv(65536):
            answer += chunk
    head, _, body = answer.partition(b"\r\n\r\n")
    return int(head.split()[1]), json.loads(body)


def _head(endpoint: Running, line: str, *headers: str) -> bytes:
    lines = [line, f"api-key: {endpoint.key}", "connection: close", *headers]
    return "".join(f"{one}\r\n" for one in lines).encode("latin-1") + b"\r\n"


def test_only_this_machine_is_served(endpoint: Running) -> None:
    """Loopback by default."""
    assert urlsplit(endpoint.url).hostname == "127.0.0.1"


@pytest.mark.parametrize("host", ["localhost", "LOCALHOST:1", "127.0.0.1", "127.0.0.1:9999", "[::1]", "[::1]:80"])
def test_names_of_this_machine(endpoint: Running, host: str) -> None:
    """Whatever the port: a tunnel may change it."""
    assert spoken(endpoint, _head(endpoint, f"GET {MODELS} HTTP/1.1", f"host: {host}"))[0] == 200


@pytest.mark.parametrize(
    "host", ["evil.example", "127.0.0.1.evil.example", "localhost.evil.example:80", "", "[::2]", "x@localhost"]
)
def test_rebound_names(endpoint: Running, host: str) -> None:
    """A web page that gave this address another name is refused, even with the right key."""
    status, body = spoken(endpoint, _head(endpoint, f"GET {MODELS} HTTP/1.1", f"host: {host}"))
    assert (status, body["error"]["code"]) == (403, "403")


def test_old_http_without_host(endpoint: Running) -> None:
    """HTTP/1.0 need not say whom it means; then it means nobody here."""
    assert spoken(endpoint, _head(endpoint, f"GET {MODELS} HTTP/1.0"))[0] == 403


@pytest.mark.parametrize("method", ["OPTIONS", "GET"])
def test_no_cors(endpoint: Running, recorder: Recorder, method: str) -> None:
    """No page of another origin may read an answer: no Access-Control header (the recorder looks for them)."""
    headers = {"origin": "https://evil.example", "access-control-request-method": "POST", "api-key": endpoint.key}
    with httpx2.Client(transport=recorder) as client:
        response = client.request(method, endpoint.url + MODELS, headers=headers)
    assert response.status_code == (404 if method == "OPTIONS" else 200)
    assert "vary" not in response.headers


def test_bodies_are_bounded_by_their_length(endpoint: Running) -> None:
    """Refused before it is read."""
    head = _head(endpoint, "POST /openai/v1/threads HTTP/1.1", "host: localhost", f"content-length: {MAX_BODY + 1}")
    status, body = spoken(endpoint, head)
    assert (status, body["error"]["message"][:22]) == (413, "Request body too large")


def test_chunked_bodies_are_bounded(endpoint: Running) -> None:
    """Nobody says how long it gets; at the limit it ends."""
    head = _head(endpoint, "POST /openai/v1/threads HTTP/1.1", "host: localhost", "transfer-encoding: chunked")
    chunk = b"100000\r\n" + b" " * 0x100000 + b"\r\n"
    status, body = spoken(endpoint, head + chunk * 16 + b"1\r\n \r\n")
    assert (status, body["error"]["message"][:22]) == (413, "Request body too large")


def test_caller_that_hangs_up(starting: Starter, caplog: pytest.LogCaptureFixture) -> None:
    """In the middle of a body: no traceback in the learner's notebook."""
    running = starting()
    head = _head(running, "POST /openai/v1/threads HTTP/1.1", "host: localhost", "content-length: 100")
    with socket.create_connection(("127.0.0.1", urlsplit(running.url).port or 0)) as connection:
        connection.sendall(head + b"{")
        assert spoken(running, _head(running, f"GET {MODELS} HTTP/1.1", "host: localhost"))[0] == 200
    running.stop()
    assert [record for record in caplog.records if record.name.startswith("helpers")] == []


GARBAGE = {
    "half": b'{"metadata": {',
    "not json": b"metadata=1",
    "constants": b'{"metadata": {"a": NaN}}',
    "infinity": b'{"metadata": -Infinity}',
    "latin-1": '{"metadata": {"ä": "ä"}}'.encode("latin-1"),
    "utf-16": '{"metadata": {}}'.encode("utf-16"),
    "byte order mark": b"\xef\xbb\xbf{}",
    "half a surrogate pair": b'{"metadata": {"a": "\\ud800"}}',
    "half a surrogate pair as a key": b'{"metadata": {"\\uDfff": "a"}}',
    "raw half a surrogate pair": b'{"metadata": {"a": "\xed\xa0\x80"}}',
    "201 deep": b'{"metadata": ' + b"[" * 200 + b"]" * 200 + b"}",
    "deep": b'{"metadata": ' + b"[" * 100_000 + b"]" * 100_000 + b"}",
    "long integer": b'{"metadata": ' + b"9" * 5000 + b"}",
    "two": b"{} {}",
    "nul": b"\x00",
    "control character": b'{"metadata": {"a": "\x01"}}',
}


@pytest.mark.parametrize("content", GARBAGE.values(), ids=GARBAGE)
def test_garbage(raw: httpx2.Client, content: bytes) -> None:
    """Contract §12.36: 400 with a sentence, whatever it is."""
    response = raw.post("threads", content=content)
    assert response.status_code == 400
    assert error_of(response)["message"] == "We could not parse the JSON body of your request."


def _function(parameters: str) -> bytes:
    tool = f'{{"type": "function", "function": {{"name": "f", "parameters": {parameters}}}}}'
    return f'{{"model": "m", "tools": [{tool}]}}'.encode()


ODD = {
    "infinite number": _function('{"x": 1e999}'),
    "150 deep": _function('{"a":' * 150 + "1" + "}" * 150),
    "5000 deep": _function('{"a":' * 5000 + "1" + "}" * 5000),
    "large integer": _function('{"x": ' + "9" * 4000 + "}"),
    "nul": _function('{"\\u0000": "\\u0000"}'),
    "temperature": b'{"model": "m", "temperature": ' + b"9" * 400 + b"}",
    "infinite temperature": b'{"model": "m", "temperature": 1e999}',
    "twice": b'{"model": "m", "model": "n"}',
    "empty name": b'{"model": "m", "": 1}',
    "brackets": b'{"model": "m", "<other>": 1, "[key]": 2}',
    "type twice": b'{"model": "m", "tools": [{"type": ["function"]}]}',
    "object as type": b'{"model": "m", "tools": [{"type": {}}]}',
    "null type": b'{"model": "m", "tools": [{"type": null}]}',
    "format": b'{"model": "m", "response_format": {"type": []}}',
    "array as format": b'{"model": "m", "response_format": []}',
}


@pytest.mark.parametrize("content", ODD.values(), ids=ODD)
def test_odd_but_json(raw: httpx2.Client, content: bytes) -> None:
    """Contract §12.36: taken and kept as it is, or refused with a sentence – never a 5xx."""
    response = raw.post("assistants", content=content)
    assert response.status_code in (200, 400)
    if response.status_code == 200:
        assert raw.get(f"assistants/{response.json()['id']}").json() == response.json()


PATHS = [
    "//",
    "/openai//assistants",
    "/openai/assistants/%2F",
    "/openai/assistants/..%2F..%2Fmodels",
    "/openai/../openai/assistants",
    "/openai/assistants/%00",
    "/openai/assistants/asst_%00",
    "/openai/assistants/asst_%FF%FE",
    "/openai/assistants/asst_%ED%A0%80",
    "/openai/assistants/asst_%E5%85%88",
    "/openai/assistants/asst_" + "x" * 10_000,
    "/openai/assistants/asst_';DROP TABLE objects;--".replace(" ", "%20"),
    "/openai/assistants/%61sst_x",
    "/openai/threads/thread_x/messages/msg_x/",
    "/openai/v1",
    "/openai",
    "/",
    "/v1",
    "/v1/",
    "/openai/assistants?limit=%FF&order=%00&after=%ED%A0%80",
    "/openai/assistants?after=asst_%00&before=asst_%F0%9F%99%82",
    "/openai/assistants?api-version=%FF",
    "/openai/assistants?api-version=2024-05-01-preview&" + "a=b&" * 2000,
    "/openai/assistants?limit=20&limit=abc",
    "/openai/assistants?&&==&limit",
    "*",
]


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("method", ["GET", "POST", "DELETE"])
def test_odd_paths(endpoint: Running, method: str, path: str) -> None:
    """Contract §12.36: no 5xx, always a sentence."""
    if "?" not in path:
        path += "?api-version=2024-05-01-preview"
    elif "api-version" not in path:
        path += "&api-version=2024-05-01-preview"
    status, body = spoken(
        endpoint, _head(endpoint, f"{method} {path} HTTP/1.1", "host: localhost", "content-length: 0")
    )
    assert status in (200, 400, 404)
    assert status == 200 or isinstance(body["error"]["message"], str)


def test_odd_headers(endpoint: Running) -> None:
    """Keys that are none, in bytes that are no text."""
    for header in ("api-key: \xff\xfe", "authorization: Bearer", "authorization: \xe9", "openai-beta: \xff"):
        request = f"GET {MODELS} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n{header}\r\n\r\n"
        assert spoken(endpoint, request.encode("latin-1"))[0] == 401


VALUES: tuple[Any, ...] = (
    None,
    True,
    -1,
    0,
    2**70,
    0.5,
    1e308,
    "",
    "x",
    "日本",
    "\x00",
    "a" * 70,
    [],
    [[]],
    {},
    {"type": "text"},
    [None],
    [{}],
)
BODIES: dict[str, dict[str, Any]] = {
    "assistants": {
        "model": "m",
        "tools": [{"type": "function", "function": {"name": "f", "parameters": {}}}, {"type": "file_search"}],
        "tool_resources": {"code_interpreter": {"file_ids": []}},
        "response_format": {"type": "json_schema", "json_schema": {"name": "n", "schema": {"type": "object"}}},
        "metadata": {"k": "v"},
        "temperature": 1,
    },
    "threads": {"messages": [{"role": "user", "content": [{"type": "text", "text": "x"}], "attachments": []}]},
    "threads/{}/messages": {
        "role": "user",
        "content": [{"type": "image_url", "image_url": {"url": "https://example.com/gate.png"}}],
    },
    "threads/{}/runs": {
        "assistant_id": "{}",
        "additional_messages": [{"role": "user", "content": "x"}],
        "truncation_strategy": {"type": "last_messages", "last_messages": 1},
        "tool_choice": {"type": "function", "function": {"name": "f"}},
    },
}


@pytest.mark.parametrize("path", BODIES)
def test_mutated_bodies(raw: httpx2.Client, assistant: Assistant, thread: Thread, path: str) -> None:
    """Contract §12.36: valid bodies with something replaced, removed or added: 200, 400 or 404, always a sentence."""
    chance = random.Random(20261122)  # noqa: S311
    valid = json.dumps(BODIES[path]).replace('"{}"', f'"{assistant.id}"')
    for _ in range(120):
        body = json.loads(valid)
        for _ in range(chance.randint(1, 2)):
            _mutate(body, chance)
        response = raw.post(path.format(thread.id), json=body)
        assert response.status_code in (200, 400, 404), body
        assert response.status_code == 200 or isinstance(error_of(response)["message"], str)


def _mutate(body: Any, chance: random.Random) -> None:  # noqa: ANN401
    """Replace, remove or add something somewhere in the body."""
    here = body
    while True:
        keys: list[Any] = list(here) if isinstance(here, dict) else list(range(len(here)))
        key = chance.choice(keys) if keys else None
        inside = key is not None and isinstance(here[key], (dict, list))
        if not inside or chance.random() < 0.4:
            break
        here = here[key]
    deed = chance.random()
    if key is not None and deed < 0.2:
        del here[key]
    elif key is not None and deed < 0.8:
        here[key] = deepcopy(chance.choice(VALUES))
    elif isinstance(here, dict):
        here[chance.choice(("type", "x", "text", "function", "", "日本"))] = deepcopy(chance.choice(VALUES))
    else:
        here.append(deepcopy(chance.choice(VALUES)))


def test_every_address_needs_a_key(starting: Starter) -> None:
    """Bound to every address, any Host is served, but nobody without the key."""
    running = starting(host="0.0.0.0", key="mine", state="memory")  # noqa: S104
    request = f"GET {MODELS} HTTP/1.1\r\nhost: anything\r\nconnection: close\r\n".encode()
    assert spoken(running, request + b"\r\n")[0] == 401
    assert spoken(running, request + b"api-key: mine\r\n\r\n")[0] == 200
