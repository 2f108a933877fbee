"""show(): each kind of object in both forms, whatever it holds."""

import re
from types import SimpleNamespace
from typing import Any

import openai
import pytest
from openai.pagination import SyncCursorPage
from openai.types.beta import Assistant, AssistantDeleted, Thread
from openai.types.beta.threads import Message, Run
from openai.types.beta.threads.runs import RunStep
from support.html import unclosed

from helpers import show
from helpers.display import view_of
from helpers.display.timeline import timeline
from helpers.traffic.log import LOG
from helpers.views import QUIET, View

AT = 1_700_000_000
USAGE = {"prompt_tokens": 25, "completion_tokens": 10, "total_tokens": 35}


def message(number: int, role: str, text: str, **more: Any) -> Message:  # noqa: ANN401
    """A message of one text part."""
    part = {"type": "text", "text": {"value": text, "annotations": more.pop("annotations", [])}}
    facts: dict[str, Any] = {
        "id": f"msg_{number}",
        "object": "thread.message",
        "created_at": AT,
        "role": role,
        "content": [part],
    }
    return Message.construct(**(facts | more))


def run(status: str, **more: Any) -> Run:  # noqa: ANN401
    """A run as the service would give it."""
    facts: dict[str, Any] = {
        "id": "run_1",
        "object": "thread.run",
        "created_at": AT,
        "model": "gpt-35-turbo",
        "status": status,
    }
    return Run.construct(**(facts | more))


WEATHER = {"name": "get_weather", "arguments": '{"city": "京都", "month": 7}'}
CONVERT = {"name": "convert", "arguments": '{"from": [1.5, null]}'}
BROKEN = {"name": "broken", "arguments": '{"city": '}
NOTHING = {"name": "now", "arguments": "{}"}
TOOL = {
    "type": "function",
    "function": {"name": "get_weather", "parameters": {"type": "object", "properties": {"city": {}, "month": {}}}},
}


def waiting(*functions: dict[str, str]) -> dict[str, Any]:
    """What a run says that waits for these functions."""
    calls = [{"id": f"call_{number}", "type": "function", "function": one} for number, one in enumerate(functions)]
    return {"type": "submit_tool_outputs", "submit_tool_outputs": {"tool_calls": calls}}


def step(calls: list[dict[str, Any]], **more: Any) -> RunStep:  # noqa: ANN401
    """A step that called functions, or other tools when they have a type."""
    calls = [one if "name" not in one else {"id": "call_1", "type": "function", "function": one} for one in calls]
    facts: dict[str, Any] = {
        "id": "step_1",
        "object": "thread.run.step",
        "type": "tool_calls",
        "status": "in_progress",
        "step_details": {"type": "tool_calls", "tool_calls": calls},
    }
    return RunStep.construct(**(facts | more))


