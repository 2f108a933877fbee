"""What a run shows its model: its settings, as much of the thread as they allow, and what the run did so far."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from mock_endpoint.fitting import fit
from mock_endpoint.models.base import Image, Prompt, Turn
from mock_endpoint.runs import tool_calls

Json = dict[str, Any]


class OutOfTokens(Exception):
    """The run has used up what it may cost; `reason` names the limit."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def prompt_of(
    run: Json, messages: list[Json], steps: list[Json], spent: Json, path_of: Callable[[str], Path]
) -> Prompt:
    """The run's prompt, from the thread's messages and the run's steps, oldest first.

    `path_of`: where the bytes of a file are, by its id.
    `OutOfTokens` where the run's limits, counted over all its rounds, leave no room; `spent` is what it has cost.
    """
    own = {message["id"]: message for message in messages if message["run_id"] == run["id"]}
    called = any(step["type"] == "tool_calls" for step in steps)
    turns = tuple(_turn(message, path_of) for message in messages if message["content"] and message["id"] not in own)
    if run["truncation_strategy"]["type"] == "last_messages":
        turns = turns[-(run["truncation_strategy"]["last_messages"] or 1) :]
    prompt = Prompt(
        model=run["model"],
        instructions=run["instructions"] or "",
        turns=(*turns, *_rounds(steps, own, path_of)),
        tools=tuple(run["tools"]),
        tool_choice="auto" if called and run["tool_choice"] != "none" else run["tool_choice"],
        parallel_tool_calls=run["parallel_tool_calls"],
        response_format=run["response_format"],
        temperature=run["temperature"],
        top_p=run["top_p"],
        max_completion_tokens=_left(run, "max_completion_tokens", spent["completion_tokens"]),
    )
    return _fit(prompt, _left(run, "max_prompt_tokens", spent["prompt_tokens"]))


def _left(run: Json, limit: str, spent: int) -> int | None:
    """What a limit still allows; None where there is no limit."""
    if run[limit] is None:
        return None
    if run[limit] <= spent:
        raise OutOfTokens(limit)
    left: int = run[limit] - spent
    return left


def _fit(prompt: Prompt, limit: int | None) -> Prompt:
    """The prompt without its oldest turns, so that it costs at most `limit` tokens."""
    fitted = prompt if limit is None else fit(prompt, limit)
    if fitted is None:
        raise OutOfTokens("max_prompt_tokens")
    return fitted


def _rounds(steps: list[Json], own: dict[str, Json], path_of: Callable[[str], Path]) -> Iterator[Turn]:
    """What the run said and called so far, in the order in which it did."""
    searched = [call["id"] for call in tool_calls.searches(steps)]
    for step in steps:
        if step["type"] == "tool_calls":
            calls = step["step_details"]["tool_calls"]
            numbers = [searched.index(call["id"]) if call["id"] in searched else 0 for call in calls]
            yield Turn("assistant", "", calls=tuple(map(tool_calls.as_read_by_model, calls, numbers)))
        elif message := own.get(step["step_details"]["message_creation"]["message_id"]):
            yield _turn(message, path_of)


def _turn(message: Json, path_of: Callable[[str], Path]) -> Turn:
    content = message["content"]
    text = "\n".join(part["text"]["value"] for part in content if part["type"] == "text")
    return Turn(message["role"], text, images=tuple(_images(content, path_of)))


def _images(content: list[Json], path_of: Callable[[str], Path]) -> Iterator[Image]:
    for part in content:
        if part["type"] == "image_file":
            yield Image(path_of(part["image_file"]["file_id"]), part["image_file"].get("detail"))
        elif part["type"] == "image_url":
            yield Image(part["image_url"]["url"], part["image_url"].get("detail"))
