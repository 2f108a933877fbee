"""Functions behind an OpenAI-compatible server: what is asked, and the many ways in which servers call."""

import json
from dataclasses import replace
from typing import Any

import pytest
from support.model_servers import DONE, USAGE, WHOLE, answered, called, calling, chunk

from mock_endpoint.models import tokens
from mock_endpoint.models.base import CallDelta, Event, Failed, Finished, Prompt, TextDelta, ToolCall, Turn
from mock_endpoint.models.chat_request import AS_FUNCTIONS

TIDE = {
    "type": "function",
    "function": {
        "name": "get_tide",
        "description": "How high the water stands",
        "parameters": {"type": "object", "properties": {"harbour": {"type": "string"}}, "required": ["harbour"]},
        "strict": True,
    },
}
BELL = {"type": "function", "function": {"name": "ring_bell", "description": None, "parameters": None, "strict": None}}
ONLY_BELL = {"type": "function", "function": {"name": "ring_bell"}}
INTERPRETER = {"type": "code_interpreter"}
CODE = {"type": "function", "function": AS_FUNCTIONS["code_interpreter"]}
ASKED = (Turn("user", "How high is the tide in Brest?"),)
CALLING = Prompt("gpt-4", "", ASKED, tools=(TIDE, BELL, INTERPRETER))
BREST, DOVER = '{"harbour":"Brest"}', '{"harbour": "Dover"}'


@pytest.mark.parametrize(
    ("given", "sent"),
    [
        pytest.param({}, {"tools": [TIDE, ONLY_BELL, CODE]}, id="functions as given, and code as one"),
        pytest.param(
            {"tools": (INTERPRETER,), "tool_choice": "required"},
            {"tools": [CODE], "tool_choice": "required"},
            id="only built-in tools",
        ),
        pytest.param({"tools": ({"type": "web_search"},), "tool_choice": "required"}, {}, id="tools of nobody here"),
        pytest.param({"tools": (), "tool_choice": "none", "parallel_tool_calls": False}, {}, id="no tools"),
        *(
            pytest.param(
                {"tools": (BELL,), "tool_choice": choice}, {"tools": [ONLY_BELL], "tool_choice": choice}, id=str(choice)
            )
            for choice in ("none", "required", {"type": "function", "function": {"name": "ring_bell"}})
        ),
        pytest.param(
            {"tools": (BELL, INTERPRETER), "tool_choice": INTERPRETER},
            {
                "tools": [ONLY_BELL, CODE],
                "tool_choice": {"type": "function", "function": {"name": "code_interpreter"}},
            },
            id="a built-in tool forced",
        ),
        pytest.param(
            {"tools": (BELL,), "parallel_tool_calls": False},
            {"tools": [ONLY_BELL], "parallel_tool_calls": False},
            id="not parallel",
        ),
    ],
)
def test_tools_are_passed_on(given: dict[str, Any], sent: dict[str, Any]) -> None:
    """Contract §3.5: the function tools and how they may be used; what says nothing new is left out."""
    _, (body,) = answered(WHOLE, prompt=replace(CALLING, **given))
    names = {"tools", "tool_choice", "parallel_tool_calls"}
    assert {name: value for name, value in body.items() if name in names} == sent


def test_file_search_is_a_function_to_them() -> None:
    """It is declared as one, may be demanded, and what the model calls by its name is the endpoint's to run."""
    search = {"type": "file_search"}
    prompt = replace(CALLING, tools=(BELL, search), tool_choice=search)
    queries = '{"queries": ["tide"]}'
    events, (body,) = answered(
        [calling(called("file_search", queries, 0, "c1")), chunk(finish="tool_calls"), DONE], prompt=prompt
    )
    assert [tool["function"]["name"] for tool in body["tools"]] == ["ring_bell", "file_search"]
    assert body["tool_choice"] == {"type": "function", "function": {"name": "file_search"}}
    calls = [event for event in events if isinstance(event, CallDelta)]
    assert {call.tool for call in calls} == {"file_search"}
    assert "".join(call.arguments for call in calls) == queries
    named_so = {"type": "function", "function": {"name": "file_search"}}
    events, _ = answered(
        [calling(called("file_search", "{}", 0, "c1")), chunk(finish="tool_calls"), DONE],
        prompt=replace(CALLING, tools=(named_so, search)),
    )
    assert [event.tool for event in events if isinstance(event, CallDelta)] == ["function"]


