"""show() of the successor: responses over time, their items, conversations, containers, and events of a stream."""

from collections.abc import Iterator
from typing import Any

import httpx2
import openai
import pytest
from openai.types.responses import Response
from support.answering import client_of, event, streamed
from support.html import unclosed
from support.responding import WEATHER, functions_called, output_of
from support.scripted import Scripted
from support.talking import calling, served

from helpers import watch
from helpers.display import view_of
from helpers.traffic import seen_of
from helpers.views import MONO, View

Json = dict[str, Any]
PICTURE = "data:image/png;base64,iVBORw0KGgo="
AT = 1_700_000_000


@pytest.fixture(scope="module")
def client() -> Iterator[openai.AzureOpenAI]:
    """A watched client of an endpoint that does what it is told."""
    with served(model=Scripted()) as made:
        yield watch(made)


def drawn(thing: object) -> View:
    """The view, whose HTML is well formed."""
    view = view_of(thing)
    assert unclosed(view.html) == []
    return view


def response(*output: Json, **more: Any) -> Json:  # noqa: ANN401
    """A response as JSON."""
    facts = {"id": "resp_1", "object": "response", "created_at": AT, "model": "gpt-4", "status": "completed"}
    return facts | {"output": list(output)} | more


def message(text: str, *annotations: Json, **more: Any) -> Json:  # noqa: ANN401
    """An assistant's message as an item."""
    part = {"type": "output_text", "text": text, "annotations": list(annotations), "logprobs": []}
    return {"id": "msg_1", "type": "message", "role": "assistant", "status": "completed", "content": [part]} | more


def test_a_response_that_calls_and_the_one_that_answers(client: openai.AzureOpenAI) -> None:
    """What is asked for has the name under which its output is taken (contract-successor §9, M6)."""
    first = client.responses.create(model="gpt-4", input=calling(("get_weather", {"city": "京都"})), tools=[WEATHER])
    (call,) = functions_called(first)
    view = drawn(first)
    assert f'asks for get_weather(city="京都") as {call.call_id}' in view.text.splitlines()[3]
    assert "tools: get_weather" in view.text
    given: Any = [output_of(call, "暑い")]
    second = client.responses.create(model="gpt-4", input=given, previous_response_id=first.id)
    lines = drawn(second).text.splitlines()
    assert lines[1:4] == ["  completed", f"  after {first.id}", "  assistant: echo: 暑い"]
    assert lines[4].endswith("tokens (input + output)")
    assert "as this client saw them" in view.html


def test_the_items_of_a_stream_are_bars(client: openai.AzureOpenAI) -> None:
    """Where a watched client has streamed the response, each item has its time."""
    events = list(client.responses.create(model="gpt-4", input="hello", stream=True))
    ended: Any = events[-1]
    seen = seen_of(ended.response.id)
    assert [status for _, status in seen.statuses] == ["in_progress", "completed"]
    ((began, until),) = seen.spans.values()
    assert until is not None
    assert seen.statuses[0][0] == 0.0
    assert 0 <= began <= until <= seen.statuses[-1][0]
    assert 'aria-label="message: completed"' in drawn(ended.response).html
    created: Any = events[0]
    assert "as this client saw them" not in drawn(created.response).html, "what it was at first is drawn as that"


def test_an_unwatched_response_has_the_times_of_the_object() -> None:
    """Whole seconds, and it says so."""
    html = drawn(Response.construct(**response(message("東京"), id="resp_unwatched", completed_at=AT + 2))).html
    assert "from the response itself, in whole seconds" in html
    assert "at 2 s" in html


@pytest.mark.parametrize(
    ("more", "told"),
    [
        ({"status": "failed", "error": {"code": "server_error", "message": "Sorry."}}, "server_error: Sorry."),
        (
            {"status": "incomplete", "incomplete_details": {"reason": "max_output_tokens"}},
            "incomplete: max_output_tokens",
        ),
    ],
)
def test_why_a_response_is_not_whole(more: Json, told: str) -> None:
    """Contract-successor §1.5."""
    view = drawn(response(message("Once"), **more))
    assert view.text.splitlines()[-1].strip() == told
    assert told in view.html


