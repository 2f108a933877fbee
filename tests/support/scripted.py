"""A model that does what the last message tells it: for tests that need to know the answer beforehand."""

import asyncio
from collections.abc import AsyncIterator

from helpers.endpoint.models import tokens
from helpers.endpoint.models.base import Event, Failed, Finished, Prompt, TextDelta


class Scripted:
    """Echoes the last turn; `fail CODE TEXT` fails so, `break` raises.

    `wait` says a word and never ends, `mute` says nothing.
    """

    label = "the scripted model"

    def __init__(self) -> None:
        self.prompts: list[Prompt] = []
        """What it was shown, newest last."""

    async def answer(self, prompt: Prompt) -> AsyncIterator[Event]:
        """The events of one answer."""
        self.prompts.append(prompt)
        asked = prompt.turns[-1].text if prompt.turns else ""
        command, _, rest = asked.partition(" ")
        if command == "break":
            raise RuntimeError("the model broke")
        if command == "wait":
            yield TextDelta("Hm")
            await asyncio.sleep(3600)
        if command == "fail":
            code, _, message = rest.partition(" ")
            yield Failed(code, message)  # type: ignore[arg-type]
            return
        words = [] if command == "mute" else tokens.pieces(f"echo: {asked}")
        said = words[: prompt.max_completion_tokens]
        for word in said:
            yield TextDelta(word)
        yield Finished("stop" if said == words else "length", tokens.of_prompt(prompt), len(said))