def test_code_is_taken_out_of_its_object() -> None:
    """In one piece, however the server cuts it; what was run goes back as the model wrote it, and files are named."""
    written = json.dumps({"code": 'print("あ")\n1 + 1'})
    pieces = [calling(called("code_interpreter", written[:9], 0, "c1")), calling(called(None, written[9:], 0))]
    ran = Turn("assistant", "", calls=(ToolCall("call_a", "code_interpreter", "1 + 1", "2", "code_interpreter"),))
    prompt = replace(CALLING, turns=(*ASKED, ran), files=("tide.csv",))
    events, (body,) = answered([*pieces, chunk(finish="tool_calls"), DONE], prompt=prompt)
    calls = [event for event in events if isinstance(event, CallDelta)]
    assert (calls[0].name, {call.tool for call in calls}) == ("code_interpreter", {"code_interpreter"})
    assert "".join(call.arguments for call in calls) == 'print("あ")\n1 + 1'
    (before,) = body["messages"][-2]["tool_calls"]
    assert json.loads(before["function"]["arguments"]) == {"code": "1 + 1"}
    assert body["messages"][-1]["content"] == "2"
    assert "tide.csv" in body["tools"][-1]["function"]["description"]


def test_calls_and_outputs_are_passed_on() -> None:
    """One round is one message that asks for all functions, then one message for each output."""
    calls = (ToolCall("call_a", "get_tide", BREST, "4.1 m"), ToolCall("call_b", "ring_bell", "{}", ""))
    _, (body,) = answered(WHOLE, prompt=replace(CALLING, turns=(*ASKED, Turn("assistant", "", calls=calls))))
    assert body["messages"][1:] == [
        {
            "role": "assistant",
            "content": None,
            "tool_calls": [
                {"id": "call_a", "type": "function", "function": {"name": "get_tide", "arguments": BREST}},
                {"id": "call_b", "type": "function", "function": {"name": "ring_bell", "arguments": "{}"}},
            ],
        },
        {"role": "tool", "tool_call_id": "call_a", "content": "4.1 m"},
        {"role": "tool", "tool_call_id": "call_b", "content": ""},
    ]


def test_a_server_without_parallel_tool_calls() -> None:
    """Given up like the others; then the first of several calls is kept, so that the caller gets what was asked for."""
    both = [calling(called("get_tide", BREST, 0), called("get_tide", DOVER, 1), finish="tool_calls"), USAGE, DONE]
    prompt = replace(CALLING, parallel_tool_calls=False)
    seen, bodies = answered((400, "Unrecognized request argument: parallel_tool_calls"), both, prompt=prompt)
    assert seen == [CallDelta(0, BREST, "get_tide"), Finished("tool_calls", 11, 2)]
    assert ["parallel_tool_calls" in body for body in bodies] == [True, False]
    assert "tools" in bodies[1]


@pytest.mark.parametrize("field", ["tools", "tool_choice", "response_format"])
def test_what_is_never_given_up(field: str) -> None:
    """Without it the answer would only pretend to be what was asked for: the run fails in the server's words."""
    prompt = replace(CALLING, tool_choice="required", response_format={"type": "json_object"})
    seen, bodies = answered((400, f"this model does not support {field}"), prompt=prompt)
    assert seen == [
        Failed("invalid_prompt", f"The model server refused the request (400): this model does not support {field}")
    ]
    assert len(bodies) == 1


