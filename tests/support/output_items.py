"""A second writer for the engine's events: they become output items, as the Responses API shows them.

Small on purpose: it proves that what the engine gives belongs to no one API (contract-successor §1.3).
"""

from typing import Any

from mock_endpoint.engine import CallResult, Picture
from mock_endpoint.models.base import Annotation, CallDelta, TextDelta

Json = dict[str, Any]


class OutputItems:
    """The items of an answer, in the order in which they begin."""

    def __init__(self) -> None:
        self.items: list[Json] = []
        self._calls: list[Json] = []

    def write(self, event: TextDelta | Annotation | Picture | CallDelta | CallResult) -> None:
        """Put the next event into the item that it belongs to, which it may begin."""
        if isinstance(event, TextDelta | Annotation | Picture):
            if not self.items or self.items[-1]["type"] != "message":
                self.items.append({"type": "message", "role": "assistant", "text": "", "annotations": []})
            _say(self.items[-1], event)
        elif isinstance(event, CallDelta):
            if event.index == len(self._calls):
                self._calls.append(_begun(event))
                self.items.append(self._calls[-1])
            call = self._calls[event.index]
            call["arguments" if event.tool == "function" else "code"] += event.arguments
        else:
            self._calls[event.index]["outputs"] = list(event.output.parts)


def _say(message: Json, event: TextDelta | Annotation | Picture) -> None:
    """Annotations as contract-successor §1.3 has them: a citation has a place and no marker, a file's is its link."""
    start = len(message["text"])
    if isinstance(event, TextDelta):
        message["text"] += event.text
    elif isinstance(event, Picture):
        link = {"type": "container_file_citation", "file_id": event.file_id, "start_index": 0, "end_index": 0}
        message["annotations"].append(link)
    elif event.kind == "file_citation":
        mark = {"type": event.kind, "file_id": event.file_id, "filename": event.filename, "index": start}
        message["annotations"].append(mark)
    else:
        message["text"] += event.text
        place = {"start_index": start, "end_index": len(message["text"])}
        link = {"type": "container_file_citation", "file_id": event.file_id, "filename": event.filename}
        message["annotations"].append(link | place)


def _begun(event: CallDelta) -> Json:
    if event.tool == "function":
        return {"type": "function_call", "name": event.name, "arguments": ""}
    return {"type": "code_interpreter_call", "code": "", "outputs": None}
