"""What a chat box shows: its chats, the page that shows one of them, and a picture for pages that cannot."""

from collections.abc import Sequence
from uuid import uuid4

from openai.types.beta.threads import Run
from openai.types.responses import Response

from helpers.chat import bubbles as made
from helpers.chat.bubbles import Bubble
from helpers.chat.chats import Chat
from helpers.chat.conversation import Conversation
from helpers.chat.page import Page
from helpers.chat.responding import ResponseTalk
from helpers.chat.talk import Talk
from helpers.chat.words import Words
from helpers.problems import KitError
from helpers.views import has_pages


class Board:
    """The state that the page shows; `ChatBox` does what is asked for there."""

    def __init__(
        self, conversation: Talk, name: str | None, words: Words, language: str, starters: Sequence[str]
    ) -> None:
        self._words = words
        self._name = name or words["assistant"]
        self._chat = Chat(conversation)
        self._chats = [self._chat]
        self._displayed = False
        self.widget = Page(
            name=self._name,
            words=dict(words),
            language=language,
            status=words["hint"],
            twin=f"kit-twin-{uuid4().hex[:12]}",
            starters=list(starters),
        )

    @property
    def bubbles(self) -> list[Bubble]:
        """What the box shows, in its order."""
        return self._chat.bubbles

    @property
    def thread_id(self) -> str | None:
        """The thread of the conversation that is shown; `None` before its first question, and without an assistant."""
        return self._conversation.thread_id if isinstance(self._conversation, Conversation) else None

    @property
    def run(self) -> Run | None:
        """The run of the latest question as it was last seen, as `show` takes it; `None` where there was none."""
        return self._conversation.last_run if isinstance(self._conversation, Conversation) else None

    @property
    def conversation_id(self) -> str | None:
        """The conversation that is shown; `None` before its first question, and with an assistant."""
        return self._conversation.conversation_id if isinstance(self._conversation, ResponseTalk) else None

    @property
    def response(self) -> Response | None:
        """The response to the latest question as it was last seen, as `show` takes it; `None` where there was none."""
        return self._conversation.last_response if isinstance(self._conversation, ResponseTalk) else None

    @property
    def _conversation(self) -> Talk:
        return self._chat.conversation

    def _places_of(self, kind: str) -> list[int]:
        return [place for place, bubble in enumerate(self.bubbles) if bubble.kind == kind]

    def _change_to(self, chat: Chat) -> None:
        """Make this the chat that goes on. One without a word is not kept."""
        others = [one for one in self._chats if one.bubbles and one is not chat]
        self._chats, self._chat = [*others, chat], chat

    def _add(self, bubble: Bubble) -> None:
        self.bubbles.append(bubble)
        self._show()

    def _add_problem(self, problem: KitError) -> None:
        self._add(made.problem(problem, self._words))

    def _show(self) -> None:
        with self.widget.hold_sync():
            self.widget.turns = [bubble.for_page(number) for number, bubble in enumerate(self.bubbles)]
            self.widget.older = self._chat.older is not None
            self.widget.chats = [one.line(number) for number, one in enumerate(self._chats) if one is not self._chat]
            self._tell_ids()

    def _tell_ids(self) -> None:
        self.widget.ids = self._conversation.ids

    def _set_busy(self, busy: bool) -> None:
        status = self._words["answering"].format(name=self._name) if busy else self._words["hint"]
        with self.widget.hold_sync():
            self.widget.busy = busy
            self.widget.status = status
            self._tell_ids()

    def __repr__(self) -> str:
        return "\n".join(filter(None, [self._title(), made.text_of(self.bubbles)]))

    def _title(self) -> str:
        return self._words["chat"].format(name=self._name)

    def _ipython_display_(self) -> None:
        """Show the widget, and below it its twin for pages that cannot show one.

        The twin is an output of its own: renewed after each answer, it leaves the widget above it in peace.
        """
        from IPython.display import display  # present where somebody displays

        view = {"version_major": 2, "version_minor": 0, "model_id": self.widget.model_id}
        widget = {"application/vnd.jupyter.widget-view+json": view, "text/plain": self._title()}
        display(widget, raw=True)
        display(self._twin(), raw=True, display_id=self.widget.twin)
        self._displayed = has_pages()

    def _renew_twin(self) -> None:
        if self._displayed:
            from IPython.display import update_display

            update_display(self._twin(), raw=True, display_id=self.widget.twin)

    def _twin(self) -> dict[str, str]:
        note = self._words["static"]
        return {
            "text/html": made.picture_of(self.bubbles, note, self.widget.twin),
            "text/plain": made.text_of(self.bubbles) or note,
        }
