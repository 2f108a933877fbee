"""A prompt as the body of a chat completion request."""

import json
from collections.abc import Iterator
from typing import Any

from mock_endpoint.models.base import Prompt, ToolCall, Turn
from mock_endpoint.models.chat_pictures import Pictures

Json = dict[str, Any]


AS_FUNCTIONS: dict[str, Json] = {
    "file_search": {
        "name": "file_search",
        "description": (
            "Searches the files of this conversation and gives excerpts of them, each under a marker. Search before "
            "you answer what files may know. Behind each sentence that rests on an excerpt, write its marker as it "
            "stands, for example 【4:0†guide.md】. Say so where the excerpts do not answer."
        ),
        "parameters": {
            "type": "object",
            "properties": {
                "queries": {"type": "array", "items": {"type": "string"}, "description": "What to look for"}
            },
            "required": ["queries"],
        },
    },
    "code_interpreter": {
        "name": "code_interpreter",
        "description": (
            "Runs Python in a Jupyter kernel that keeps its variables throughout this conversation, and gives back "
            "what was printed. Print what you want to read. pandas and matplotlib are there; plt.show() shows a "
            "picture to the user. Files are read and written in the working folder, /mnt/data; no network."
        ),
        "parameters": {
            "type": "object",
            "properties": {"code": {"type": "string", "description": "The Python code"}},
            "required": ["code"],
        },
    },
}
"""Built-in tools as other servers can be told of them; the endpoint runs them all the same."""


def functions(prompt: Prompt) -> list[Json]:
    """The definitions of the functions that the model may call, some built-in tools among them."""
    own = [_given(tool["function"]) for tool in prompt.tools if tool["type"] == "function"]
    taken = {function["name"] for function in own}
    declared = dict.fromkeys(tool["type"] for tool in prompt.tools)
    return own + [_as_function(kind, prompt) for kind in declared if kind in AS_FUNCTIONS and kind not in taken]


def _as_function(kind: str, prompt: Prompt) -> Json:
    """A built-in tool as a function; that of code says which files it may read."""
    function = AS_FUNCTIONS[kind]
    if kind != "code_interpreter" or not prompt.files:
        return function
    return function | {"description": f"{function['description']} Files there: {', '.join(prompt.files)}."}


def code_in(arguments: str) -> str:
    """The code in a call of `code_interpreter`, whose arguments are a JSON object; "" where there is none."""
    return str(json.loads(arguments).get("code", ""))


def tool_of(prompt: Prompt, name: str) -> str:
    """What a model calls by this name: a function, or a built-in tool by its type."""
    own = any(tool["type"] == "function" and tool["function"]["name"] == name for tool in prompt.tools)
    return "function" if own or name not in AS_FUNCTIONS else name


def request(prompt: Prompt, name: str | None) -> Json:
    """The body; what was not asked for is not in it. `name` is the model's, the deployment's where it is None."""
    system = [{"role": "system", "content": prompt.instructions}] if prompt.instructions else []
    settings = {
        "temperature": prompt.temperature,
        "top_p": prompt.top_p,
        "max_tokens": prompt.max_completion_tokens,
        "response_format": _response_format(prompt),
    }
    return {
        "model": name or prompt.model,
        "messages": [*system, *_conversation(prompt.turns)],
        "stream": True,
        "stream_options": {"include_usage": True},
        **_given(settings),
        **_tools(prompt),
    }


def _given(fields: Json) -> Json:
    """The fields without those that are None: servers differ in whether they take a null."""
    return {field: value for field, value in fields.items() if value is not None}


def _conversation(turns: tuple[Turn, ...]) -> Iterator[Json]:
    """The messages, oldest first. Where the pictures are too much together, the latest are kept."""
    pictures = Pictures()
    backwards = [list(_messages(turn, pictures)) for turn in reversed(turns)]
    return (message for messages in reversed(backwards) for message in messages)


def _messages(turn: Turn, pictures: Pictures) -> Iterator[Json]:
    """A turn's message; calls become one message that asks for all of them, and one message for each output."""
    if not turn.calls:
        # Only what a user says may hold a picture; one that code drew stands in an assistant's message.
        yield {"role": turn.role, "content": pictures.content(turn) if turn.role == "user" else turn.text}
        return
    yield {"role": "assistant", "content": turn.text or None, "tool_calls": [_tool_call(call) for call in turn.calls]}
    for call in turn.calls:
        yield {"role": "tool", "tool_call_id": call.id, "content": call.output}


def _tool_call(call: ToolCall) -> Json:
    code = call.tool == "code_interpreter"
    arguments = json.dumps({"code": call.arguments}) if code else call.arguments or "{}"
    return {"id": call.id, "type": "function", "function": {"name": call.name, "arguments": arguments}}


def _tools(prompt: Prompt) -> Json:
    """The fields about tools; none where no function is declared, because servers refuse the others without `tools`."""
    declared = functions(prompt)
    if not declared:
        return {}
    settings = {
        "tool_choice": _tool_choice(prompt),
        "parallel_tool_calls": None if prompt.parallel_tool_calls else False,
    }
    return {"tools": [{"type": "function", "function": function} for function in declared], **_given(settings)}


def _tool_choice(prompt: Prompt) -> str | Json | None:
    """The choice as a server takes it; None for `auto`, and for a built-in tool that no server can be told of."""
    choice = prompt.tool_choice
    if isinstance(choice, str):
        return None if choice == "auto" else choice
    if choice["type"] != "function":
        known = choice["type"] in AS_FUNCTIONS
        return {"type": "function", "function": {"name": choice["type"]}} if known else None
    return {"type": "function", "function": {"name": choice["function"]["name"]}}


def _response_format(prompt: Prompt) -> Json | None:
    """The format; None for ordinary text, which needs no word."""
    wanted = prompt.response_format
    if isinstance(wanted, str) or wanted["type"] == "text":
        return None
    if wanted["type"] == "json_schema":
        return {"type": "json_schema", "json_schema": _given(wanted["json_schema"])}
    return {"type": wanted["type"]}