FIRST = called("get_tide", "", 0, "c_a")
TOGETHER = [("get_tide", BREST), ("get_tide", DOVER)]
CALLS = {
    "OpenAI: numbered pieces": (
        [
            calling(FIRST),
            calling(called(None, '{"harbour":', 0)),
            calling(called(None, '"Brest"}', 0)),
            calling(called("get_tide", "", 1, "c_b")),
            calling(called(None, DOVER, 1)),
        ],
        TOGETHER,
    ),
    "whole calls without number and id": ([calling(called("get_tide", BREST), called("get_tide", DOVER))], TOGETHER),
    "whole calls in a chunk each, without number and id": (
        [calling(called("get_tide", BREST)), calling(called("get_tide", DOVER))],
        TOGETHER,
    ),
    "every call numbered 0, with ids": (
        [calling(called("get_tide", BREST, 0, "c_a"), called("get_tide", BREST, 0, "c_b"))],
        [("get_tide", BREST), ("get_tide", BREST)],
    ),
    "every call numbered 0, in pieces": (
        [
            calling(FIRST),
            calling(called(None, BREST, 0)),
            calling(called("get_tide", "", 0, "c_b")),
            calling(called(None, DOVER, 0)),
        ],
        TOGETHER,
    ),
    "every call numbered 0, empty ids": (
        [calling(called("get_tide", BREST, 0, "")), calling(called("get_tide", BREST, 0, ""))],
        [("get_tide", BREST), ("get_tide", BREST)],
    ),
    "every call numbered 0, no parameters": (
        [calling(called("ring_bell", "", 0)), calling(called("get_tide", BREST, 0))],
        [("ring_bell", "{}"), ("get_tide", BREST)],
    ),
    "numbers that begin at 3 and have gaps": (
        [calling(called("get_tide", BREST, 3)), calling(called("get_tide", DOVER, 7))],
        TOGETHER,
    ),
    "the name in every piece": (
        [calling(FIRST), calling(called("get_tide", '{"harbour":', 0, "c_a")), calling(called("get_tide", '"B"}', 0))],
        [("get_tide", '{"harbour":"B"}')],
    ),
    "the name in every piece, without number and id": (
        [
            calling(called("get_tide", '{"harbour":')),
            calling(called("get_tide", '"B"}')),
            calling(called("get_tide", "")),
        ],
        [("get_tide", '{"harbour":"B"}')],
    ),
    "another id in every piece": (
        [calling(FIRST), calling(called(None, BREST[:5], 0, "c_x")), calling(called(None, BREST[5:], 0, "c_y"))],
        [("get_tide", BREST)],
    ),
    "ids instead of numbers, mixed": (
        [
            calling(called("get_tide", BREST[:5], id="c_a"), called("get_tide", DOVER[:7], id="c_b")),
            calling(called(None, BREST[5:], id="c_a"), called(None, DOVER[7:], id="c_b")),
        ],
        TOGETHER,
    ),
    "an id before the name": (
        [calling({"index": 0, "id": "c_a"}), calling(called("get_tide", BREST, 0))],
        TOGETHER[:1],
    ),
    "no arguments": ([calling(called("ring_bell"))], [("ring_bell", "{}")]),
    "empty arguments": ([calling(called("ring_bell", "", 0, "c_a"))], [("ring_bell", "{}")]),
    "null for arguments": (
        [calling(called("ring_bell", "nu", 0)), calling(called(None, "ll", 0))],
        [("ring_bell", "{}")],
    ),
    "arguments that are no text": (
        [calling(called("get_tide", {"harbour": "Brest"}))],
        [("get_tide", '{"harbour": "Brest"}')],
    ),
    "mixed pieces": (
        [
            calling(called("get_tide", BREST[:4], 0), called("get_tide", DOVER[:9], 1), called("ring_bell", "", 2)),
            calling(called(None, DOVER[9:], 1)),
            calling(called(None, "{}", 2)),
            calling(called(None, BREST[4:], 0)),
        ],
        [*TOGETHER, ("ring_bell", "{}")],
    ),
    "the older function_call": (
        [
            chunk(choices=[{"index": 0, "delta": {"function_call": piece}, "finish_reason": None}])
            for piece in ({"name": "get_tide", "arguments": ""}, {"arguments": BREST[:5]}, {"arguments": BREST[5:]})
        ],
        [("get_tide", BREST)],
    ),
}


def calls_in(seen: list[Event]) -> list[tuple[str, str]]:
    """Name and arguments of each call, after a look at the order: contiguous, one after the other, one name each."""
    pieces = [event for event in seen if isinstance(event, CallDelta)]
    order = [piece.index for piece in pieces]
    assert order == sorted(order)
    assert [piece.index for piece in pieces if piece.name] == list(range(len(set(order))))
    assert all(piece.name or piece.arguments for piece in pieces)
    of_call = [[piece for piece in pieces if piece.index == number] for number in range(len(set(order)))]
    return [(call[0].name, "".join(piece.arguments for piece in call)) for call in of_call]


@pytest.mark.parametrize("case", CALLS)
def test_calls(case: str) -> None:
    """However a server sends its calls: the same calls, whose arguments parse (contract §12, line 18)."""
    lines, calls = CALLS[case]
    seen, _ = answered([*lines, chunk(finish="tool_calls"), USAGE, DONE], prompt=CALLING)
    assert calls_in(seen) == calls
    assert all(isinstance(json.loads(arguments), dict) for _, arguments in calls)
    assert seen[-1] == Finished("tool_calls", 11, 2)


@pytest.mark.parametrize("finish", ["stop", "function_call"])
def test_other_words_for_the_end(finish: str) -> None:
    """Ollama, and any server whose call was forced, says `stop`; older ones say `function_call`."""
    seen, _ = answered([calling(called("get_tide", BREST, 0), finish=finish), USAGE, DONE], prompt=CALLING)
    assert seen == [CallDelta(0, BREST, "get_tide"), Finished("tool_calls", 11, 2)]


def test_a_call_is_passed_on_as_it_arrives() -> None:
    """Each piece of the call whose turn it is, at once; the next call as soon as that one is whole."""
    lines, _ = CALLS["OpenAI: numbered pieces"]
    seen, _ = answered([*lines, chunk(finish="tool_calls"), USAGE, DONE], prompt=CALLING)
    assert seen[:-1] == [
        CallDelta(0, "", "get_tide"),
        CallDelta(0, '{"harbour":'),
        CallDelta(0, '"Brest"}'),
        CallDelta(1, "", "get_tide"),
        CallDelta(1, DOVER),
    ]


