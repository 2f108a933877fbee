"""What a learner's code did: the runs that went over the wire, as the endpoint has them now."""

from collections.abc import Iterable, Iterator
from textwrap import shorten
from typing import Any

from openai import NotFoundError, OpenAI
from openai.types.beta.threads import Message, Run

from helpers.cells import CELLS
from helpers.exercises.shipped import cells_as_shipped
from helpers.exercises.trying import ENDED, NotYet
from helpers.traffic import Exchange, cancels_of
from helpers.traffic.log import parsed

_BRIEF = 60
"""Characters of the beginning of a text."""


def run_of(client: OpenAI, sent: list[Exchange], name: str) -> Run:
    """The one run that the function of this name started, completed; otherwise `NotYet`.

    However it was started: alone or with its thread, polled or streamed, on whatever thread of Python.
    """
    started = runs_started(sent)
    if not started:
        raise NotYet(f"no run was seen while {name} worked; does it start one, with the client of this lesson?")
    if len(started) > 1:
        raise NotYet(f"{name} started {len(started)} runs for one question; one is enough")
    run = as_it_is(client, started[0])
    if run.status not in ENDED:
        raise NotYet(f"{name} returned while its run was still {run.status}; what waits for the end of a run?")
    if run.status != "completed":
        raise NotYet(f"the run that {name} started ended as {run.status}; what does show(run) say about it?")
    return run


def runs_started(sent: Iterable[Exchange]) -> list[Run]:
    """The runs that these exchanges started, as they were then, oldest first."""
    made = [body for one in sent if one.method == "POST" and one.path.endswith("/runs") for body in _objects(one)]
    first = {body["id"]: body for body in reversed(made) if body.get("object") == "thread.run"}
    return [Run.model_construct(**body) for body in reversed(first.values())]


def statuses_in(sent: Iterable[Exchange], run_id: str) -> list[str]:
    """The statuses of a run in the order in which these exchanges brought them, each change once."""
    found: list[str] = []
    for one in sent:
        for body in _objects(one):
            if body.get("id") == run_id and body.get("status") not in found[-1:]:
                found.append(str(body["status"]))
    return found


def cancelled_by_lesson(run_id: str, lesson: str) -> bool:
    """Whether cells of the lesson, as it was shipped, asked for this run's end, and none that the learner wrote."""
    asked = [CELLS.source_of(number).strip() for number in cancels_of(run_id)]
    return bool(asked) and set(asked) <= {code.strip() for code in cells_as_shipped(lesson)}


def as_it_is(client: OpenAI, run: object) -> Run:
    """The run as the endpoint has it now; `NotYet` for what is no run, or one that the endpoint does not know."""
    if not isinstance(run, Run):
        raise NotYet(f"this is {type(run).__name__}; a run is asked for")
    try:
        return client.beta.threads.runs.retrieve(run.id, thread_id=run.thread_id)
    except NotFoundError as error:
        raise NotYet("the endpoint knows no such run; was it made here, and is its thread still there?") from error


def texts_of(messages: Iterable[Message]) -> list[str]:
    """The text of each message."""
    return ["".join(part.text.value for part in one.content if part.type == "text") for one in messages]


def written_by(client: OpenAI, run: Run) -> list[str]:
    """The texts that a run wrote, oldest first."""
    return texts_of(client.beta.threads.messages.list(run.thread_id, run_id=run.id, order="asc"))


def said_by_user(client: OpenAI, thread_id: str) -> list[str]:
    """The texts of a thread that no run wrote, oldest first."""
    messages = client.beta.threads.messages.list(thread_id, order="asc")
    return texts_of(one for one in messages if one.role == "user")


def not_asked(client: OpenAI, run: Run, question: str) -> str | None:
    """Why this run did not answer this question, and nothing else."""
    said = said_by_user(client, run.thread_id)
    if not said:
        return "the run worked on a thread without a message; where did the question go?"
    if question not in said:
        return f'the run was not asked "{question}": its thread says "{brief(said[-1])}"; what becomes of the argument?'
    if len(said) > 1:
        return f'the thread holds other messages, too: "{brief(said[0])}"; a new conversation needs a new thread'
    return None


def not_by_tabi(client: OpenAI, run: Run) -> str | None:
    """Why it was not Tabi who worked in this run."""
    name = client.beta.assistants.retrieve(run.assistant_id).name
    return None if name == "Tabi" else f"the run was given the assistant {name or 'without a name'}, not Tabi"


def brief(text: str) -> str:
    """The beginning of a text: whole words, where it has spaces."""
    found = shorten(text, _BRIEF, placeholder="…")
    whole = " ".join(text.split())
    return found if found == whole or len(found) > _BRIEF // 2 else f"{whole[: _BRIEF - 1]}…"


def _objects(exchange: Exchange) -> Iterator[dict[str, Any]]:
    """The objects that an answer brought: its body, or what was in the events of a stream."""
    bodies = [parsed(event.data) for event in list(exchange.events)] if exchange.is_stream else [exchange.response_json]
    return (body for body in bodies if isinstance(body, dict))
