"""What kept a question from its answer, in words: what happened, and what to do."""

import re
from collections.abc import Mapping
from typing import Any

import openai
from openai.types.beta.threads import Run

from helpers.chat.words import ENGLISH, Words
from helpers.problems import KitError

_ERRORS: tuple[tuple[type[Exception], str], ...] = (
    (openai.AuthenticationError, "key"),
    (openai.NotFoundError, "not_found"),
    (openai.RateLimitError, "too_many"),
    (openai.APIStatusError, "refused_request"),
    (openai.APIConnectionError, "no_answer"),
    (Exception, "unexpected"),
)
"""The first kind that fits names the sentence."""
_LOCKED = re.compile(r"while a run \S+ is active|already has an active run|currently operating on this conversation")
"""What the service says while another run is at work on the thread (contract.md 3.3), or another response in the
conversation (contract-successor.md 3)."""


class NoAnswer(KitError):
    """A question that got no complete answer; `partial` is what was written all the same."""

    def __init__(self, what: str, fix: str, partial: str = "", *, stopped: bool = False) -> None:
        super().__init__(what, fix)
        self.partial = partial
        self.stopped = stopped
        """Whether the person wished it so."""
        self.locked = False
        """Whether another run is at work on the thread, for which one can wait."""


def no_answer(name: str, words: Words, detail: object = "", partial: str = "", *, stopped: bool = False) -> NoAnswer:
    """The sentence of this name in the table, and its remedy."""
    return NoAnswer(words[name].format(detail=detail), words[f"{name}.fix"], partial, stopped=stopped)


def problem_of(error: Exception, words: Words = ENGLISH, partial: str = "") -> NoAnswer:
    """Any exception as a sentence and its remedy. Never repeats what a service says about a key."""
    locked = is_locked(error)
    name = "locked" if locked else next(name for kind, name in _ERRORS if isinstance(error, kind))
    status = getattr(error, "status_code", "")
    what = words[name].format(detail=_detail_of_error(error), status=status)
    problem = NoAnswer(what, words[f"{name}.fix"], partial)
    problem.locked = locked
    return problem


def is_locked(error: Exception) -> bool:
    """Whether the service refused because it is at work for somebody else in the same place."""
    return isinstance(error, openai.BadRequestError) and _LOCKED.search(error.message) is not None


def end_of(run: Run, words: Words, partial: str, *, stopped: bool) -> NoAnswer:
    """Why a run that came to its end, or to a pause, brought no complete answer."""
    name = "no_text" if run.status == "completed" else run.status
    return no_answer(name, words, _detail_of_run(run) or words["no_detail"], partial, stopped=stopped)


def _detail_of_error(error: Exception) -> str:
    body: Any = getattr(error, "body", None)
    message = body.get("message") if isinstance(body, Mapping) else None
    return str(message or f"{type(error).__name__}: {error}")


def _detail_of_run(run: Run) -> str:
    """The service's own words for why the run did not complete."""
    if run.last_error:
        return run.last_error.message
    if run.incomplete_details and run.incomplete_details.reason:
        return run.incomplete_details.reason
    if run.required_action:
        calls = run.required_action.submit_tool_outputs.tool_calls
        return ", ".join(call.function.name for call in calls)
    return ""
