"""What a chat box needs of a service: a question in, events out until the answer is whole. No widgets here."""

import threading
from abc import ABC, abstractmethod
from collections.abc import Callable, Generator, Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

import openai

from helpers.chat.attaching import Attached, Purpose, uploaded
from helpers.chat.events import Call, Event, Said
from helpers.chat.failures import NoAnswer, problem_of
from helpers.chat.functions import Given, called, table_of
from helpers.chat.words import Words

ROUNDS = 10
"""How often one question may lead to calls of functions; a model that never gets enough would go on for ever."""
WAIT_SECONDS = 600.0
"""How long to wait for whoever else is at work in the conversation."""
LOOK_SECONDS = 0.5
AT_ONCE = 50
"""Messages of an older conversation that are read at once."""


@dataclass(frozen=True)
class Spoken:
    """A message of an older conversation."""

    role: Literal["user", "assistant"]
    said: Said
    attached: tuple[Attached, ...] = ()


@dataclass(frozen=True)
class Older:
    """Messages of an older conversation, the oldest first."""

    messages: Sequence[Spoken]
    before: str | None
    """What stands before them is asked for with this; `None` where nothing does."""


class Talk(ABC):
    """Questions and answers in one place at a service, which is made with the first question unless it is given.

    `functions` are the learner's own; the model may ask for them, and they are called where `ask` is iterated.
    """

    purpose: Purpose = "assistants"
    """For which files are uploaded that go with a question."""

    def __init__(self, client: openai.OpenAI, words: Words, functions: Given) -> None:
        self._client = client
        self._words = words
        self._functions = table_of(functions, words)
        self._stop = threading.Event()
        self._said: dict[str, str] = {}
        self._writing: list[str] = []

    @property
    @abstractmethod
    def ids(self) -> dict[str, str | None]:
        """Where the conversation is kept, and what made the latest answer: a word of the box, and an id."""

    @property
    def stopping(self) -> bool:
        """Whether somebody has asked for the answer to stop."""
        return self._stop.is_set()

    def rearm(self) -> None:
        """Forget the wish to stop, before the next question; it must not get lost while that begins."""
        self._stop.clear()

    def ask(
        self, question: str, *, wait: bool = False, attached: Sequence[Attached] = ()
    ) -> Generator[Event, None, None]:
        """What happens until the answer is whole. Any kind of failure raises `NoAnswer`, which says what to do.

        `attached` are files that come with the question. With `wait` whoever else is at work in the conversation is
        first waited for.
        """
        self._said, self._writing = {}, []
        try:
            yield from self._answer(question, tuple(attached), wait=wait)
        except NoAnswer:
            raise
        except Exception as error:
            self._let_go()
            raise problem_of(error, self._words, "".join(self._writing)) from error
        except BaseException:  # the kernel's interrupt would otherwise leave the conversation locked
            self._let_go()
            raise
        finally:
            self._forget()

    def cancel(self) -> None:
        """Ask the server to stop what is under way; no matter if there is nothing, or no server any more."""
        self._stop.set()
        self._let_go()

    def upload(self, name: str, data: bytes, mark: str) -> Attached:
        """Upload a file that goes with the next question."""
        return uploaded(self._client, name, data, mark, self.purpose)

    def reads_files(self) -> bool:
        """Whether a text that comes with a question can be read."""
        return True

    @abstractmethod
    def anew(self) -> "Talk":
        """One in a new place, with the same model, instructions and functions."""

    @abstractmethod
    def branch(self) -> "Talk":
        """One in a new place that begins with the messages before the last question."""

    @abstractmethod
    def older(self, before: str | None) -> Older:
        """`AT_ONCE` messages at most: the newest, or those before what an earlier call has named."""

    @abstractmethod
    def _answer(self, question: str, attached: tuple[Attached, ...], *, wait: bool) -> Generator[Event, None, None]:
        """What happens until the answer is whole; raises `NoAnswer` or the client's own errors."""

    @abstractmethod
    def _let_go(self) -> None:
        """Cancel what is under way, if anything is; never raises."""

    @abstractmethod
    def _forget(self) -> None:
        """Nothing is under way any more."""

    def _call(self, wanted: Iterable[Call]) -> Generator[Event, None, list[Call]]:
        """The calls with their outputs, one after the other until somebody wishes to stop."""
        made: list[Call] = []
        for call in wanted:
            if self._stop.is_set():
                break
            yield call
            made.append(called(call, self._functions, self._words))
            yield made[-1]
        return made

    def _say(self, number: str, read: Callable[[], Said]) -> Generator[Said, None, None]:
        """A whole message, once; `read` fetches what belongs to it."""
        self._writing = []
        if number in self._said:
            return
        said = read()
        if said.text or said.files:
            self._said[number] = said.text
            yield said

    def _say_rest(self) -> Generator[Said, None, None]:
        """What was written of a message that never became whole."""
        if self._writing:
            self._said["cut off"] = "".join(self._writing)
            yield Said(self._said["cut off"])
