"""wire(): JSON that folds, streams on a line of time, two rows side by side, and no more memory than allowed."""

import json
import re
import tracemalloc

import httpx2
import pytest
from support.answering import DONE, client_of, event, run_event, streamed, text_delta
from support.html import unclosed

from helpers.problems import KitError
from helpers.traffic import exchanges, wire
from helpers.traffic.events import StreamEvent
from helpers.traffic.log import LOG, MOST_BYTES, Exchange
from helpers.traffic.strip import strip_of
from helpers.traffic.tree import tree_of


@pytest.fixture(autouse=True)
def _new_page() -> None:
    LOG.turn_the_page()


def echo(request: httpx2.Request) -> httpx2.Response:
    """The request's own JSON, under an id of this answer."""
    body = json.loads(request.content or b"{}")
    return httpx2.Response(200, headers={"x-request-id": str(id(body))}, json={"object": "thread", **body})


def test_a_tree_shows_every_value_and_folds_what_is_deep() -> None:
    """Open at first are two levels; names and values are escaped."""
    body = json.dumps({"<b>": [1, 2.5, None, True, {"deep": {"deeper": "東京 </script>"}}], "empty": {}})
    html = tree_of(body)
    assert unclosed(html) == []
    assert "<b>" not in html
    assert "</script>" not in html
    for value in ("1", "2.5", "null", "true", "{}", "&quot;東京 &lt;/script&gt;&quot;"):
        assert f">{value}</span>" in html
    assert re.findall(r"<details( open)?>", html) == [" open", " open", "", ""]


@pytest.mark.parametrize("body", ["not JSON <b>", '{"a": "' + "x" * 30_000 + '"}', "[" * 500 + "]" * 500])
def test_what_is_no_tree_is_still_shown(body: str) -> None:
    """Text as it is, a long body without colours, and depth without end."""
    html = tree_of(body)
    assert unclosed(html) == []
    assert "<b>" not in html
    assert re.search(r"x{30000}|\[{20,}|not JSON", html)


def test_the_strip_has_a_mark_for_an_event_and_a_bar_for_deltas() -> None:
    """On the scale of the seconds; in words for whoever cannot see it."""
    moments = ((0.5, "thread.run.queued"), (1.0, "x.delta"), (3.0, "x.delta"), (4.0, "done"))
    exchange = Exchange("POST", "/", "http://service/", LOG.page(), {}, "", status=200, seconds=4.0)
    exchange.response_headers = {"content-type": "text/event-stream"}
    exchange.events = [StreamEvent(seconds, name, "{}") for seconds, name in moments]
    LOG.add(exchange)
    svg = strip_of(exchange)
    assert unclosed(svg) == []
    assert "<desc>4 events in 4.00 s; the first after 0.50 s; deltas from 1.00 s to 3.00 s.</desc>" in svg
    assert re.findall(r'<rect x="([\d.]+)" y="14" width="([\d.]+)"', svg) == [("144.0", "280.0")]
    assert re.findall(r'<path d="M([\d.]+) 6V', svg) == ["74.0", "564.0"]
    assert "x.delta ×2, 1.000 s – 3.000 s" in svg
    assert strip_of(exchange) in wire().html


def test_what_is_no_stream_has_no_strip() -> None:
    """Nor an event whose name is markup any effect."""
    with client_of(echo) as client:
        client.beta.threads.create()
    assert strip_of(exchanges()[0]) == ""
    with client_of(lambda _: streamed(event("<img>", {}), DONE)) as client:
        list(client.beta.threads.runs.create("thread_1", assistant_id="asst_1", stream=True))
    assert "<img" not in strip_of(exchanges()[-1])


def test_a_method_keeps_its_distance_from_the_path() -> None:
    """The longest too: a page makes one narrow space of many, so the column is wider than the word."""
    with client_of(echo) as client:
        client.beta.threads.delete("thread_1")
    column = re.search(r'<b style="[^"]*display:inline-block;min-width:(\d+)ch">DELETE</b> ', wire().html)
    assert column
    assert int(column[1]) > len("DELETE")


