"""From a conversation to an answer: what the model is shown, and what comes back.

The engine knows neither HTTP nor the store. Each API writes the events down in its own way.
"""

import logging
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

from .models import tokens
from .models.base import Event, Failed, Model, Prompt, Turn

Json = dict[str, Any]

log = logging.getLogger(__name__)

BROKEN = Failed("server_error", "Sorry, something went wrong.")
"""What a caller is told when the model fails in a way that nobody foresaw."""


class PromptTooLong(Exception):
    """Not even the newest message fits into `max_prompt_tokens`."""


def prompt_of(run: Json, messages: list[Json]) -> Prompt:
    """What the model is shown: the run's settings and as much of the thread (oldest first) as they allow."""
    prompt = Prompt(
        model=run["model"],
        instructions=run["instructions"] or "",
        turns=tuple(_turn(message) for message in messages if message["content"]),
        tools=tuple(run["tools"]),
        tool_choice=run["tool_choice"],
        response_format=run["response_format"],
        temperature=run["temperature"],
        top_p=run["top_p"],
        max_completion_tokens=run["max_completion_tokens"],
    )
    if run["truncation_strategy"]["type"] == "last_messages":
        prompt = replace(prompt, turns=prompt.turns[-(run["truncation_strategy"]["last_messages"] or 1) :])
    return _fit(prompt, run["max_prompt_tokens"])


async def answer(model: Model, prompt: Prompt) -> AsyncIterator[Event]:
    """The model's events; a model that breaks fails the run, not the server."""
    try:
        async for event in model.answer(prompt):
            yield event
    except Exception:
        log.exception("the model failed")
        yield BROKEN


def _fit(prompt: Prompt, limit: int | None) -> Prompt:
    """The prompt without its oldest turns, so that it costs at most `limit` tokens."""
    while limit is not None and tokens.of_prompt(prompt) > limit:
        if len(prompt.turns) <= 1:
            raise PromptTooLong
        prompt = replace(prompt, turns=prompt.turns[1:])
    return prompt


def _turn(message: Json) -> Turn:
    content = message["content"]
    text = "\n".join(part["text"]["value"] for part in content if part["type"] == "text")
    return Turn(message["role"], text, images=sum(part["type"].startswith("image") for part in content))
