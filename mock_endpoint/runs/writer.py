"""What a model says and calls, written down as the messages and steps of a run."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from mock_endpoint.engine import CallResult, CallStarted, Picture
from mock_endpoint.models.base import Annotation, CallDelta, TextDelta
from mock_endpoint.pacing import NoLongerOurs
from mock_endpoint.runs import run_status, tool_calls
from mock_endpoint.runs.events import RunEvents
from mock_endpoint.schemas import objects
from mock_endpoint.state.store import Store

Json = dict[str, Any]


@dataclass
class RunWriter:
    """One stretch of a run on its way: messages, and steps with calls of tools, in the order in which they come.

    Whatever is opened is in the store at once, so that a reader sees it; its content follows with `keep`.
    """

    store: Store
    run: Json
    still_ours: Callable[[], bool]
    """Whether the run may still be written to; asked inside the transaction."""
    events: RunEvents
    step: Json | None = None
    """The step in progress; what it holds is in `message` and `content`, or in `calls`."""
    message: Json | None = None
    content: list[Json] = field(default_factory=list)
    """A text, and the pictures that follow it."""
    calls: list[Json] = field(default_factory=list)
    """The calls in the form in which a step holds them."""
    first: int = 0
    """The number of the step's first call in the whole answer."""

    async def write(self, event: TextDelta | Annotation | Picture | CallDelta | CallStarted | CallResult) -> None:
        """Write the next event down. That a tool has begun a step does not tell."""
        if isinstance(event, TextDelta | Annotation):
            await self._say(event)
        elif isinstance(event, Picture):
            await self._show(event)
        elif isinstance(event, CallDelta):
            await self._call(event)
        elif isinstance(event, CallResult):
            await self._take_result(event)

    async def open_message(self) -> Json:
        """An empty message that the answer will fill, and the step that says so."""
        message = objects.message(self.run["thread_id"], assistant_id=self.run["assistant_id"], run_id=self.run["id"])
        step = objects.step(self.run, "message_creation", {"message_id": message["id"]})
        async with self.store.transaction():
            self._check()
            self.store.insert(message, self.run["thread_id"])
            self.store.insert(step, self.run["id"])
        self.step, self.message, self.content = step, message, [objects.text_part("")]
        for new in (step, message):
            self.events.created(new)
            self.events.changed(new)
        return message

    async def keep(self) -> None:
        """Put what was written so far into the store, also when the run ends early."""
        async with self.store.transaction():
            message = self.message and self.store.get("thread.message", self.message["id"], self.run["thread_id"])
            if message:  # somebody may have deleted it meanwhile
                self.store.replace(message | {"content": self.content}, self.run["thread_id"])
            step = self.calls and self.step and self.store.get("thread.run.step", self.step["id"], self.run["id"])
            if step:
                whole = [call for call in self.calls if tool_calls.is_whole(call)]
                details = {"type": "tool_calls", "tool_calls": whole}
                self.store.replace(step | {"step_details": details}, self.run["id"])

    async def _say(self, said: TextDelta | Annotation) -> None:
        """A text comes with its annotations, the first piece even without any (contract §5.3)."""
        message = self.message or await self.open_message()
        text = self.content[0]["text"]
        piece: Json = {"value": said.text}
        if not text["value"]:
            piece["annotations"] = []
        if isinstance(said, Annotation):
            annotation = objects.annotation(said, len(text["value"]))
            piece["annotations"] = [{"index": len(text["annotations"])} | annotation]
            text["annotations"].append(annotation)
        text["value"] += said.text
        self.events.delta(message, {"content": [{"index": 0, "type": "text", "text": piece}]})

    async def _show(self, picture: Picture) -> None:
        message = self.message or await self.open_message()
        part = {"type": "image_file", "image_file": {"file_id": picture.file_id}}
        self.content.append(part)
        self.events.delta(message, {"content": [{"index": len(self.content) - 1} | part]})

    async def _call(self, delta: CallDelta) -> None:
        step = self.step if self.calls and self.step else await self._open_calls(delta.index)
        number = delta.index - self.first
        if number == len(self.calls):
            self.calls.append(tool_calls.begun(delta))
            self._tell_call(step, number, self.calls[number])
        self._tell_call(step, number, tool_calls.written(self.calls[number], delta.arguments))

    async def _take_result(self, result: CallResult) -> None:
        number = result.index - self.first
        assert self.step is not None
        self._tell_call(self.step, number, tool_calls.answered(self.calls[number], result.output))
        if number + 1 == len(self.calls) and all(call["type"] != "function" for call in self.calls):
            await self._end_step()

    async def _open_calls(self, first: int) -> Json:
        """A step without calls; a message that came before it is complete."""
        if self.step:
            await self._end_step()
        step = objects.step(self.run, "tool_calls", [])
        async with self.store.transaction():
            self._check()
            self.store.insert(step, self.run["id"])
        self.step, self.first = step, first
        self.events.created(step)
        self.events.changed(step)
        return step

    async def _end_step(self) -> None:
        """Complete the step in progress, and its message, if that is what it holds."""
        async with self.store.transaction():
            self._check()
            await self.keep()
            ended = run_status.end_parts(self.store, self.run, "completed")
        for part in ended:
            self.events.changed(part)
        self.step, self.message, self.calls = None, None, []

    def _check(self) -> None:
        if not self.still_ours():
            raise NoLongerOurs

    def _tell_call(self, step: Json, number: int, piece: Json | None) -> None:
        if piece:
            calls = [{"index": number} | piece]
            self.events.delta(step, {"step_details": {"type": "tool_calls", "tool_calls": calls}})


def take_outputs(store: Store, run: Json, outputs: dict[str, str]) -> Json:
    """Put the outputs of functions into the step that waits for them, and complete it; the step comes back.

    Inside a transaction.
    """
    waiting = store.all("thread.run.step", run["id"])[-1]
    calls = tool_calls.with_outputs(waiting["step_details"]["tool_calls"], outputs)
    store.replace(waiting | {"step_details": {"type": "tool_calls", "tool_calls": calls}}, run["id"])
    return run_status.end_parts(store, run, "completed")[-1]
