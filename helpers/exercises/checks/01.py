"""Checks of lesson 01, connect."""

from collections.abc import Callable
from textwrap import shorten
from typing import Any

from openai import APIConnectionError, APIError, APIStatusError, OpenAI

from helpers.connection import connect
from helpers.exercises.choosing import chosen
from helpers.exercises.trying import calling
from helpers.traffic import exchanges, watch

GIVEN = {
    "01a": """repaired = AzureOpenAI(
    api_key="AZURE_OPENAI_KEY",
    azure_endpoint=os.environ["AZURE_OPENAI_ENDPOINT"] + "/openai",
    api_version="2024-05-01",
)"""
}
HINTS = {
    "01a": (
        "Which of the three values does the refusal speak of? The table of causes above has them all.",
        "Is it the value itself that stands there, or only the name under which it is kept?",
        "What does the client add to the address by itself, and how does each version with Assistants end?",
    ),
    "01b": (
        "Which of the four errors has no status at all, and why?",
        "Which status came with each of the other three?",
        "How can a function ask whether an error has a status before it reads it?",
    ),
    "01q": (
        "What would have to change before the same request could succeed?",
        "For which of the four can that change by itself, within a second?",
        "For which one did the last refusal above need max_retries=0 to give up at once?",
    ),
}


def check_01a(repaired: OpenAI) -> str | None:
    """The client gets in, and is shown `tool_resources`."""
    if not isinstance(repaired, OpenAI):
        return f"repaired is {type(repaired).__name__}; a client as AzureOpenAI(…) makes it is asked for"
    client = watch(repaired.with_options(max_retries=0))
    try:
        probe = client.beta.assistants.create(model="gpt-35-turbo", name="Probe of exercise 01a")
    except APIStatusError as error:
        return f"the endpoint refuses this client; which of its three values is meant? It says: {error}"
    except UnicodeEncodeError:
        return "the key holds characters that no key has; does its place still hold a sample?"
    except APIConnectionError:
        return "nobody answers at the address of this client; compare it with the one that the client above uses"
    shown = exchanges(last_cell=False)[-1].response_json
    client.beta.assistants.delete(probe.id)
    if "tool_resources" not in shown:
        return "it gets in, but is shown the older shape (file_ids); which value decides about the shape?"
    return None


def check_01b(cause: Callable[[APIError], object]) -> str | None:
    """`cause` names what was wrong for each of the four errors."""
    for expected, error in _errors().items():
        named = calling(cause, error)
        if named is None:
            return f"cause returns nothing yet for {_short(error)}; return one of the four words"
        if named != expected:
            return f"cause says {named!r} for {_short(error)}; what does this error have that the other three have not?"
    return None


def check_01q(repeated: object) -> str | None:
    """What the client tries again by itself."""
    return chosen(
        repeated,
        {"server"},
        {
            "key": "would a wrong key be right a second later?",
            "path": "does an address come into being while the client waits?",
            "version": "what would have to happen for the service to know that version next time?",
        },
        "which of them may pass by itself?",
    )


def _short(error: APIError) -> str:
    start = shorten(str(error), 70, placeholder="…")
    return f'"{start}"'


def _errors() -> dict[str, APIError]:
    """The errors of the lesson, by their cause."""
    with connect() as client:
        endpoint = str(client.base_url)
    wrong = {
        "key": {"api_key": "not-the-key"},
        "path": {"azure_endpoint": endpoint},
        "version": {"api_version": "2024-02-15"},
        "server": {"azure_endpoint": "http://127.0.0.1:1"},
    }
    return {name: _error(options) for name, options in wrong.items()}


def _error(options: dict[str, Any]) -> APIError:
    with connect(**options, max_retries=0) as client:
        try:
            client.beta.assistants.list(limit=1)
        except APIError as error:
            return error
    raise AssertionError(f"no error for {sorted(options)}")