@pytest.mark.parametrize(
    ("before", "after", "heard"),
    [
        (["Let me", "\n", "see."], [], ["Let me", "\nsee."]),
        (["\n", "\n"], [" "], []),
        (["Let me see.", "\n\n"], ["\n"], ["Let me see."]),
        (["Let me see."], ["Wait."], ["Let me see."]),
    ],
)
def test_text_before_a_call(before: list[str], after: list[str], heard: list[str]) -> None:
    """The text is passed on; the empty lines around a call are no text, and after a call nothing is said."""
    texts, late = map(chunk, before), map(chunk, after)
    seen, _ = answered(
        [*texts, calling(called("ring_bell", "{}", 0)), *late, chunk(finish="stop"), DONE], prompt=CALLING
    )
    assert seen[:-1] == [*map(TextDelta, heard), CallDelta(0, "{}", "ring_bell")]


def test_calls_that_the_server_does_not_count() -> None:
    """The kit's own rule counts text, names and arguments."""
    seen, _ = answered(
        [chunk("Kingfisher"), calling(called("get_tide", BREST)), chunk(finish="stop"), DONE], prompt=CALLING
    )
    cost = tokens.count("Kingfisher") + tokens.count("get_tide") + tokens.count(BREST)
    assert seen[-1] == Finished("tool_calls", tokens.of_prompt(CALLING), cost)


BAD = "Run it again, or choose a model that is better at calling functions."
NO_OBJECT = f"The model wrote arguments for the function 'get_tide' that are not a JSON object. {BAD}"


@pytest.mark.parametrize(
    ("pieces", "said"),
    [
        ([called("get_tide", '{"harbour": Brest}', 0)], NO_OBJECT),
        ([called("get_tide", '["Brest"]', 0)], NO_OBJECT),
        ([called("get_tide", '{"harbour":', 0), called("ring_bell", "{}", 1)], NO_OBJECT),
        ([called("get_tide", BREST, 0), called("ring_bell", "{}", 1), called(None, "}", 0)], NO_OBJECT),
        ([called("get_tide", '{"a":' * 100_000 + "1" + "}" * 100_000, 0)], NO_OBJECT),
        (
            [called("get_tides", BREST, 0)],
            f"The model called the function 'get_tides', which this run does not declare. {BAD}",
        ),
        ([called(None, BREST, 0)], f"The model asked for a function without naming it. {BAD}"),
    ],
    ids=["no JSON", "no object", "cut off", "more after its end", "too deep", "not declared", "no name"],
)
def test_bad_calls(pieces: list[dict[str, Any]], said: str) -> None:
    """A call that nobody could carry out fails the run in a sentence."""
    seen, _ = answered([*map(calling, pieces), chunk(finish="tool_calls"), USAGE, DONE], prompt=CALLING)
    assert seen[-1] == Failed("server_error", said)


def test_a_stream_left_in_the_middle(caplog: pytest.LogCaptureFixture) -> None:
    """After a bad call nobody reads on, and nothing is left open that the event loop would complain about."""
    rambling = [calling(called("get_tides", BREST, 0)), *[chunk("x" * 1000)] * 20, chunk(finish="tool_calls"), DONE]
    for _ in range(4):
        (failed,), _ = answered(rambling, prompt=CALLING)
        assert isinstance(failed, Failed)
    assert not [record.getMessage() for record in caplog.records if record.levelname == "ERROR"]


def test_a_call_that_was_forbidden() -> None:
    """Not every server keeps to `tool_choice`, and the caller expects no call."""
    called_it = [calling(called("get_tide", BREST, 0)), chunk(finish="tool_calls"), DONE]
    (failed,) = answered(called_it, prompt=replace(CALLING, tool_choice="none"))[0]
    assert failed == Failed(
        "server_error", f"The model called the function 'get_tide', although tool_choice is 'none'. {BAD}"
    )


def test_a_call_cut_by_the_limit() -> None:
    """The answer is cut, not wrong: the half call is nobody's to carry out."""
    lines = [chunk("\n"), calling(called("get_tide", BREST[:5], 0)), chunk(finish="length"), USAGE, DONE]
    seen, _ = answered(lines, prompt=CALLING)
    assert seen == [CallDelta(0, BREST[:5], "get_tide"), Finished("length", 11, 2)]


def test_a_call_that_was_announced_only() -> None:
    """The server says that it calls, and sends no call."""
    seen, _ = answered([chunk("So"), chunk(finish="tool_calls"), DONE], prompt=CALLING)
    assert seen[-1] == Failed("server_error", "The model server announced a function call, but sent none.")
