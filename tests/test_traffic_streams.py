"""Streams in the log and in wire(): events as they arrive, however they are cut, and what they tell of runs."""

import asyncio
import gc
import json
import tracemalloc
import warnings
from collections.abc import AsyncIterator, Iterator
from types import SimpleNamespace

import httpx2
import openai
import pytest
from support.answering import (
    DONE,
    KEY,
    Pieces,
    async_client_of,
    call_delta,
    client_of,
    event,
    run_event,
    streamed,
    text_delta,
)

from helpers.traffic import Exchange, exchanges, statuses_of, watch, wire
from helpers.traffic.events import LONGEST_LINE, EventReader
from helpers.traffic.log import LOG
from helpers.traffic.record import MOST_EVENTS, MOST_TEXT, NOT_KEPT
from mock_endpoint.server import Options, start

TEXT_RUN = (
    run_event("queued"),
    run_event("in_progress"),
    event("thread.message.created", {"id": "msg_1"}),
    text_delta("東京"),
    text_delta("です <b>"),
    event("thread.message.completed", {"id": "msg_1"}),
    run_event("completed"),
    DONE,
)


@pytest.fixture(autouse=True)
def _new_page() -> None:
    LOG.begin_cell()


def recorded(*pieces: bytes, error: Exception | None = None) -> Exchange:
    """The exchange of a run that streams these pieces, read to the end."""
    with client_of(lambda _: streamed(*pieces, error=error)) as client:
        list(client.beta.threads.runs.create("thread_1", assistant_id="asst_1", stream=True))
    return exchanges()[-1]


SSE = {"content-type": "text/event-stream"}


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_events_are_the_same_wherever_the_stream_is_cut(end: str) -> None:
    """Within a line break and within a character too; comments and unknown fields are no events."""
    lines = [": ping", "", "event: a", "data: 首都", "", "id: 7", "data:x: y", "data:  z", "", "event: b", "", ""]
    body = end.join(lines).encode()
    for size in range(1, len(body) + 1):
        reader = EventReader()
        found = [one for at in range(0, len(body), size) for one in reader.feed(body[at : at + size])]
        assert found == [("a", "首都"), ("", "x: y\n z"), ("b", "")], f"in pieces of {size} bytes"