def test_what_tools_did() -> None:
    """Searches with their queries and files, code as code, its pictures, sources by name (contract-successor §1.3)."""
    search = {"type": "file_search_call", "id": "fs_1", "status": "completed", "queries": ["cherry <trees>"]}
    found = [{"filename": "kyoto.md", "file_id": "file_1", "score": 0.831, "text": "They\nflower in April."}]
    code = {"type": "code_interpreter_call", "id": "ci_1", "status": "completed", "container_id": "cntr_1"}
    outputs = [{"type": "logs", "logs": "3 < 4\n"}, {"type": "image", "url": PICTURE}]
    citations: list[Json] = [
        {"type": "file_citation", "filename": "kyoto.md", "file_id": "file_1", "index": 3},
        {"type": "container_file_citation", "filename": "a.csv", "file_id": "cfile_1", "container_id": "cntr_1"},
    ]
    view = drawn(
        response(
            search | {"results": found},
            code | {"code": "x = 1\nprint(x)", "outputs": outputs},
            message("In April.", *citations),
        )
    )
    assert view.text.splitlines()[2:] == [
        '  file_search("cherry <trees>") → kyoto.md (0.83)',
        "    → kyoto.md: They flower in April.",
        "  code_interpreter",
        "    x = 1",
        "    print(x)",
        "    → 3 < 4",
        "    → [picture]",
        "  assistant: In April.",
        "    file_citation: kyoto.md",
        "    container_file_citation: a.csv",
    ]
    assert ">x = 1\nprint(x)</pre>" in view.html
    assert f'<span style="{MONO};white-space:pre-wrap">3 &lt; 4</span>' in view.html, "what code prints has columns"
    assert f'<img src="{PICTURE}" alt="a picture that the code drew"' in view.html
    quiet = drawn(response(search | {"queries": [], "results": None}, code | {"code": None, "outputs": None}))
    assert quiet.text.splitlines()[2:] == ["  file_search", "  code_interpreter"]


def test_only_pictures_are_put_into_the_page() -> None:
    """An address of another kind is named, not loaded."""
    code = {"type": "code_interpreter_call", "code": "x", "outputs": [{"type": "image", "url": "https://x.example/a"}]}
    view = drawn(code)
    assert "<img" not in view.html
    assert "[image https://x.example/a]" in view.text


def test_items_of_a_conversation(client: openai.AzureOpenAI) -> None:
    """As they were said, whichever way the list runs; the text has the list's own order."""
    conversation = client.conversations.create(metadata={"who": "<me>"})
    said = calling(("get_weather", {"city": "Oslo"}))
    first = client.responses.create(model="gpt-4", input=said, tools=[WEATHER], conversation=conversation.id)
    given: Any = [output_of(functions_called(first)[0], "cold")]
    client.responses.create(model="gpt-4", input=given, conversation=conversation.id)
    newest, oldest = (drawn(client.conversations.items.list(conversation.id, order=order)) for order in ("desc", "asc"))
    expected = [f"user: {said}", 'get_weather(city="Oslo")', "→ cold", "assistant: echo: cold"]
    assert oldest.text.splitlines() == [*(f"[{n}] {line}" for n, line in enumerate(expected)), "4 items"]
    assert newest.text.splitlines()[0] == "[0] assistant: echo: cold"
    for view in (newest, oldest):
        assert view.html.index("get_weather(city=") < view.html.index("echo: cold")
    assert "the list itself has the newest first" in newest.html
    assert "the list itself" not in oldest.html
    turns: Any = [{"role": "user", "content": "one"}, {"role": "assistant", "content": "two"}] * 2
    plain = client.conversations.create(items=turns).id
    newest, oldest = (drawn(client.conversations.items.list(plain, order=order, limit=2)) for order in ("desc", "asc"))
    assert "the list itself has the newest first" in newest.html
    assert ("there are older ones" in newest.html, "there are newer ones" in oldest.html) == (True, True)
    card = drawn(conversation)
    assert card.text.startswith(f"conversation {conversation.id}")
    assert "&lt;me&gt;" in card.html
    assert drawn(client.conversations.delete(conversation.id)).text == f"conversation {conversation.id} is deleted"


