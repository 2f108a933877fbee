"""A model that does what the last message tells it: for tests that need to know the answer beforehand."""

import asyncio
import json
from collections.abc import AsyncIterator

from helpers.endpoint.models import tokens
from helpers.endpoint.models.base import CallDelta, Event, Failed, Finished, Prompt, TextDelta


class Scripted:
    """Echoes the last turn; `fail CODE TEXT` fails so, `break` raises.

    `wait` says a word and never ends, `mute` says nothing, `many N` says N words.
    `call JSON` asks for functions, JSON being a list of `[name, arguments]`; `first` before it says something first,
    `rounds` before it asks for one function a round. What the functions gave back is echoed.
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
        calls = _calls(command, rest)
        done = sum(len(turn.calls) for turn in prompt.turns)
        if calls and command == "rounds":
            calls = calls[done : done + 1]
        elif done:
            calls = []
        if calls:
            for event in _call(calls, first=command == "first"):
                yield event
            yield Finished("tool_calls", tokens.of_prompt(prompt), len(calls))
            return
        if done:
            asked = " ".join(call.output for turn in prompt.turns for call in turn.calls)
        if command == "many":
            asked = "word " * int(rest)
        words = [] if command == "mute" else tokens.pieces(f"echo: {asked}")
        said = words[: prompt.max_completion_tokens]
        for word in said:
            yield TextDelta(word)
        yield Finished("stop" if said == words else "length", tokens.of_prompt(prompt), len(said))


def _calls(command: str, rest: str) -> list[tuple[str, str]]:
    if command not in ("call", "first", "rounds"):
        return []
    return [(name, json.dumps(arguments)) for name, arguments in json.loads(rest)]


def _call(calls: list[tuple[str, str]], *, first: bool) -> list[Event]:
    said: list[Event] = [TextDelta("Let me see.")] if first else []
    for index, (name, arguments) in enumerate(calls):
        said += [CallDelta(index, name=name)]
        said += [CallDelta(index, arguments=arguments[at : at + 4]) for at in range(0, len(arguments), 4)]
    return said
