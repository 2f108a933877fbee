"""Checks of lesson 12, the move to Responses."""

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from functools import partial
from typing import Any

from openai import BadRequestError, NotFoundError

from helpers.connection import connect
from helpers.exercises.choosing import chosen
from helpers.exercises.evidence import brief
from helpers.exercises.trying import calling
from helpers.traffic import Exchange, recording
from helpers.traffic.log import parsed

_TOOL = {"type": "function", "name": "get_rain", "description": "Rainfall of a city in Japan in one month."}
"""What a flat declaration of 12a keeps."""
_ASKED = "How much rain falls in Osaka in June?"
_FITS: tuple[tuple[dict[str, object], bool, str], ...] = (
    ({"city": "Osaka", "month": 6, "unit": None}, True, "a call that leaves unit open, with null"),
    ({"city": "Osaka", "month": 6, "unit": "inch"}, True, "a call with the unit inch"),
    ({"city": "Osaka", "month": 6, "unit": "litres"}, False, "a call with the unit litres"),
    ({"city": None, "month": 6, "unit": "mm"}, False, "a call without a city, null in its place,"),
    ({"city": "Osaka", "month": None, "unit": "mm"}, False, "a call without a month, null in its place,"),
    ({"city": "Osaka", "month": "June", "unit": "mm"}, False, "a call with the month in letters"),
)
"""Arguments, and whether the schema of 12a has to take them."""
_SAID = [("user" if number % 2 == 0 else "assistant", f"remark {number}") for number in range(104)]
"""What is said in the conversation of 12b, which is longer than any page."""
_MOST_ITEMS = 20
"""Items that one call takes."""
_TOOLS = ("get_weather", "convert")
"""The tools of 12c."""
_ROUNDS: tuple[tuple[str, dict[str, object], int], ...] = (
    ("What is the weather in Osaka in March, and how much is 4800 yen in euros?", {}, 1),
    ("What is the capital of Portugal?", {}, 0),
    ("What is the weather in Kyoto in May, and how much is 6000 yen in dollars?", {"parallel_tool_calls": False}, 2),
)
"""Questions, the options that go with them, and how often their responses at least ask for calls."""

HINTS = {
    "12a": (
        "Which level of the old declaration is gone, and where do its members stand now?",
        "Which properties does a strict schema want in required? And how can one of them still be left open?",
        "null has to fit all that the schema of unit says. Does it fit its type, and does it fit its enum?",
    ),
    "12b": (
        "In which order does the list come, and which argument turns it round?",
        "What does a conversation with functions hold beside messages, and which field tells them apart?",
        "How many items has one page, and what turns the pages by itself?",
    ),
    "12c": (
        "How does a response say that it wants a function, when its status is completed as always?",
        "Which arguments has your first call? Has your second one all of them as well?",
        "How often can it ask, and which word repeats something as long as that is so?",
    ),
    "12q": (
        "What came of the capital letters in the second answer of the chain?",
        "Does anything wait for you when a response has asked for a function?",
    ),
}


def check_12a(strict_tool: Mapping[str, Any]) -> str | None:
    """The service takes the declaration as strict, and its schema what the old one took, with null for nothing."""
    if not isinstance(strict_tool, Mapping):
        return f"this is {type(strict_tool).__name__}; a declaration is asked for, a dictionary"
    if "function" in strict_tool:
        return 'the declaration is still nested; what is in the box "function" now stands one level higher'
    changed = [key for key, value in _TOOL.items() if strict_tool.get(key) != value]
    if changed:
        return f"its {changed[0]} is {strict_tool.get(changed[0])!r}; nothing but the form should change"
    with connect(api="v1") as client:
        try:
            # pyrefly: ignore[no-matching-overload]
            response = client.responses.create(model="gpt-4o", input=_ASKED, tools=[dict(strict_tool)])
        except BadRequestError as error:
            return f"the service refuses it: {_sentence(error)}"
    declared: dict[str, Any] = response.tools[0].to_dict()
    if declared.get("strict") is not True:
        return "strict is switched off; that is the quick way out, and here the other one is asked for"
    return _not_fitting(declared["parameters"])


def check_12b(transcript: Callable[[str], object]) -> str | None:
    """Every message of a long conversation with calls in it, oldest first, each with all of its text."""
    with connect(api="v1") as client:
        conversation = client.conversations.create()
        try:
            items = _remembered()
            for start in range(0, len(items), _MOST_ITEMS):
                client.conversations.items.create(conversation.id, items=items[start : start + _MOST_ITEMS])
            told = calling(transcript, conversation.id)
        finally:
            with suppress(NotFoundError):
                client.conversations.delete(conversation.id)
    return _not_the_transcript(told)


def check_12c(ask: Callable[..., object]) -> str | None:
    """Each response was told who answers and with what, each call got its output, and the last text came back."""
    for question, options, rounds in _ROUNDS:
        with recording() as passed:
            answer = calling(partial(ask, **options) if options else ask, question)
        if answer is None:
            return "ask returns nothing yet; it should return the text of the answer"
        reason = _not_carried(passed, options) or _not_finished(_answers(passed), rounds) or _not_told(answer, passed)
        if reason:
            with_options = "".join(f", {name}={value}" for name, value in options.items())
            return f'for the question "{question}"{with_options}, {reason}'
    return None


def check_12q(said: object) -> str | None:
    """What a chain carries on, and how a response ends that asks for a function."""
    return chosen(
        said,
        {"none", "completed"},
        {
            "first": "were there capital letters in the second answer of that chain?",
            "stored": "is there an assistant that the service could look them up in?",
            "requires_action": "does anything still wait for you, or is the response over?",
            "in_progress": "what did response.status print when the function was asked for?",
        },
        "two words are asked for: which instructions count, and which status it is?",
    )


