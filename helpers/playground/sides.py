"""One side's run: a fresh thread, one question, and what came of it."""

import threading
import time
from collections.abc import Callable, Mapping
from contextlib import closing
from dataclasses import dataclass
from typing import Any

import openai
from openai.types.beta.threads import Run

from helpers.chat.conversation import Conversation
from helpers.chat.declaring import declared
from helpers.chat.events import Call, Said, Text
from helpers.chat.failures import NoAnswer, problem_of
from helpers.chat.functions import Function
from helpers.chat.words import ENGLISH
from helpers.playground.configurations import Configuration
from helpers.problems import KitError

WORDS = {
    **ENGLISH,
    "no_functions": "Playground was given {given} where it needs functions.",
    "requires_action": "The run wants {detail} to be called, which is not ticked here. The run was told to stop.",
    "requires_action.fix": "Tick it under Tools. What is not there, give first: Playground(client, functions=[…]).",
    "not_found.fix": "See what the sentence names, and give a name that exists.",
    "refused_request.fix": "Change what the sentence names, then run again.",
    **{f"{end}.fix": "Run both again." for end in ("failed", "expired", "cancelled", "too_many", "no_answer")},
}
"""What the chat box would say, said of a playground."""
Watcher = Callable[[str], None]
"""Is told all that is written so far, whenever it grows."""


@dataclass(frozen=True)
class Outcome:
    """What one side came to."""

    configuration: Configuration
    prompt: str
    answer: str
    """As much as was written; empty where nothing was."""
    calls: tuple[Call, ...]
    run: Run | None
    """As it was last seen; `None` where the service refused to begin one."""
    seconds: float
    """From the question to the end, as this side waited."""
    problem: KitError | None

    @property
    def status(self) -> str:
        """The run's status, or `no run`."""
        return self.run.status if self.run else "no run"

    @property
    def tokens(self) -> tuple[int, int] | None:
        """Prompt and completion; `None` where the service tells none, as for a run that was stopped."""
        usage = self.run.usage if self.run else None
        return (usage.prompt_tokens, usage.completion_tokens) if usage else None

    @property
    def stopped(self) -> bool:
        """Whether somebody stopped it, which is no mistake."""
        return isinstance(self.problem, NoAnswer) and self.problem.stopped


class Side:
    """A question to be asked once; `stop`, from another thread, cancels its run on the server."""

    def __init__(
        self,
        client: openai.OpenAI,
        assistant: str,
        configuration: Configuration,
        prompt: str,
        functions: Mapping[str, Function],
    ) -> None:
        self._configuration = configuration
        self._prompt = configuration.prompt or prompt
        chosen = {name: functions[name] for name in configuration.tools}
        self._conversation = Conversation(
            client, assistant, words=WORDS, functions=chosen, options=_overrides(configuration, chosen)
        )
        self._stopped = threading.Event()
        self.calling: str | None = None
        """The function that is at work."""

    def ask(self, watcher: Watcher) -> Outcome:
        """Ask, and wait for the end. Whatever goes wrong is in the outcome."""
        began, problem = time.monotonic(), None
        said: list[str] = []
        calls: list[Call] = []
        try:
            self._converse(said, calls, watcher)
        except NoAnswer as error:
            problem = error
            said += [error.partial] if error.partial not in "\n\n".join(said) else []
        except Exception as error:
            problem = problem_of(error, WORDS)
        seconds = time.monotonic() - began
        run, answer = self._conversation.last_run, "\n\n".join(said)
        return Outcome(self._configuration, self._prompt, answer, tuple(calls), run, seconds, problem)

    def stop(self) -> None:
        """Cancel the run, now or as soon as there is one."""
        self._stopped.set()
        self._conversation.cancel()

    def _converse(self, said: list[str], calls: list[Call], watcher: Watcher) -> None:
        if self._stopped.is_set():
            raise NoAnswer("Stopped before it began.", "Run both again.", stopped=True)
        writing = ""
        with closing(self._conversation.ask(self._prompt)) as events:
            for event in events:
                match event:
                    case Text(text):
                        writing += text
                    case Said(text):
                        said.append(text)
                        writing = ""
                    case Call(output=None):
                        self.calling = event.name
                    case Call():
                        self.calling = None
                        calls.append(event)
                watcher("\n\n".join(filter(None, (*said, writing))))


def _overrides(configuration: Configuration, functions: Mapping[str, Function]) -> dict[str, Any]:
    """What the run is given in place of the assistant's own settings."""
    return {
        "model": configuration.deployment,
        "instructions": configuration.instructions,
        "temperature": configuration.temperature,
        "tools": [declared(name, function) for name, function in functions.items()],
    }
