"""Checks of lesson 08, function calling."""

import json
import sys
from collections.abc import Callable, Iterator, Mapping
from functools import partial

from openai.types.beta.threads import RequiredActionFunctionToolCall, Run
from openai.types.beta.threads.required_action_function_tool_call import Function

from helpers.connection import connect
from helpers.exercises.choosing import chosen
from helpers.exercises.evidence import as_it_is
from helpers.exercises.trying import NotYet, calling
from helpers.traffic import Exchange, recording

_MINUTES_A_KM = 15
_WALKED = 3
"""Kilometres, as the task says."""
_UNFINISHED = {
    "requires_action": "so it still waits for outputs; hand them in",
    "queued": "which is how it looks right after the outputs; follow it to its end",
    "in_progress": "so it is still at work; follow it to its end",
}
"""What a status says about a run that should be completed."""
_BAD_CALLS = {
    "an unknown name": ("get_train", '{"city": "Tokyo"}'),
    "a name that Python itself knows": ("__import__", '{"name": "helpers.exercises.checks.trap"}'),
    "a name of the notebook that is no tool": ("close_the_shop", "{}"),
    "arguments that are no JSON": ("get_weather", '{"city": "Tokyo", "mon'),
    "arguments that are a list": ("get_weather", '["Tokyo", 7]'),
    "a missing argument": ("get_weather", '{"city": "Tokyo"}'),
    "an argument too many": ("convert", '{"yen": 100, "currency": "EUR", "tip": true}'),
    "a value of the wrong kind": ("convert", '{"yen": "many", "currency": "EUR"}'),
    "a city without a table": ("get_weather", '{"city": "Nara", "month": 7}'),
}
"""Calls that a model may write though it should not: what is wrong with one → its name and arguments."""
_GOOD_CALLS = (
    ("convert", '{"yen": 3200, "currency": "EUR"}', "20", "3200 yen are 20 euros"),
    ("get_weather", '{"city": "Tokyo", "month": 7}', "26", "Tokyo has 26 °C in July"),
)
"""A function that returns a text, and one that returns a dictionary: arguments, and what the output has to hold."""
_TRAP = "helpers.exercises.checks.trap"
"""A module that nobody imports, unless `__import__` is really called."""
_ROUNDS: tuple[tuple[str, dict[str, object], int], ...] = (
    ("What is the weather in Osaka in March, and how much is 4800 yen in euros?", {}, 1),
    ("What is the capital of Portugal?", {}, 0),
    ("What is the weather in Kyoto in May, and how much is 6000 yen in dollars?", {"parallel_tool_calls": False}, 2),
)
"""Questions, the options that go with them, and how often their runs at least stop for calls."""


HINTS = {
    "08a": (
        "What does the model get of a function: its code, or a declaration? What has to be in that?",
        "Which argument gives a run tools that Tabi does not have?",
        "What has to happen when the run stops with requires_action? Which function above does all of that?",
    ),
    "08b": (
        "What in a call comes from the model, and could be wrong?",
        "Where do you look a name up, so that nothing else can be called?",
        "Which errors can come from the arguments, and what should the model read in their place?",
    ),
    "08c": (
        "Where does a stream end when the run asks for functions, and how does it go on?",
        "How often can a run ask, and which word repeats something as long as that is so?",
        "The text comes in more than one stream. How do the pieces come together?",
    ),
    "08q": (
        "What exactly did the model hand you when the run stopped: a result, or a wish?",
        "Where does your function's code live, and who could call it there?",
        "What did the service say above to one output out of two?",
    ),
}


def check_08a(run: Run) -> str | None:
    """The run called the function `walk`, as its declaration describes it, and was given what `walk` returns."""
    with connect() as client:
        as_it_is(client, run)
    undeclared = _not_declared(run)
    if undeclared:
        return undeclared
    if run.status != "completed":
        return f"the run is {run.status}, {_UNFINISHED.get(run.status, 'not completed')}"
    return _not_walked(run)


def _not_walked(run: Run) -> str | None:
    """Why this run was not told how long the walk of the task takes."""
    answered = list(_answered(run, "walk"))
    if not answered:
        return "the run did not call walk; ask about a walk of 3 km, or demand walk with tool_choice"
    for arguments, output in answered:
        kilometres = next((value for value in arguments.values() if isinstance(value, int | float)), None)
        if kilometres is None:
            return f"the call came with the arguments {arguments}; declare km as a number, and require it"
        if kilometres != _WALKED:
            return f"the call was for {kilometres} km; ask about a walk of {_WALKED} km"
        if str(round(_MINUTES_A_KM * kilometres)) not in output:
            return f'the output "{output}" is not what walk returns for these arguments; call it, and hand that in'
    return None


def _not_declared(run: Run) -> str | None:
    """Why a model could not know of `walk` from this run's tools."""
    declared = [tool.function for tool in run.tools if tool.type == "function" and tool.function.name == "walk"]
    if not declared:
        return "the run has no function named walk; hand its declaration to the run, or to Tabi before it"
    if not (declared[0].description or "").strip():
        return "the declaration of walk has no description; how should a model know what walk is for?"
    return None