THINGS: list[tuple[object, str]] = [
    (message(1, "user", "日本の首都は\nどこですか?"), "user: 日本の首都は\nどこですか?"),
    (message(2, "assistant", ""), "assistant: "),
    (
        message(3, "assistant", "See", annotations=[{"type": "file_citation", "text": "【4:0†guide】"}]),
        "assistant: See\n  file_citation: 【4:0†guide】",
    ),
    (
        message(3, "assistant", "See", annotations=[{"type": "file_citation", "text": "【4:0†guide】"}] * 3),
        "assistant: See\n  file_citation: 【4:0†guide】 ×3",
    ),
    (
        Message.construct(
            object="thread.message", role="user", content=[{"type": "image_file", "image_file": {"file_id": "f"}}]
        ),
        "user: [image_file: f]",
    ),
    (
        Message.construct(
            object="thread.message",
            role="user",
            content=[
                {"type": "image_url", "image_url": {"url": "https://example.com/gate.png"}},
                {"type": "image_url", "image_url": {"url": "data:image/png;base64," + "A" * 10_000}},
                {"type": "refusal", "refusal": "I will not."},
                {"type": "sound"},
            ],
        ),
        f"user: [image_url: https://example.com/gate.png]\n[image_url: data:image/png;base64,{'A' * 278}…]\n"
        "I will not.\n[sound]",
    ),
    (
        Assistant.construct(
            id="asst_1",
            object="assistant",
            model="gpt-4",
            name="Tabi",
            instructions="Be kind.",
            tools=[{"type": "code_interpreter"}, {"type": "function", "function": {"name": "get_weather"}}],
        ),
        "assistant Tabi  asst_1\n  gpt-4 · tools: code_interpreter, get_weather\n  Be kind.",
    ),
    (Thread.construct(id="thread_1", object="thread", created_at=AT, metadata={}), "thread thread_1"),
    (AssistantDeleted.construct(id="asst_1", object="assistant.deleted", deleted=True), "assistant asst_1 is deleted"),
    (run("queued"), "run run_1  gpt-35-turbo\n  queued"),
    (run("in_progress", started_at=AT + 1), "run run_1  gpt-35-turbo\n  queued → in_progress"),
    (
        run("completed", started_at=AT, completed_at=AT + 2, usage=USAGE),
        "run run_1  gpt-35-turbo\n  queued → in_progress → completed\n  25 + 10 = 35 tokens (prompt + completion)",
    ),
    (run("cancelled", cancelled_at=AT + 1), "run run_1  gpt-35-turbo\n  queued → cancelling → cancelled"),
    (
        run("failed", started_at=AT, failed_at=AT, last_error={"code": "server_error", "message": "Sorry."}),
        "run run_1  gpt-35-turbo\n  queued → in_progress → failed\n  server_error: Sorry.",
    ),
    (
        run("incomplete", started_at=AT, incomplete_details={"reason": "max_completion_tokens"}),
        "run run_1  gpt-35-turbo\n  queued → in_progress → incomplete\n  incomplete: max_completion_tokens",
    ),
    (
        RunStep.construct(
            id="step_1",
            object="thread.run.step",
            type="message_creation",
            status="completed",
            step_details={"type": "message_creation", "message_creation": {"message_id": "msg_2"}},
        ),
        "run step step_1  message_creation  completed\n  msg_2",
    ),
    (
        run("requires_action", started_at=AT, required_action=waiting(WEATHER, CONVERT, BROKEN, NOTHING)),
        "run run_1  gpt-35-turbo\n  queued → in_progress → requires_action\n"
        '  waits for get_weather(city="京都", month=7)\n  waits for convert(from=[1.5, null])\n'
        '  waits for broken({"city":)\n  waits for now()',
    ),
    (
        step([WEATHER | {"output": '{"celsius":\n 26}'}, CONVERT | {"output": None}, NOTHING | {"output": ""}]),
        "run step step_1  tool_calls  in_progress\n"
        '  get_weather(city="京都", month=7) → {"celsius": 26}\n  convert(from=[1.5, null])\n  now() → (empty)',
    ),
    (step([{"type": "file_search"}, {}]), "run step step_1  tool_calls  in_progress\n  file_search\n  ?"),
    (step([]), "run step step_1  tool_calls  in_progress"),
    (
        {"id": "call_1", "type": "function", "function": WEATHER},
        'function call_1\n  get_weather(city="京都", month=7)',
    ),
    (TOOL, "function\n  get_weather(city, month)"),
    ({"object": "upload", "id": "upload_1"}, "upload upload_1"),
    ({"answer": "東京"}, '{\n  "answer": "東京"\n}'),
    ("two\nlines", "two\nlines"),
    (7, "7"),
    (None, "None"),
    ([], "an empty list"),
    ([1, 2], "[1, 2]"),
    (ValueError("not so"), "ValueError: not so"),
]


@pytest.mark.parametrize(("thing", "text"), THINGS)
def test_each_thing_in_both_forms(thing: object, text: str) -> None:
    """The text exactly; the HTML well formed, with no script in it and no colour that only one theme can show."""
    view = view_of(thing)
    assert view.text == text
    assert unclosed(view.html) == []
    assert "<script" not in view.html
    colours = re.findall(r"(?:color|background):([^;\"]+)", view.html)
    assert all(colour.startswith(("var(--jp-", "inherit", "none")) for colour in colours)


def test_a_run_nobody_watched_says_where_its_times_are_from() -> None:
    """In a sentence of its own, behind the line of statuses."""
    html = view_of(run("completed", started_at=AT, completed_at=AT + 2)).html
    assert re.search(r"</div><div><span [^>]*>times: from the run itself, in whole seconds</span></div>", html)


def luminance(grey: int) -> float:
    """How bright a grey is, as the contrast of WCAG 2 counts it."""
    return float(((grey / 255 + 0.055) / 1.055) ** 2.4)


def test_quiet_text_can_be_read_on_every_row_of_a_table() -> None:
    """With a contrast of 4.5 and more: the values that JupyterLab's themes give the variable, and our own."""
    assert re.fullmatch(r"color:var\(--jp-inverse-layout-color3,#(\w)\1\1\)", QUIET)
    ours = int(QUIET[-4] * 2, 16)
    for text, row in ((0x61, 0xF5), (ours, 0xF5), (0xBD, 0x21)):
        dark, light = sorted((luminance(text), luminance(row)))
        assert (light + 0.05) / (dark + 0.05) >= 4.5


