"""show() of runs: the timeline with steps, the state diagram, and tokens that are billed again."""

import json
import re
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import httpx2
import pytest
from support.answering import DONE, Pieces, client_of, event, run_event
from support.html import unclosed

from helpers.display import view_of
from helpers.display.diagram import diagram
from helpers.display.statuses import COLOURS
from helpers.display.timeline import duration, timeline
from helpers.traffic import steps_of
from helpers.traffic.log import LOG, Exchange

AT = 1_700_000_000
Json = dict[str, Any]


@pytest.fixture(autouse=True)
def _new_page() -> None:
    LOG.begin_cell()


def run(number: str, status: str = "completed", **more: Any) -> Json:  # noqa: ANN401
    """A run as JSON; completed two seconds after it was made."""
    ended = {"started_at": AT, "completed_at": AT + 2} if status == "completed" else {}
    facts = {"id": number, "object": "thread.run", "created_at": AT, "model": "gpt-4", "status": status}
    return facts | ended | more


def step(number: str, run_id: str, status: str = "completed", **more: Any) -> Json:  # noqa: ANN401
    """A step as JSON."""
    kind = {"type": "message_creation", "step_details": {"message_creation": {"message_id": "msg_1"}}}
    facts = {"id": number, "object": "thread.run.step", "run_id": run_id, "created_at": AT, "status": status}
    return facts | kind | more


def calling(number: str, run_id: str, status: str, output: str | None) -> Json:
    """A step that calls a function."""
    function = {"name": "get_weather", "arguments": '{"city": "京都"}', "output": output}
    calls = {"tool_calls": [{"id": "call_1", "type": "function", "function": function}]}
    return step(number, run_id, status, type="tool_calls", step_details=calls)


def used(prompt: int, completion: int) -> Json:
    """What a run or step used."""
    return {"prompt_tokens": prompt, "completion_tokens": completion, "total_tokens": prompt + completion}


@pytest.fixture
def streamed_run(monkeypatch: pytest.MonkeyPatch, empty_log: None) -> Json:
    """A run of four seconds that a client saw in a stream: queued, a call from 1 s to 2 s, a message from 3 s on."""
    clock = SimpleNamespace(now=0.0)
    ticking = SimpleNamespace(monotonic=lambda: clock.now)
    monkeypatch.setattr("helpers.traffic.log.time", ticking)
    monkeypatch.setattr("helpers.traffic.record.time", ticking)
    called, written = (
        calling("step_1", "run_streamed", "in_progress", None),
        step("step_2", "run_streamed", "in_progress"),
    )
    moments = [
        (0.0, run_event("queued", "run_streamed")),
        (0.5, run_event("in_progress", "run_streamed")),
        (1.0, event("thread.run.step.created", called)),
        (1.0, event("thread.run.step.in_progress", called)),
        (
            2.0,
            event(
                "thread.run.step.completed",
                calling("step_1", "run_streamed", "completed", "26") | {"usage": used(9, 1)},
            ),
        ),
        (3.0, event("thread.run.step.created", written)),
        (4.0, event("thread.run.step.completed", written | {"status": "completed"})),
        (4.0, run_event("completed", "run_streamed")),
        (4.0, DONE),
    ]

    def pieces() -> Iterator[bytes]:
        for seconds, piece in moments:
            clock.now = seconds
            yield piece

    def answer(_: httpx2.Request) -> httpx2.Response:
        return httpx2.Response(200, headers={"content-type": "text/event-stream"}, stream=Pieces(pieces()))

    with client_of(answer) as client:
        for one in client.beta.threads.runs.create("thread_1", assistant_id="asst_1", stream=True):
            assert one.event
    return run("run_streamed", usage=used(20, 5))