def _sentence(error: BadRequestError) -> str:
    body = error.body if isinstance(error.body, dict) else {}
    return str(body.get("message", error))


def _not_fitting(schema: dict[str, Any]) -> str | None:
    """Why this schema is not the old one with a unit that may be null."""
    names = sorted(schema.get("properties", {}))
    if names != ["city", "month", "unit"]:
        return f"its properties are {', '.join(names) or 'none'}; city, month and unit are asked for"
    for arguments, fits, what in _FITS:
        written, refused = json.dumps(arguments), _refusal(schema, arguments)
        if fits and refused:
            return f"{what} does not fit its schema: {written}, because {refused}"
        if not fits and not refused:
            return f"{what} fits its schema: {written}; what does the schema of it say?"
    return None


def _refusal(schema: dict[str, Any], arguments: dict[str, object]) -> str:
    """What the schema has against these arguments; empty where it takes them."""
    import jsonschema  # takes a second, so only this exercise pays

    wrong = next(jsonschema.Draft202012Validator(schema).iter_errors(arguments), None)
    return f"{'.'.join(map(str, wrong.path)) or 'the whole'}: {wrong.message}"[:160] if wrong else ""


def _remembered() -> list[Any]:
    """The items of a conversation: remarks, one of them in two parts, and a call with its output among them."""
    items: list[Any] = [{"role": role, "content": text} for role, text in _SAID]
    first, second = _SAID[2][1].split(" ")
    parts = [{"type": "input_text", "text": f"{first} "}, {"type": "input_text", "text": second}]
    items[2] = {"role": "user", "content": parts}
    call = {"type": "function_call", "call_id": "call_rain", "name": "get_rain", "arguments": "{}"}
    output = {"type": "function_call_output", "call_id": "call_rain", "output": "150 mm"}
    return [*items[:5], call, output, *items[5:]]


def _not_the_transcript(told: object) -> str | None:
    """Why this is not what was said in the conversation of 12b."""
    if not isinstance(told, (list, tuple)):
        what = "nothing" if told is None else type(told).__name__
        return f"transcript returned {what}; a list is asked for"
    pairs = [tuple(each) if isinstance(each, (list, tuple)) else each for each in told]
    strange = next((each for each in pairs if not isinstance(each, tuple) or len(each) != 2), None)
    if strange is not None:
        return f"one of its entries is {brief(repr(strange))}; each is a pair of role and text"
    if pairs == list(reversed(_SAID)):
        return "the newest comes first; the oldest should"
    if len(pairs) < len(_SAID):
        return f"it has {len(pairs)} of the {len(_SAID)} messages of a long conversation; where are the others?"
    if len(pairs) > len(_SAID):
        return f"it has {len(pairs)} entries, and the conversation only {len(_SAID)} messages; what else does it hold?"
    wrong = next(((one, other) for one, other in zip(pairs, _SAID, strict=True) if one != other), None)
    return f"it has {wrong[0]!r} where {wrong[1]!r} was said" if wrong else None


def _requests(sent: Iterable[Exchange]) -> list[Exchange]:
    return [one for one in sent if one.method == "POST" and one.path.endswith("/responses")]


def _answers(sent: Iterable[Exchange]) -> list[dict[str, Any]]:
    """The responses that these exchanges brought, each as it ended."""
    return [found for one in _requests(sent) if (found := _answer(one))]


def _answer(exchange: Exchange) -> dict[str, Any]:
    if not exchange.is_stream:
        body = exchange.response_json
        return body if isinstance(body, dict) and body.get("object") == "response" else {}
    ends = (parsed(event.data) for event in exchange.events if event.name == "response.completed")
    return next((end["response"] for end in ends if isinstance(end, dict)), {})


def _not_carried(sent: Iterable[Exchange], options: Mapping[str, object]) -> str | None:
    """Why not each request for a response said who answers, with which tools and options."""
    requests = [one.request_json or {} for one in _requests(sent)]
    if not requests:
        return "no response was asked for"
    for number, body in enumerate(requests, start=1):
        which = f"call {number} of {len(requests)}"
        if not body.get("instructions"):
            return f"{which} went without instructions; who brings them to the later calls?"
        if not body.get("tools"):
            return f"{which} went without tools; with what could the model ask again?"
        missing = set(_TOOLS) - {tool.get("name") for tool in body["tools"]}
        if missing:
            return f"{which} went without {' and '.join(sorted(missing))}; TOOLS holds two functions"
        if not options.items() <= body.items():
            return f"the options did not reach {which}; hand them on to every one"
    return None


def _not_finished(responses: Sequence[Mapping[str, Any]], rounds: int) -> str | None:
    """Why these responses are no conversation that came to its end, after so many rounds of calls."""
    if not responses or responses[-1]["status"] != "completed":
        return "the last response is not completed; was it refused, or did nobody read it?"
    asking = [one for one in responses if _calls_in(one)]
    if _calls_in(responses[-1]):
        often = "a second time" if len(asking) > 1 else "for a function"
        return f"the response asked {often}, and got no output; go on for as long as it asks"
    return None if len(asking) >= rounds else "no function was called; do the tools of TOOLS go with the call?"


def _calls_in(response: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    return [item for item in response["output"] if item["type"] == "function_call"]


def _not_told(answer: object, sent: Iterable[Exchange]) -> str | None:
    """Why this is not the text of the last response."""
    if not isinstance(answer, str):
        return f"ask returned {type(answer).__name__}; the text of the answer is asked for"
    messages = [item for item in _answers(sent)[-1]["output"] if item["type"] == "message"]
    written = "".join(part.get("text", "") for item in messages for part in item["content"])
    return None if answer.strip() == written.strip() else f'ask returned "{brief(answer)}", not the text of the answer'
