"""Checks of lesson 04, messages."""

import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager

from openai.types.beta.thread_create_params import Message as MessageParam
from openai.types.beta.threads import Message

from helpers.connection import connect
from helpers.exercises.trying import calling
from helpers.traffic import exchanges

MORE_THAN_A_PAGE = 105
"""No page holds more than 100."""
OLD, NEW = 30, 25
"""More than the 20 that a page holds unless asked otherwise."""

Messages = Iterable[Message | str]
"""What an answer may return: the messages, or their ids."""


def check_04a(everything: Callable[[str], Messages | None]) -> str | None:
    """`everything` gets a thread that no single page can hold, in the order in which it was written."""
    with _written(MORE_THAN_A_PAGE) as (thread_id, written):
        return _compared(calling(everything, thread_id), written, "everything")


def check_04b(news: Callable[[str, str], Messages | None]) -> str | None:
    """`news` gets what is newer than a message, and has the endpoint leave out the rest."""
    with _written(OLD + NEW) as (thread_id, written):
        known, new = written[:OLD], written[OLD:]
        started = time.monotonic()
        reason = _compared(calling(news, thread_id, known[-1]), new, "news")
        if reason is None and _ids(calling(news, thread_id, written[-1])):
            return "after the newest message there is nothing new, yet news returns something; then the list is empty"
        sent = [one.response_body for one in exchanges(last_cell=False) if one.started >= started]
    if reason is None and any(old in body for old in known[:-1] for body in sent):
        return "these are the right messages, but older ones travelled too; a cursor leaves them where they are"
    return reason


@contextmanager
def _written(count: int) -> Iterator[tuple[str, list[str]]]:
    """A thread of so many messages for as long as the block lasts: its id, and theirs, oldest first."""
    messages: list[MessageParam] = [{"role": "user", "content": f"Message {number + 1}"} for number in range(count)]
    with connect() as client:
        threads = client.beta.threads
        thread = threads.create(messages=messages)
        try:
            yield thread.id, [one.id for one in threads.messages.list(thread_id=thread.id, order="asc", limit=100)]
        finally:
            threads.delete(thread.id)


def _compared(answer: Messages | None, wanted: list[str], name: str) -> str | None:
    if answer is None:
        return f"{name} returns nothing yet; it should return a list of messages"
    found = _ids(answer)
    missing = len(set(wanted) - set(found))
    if missing:
        return f"{name} misses {missing} of {len(wanted)} messages; {_lost(found, wanted)}"
    if set(found) - set(wanted):
        return f"{name} returns messages that were not asked for; look at the first and the last one"
    if len(found) != len(wanted):
        return f"{name} returns some messages twice; do two of its requests overlap?"
    order = f"{name} has all the messages, but not the oldest first; a list can be asked for in another order"
    return None if found == wanted else order


def _lost(found: list[str], wanted: list[str]) -> str:
    """Where to look for messages that are missing."""
    if set(found) - set(wanted):
        return "on which side of a message does the list have the newer ones?"
    return "how many does one page of a list hold, and what comes after it?"


def _ids(messages: Messages | None) -> list[str]:
    return [one if isinstance(one, str) else one.id for one in messages or []]
