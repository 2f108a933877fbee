"""Checks of lesson 07, the chat box."""

from collections.abc import Callable

import ipywidgets
from openai import NotFoundError
from openai.types.beta import Thread

from helpers.connection import connect
from helpers.exercises.choosing import chosen
from helpers.exercises.evidence import not_asked, not_by_tabi, runs_started, statuses_in
from helpers.exercises.trying import ENDED, NotYet, calling, waiting_for
from helpers.traffic import Exchange, recording

_OLD = "<p>something old</p>"
_QUESTION = "What is the capital of Kenya?"
HINTS = {
    "07a": (
        "What on the screen has to change at a click, and what on the server?",
        "Where does Tabi's memory live: in the history, in the assistant, or in the thread?",
        "Which word lets a function change a name that lives outside of it?",
    ),
    "07b": (
        "Which call gives you a run at once, before it has ended?",
        "How did the loop of lesson 05 notice that a status was new?",
        "Where do you write the status, so that somebody sees it?",
    ),
    "07q": (
        "What can the kernel do while a function that a click called is at work?",
        "How long does a run take, and how long may a click?",
        "What would become of a second click, on Stop for example?",
    ),
}


def check_07a(fresh: object, history: object, answer: Callable[[str], object]) -> str | None:
    """A click on `fresh` empties `history`, and the next question goes into a thread made by that click."""
    if not isinstance(fresh, ipywidgets.Button):
        return "fresh is no button; ipywidgets.Button(description=…) makes one"
    if not isinstance(history, ipywidgets.HTML):
        return "history is no longer the HTML widget of the box"
    _give_a_thread(answer)
    shown, history.value = history.value, _OLD
    try:
        with recording() as clicked:
            _click(fresh)
            waiting_for(lambda: _OLD not in history.value and bool(_threads_made(clicked)), clicked)
    finally:
        left, history.value = history.value, shown
    if _OLD in left:
        return "after a click the history still shows what was said before"
    reason = _remembers(clicked, answer)
    if reason is None:
        history.value = ""
    return reason


def check_07b(follow: Callable[[str, object], object]) -> str | None:
    """`follow` sets the label to every status that went over the wire, in their order."""
    label = ipywidgets.Label()
    seen: list[str] = []
    label.observe(lambda change: seen.append(change["new"]), "value")
    with recording() as sent:
        calling(follow, _QUESTION, label)
        waiting_for(lambda: any(status in text for text in seen for status in ENDED), sent)
    if not seen:
        return "the label never changed; follow should set label.value"
    started = runs_started(sent)
    if len(started) != 1:
        return f"{len(started)} runs went over the wire; follow should start one and watch it"
    passed = statuses_in(sent, started[0].id)
    if passed[-1] not in ENDED:
        return f"follow returned while the run was still {passed[-1]}; keep asking until it ends"
    texts = iter(seen)
    if not all(any(status in text for text in texts) for status in passed):
        return f"the run was {', '.join(passed)}, but the label showed only {', '.join(seen)}"
    with connect() as client:
        return not_asked(client, started[0], _QUESTION) or not_by_tabi(client, started[0])


def check_07q(because: object) -> str | None:
    """Why a click leaves the waiting to a worker thread."""
    return chosen(
        because,
        {"kernel"},
        {
            "speed": "does the run end sooner when somebody else waits for it?",
            "service": "does the endpoint know on which thread of Python its client waits?",
            "errors": "who sees an error that is raised in a worker?",
        },
        "one word is missing",
    )


def _give_a_thread(answer: Callable[[str], object]) -> None:
    """Puts a new thread in the place of the notebook's one when an earlier try has deleted that."""
    names = getattr(answer, "__globals__", {})
    if "thread" not in names:
        return
    with connect() as client:
        try:
            if isinstance(names["thread"], Thread):
                client.beta.threads.retrieve(names["thread"].id)
                return
        except NotFoundError:
            pass
        names["thread"] = client.beta.threads.create()


def _click(button: ipywidgets.Button) -> None:
    """What a click does, but an error in it is raised; `button.click()` would print its traceback and go on."""
    listeners = button._click_handlers.callbacks
    if not listeners:
        raise NotYet("a click on fresh calls nothing yet; fresh.on_click(…) tells it which function to call")
    for listener in listeners:
        if not callable(listener):
            kind = type(listener).__name__
            raise NotYet(f"fresh.on_click was given {kind}; give it the name of a function, without brackets after it")
        calling(listener, button)


def _threads_made(sent: list[Exchange]) -> list[str]:
    made = [one.response_json for one in list(sent) if one.method == "POST" and one.path.endswith("/threads")]
    return [body["id"] for body in made if isinstance(body, dict) and "id" in body]


def _remembers(clicked: list[Exchange], answer: Callable[[str], object]) -> str | None:
    """Why the next question does not begin a new conversation; `clicked` is what the click sent."""
    made = _threads_made(clicked)
    if not made:
        if any(one.method == "DELETE" for one in clicked):
            return (
                "the thread is gone, and the next question has nowhere to go; let the click make a new one, too "
                "(for your box, run the cell with thread = client.beta.threads.create() again)"
            )
        return "the screen is empty, but Tabi still remembers; what holds the memory on the server?"
    failure: NotYet | None = None
    with recording() as sent:
        try:
            calling(answer, "What is my name?")
        except NotYet as reason:
            failure = reason
    if not any(f"/threads/{made[-1]}/" in one.path for one in sent):
        return "a thread was made, but the next question went into the old one; see how on_click changes worker"
    return str(failure) if failure else None
