"""A tool call as a run step holds it (contract §4): a function's, or one that a built-in tool has done."""

import json
from typing import Any

from mock_endpoint.engine import ToolOutput
from mock_endpoint.models.base import CallDelta, ToolCall
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
    call[tool] |= {**output.details, member: list(output.parts)}
    if tool == "file_search":
        return None
    call[tool] |= {"files": of_code.kept(output.marks)}
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
    found = [{name: value for name, value in each.items() if name != "content"} for each in details.get("results", [])]
    return call | {"file_search": details | {"results": found}}


def searches(steps: list[Json]) -> list[Json]:
    """The searches of a run, in order."""
    calls = [call for step in steps for call in step["step_details"].get("tool_calls", [])]
    return [call for call in calls if call["type"] == "file_search"]


def as_read_by_model(call: Json, search_number: int) -> ToolCall:
    """The call in a later round of its run; `search_number`: how many searches came before it."""
    tool, details = call["type"], call[call["type"]]
    if tool == "function":
        return ToolCall(call["id"], details["name"], details["arguments"], details["output"])
    return ToolCall(call["id"], tool, details.get(_WRITTEN.get(tool, ""), ""), output(call, search_number).text, tool)


def output(call: Json, search_number: int) -> ToolOutput:
    """What a built-in tool gave to this call, read back from its step."""
    details = call[call["type"]]
    parts = details.get(_GIVEN[call["type"]], [])
    if call["type"] == "file_search":
        return ToolOutput(of_search.written(search_number, parts), tuple(parts), of_search.marks(search_number, parts))
    links = of_code.marks(details.get("files", []))
    return ToolOutput(of_code.written(parts, links), tuple(parts), links)


def outputs(steps: list[Json]) -> list[ToolOutput]:
    """What the built-in tools gave to a run so far, in order."""
    calls = [call for step in steps for call in step["step_details"].get("tool_calls", []) if call["type"] in _GIVEN]
    searched = [call["id"] for call in searches(steps)]
    return [output(call, searched.index(call["id"]) if call["id"] in searched else 0) for call in calls]