def test_one_item_and_what_a_person_gave() -> None:
    """Input may be a message without a type, with pictures and files."""
    call = {"type": "custom_tool_call", "name": "run_sql", "input": "select 1", "call_id": "call_1"}
    assert drawn(call).text == 'run_sql("select 1")'
    parts = [{"type": "input_text", "text": "Look."}, {"type": "input_image", "file_id": "file_1"},
             {"type": "input_file", "filename": "a.pdf"}]  # fmt: skip
    given: list[Json] = [{"role": "user", "content": "Hello"}, {"role": "user", "content": parts}]
    lines = drawn(given).text.splitlines()
    assert lines == [
        "[0] user: Hello",
        ["[1] user: Look.", "[input_image: file_1]", "[input_file: a.pdf]"][0],
        "[input_image: file_1]",
        "[input_file: a.pdf]",
        "2 items",
    ]
    reasoning = {"type": "reasoning", "id": "rs_1", "summary": [{"type": "summary_text", "text": "I think"}]}
    assert drawn([reasoning, {"type": "compaction", "id": "cmp_1"}]).text.splitlines()[:2] == [
        "[0] reasoning: I think",
        "[1] compaction: what was said before, in one item",
    ]


def test_containers_and_their_files() -> None:
    """Contract-successor §4. When it was used last is a matter of the moment, so the text leaves it out."""
    container = {"id": "cntr_1", "object": "container", "name": "tabi", "status": "running", "last_active_at": AT,
                 "expires_after": {"anchor": "last_active_at", "minutes": 20}, "memory_limit": "1g"}  # fmt: skip
    view = drawn(container)
    assert view.text == "container tabi cntr_1\n  running · goes after 20 minutes without use · memory 1g"
    assert "last used 2023-" in view.html
    file = {"id": "cfile_1", "object": "container.file", "path": "/mnt/data/a.csv", "bytes": 7, "source": "assistant",
            "container_id": "cntr_1"}  # fmt: skip
    assert drawn(file).text == "container file /mnt/data/a.csv cfile_1\n  7 bytes · made by code · in cntr_1"
    page = {"object": "list", "data": [file], "has_more": False}
    assert drawn(page).text.splitlines()[1].split() == ["cfile_1", "/mnt/data/a.csv", "7", "bytes", "assistant"]
    assert drawn({"id": "cfile_1", "object": "container.file.deleted", "deleted": True}).text.endswith("is deleted")
    assert drawn({"id": "resp_1", "object": "response", "deleted": True}).text == "response resp_1 is deleted"


def test_a_list_of_responses(client: openai.AzureOpenAI) -> None:
    """What each says, and bars for its tokens."""
    made = [client.responses.create(model="gpt-4", input=text) for text in ("one", "two")]
    view = drawn(made)
    assert [line.split()[1:5] for line in view.text.splitlines()[1:3]] == [
        ["gpt-4", "completed", "assistant:", "echo:"],
    ] * 2
    assert "prompt_tokens: " in view.html


DELTAS = [("response.output_text.delta", "東京"), ("response.output_text.delta", "です"),
          ("response.function_call_arguments.delta", '{"city":')]  # fmt: skip


def test_events_of_a_stream() -> None:
    """Deltas of one kind in a row are one line with what they say (contract-successor §2)."""
    facts = [{"type": name, "delta": text, "sequence_number": n} for n, (name, text) in enumerate(DELTAS)]
    ended = {"type": "response.completed", "sequence_number": 3, "response": response()}

    def answer(_: httpx2.Request) -> httpx2.Response:
        return streamed(*(event(str(one["type"]), one) for one in [*facts, ended]))

    with client_of(answer) as client:
        events = list(client.responses.create(model="gpt-4", input="x", stream=True))
    expected = [
        "response.output_text.delta ×2  東京です",
        'response.function_call_arguments.delta ×1  {"city":',
        "response.completed",
    ]
    assert drawn(events).text.splitlines() == expected
    assert drawn([one.model_dump(mode="json") for one in events]).text.splitlines() == expected
    assert drawn(events[0]).text == "response.output_text.delta ×1  東京"