def check_08b(careful: Callable[[RequiredActionFunctionToolCall], object]) -> str | None:
    """Every call gets its output as a string, the bad ones too."""
    for name, arguments, holds, fact in _GOOD_CALLS:
        good = _output(careful, "a good call", name, arguments)
        if holds not in good:
            return f'{fact}, and careful said "{good}"'
    called: list[str] = []
    names = getattr(careful, "__globals__", {})
    names["close_the_shop"] = lambda: called.append("close_the_shop")
    sys.modules.pop(_TRAP, None)
    try:
        for problem, (name, arguments) in _BAD_CALLS.items():
            _output(careful, problem, name, arguments)
            if called or _TRAP in sys.modules:
                return f"{name} was called, which is no function of the table; look names up in FUNCTIONS alone"
    finally:
        del names["close_the_shop"]
    return None


def check_08c(tell: Callable[..., object]) -> str | None:
    """The answer was streamed, also after each round of calls, and `tell` returns its text."""
    for question, options, rounds in _ROUNDS:
        with recording() as passed:
            answer = calling(partial(tell, **options) if options else tell, question)
        if answer is None:
            return "tell returns nothing yet; it should return the text of the answer"
        sent = [one for one in passed if one.method == "POST"]
        reason = _not_streamed(sent, options, rounds) or _not_told(answer, sent)
        if reason:
            with_options = "".join(f", {name}={value}" for name, value in options.items())
            return f'for the question "{question}"{with_options}, {reason}'
    return None


def check_08q(said: object) -> str | None:
    """Who runs the function, and what becomes of a hand-in that lacks an output."""
    return chosen(
        said,
        {"program", "refused"},
        {
            "model": "what does a model write down: a result, or a wish?",
            "endpoint": "does the endpoint have the code of your function?",
            "partial": "what did the service answer to one output out of two?",
            "guessed": "could the service make up what your function would have returned?",
        },
        "two words are asked for: who runs the function, and what happens to an incomplete hand-in?",
    )


def _not_streamed(sent: list[Exchange], options: Mapping[str, object], rounds: int) -> str | None:
    """Why these requests are no streamed conversation with these options and so many rounds of calls."""
    begun = [one for one in sent if one.path.endswith("/runs")]
    handed_in = [one for one in sent if one.path.endswith("/submit_tool_outputs")]
    if not begun:
        return "no run was made"
    if not begun[-1].is_stream:
        return "the run was not streamed; runs.stream does that"
    if not all(one.is_stream for one in handed_in):
        return "the stream ended at the call; submit_tool_outputs_stream opens the next one"
    if not options.items() <= begun[-1].request_json.items():
        return "the options did not reach the run; hand them on to runs.stream"
    return _not_finished(_ended((handed_in or begun)[-1]), len(handed_in), rounds)


def _not_finished(end: str, handed_in: int, rounds: int) -> str | None:
    """Why streams that ended like that, after so many hand-ins, are no whole conversation."""
    if end == "requires_action" and handed_in:
        return "the run asked a second time, and got no outputs; go on for as long as it asks"
    if end != "completed":
        return f"the last stream ended with {end or 'no status'}, not with completed"
    return None if handed_in >= rounds else "no function was called; give Tabi both tools again"


def _not_told(answer: object, sent: list[Exchange]) -> str | None:
    """Why this is not the text that came over the wire."""
    messages = [
        json.loads(event.data) for one in sent for event in one.events if event.name == "thread.message.completed"
    ]
    written = "".join(part["text"]["value"] for message in messages for part in message["content"])
    if not isinstance(answer, str):
        return f"tell returned {type(answer).__name__}; the text of the answer is asked for"
    return None if answer.strip() == written.strip() else "tell did not return the text that came in the streams"


def _ended(stream: Exchange) -> str:
    """The last status of the run in a stream; empty when there was none."""
    names = [event.name for event in stream.events if event.name.startswith("thread.run.")]
    return next((name.rpartition(".")[2] for name in reversed(names) if ".step." not in name), "")


def _answered(run: Run, name: str) -> Iterator[tuple[dict[str, object], str]]:
    """Arguments and output of each call of this function in the run's steps."""
    with connect() as client:
        steps = list(client.beta.threads.runs.steps.list(run.id, thread_id=run.thread_id))
    for step in steps:
        if step.step_details.type != "tool_calls":
            continue
        for call in step.step_details.tool_calls:
            if call.type == "function" and call.function.name == name:
                yield json.loads(call.function.arguments), call.function.output or ""


def _output(
    careful: Callable[[RequiredActionFunctionToolCall], object], problem: str, name: str, arguments: str
) -> str:
    """The string that `careful` makes of a call; `NotYet` when it makes something else of it."""
    call = RequiredActionFunctionToolCall(
        id=f"call_{'0' * 24}", type="function", function=Function(name=name, arguments=arguments)
    )
    try:
        output = calling(careful, call)
    except NotYet as reason:
        if reason.__cause__ is None:
            raise
        raise NotYet(f"{type(reason.__cause__).__name__} was raised for {problem}: {name} {arguments}") from reason
    if isinstance(output, dict) and "output" in output:
        raise NotYet(f"a whole entry for submit_tool_outputs was returned for {problem}; return its output alone")
    if output is None:
        raise NotYet(f"nothing was returned for {problem}: {name} {arguments}")
    if isinstance(output, str) and "Traceback (most recent call last)" in output:
        raise NotYet(f"for {problem} the output is a traceback, and the model may repeat it to anybody; say less")
    if not isinstance(output, str) or not output:
        raise NotYet(f"an output is a string with something in it, and for {problem} it is {output!r}")
    return output
