"""How a failure is asked for: the header's grammar, how often, and who comes before whom."""

import subprocess
import sys

import httpx2
import openai
import pytest
from openai.types.beta import Assistant
from support.processes import KEY, ROOT
from support.recording import Recorder
from support.starting import refused, run
from support.talking import azure, error_of

from mock_endpoint.http import faults

from .conftest import Starter
from .test_faults import FAULT, failing

NAMES = {"bad_key", "rate_limit", "retired", "server_error", "slow", "timeout"}
NAMES |= {"content_filter", "drop_stream", "run_expired", "run_failed"}
WRONG = [
    "nonsense",
    "",
    "RATE_LIMIT",
    "rate_limit;times=0",
    "rate_limit;times=-1",
    "rate_limit;times=x",
    "rate_limit;id=a;times=1",
    "rate_limit;count=1",
    "rate_limit;id=",
    "rate_limit;id=a;b",
    f"rate_limit;id={'x' * 201}",
    "rate_limit,slow",
    "none;times=1",
]


def test_the_names() -> None:
    """The published list, and no more."""
    assert set(faults.KNOWN) == NAMES


@pytest.mark.parametrize("header", WRONG)
def test_unknown(raw: httpx2.Client, header: str) -> None:
    """Contract §8.1: 400 in the service's words, that name what is known; nothing is done."""
    response = raw.post("threads", headers={FAULT: header})
    assert response.status_code == 400
    error = error_of(response)
    message = error.pop("message")
    assert error == {"type": "invalid_request_error", "param": FAULT, "code": "invalid_value"}
    name = header.partition(";")[0]
    if name in NAMES:
        assert message.startswith(f"Unknown option: '{header[:60]}'. After the name may come ;times=N")
    else:
        assert message.startswith(f"Unknown fault: '{name}'. Known are ")
        assert all(name in message for name in NAMES)


def test_times(raw: httpx2.Client) -> None:
    """So many requests fail, those after them do not; another id counts anew; without `times` it never ends."""

    def statuses(header: str, number: int) -> list[int]:
        return [raw.get("models", headers={FAULT: header}).status_code for _ in range(number)]

    assert statuses("bad_key;times=2;id=x", 4) == [401, 401, 200, 200]
    assert statuses("bad_key;times=2;id=y", 3) == [401, 401, 200]
    assert statuses("bad_key ; times=2 ; id=z", 3) == [401, 401, 200]
    assert statuses("bad_key;times=1", 2) == [401, 200]
    assert statuses("bad_key", 4) == [401] * 4
    assert statuses("bad_key;times=2;id=x", 1) == [200]


@pytest.mark.parametrize(
    "wish",
    [
        "a b, c=d: 'e' \"f\" (g) [h] {i} @j/k\\l?m#n%o",
        f"{'x' * 199}9",
        "2026-11-28T10:00:00+09:00",
        "learner@example.com",
        "日本".encode().decode("latin-1"),
        "id=times=2",
    ],
)
def test_any_id(raw: httpx2.Client, wish: str) -> None:
    """An id may be what a header can hold, but for the semicolon, up to 200 characters."""
    header = f"bad_key;times=1;id={wish}".encode("latin-1")
    statuses = [raw.get("models", headers=[(FAULT.encode(), header)]).status_code for _ in range(2)]
    assert statuses == [401, 200]


def test_the_answer_says_what_hit_it(raw: httpx2.Client) -> None:
    """Who asks is told; who does not ask hears nothing of it."""
    assert FAULT not in raw.get("models").headers
    for header, told in (("none", "none"), ("bad_key", "bad_key"), ("run_failed", "none")):
        assert raw.get("models", headers={FAULT: header}).headers[FAULT] == told


def test_names_are_as_long_as_they_are(raw: httpx2.Client) -> None:
    """A very long wish is not repeated in full."""
    response = raw.get("models", headers={FAULT: "x" * 5000})
    assert response.status_code == 400
    assert len(error_of(response)["message"]) < 400


def test_a_fault_says_nothing_of_the_body(raw: httpx2.Client) -> None:
    """A refusal on request comes before any look at the request; a body that is no JSON does not matter."""
    response = raw.post("threads", headers={FAULT: "server_error"}, content=b"{")
    assert (response.status_code, error_of(response)["type"]) == (500, "server_error")


def test_many_wishes_are_counted_apart(raw: httpx2.Client) -> None:
    """Two learners on one server do not use up each other's faults."""
    wishes = [f"bad_key;times=1;id=learner-{number}" for number in range(20)]
    for expected in (401, 200):
        assert {raw.get("models", headers={FAULT: wish}).status_code for wish in wishes} == {expected}


def test_a_refused_request_spends_no_end(client: openai.AzureOpenAI, raw: httpx2.Client, assistant: Assistant) -> None:
    """What never became a run cannot fail as one; the fault waits for the next."""
    header = {FAULT: "run_failed;times=1;id=d"}
    assert raw.post("threads/runs", json={"assistant_id": "asst_x"}, headers=header).headers[FAULT] == "none"
    response = raw.post("threads/runs", json={"assistant_id": assistant.id}, headers=header)
    assert response.headers[FAULT] == "run_failed"
    begun = response.json()
    assert client.beta.threads.runs.poll(begun["id"], thread_id=begun["thread_id"]).status == "failed"


def test_a_refused_stream_spends_no_break(raw: httpx2.Client) -> None:
    """What never became a stream cannot break off; the fault waits for the next."""
    header = {FAULT: "drop_stream;times=1;id=e"}
    body = {"assistant_id": "asst_x", "stream": True}
    assert raw.post("threads/runs", json=body, headers=header).headers[FAULT] == "none"


def test_server_wide(starting: Starter, recorder: Recorder) -> None:
    """A server's own fault meets everybody, as often as it was told; a request's wish comes before it."""
    with azure(starting(fault="server_error;times=2"), recorder) as client:
        failing(client, "none").beta.threads.create()
        with pytest.raises(openai.RateLimitError):
            failing(client, "rate_limit").beta.threads.create()
        for _ in range(2):
            with pytest.raises(openai.InternalServerError):
                client.beta.threads.create()
        client.beta.threads.create()
    told = [response.headers.get(FAULT) for response in recorder.responses]
    assert told == ["none", "rate_limit", "server_error", "server_error", None]


def test_serve_with_a_fault(recorder: Recorder) -> None:
    """`serve --fault` spoils every request of the process; a name that nobody knows is refused in one line."""
    line = [sys.executable, "-m", "helpers", "serve", "--state", "memory", "--key", KEY, "--port", "0"]
    with subprocess.Popen(
        [*line, "--fault", "bad_key;times=1"], cwd=ROOT, stdout=subprocess.PIPE, encoding="utf-8"
    ) as serving:
        try:
            assert serving.stdout is not None
            url = serving.stdout.readline().split()[1]
            with httpx2.Client(transport=recorder, headers={"api-key": KEY}) as client:
                statuses = [client.get(f"{url}/openai/v1/models").status_code for _ in range(2)]
        finally:
            serving.kill()
    assert statuses == [401, 200]
    said = refused(run(ROOT, *line[3:], "--fault", "bad_luck", python=sys.executable))
    assert "Unknown fault: 'bad_luck'" in said
