"""The offline model, asked as a thread asks it."""

import asyncio
from typing import Any

from mock_endpoint.models.base import Finished, Prompt, TextDelta, Turn
from mock_endpoint.models.offline import OfflineModel


def answer(*said: str, instructions: str = "", **options: Any) -> str:  # noqa: ANN401
    """The answer to the last of several messages of a thread, each answered before the next."""
    turns: list[Turn] = []
    text = ""
    for message in said:
        turns.append(Turn("user", message))
        text, _ = run(Prompt("gpt-4", instructions, tuple(turns), **options))
        turns.append(Turn("assistant", text))
    return text


def run(prompt: Prompt) -> tuple[str, Finished]:
    """The answer to one prompt, and its last event."""

    async def collect() -> tuple[str, Finished]:
        pieces, last = [], None
        async for event in OfflineModel().answer(prompt):
            assert last is None, "nothing follows the last event"
            if isinstance(event, TextDelta):
                pieces.append(event.text)
            else:
                last = event
        assert isinstance(last, Finished)
        return "".join(pieces), last

    return asyncio.run(collect())


def ask(text: str, **fields: Any) -> Prompt:  # noqa: ANN401
    """A thread of one question."""
    return Prompt("gpt-4", fields.pop("instructions", ""), (Turn("user", text),), **fields)
