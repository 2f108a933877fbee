"""Repetitions in wire(): the attempts at one request are one row, and what was broken on purpose is marked."""

import time

import httpx2
import openai
import pytest
from support.answering import DONE, Answer, client_of, run_event, streamed

from helpers import fault
from helpers.traffic import exchanges, wire
from helpers.traffic.log import LOG

THREAD = {"id": "thread_1", "object": "thread"}


@pytest.fixture(autouse=True)
def _new_page() -> None:
    LOG.begin_cell()


def refused(status: int = 429, **headers: str) -> httpx2.Response:
    """A refusal that asks for a short wait unless told otherwise."""
    given = headers or {"retry-after-ms": "20"}
    named = {name.replace("_", "-"): value for name, value in given.items()}
    return httpx2.Response(status, headers=named, json={"error": {"message": "Not now."}})


def in_turn(*answers: httpx2.Response | Exception) -> Answer:
    """Gives one answer after the other."""
    left = list(answers)

    def answer(_: httpx2.Request) -> httpx2.Response:
        one = left.pop(0)
        if isinstance(one, Exception):
            raise one
        return one

    return answer


def test_attempts_are_one_row() -> None:
    """With the wait that the service asked for; only the HTML has the time that was waited."""
    answers = in_turn(refused(), refused(retry_after="0.03"), httpx2.Response(200, json=THREAD))
    with client_of(answers, max_retries=2) as client:
        client.beta.threads.create()
    view = wire()
    first, *attempts = view.text.splitlines()
    assert first.startswith("POST   /openai/threads?api-version=2024-05-01-preview  200 · 3 attempts  ")
    assert float(first.split("  ")[-1].removesuffix(" ms")) >= 50, "the waits are a part of it"
    assert [line.strip() for line in attempts] == [
        "attempt 1  429  then waited (retry-after-ms: 20)",
        "attempt 2  429  then waited (retry-after: 0.03)",
        "attempt 3  200",
    ]
    assert "waited 0.0 s (retry-after-ms: 20)" in view.html
    assert view.html.count("request headers") == 3


def test_a_wait_that_nobody_asked_for_is_the_clients_own() -> None:
    """As after an error without an answer; and the last attempt decides what came of it."""
    error = httpx2.ConnectError("refused <b>")
    with (
        client_of(in_turn(error, refused(500, x_request_id="r")), max_retries=1) as client,
        pytest.raises(openai.InternalServerError),
    ):
        client.beta.threads.create()
    view = wire()
    first, *attempts = view.text.splitlines()
    assert "  500 · 2 attempts  " in first
    assert [line.strip() for line in attempts] == [
        "attempt 1  ConnectError: refused <b>  then waited (a pause of the client's own choice)",
        "attempt 2  500",
    ]
    assert "<b>refused" not in view.html
    waited = exchanges()[1].started - exchanges()[0].started
    assert f"waited {waited:.1f} s (a pause" in view.html


def test_attempts_at_different_requests_are_not_mixed() -> None:
    """The client numbers them, and says nothing more; body and address tell them apart."""
    other = client_of(in_turn(refused(), httpx2.Response(200, json=THREAD)))

    def answer(request: httpx2.Request) -> httpx2.Response:
        if request.headers["x-stainless-retry-count"] == "1":
            return httpx2.Response(200, json=THREAD)
        with pytest.raises(openai.RateLimitError):
            other.beta.threads.create(metadata={"b": "2"})
        other.beta.threads.retrieve("thread_1")
        return refused()

    with client_of(answer, max_retries=1) as client, other:
        client.beta.threads.create(metadata={"a": "1"})
    rows = [line.strip().split("  ")[:3:2] for line in wire().text.splitlines()]
    assert rows == [
        ["POST", "200 · 2 attempts"],
        ["attempt 1", "then waited (retry-after-ms: 20)"],
        ["attempt 2"],
        ["POST", "429"],
        ["GET", "/openai/threads/thread_1?api-version=2024-05-01-preview"],
    ]


