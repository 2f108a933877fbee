"""Checks of lesson 04, messages."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from urllib.parse import parse_qs, urlsplit

from openai.types.beta.threads import Message

from helpers.connection import connect
from helpers.exercises.choosing import chosen
from helpers.exercises.trying import NotYet, calling
from helpers.traffic import Exchange, recording

MORE_THAN_TWO_PAGES = 205
"""No page holds more than 100. All messages are written in one request, so within a second."""
KNOWN = 30
"""Messages that a chat program has shown already; more than the 20 of a page that nobody asked to be longer."""
HINTS = {
    "04a": (
        "How many messages come at most with one request, and how does the list say that there are more?",
        "What is different when you loop over the list itself, and not over its data?",
        "In which order does a list come, and with which option in the other one?",
    ),
    "04b": (
        "Which two options of a list name a message to begin at?",
        "In which order does the list stand, and what comes after a message in that order?",
        "Can there be more news than one page holds?",
    ),
    "04q": (
        "Where in a list that has the newest first does a new message appear?",
        "A cursor is the id of a message. Does that message move when another one is written?",
        "So which page would you have to ask for again to see the new one?",
    ),
}

Messages = Iterable[Message | str]
"""What an answer may return: the messages, or their ids."""


def check_04a(everything: Callable[[str], Messages | None]) -> str | None:
    """`everything` gets threads that hold none, one and more than two pages, in the order of writing."""
    for count in (MORE_THAN_TWO_PAGES, 3, 0):
        with _written(count) as (thread_id, written):
            found = _ids(calling(everything, thread_id), "everything")
            reason = _of_another_thread(found, written, "everything") or _compared(found, written, "everything")
        if reason:
            return reason
    return None


def check_04b(news: Callable[[str, str], Messages | None]) -> str | None:
    """`news` gets what is newer than a message, and has the endpoint leave out the rest."""
    with _written(KNOWN + MORE_THAN_TWO_PAGES) as (thread_id, written):
        known, new = written[:KNOWN], written[KNOWN:]
        with recording() as sent:
            found = _ids(calling(news, thread_id, known[-1]), "news")
            reason = _of_another_thread(found, written, "news") or _by_seconds(found, new, sent, known[-1])
            reason = reason or _compared(found, new, "news")
            if reason is None and _ids(calling(news, thread_id, written[-1]), "news"):
                return "after the newest message there is nothing new, yet news returns something; how does it end?"
    if reason is None and any(old in one.response_body for old in known[:-1] for one in sent):
        return "these are the right messages, but older ones were sent as well; which parameter skips them?"
    return reason


def check_04q(next_page: object) -> str | None:
    """What the second page shows when a message was added after the first was read."""
    return chosen(
        next_page,
        {"older"},
        {
            "repeated": "that would be so if pages were counted; what does after name, a number or a message?",
            "skipped": "that would be so if something moved up; on which side of page one does a new message stand?",
            "new": "newest first: is the new message before page one, or behind it?",
        },
        "one word is missing",
    )


@contextmanager
def _written(count: int) -> Iterator[tuple[str, list[str]]]:
    """A thread of so many messages for as long as the block lasts: its id, and theirs, oldest first."""
    with connect() as client:
        threads = client.beta.threads
        thread = threads.create()
        try:
            for number in range(count):  # a new thread takes 32 at once
                threads.messages.create(thread.id, role="user", content=f"Message {number + 1}")
            yield thread.id, [one.id for one in threads.messages.list(thread_id=thread.id, order="asc", limit=100)]
        finally:
            threads.delete(thread.id)


def _of_another_thread(found: list[str], written: list[str], name: str) -> str | None:
    """Why these are not messages of the thread that the function was given."""
    if set(found) <= set(written):
        return None
    return f"{name} returns messages of another thread than the one it was given; where does its argument go?"


def _by_seconds(found: list[str], new: list[str], sent: list[Exchange], known: str) -> str | None:
    """Why the first ones were not found by somebody who looked at the times alone."""
    asked = [parse_qs(urlsplit(one.url).query) for one in sent if one.method == "GET"]
    if not asked or any([known] in (query.get("after"), query.get("before")) for query in asked):
        return None
    missing = len(new) - len(found)
    if missing <= 0 or sorted(found) != sorted(new[missing:]):
        return None
    what = (
        f"misses {missing} of {len(new)} messages" if found else f"finds nothing, though {len(new)} messages are newer"
    )
    return f"news {what}; some are of the same second: what but created_at helps?"


def _compared(found: list[str], wanted: list[str], name: str) -> str | None:
    missing = len(set(wanted) - set(found))
    if missing:
        return f"{name} misses {missing} of {len(wanted)} messages; {_lost(found, wanted)}"
    if set(found) - set(wanted):
        return f"{name} returns messages that were not asked for; look at the first and the last one"
    if len(found) != len(wanted):
        return f"{name} returns some messages twice; do two of its requests overlap?"
    if found == wanted:
        return None
    if found == wanted[::-1]:
        return f"{name} has all the messages, but the newest first; in which order can a list be asked for?"
    return f"{name} has all the messages, but in no order; many have one created_at; which option sorts a list?"


def _lost(found: list[str], wanted: list[str]) -> str:
    """Where to look for messages that are missing."""
    if set(found) - set(wanted) or not found:
        return "on which side of a message does the list have the newer ones?"
    return f"it has {len(found)}; how many does one page of a list hold, and what comes after it?"


def _ids(messages: Messages | None, name: str) -> list[str]:
    if messages is None:
        raise NotYet(f"{name} returns nothing yet; it should return a list of messages")
    found = list(messages)
    texts = [one for one in found if isinstance(one, str) and not one.startswith("msg_")]
    if texts:
        raise NotYet(f"{name} returns texts, {texts[0]!r} among them; return the messages themselves")
    strange = next((one for one in found if not isinstance(one, str | Message)), None)
    if strange is not None:
        raise NotYet(f"{name} returns {type(strange).__name__} objects; return the messages themselves")
    return [one if isinstance(one, str) else one.id for one in found]
