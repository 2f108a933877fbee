"""From a conversation to an answer: what the model is shown, and what comes back.

The engine knows neither HTTP nor the store. Each API writes the events down in its own way.
"""

import logging
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from typing import Any

from mock_endpoint.models import tokens
from mock_endpoint.models.base import Event, Failed, FunctionCall, Model, Prompt, Turn

Json = dict[str, Any]

log = logging.getLogger(__name__)

BROKEN = Failed("server_error", "Sorry, something went wrong.")
"""What a caller is told when the model fails in a way that nobody foresaw."""


class OutOfTokens(Exception):
    """The run has used up what it may cost; `reason` names the limit."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def prompt_of(run: Json, messages: list[Json], steps: list[Json], spent: Json) -> Prompt:
    """What the model is shown: the run's settings, as much of the thread (oldest first) as they allow, and what the
    run did so far. `OutOfTokens` where the run's limits, counted over all its rounds, leave no room."""
    own = {message["id"]: message for message in messages if message["run_id"] == run["id"]}
    called = any(step["type"] == "tool_calls" for step in steps)
    prompt = Prompt(
        model=run["model"],
        instructions=run["instructions"] or "",
        turns=tuple(_turn(message) for message in messages if message["content"] and message["id"] not in own),
        tools=tuple(run["tools"]),
        tool_choice="auto" if called and run["tool_choice"] != "none" else run["tool_choice"],
        parallel_tool_calls=run["parallel_tool_calls"],
        response_format=run["response_format"],
        temperature=run["temperature"],
        top_p=run["top_p"],
        max_completion_tokens=_left(run, "max_completion_tokens", spent["completion_tokens"]),
    )
    if run["truncation_strategy"]["type"] == "last_messages":
        prompt = replace(prompt, turns=prompt.turns[-(run["truncation_strategy"]["last_messages"] or 1) :])
    prompt = replace(prompt, turns=(*prompt.turns, *_rounds(steps, own)))
    return _fit(prompt, _left(run, "max_prompt_tokens", spent["prompt_tokens"]))


async def answer(model: Model, prompt: Prompt) -> AsyncIterator[Event]:
    """The model's events; a model that breaks fails the run, not the server."""
    try:
        async for event in model.answer(prompt):
            yield event
    except Exception:
        log.exception("the model failed")
        yield BROKEN


def _left(run: Json, limit: str, spent: int) -> int | None:
    """What a limit still allows; None where there is no limit."""
    if run[limit] is None:
        return None
    if run[limit] <= spent:
        raise OutOfTokens(limit)
    left: int = run[limit] - spent
    return left


def _fit(prompt: Prompt, limit: int | None) -> Prompt:
    """The prompt without its oldest turns, so that it costs at most `limit` tokens. What the user said last, and all
    that follows, stays."""
    if limit is None:
        return prompt
    asked = max((place for place, turn in enumerate(prompt.turns) if turn.role == "user"), default=0)
    for dropped in range(asked + 1):
        shorter = replace(prompt, turns=prompt.turns[dropped:])
        if tokens.of_prompt(shorter) <= limit:
            return shorter
    raise OutOfTokens("max_prompt_tokens")


def _rounds(steps: list[Json], own: dict[str, Json]) -> Iterator[Turn]:
    """What the run said and called so far, in the order in which it did."""
    for step in steps:
        if step["type"] == "tool_calls":
            yield _calls(step)
        elif message := own.get(step["step_details"]["message_creation"]["message_id"]):
            yield _turn(message)


def _calls(step: Json) -> Turn:
    calls = step["step_details"]["tool_calls"]
    return Turn("assistant", "", calls=tuple(FunctionCall(id=call["id"], **call["function"]) for call in calls))


def _turn(message: Json) -> Turn:
    content = message["content"]
    text = "\n".join(part["text"]["value"] for part in content if part["type"] == "text")
    return Turn(message["role"], text, images=sum(part["type"].startswith("image") for part in content))
