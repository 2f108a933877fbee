"""Checks of lesson 05, runs."""

import time
from collections.abc import Callable
from textwrap import shorten

from openai import APIError
from openai.types.beta.threads import Run

from helpers.connection import connect
from helpers.exercises.trying import calling
from helpers.traffic import exchanges


def check_05a(ask: Callable[[str], object]) -> str | None:
    """`ask` makes a thread, waits for a run on it, and returns the text that the run wrote."""
    began = time.monotonic()
    answer = calling(ask, "What is the capital of Portugal?")
    sent = [one for one in exchanges(last_cell=False) if one.started >= began]
    if answer is None:
        return "ask returns nothing yet; it should return the text of the answer"
    if not any(one.method == "POST" and one.path.endswith("/threads") for one in sent):
        return "no new thread was made; two questions would end up in one conversation"
    seen = [one.response_json for one in sent if "/runs/" in one.path and one.response_json]
    if not any(one.get("status") == "completed" for one in seen):
        return "no run was followed to its end; create_and_poll does that"
    lists = [one.response_json for one in sent if one.method == "GET" and one.path.endswith("/messages")]
    written = [text for page in lists if page for text in _texts_of_runs(page["data"])]
    if answer not in written:
        return "what ask returned is not the text of a message that the run wrote; lists put the newest first"
    return None


def check_05b(run: Run) -> str | None:
    """The run was given instructions of its own, and answered in one word."""
    if run.status != "completed":
        return f"the run is {run.status}, not completed; {_instead(run)}"
    asked = _creation_of(run.id)
    if asked is not None and not (asked.get("instructions") or asked.get("additional_instructions")):
        return "the run took its instructions from Tabi; give it some of its own"
    if run.instructions == _present_instructions(run.assistant_id):
        return "Tabi has the same instructions as the run; put Tabi's own back, or give the run some of its own"
    wordy = next((text for text in _written_by(run) if len(text.strip(" .").split()) > 1), None)
    if wordy is not None:
        short = shorten(wordy, 60, placeholder="…")
        return f'the run answered "{short}", which is more than one word; ask for one word in its instructions'
    return None


def check_05c(run: Run) -> str | None:
    """The run was cancelled, and its last picture says so."""
    if run.status == "cancelling":
        return "cancelling is a promise, not an end; ask for the run again until it changes"
    if run.status != "cancelled":
        return f"the run is {run.status}; {_uncancelled(run)}"
    return None


def _uncancelled(run: Run) -> str:
    if run.status in ("queued", "in_progress"):
        return "ask the endpoint to cancel it, and see what becomes of it"
    return "cancel it while it is still on its way"


def _instead(run: Run) -> str:
    """What to do about a run that should be completed."""
    if run.status in ("queued", "in_progress", "cancelling"):
        return "this is how it was then: ask for it again, until it has ended"
    return "show(short_run) says why it ended like that"


def _texts_of_runs(messages: list[dict[str, object]]) -> list[object]:
    """The texts of those messages that a run wrote."""
    parts = [part for message in messages if message["run_id"] for part in message["content"]]  # type: ignore[attr-defined]
    return [part["text"]["value"] for part in parts if part["type"] == "text"]


def _creation_of(run_id: str) -> dict[str, object] | None:
    """What the request that made this run said; `None` when it is not, or no longer, in the log."""
    for one in exchanges(last_cell=False):
        sent, made = one.request_json, one.response_json
        if one.method == "POST" and one.path.endswith("/runs") and isinstance(sent, dict) and _has_id(made, run_id):
            return sent
    return None


def _present_instructions(assistant_id: str) -> object:
    """The assistant's instructions as the wire last showed them; empty when it has none, or never was shown."""
    seen = [one.response_json for one in exchanges(last_cell=False)]
    shown = [body.get("instructions") for body in seen if _has_id(body, assistant_id) and not body.get("deleted")]
    return shown[-1] or "" if shown else ""


def _has_id(body: object, wanted: str) -> bool:
    return isinstance(body, dict) and body.get("id") == wanted


def _written_by(run: Run) -> list[str]:
    """The texts that the run wrote; none when its thread is gone, or at another endpoint."""
    with connect() as client:
        try:
            page = client.beta.threads.messages.list(thread_id=run.thread_id, run_id=run.id)
        except APIError:
            return []
    return [part.text.value for message in page.data for part in message.content if part.type == "text"]