def test_an_attempt_whose_first_is_on_another_page_keeps_its_number() -> None:
    """The cell before made it; a poll is then none of those that follow."""
    run = {"id": "run_1", "object": "thread.run", "status": "queued"}

    answers = in_turn(refused(), httpx2.Response(200, json=run), httpx2.Response(200, json=run))

    def answer(request: httpx2.Request) -> httpx2.Response:
        given = answers(request)
        if given.status_code == 429:
            LOG.begin_cell()
        return given

    with client_of(answer, max_retries=1) as client:
        client.beta.threads.runs.retrieve("run_1", thread_id="thread_1")
        client.beta.threads.runs.retrieve("run_1", thread_id="thread_1")
    first, attempt, poll = wire().text.splitlines()
    assert "200 · 2 attempts" in first
    assert attempt.strip() == "attempt 2  200"
    assert poll.endswith(" ms  ×1")


def test_a_stream_that_came_at_last_shows_its_events() -> None:
    """Behind the attempts."""
    with client_of(in_turn(refused(), streamed(run_event("queued"), DONE)), max_retries=1) as client:
        list(client.beta.threads.runs.create("thread_1", assistant_id="asst_1", stream=True))
    assert [line.strip() for line in wire().text.splitlines()[2:]] == [
        "attempt 2  200 · stream",
        "thread.run.queued",
        "done",
    ]


def test_polls_stay_folded_around_a_repeated_one() -> None:
    """They count as polls only when they came at the first attempt."""
    run = {"id": "run_1", "object": "thread.run", "status": "queued"}
    polls = [httpx2.Response(200, json=run) for _ in range(5)]
    with client_of(in_turn(*polls[:2], refused(), *polls[2:]), max_retries=1) as client:
        for _ in range(5):
            client.beta.threads.runs.retrieve("run_1", thread_id="thread_1")
    first, second, *_, last = wire().text.splitlines()
    assert (first[-2:], last[-2:]) == ("×2", "×2")
    assert "200 · 2 attempts" in second


def test_what_was_broken_on_purpose_is_marked() -> None:
    """As the endpoint says it in the answer; a request without an answer only tells what was asked for."""
    spoiled, spared = refused(x_kit_fault="rate_limit"), httpx2.Response(200, headers=AWARE, json=THREAD)
    silent = httpx2.ReadTimeout("timed out")
    with client_of(in_turn(spoiled, spared, silent)) as client, fault("rate_limit", times=1):
        with pytest.raises(openai.RateLimitError):
            client.beta.threads.create()
        client.beta.threads.create()
        with pytest.raises(openai.APITimeoutError):
            client.beta.threads.create()
    view = wire()
    ends = [line.rpartition(" ms")[2].strip() for line in view.text.splitlines()]
    assert ends == ["broken on purpose: rate_limit", "", "no answer; was to be broken on purpose: rate_limit"]
    assert "broken on purpose: rate_limit" in view.html
    assert "x-kit-fault: rate_limit;times=1;id=" in view.html


AWARE = {"x-kit-fault": "none"}


def test_a_poll_that_was_broken_is_a_row_of_its_own() -> None:
    """Though its status is that of its neighbours."""
    run = {"id": "run_1", "object": "thread.run", "status": "queued"}
    marks = ["none", "none", "slow", "none"]
    polls = [httpx2.Response(200, headers={"x-kit-fault": mark}, json=run) for mark in marks]
    with client_of(in_turn(*polls)) as client:
        for _ in polls:
            client.beta.threads.runs.retrieve("run_1", thread_id="thread_1")
    ends = [line.rpartition(" ms")[2].strip() for line in wire().text.splitlines()]
    assert ends == ["×2", "broken on purpose: slow  ×1", "×1"]


def test_recording_a_stream_of_many_deltas_is_cheap() -> None:
    """A fraction of what the client itself takes for them; each delta costs microseconds."""
    from support.answering import text_delta

    from helpers.traffic.record import Record

    record = Record(httpx2.Request("POST", "http://service/openai/threads/t/runs", json={}))
    record.answered(streamed())
    piece = text_delta("word ")
    started = time.process_time()
    for _ in range(2000):
        record.read(piece)
    assert time.process_time() - started < 0.4
