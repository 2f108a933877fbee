"""What a person gave a chat box, checked, and for a model made into the talk that the box holds."""

from collections.abc import Iterable, Mapping
from typing import Any

import openai

from helpers.chat.functions import Given, table_of
from helpers.chat.model import configured
from helpers.chat.responding import ResponseTalk
from helpers.chat.words import Words
from helpers.problems import KitError


def check_choice(
    assistant: object, model: object, thread: object, of_a_model: Mapping[str, object], words: Words
) -> None:
    """Raise `KitError` where an assistant and a model are given, or what belongs only to the other of the two."""
    if assistant is not None and model is not None:
        raise KitError(words["both_given"], words["both_given.fix"])
    foreign = next((name for name, given in of_a_model.items() if given), None) if model is None else None
    if model is not None and thread is not None:
        foreign = "thread"
    if foreign:
        owner = words["of_an_assistant"] if foreign == "thread" else words["of_a_model"]
        raise KitError(words["foreign"].format(name=foreign, owner=owner), words["both_given.fix"])
    if model is not None and not isinstance(model, str):
        raise KitError(words["no_model"].format(given=type(model).__name__), words["both_given.fix"])


def talk_with(
    client: openai.OpenAI,
    model: str,
    functions: Given,
    words: Words,
    *,
    instructions: str | None,
    tools: Iterable[Any],
    vector_stores: Iterable[Any],
    files: Iterable[Any],
    conversation: Any,  # noqa: ANN401 - an object of the client, or an id
) -> ResponseTalk:
    """A talk with this model; stores, files and conversations may be objects or their ids."""
    if not isinstance(client, openai.OpenAI):
        raise KitError(words["no_client"].format(given=type(client).__name__), words["no_client.fix"])
    table = table_of(functions, words)
    configuration = configured(
        model,
        instructions,
        tools,
        table,
        vector_stores=map(_id_of, vector_stores),
        files=map(_id_of, files),
    )
    return ResponseTalk(client, configuration, None if conversation is None else _id_of(conversation), words, table)


def _id_of(thing: Any) -> str:  # noqa: ANN401 - an object of the client, or an id
    return thing if isinstance(thing, str) else str(thing.id)
