"""The assistant as it was when the box was made: its name, its tools, and how to make it again."""

import contextlib
from collections.abc import Mapping
from typing import Any

import openai
from openai.types.beta import Assistant

from helpers.chat.words import Words
from helpers.problems import KitError

_SETTINGS = ("name", "description", "model", "instructions", "tools", "tool_resources", "metadata", "temperature",
             "top_p", "response_format")  # fmt: skip
"""What an assistant is made from."""
_READERS = ("code_interpreter", "file_search")
"""The tools that an attachment can be for."""
_BEGINS = "asst_"
"""How the hosted service begins an assistant's id; what a service knows is taken, whatever its form."""
_PATIENCE = 5.0
"""Seconds: a service that does not answer must not hold up the cell that makes a box."""


class Remembered:
    """An assistant's id, and its settings as far as they are known."""

    def __init__(self, client: openai.OpenAI, number: str, facts: Mapping[str, Any] | None = None) -> None:
        self._client = client
        self.id = number
        self._settings = _settings_of(facts or {})

    @property
    def name(self) -> str | None:
        """What the assistant is called."""
        name: str | None = self._settings.get("name")
        return name

    @property
    def tools(self) -> list[dict[str, Any]]:
        """Its tools, as the wire has them."""
        tools: list[dict[str, Any]] = self._settings.get("tools", [])
        return tools

    def reads_files(self) -> bool:
        """Whether a tool of it reads files, as the service has it now; also where nobody knows its tools."""
        with contextlib.suppress(openai.OpenAIError):
            asked = self._client.with_options(max_retries=0, timeout=_PATIENCE)
            self._settings = _settings_of(asked.beta.assistants.retrieve(self.id).model_dump())
        return not self._settings or any(tool["type"] in _READERS for tool in self.tools)

    def make_again(self) -> bool:
        """Whether the assistant was gone and is here again, under another id."""
        if not self._settings:
            return False
        try:
            self._client.beta.assistants.retrieve(self.id)
        except openai.NotFoundError:
            self.id = self._client.beta.assistants.create(**self._settings).id
            return True
        return False


def remembered(client: openai.OpenAI, given: Assistant | str | None, words: Words) -> Remembered:
    """The assistant as the service has it now; as it was given where the service does not tell."""
    if not isinstance(client, openai.OpenAI):
        raise KitError(words["no_client"].format(given=type(client).__name__), words["no_client.fix"])
    number = given if isinstance(given, str) else getattr(given, "id", None)
    if not isinstance(number, str) or not number:
        raise _no_assistant(given if isinstance(given, str) else type(given).__name__, words)
    asked = client.with_options(max_retries=0, timeout=_PATIENCE)
    try:
        facts = asked.beta.assistants.retrieve(number).model_dump()
    except (openai.NotFoundError, openai.BadRequestError) as error:
        if not number.startswith(_BEGINS):
            raise _no_assistant(number, words) from error
        facts = {}
    except openai.OpenAIError:
        facts = {}
    if facts.get("object") != "assistant" and given is not None and not isinstance(given, str):
        facts = given.model_dump()
    return Remembered(client, number, facts if facts.get("model") else None)


def _settings_of(facts: Mapping[str, Any]) -> dict[str, Any]:
    return {name: facts[name] for name in _SETTINGS if facts.get(name) is not None}


def _no_assistant(given: str, words: Words) -> KitError:
    return KitError(words["no_assistant"].format(given=given), words["no_assistant.fix"])
