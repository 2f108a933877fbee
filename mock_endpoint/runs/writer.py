"""What a model says, written down: messages and steps for the store, deltas for the one who listens."""

import json
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from mock_endpoint.models.base import CallDelta, TextDelta
from mock_endpoint.resources import messages, steps
from mock_endpoint.runs import run_status
from mock_endpoint.sse import Feed
from mock_endpoint.state.ids import new_id
from mock_endpoint.state.store import Store

Json = dict[str, Any]


class NoLongerOurs(Exception):
    """The run was cancelled, deleted or taken away."""


@dataclass
class RunWriter:
    """One round of a run on its way: a message, or calls of functions, or first the one and then the others.

    Whatever is opened is in the store at once, so that a reader sees it; its content follows with `keep`.
    """

    store: Store
    run: Json
    still_ours: Callable[[], bool]
    """Whether the run may still be written to; asked inside the transaction."""
    feed: Feed | None
    message: Json | None = None
    text: list[str] = field(default_factory=list)
    step: Json | None = None
    calls: list[Json] = field(default_factory=list)
    """The calls of functions in the form in which a step holds them."""

    def say(self, delta: TextDelta) -> None:
        """The next piece of the message's text."""
        message = self.message or self.open_message()
        part: Json = {"index": 0, "type": "text", "text": {"value": delta.text}}
        if not self.text:
            part["text"]["annotations"] = []
        self.text.append(delta.text)
        self._send(message, {"content": [part]})

    def call(self, delta: CallDelta) -> None:
        """The next piece of a function call."""
        step = self.step if self.calls and self.step else self._open_calls()
        if delta.index == len(self.calls):
            self.calls.append(_function_call(delta.name))
            self._send_call(step, {"index": delta.index} | self.calls[-1])
        self.calls[-1]["function"]["arguments"] += delta.arguments
        if delta.arguments:
            piece = {"index": delta.index, "type": "function", "function": {"arguments": delta.arguments}}
            self._send_call(step, piece)

    def open_message(self) -> Json:
        """An empty message that the answer will fill, and the step that says so."""
        message = messages.new_message(
            self.run["thread_id"], assistant_id=self.run["assistant_id"], run_id=self.run["id"]
        )
        step = steps.new_step(self.run, "message_creation", {"message_id": message["id"]})
        with self.store.transaction():
            self._check()
            self.store.insert(message, parent=self.run["thread_id"])
            self.store.insert(step, parent=self.run["id"])
        self.message, self.step = message, step
        self._tell_new(step)
        self._tell_new(message)
        return message

    def keep(self) -> None:
        """Put what was written so far into the store, also when the run ends early."""
        with self.store.transaction():
            message = self.message and self.store.get("thread.message", self.message["id"])
            if message:  # somebody may have deleted it meanwhile
                self.store.replace(message | {"content": [messages.text_part("".join(self.text))]})
            step = self.calls and self.step and self.store.get("thread.run.step", self.step["id"])
            if step:
                whole = [call for call in self.calls if _is_whole(call)]
                self.store.replace(step | {"step_details": {"type": "tool_calls", "tool_calls": whole}})

    def required_action(self) -> Json:
        """What the caller must do before the run goes on."""
        waiting = [call | {"function": _without_output(call["function"])} for call in self.calls]
        return {"type": "submit_tool_outputs", "submit_tool_outputs": {"tool_calls": waiting}}

    def _open_calls(self) -> Json:
        """A step without calls; a message that came before it is complete."""
        step = steps.new_step(self.run, "tool_calls", [])
        self.keep()
        with self.store.transaction():
            self._check()
            ended = run_status.end_parts(self.store, self.run, "completed", int(time.time()))
            self.store.insert(step, parent=self.run["id"])
        for part in ended:
            self._tell(part)
        self.message, self.step = None, step
        self._tell_new(step)
        return step

    def _check(self) -> None:
        if not self.still_ours():
            raise NoLongerOurs

    def _tell_new(self, body: Json) -> None:
        if self.feed:
            self.feed.send(f"{body['object']}.created", body)
            self.feed.tell(body)

    def _tell(self, body: Json) -> None:
        if self.feed:
            self.feed.tell(body)

    def _send_call(self, step: Json, piece: Json) -> None:
        self._send(step, {"step_details": {"type": "tool_calls", "tool_calls": [piece]}})

    def _send(self, body: Json, delta: Json) -> None:
        if self.feed:
            kind = f"{body['object']}.delta"
            self.feed.send(kind, {"id": body["id"], "object": kind, "delta": delta})


def _function_call(name: str) -> Json:
    return {
        "id": new_id("call"),
        "type": "function",
        "function": {"name": name, "arguments": "", "output": None},
    }


def _without_output(function: Json) -> Json:
    return {name: value for name, value in function.items() if name != "output"}


def _is_whole(call: Json) -> bool:
    """Whether its arguments came to their end: a call that was cut off is no call."""
    try:
        json.loads(call["function"]["arguments"])
    except ValueError:
        return False
    return True
