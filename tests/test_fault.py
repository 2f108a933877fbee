"""fault(): what a block does to requests, that it always ends, and that it says when it cannot work."""

import asyncio
import json
import re
import subprocess
import sys
import threading
import time
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx2
import openai
import pytest
from openai.types.beta.threads import Run
from support.answering import KEY, VERSION, async_client_of, client_of

import helpers.faults
from helpers import KitError, expect, fault, watch
from helpers.traffic import exchanges
from helpers.traffic.log import LOG
from mock_endpoint.http import faults
from mock_endpoint.server import Options, Running, start

AWARE = {"x-kit-fault": "none"}


@pytest.fixture(autouse=True)
def _new_page() -> None:
    LOG.begin_cell()


@pytest.fixture(scope="module")
def endpoint() -> Iterator[Running]:
    """The kit's own endpoint."""
    with start(Options(state="memory", key=KEY)) as running:
        yield running


def unwatched(endpoint: Running, timeout: float = 30) -> openai.AzureOpenAI:
    """A client that repeats nothing and records nothing."""
    return openai.AzureOpenAI(
        azure_endpoint=endpoint.url, api_key=KEY, api_version=VERSION, max_retries=0, timeout=timeout
    )


@pytest.fixture
def client(endpoint: Running) -> Iterator[openai.AzureOpenAI]:
    """A watched client of the endpoint."""
    with watch(unwatched(endpoint)) as watched:
        yield watched


def wishes() -> list[str | None]:
    """What each request of this page asked for, without the ids."""
    headers = [one.request_headers.get("x-kit-fault") for one in exchanges()]
    return [value and value.partition(";id=")[0] for value in headers]


def ok(_: httpx2.Request) -> httpx2.Response:
    """An answer of a server that knows faults."""
    return httpx2.Response(200, headers=AWARE, json={"id": "thread_1", "object": "thread"})


def stranger(_: httpx2.Request) -> httpx2.Response:
    """An answer of any other server."""
    return httpx2.Response(200, json={"id": "thread_1", "object": "thread"})


def test_the_faults_are_those_of_the_endpoint() -> None:
    """Neither side knows the other's table."""
    assert set(helpers.faults.KNOWN) == set(faults.KNOWN)


@pytest.mark.parametrize(
    ("name", "error", "status"),
    [
        ("rate_limit", openai.RateLimitError, 429),
        ("server_error", openai.InternalServerError, 500),
        ("bad_key", openai.AuthenticationError, 401),
        ("retired", openai.APIStatusError, 410),
    ],
)
def test_a_request_is_refused(
    client: openai.AzureOpenAI, name: str, error: type[openai.APIStatusError], status: int
) -> None:
    """As the table says; behind the block all is well."""
    with fault(name), expect(error) as caught:
        client.beta.threads.create()
    assert caught.error is not None
    assert caught.error.status_code == status
    if name == "rate_limit":
        assert "retry-after" in caught.error.response.headers
    assert client.beta.threads.create().object == "thread"
    assert wishes() == [name, None]


@pytest.mark.parametrize(
    ("name", "status", "code"),
    [("run_failed", "failed", "server_error"), ("run_expired", "expired", None), ("content_filter", "failed", None)],
)
def test_a_run_ends_badly(client: openai.AzureOpenAI, name: str, status: str, code: str | None) -> None:
    """As the table says."""
    with fault(name):
        run = ask(client)
    assert run.status == status
    if code:
        assert run.last_error is not None
        assert run.last_error.code == code


def test_a_stream_breaks_off_and_its_run_goes_on(client: openai.AzureOpenAI) -> None:
    """As the table says."""
    assistant = client.beta.assistants.create(model="gpt-35-turbo")
    thread = client.beta.threads.create(messages=[{"role": "user", "content": "Tell me about the rainy season."}])
    with fault("drop_stream"), expect(openai.APIConnectionError):
        list(client.beta.threads.runs.create(thread.id, assistant_id=assistant.id, stream=True))
    dropped = exchanges()[-1]
    assert dropped.error
    assert dropped.events[0].name == "thread.run.created"
    run_id = json.loads(dropped.events[0].data)["id"]
    assert client.beta.threads.runs.poll(run_id, thread_id=thread.id).status == "completed"


def test_an_answer_never_comes_or_comes_late(endpoint: Running) -> None:
    """As the table says; silence alone is no reason to think that the server knows no faults."""
    with watch(unwatched(endpoint, timeout=0.3)) as impatient, fault("timeout"), expect(openai.APITimeoutError):
        impatient.beta.threads.create()
    started = time.monotonic()
    with watch(unwatched(endpoint)) as patient, fault("slow", times=1):
        patient.beta.threads.create()
    assert time.monotonic() - started >= 1.5


def ask(client: openai.AzureOpenAI) -> Run:
    """A run that is over."""
    assistant = client.beta.assistants.create(model="gpt-35-turbo")
    thread = client.beta.threads.create(messages=[{"role": "user", "content": "2 + 3 = ?"}])
    return client.beta.threads.runs.create_and_poll(thread_id=thread.id, assistant_id=assistant.id)


def test_a_fault_happens_as_often_as_asked_and_each_block_counts_anew(client: openai.AzureOpenAI) -> None:
    """Twice in this block, then twice in the next."""
    for _ in range(2):
        with fault("rate_limit", times=2):
            for _ in range(2):
                with expect(openai.RateLimitError):
                    client.beta.threads.create()
            client.beta.threads.create()
    assert wishes() == ["rate_limit;times=2"] * 6


