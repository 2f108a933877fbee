"""Checks of lesson 02, assistants."""

from collections.abc import Callable

from openai.types.beta import Assistant

from helpers.connection import connect

MORE_THAN_A_PAGE = 21


def check_02a(find: Callable[[str], object]) -> str | None:
    """`find` gets at an assistant behind the first page, and says `None` where there is none."""
    client = connect()
    made = [
        client.beta.assistants.create(model="gpt-35-turbo", metadata={"lesson": f"check-{number}"})
        for number in range(1 + MORE_THAN_A_PAGE)
    ]
    try:
        found = {place: find(f"check-{place}") for place in (MORE_THAN_A_PAGE, 0)}
        nobody = find("no such lesson")
    finally:
        for one in made:
            client.beta.assistants.delete(one.id)
    if found[MORE_THAN_A_PAGE] is None:
        return "find returns nothing for an assistant that is there"
    for place, thing in found.items():
        if thing is None:
            return f"find misses an assistant that has {MORE_THAN_A_PAGE} newer ones before it"
        if getattr(thing, "id", thing) != made[place].id:
            return f"find returned something else ({type(thing).__name__}) than the assistant with that lesson"
    return None if nobody is None else "find returns something for a lesson that no assistant has; None was asked for"


def check_02b(tabi: Assistant) -> str | None:
    """The endpoint, asked again, has both notes."""
    notes = connect().beta.assistants.retrieve(tabi.id).metadata or {}
    if notes.get("city") != "Kyoto":
        return "the endpoint has no city Kyoto in this assistant's metadata"
    if notes.get("lesson") != "02":
        return "the city is there, but the note about the lesson is lost: a field is replaced as a whole"
    return None
