"""A conversation with a model: its items are in a conversation at the service, and each answer is a response."""

import contextlib
import time
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping
from dataclasses import replace
from functools import partial
from itertools import islice
from typing import Any

import openai
from openai.types.responses import Response, ResponseStreamEvent

from helpers.chat.attaching import Attached, named
from helpers.chat.events import Call, Dropped, Event, Said, Text
from helpers.chat.failures import is_locked, no_answer
from helpers.chat.files import with_files
from helpers.chat.functions import Given
from helpers.chat.model import Configuration
from helpers.chat.said_items import calls_in, given_again, said_in, spoken_in, unanswered
from helpers.chat.talk import AT_ONCE, LOOK_SECONDS, ROUNDS, WAIT_SECONDS, Older, Spoken, Talk
from helpers.chat.words import Words

MOST = 500
"""Items that another conversation takes along: the newest."""
_A_PAGE = 100
_AT_ONCE = 20
"""Items that one request may add (contract-successor §9, row M2)."""
_OVER = ("completed", "failed", "incomplete", "cancelled")

Asked = Generator[Event, None, Response]
"""Events as they happen, and at their end the response as it is then."""
Input = list[dict[str, Any]]


class ResponseTalk(Talk):
    """Questions and answers in one conversation, which is made with the first question unless it is given.

    A response is asked for in the background and streamed: so it can be stopped, and outlives a broken connection.
    """

    purpose = "user_data"

    def __init__(
        self,
        client: openai.OpenAI,
        configuration: Configuration,
        conversation_id: str | None,
        words: Words,
        functions: Given,
    ) -> None:
        super().__init__(client, words, functions)
        self._configuration = configuration
        self._background = True
        self.conversation_id = conversation_id
        """The conversation on the server, `None` before the first question."""
        self.last_response: Response | None = None
        """The response to the latest question as it was last seen, whatever became of it."""
        self._under_way: Response | None = None
        self._asked: tuple[str, tuple[Attached, ...]] | None = None
        self._is_kept = False
        """Whether the last question is in the conversation."""
        self._calls: list[Call] = []
        """What the conversation holds of calls without their outputs: the next response must be given them."""
        self._origin: tuple[str, bool] | None = None

    @property
    def tools(self) -> list[dict[str, Any]]:
        """The tools that go with every question."""
        return self._configuration.tools

    @property
    def ids(self) -> dict[str, str | None]:
        """The conversation and the latest response."""
        last = self.last_response
        return {"conversation": self.conversation_id, "response": last.id if last else None}

    def anew(self) -> "ResponseTalk":
        """One in a new conversation, with the same model, instructions and functions."""
        return ResponseTalk(self._client, self._configuration.anew(), None, self._words, self._functions)

    def branch(self) -> "ResponseTalk":
        """One in a new conversation that begins with the messages before the last question."""
        made = self.anew()
        if self.conversation_id is not None:
            made._origin = (self.conversation_id, self._is_kept)
            made._configuration = self._configuration
        return made

    def older(self, before: str | None) -> Older:
        """Messages of the conversation; of calls only that they wait for their outputs is remembered."""
        if self.conversation_id is None:
            return Older([], None)
        page = self._client.conversations.items.list(
            self.conversation_id,
            order="desc",
            limit=AT_ONCE,
            after=before or openai.omit,
            include=self._configuration.included or openai.omit,
        )
        found = [item.model_dump() for item in reversed(page.data)]
        if before is None:
            self._calls = unanswered(found)
            self._is_kept = any(item.get("role") == "user" for item in found)
        told = [self._whole(message) for message in spoken_in(found)]
        return Older(told, page.data[-1].id if page.data and page.has_more else None)

    def _whole(self, message: Spoken) -> Spoken:
        """With the names of its files, and with the files that it was answered with."""
        files = tuple(one if one.name else named(self._client, one.file_id) for one in message.attached)
        return replace(message, said=with_files(self._client, message.said, self._words), attached=files)

    def _answer(self, question: str, attached: tuple[Attached, ...], *, wait: bool) -> Generator[Event, None, None]:
        self.last_response = None
        if self.conversation_id is None:
            self.conversation_id = self._new_conversation()
        given = yield from self._first_input(question, attached)
        for _ in range(ROUNDS):
            response = yield from self._follow(given, wait=wait)
            self._note_end(response)
            yield from self._conclude(response)
            if not self._calls:
                return
            if not self._functions:
                raise no_answer("requires_action", self._words, ", ".join(call.name for call in self._calls))
            given = yield from self._outputs()
        raise no_answer("rounds", self._words, ROUNDS)

    def _new_conversation(self) -> str:
        """The id of a new conversation, with what stood in another one before its last question."""
        before = self._before() if self._origin else []
        made = self._client.conversations.create(items=_given(before[:_AT_ONCE]) or openai.omit)
        for place in range(_AT_ONCE, len(before), _AT_ONCE):
            self._client.conversations.items.create(made.id, items=_given(before[place : place + _AT_ONCE]))
        return made.id

    def _before(self) -> Input:
        """The messages of the origin, the oldest first, without its last question and what followed."""
        number, is_kept = self._origin or ("", False)
        listed = self._client.conversations.items.list(number, order="desc", limit=_A_PAGE)
        newest_first = [item.model_dump() for item in islice(listed, MOST)]
        if is_kept:
            asked = (place for place, item in enumerate(newest_first) if item.get("role") == "user")
            newest_first = newest_first[next(asked, -1) + 1 :]
        return [again for again in map(given_again, reversed(newest_first)) if again]

    def _first_input(self, question: str, attached: tuple[Attached, ...]) -> Generator[Event, None, Input]:
        """What the first response to a question is given. A question that is in the conversation already, because only
        what followed it failed, must not stand there twice."""
        if (question, attached) == self._asked and self._is_kept and self._calls and self._functions:
            return (yield from self._outputs())
        never = self._words["never_called"]
        self._calls = [call if call.output is not None else call.with_output(never) for call in self._calls]
        self._asked, self._is_kept = (question, attached), False
        return [*map(_output, self._calls), self._configuration.question(question, attached)]

    def _outputs(self) -> Generator[Event, None, Input]:
        """The calls' outputs; those that were made before are not made again."""
        missing = [call for call in self._calls if call.output is None]
        made = yield from self._call(missing)
        known = {call.id: call for call in made}
        self._calls = [known.get(call.id, call) for call in self._calls]
        if self._stop.is_set():
            raise no_answer("cancelled", self._words, stopped=True)
        return [_output(call) for call in self._calls]

    def _follow(self, given: Input, *, wait: bool) -> Asked:
        """A response to this input, as a stream."""
        until = time.monotonic() + WAIT_SECONDS
        while True:
            try:
                stream = self._request(given)
            except openai.BadRequestError as error:
                if not (wait and is_locked(error) and time.monotonic() < until):
                    raise
                if self._stop.wait(LOOK_SECONDS):
                    raise no_answer("cancelled", self._words, stopped=True) from error
            else:
                return (yield from self._read(stream))

    def _request(self, given: Input) -> openai.Stream[ResponseStreamEvent]:
        request: dict[str, Any] = {
            **self._configuration.members,
            "conversation": self.conversation_id,
            "input": given,
            "stream": True,
        }
        create: Callable[..., openai.Stream[ResponseStreamEvent]] = self._client.responses.create
        if self._background:
            try:
                return create(background=True, **request)
            except openai.BadRequestError as error:
                if "background" not in error.message.casefold():
                    raise
                self._background = False  # a service that does not know it: then Stop only hangs up
        return create(**request)

    def _read(self, stream: openai.Stream[ResponseStreamEvent]) -> Asked:
        """The events of a stream. If it breaks off, the response goes on at the server: then by asking for it."""
        kind = stream.response.headers.get("content-type", "no content type")
        if not kind.startswith("text/event-stream"):
            # The client would see an empty stream, and no error.
            stream.close()
            raise no_answer("no_stream", self._words, kind)
        response: Response | None = None
        try:
            with stream:
                for event in stream:
                    made = getattr(event, "response", None)
                    response = self._note(made) if isinstance(made, Response) else response
                    yield from self._events_of(event, response)
                    if self._stop.is_set() and not self._background:
                        break  # what is left is not read: that stops a response that is not in the background
        except openai.APIConnectionError:
            pass
        except openai.APIStatusError:
            raise
        except openai.APIError as error:  # the event `error`, which the client raises
            raise no_answer("failed", self._words, error.message, "".join(self._writing)) from error
        if response is None:
            raise no_answer("no_answer", self._words)
        if response.status in _OVER:
            return response
        if not self._stop.is_set():
            yield Dropped()
        return (yield from self._poll(response))

    def _events_of(self, event: ResponseStreamEvent, response: Response | None) -> Iterator[Event]:
        if event.type in ("response.output_text.delta", "response.refusal.delta"):
            self._writing.append(event.delta)
            yield Text(event.delta)
        elif event.type in ("response.completed", "response.incomplete") and response is not None:
            yield from self._say_all(response)

    def _poll(self, response: Response) -> Asked:
        """Ask for the response until it ends, then read what it wrote."""
        while response.status not in _OVER:
            if self._stop.is_set() and not self._background:
                raise no_answer("cancelled", self._words, "", "".join(self._writing), stopped=True)
            time.sleep(LOOK_SECONDS)
            response = self._note(self._client.responses.retrieve(response.id))
        yield from self._say_all(response)
        return response

    def _say_all(self, response: Response) -> Iterator[Said]:
        """The messages of a response, each once."""
        items = [item.model_dump() for item in response.output]
        for item in items:
            if item.get("type") == "message":
                said = said_in(item, items)
                yield from self._say(str(item["id"]), partial(with_files, self._client, said, self._words))

    def _note_end(self, response: Response) -> None:
        """What the conversation holds now. Of a response that failed or was cancelled it holds nothing."""
        if response.status in ("completed", "incomplete"):
            self._is_kept = True
            self._calls = calls_in(item.model_dump() for item in response.output)

    def _conclude(self, response: Response) -> Iterator[Said]:
        """What is still to be said; raises `NoAnswer` when the answer is not whole."""
        yield from self._say_rest()
        if response.status == "completed" and (self._said or self._calls):
            return
        name = "no_text" if response.status == "completed" else str(response.status)
        said = "\n\n".join(self._said.values())
        raise no_answer(name, self._words, self._why(response), said, stopped=self._stop.is_set())

    def _why(self, response: Response) -> str:
        if response.error:
            return response.error.message
        details = response.incomplete_details
        return details.reason if details and details.reason else self._words["no_detail"]

    def _note(self, response: Response) -> Response:
        """Remember the response, which can be cancelled only by whoever knows its id."""
        first, self._under_way = self._under_way is None, response
        self.last_response = response
        if first and self._stop.is_set():
            self._let_go()
        return response

    def _let_go(self) -> None:
        response = self._under_way
        if response is not None and response.status not in _OVER and self._background:
            with contextlib.suppress(openai.OpenAIError):
                self._client.with_options(max_retries=0).responses.cancel(response.id)

    def _forget(self) -> None:
        self._under_way = None


def _output(call: Call) -> dict[str, Any]:
    return {"type": "function_call_output", "call_id": call.id, "output": call.output or ""}


def _given(items: Iterable[Mapping[str, Any]]) -> Any:  # noqa: ANN401 - the client's own types of input
    return list(items)