@pytest.fixture(autouse=True)
def _started_at_zero(monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> None:
    """Exchanges begin at 0 on the clock of `streamed_run`."""
    if "streamed_run" in request.fixturenames:
        made = LOG.add

        def add(exchange: Exchange) -> None:
            exchange.started = 0.0
            made(exchange)

        monkeypatch.setattr(LOG, "add", add)


def bars(html: str) -> list[list[float]]:
    """The widths in percent of the parts of each bar."""
    tracks = re.findall(r'<div style="display:flex;flex:none[^>]*>((?:<div title[^>]*></div>)+)</div>', html)
    return [[float(width) for width in re.findall(r"width:([\d.]+)%", track)] for track in tracks]


def test_steps_stand_on_the_scale_of_the_statuses(streamed_run: Json) -> None:
    """To the millisecond, when the client saw them begin; a step before it ends reaches to the end."""
    html = view_of(streamed_run).html
    assert bars(html) == [[12.5, 87.5], [25.0, 25.0], [75.0, 25.0]]
    assert "times: as this client saw them</span>" in html
    assert unclosed(html) == []
    assert html.index("get_weather(city=&quot;京都&quot;) → 26") < html.index("message_creation")
    assert "completed 9 + 1 = 10 tokens" in html


def test_the_text_names_steps_and_calls_without_times(streamed_run: Json) -> None:
    """In their order."""
    assert view_of(streamed_run).text.splitlines()[1:] == [
        "  queued → in_progress → completed",
        "  step tool_calls  completed  9 + 1 = 10 tokens",
        '    get_weather(city="京都") → 26',
        "  step message_creation  completed",
        "  20 + 5 = 25 tokens (prompt + completion)",
    ]


def test_steps_of_a_list_are_known_to_the_second() -> None:
    """Newest first, as it came; only this run's; a bar says within which seconds each was."""
    listed = [
        step("step_b", "run_listed", created_at=AT + 6, completed_at=AT + 8),
        calling("step_a", "run_listed", "completed", "26") | {"created_at": AT + 2, "completed_at": AT + 4},
        step("step_x", "run_other"),
    ]
    body = {"object": "list", "data": listed, "has_more": False}
    finished = run("run_listed", completed_at=AT + 8)
    answers = [finished, body]
    with client_of(lambda _: httpx2.Response(200, json=answers.pop(0))) as client:
        client.beta.threads.runs.retrieve("run_listed", thread_id="thread_1")
        client.beta.threads.runs.steps.list("run_listed", thread_id="thread_1")
    assert [one.facts["id"] for one in steps_of("run_listed")] == ["step_a", "step_b"]
    html = timeline(finished)
    assert bars(html) == [[0.0, 100.0], [25.0, 25.0], [75.0, 25.0]]
    assert "only known to the second" in html
    assert bars(timeline(finished, 16.0)) == [[0.0, 50.0], [12.5, 12.5], [37.5, 12.5]]


def test_a_run_can_be_drawn_on_the_scale_of_a_longer_one() -> None:
    """So that two can be compared; a scale that is too short cuts nothing off."""
    short = run("run_short")
    assert duration(short) == 2.0
    assert [bars(timeline(short, scale)) for scale in (8.0, 1.0)] == [[[0.0, 25.0]], [[0.0, 100.0]]]


def test_steps_of_a_list_lie_somewhere_in_a_run_that_was_watched() -> None:
    """While it was at work: a whole second says no more about a run of a moment."""
    for status in ("queued", "in_progress", "completed"):
        LOG.note_runs(json.dumps({"object": "thread.run", "id": "run_polled", "status": status}))
    body = {"object": "list", "data": [step(one, "run_polled", completed_at=AT) for one in ("step_w", "step_v")]}
    with client_of(lambda _: httpx2.Response(200, json=body)) as client:
        client.beta.threads.runs.steps.list("run_polled", thread_id="thread_1")
    html = timeline(run("run_polled"))
    assert [one.facts["id"] for one in steps_of("run_polled")] == ["step_v", "step_w"]
    statuses, *steps = bars(html)
    assert steps == [statuses, statuses]
    assert "only known to the second" in html


def test_a_moment_is_as_wide_as_can_be_seen() -> None:
    """In the bar of statuses and in those of steps; a gap may vanish."""
    swift = run("run_swift", completed_at=AT + 8)
    answers = [swift, {"object": "list", "data": [step("step_s", "run_swift", completed_at=AT)], "has_more": False}]
    with client_of(lambda _: httpx2.Response(200, json=answers.pop(0))) as client:
        client.beta.threads.runs.retrieve("run_swift", thread_id="thread_1")
        client.beta.threads.runs.steps.list("run_swift", thread_id="thread_1")
    html = timeline(swift)
    assert bars(html) == [[0.0, 100.0], [0.0, 0.0]]
    parts = re.findall(r'<div title="(\w*)[^"]*" style="width:[\d.]+%;(min-width:3px;)?', html)
    assert [(title, bool(seen)) for title, seen in parts] == [
        ("queued", True),
        ("in_progress", True),
        ("", False),
        ("message_creation", True),
    ]


def test_a_run_nobody_watched_has_no_steps() -> None:
    """There is nothing to know them from."""
    assert steps_of("run_of_nobody") == []
    assert bars(timeline(run("run_of_nobody"))) == [[0.0, 100.0]]


@pytest.mark.parametrize("end", [status for status in COLOURS if status not in ("queued", "in_progress")])
def test_the_diagram_shows_all_statuses_and_the_way_taken(end: str) -> None:
    """Thick and numbered what was taken, dashed the rest; the way in words."""
    before = ["queued", "in_progress", *(["cancelling"] if end == "cancelled" else [])]
    svg = diagram([*before, end])
    assert unclosed(svg) == []
    for status in COLOURS:
        assert re.search(rf">([\d,]+ · )?{status}</text>", svg)
    taken = re.findall(r">([\d,]+) · (\w+)</text>", svg)
    assert {status: number for number, status in taken} == {
        status: str(number) for number, status in enumerate([*before, end], start=1)
    }
    ways = re.findall(r'<g style="([^"]+)"[^>]*><title>(\w+) → (\w+)</title>', svg)
    thick = [(one, other) for style, one, other in ways if "dash" not in style]
    assert sorted(thick) == sorted(zip(before, [*before[1:], end], strict=True))
    assert len(ways) == 12
    assert f"The way of this run: {', then '.join([*before, end])}." in svg


def test_a_status_that_came_twice_has_both_numbers() -> None:
    """As behind a function; and an unusual way is drawn when it was taken."""
    svg = diagram(["queued", "in_progress", "requires_action", "queued", "in_progress", "completed"])
    assert ">1,4 · queued<" in svg
    assert ">2,5 · in_progress<" in svg
    assert 'textLength="126" lengthAdjust="spacingAndGlyphs">3 · requires_action<' in svg
    assert svg.count("textLength") == 1, "what stands well in its box is not touched"
    assert "queued → failed" not in svg
    assert "queued → failed" in diagram(["queued", "failed"])
    assert unclosed(diagram(["queued", "something new <b>"])) == []


def test_the_diagram_is_folded_under_the_timeline() -> None:
    """Where a learner finds it without asking."""
    html = view_of(run("run_drawn")).html
    assert html.index("statuses</div>") < html.index("nine statuses</summary>") < html.index("<svg")


def runs_of(*usages: Json, **more: Any) -> list[Json]:  # noqa: ANN401
    """Completed runs of one thread, a second apart."""
    return [
        run(f"run_billed_{number}", thread_id="thread_1", created_at=AT + number, usage=usage, **more)
        for number, usage in enumerate(usages)
    ]


def told(runs: list[Json]) -> list[str]:
    """What the text says about each run's tokens."""
    return ["  ".join(re.split(r"  +", line)[3:]) for line in view_of(runs).text.splitlines()[1:-1]]


def test_what_the_run_before_read_and_wrote_is_billed_again() -> None:
    """As a part of the prompt; in the order of time, whichever order the list has."""
    runs = runs_of(used(32, 26), used(71, 10), used(94, 5))
    assert told(runs) == ["32 + 26 = 58", "71 + 10 = 81  about 58", "94 + 5 = 99  about 81"]
    assert told(runs[::-1]) == told(runs)[::-1]
    html = view_of(runs).html
    assert bars(html) == [[32.3, 26.3], [58.6, 13.1, 10.1], [81.8, 13.1, 5.1]]
    assert html.count("repeating-linear-gradient") == 3, "a pattern, in two bars and the legend"
    assert "about 58 billed again" in html
    assert ">billed again (about)</span>" in html, "the legend"
    assert "&quot;billed again&quot;" not in html, "the JSON is that of the wire"


def test_every_picture_has_words_and_every_column_a_head() -> None:
    """For those who hear a page; a run without tokens has no bar at all."""
    html = view_of([*runs_of(used(32, 26), used(71, 10)), run("run_failed", "failed")]).html
    assert re.findall('role="img" aria-label="([^"]*)"', html) == [
        "prompt_tokens: 32, completion_tokens: 26",
        "prompt_tokens billed again: 58, prompt_tokens: 13, completion_tokens: 10",
    ]
    assert not re.search(r"<th[^>]*></th>", html)


def test_a_cut_history_cannot_be_more_than_the_prompt() -> None:
    """As with a truncation strategy."""
    assert told(runs_of(used(100, 50), used(40, 5)))[1] == "40 + 5 = 45  about 40"


def test_nothing_is_said_where_it_cannot_be_known() -> None:
    """Other threads, no usage yet, and behind a run that may have read its thread several times."""
    first, second = runs_of(used(32, 26), used(71, 10))
    assert told([first, second | {"thread_id": "thread_2"}])[1] == "71 + 10 = 81"
    assert told([first, second | {"usage": None}])[1] == "none: usage is null"
    assert view_of([{"object": "thread.message", "created_at": "2024"}, {"object": "x", "created_at": "today"}]).text
    twice = first | {"tools": [{"type": "code_interpreter"}], "usage": used(70, 26)}
    assert told([twice, second])[1] == "71 + 10 = 81"
    assert "gradient" not in view_of([twice, second]).html


@pytest.mark.parametrize(
    ("seen", "again"), [(("in_progress", "completed"), True), (("requires_action", "completed"), False)]
)
def test_a_run_that_was_seen_to_wait_read_its_thread_more_than_once(seen: tuple[str, str], again: bool) -> None:
    """One that has tools and was not seen to use them read it once."""
    first, second = runs_of(used(32, 26), used(71, 10))
    number = f"run_{seen[0]}_once"
    for status in ("queued", *seen):
        LOG.note_runs(json.dumps({"object": "thread.run", "id": number, "status": status}))
    first |= {"id": number, "tools": [{"type": "function", "function": {"name": "f"}}]}
    assert ("about 58" in told([first, second])[1]) is again


def test_a_run_whose_steps_show_a_call_read_its_thread_more_than_once(streamed_run: Json) -> None:
    """Though it never waited, as with the service's own tools."""
    first, second = runs_of(used(32, 26), used(71, 10))
    first |= {"id": streamed_run["id"], "tools": [{"type": "file_search"}]}
    assert told([first, second])[1] == "71 + 10 = 81"


def test_a_conversation_shows_the_calls_behind_an_answer(streamed_run: Json) -> None:
    """Before it; and reads downwards in either order of the list."""

    def said(number: int, role: str, at: int, **more: Any) -> Json:  # noqa: ANN401
        part = {"type": "text", "text": {"value": f"words {number}", "annotations": []}}
        return {
            "id": f"msg_{number}",
            "object": "thread.message",
            "role": role,
            "created_at": at,
            "content": [part],
            **more,
        }

    question, answer = said(1, "user", AT), said(2, "assistant", AT + 4, run_id=streamed_run["id"])
    for listed in ([question, answer], [answer, question]):
        html = view_of(listed).html.partition("<details>")[0]
        places = [html.index(one) for one in ("words 1", "get_weather(", "words 2")]
        assert places == sorted(places)
    same_second = [said(4, "assistant", AT), said(3, "user", AT)]
    for listed in (same_second, same_second[::-1]):
        html = view_of(listed).html
        assert html.index("words 3") < html.index("words 4")