def test_repetitions_of_the_client_count(client: openai.AzureOpenAI) -> None:
    """So a client that repeats gets through."""
    with fault("server_error", times=2):
        assert client.with_options(max_retries=2).beta.threads.create().object == "thread"
    assert [one.status for one in exchanges()] == [500, 500, 200]


def test_the_inner_block_wins_and_the_outer_one_comes_back() -> None:
    """Also when the same fault is asked for again, and when the inner block ends in an error."""
    outer = fault("slow")
    with client_of(ok) as client:
        with outer:
            client.beta.threads.create()
            with pytest.raises(ZeroDivisionError), fault("bad_key", times=1):
                _send_and_fail(client)
            client.beta.threads.create()
            with outer:
                client.beta.threads.create()
            client.beta.threads.create()
        client.beta.threads.create()
    assert wishes() == ["slow", "bad_key;times=1", "slow", "slow", "slow", None]


def _send_and_fail(client: openai.AzureOpenAI) -> None:
    client.beta.threads.create()
    raise ZeroDivisionError


def test_async_clients_and_other_threads_are_concerned() -> None:
    """Whichever client sends while the block lasts."""

    async def talk() -> None:
        async with async_client_of(ok) as client:
            with fault("slow"):
                await client.beta.threads.create()

    asyncio.run(talk())
    with client_of(ok) as client, fault("run_failed"):
        thread = threading.Thread(target=_quietly, args=(client,))
        thread.start()
        thread.join()
    assert wishes() == ["slow", "run_failed"]


def _quietly(client: openai.AzureOpenAI) -> None:
    """pytest's filters hold in the main thread only from Python 3.14 on."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        client.beta.threads.create()


def test_a_server_that_knows_no_faults_is_told() -> None:
    """With its name and what to do; one answer is enough."""
    with (
        client_of(stranger) as client,
        client_of(ok) as other,
        pytest.raises(KitError, match=r"^service does not know faults") as raised,
        fault("rate_limit"),
    ):
        assert client.beta.threads.create().id == other.beta.threads.create().id
    assert "the kit's own endpoint" in raised.value.fix
    with client_of(ok) as client:
        client.beta.threads.create()
    assert wishes()[-1] is None, "the block is closed all the same"


def test_a_client_that_is_not_watched_is_told(endpoint: Running) -> None:
    """Nothing was sent as far as the block can see; an empty block is no different."""
    with (
        unwatched(endpoint) as client,
        pytest.raises(KitError, match=r'^Nothing was sent in the block of fault\("bad_key"\)') as raised,
        fault("bad_key"),
    ):
        client.beta.threads.create()
    assert "watch(client)" in raised.value.fix


def test_an_error_on_its_way_is_not_replaced() -> None:
    """The sentence is added to it, also where a notebook shows only sentences."""
    with client_of(stranger) as client, pytest.raises(ZeroDivisionError) as raised, fault("rate_limit"):
        _send_and_fail(client)
    assert [note.partition(" does")[0] for note in raised.value.__notes__] == ["service"]
    with pytest.raises(KitError) as told, fault("rate_limit"), expect(ValueError):
        pass
    shown = "\n".join(told.value._render_traceback_())
    assert "ValueError was expected, but nothing was raised." in shown
    assert "watched client" in shown


def test_no_answer_tells_nothing() -> None:
    """Whoever did not answer may know faults."""

    def nobody(_: httpx2.Request) -> httpx2.Response:
        raise httpx2.ConnectError("refused")

    with client_of(nobody) as client, fault("slow"), pytest.raises(openai.APIConnectionError):
        client.beta.threads.create()


def test_an_unknown_fault_is_refused_with_the_known_ones() -> None:
    """At once, not when the block is over."""
    with pytest.raises(KitError, match="'rate_limits'") as raised:
        fault("rate_limits")
    assert all(name in raised.value.fix for name in helpers.faults.KNOWN)


@pytest.mark.parametrize("times", [0, -1, True, 1.0, "two", 1_000_000])
def test_times_is_a_whole_number_from_1(times: Any) -> None:  # noqa: ANN401
    """As the endpoint reads it."""
    with pytest.raises(KitError, match="times="):
        fault("slow", times=times)
    assert faults.problem_of(f"slow;times={times};id=x"), "the endpoint refuses it too"


def test_a_fault_without_a_block_says_how_to_use_it() -> None:
    """It does nothing: as the last line of a cell it shows why, as any other line it warns with that line."""
    with pytest.warns(RuntimeWarning, match=re.escape('Write `with fault("slow"):`')) as warned:
        fault("slow")
    assert [Path(one.filename) for one in warned] == [Path(__file__)]
    with pytest.warns(RuntimeWarning, match="alone does nothing"):
        shown = repr(fault("rate_limit", times=2))
    assert shown.splitlines() == [
        'fault("rate_limit", times=2) alone does nothing. Put the calls that shall fail into its block:',
        '    with fault("rate_limit", times=2):',
        "        …",
        "In it each request is answered with 429 and a Retry-After header, 2 times in all.",
    ]
    with pytest.warns(RuntimeWarning):
        assert not repr(fault("slow")).endswith("in all.")


def test_fault_does_not_wait_for_the_client_package() -> None:
    """Nobody should pay for an import that is not used."""
    code = "import sys; from helpers import fault; repr(fault('slow')); print('openai' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True)
    assert done.stdout.strip() == "False"
