"""watch() and wire(): everything that passes is written down, nothing is changed, and no key is kept."""

import asyncio
import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import SimpleNamespace

import openai
import pytest

from helpers.problems import KitError
from helpers.traffic import cancels_of, exchanges, recording, statuses_of, watch, wire
from helpers.traffic.log import LOG, MOST_EXCHANGES
from mock_endpoint.server import Options, Running, start

KEY = 'a "secret" key/0123456789'
VERSION = "2024-05-01-preview"


@pytest.fixture(scope="module")
def endpoint() -> Iterator[Running]:
    """An endpoint whose key needs escaping in JSON and in URLs."""
    with start(Options(state="memory", key=KEY)) as running:
        yield running


@pytest.fixture(autouse=True)
def _new_page() -> None:
    LOG.begin_cell()


def client_of(address: str, max_retries: int = 0, timeout: float = 30) -> openai.AzureOpenAI:
    """A client that is not watched yet."""
    return openai.AzureOpenAI(
        azure_endpoint=address, api_key=KEY, api_version=VERSION, max_retries=max_retries, timeout=timeout
    )


@pytest.fixture
def client(endpoint: Running) -> Iterator[openai.AzureOpenAI]:
    """A watched client."""
    with watch(client_of(endpoint.url)) as watched:
        yield watched


def test_watch_keeps_class_and_options(endpoint: Running) -> None:
    """It is the same client in every respect but the HTTP client under it."""
    before = client_of(endpoint.url, max_retries=7, timeout=11)
    with watch(before) as after:
        assert type(after) is openai.AzureOpenAI
        assert (after.max_retries, after.timeout, after.base_url) == (7, 11, before.base_url)
        with watch(after) as again:
            assert again.models.list().data
        assert len(exchanges()) == 1, "watched twice, recorded once"


def test_watch_refuses_what_is_no_client() -> None:
    """With the way to get one."""
    with pytest.raises(KitError, match="AzureOpenAI"):
        watch("client")  # pyrefly: ignore[bad-specialization]


def test_an_exchange_holds_what_matters(client: openai.AzureOpenAI) -> None:
    """Method, path, query, status, time, headers and both bodies."""
    thread = client.beta.threads.create(metadata={"lesson": "五"})
    (exchange,) = exchanges()
    assert (exchange.method, exchange.path, exchange.status) == ("POST", "/openai/threads", 200)
    assert exchange.url == f"/openai/threads?api-version={VERSION}"
    assert exchange.request_json == {"metadata": {"lesson": "五"}}
    assert exchange.response_json["id"] == thread.id
    assert exchange.request_headers["openai-beta"] == "assistants=v2"
    assert exchange.request_headers["api-key"] == "‹hidden›"
    assert exchange.seconds is not None
    assert exchange.seconds >= 0


def test_no_form_of_the_key_is_kept(client: openai.AzureOpenAI) -> None:
    """Neither in headers nor where it strayed into a body or an address."""
    client.beta.threads.create(metadata={"mine": KEY})
    with pytest.raises(openai.NotFoundError):
        client.get(f"/{KEY.replace(' ', '%20')}", cast_to=object)
    with pytest.raises(openai.NotFoundError):
        client.beta.threads.retrieve(KEY)
    kept = "".join(map(repr, exchanges())) + wire().html + wire().text
    for form in (KEY, json.dumps(KEY)[1:-1], "secret"):
        assert form not in kept
    assert "‹hidden›" in kept


def test_bearer_keys_are_hidden_too(endpoint: Running) -> None:
    """The client class for the v1 paths sends its key in another header."""
    with watch(openai.OpenAI(base_url=f"{endpoint.url}/openai/v1/", api_key=KEY)) as watched:
        watched.models.list()
    assert "secret" not in repr(exchanges())
    assert exchanges()[-1].request_headers["authorization"] == "‹hidden›"


def test_a_refusal_is_recorded_and_raised_unchanged(client: openai.AzureOpenAI, endpoint: Running) -> None:
    """The error is the one that an unwatched client raises."""
    with pytest.raises(openai.NotFoundError) as watched:
        client.beta.threads.retrieve("thread_x")
    with client_of(endpoint.url) as other, pytest.raises(openai.NotFoundError) as unwatched:
        other.beta.threads.retrieve("thread_x")
    assert str(watched.value) == str(unwatched.value)
    assert exchanges()[0].status == 404
    assert exchanges()[0].response_json["error"]["message"] in str(watched.value)


