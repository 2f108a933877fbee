"""What a chat completion shows its model: its messages as the turns of a conversation."""

from collections.abc import Iterator
from typing import Any

from mock_endpoint import errors
from mock_endpoint.models.base import Image, Prompt, ToolCall, Turn

Json = dict[str, Any]

_LEADING = ("system", "developer")


def prompt_of(asked: Json) -> Prompt:
    """The prompt; a `Refusal` where calls and their outputs do not fit together."""
    messages = asked["messages"]
    tools, choice = _allowed(asked.get("tools", []), asked.get("tool_choice", "auto"))
    return Prompt(
        model=asked["model"],
        instructions="\n".join(_text(each) for each in messages if each["role"] in _LEADING),
        turns=tuple(_turns(messages)),
        tools=tuple(tools),
        tool_choice=choice,
        parallel_tool_calls=asked.get("parallel_tool_calls", True),
        response_format=_format(asked.get("response_format")),
        temperature=asked.get("temperature"),
        top_p=asked.get("top_p"),
        max_completion_tokens=asked.get("max_completion_tokens", asked.get("max_tokens")),
    )


def _allowed(tools: list[Json], choice: Any) -> tuple[list[Json], str | Json]:  # noqa: ANN401
    """The functions that may be called, and the choice among them; one that is not declared is refused."""
    declared = [tool["function"]["name"] for tool in tools]
    if isinstance(choice, str):
        return tools, choice
    allowed = choice.get("allowed_tools")
    names = [each["function"]["name"] for each in (allowed["tools"] if allowed else [choice])]
    for name in names:
        if name not in declared:
            raise errors.no_such_choice(name)
    if not allowed:
        return tools, choice
    return [tool for tool in tools if tool["function"]["name"] in names], allowed["mode"]


def _format(asked: Json | None) -> str | Json:
    return "auto" if asked is None or asked["type"] == "text" else asked


def _turns(messages: list[Json]) -> Iterator[Turn]:
    for place, message in enumerate(messages):
        if message["role"] == "user":
            parts = message["content"] if isinstance(message["content"], list) else []
            yield Turn("user", _text(message), images=tuple(_images(parts)))
        elif message["role"] == "assistant":
            calls = message.get("tool_calls", [])
            if text := _text(message):
                yield Turn("assistant", text)
            if calls:
                yield Turn("assistant", "", calls=tuple(_answered(calls, _outputs(messages[place + 1 :]))))
        elif message["role"] == "tool" and message["tool_call_id"] not in _called_before(messages, place):
            text = (
                "Invalid parameter: messages with role 'tool' must be a response to a preceeding message with "
                "'tool_calls'."
            )
            raise errors.invalid(text, f"messages.[{place}].role")


def _images(parts: list[Json]) -> Iterator[Image]:
    pictures = (part["image_url"] for part in parts if part["type"] == "image_url")
    return (Image(picture["url"], picture.get("detail")) for picture in pictures)


def _outputs(following: list[Json]) -> dict[str, str]:
    """What the functions gave back, by the id of the call: it stands right behind the message that calls."""
    outputs = {}
    for message in following:
        if message["role"] != "tool":
            break
        outputs[message["tool_call_id"]] = _text(message)
    return outputs


def _answered(calls: list[Json], outputs: dict[str, str]) -> Iterator[ToolCall]:
    missing = [call["id"] for call in calls if call["id"] not in outputs]
    if missing:
        text = (
            "An assistant message with 'tool_calls' must be followed by tool messages responding to each "
            f"'tool_call_id'. The following tool_call_ids did not have response messages: {', '.join(missing)}"
        )
        raise errors.invalid(text, "messages")
    for call in calls:
        yield ToolCall(call["id"], call["function"]["name"], call["function"]["arguments"], outputs[call["id"]])


def _called_before(messages: list[Json], place: int) -> set[str]:
    """The calls of the message that the tools' messages at this place follow."""
    while place and messages[place]["role"] == "tool":
        place -= 1
    return {call["id"] for call in messages[place].get("tool_calls", [])}


def _text(message: Json) -> str:
    content = message.get("content") or message.get("refusal") or ""
    if isinstance(content, str):
        return content
    return "\n".join(part.get("text") or part.get("refusal") or "" for part in content if part["type"] != "image_url")
