"""What a model says and calls, written down as the output items of a response (contract-successor §1.3, §2)."""

import json
from collections.abc import Set
from typing import Any

from mock_endpoint.engine import CallResult, Picture
from mock_endpoint.models.base import Annotation, CallDelta, TextDelta
from mock_endpoint.responses.events import ResponseEvents
from mock_endpoint.responses.prompt import CUSTOM_INPUT
from mock_endpoint.schemas import response_objects as objects
from mock_endpoint.state.ids import new_id

Json = dict[str, Any]


class ItemWriter:
    """The output of a response on its way: items one after the other, only the last one open."""

    def __init__(self, stem: str, events: ResponseEvents, custom: Set[str]) -> None:
        """`custom`: the names of the tools whose input is a text."""
        self.items: list[Json] = []
        self._stem = stem
        self._events = events
        self._custom = custom
        self._pieces: list[str] = []
        """What was written of the open item."""
        self._calls = 0

    def write(self, event: TextDelta | Annotation | CallDelta | CallResult | Picture) -> None:
        """Write the next event down."""
        if isinstance(event, TextDelta):
            if not self._writes("message"):
                self.open_message()
            self._add(event.text)
        elif isinstance(event, CallDelta):
            if event.index == self._calls:
                self._open_call(event)
            self._add(event.arguments)
        else:
            raise TypeError("no tool of the endpoint's own was declared")

    def open_message(self) -> None:
        """A message without a text."""
        self._open(objects.message_item(self._stem))
        self._tell("response.content_part.added", content_index=0, part=objects.text_part())

    def close(self, status: str = "completed") -> None:
        """Bring the open item to its end."""
        if not self.items or self.items[-1]["status"] != "in_progress":
            return
        item, text = self.items[-1], "".join(self._pieces)
        if item["type"] == "message":
            part = objects.text_part(text)
            self._tell("response.output_text.done", content_index=0, logprobs=[], text=text)
            self._tell("response.content_part.done", content_index=0, part=part)
            item["content"] = [part]
        elif item["type"] == "function_call":
            self._tell("response.function_call_arguments.done", arguments=text)
            item["arguments"] = text
        else:
            item["input"] = input_of(text)
            self._tell("response.custom_tool_call_input.delta", delta=item["input"])
            self._tell("response.custom_tool_call_input.done", input=item["input"])
        item["status"] = status
        self._events.send("response.output_item.done", item=dict(item), output_index=len(self.items) - 1)

    def _open_call(self, event: CallDelta) -> None:
        kind, written = ("custom_tool_call", "input") if event.name in self._custom else ("function_call", "arguments")
        self._calls += 1
        self._open(objects.call_item(kind, written, self._stem, new_id("call"), event.name))

    def _open(self, item: Json) -> None:
        self.close()
        self.items.append(item)
        self._pieces = []
        self._events.send("response.output_item.added", item=dict(item), output_index=len(self.items) - 1)

    def _add(self, piece: str) -> None:
        """The next piece of the open item. What a custom tool is given is known only when all of it is there."""
        if not piece:
            return
        self._pieces.append(piece)
        if self._writes("message"):
            self._tell("response.output_text.delta", content_index=0, delta=piece, logprobs=[])
        elif self._writes("function_call"):
            self._tell("response.function_call_arguments.delta", delta=piece)

    def _writes(self, kind: str) -> bool:
        return bool(self.items) and self.items[-1]["status"] == "in_progress" and self.items[-1]["type"] == kind

    def _tell(self, kind: str, **members: object) -> None:
        self._events.send(kind, **members, item_id=self.items[-1]["id"], output_index=len(self.items) - 1)


def input_of(arguments: str) -> str:
    """What a custom tool is given: a model calls it as a function with one text (see `prompt.CUSTOM_INPUT`)."""
    try:
        given = json.loads(arguments)
    except ValueError:
        return arguments
    text = given.get(CUSTOM_INPUT) if isinstance(given, dict) else None
    return text if isinstance(text, str) else arguments
