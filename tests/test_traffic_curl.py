"""A row of wire() as a curl command: a POSIX shell makes of it what the client sent, with a variable for the key."""

import json
import os
import shutil
import subprocess

import httpx2
import openai
import pytest
from support.answering import DONE, KEY, client_of, streamed

from helpers.traffic import exchanges, wire
from helpers.traffic.curl import VARIABLE, curl_of
from helpers.traffic.log import LOG
from helpers.traffic.record import MOST_TEXT

NASTY = """it's "$HOME" `id` \\ !! <b> 東京\nsecond line"""


@pytest.fixture(autouse=True)
def _new_page() -> None:
    LOG.begin_cell()


def arguments(command: str, key: str = KEY) -> list[str]:
    """What `curl` would be called with."""
    shell = shutil.which("sh")
    if shell is None:
        pytest.skip("no POSIX shell here")
    script = "curl() { printf '%s\\0' \"$@\"; }\n" + command
    done = subprocess.run([shell, "-c", script], capture_output=True, check=True, env=os.environ | {VARIABLE: key})
    assert done.stderr == b""
    return done.stdout.decode("utf-8").split("\0")[:-1]


def answered(_: httpx2.Request) -> httpx2.Response:
    """Anything will do."""
    return httpx2.Response(200, json={"id": "thread_1", "object": "thread"})


def test_a_shell_sends_what_the_client_sent() -> None:
    """Every character of the body, whatever it means to a shell; the real key only from the variable."""
    sent: list[httpx2.Request] = []
    with client_of(lambda request: sent.append(request) or answered(request)) as client:
        client.beta.threads.create(metadata={"nasty": NASTY})
    command = curl_of(exchanges()[0])
    assert KEY not in command
    url, *rest = arguments(command)
    assert url == str(sent[0].url)
    pairs = dict(zip(rest[::2], rest[1::2], strict=True))
    assert pairs["--request"] == "POST"
    assert pairs["--data-raw"].encode() == sent[0].content
    headers = dict(one.split(": ", 1) for flag, one in zip(rest[::2], rest[1::2], strict=True) if flag == "--header")
    assert headers == {name: sent[0].headers[name] for name in ("api-key", "content-type", "openai-beta")}


def test_a_get_is_short_and_keeps_the_address_as_it_was_sent() -> None:
    """Percent signs and all."""
    with client_of(answered) as client:
        client.get("/threads/a%2Fb c?x=1%262", cast_to=object)
    url, *rest = arguments(curl_of(exchanges()[0]))
    assert url.startswith("http://service/openai/threads/a%2Fb%20c?x=1%262")
    assert set(rest[::2]) == {"--header"}


def test_a_key_that_strayed_into_body_or_address_is_the_variable_there_too() -> None:
    """Wherever it stands, also within quotes, and however the address spells it."""
    with client_of(answered) as client:
        client.beta.threads.create(metadata={"mine": f"it's {KEY}!"})
        client.get(f"/threads/%{ord(KEY[0]):02x}{KEY[1:]}", cast_to=object)
    first, second = map(curl_of, exchanges())
    assert KEY not in first + second + wire().html
    assert KEY[1:] not in second
    body = arguments(first)[arguments(first).index("--data-raw") + 1]
    assert json.loads(body) == {"metadata": {"mine": f"it's {KEY}!"}}
    assert arguments(second)[0].startswith(f"http://service/openai/threads/{KEY}?")


def test_a_bearer_key_stands_behind_its_word() -> None:
    """As in the client for the v1 paths."""
    from helpers.traffic.clients import Recording

    http_client = Recording(transport=httpx2.MockTransport(answered))
    with openai.OpenAI(base_url="http://service/v1", api_key=KEY, http_client=http_client) as client:
        client.get("/x", cast_to=object)
    assert f"authorization: Bearer {KEY}" in arguments(curl_of(exchanges()[0]))


def test_a_stream_is_shown_as_it_comes() -> None:
    """Otherwise curl collects it."""
    with client_of(lambda _: streamed(DONE)) as client:
        list(client.beta.threads.runs.create("thread_1", assistant_id="asst_1", stream=True))
    assert curl_of(exchanges()[0]).endswith("--no-buffer")


@pytest.mark.parametrize("length", [MOST_TEXT, 10])
def test_without_the_whole_body_there_is_no_command(length: int) -> None:
    """A command that sends something else would be worse."""
    with client_of(answered) as client:
        client.beta.threads.create(metadata={"long": "x" * length})
    is_whole = length == 10
    assert bool(curl_of(exchanges()[0])) is is_whole
    assert ("no curl command" in wire().html) is not is_whole


def test_an_upload_has_no_command() -> None:
    """Its body is not kept."""
    with client_of(answered) as client:
        client.files.create(file=("x.csv", b"rain\n"), purpose="assistants")
    assert curl_of(exchanges()[0]) == ""
