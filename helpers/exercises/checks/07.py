"""Checks of lesson 07, the chat box."""

from collections.abc import Callable

import ipywidgets  # type: ignore[import-untyped]
from openai import NotFoundError
from openai.types.beta import Thread

from helpers.connection import connect
from helpers.exercises.trying import NotYet, calling
from helpers.traffic import Exchange, exchanges, statuses_of


def check_07a(fresh: object, history: object, answer: Callable[[str], object]) -> str | None:
    """A click on `fresh` empties `history`, and the next question goes into a thread made by that click."""
    if not isinstance(fresh, ipywidgets.Button):
        return "fresh is no button; ipywidgets.Button(description=…) makes one"
    if not isinstance(history, ipywidgets.HTML):
        return "history is no longer the HTML widget of the box"
    _give_a_thread(answer)
    shown, history.value = history.value, "<p>something old</p>"
    try:
        clicked = _sent_by(lambda: _click(fresh))
    finally:
        left, history.value = history.value, shown
    if "something old" in left:
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
    sent = _sent_by(lambda: calling(follow, "What is the capital of Kenya?", label))
    if not seen:
        return "the label never changed; follow should set label.value"
    runs = {one.response_json["id"] for one in sent if _is_run(one)}
    if len(runs) != 1:
        return f"{len(runs)} runs went over the wire; follow should start one and watch it"
    passed = [status for _, status in statuses_of(runs.pop())]
    if passed[-1] in ("queued", "in_progress", "cancelling"):
        return f"follow returned while the run was still {passed[-1]}; keep asking until it ends"
    texts = iter(seen)
    if not all(any(status in text for text in texts) for status in passed):
        return f"the run was {', '.join(passed)}, but the label showed only {', '.join(seen)}"
    return None


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
        raise NotYet("nobody listens to fresh; fresh.on_click(…) tells it which function to call")
    for listener in listeners:
        calling(listener, button)


def _remembers(clicked: list[Exchange], answer: Callable[[str], object]) -> str | None:
    """Why the next question does not begin a new conversation; `clicked` is what the click sent."""
    made = [one.response_json["id"] for one in clicked if one.method == "POST" and one.path.endswith("/threads")]
    if not made:
        if any(one.method == "DELETE" for one in clicked):
            return (
                "the thread is gone, and the next question has nowhere to go; let the click make a new one, too "
                "(for your box, run the cell with thread = client.beta.threads.create() again)"
            )
        return "the screen is empty, but Tabi still remembers; what holds the memory on the server?"
    failure: NotYet | None = None
    before = exchanges(last_cell=False)
    try:
        calling(answer, "What is my name?")
    except NotYet as reason:
        failure = reason
    if not any(f"/threads/{made[-1]}/" in one.path for one in _since(before)):
        return "a thread was made, but the next question went into the old one; see how on_click changes worker"
    return str(failure) if failure else None


def _sent_by(action: Callable[[], object]) -> list[Exchange]:
    """What went over the wire while this was done."""
    before = exchanges(last_cell=False)
    action()
    return _since(before)


def _since(before: list[Exchange]) -> list[Exchange]:
    """What went over the wire since then."""
    return [one for one in exchanges(last_cell=False) if one not in before]


def _is_run(exchange: Exchange) -> bool:
    body = exchange.response_json
    return isinstance(body, dict) and body.get("object") == "thread.run"