def test_no_answer_is_recorded_as_such() -> None:
    """With the reason, once for each attempt of the client."""
    with watch(client_of("http://127.0.0.1:9", max_retries=1)) as nobody, pytest.raises(openai.APIConnectionError):
        nobody.beta.threads.create()
    assert [(one.status, one.error.split(":")[0]) for one in exchanges()] == [(None, "ConnectError")] * 2
    assert [one.request_headers["x-stainless-retry-count"] for one in exchanges()] == ["0", "1"]
    assert "ConnectError" in wire().text


def test_raw_and_streamed_responses_are_unharmed(client: openai.AzureOpenAI) -> None:
    """Both ways in which the client hands out the response itself."""
    raw = client.beta.threads.with_raw_response.create()
    assert raw.parse().object == "thread"
    with client.beta.threads.with_streaming_response.create() as streamed:
        under_way = exchanges()[-1]
        assert (under_way.status, under_way.seconds) == (200, None)
        assert "under way" in wire().text
        assert json.loads(streamed.read())["object"] == "thread"
    assert under_way.seconds is not None
    assert under_way.response_json["object"] == "thread"


def test_async_clients_are_recorded(endpoint: Running) -> None:
    """In the same log, streams included."""

    async def talk() -> None:
        unwatched = openai.AsyncAzureOpenAI(azure_endpoint=endpoint.url, api_key=KEY, api_version=VERSION)
        async with watch(unwatched) as client:
            await client.beta.threads.create()
            async with client.beta.threads.with_streaming_response.create() as streamed:
                await streamed.json()

    asyncio.run(talk())
    assert [one.response_json["object"] for one in exchanges()] == ["thread", "thread"]


class _Slowly(BaseHTTPRequestHandler):
    """Sends one event, and the other only when it is told to."""

    go_on = threading.Event()
    ended = threading.Event()
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["content-length"]))
        self.send_response(200)
        self.send_header("content-type", "text/event-stream")
        self.send_header("connection", "close")
        self.end_headers()
        self._say("thread.run.created", {"object": "thread.run", "id": "run_1", "status": "queued"})
        self.go_on.wait(10)
        self.ended.set()
        self._say("done", "[DONE]")

    def _say(self, event: str, data: object) -> None:
        text = data if isinstance(data, str) else json.dumps(data)
        self.wfile.write(f"event: {event}\ndata: {text}\n\n".encode())

    def log_message(self, format: str, *args: object) -> None:
        """Be quiet."""


