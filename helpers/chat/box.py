"""The chat box, of plain ipywidgets: bubbles, a field, a button, and a worker thread that waits for the run."""

import threading
from dataclasses import dataclass
from html import escape
from typing import Any, Literal

import ipywidgets  # type: ignore[import-untyped]
import openai
from openai.types.beta import Assistant, Thread

from helpers.chat.conversation import Conversation, NoAnswer, problem_of
from helpers.chat.words import ENGLISH
from helpers.problems import KitError
from helpers.views import BLUE, GREY, PANEL, RED, plain, quiet

Kind = Literal["question", "answer", "problem"]

_COLOURS: dict[Kind, str] = {"question": BLUE, "answer": GREY, "problem": RED}
_CLOSING_SECONDS = 5.0


@dataclass(frozen=True)
class Bubble:
    """One thing said in the box; `kind` tells a problem from an answer."""

    kind: Kind
    who: str
    text: str


class ChatBox:
    """A chat with an assistant, shown when it is the last line of a cell or given to `display`.

    `assistant` is an assistant or its id; a `thread` (or its id) goes on with an older conversation on the server.
    Works with any client of the `openai` package and any server that speaks the protocol.
    """

    def __init__(
        self, client: openai.OpenAI, assistant: Assistant | str, *, thread: Thread | str | None = None
    ) -> None:
        self._words = ENGLISH
        self._conversation = Conversation(client, assistant, thread, self._words)
        named = None if isinstance(assistant, str) else assistant.name
        self._name = named or self._words["assistant"]
        self._turn = threading.Lock()
        self._worker: threading.Thread | None = None
        self._closed = False
        self.bubbles: list[Bubble] = []
        self._build()

    def _build(self) -> None:
        words = self._words
        self.log = ipywidgets.HTML(layout={"flex": "0 0 auto", "width": "100%"})
        # Without continuous updates the text travels once, when the cursor leaves the field: always before the click,
        # and always whole. With them, a click can overtake the last letters while the kernel is busy.
        self.field = ipywidgets.Textarea(
            placeholder=words["placeholder"],
            tooltip=words["placeholder"],
            continuous_update=False,
            rows=2,
            layout={"flex": "1 1 auto", "width": "auto"},
        )
        self.send = ipywidgets.Button(
            description=words["send"], tooltip=words["hint"], button_style="primary", layout={"width": "6em"}
        )
        self.send.on_click(self._clicked)
        self.status = ipywidgets.HTML()
        # Laid out from the bottom up, a full log shows its end and stays there.
        window = ipywidgets.Box(
            [self.log],
            layout={"flex_flow": "column-reverse", "overflow": "auto", "max_height": "26em", "padding": "0 8px"},
        )
        entry = ipywidgets.HBox([self.field, self.send], layout={"align_items": "center"})
        self.widget = ipywidgets.VBox([window, entry, self.status], layout={"max_width": "760px"})
        self._parts = (self.log, self.field, self.send, self.status, window, entry, self.widget)
        self._say_status(words["hint"])

    def ask(self, question: str) -> str:
        """The text of the answer; question and answer also appear in the box.

        Waits first while the box is answering. Raises `KitError` when the run does not complete, or the box is closed.
        """
        if self._closed:
            raise KitError(self._words["closed"], self._words["closed.fix"])
        if not question.strip():
            raise KitError(self._words["no_question"], self._words["no_question.fix"])
        with self._turn:
            return self._converse(question.strip())

    def close(self) -> None:
        """Take the box away; a run under way is cancelled and its worker thread ends."""
        self._closed = True
        self._conversation.cancel()
        worker = self._worker
        if worker is not None:
            worker.join(timeout=_CLOSING_SECONDS)
        for widget in self._parts:
            widget.close()

    def _clicked(self, _: object) -> None:
        """Whatever goes wrong here or in the worker appears in the box: a callback has no other place to show it."""
        try:
            if not self._turn.acquire(blocking=False):
                return  # the status tells already that an answer is under way
            question = self.field.value.strip()
            if question:
                self._begin(question)
            else:
                self._turn.release()
                self._say_status(self._words["empty"])
        except Exception as error:
            self._add_problem(problem_of(error, self._words))

    def _begin(self, question: str) -> None:
        """Start the worker; it gives the turn back when it is done."""
        try:
            self._set_busy(True)
            self.field.value = ""
            # A draft that was never sent to the kernel would be lost if the question had to come back.
            self.field.disabled = True
            self._worker = threading.Thread(target=self._work, args=(question,), name="chat box", daemon=True)
            self._worker.start()
        except BaseException:
            self._turn.release()
            raise

    def _work(self, question: str) -> None:
        try:
            self._converse(question)
        except NoAnswer as problem:
            if not problem.partial:
                self.field.value = question
        except Exception as error:
            self.field.value = question
            self._add_problem(problem_of(error, self._words))
        finally:
            self.field.disabled = False
            self._turn.release()

    def _converse(self, question: str) -> str:
        """Ask, and show both sides; the turn is taken."""
        self._set_busy(True)
        self._add(Bubble("question", self._words["you"], question))
        try:
            answer = self._conversation.ask(question)
        except NoAnswer as problem:
            if problem.partial:
                self._add(Bubble("answer", self._name, problem.partial))
            self._add_problem(problem)
            raise
        else:
            self._add(Bubble("answer", self._name, answer))
            return answer
        finally:
            self._set_busy(False)

    def _add(self, bubble: Bubble) -> None:
        self.bubbles.append(bubble)
        self.log.value += _html_of(bubble)

    def _add_problem(self, problem: KitError) -> None:
        self._add(Bubble("problem", self._words["problem"], str(problem)))

    def _set_busy(self, busy: bool) -> None:
        self.send.disabled = busy
        self.send.description = self._words["busy" if busy else "send"]
        self._say_status(self._words["answering"].format(name=self._name) if busy else self._words["hint"])

    def _say_status(self, text: str) -> None:
        self.status.value = f'<span role="status">{quiet(text)}</span>'

    def __repr__(self) -> str:
        lines = [f"{bubble.who}: {bubble.text}" for bubble in self.bubbles]
        return "\n".join([f"chat with {self._name}", *lines])

    def _repr_mimebundle_(self, **options: object) -> dict[str, Any]:
        """The widget, and its text for places that cannot show one."""
        bundle: dict[str, Any] = self.widget._repr_mimebundle_(**options)
        return bundle | {"text/plain": repr(self)}


def _html_of(bubble: Bubble) -> str:
    colour, mine = _COLOURS[bubble.kind], bubble.kind == "question"
    style = (
        f"display:inline-block;max-width:80%;padding:6px 12px;border:1px solid {colour};border-radius:12px;"
        f"background:{PANEL};text-align:left;overflow-wrap:anywhere;line-height:1.5"
    )
    return (
        f'<div style="margin-bottom:8px;text-align:{"right" if mine else "left"}">{quiet(bubble.who)}<br>'
        f'<div data-kind="{escape(bubble.kind)}" style="{style}">{plain(bubble.text)}</div></div>'
    )
