"""A model that does what the last message tells it: for tests that need to know the answer beforehand."""

import asyncio
import json
from collections.abc import AsyncIterator

from mock_endpoint.models import tokens
from mock_endpoint.models.base import Annotation, CallDelta, Event, Failed, Finished, Model, Prompt, TextDelta, Turn

BUILT_IN = ("code_interpreter", "file_search")


class Scripted(Model):
    """Echoes the last turn; `fail CODE TEXT` fails so, `break` raises.

    `wait` says a word and never ends, `mute` says nothing, `many N` says N words, `stumble` says a word and fails.
    `cite ID` says nothing but a citation of the file with this id.
    `call JSON` asks for functions, JSON being a list of `[name, arguments]`; in its place `first` says something
    before, `rounds` asks for one function a round, `cut` ends in the middle of the last call for want of tokens, `hang`
    never ends. What the functions gave back is echoed. `code_interpreter` and `file_search` are no functions there, but
    the built-in tools, and their arguments a text.
    """

    label = "the scripted model"

    def __init__(self) -> None:
        self.prompts: list[Prompt] = []
        """What it was shown, newest last."""

    async def answer(self, prompt: Prompt) -> AsyncIterator[Event]:
        """The events of one answer."""
        self.prompts.append(prompt)
        asked = _last_message(prompt)
        command, _, rest = asked.partition(" ")
        if command == "break":
            raise RuntimeError("the model broke")
        if command == "wait":
            yield TextDelta("Hm")
            await asyncio.sleep(3600)
        if command == "stumble":
            yield TextDelta("Hm")
            yield Failed("server_error", "I stumbled.")
            return
        if command == "fail":
            code, _, message = rest.partition(" ")
            yield Failed(code, message)  # pyrefly: ignore[bad-argument-type]
            return
        calls = _calls(command, rest)
        made = [call for turn in _since_asked(prompt) for call in turn.calls]
        done = len(made)
        if calls and command == "rounds":
            calls = calls[done : done + 1]
        elif done:
            calls = []
        if calls:
            said_calls = _call(calls, first=command == "first")
            for event in said_calls[:-1] if command in ("cut", "hang") else said_calls:
                yield event
            if command == "hang":
                await asyncio.sleep(3600)
            yield Finished("length" if command == "cut" else "tool_calls", tokens.of_prompt(prompt), len(calls))
            return
        if done:
            asked = " ".join(call.output for call in made)
        if command == "many":
            asked = "word " * int(rest)
        words = {"mute": [], "cite": ["【0†a.md】"]}.get(command, tokens.pieces(f"echo: {asked}"))
        said = words[: prompt.max_completion_tokens]
        for word in said:
            yield Annotation("file_citation", word, rest, "a.md") if command == "cite" else TextDelta(word)
        yield Finished("stop" if said == words else "length", tokens.of_prompt(prompt), len(said))


def _since_asked(prompt: Prompt) -> tuple[Turn, ...]:
    """What came after the user's last message."""
    users = [place for place, turn in enumerate(prompt.turns) if turn.role == "user"]
    return prompt.turns[users[-1] :] if users else prompt.turns


def _last_message(prompt: Prompt) -> str:
    """What the user said last; where nobody did, what was said last."""
    said = [turn.text for turn in prompt.turns if turn.role == "user"] or [turn.text for turn in prompt.turns]
    return said[-1] if said else ""


def _calls(command: str, rest: str) -> list[tuple[str, str]]:
    if command not in ("call", "first", "rounds", "cut", "hang"):
        return []
    asked = json.loads(rest)
    return [(name, arguments if name in BUILT_IN else json.dumps(arguments)) for name, arguments in asked]


def _call(calls: list[tuple[str, str]], *, first: bool) -> list[Event]:
    said: list[Event] = [TextDelta("Let me see.")] if first else []
    for index, (name, arguments) in enumerate(calls):
        tool = name if name in BUILT_IN else "function"
        said += [CallDelta(index, name=name, tool=tool)]
        said += [CallDelta(index, arguments[at : at + 4], tool=tool) for at in range(0, len(arguments), 4)]
    return said
