"""What a model says and calls, written down as the output items of a response (contract-successor §1.3, §2)."""

import json
from collections.abc import Set
from typing import Any

from mock_endpoint.engine import CallResult, CallStarted, Picture, ToolOutput
from mock_endpoint.models.base import Annotation, CallDelta, TextDelta
from mock_endpoint.responses.events import ResponseEvents
from mock_endpoint.responses.prompt import CUSTOM_INPUT
from mock_endpoint.schemas import response_objects as objects
from mock_endpoint.schemas.built_in_calls import FORMS, TOOL_OF, shown
from mock_endpoint.state.ids import new_id
from mock_endpoint.tools.file_search.tool import queries

Json = dict[str, Any]


class ItemWriter:
    """The output of a response on its way: items one after the other, only the last one open.

    A call of a built-in tool is open until its tool has answered; what is called besides comes after it.
    """

    def __init__(self, stem: str, events: ResponseEvents, custom: Set[str] = frozenset()) -> None:
        """`custom`: the names of the tools whose input is a text."""
        self.items: list[Json] = []
        """They hold all that built-in tools gave."""
        self.include: Set[str] = frozenset()
        """What of that the listeners asked for."""
        self.container = ""
        """Where code runs."""
        self._stem = stem
        self._events = events
        self._custom = custom
        self._pieces: list[str] = []
        """What was written of the open item."""
        self._annotations: list[Json] = []
        """What the open message points at."""
        self._calls = 0
        self._later: list[CallDelta] = []
        """What is called besides the open call of a built-in tool."""

    def write(self, event: TextDelta | Annotation | CallDelta | CallStarted | CallResult | Picture) -> None:
        """Write the next event down."""
        if isinstance(event, CallDelta):
            self._call(event)
        elif isinstance(event, CallStarted):
            self._start()
        elif isinstance(event, CallResult):
            self._take_result(event.output)
        else:
            if not self._writes("message"):
                self.open_message()
            if isinstance(event, TextDelta):
                self._add(event.text)
            else:
                self._point(event)

    def open_message(self) -> None:
        """A message without a text."""
        self._open(objects.message_item(self._stem))
        self._annotations = []
        self._tell("response.content_part.added", content_index=0, part=objects.text_part())

    def close(self, status: str = "completed") -> None:
        """Bring the open item to its end."""
        if not self.items or self.items[-1]["status"] != "in_progress":
            return
        item, text = self.items[-1], "".join(self._pieces)
        if item["type"] == "message":
            part = objects.text_part(text, self._annotations)
            self._tell("response.output_text.done", content_index=0, logprobs=[], text=text)
            self._tell("response.content_part.done", content_index=0, part=part)
            item["content"] = [part]
        elif item["type"] == "function_call":
            self._tell("response.function_call_arguments.done", arguments=text)
            item["arguments"] = text
        elif item["type"] == "custom_tool_call":
            item["input"] = input_of(text)
            self._tell("response.custom_tool_call_input.delta", delta=item["input"])
            self._tell("response.custom_tool_call_input.done", input=item["input"])
        elif status == "completed":
            self._tell(f"response.{item['type']}.completed")
        elif item["type"] == "code_interpreter_call":
            item["code"] = text
        item["status"] = status
        done = dict(shown(item, self.include))
        self._events.send("response.output_item.done", item=done, output_index=len(self.items) - 1)

    def _call(self, event: CallDelta) -> None:
        if event.index >= self._calls:
            if any(map(self._writes, TOOL_OF)):
                self._later.append(event)
                return
            self._open_call(event)
        self._add(event.arguments)

    def _open_call(self, event: CallDelta) -> None:
        self._calls += 1
        if event.tool in FORMS:
            item = objects.built_in_item(event.tool, self._stem)
            if event.tool == "code_interpreter":
                item["container_id"] = self.container
            self._open(item)
            self._tell(f"response.{item['type']}.in_progress")
            return
        kind, written = ("custom_tool_call", "input") if event.name in self._custom else ("function_call", "arguments")
        self._open(objects.call_item(kind, written, self._stem, new_id("call"), event.name))

    def _start(self) -> None:
        """All is written of the open call, and its tool is at work."""
        item, text = self.items[-1], "".join(self._pieces)
        if item["type"] == "code_interpreter_call":
            item["code"] = text
            self._tell("response.code_interpreter_call_code.done", code=text)
        else:
            item["queries"] = queries(text)
        self._tell(f"response.{item['type']}.{FORMS[TOOL_OF[item['type']]].at_work}")

    def _take_result(self, output: ToolOutput) -> None:
        item = self.items[-1]
        item[FORMS[TOOL_OF[item["type"]]].given] = list(output.parts)
        self.close()
        later, self._later = self._later, []
        for event in later:
            self._call(event)

    def _open(self, item: Json) -> None:
        self.close()
        self.items.append(item)
        self._pieces = []
        self._events.send("response.output_item.added", item=dict(item), output_index=len(self.items) - 1)

    def _add(self, piece: str) -> None:
        """The next piece of the open item. What a custom tool or a search is given is known only when all of it is
        there."""
        if not piece:
            return
        self._pieces.append(piece)
        if self._writes("message"):
            self._tell("response.output_text.delta", content_index=0, delta=piece, logprobs=[])
        elif self._writes("function_call"):
            self._tell("response.function_call_arguments.delta", delta=piece)
        elif self._writes("code_interpreter_call"):
            self._tell("response.code_interpreter_call_code.delta", delta=piece)

    def _point(self, said: Annotation | Picture) -> None:
        """A place in the text that points at a file. The mark of a citation is not part of the text; a link is."""
        at = sum(map(len, self._pieces))
        if isinstance(said, Picture):
            annotation = objects.container_citation(self.container, said.file_id, f"{said.file_id}.png", 0, 0)
        elif said.kind == "file_citation":
            annotation = objects.citation(said, at)
        else:
            self._add(said.text)
            end = at + len(said.text)
            annotation = objects.container_citation(self.container, said.file_id, said.filename, at, end)
        self._annotations.append(annotation)
        self._tell(
            "response.output_text.annotation.added",
            annotation=annotation,
            annotation_index=len(self._annotations) - 1,
            content_index=0,
        )

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