def test_a_stream_reaches_its_reader_before_it_ends() -> None:
    """The record does not wait for the end and does not make the reader wait."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Slowly)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    _Slowly.go_on.clear()
    address = f"http://127.0.0.1:{server.server_port}"
    try:
        with watch(client_of(address)) as client:
            stream = client.beta.threads.runs.create("thread_1", assistant_id="asst_1", stream=True)
            assert next(stream).event == "thread.run.created"
            assert not _Slowly.ended.is_set()
            assert exchanges()[0].seconds is None
            _Slowly.go_on.set()
            assert list(stream) == []
    finally:
        _Slowly.go_on.set()
        server.shutdown()
        server.server_close()
        thread.join()
    assert exchanges()[0].seconds is not None
    assert [one.name for one in exchanges()[0].events] == ["thread.run.created", "done"]
    assert exchanges()[0].response_body == ""


def test_polls_are_folded_and_statuses_remembered(client: openai.AzureOpenAI) -> None:
    """One line for a loop that waits, whose length is chance; every status once, in order."""
    assistant = client.beta.assistants.create(model="gpt-35-turbo")
    thread = client.beta.threads.create(messages=[{"role": "user", "content": "2 + 3 = ?"}])
    run = client.beta.threads.runs.create_and_poll(thread_id=thread.id, assistant_id=assistant.id)
    client.beta.threads.runs.retrieve(run.id, thread_id=thread.id)
    lines = wire().text.splitlines()
    assert len(lines) == 4
    assert lines[3].startswith(f"GET    /openai/threads/{thread.id}/runs/{run.id}?api-version={VERSION}  200  ")
    assert lines[3].partition("×")[2] == str(len(exchanges()) - 3)
    assert "×" not in "".join(lines[:3])
    seen = statuses_of(run.id)
    assert (seen[0], seen[-1][1]) == ((0.0, "queued"), "completed")
    assert [at for at, _ in seen] == sorted(at for at, _ in seen)
    assert len({status for _, status in seen}) == len(seen)
    assert statuses_of("run_of_nobody") == []


def test_wire_shows_the_last_cell_that_made_any(client: openai.AzureOpenAI, monkeypatch: pytest.MonkeyPatch) -> None:
    """In Jupyter a cell is a page; looking again, also from a later cell, shows the same."""
    cell = SimpleNamespace(execution_count=10_000)
    monkeypatch.setattr("helpers.traffic.log.kernel", lambda: cell)
    client.beta.threads.create()
    client.beta.threads.create()
    cell.execution_count += 1
    client.models.list()
    assert [one.path for one in exchanges()] == ["/openai/models"]
    cell.execution_count += 1
    assert wire().text == wire().text != ""
    assert [one.path for one in exchanges()] == ["/openai/models"]
    assert len(exchanges(last_cell=False)) >= 3


def test_a_recording_holds_what_the_log_forgets(
    client: openai.AzureOpenAI, empty_log: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever passes in its block, of any thread, and nothing before or after."""
    monkeypatch.setattr("helpers.traffic.log.MOST_EXCHANGES", 2)
    client.models.list()
    with recording() as outer, recording() as inner:
        for _ in range(3):
            client.models.list()
        worker = threading.Thread(target=client.models.list)
        worker.start()
        worker.join()
    client.models.list()
    assert (len(exchanges(last_cell=False)), len(outer), len(inner)) == (2, 4, 4)


def test_outside_jupyter_wire_shows_what_is_new(client: openai.AzureOpenAI) -> None:
    """Since the call before."""
    client.beta.threads.create()
    assert "threads" in wire().text
    client.models.list()
    assert "threads" not in wire().text


def test_who_cancelled_a_run_is_known_when_the_request_is_forgotten(
    client: openai.AzureOpenAI, empty_log: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A loop that polls without a pause fills the log within a second; what was refused counts, too."""
    monkeypatch.setattr("helpers.traffic.log.MOST_EXCHANGES", 2)
    thread = client.beta.threads.create()
    cells = []
    for _ in range(2):
        LOG.begin_cell()
        cells.append(LOG.page())
        with pytest.raises(openai.NotFoundError):
            client.beta.threads.runs.cancel("run_mine", thread_id=thread.id)
    for _ in range(3):
        client.models.list()
    assert not any("cancel" in one.path for one in exchanges(last_cell=False))
    assert cancels_of("run_mine") == cells
    assert cancels_of("run_other") == []


def test_long_bodies_are_cut_and_the_log_is_bounded(client: openai.AzureOpenAI) -> None:
    """A kernel that lives for a week does not fill up."""
    client.beta.threads.create(messages=[{"role": "user", "content": "word " * 30_000}])
    (exchange,) = exchanges()
    assert len(exchange.request_body) < 70_000
    assert exchange.request_body.endswith(" bytes in all]")
    for _ in range(MOST_EXCHANGES):
        LOG.add(exchange)
    assert len(exchanges(last_cell=False)) == MOST_EXCHANGES


def test_uploads_are_described_not_kept(client: openai.AzureOpenAI) -> None:
    """A file is nothing to read in a log."""
    client.files.create(file=("x.csv", b"month,rain\n"), purpose="assistants")
    body = exchanges()[0].request_body
    assert body.startswith("[multipart/form-data, ")
    assert "rain" not in body


def test_the_picture_escapes_what_it_shows(client: openai.AzureOpenAI) -> None:
    """A body is data, whatever it holds."""
    client.beta.threads.create(metadata={"x": "<script>alert(1)</script>"})
    assert "<script>" not in wire().html
    assert "&lt;script&gt;" in wire().html
