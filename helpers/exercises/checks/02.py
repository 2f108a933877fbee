"""Checks of lesson 02, assistants."""

from collections.abc import Callable
from secrets import token_hex

from openai import OpenAI
from openai.types.beta import Assistant

from helpers.connection import connect
from helpers.exercises.choosing import chosen
from helpers.exercises.trying import NotYet, calling
from helpers.traffic import exchanges

MORE_THAN_TWO_PAGES = 201
"""No page holds more than 100."""
GIVEN = {"02b": "tabi = client.beta.assistants.retrieve(tabi.id)"}
HINTS = {
    "02a": (
        "Which field of an assistant holds the note, and has every assistant that note?",
        "How many assistants does one page hold, and what does a loop over the list itself do at its end?",
        "What does a function return when no line with return was reached?",
    ),
    "02b": (
        "What does update do with a field that you give: does it add to it, or replace it?",
        "Where can you read the notes that are there already?",
        "How do you make one dictionary of the old notes and a new one?",
    ),
    "02q": (
        "What does a run take along when it is created, and what does it only point to?",
        "Print a run as JSON: which fields of the assistant stand in it, with the assistant's values?",
        "If a field is not in the run, where would somebody look for it later?",
    ),
}


def check_02a(find: Callable[[str], object]) -> str | None:
    """`find` gets at an assistant behind the largest pages, passes by strangers, and says `None` where none is."""
    wanted = f"check-{token_hex(4)}"
    made: list[Assistant] = []
    with connect() as client:
        try:
            oldest = _add(made, client, lesson=wanted)
            _same(_found(find, wanted), oldest, "the only one with that lesson")
            for strange in ({}, {"city": "Kyoto"}, {"lesson": f"{wanted}-b"}, {"title": wanted}):
                _add(made, client, **strange)
            _same(_found(find, wanted), oldest, "the one whose note about the lesson is exactly that")
            if calling(find, f"no-{wanted}") is not None:
                return "find returns something for a lesson that no assistant has; None was asked for"
            for _ in range(MORE_THAN_TWO_PAGES):
                _add(made, client)
            newer = len(made) - 1
            if _found(find, wanted) is None:
                return f"find misses an assistant that has {newer} newer ones before it; how many does one page hold?"
        finally:
            for one in made:
                client.beta.assistants.delete(one.id)
    return None


def check_02b(tabi: Assistant) -> str | None:
    """The endpoint, asked again, has both notes."""
    with connect() as client:
        notes = client.beta.assistants.retrieve(tabi.id).metadata or {}
    if notes.get("city") != "Kyoto":
        if isinstance(tabi.metadata, dict) and tabi.metadata.get("city") == "Kyoto":
            return "only your copy of Tabi has the city; which call sends a change to the endpoint?"
        return f"the endpoint has these notes in Tabi's metadata: {notes}; where is the city Kyoto?"
    if notes.get("lesson") != "02":
        return (
            "the city is there, but the note about the lesson is lost: a field is replaced as a whole. "
            'The way back: send both notes, the city and "lesson": "02"'
        )
    if _made_with_city(tabi.id):
        return (
            "this is a second Tabi, which was made with the city; the first one has to get it. "
            "Delete this one, run the cell after the restart, which finds the first, and change that"
        )
    return None


def check_02q(kept: object) -> str | None:
    """What a run that has started keeps when its assistant is updated."""
    return chosen(
        kept,
        {"instructions", "model", "tools"},
        {
            "name": "does a run hold the assistant's name, or only its assistant_id?",
            "metadata": "whose notes are in run.metadata: the assistant's, or the run's own?",
        },
        "what else does a run need of the assistant while it works?",
    )


def _made_with_city(assistant_id: str) -> bool:
    """Whether the request that made this assistant brought the city; `False` where the log does not have it."""
    made = (
        one.request_json or {}
        for one in exchanges(last_cell=False)
        if one.method == "POST"
        and one.path.endswith("/assistants")
        and (one.response_json or {}).get("id") == assistant_id
    )
    return any("city" in (sent.get("metadata") or {}) for sent in made)


def _add(made: list[Assistant], client: OpenAI, **metadata: str) -> Assistant:
    one = client.beta.assistants.create(model="gpt-35-turbo", metadata=metadata)
    made.append(one)
    return one


def _found(find: Callable[[str], object], lesson: str) -> object:
    """What `find` returns; a note that not everybody has is a reason of its own."""
    try:
        return calling(find, lesson)
    except NotYet as reason:
        if isinstance(reason.__cause__, KeyError):
            raise NotYet(f"{reason}; other assistants are there, too: which of them have that note?") from reason
        raise


def _same(found: object, wanted: Assistant, which: str) -> None:
    if found is None:
        raise NotYet("find returns nothing for an assistant that is there; does it look at each, and at which field?")
    if found == wanted.id:
        raise NotYet("find returned the id; the assistant itself is asked for")
    if getattr(found, "id", found) != wanted.id:
        other = "another assistant" if isinstance(found, Assistant) else f"something else ({type(found).__name__})"
        raise NotYet(f"find returned {other}; what is asked for is {which}")
