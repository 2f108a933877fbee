"""One conversation with an assistant: a question in, the text of the answer out. Knows nothing of widgets."""

import contextlib
from collections.abc import Mapping
from typing import Any

import openai
from openai.types.beta import Assistant, Thread
from openai.types.beta.threads import Run

from helpers.chat.words import ENGLISH, Words
from helpers.display.singles import content_of
from helpers.problems import KitError

_ERRORS: tuple[tuple[type[Exception], str], ...] = (
    (openai.AuthenticationError, "key"),
    (openai.NotFoundError, "not_found"),
    (openai.RateLimitError, "too_many"),
    (openai.APIStatusError, "refused"),
    (openai.APIConnectionError, "no_answer"),
    (Exception, "unexpected"),
)
"""The first kind that fits names the sentence."""


class NoAnswer(KitError):
    """A question that got no complete answer; `partial` is what was written all the same."""

    def __init__(self, what: str, fix: str, partial: str = "") -> None:
        super().__init__(what, fix)
        self.partial = partial


class Conversation:
    """Questions and answers on one thread, which is made with the first question unless it is given."""

    def __init__(
        self,
        client: openai.OpenAI,
        assistant: Assistant | str,
        thread: Thread | str | None = None,
        words: Words = ENGLISH,
    ) -> None:
        if not isinstance(client, openai.OpenAI):
            given = type(client).__name__
            raise KitError(words["no_client"].format(given=given), words["no_client.fix"])
        self._client = client
        self._assistant_id = _id_of(assistant)
        self._thread_id = None if thread is None else _id_of(thread)
        self._words = words
        self._run: Run | None = None
        self._unanswered: str | None = None

    @property
    def thread_id(self) -> str | None:
        """The thread on the server, `None` before the first question."""
        return self._thread_id

    def ask(self, question: str) -> str:
        """The text with which the run answers; any kind of failure raises `NoAnswer`, which says what to do."""
        try:
            return self._answer_of(self._run_on(question))
        except NoAnswer:
            raise
        except Exception as error:
            raise problem_of(error, self._words) from error

    def cancel(self) -> None:
        """Ask the server to stop the run that is under way; no matter if there is none, or no server any more."""
        run = self._run
        if run is not None:
            with contextlib.suppress(openai.OpenAIError):
                self._client.beta.threads.runs.cancel(run.id, thread_id=run.thread_id)

    def _run_on(self, question: str) -> Run:
        if self._thread_id is None:
            self._thread_id = self._client.beta.threads.create().id
        # A question that got no answer is in the thread already: sent again, it must not stand there twice.
        if question != self._unanswered:
            self._client.beta.threads.messages.create(self._thread_id, role="user", content=question)
            self._unanswered = question
        # `create_and_poll` in two halves, since a run can be cancelled only by whoever knows its id.
        self._run = self._client.beta.threads.runs.create(self._thread_id, assistant_id=self._assistant_id)
        try:
            return self._client.beta.threads.runs.poll(self._run.id, thread_id=self._thread_id)
        except KeyboardInterrupt:
            self.cancel()
            raise
        finally:
            self._run = None

    def _answer_of(self, run: Run) -> str:
        text = self._text_of(run)
        if text:
            self._unanswered = None
        if run.status == "completed" and text:
            return text
        if run.status == "requires_action":
            # Unanswered it would lock the thread until it expires.
            self._client.beta.threads.runs.cancel(run.id, thread_id=run.thread_id)
        name = "no_text" if run.status == "completed" else run.status
        detail = _detail_of_run(run) or self._words["no_detail"]
        raise NoAnswer(self._words[name].format(detail=detail), self._words[f"{name}.fix"], partial=text)

    def _text_of(self, run: Run) -> str:
        page = self._client.beta.threads.messages.list(run.thread_id, run_id=run.id, order="asc")
        # Older services ignore the filter `run_id`.
        written = [message.model_dump() for message in page if message.run_id == run.id]
        return "\n\n".join(filter(None, (content_of(message)[0] for message in written)))


def problem_of(error: Exception, words: Words = ENGLISH) -> NoAnswer:
    """Any exception as a sentence and its remedy. Never repeats what a service says about a key."""
    name = next(name for kind, name in _ERRORS if isinstance(error, kind))
    status = getattr(error, "status_code", "")
    return NoAnswer(words[name].format(detail=_detail_of_error(error), status=status), words[f"{name}.fix"])


def _id_of(thing: Assistant | Thread | str) -> str:
    return thing if isinstance(thing, str) else thing.id


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
