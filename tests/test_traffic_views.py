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
    LOG.begin_cell()


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
    column = re.search(r'<b style="[^"]*display:inline-block;min-width:(\d+)ch">DELETE</b>', wire().html)
    assert column
    assert int(column[1]) > len("DELETE")


def told(text: str) -> dict[str, list[list[str]]]:
    """The parts of a comparison, each with the cells of its lines: what differs, then what is not told."""
    parts: dict[str, list[list[str]]] = {}
    lines: list[list[str]] = []
    for line in text.splitlines()[2:]:
        if line.startswith("   the "):
            lines = parts.setdefault(re.split("  +", line.strip())[0], [])
        else:
            lines.append(re.split("  +", line.strip()))
    return parts


def test_two_rows_side_by_side() -> None:
    """By their numbers; first what differs in the requests, then in the answers. Ids of answers are chance."""
    with client_of(echo) as client:
        client.models.with_raw_response.list()
        client.beta.threads.create(metadata={"city": "Nara", "day": "1", "<i>": "1"})
        client.beta.threads.create(metadata={"city": "東京", "day": "1"})
    assert [number in wire().html for number in ('85%">2</span>', '85%">4</span>')] == [True, False]
    view = wire(compare=(2, 3))
    city, member = ["≠", "metadata.city", '"Nara"', '"東京"'], ["≠", "metadata.<i>", '"1"', "–"]
    assert told(view.text) == {
        "the request": [city, member, ["9 alike"]],
        "the answer": [city, member, ["4 alike · 1 new each time"]],
    }
    assert "<i>" not in view.html
    assert unclosed(view.html) == []
    assert told(wire(compare=(1, 1)).text)["the answer"][0][0].startswith("no difference · ")


def test_ids_of_new_objects_make_no_difference() -> None:
    """In the path; another kind of object there does."""
    with client_of(echo) as client:
        for letter in "ab":
            client.beta.threads.retrieve(f"thread_{letter * 24}")
    assert told(wire(compare=(1, 2)).text)["the request"][0][0].startswith("no difference · ")
    with client_of(echo) as client:
        client.beta.threads.retrieve(f"thread_{'a' * 24}")
        client.beta.assistants.retrieve(f"asst_{'a' * 24}")
    assert told(wire(compare=(1, 2)).text)["the request"][0][1] == "path"


def test_what_is_alike_or_of_chance_is_folded_and_quiet() -> None:
    """In the HTML nothing is left out, but only what tells something is marked."""
    with client_of(echo) as client:
        client.beta.threads.create(metadata={"city": "Nara"})
        client.beta.threads.create(metadata={"city": "Kyoto"})
    html = wire(compare=(1, 2)).html
    assert html.count("<b>≠</b>") == 2
    parts = html.split("<tbody>")[1:]
    for part, (marked, folded) in zip(
        parts, [("city", "api-<wbr>version"), ("city", "x-<wbr>request-<wbr>id")], strict=True
    ):
        assert part.index(marked) < part.index("<details>") < part.index(folded)
    assert html.count('<col style="width:28%">') == 3, "one grid for all tables"


def test_answers_of_two_kinds_are_told_in_a_line_each() -> None:
    """A stream by the number of its events, an object by its kind, an error by its message."""
    refusal = httpx2.Response(400, json={"error": {"message": "no <b>", "code": "x"}})
    answers = [streamed(run_event("queued"), DONE), httpx2.Response(200, json={"object": "thread", "id": "t"}), refusal]
    with client_of(lambda _: answers.pop(0)) as client:
        list(client.beta.threads.runs.create("thread_1", assistant_id="asst_1", stream=True))
        client.beta.threads.create()
        with pytest.raises(Exception, match="400"):
            client.beta.threads.create()
    bodies = [line for line in told(wire(compare=(1, 2)).text)["the answer"] if line[1:2] == ["body"]]
    assert bodies == [["≠", "body", "a stream of 2 events", "one JSON object: thread"]]
    answer = told(wire(compare=(2, 3)).text)["the answer"]
    assert answer[:2] == [["≠", "status", "200", "400"], ["≠", "body", "one JSON object: thread", "an error: no <b>"]]


def test_two_streams_are_compared_by_events_and_words() -> None:
    """How many deltas there were is chance."""
    answers = [
        streamed(run_event("queued"), *map(text_delta, words), DONE) for words in (["To", "kyo"], ["Tokyo"], ["Nara"])
    ]
    with client_of(lambda _: answers.pop(0)) as client:
        for _ in range(3):
            list(client.beta.threads.runs.create("thread_1", assistant_id="asst_1", stream=True))
    assert told(wire(compare=(1, 2)).text)["the answer"][0][0].startswith("no difference")
    assert told(wire(compare=(2, 3)).text)["the answer"][0] == ["≠", "text in deltas", "Tokyo", "Nara"]


def test_a_moment_is_chance_and_a_long_value_is_cut_where_it_differs() -> None:
    """Unless only one side has the moment; what is alike before the difference says little."""
    first = {
        "object": "thread.run",
        "created_at": 1,
        "started_at": None,
        "failed_at": None,
        "a": "1",
        "b": "same " * 50,
    }
    other = first | {"created_at": 2, "started_at": 3, "a": 1, "b": "same " * 50 + "and more"}
    answers = [httpx2.Response(200, json=one) for one in (first, other)]
    with client_of(lambda _: answers.pop(0)) as client:
        client.beta.threads.create()
        client.beta.threads.create()
    names = {line[1]: line[2:] for line in told(wire(compare=(1, 2)).text)["the answer"][:-1]}
    assert names.pop("b")[1].endswith('same and more"')
    assert names == {"started_at": ["null", "3"], "a": ['"1"', "1"]}


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
