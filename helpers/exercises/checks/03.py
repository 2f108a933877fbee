"""Checks of lesson 03, threads."""

from openai.types.beta import Thread
from openai.types.beta.threads import Message

from helpers.connection import connect
from helpers.exercises.trying import GONE, refused_for_assistant
from helpers.traffic import exchanges


def check_03a(chie: Thread | str, david: Thread | str) -> str | None:
    """Each thread holds one name and an answer of the same assistant."""
    ids = {"Chie": _id_of(chie), "David": _id_of(david)}
    if ids["Chie"] == ids["David"]:
        return "chie and david are one and the same thread; only a second one would keep the two apart"
    with connect() as client:
        threads = client.beta.threads
        said = {name: list(threads.messages.list(thread_id=thread_id)) for name, thread_id in ids.items()}
        answering = [{run.assistant_id for run in threads.runs.list(thread_id=one)} for one in ids.values()]
    for name, messages in said.items():
        told = _said_by_user(messages).casefold()
        if name.casefold() not in told:
            return f"nobody says the name {name} in {name}'s thread; is it somebody else's, or still without a message?"
        if any(other.casefold() in told for other in ids if other != name):
            return f"somebody else's name is in {name}'s thread too; begin with two new threads, one name in each"
        if not any(message.run_id for message in messages):
            silent = f"no run has answered in {name}'s thread yet; what puts Tabi to work on a thread?"
            return GONE if _assistant_was_missing(ids[name]) else silent
    if not answering[0] & answering[1]:
        return "two assistants answered; the same one should talk to both"
    return None


def _assistant_was_missing(thread_id: str) -> bool:
    """Whether the last attempt to start a run there was refused because its assistant is deleted."""
    path = f"/threads/{thread_id}/runs"
    tried = [one for one in exchanges(last_cell=False) if one.method == "POST" and one.path.endswith(path)]
    return bool(tried) and refused_for_assistant(tried[-1])


def _id_of(thread: Thread | str) -> str:
    return thread if isinstance(thread, str) else thread.id


def _said_by_user(messages: list[Message]) -> str:
    parts = [part for message in messages if message.role == "user" for part in message.content]
    return " ".join(part.text.value for part in parts if part.type == "text")