def test_a_page_of_messages_is_a_conversation_and_in_the_text_the_list_it_was() -> None:
    """The HTML is read from top to bottom; the text has the list's own order, and a line for each message."""
    page = SyncCursorPage[Message].construct(
        object="list",
        data=[message(2, "assistant", "東京\nです。", run_id="run_1"), message(1, "user", "どこ?")],
        has_more=True,
    )
    view = view_of(page)
    assert view.text.splitlines() == [
        "id     run    role       text",
        "msg_2  run_1  assistant  東京 です。",
        "msg_1         user       どこ?",
        "2 objects, and there are more",
    ]
    told = [
        "there are older ones",
        "どこ?",
        "[1] · user",
        "東京\nです。",
        "[0] · assistant",
        "newest first",
        "2 objects",
    ]
    places = [view.html.index(one) for one in told]
    assert places == sorted(places)
    assert "has_more" in view.html, "the JSON is folded underneath"


def test_a_run_without_a_number_of_tokens_says_why() -> None:
    """A cancelled run ends without one; a run that goes on has none yet."""
    runs = [run("cancelled", usage=None), run("in_progress", usage=None), run("completed", usage=USAGE)]
    html, text = view_of(runs).html, view_of(runs).text
    assert html.count("none: usage is null") == 1
    assert [re.split("  +", line)[2:] for line in text.splitlines()[1:3]] == [
        ["cancelled", "none: usage is null"],
        ["in_progress"],
    ]


def test_a_list_of_runs_has_a_bar_for_each() -> None:
    """As long as its tokens are many; the longest fills the width."""
    runs = [run("completed", usage=USAGE), run("completed", usage=USAGE | {"prompt_tokens": 60, "total_tokens": 70})]
    view = view_of(runs)
    widths = [float(width) for width in re.findall(r"[\";]width:(\d+\.\d)%", view.html)]
    assert widths == [35.7, 14.3, 85.7, 14.3]
    assert view.text.splitlines()[1].endswith("  25 + 10 = 35")
    assert view.text.splitlines()[-1] == "2 objects"


def test_a_list_of_steps_shows_the_calls_where_there_are_any() -> None:
    """One column more, and only then."""
    wrote = RunStep.construct(
        id="step_2", object="thread.run.step", type="message_creation", status="completed",
        step_details={"type": "message_creation", "message_creation": {"message_id": "msg_1"}},
    )  # fmt: skip
    called = step([WEATHER | {"output": "26"}, NOTHING | {"output": "noon"}], status="completed")
    view = view_of([wrote, called])
    assert [" ".join(line.split()) for line in view.text.splitlines()] == [
        "id type status calls prompt + completion tokens",
        "step_2 message_creation completed",
        'step_1 tool_calls completed get_weather(city="京都", month=7) → 26 now() → noon',
        "2 objects",
    ]
    assert view.html.count("<br>") == 1
    assert "calls" not in view_of([wrote]).text
    assert "waits for" not in view_of([run("completed")]).text
    assert (
        'get_weather(city="京都", month=7)' in view_of([run("requires_action", required_action=waiting(WEATHER))]).text
    )


def test_a_list_of_calls_or_of_function_tools_is_a_table() -> None:
    """Neither has a member `object`."""
    calls = run("requires_action", required_action=waiting(WEATHER, NOTHING)).model_dump(mode="json")
    view = view_of(calls["required_action"]["submit_tool_outputs"]["tool_calls"])
    assert view.text.splitlines()[2:] == ["call_1  now()", "2 objects"]
    assert "get_weather(city, month)" in view_of([TOOL]).text


def test_a_long_output_is_shortened_in_the_picture_only() -> None:
    """The JSON underneath has all of it."""
    view = view_of(step([WEATHER | {"output": "long " * 1000}]))
    assert len(view.text) < 500
    assert view.text.endswith("…")
    assert "long " * 1000 in view.html


def test_mixed_lists_still_have_a_table() -> None:
    """With the columns that everything has."""
    lines = view_of([run("queued"), {"object": "thread", "id": "thread_1"}]).text.splitlines()
    assert lines[0].split() == ["object", "id"]
    assert lines[2].split() == ["thread", "thread_1"]