def test_two_rows_side_by_side() -> None:
    """By their numbers; the text has what differs, apart from what differs always."""
    with client_of(echo) as client:
        client.models.with_raw_response.list()
        client.beta.threads.create(metadata={"city": "Nara", "day": "1", "<i>": "1"})
        client.beta.threads.create(metadata={"city": "東京", "day": "1"})
    assert [number in wire().html for number in ('85%">2</span>', '85%">4</span>')] == [True, False]
    view = wire(compare=(2, 3))
    assert [re.split(r"  +", line) for line in view.text.splitlines()[1:-1]] == [
        ["≠", "request.metadata.city", "Nara", "東京"],
        ["≠", "request.metadata.<i>", "1", "–"],
        ["≠", "answer.metadata.city", "Nara", "東京"],
        ["≠", "answer.metadata.<i>", "1", "–"],
    ]
    assert "x-request-id" in view.html
    assert "<i>" not in view.html
    assert unclosed(view.html) == []
    assert len(re.findall("≠ <span", view.html)) == 5
    same = re.search(r"= (\d+) the same", view.text)
    assert same
    assert view.html.count("<tr>") == 1 + 5 + int(same[1])
    assert len(wire(compare=(1, 1)).text.splitlines()) == 2


def test_other_kinds_of_answers_can_be_compared() -> None:
    """A stream by its events, an error by its text, a body of another kind as a whole."""
    answers = [streamed(run_event("queued"), DONE), httpx2.Response(400, text="no <b>")]
    with client_of(lambda _: answers.pop(0)) as client:
        list(client.beta.threads.runs.create("thread_1", assistant_id="asst_1", stream=True))
        with pytest.raises(Exception, match="400"):
            client.beta.threads.create()
    lines = {line.split()[1]: line.split()[2:] for line in wire(compare=(1, 2)).text.splitlines()[1:-1]}
    assert lines["status"] == ["200", "400"]
    assert lines["events"] == ["thread.run.queued", "done", "–"]
    assert lines["answer"] == ["–", "no", "<b>"] or lines["answer"][0] == "–"


@pytest.mark.parametrize("numbers", [(0, 1), (1, 3), (-1, 1), (1,), (1, 2, 1)])
def test_numbers_that_no_row_has_are_refused(numbers: tuple[int, int]) -> None:
    """With the number of rows there are."""
    with client_of(echo) as client:
        client.beta.threads.create()
        client.models.with_raw_response.list()
    with pytest.raises(KitError, match="has 2"):
        wire(compare=numbers)


def test_all_exchanges_together_are_bounded() -> None:
    """The oldest make room, whatever the texts are made of; what is forgotten while it streams counts no more."""

    def exchange(number: int) -> Exchange:
        body = f"{number:04} " + "東" * 60_000
        made = Exchange("POST", "/", "http://service/", LOG.page(), {}, body)
        LOG.add(made)
        LOG.grew(made, body)
        made.response_body = f"{number} " + "京" * 60_000
        LOG.grew(made, made.response_body)
        return made

    first = exchange(0)
    tracemalloc.start()
    for number in range(1, 300):
        exchange(number)
    held = tracemalloc.get_traced_memory()[0]
    tracemalloc.stop()
    kept = exchanges(last_cell=False)
    assert held < 1.1 * MOST_BYTES
    assert kept[-1].request_body.startswith("0299")
    assert 50 < len(kept) < 80
    assert first not in kept
    for _ in range(100):
        LOG.grew(first, "x" * 1_000_000)
    assert exchanges(last_cell=False) == kept


def test_one_exchange_too_large_for_all_is_kept_alone() -> None:
    """Better than none."""
    huge = Exchange("POST", "/", "http://service/", LOG.page(), {}, "x")
    LOG.add(huge)
    LOG.grew(huge, "x" * (MOST_BYTES + 1))
    assert exchanges(last_cell=False) == [huge]
    with client_of(echo) as client:
        client.beta.threads.create()
    assert huge not in exchanges(last_cell=False)


def test_recorded_texts_are_counted() -> None:
    """Bodies, addresses and events."""
    with client_of(echo) as client:
        client.beta.threads.create(metadata={"long": "x" * 50_000})
    assert 100_000 < exchanges()[0].held < 110_000
    with client_of(lambda _: streamed(*[text_delta("x" * 100)] * 100, DONE)) as client:
        list(client.beta.threads.runs.create("thread_1", assistant_id="asst_1", stream=True))
    exchange = exchanges()[-1]
    assert exchange.held > sum(len(one.data) for one in exchange.events) > 10_000
