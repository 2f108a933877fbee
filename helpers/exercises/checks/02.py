"""Checks of lesson 02, assistants."""

from collections.abc import Callable

from openai import OpenAI
from openai.types.beta import Assistant

from helpers.connection import connect
from helpers.exercises.trying import calling

MORE_THAN_A_PAGE = 101
"""No page holds more than 100."""


def check_02a(find: Callable[[str], object]) -> str | None:
    """`find` gets at an assistant behind the largest page, and says `None` where there is none."""
    made: list[Assistant] = []
    with connect() as client:
        try:
            _add(made, client)
            if calling(find, "check-0") is None:
                return "find returns nothing for an assistant that is there; which of its fields holds the lesson?"
            for _ in range(MORE_THAN_A_PAGE):
                _add(made, client)
            return _first_miss(find, made)
        finally:
            for one in made:
                client.beta.assistants.delete(one.id)


def check_02b(tabi: Assistant) -> str | None:
    """The endpoint, asked again, has both notes."""
    with connect() as client:
        notes = client.beta.assistants.retrieve(tabi.id).metadata or {}
    if notes.get("city") != "Kyoto":
        return "the endpoint has no city Kyoto in this assistant's metadata; a change counts once it is sent there"
    if notes.get("lesson") != "02":
        return "the city is there, but the note about the lesson is lost: a field is replaced as a whole"
    return None


def _add(made: list[Assistant], client: OpenAI) -> None:
    """Make one more assistant, whose lesson is `check-` and its place in the list."""
    metadata = {"lesson": f"check-{len(made)}"}
    made.append(client.beta.assistants.create(model="gpt-35-turbo", metadata=metadata))


def _first_miss(find: Callable[[str], object], made: list[Assistant]) -> str | None:
    found = calling(find, "check-0")
    if found is None:
        newer = len(made) - 1
        return f"find misses an assistant that has {newer} newer ones before it; how many does one page hold?"
    newest = len(made) - 1
    for place, thing in ((0, found), (newest, calling(find, f"check-{newest}"))):
        if getattr(thing, "id", thing) != made[place].id:
            other = "another assistant" if isinstance(thing, Assistant) else f"something else ({type(thing).__name__})"
            return f"find returned {other}; what is asked for is the assistant with that lesson"
    if calling(find, "no such lesson") is not None:
        return "find returns something for a lesson that no assistant has; None was asked for"
    return None
