"""Checks of lesson 05, runs."""

import time
from collections.abc import Callable

from openai.types.beta.threads import Run

from helpers.traffic import exchanges


def check_05a(ask: Callable[[str], object]) -> str | None:
    """`ask` makes a thread, waits for a run on it, and returns the text that the run wrote."""
    began = time.monotonic()
    answer = ask("What is the capital of Portugal?")
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
    """The run has instructions that its assistant has not."""
    if run.status != "completed":
        return f"the run is {run.status}, not completed"
    own = {one.response_json["instructions"] for one in exchanges(last_cell=False) if _is_assistant(one.response_json)}
    if run.instructions in own:
        return "the run took its instructions from Tabi; give it some of its own"
    if any(
        one.method == "POST" and f"/assistants/{run.assistant_id}" in one.path for one in exchanges(last_cell=False)
    ):
        return "Tabi itself was changed; the instructions should be those of the run alone"
    return None


def check_05c(run: Run) -> str | None:
    """The run was cancelled, and its last picture says so."""
    if run.status == "cancelling":
        return "cancelling is a promise, not an end; ask for the run again until it changes"
    if run.status != "cancelled":
        return f"the run is {run.status}; cancel it while it is still on its way"
    return None


def _texts_of_runs(messages: list[dict[str, object]]) -> list[object]:
    """The texts of those messages that a run wrote."""
    parts = [part for message in messages if message["run_id"] for part in message["content"]]  # type: ignore[attr-defined]
    return [part["text"]["value"] for part in parts if part["type"] == "text"]


def _is_assistant(body: object) -> bool:
    return isinstance(body, dict) and body.get("object") == "assistant"
