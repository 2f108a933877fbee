"""What a response shows its model: its settings, and the items of its history as turns of a conversation."""

import json
from collections.abc import Iterator
from itertools import groupby
from typing import Any

from mock_endpoint import errors
from mock_endpoint.fitting import fit
from mock_endpoint.models import tokens
from mock_endpoint.models.base import Image, Prompt, ToolCall, Turn
from mock_endpoint.responses import built_in
from mock_endpoint.responses.compaction import unpacked
from mock_endpoint.schemas.built_in_calls import FORMS, TOOL_OF
from mock_endpoint.schemas.response_tools import echo

Json = dict[str, Any]

CUSTOM_INPUT = "input"
"""A model is offered a custom tool as a function with this one parameter: any model can call that."""
WINDOW = 128_000
"""Tokens that a model reads for one answer."""
_CALLS = ("function_call", "custom_tool_call")
_OUTPUTS = ("function_call_output", "custom_tool_call_output")
_LEADING = ("system", "developer")


def prompt_of(asked: Json, items: list[Json]) -> Prompt:
    """The prompt for a response, or for a request that asks for one; `items` are its history and its own input."""
    choice = _choice(asked.get("tool_choice", "auto"))
    leading = [_text(item) for item in items if item["type"] == "message" and item["role"] in _LEADING]
    return Prompt(
        model=asked.get("model", ""),
        instructions="\n".join(filter(None, (asked.get("instructions"), *leading))),
        turns=tuple(_turns(items)),
        tools=tuple(_neutral(echo(tool)) for tool in allowed(asked)),
        tool_choice=choice,
        parallel_tool_calls=asked.get("parallel_tool_calls", True),
        max_tool_calls=asked.get("max_tool_calls"),
        response_format=_format(asked.get("text", {}).get("format", {"type": "text"})),
        temperature=asked.get("temperature"),
        top_p=asked.get("top_p"),
        max_completion_tokens=asked.get("max_output_tokens"),
    )


def fitted(prompt: Prompt, asked: Json) -> Prompt:
    """The prompt if a model can read it; longer ones lose their oldest turns with `truncation: "auto"`, and are
    refused otherwise (contract-successor §6)."""
    if len(prompt.instructions) + sum(map(_characters, prompt.turns)) < WINDOW // 2:
        return prompt  # no need to count: a token has a character at least
    if asked.get("truncation") == "auto":
        short = fit(prompt, WINDOW)
    else:
        short = prompt if tokens.of_prompt(prompt) <= WINDOW else None
    if short is None:
        message = "Your input exceeds the context window of this model. Please adjust your input and try again."
        raise errors.invalid(message, "input", "context_length_exceeded")
    return short


def _characters(turn: Turn) -> int:
    called = sum(len(call.arguments) + len(call.output) for call in turn.calls)
    return len(turn.text) + called + tokens.PER_MESSAGE


def allowed(asked: Json) -> list[Json]:
    """The declared tools that may be called."""
    tools: list[Json] = asked.get("tools", [])
    choice = asked.get("tool_choice", "auto")
    if isinstance(choice, str) or choice["type"] != "allowed_tools":
        return tools
    names = [(each.get("type"), each.get("name")) for each in choice["tools"]]
    return [tool for tool in tools if (tool["type"], tool.get("name")) in names]


def _choice(choice: Any) -> str | Json:  # noqa: ANN401
    """The choice among the allowed tools in the neutral form."""
    if isinstance(choice, str):
        return choice
    if choice["type"] == "allowed_tools":
        return str(choice["mode"])
    if choice["type"] in FORMS:
        return {"type": choice["type"]}
    return {"type": "function", "function": {"name": choice["name"]}}


def _neutral(tool: Json) -> Json:
    """The tool in the neutral form; a custom tool as a function."""
    if tool["type"] in FORMS:
        return {"type": tool["type"]}
    if tool["type"] == "function":
        names = ("name", "description", "parameters", "strict")
        return {"type": "function", "function": {name: tool[name] for name in names if tool.get(name) is not None}}
    form = tool.get("format") or {"type": "text"}
    given: Json = {"type": "string"}
    if form.get("syntax") == "regex":
        given["pattern"] = form.get("definition", "")
    elif form.get("definition"):
        given["description"] = f"A text that this grammar allows:\n{form['definition']}"
    schema = {"type": "object", "properties": {CUSTOM_INPUT: given}, "required": [CUSTOM_INPUT]}
    described = {"description": tool["description"]} if tool.get("description") else {}
    return {"type": "function", "function": {"name": tool["name"], **described, "parameters": schema}}


def _format(asked: Json) -> str | Json:
    if asked["type"] == "text":
        return "auto"
    if asked["type"] == "json_object":
        return asked
    return {
        "type": "json_schema",
        "json_schema": {name: value for name, value in asked.items() if name != "type" and value is not None},
    }


def _turns(items: list[Json]) -> Iterator[Turn]:
    """The conversation. Calls that stand side by side were made at once; each comes with its output."""
    outputs = {item["call_id"]: item["output"] for item in items if item["type"] in _OUTPUTS}
    made = dict(built_in.calls(items))
    for kind, group in groupby((item for item in items if item["type"] not in _OUTPUTS), _kind):
        if kind == "calls":
            yield Turn(
                "assistant",
                "",
                calls=tuple(made.get(item["id"]) or _call(item, outputs[item["call_id"]]) for item in group),
            )
        elif kind in ("user", "assistant"):
            yield from (_turn(item) for item in group)
        elif kind == "compaction":
            yield from (Turn("assistant", unpacked(item["encrypted_content"])) for item in group)


def _kind(item: Json) -> str:
    return "calls" if item["type"] in _CALLS or item["type"] in TOOL_OF else str(item.get("role", item["type"]))


def _call(item: Json, output: str | list[Json]) -> ToolCall:
    given = item["arguments"] if item["type"] == "function_call" else json.dumps({CUSTOM_INPUT: item["input"]})
    return ToolCall(item["call_id"], item["name"], given, output if isinstance(output, str) else _read(output))


def _turn(item: Json) -> Turn:
    return Turn(item["role"], _text(item), images=tuple(_images(item["content"])))


def _images(parts: list[Json]) -> Iterator[Image]:
    """The pictures; `path` is where an uploaded one is."""
    for part in parts:
        if part["type"] == "input_image":
            detail = "high" if part.get("detail") == "original" else part.get("detail")
            yield Image(part.get("path") or part.get("image_url") or "", detail)


def _text(item: Json) -> str:
    return _read(item["content"])


def _read(parts: list[Json]) -> str:
    """What a model reads of parts; of a file its name."""
    return "\n".join(filter(None, map(_words, parts)))


def _words(part: Json) -> str:
    if part["type"] == "input_file":
        return f"[file {part.get('filename') or part.get('file_id') or part.get('file_url') or ''}]"
    text: str = part.get("text") or part.get("refusal") or ""
    return text