def test_markup_in_a_text_stays_text() -> None:
    """In every place where somebody else's words are shown."""
    evil = "<img src=x onerror=alert(1)>"
    for thing in (
        message(1, evil, evil),
        run(evil, last_error={"code": evil, "message": evil}),
        [message(1, "user", evil)],
        Assistant.construct(id=evil, object="assistant", name=evil, instructions=evil, metadata={evil: evil}),
        {"object": evil, "id": evil},
        run("requires_action", required_action=waiting({"name": evil, "arguments": evil})),
        step([{"name": evil, "arguments": f'{{"{evil}": 1}}', "output": evil}]),
        [step([{"name": evil, "arguments": evil, "output": evil}])],
        {"type": "function", "function": {"name": evil}},
        {evil: evil},
        ValueError(evil),
        evil,
    ):
        html = view_of(thing).html
        assert "<img" not in html
        assert "&lt;img" in html


def test_a_run_that_was_watched_shows_when_its_statuses_were_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    """In milliseconds; the object alone knows whole seconds."""
    finished = run("completed", started_at=AT, completed_at=AT + 2, id="run_watched").model_dump()
    assert "2 s" in timeline(finished)
    clock = SimpleNamespace(now=10.0)
    monkeypatch.setattr("helpers.traffic.log.time", SimpleNamespace(monotonic=lambda: clock.now))
    for now, status in ((10.0, "queued"), (10.25, "in_progress"), (10.5, "in_progress"), (11.0, "completed")):
        clock.now = now
        LOG.note_runs(f'{{"object":"thread.run","id":"run_watched","status":"{status}"}}'.replace(":", ": "))
    html = timeline(finished)
    assert re.findall(r"(\d+) ms", html) == ["0", "250", "1000"]
    assert re.findall(r"width:(\d+\.\d)%", html) == ["25.0", "75.0"]


ONE_WAIT = ["queued", "in_progress", "requires_action", "queued", "in_progress"]


@pytest.mark.parametrize(
    ("seen", "status", "path"),
    [
        (["queued", "requires_action", "queued", "completed"], "completed", [*ONE_WAIT, "completed"]),
        ([*ONE_WAIT, "completed"], "completed", [*ONE_WAIT, "completed"]),
        ([*ONE_WAIT, "requires_action", "queued"], "queued", [*ONE_WAIT, "requires_action", "queued"]),
        (["requires_action", "queued", "requires_action"], "requires_action", [*ONE_WAIT, "requires_action"]),
        (["requires_action", "queued", "in_progress"], "in_progress", ONE_WAIT),
        (["requires_action", "expired"], "expired", [*ONE_WAIT[:3], "expired"]),
        (["requires_action", "cancelling", "cancelled"], "cancelled", [*ONE_WAIT[:3], "cancelling", "cancelled"]),
        (["requires_action", "queued", "completed"], "requires_action", ONE_WAIT[:3]),
        ([], "completed", [*ONE_WAIT[:2], "completed"]),
    ],
)
def test_a_run_that_waited_for_functions_says_so(seen: list[str], status: str, path: list[str]) -> None:
    """Each wait once, whichever statuses a poll has missed; an object of before shows what was true then."""
    number = f"run_{'_'.join(seen)}_{status}"
    for one in seen:
        LOG.note_runs(f'{{"object":"thread.run","id":"{number}","status":"{one}"}}')
    ends = {"completed": "completed_at", "cancelled": "cancelled_at"}
    times = {ends[status]: AT + 3} if status in ends else {}
    view = view_of(run(status, id=number, started_at=AT + 1, **times))
    assert view.text.splitlines()[1].strip() == " → ".join(path)
    if seen and seen[-1] == status:
        assert view.html.count("</span> requires_action</span>") == seen.count("requires_action")


def test_an_error_of_the_service_shows_its_body() -> None:
    """As it came over the wire."""
    body = {"code": "404", "message": "Resource not found"}
    response = SimpleNamespace(request=None, status_code=404, headers={})
    # pyrefly: ignore[bad-argument-type]
    error = openai.NotFoundError("Error code: 404 - Resource not found", response=response, body=body)
    view = view_of(error)
    assert view.text == "NotFoundError: Error code: 404 - Resource not found"
    assert "&quot;code&quot;: &quot;404&quot;" in view.html


def test_show_displays_where_it_stands(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """Printed in a plain Python, displayed in a kernel; either way it returns nothing."""
    show("hello")
    assert capsys.readouterr().out == "hello\n"
    shown: list[View] = []
    monkeypatch.setattr("helpers.views.kernel", object)
    monkeypatch.setattr("IPython.display.display", shown.append)
    show("hello")
    assert [view.text for view in shown] == ["hello"]
    assert "hello" in shown[0]._repr_html_()
    assert repr(shown[0]) == "hello"