def test_a_line_without_end_costs_no_memory_and_no_later_event() -> None:
    """Whoever sends it; the rest of the stream is read."""
    reader, piece = EventReader(), b"x" * 100_000
    tracemalloc.start()
    for _ in range(10 * LONGEST_LINE // len(piece)):
        assert not list(reader.feed(piece))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 4 * LONGEST_LINE
    assert list(reader.feed(b"\n\nevent: a\ndata: 1\n\n")) == [("a", "1")]
    lines = b"data: " + b"y" * 1_000_000 + b"\n"
    assert not [one for _ in range(10) for one in reader.feed(lines)]
    ((_, data),) = reader.feed(b"\n")
    assert len(data) <= LONGEST_LINE


def test_statuses_are_known_as_they_arrive(monkeypatch: pytest.MonkeyPatch) -> None:
    """With the time of their arrival, while the stream is under way; steps are no runs."""
    clock = SimpleNamespace(now=50.0)
    monkeypatch.setattr("helpers.traffic.log.time", SimpleNamespace(monotonic=lambda: clock.now))
    seen = []

    def pieces() -> Iterator[bytes]:
        step = {"id": "step_1", "object": "thread.run.step", "status": "in_progress"}
        for name in ("queued", "in_progress", "step.created", "completed"):
            yield event(f"thread.{name}", step) if "." in name else run_event(name, "run_live")
            clock.now += 0.25
            seen.append(statuses_of("run_live"))

    with client_of(lambda _: httpx2.Response(200, headers=SSE, stream=Pieces(pieces()))) as client:
        for _ in client.beta.threads.runs.create("thread_1", assistant_id="asst_1", stream=True):
            assert exchanges()[0].seconds is None
    assert [len(one) for one in seen] == [1, 2, 2, 3]
    assert statuses_of("run_live") == [(0.0, "queued"), (0.25, "in_progress"), (0.75, "completed")]
    assert statuses_of("step_1") == []


def test_events_are_kept_with_their_times() -> None:
    """Name, data and seconds after the request, oldest first."""
    exchange = recorded(*TEXT_RUN)
    assert [one.name for one in exchange.events][:3] == [
        "thread.run.queued",
        "thread.run.in_progress",
        "thread.message.created",
    ]
    assert json.loads(exchange.events[0].data)["status"] == "queued"
    assert (exchange.events[-1].name, exchange.events[-1].data) == ("done", "[DONE]")
    assert [one.seconds for one in exchange.events] == sorted(one.seconds for one in exchange.events)
    assert 0 <= exchange.events[0].seconds <= (exchange.seconds or 0)
    assert (exchange.further_events, exchange.hung_up, exchange.error) == (0, False, "")


def test_a_key_is_hidden_though_two_pieces_share_it() -> None:
    """The stream's reader still gets it as it came."""
    whole = event("thread.run.queued", {"object": "thread.run", "id": "run_k", "status": "queued", "model": KEY})
    cut = whole.index(KEY.encode()) + 5
    with client_of(lambda _: streamed(whole[:cut], whole[cut:], DONE)) as client:
        (first,) = client.beta.threads.runs.create("thread_1", assistant_id="asst_1", stream=True)
    assert first.event == "thread.run.queued"
    assert first.data.model == KEY
    kept = repr(exchanges()) + wire().html
    assert KEY not in kept
    assert "‹hidden›" in exchanges()[0].events[0].data


def test_a_long_stream_is_cut_and_says_so() -> None:
    """Deltas give way first; how the run ended is kept, and known, whatever came before."""
    deltas = [text_delta("word " * 10)] * 3000
    exchange = recorded(run_event("queued", "run_l"), *deltas, run_event("completed", "run_l"), DONE)
    assert sum(len(one.data) for one in exchange.events) <= MOST_TEXT
    assert len(exchange.events) + exchange.further_events == 3003
    assert [one.name for one in exchange.events[-2:]] == ["thread.run.completed", "done"]
    assert [status for _, status in statuses_of("run_l")] == ["queued", "completed"]
    text = wire().text
    assert f"and ×{exchange.further_events} more, which are not kept" in text


def test_the_number_and_the_length_of_events_are_bounded() -> None:
    """Also of events that are no deltas."""
    many = recorded(*[event("thread.created", {})] * (MOST_EVENTS + 7))
    assert (len(many.events), many.further_events) == (MOST_EVENTS, 7)
    long = recorded(event("thread.message.completed" * 100, {"text": "x" * MOST_TEXT}), DONE)
    assert [one.data for one in long.events] == [NOT_KEPT, "[DONE]"]
    assert len(long.events[0].name) < 100


def test_a_stream_that_breaks_off_keeps_what_came() -> None:
    """With the error that its reader got."""
    with pytest.raises(openai.APIConnectionError):
        recorded(*TEXT_RUN[:4], error=httpx2.RemoteProtocolError("peer closed connection"))
    (exchange,) = exchanges()
    view = wire()
    assert (exchange.status, exchange.error) == (200, "RemoteProtocolError: peer closed connection")
    assert exchange.seconds is not None
    assert len(exchange.events) == 4
    assert not exchange.hung_up
    first, *inside = view.text.splitlines()
    assert "  200 · stream, broken off by RemoteProtocolError  " in first
    head, _, opened = view.html.partition("</summary>")
    assert "<b>200 · stream, broken off by RemoteProtocolError</b>" in head
    assert ("peer closed" in head, opened.count("peer closed")) == (False, 1), "its sentence is told once, inside"
    assert [line.strip() for line in inside][-1] == "thread.message.delta ×1"


def test_a_reader_that_leaves_made_no_error() -> None:
    """What it had seen stays, and the row says who ended it."""
    with client_of(lambda _: streamed(*TEXT_RUN)) as client:
        stream = client.beta.threads.runs.create("thread_1", assistant_id="asst_1", stream=True)
        next(stream)
        next(stream)
        stream.close()
        del stream
        with warnings.catch_warnings(action="ignore", category=ResourceWarning):  # of what other tests left behind
            gc.collect()  # only now does the reading end for good
    (exchange,) = exchanges()
    assert (exchange.error, exchange.hung_up) == ("", True)
    assert exchange.seconds is not None
    assert "  200 · stream, left by its reader  " in wire().text


def test_async_streams_are_read_the_same_way() -> None:
    """Events, statuses and who hung up."""

    async def talk() -> None:
        async with async_client_of(lambda _: streamed(*TEXT_RUN)) as client:
            create = client.beta.threads.runs.create
            async for one in await create("thread_1", assistant_id="asst_1", stream=True):
                assert one.event
            stream = await create("thread_1", assistant_id="asst_1", stream=True)
            await anext(stream)
            await stream.close()

    asyncio.run(talk())
    whole, left = exchanges()
    assert [one.name for one in whole.events] == [one.name for one in recorded(*TEXT_RUN).events]
    assert (whole.hung_up, left.hung_up) == (False, True)


def test_a_server_that_lingers_behind_the_last_event_made_no_error() -> None:
    """The async client waits a moment for the end, then gives up waiting; nothing is missing."""

    class Lingering(httpx2.AsyncByteStream):
        async def __aiter__(self) -> AsyncIterator[bytes]:
            yield b"".join(TEXT_RUN)
            await asyncio.sleep(30)

    async def talk() -> None:
        answer = httpx2.Response(200, headers=SSE, stream=Lingering(), extensions={"http_version": b"HTTP/1.1"})
        async with async_client_of(lambda _: answer) as client:
            async for one in await client.beta.threads.runs.create("thread_1", assistant_id="asst_1", stream=True):
                assert one.event

    asyncio.run(talk())
    assert (exchanges()[0].error, exchanges()[0].hung_up) == ("", False)
    assert exchanges()[0].seconds is not None


def test_wire_lists_the_events_of_a_text_run() -> None:
    """Deltas in a row are one line; only the HTML has times and the number of events."""
    recorded(*TEXT_RUN)
    view = wire()
    first, *inside = view.text.splitlines()
    assert "  200 · stream  " in first
    assert [line.strip() for line in inside] == [
        "thread.run.queued",
        "thread.run.in_progress",
        "thread.message.created",
        "thread.message.delta ×2",
        "thread.message.completed",
        "thread.run.completed",
        "done",
    ]
    assert "8 events" in view.html
    assert "東京です &lt;b&gt;" in view.html
    assert "[DONE]" in view.html


def test_wire_joins_the_pieces_of_function_calls() -> None:
    """One line for each call; what is no delta of the service's kind is shown as it is."""
    calls = [call_delta("", "get_weather"), call_delta('{"city"'), call_delta(': "京都"}'), call_delta("{}", "stop", 1)]
    odd = event("odd.delta", {"delta": {"content": ["?", {"text": 1}]}}) + event("odd.delta", "not JSON")
    with pytest.raises(json.JSONDecodeError):
        recorded(*calls, odd)
    view = wire()
    assert "get_weather {&quot;city&quot;: &quot;京都&quot;}\nstop {}" in view.html
    assert [line.strip() for line in view.text.splitlines()[1:]] == ["thread.run.step.delta ×4", "odd.delta ×2"]
    assert "not JSON" in view.html


def test_events_without_a_name_are_told() -> None:
    """The client hands them out, and its handler ignores them."""
    recorded(b"data: {}\n\n")
    assert wire().text.splitlines()[1].strip() == "(no event name)"
    assert not exchanges()[0].hung_up, "it was read to its end, though that end has no event"


def test_a_packed_stream_is_described_not_garbled() -> None:
    """Its reader unpacks it; what passes here is packed."""
    import gzip

    packed = httpx2.Response(
        200, headers=SSE | {"content-encoding": "gzip"}, stream=Pieces([gzip.compress(b"".join(TEXT_RUN))])
    )
    with client_of(lambda _: packed) as client:
        assert len(list(client.beta.threads.runs.create("thread_1", assistant_id="asst_1", stream=True))) == 7
    assert exchanges()[0].response_body.startswith("[gzip text/event-stream, ")


def test_a_run_streamed_by_the_endpoint() -> None:
    """The real thing, through the client's own helper."""
    with start(Options(state="memory", key=KEY)) as running:
        unwatched = openai.AzureOpenAI(azure_endpoint=running.url, api_key=KEY, api_version="2024-05-01-preview")
        with watch(unwatched) as client:
            assistant = client.beta.assistants.create(model="gpt-35-turbo")
            thread = client.beta.threads.create(messages=[{"role": "user", "content": "2 + 3 = ?"}])
            with client.beta.threads.runs.stream(thread_id=thread.id, assistant_id=assistant.id) as stream:
                stream.until_done()
            run = stream.get_final_run()
    assert [status for _, status in statuses_of(run.id)] == ["queued", "in_progress", "completed"]
    names = [line.strip() for line in wire().text.splitlines()[3:]]
    assert (names[0], names[-2:]) == ("thread.run.created", ["thread.run.completed", "done"])
    assert "thread.message.delta ×" in " ".join(names)
