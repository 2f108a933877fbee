"""A tool call as a run step holds it (contract §4): a function's, or one that a built-in tool has done."""

import json
from typing import Any

from mock_endpoint.engine import ToolOutput
from mock_endpoint.models.base import Annotation, CallDelta, ToolCall
from mock_endpoint.state.ids import new_id
from mock_endpoint.tools.code_interpreter import results as of_code
from mock_endpoint.tools.file_search import results as of_search

Json = dict[str, Any]

_WRITTEN = {"function": "arguments", "code_interpreter": "input"}
"""The member that holds what the model writes; a step does not show what a search looked for."""
_GIVEN = {"code_interpreter": "outputs", "file_search": "results"}
"""The member that holds what a built-in tool gave back."""


def begun(delta: CallDelta) -> Json:
    """The call that this first piece begins."""
    details: dict[str, Json] = {
        "function": {"name": delta.name, "arguments": "", "output": None},
        "code_interpreter": {"input": "", "outputs": []},
        "file_search": {},
    }
    return {"id": new_id("call"), "type": delta.tool, delta.tool: details[delta.tool]}


def written(call: Json, text: str) -> Json | None:
    """Put the model's next piece into the call; what a stream tells of it, None where it tells nothing."""
    member = _WRITTEN.get(call["type"])
    if not text or member is None:
        return None
    call[call["type"]][member] += text
    return {"type": call["type"], call["type"]: {member: text}}


def answered(call: Json, output: ToolOutput) -> Json | None:
    """Put a built-in tool's output into the call; what a stream tells of it, each part with its place.

    Of a search a stream tells nothing before the step is complete: its schema has an empty object there.
    """
    tool, member = call["type"], _GIVEN[call["type"]]
    call[tool] |= output.details
    if tool == "file_search":
        call[tool][member] = [_as_step_shows(part) for part in output.parts]
        return None
    call[tool] |= {member: list(output.parts), "files": of_code.kept(output.marks)}
    numbered = [{"index": index} | part for index, part in enumerate(output.parts)]
    return {"type": tool, tool: {member: numbered}}


def is_whole(call: Json) -> bool:
    """Whether a function's arguments came to their end: a call that was cut off cannot be answered."""
    if call["type"] != "function":
        return True
    try:
        json.loads(call["function"]["arguments"])
    except ValueError:
        return False
    return True


def required_action(calls: list[Json]) -> Json:
    """What the caller must do before the run goes on: the functions among the calls, without a place for an output."""
    waiting = [
        call | {"function": {name: value for name, value in call["function"].items() if name != "output"}}
        for call in calls
        if call["type"] == "function"
    ]
    return {"type": "submit_tool_outputs", "submit_tool_outputs": {"tool_calls": waiting}}


def with_outputs(calls: list[Json], outputs: dict[str, str]) -> list[Json]:
    """The calls with what the caller's functions gave back, by the call's id."""
    return [
        call | {"function": call["function"] | {"output": outputs[call["id"]]}} if call["id"] in outputs else call
        for call in calls
    ]


def as_shown(step: Json, *, contents: bool) -> Json:
    """A step as its readers see it: `contents` of what was found are for those who asked for them (contract §4), and
    which files code has made is said by the annotations of the answer, not here."""
    calls = step["step_details"].get("tool_calls", [])
    if all(call["type"] == "function" for call in calls):
        return step
    return step | {"step_details": step["step_details"] | {"tool_calls": [_shown(call, contents) for call in calls]}}


def _shown(call: Json, contents: bool) -> Json:
    details = call[call["type"]]
    if call["type"] == "code_interpreter":
        return call | {"code_interpreter": {name: value for name, value in details.items() if name != "files"}}
    if call["type"] == "function" or contents:
        return call
    results = [
        {name: value for name, value in each.items() if name != "content"} for each in details.get("results", [])
    ]
    return call | {"file_search": details | {"results": results}}


def searches(steps: list[Json]) -> list[Json]:
    """The searches of a run, in order."""
    return _calls(steps, "file_search")


def codes(steps: list[Json]) -> list[Json]:
    """The calls of a run that ran code, in order."""
    return _calls(steps, "code_interpreter")


def _calls(steps: list[Json], tool: str) -> list[Json]:
    calls = [call for step in steps for call in step["step_details"].get("tool_calls", [])]
    return [call for call in calls if call["type"] == tool]


def made(call: Json) -> tuple[Annotation, ...]:
    """The links to the files that code has made."""
    return of_code.marks(call["code_interpreter"].get("files", []))


def found(call: Json) -> list[Json]:
    """What a search found, in the form in which the tool gave it as far as a model needs it."""
    return [
        {
            "file_id": each["file_id"],
            "filename": each["file_name"],
            "text": "".join(part["text"] for part in each["content"]),
        }
        for each in call["file_search"].get("results", [])
    ]


def as_read_by_model(call: Json, search_number: int) -> ToolCall:
    """The call in a later round of its run; `search_number`: how many searches came before it."""
    tool, details = call["type"], call[call["type"]]
    if tool == "function":
        return ToolCall(call["id"], details["name"], details["arguments"], details["output"])
    if tool == "file_search":
        return ToolCall(call["id"], tool, "", of_search.written(search_number, found(call)), tool)
    return ToolCall(call["id"], tool, details["input"], of_code.written(details["outputs"], made(call)), tool)


def _as_step_shows(part: Json) -> Json:
    """A result of a search as a step has it (contract §4)."""
    return {
        "file_id": part["file_id"],
        "file_name": part["filename"],
        "score": part["score"],
        "content": [{"type": "text", "text": part["text"]}],
    }
