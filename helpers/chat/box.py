"""The chat box: a conversation, the page that shows it, and a worker thread that waits for the run."""

import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import closing
from functools import partial
from typing import Any

import openai
from openai.types.beta import Assistant, Thread
from openai.types.conversations import Conversation as StoredConversation

from helpers.chat import bubbles as made
from helpers.chat.attaching import Attached, is_readable
from helpers.chat.board import Board
from helpers.chat.bubbles import Bubble
from helpers.chat.chats import Chat
from helpers.chat.conversation import Conversation
from helpers.chat.events import Call, Dropped, Event, Remade, Said, Text
from helpers.chat.failures import NoAnswer, problem_of
from helpers.chat.functions import Given
from helpers.chat.making import check_choice, talk_with
from helpers.chat.page import Growing
from helpers.chat.remembered import remembered
from helpers.chat.starters import starters
from helpers.chat.talk import Talk
from helpers.chat.words import words_of
from helpers.clicks import take_at_once
from helpers.problems import KitError

_CLOSING_SECONDS = 5.0
_HANDOVER_SECONDS = 1.0
"""The page learns that the box is free a moment before the turn is given back."""


class ChatBox(Board):
    """A chat, shown when it is the last line of a cell or given to `display`: with an assistant, or with a model.

    `assistant` is an assistant or its id; when it is deleted later, the next question makes it again as it was now.
    A `thread` (or its id) shows and goes on with an older conversation on the server.

    With `model` in its place the box talks through Responses and Conversations. Then `instructions` and `tools` go with
    every question, `vector_stores` are searched, `files` are there for code, and a `conversation` (or its id) shows and
    goes on with an older one. A function that `tools` does not declare is declared as Python knows it.

    `functions` are Python functions that may be asked for: a list, or a dict of name and function.
    Files that are chosen, dropped or pasted are uploaded, and attached to the next question.
    `language` is that of the box itself: `en` or `ja`.
    Works with any client of the `openai` package and any server that speaks the protocol.
    """

    def __init__(
        self,
        client: openai.OpenAI,
        assistant: Assistant | str | None = None,
        *,
        thread: Thread | str | None = None,
        functions: Given = None,
        language: str = "en",
        model: str | None = None,
        instructions: str | None = None,
        tools: Iterable[Any] = (),
        vector_stores: Iterable[Any] = (),
        files: Iterable[Any] = (),
        conversation: StoredConversation | str | None = None,
    ) -> None:
        words = words_of(language)
        of_a_model: dict[str, Any] = {
            "instructions": instructions,
            "tools": list(tools),
            "vector_stores": list(vector_stores),
            "files": list(files),
            "conversation": conversation,
        }
        check_choice(assistant, model, thread, of_a_model, words)
        if model is None:
            known = remembered(client, assistant, words)
            offered = starters(known.tools, words)
            talk: Talk = Conversation(client, known, thread, words, functions)
            super().__init__(talk, known.name, words, language, offered)
        else:
            words = words_of(language, successor=True)
            talk = talk_with(client, model, functions, words, **of_a_model)
            super().__init__(talk, model, words, language, starters(talk.tools, words))
        self._client = client
        self._turn = threading.Lock()
        self._worker: threading.Thread | None = None
        self._growing: Growing | None = None
        self._calling: str | None = None
        self._closed = False
        self._attached: list[Attached] = []
        self._on: Mapping[str, Callable[[Mapping[str, Any]], None]] = {
            "send": self._on_send,
            "stop": self._on_stop,
            "retry": self._on_retry,
            "wait": self._on_retry,
            "clear": self._on_clear,
            "open": self._on_open,
            "older": self._on_older,
            "edit": self._on_edit,
            "hello": self._on_hello,
            "file": self._on_file,
            "attach": self._on_attach,
            "detach": self._on_detach,
        }
        self.widget.on_msg(self._received)
        take_at_once(self.widget, lambda content: content.get("type") == "stop")
        if thread is not None or conversation is not None:
            self._read_older()

    def ask(self, question: str) -> str:
        """The text of the answer; question and answer also appear in the box.

        Waits first while the box is answering. Raises `KitError` when the run does not complete, or the box is closed.
        """
        if self._closed:
            raise KitError(self._words["closed"], self._words["closed.fix"])
        if not question.strip():
            raise KitError(self._words["no_question"], self._words["no_question.fix"])
        self._turn.acquire()
        try:
            self._ask_in_box(made.question(question.strip(), self._words))
            return self._converse(question.strip())
        finally:
            self._give_turn_back()

    def close(self) -> None:
        """Take the box away; a run under way is cancelled and its worker thread ends."""
        self._closed = True
        self._conversation.cancel()
        worker = self._worker
        if worker is not None:
            worker.join(timeout=_CLOSING_SECONDS)
        self.widget.close()

    def _received(self, _: object, content: Mapping[str, Any], buffers: Sequence[Any]) -> None:
        """A click or a key in the page. Whatever goes wrong appears in the box: a callback has no other place."""
        try:
            self._on[content["type"]]({**content, "buffers": buffers})
        except Exception as error:
            self._add_problem(problem_of(error, self._words))

    def _on_send(self, content: Mapping[str, Any]) -> None:
        text = content["text"].strip()
        if text and self._take_turn():
            taken, self._attached = self._attached, []
            self._show_attached()
            self._begin(text, made.question(text, self._words, content["id"], taken))
        else:
            self.widget.send({"type": "refused", "id": content["id"]})

    def _on_attach(self, content: Mapping[str, Any]) -> None:
        """A file from the page. The upload may take a while, and the kernel must be free."""
        data = bytes(content["buffers"][0])
        work = partial(self._upload, content["name"], data, content["id"])
        threading.Thread(target=work, name="chat box, upload", daemon=True).start()

    def _upload(self, name: str, data: bytes, mark: str) -> None:
        try:
            one = self._conversation.upload(name, data, mark)
            self._attached.append(one)
            unread = self._unread(one, data)
            if unread and not self.widget.busy:
                self.widget.status = unread
            self._show_attached()
        except Exception as error:
            detail = problem_of(error, self._words).what
            text = self._words["unattached"].format(name=name, detail=detail)
            self.widget.send({"type": "unattached", "id": mark, "text": text})

    def _unread(self, one: Attached, data: bytes) -> str | None:
        """Why nobody will read the file, in words for the person; None where somebody does."""
        if not one.is_picture and not self._conversation.reads_files():
            return self._words["no_reader"].format(name=self._name)
        return None if is_readable(one.name, data) else self._words["unreadable"].format(name=one.name)

    def _on_detach(self, content: Mapping[str, Any]) -> None:
        """The file goes with no question; as nothing else names it, it is deleted."""
        gone = [one for one in self._attached if one.mark == content["id"]]
        self._attached = [one for one in self._attached if one not in gone]
        if not self.widget.busy:
            self.widget.status = self._words["hint"]
        self._show_attached()
        for one in gone:
            self._client.files.delete(one.file_id)

    def _show_attached(self) -> None:
        self.widget.attached = [{"id": one.mark, "name": one.name} for one in self._attached]

    def _on_stop(self, content: Mapping[str, Any]) -> None:
        """The request to the server may take a while; meanwhile the kernel must be free.

        A click that comes late, when its question is answered, means nothing any more.
        """
        if not self.widget.busy or content.get("question") != self._places_of("question")[-1]:
            return
        name = "stopping_call" if self._calling else "stopping"
        self.widget.status = self._words[name].format(function=self._calling)
        threading.Thread(target=self._stop, name="chat box, stop", daemon=True).start()

    def _on_retry(self, content: Mapping[str, Any]) -> None:
        """The last question once more, at once or after the run that locks the thread.

        It takes the place of what it led to, if that was no answer.
        """
        places = self._places_of("question")
        if not places or not self._take_turn():
            return
        again, *led_to = self.bubbles[places[-1] :]
        if all(bubble.kind != "answer" for bubble in led_to):
            del self.bubbles[places[-1] :]
        tries = 1 + max((bubble.tries for bubble in led_to if bubble.problem), default=0)
        once_more = made.question(again.text, self._words, attached=again.attached)
        self._begin(again.text, once_more, tries, wait=content["type"] == "wait")

    def _on_clear(self, _: Mapping[str, Any]) -> None:
        """An empty log, and a new thread: the assistant forgets, too. The menu keeps the old one."""
        if self._take_turn():
            self._turn_to(lambda: Chat(self._conversation.anew()))

    def _on_open(self, content: Mapping[str, Any]) -> None:
        """Back to a chat of the menu."""
        if self._take_turn():
            self._turn_to(lambda: self._chats[content["id"]])

    def _turn_to(self, chosen: Callable[[], Chat]) -> None:
        """Show another chat; the turn is taken."""
        try:
            self._change_to(chosen())
            self._show()
        finally:
            self._give_turn_back()

    def _on_older(self, _: Mapping[str, Any]) -> None:
        """Read what stands before the first message; this may take a while, and the kernel must be free."""
        if self._chat.older and self._take_turn():
            self._start(self._read_older)

    def _read_older(self) -> None:
        """Show older messages of the thread. Where they cannot be read, the status says so: no question is lost."""
        try:
            self._chat.read_older(self._name, self._words)
            self._show()
        except openai.OpenAIError as error:
            self.widget.status = self._words["unread"].format(detail=problem_of(error, self._words).what)

    def _on_edit(self, content: Mapping[str, Any]) -> None:
        """The last question in other words, on a new thread with what stood before it."""
        text, places = content["text"].strip(), self._places_of("question")
        if not (text and places and self._take_turn()):
            self.widget.send({"type": "refused", "id": content["id"]})
            return
        attached = self.bubbles[places[-1]].attached
        note = made.note(self._words["edited"], self._words["box"])
        self._change_to(Chat(self._conversation.branch(), [*self.bubbles[: places[-1]], note], self._chat.older))
        self._begin(text, made.question(text, self._words, content["id"], attached))

    def _on_hello(self, _: Mapping[str, Any]) -> None:
        """A new view has missed the beginning of a growing text."""
        if self._growing:
            self._growing.tell_all()

    def _on_file(self, content: Mapping[str, Any]) -> None:
        """The page draws a message with a file. Too big for a trait, which is sent again with every bubble."""
        files = [file for bubble in self.bubbles if bubble.said for file in bubble.said.files]
        found = next((file.content for file in files if file.id == content["id"]), None)
        if found:
            self.widget.send({"type": "file", "id": content["id"], "mime": found.mime}, buffers=[found.data])

    def _take_turn(self) -> bool:
        return self._turn.acquire(timeout=0 if self.widget.busy else _HANDOVER_SECONDS)

    def _give_turn_back(self) -> None:
        try:
            self._renew_twin()
        finally:
            try:
                self._set_busy(False)
            finally:
                self._turn.release()

    def _begin(self, question: str, bubble: Bubble, tries: int = 1, *, wait: bool = False) -> None:
        """Show the question, and ask it on the worker; the turn is taken."""
        try:
            self._ask_in_box(bubble)
            if wait:
                self.widget.status = self._words["waiting_for_run"]
        except BaseException:
            self._give_turn_back()
            raise
        self._start(partial(self._converse, question, tries, wait=wait, attached=bubble.attached))

    def _start(self, work: Callable[[], object]) -> None:
        """Begin this work on the worker, which gives the turn back when it is done."""
        try:
            self._worker = threading.Thread(target=self._work, args=[work], name="chat box", daemon=True)
            self._worker.start()
        except BaseException:
            self._give_turn_back()
            raise

    def _work(self, work: Callable[[], object]) -> None:
        try:
            work()
        except NoAnswer:
            pass  # the box shows it already
        except Exception as error:
            self._add_problem(problem_of(error, self._words))
        finally:
            self._give_turn_back()

    def _stop(self) -> None:
        try:
            self._conversation.cancel()
        except Exception as error:
            self._add_problem(problem_of(error, self._words))

    def _ask_in_box(self, bubble: Bubble) -> None:
        self._conversation.rearm()
        with self.widget.hold_sync():  # one message to the page, not three
            self._add(bubble)
            self._set_busy(True)

    def _converse(self, question: str, tries: int = 1, *, wait: bool = False, attached: Sequence[Attached] = ()) -> str:
        """Ask, and show what comes; the turn is taken. `tries` counts this one, too."""
        texts: list[str] = []
        try:
            asked = self._conversation.ask(question, wait=wait, attached=attached)
            with Growing(self.widget) as self._growing, closing(asked) as events:
                for event in events:
                    self._show_event(event, self._growing, texts)
        except NoAnswer as problem:
            self._keep_unfinished()
            stopped = made.stopped(self._name, self._words)
            self._add(stopped if problem.stopped else made.problem(problem, self._words, tries))
            raise
        finally:
            self._keep_unfinished()
            self._growing = self._calling = None
        return "\n\n".join(texts)

    def _show_event(self, event: Event, growing: Growing, texts: list[str]) -> None:
        match event:
            case Text(text):
                growing.add(text)
            case Said():
                growing.take()
                texts.append(event.text)
                self._add(made.answer(event, self._name))
            case Call(output=None):
                self._calling = event.name
                self.widget.status = self._words["calling"].format(name=self._name, function=event.name)
                self._add(made.call(event, self._name, self._words))
            case Call():
                place = next(n for n, one in enumerate(self.bubbles) if one.call and one.call.id == event.id)
                self.bubbles[place] = made.call(event, self._name, self._words)
                self._show()
                self._calling = None
                if not self._conversation.stopping:
                    self.widget.status = self._words["answering"].format(name=self._name)
            case Dropped():
                self.widget.status = self._words["dropped"]
            case Remade():
                self._add(made.note(self._words["remade"].format(detail=event.id), self._words["box"]))

    def _keep_unfinished(self) -> None:
        """What was written before the answer broke off stays."""
        text = self._growing.take() if self._growing else ""
        if text:
            self._add(made.answer(Said(text), self._name))
