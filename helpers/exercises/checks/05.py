"""Checks of lesson 05, runs."""

from collections.abc import Callable

from openai import NotFoundError, OpenAI
from openai.types.beta.threads import Run

from helpers.connection import connect
from helpers.exercises.choosing import chosen
from helpers.exercises.evidence import (
    as_it_is,
    brief,
    cancelled_by_lesson,
    not_asked,
    not_by_tabi,
    run_of,
    statuses_in,
    written_by,
)
from helpers.exercises.trying import ENDED, calling
from helpers.traffic import exchanges, recording

_QUESTIONS = ("What is the capital of Iceland?", "How much is 19 * 23?")
_ACTIVE = ("queued", "in_progress", "cancelling")
HINTS = {
    "05a": (
        "Which five things happened, in which order, in the walk at the top?",
        "What has to be new for each question, so that no two of them meet in one conversation?",
        "Where is the answer when the run has ended, and which of its fields holds the text?",
    ),
    "05b": (
        "Which two options of a run speak of instructions?",
        "What would the model have to read to answer in one word?",
        "When is a run finished, and which call waits for that?",
    ),
    "05c": (
        "What does cancel return: the end, or a promise?",
        "A run in your hands shows one moment. How do you get to see the next?",
        "Which call of the client asks again until a run stops moving?",
    ),
    "05q": (
        "While which statuses does something still happen to the conversation, or could happen?",
        "What would go wrong if a message came between the question and its answer?",
        "In the diagram, which statuses have an arrow that leads on?",
    ),
}


def check_05a(ask: Callable[[str], object]) -> str | None:
    """`ask` has Tabi answer each question in a thread of its own, and returns the text that the run wrote."""
    with connect() as client:
        for question in _QUESTIONS:
            with recording() as sent:
                answer = calling(ask, question)
            run = run_of(client, sent, "ask")
            wrong = not_asked(client, run, question) or not_by_tabi(client, run)
            reason = wrong or _not_told(answer, written_by(client, run), question, statuses_in(sent, run.id)[-1])
            if reason:
                return reason
    return None


def check_05b(run: Run) -> str | None:
    """The run was given instructions of its own, and answered in one word."""
    with connect() as client:
        now = as_it_is(client, run)
        texts, present = written_by(client, now), _present_instructions(client, run.assistant_id)
    if run.status != "completed":
        return f"the run is {run.status}, not completed; {_instead(run.status)}"
    if now.status != "completed":
        return f"the endpoint says that this run is {now.status}; {_instead(now.status)}"
    asked = _creation_of(run.id)
    if asked is not None and not (asked.get("instructions") or asked.get("additional_instructions")):
        return "the run took its instructions from Tabi; give it some of its own"
    if now.instructions == present:
        return "Tabi has the same instructions as the run; put Tabi's own back, or give the run some of its own"
    wordy = next((text for text in texts if not _is_one_word(text)), None)
    if wordy is not None:
        return f'the run answered "{brief(wordy)}", which is more than one word; what do its instructions ask for?'
    return None


def check_05c(run: Run) -> str | None:
    """The run was cancelled, and its last picture says so."""
    with connect() as client:
        now = as_it_is(client, run)
    if run.status == "cancelling":
        return "cancelling is a promise, not an end; ask for the run again until it changes"
    if run.status == "cancelled" != now.status:
        return f"this says cancelled, but the endpoint says that the run is {now.status}; what did cancel return?"
    if run.status in _ACTIVE and now.status == "cancelled":
        return f"it has stopped, but this still shows it {run.status}; which call returned it as it is now?"
    if run.status in _ACTIVE:
        return f"the run is {run.status}; ask the endpoint to cancel it, and see what becomes of it"
    if run.status != "cancelled":
        return f"the run is {run.status}; cancel it while it is still on its way"
    own = "this is the run that the lesson cancelled, in the cell above; start a run of your own, and cancel that"
    return own if cancelled_by_lesson(run.id, "05") else None


def check_05q(locking: object) -> str | None:
    """The statuses in which a run locks its thread."""
    over = "this run has ended; what could still write into the thread?"
    return chosen(
        locking,
        {"queued", "in_progress", "requires_action", "cancelling"},
        {
            "completed": "the answer is there; who would have to wait for what?",
            "incomplete": "half an answer is there, and no more comes; who is still writing?",
            "failed": over,
            "expired": over,
            "cancelled": "this is the end that cancelling promised; is anything still on its way?",
        },
        "from which other statuses does the run still go on?",
    )


def _not_told(answer: object, written: list[str], question: str, status: str) -> str | None:
    """Why this is not what the run wrote; `status` is the last that `ask` saw of the run."""
    if answer is None:
        return "ask returns nothing yet; it should return the text of the answer"
    if not isinstance(answer, str):
        return f"ask returned {type(answer).__name__}; where in it is the text of the answer?"
    if answer.strip() in [*(text.strip() for text in written), "".join(written).strip()]:
        return None
    if status not in ENDED:
        return f"when ask looked for the answer, it had seen its run {status}; what waits for the end of a run?"
    if answer.strip() == question:
        return "ask returned the question itself; which message is the first in a list?"
    return f'ask returned "{brief(answer)}", and the run wrote "{brief("".join(written))}"'


def _is_one_word(text: str) -> bool:
    """Also a name may have two or three words, as New Delhi has."""
    words = text.strip(" .").split()
    return len(words) <= 1 or (len(words) <= 3 and all(word[:1].isupper() for word in words))


def _instead(status: str) -> str:
    """What to do about a run that should be completed."""
    if status in _ACTIVE:
        return "this is how it was then: ask for it again, until it has ended"
    return "show(short_run) says why it ended like that"


def _creation_of(run_id: str) -> dict[str, object] | None:
    """What the request that made this run said; `None` when it is not, or no longer, in the log."""
    for one in exchanges(last_cell=False):
        sent, made = one.request_json, one.response_json
        if one.method == "POST" and one.path.endswith("/runs") and isinstance(sent, dict) and _has_id(made, run_id):
            return sent
    return None


def _present_instructions(client: OpenAI, assistant_id: str) -> object:
    """The assistant's instructions as they are now; empty when it has none, or is deleted."""
    try:
        return client.beta.assistants.retrieve(assistant_id).instructions or ""
    except NotFoundError:
        return ""


def _has_id(body: object, wanted: str) -> bool:
    return isinstance(body, dict) and body.get("id") == wanted
