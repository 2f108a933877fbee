"""A conversation with an assistant: its messages are on a thread, and each answer is a run."""

import contextlib
import json
import time
from collections.abc import Callable, Generator, Iterator, Mapping
from typing import Any

import openai
from openai.types.beta import Assistant, AssistantStreamEvent, Thread
from openai.types.beta.threads import Message, Run

from helpers.chat.attaching import Attached, message_of, named
from helpers.chat.branching import messages_before
from helpers.chat.events import Call, Dropped, Event, Remade, Said, Text, said_of
from helpers.chat.failures import end_of, no_answer
from helpers.chat.functions import Given
from helpers.chat.passages import whole
from helpers.chat.remembered import Remembered
from helpers.chat.talk import AT_ONCE, LOOK_SECONDS, ROUNDS, WAIT_SECONDS, Older, Spoken, Talk
from helpers.chat.words import ENGLISH, Words

_OVER = ("completed", "failed", "cancelled", "expired", "incomplete")

Stream = openai.Stream[AssistantStreamEvent]
Asked = Generator[Event, None, Run]
"""Events as they happen, and at their end the run as it is then."""


class Conversation(Talk):
    """Questions and answers on one thread, which is made with the first question unless it is given.

    `options` go into every run as they are, for example `{"temperature": 0}`.
    """

    def __init__(
        self,
        client: openai.OpenAI,
        assistant: Remembered | Assistant | str,
        thread: Thread | str | None = None,
        words: Words = ENGLISH,
        functions: Given = None,
        *,
        options: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(client, words, functions)
        self._assistant = assistant if isinstance(assistant, Remembered) else Remembered(client, _id_of(assistant))
        self._thread_id = None if thread is None else _id_of(thread)
        self._options = dict(options or {})
        self._streams = True
        self._run: Run | None = None
        self.last_run: Run | None = None
        """The run of the latest question as it was last seen, whatever became of it."""
        self._unanswered: tuple[str, tuple[Attached, ...]] | None = None
        self.question_id: str | None = None
        """The message on the thread that is the last question."""
        self._origin: tuple[str, str | None] | None = None

    @property
    def ids(self) -> dict[str, str | None]:
        """The thread and the latest run."""
        return {"thread": self._thread_id, "run": self.last_run.id if self.last_run else None}

    @property
    def thread_id(self) -> str | None:
        """The thread on the server, `None` before the first question."""
        return self._thread_id

    def reads_files(self) -> bool:
        """Whether a tool of the assistant reads them."""
        return self._assistant.reads_files()

    def anew(self) -> "Conversation":
        """One on a new thread, with the same assistant and functions."""
        return Conversation(self._client, self._assistant, None, self._words, self._functions, options=self._options)

    def branch(self) -> "Conversation":
        """One on a new thread that begins with the messages before the last question."""
        made = self.anew()
        if self._thread_id is not None:
            made._origin = (self._thread_id, self.question_id)
        return made

    def older(self, before: str | None) -> Older:
        """Messages of the thread; the files of the assistant's with their contents."""
        if self._thread_id is None:
            return Older([], None)
        page = self._client.beta.threads.messages.list(
            self._thread_id, order="desc", limit=AT_ONCE, after=before or openai.omit
        )
        if before is None:
            self.question_id = next((message.id for message in page.data if message.role == "user"), None)
        spoken = [self._spoken(message) for message in reversed(page.data)]
        return Older(spoken, page.data[-1].id if page.data and page.has_more else None)

    def _spoken(self, message: Message) -> Spoken:
        if message.role == "user":
            said = said_of(message.model_dump())
            return Spoken("user", said, tuple(named(self._client, file.id) for file in said.files))
        return Spoken("assistant", whole(self._client, message, self._words))

    def _answer(self, question: str, attached: tuple[Attached, ...], *, wait: bool) -> Generator[Event, None, None]:
        self.last_run = None
        if wait:
            self._wait_for_the_other_run()
        run = yield from self._answered(question, attached)
        yield from self._conclude(run)

    def _wait_for_the_other_run(self) -> None:
        """Until the newest run of the thread is over, for only that one can be active."""
        until = time.monotonic() + WAIT_SECONDS
        while self._thread_id is not None and time.monotonic() < until:
            newest = self._client.beta.threads.runs.list(self._thread_id, limit=1).data
            if not newest or newest[0].status in _OVER:
                return
            if self._stop.wait(LOOK_SECONDS):
                raise no_answer("cancelled", self._words, stopped=True)

    def _answered(self, question: str, attached: tuple[Attached, ...]) -> Asked:
        """A run on the question, its functions called as often as it asks for them."""
        runs = self._client.beta.threads.runs
        if self._thread_id is None:
            before = messages_before(self._client, *self._origin) if self._origin else []
            self._thread_id = self._client.beta.threads.create(messages=before or openai.omit).id
        thread_id = self._thread_id
        # A question that got no answer is in the thread already: sent again, it must not stand there twice.
        if (question, attached) != self._unanswered:
            self.question_id = None
            tools = [tool["type"] for tool in self._assistant.tools]
            given = message_of(question, attached, tools)
            asked = self._client.beta.threads.messages.create(thread_id, role="user", **given)
            self._unanswered, self.question_id = (question, attached), asked.id

        def begin(**streamed: Any) -> Any:  # noqa: ANN401 - the client's own
            return runs.create(thread_id, assistant_id=self._assistant.id, **self._options, **streamed)

        try:
            run = yield from self._follow(begin)
        except openai.NotFoundError:
            if not self._assistant.make_again():
                raise
            yield Remade(self._assistant.id)
            run = yield from self._follow(begin)
        for _ in range(ROUNDS):
            if run.status != "requires_action" or not self._functions:
                return run
            outputs = yield from self._outputs(run)
            if self._stop.is_set():
                return (yield from self._poll(run))
            submit = _submission(runs, run, outputs)
            try:
                run = yield from self._follow(submit)
            except openai.BadRequestError:
                if not self._stop.is_set():
                    raise
                return (yield from self._poll(run))  # it was stopped while its outputs were on their way
        if run.status == "requires_action":
            self._let_go()
            raise no_answer("rounds", self._words, ROUNDS)
        return run

    def _outputs(self, run: Run) -> Generator[Event, None, list[Any]]:
        calls = run.required_action.submit_tool_outputs.tool_calls if run.required_action else []
        wanted = (Call(call.id, call.function.name, call.function.arguments) for call in calls)
        made = yield from self._call(wanted)
        return [{"tool_call_id": call.id, "output": call.output} for call in made]

    def _follow(self, request: Callable[..., Any]) -> Asked:
        """A request that makes the run go on: as a stream, or by polling where the service cannot stream."""
        if self._streams:
            try:
                stream: Stream = request(stream=True)
            except openai.BadRequestError as error:
                # As api-version 2024-02-15-preview says it: Unknown parameter: 'stream'.
                if "stream" not in error.message:
                    raise
                self._streams = False
            else:
                return (yield from self._read(stream))
        run: Run = request()
        return (yield from self._poll(run))

    def _read(self, stream: Stream) -> Asked:
        """The events of a stream. If it breaks off, the run goes on at the server: then by polling."""
        run: Run | None = None
        if not stream.response.headers.get("content-type", "").startswith("text/event-stream"):
            # The client would see an empty stream, and no error.
            self._streams = False
            return (yield from self._poll(_run_in(stream, self._words)))
        try:
            with stream:
                for event in stream:
                    if isinstance(event.data, Run):
                        run = self._note(event.data)
                    else:
                        yield from self._events_of(event)
        except openai.APIConnectionError:
            pass
        if run is None:
            raise no_answer("no_answer", self._words)
        if run.status in (*_OVER, "requires_action"):
            return run
        yield Dropped()
        return (yield from self._poll(run))

    def _events_of(self, event: AssistantStreamEvent) -> Iterator[Event]:
        if event.event == "thread.message.delta":
            parts = event.data.delta.content or []
            text = "".join(part.text.value or "" for part in parts if part.type == "text" and part.text)
            if text:
                self._writing.append(text)
                yield Text(text)
        elif event.event in ("thread.message.completed", "thread.message.incomplete"):
            yield from self._say_message(event.data)
        elif event.event == "error":
            raise no_answer("failed", self._words, event.data.message, "".join(self._writing))

    def _poll(self, run: Run) -> Asked:
        """Ask for the run until it pauses or ends, then read what it wrote."""
        run = self._note(run)
        run = self._note(self._client.beta.threads.runs.poll(run.id, thread_id=run.thread_id))
        yield from self._fetch(run)
        return run

    def _fetch(self, run: Run) -> Iterator[Said]:
        page = self._client.beta.threads.messages.list(run.thread_id, run_id=run.id, order="asc")
        # Older services ignore the filter `run_id`.
        for message in [message for message in page if message.run_id == run.id]:
            yield from self._say_message(message)

    def _say_message(self, message: Message) -> Iterator[Said]:
        return self._say(message.id, lambda: whole(self._client, message, self._words))

    def _conclude(self, run: Run) -> Iterator[Said]:
        """What is still to be said; raises `NoAnswer` when the answer is not whole."""
        if not self._said and not self._writing and self._streams and run.status == "completed":
            yield from self._fetch(run)
        yield from self._say_rest()
        if self._said:
            self._unanswered = None
        if run.status == "completed" and self._said:
            return
        if run.status == "requires_action":
            # Unanswered it would lock the thread until it expires.
            self._let_go()
        raise end_of(run, self._words, "\n\n".join(self._said.values()), stopped=self._stop.is_set())

    def _note(self, run: Run) -> Run:
        """Remember the run, which can be cancelled only by whoever knows its id."""
        first, self._run = self._run is None, run
        self.last_run = run
        if first and self._stop.is_set():
            self._let_go()
        return run

    def _let_go(self) -> None:
        run = self._run
        if run is not None and run.status not in _OVER:
            with contextlib.suppress(openai.OpenAIError):
                runs = self._client.with_options(max_retries=0).beta.threads.runs
                runs.cancel(run.id, thread_id=run.thread_id)

    def _forget(self) -> None:
        self._run = None


def _submission(runs: Any, run: Run, outputs: list[Any]) -> Callable[..., Any]:  # noqa: ANN401 - the client's own
    """The request that hands over the outputs, streamed or not."""
    return lambda **streamed: runs.submit_tool_outputs(
        run.id, thread_id=run.thread_id, tool_outputs=outputs, **streamed
    )


def _run_in(stream: Stream, words: Words) -> Run:
    """The run that a service sent in place of a stream."""
    with stream:
        body = stream.response.read()
    with contextlib.suppress(ValueError):
        run = json.loads(body)
        if isinstance(run, dict) and run.get("object") == "thread.run":
            return Run.construct(**run)
    raise no_answer("no_stream", words, stream.response.headers.get("content-type", "no content type"))


def _id_of(thing: Assistant | Thread | str) -> str:
    return thing if isinstance(thing, str) else thing.id
