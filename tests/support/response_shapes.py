"""Responses and what belongs to them, member by member: clients forgive too much (contract-successor §1, §2, §7)."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from .events import Event

Json = dict[str, Any]


def names(text: str) -> frozenset[str]:
    """The words of a text as names of members."""
    return frozenset(text.split())


_RESPONSE = names(
    "id object created_at status background completed_at error frequency_penalty incomplete_details instructions "
    "max_output_tokens max_tool_calls model moderation output parallel_tool_calls presence_penalty "
    "previous_response_id prompt_cache_key prompt_cache_retention reasoning safety_identifier service_tier store "
    "temperature text tool_choice tool_usage tools top_logprobs top_p truncation usage user metadata"
)
"""What every response has; `billing`, `conversation` and `content_filters` depend on who answers."""
_OBJECTS = {
    "conversation": names("id object created_at metadata"),
    "conversation.deleted": names("id object deleted"),
    "response.input_tokens": names("object input_tokens"),
    "response.compaction": names("id object created_at output usage"),
    "list": names("object data first_id last_id has_more"),
    "container": names("id object created_at status expires_after last_active_at memory_limit name"),
    "container.deleted": names("id object deleted"),
    "container.file": names("id object created_at bytes container_id path source"),
    "container.file.deleted": names("id object deleted"),
}
_WHERE_GIVEN = {"network_policy"}
"""Members that an object has only where they were asked for."""
_FILLED = {
    "completed_at": (None, ("completed",)),
    "usage": (None, ("completed", "incomplete")),
    "error": (None, ("failed",)),
    "incomplete_details": (None, ("incomplete",)),
    "service_tier": ("auto", ("completed", "incomplete", "failed", "cancelled")),
}
"""Members that say something in these statuses only, and what they say otherwise."""
_USAGE = names("input_tokens input_tokens_details output_tokens output_tokens_details total_tokens")
_ITEMS = {
    "message": names("id type status content role"),
    "function_call": names("id type status arguments call_id name"),
    "function_call_output": names("id type status call_id output"),
    "custom_tool_call": names("id type status input call_id name"),
    "custom_tool_call_output": names("id type status call_id output"),
    "reasoning": names("id type summary"),
    "compaction": names("id type encrypted_content"),
    "file_search_call": names("id type status queries results"),
    "code_interpreter_call": names("id type status code container_id outputs"),
}
_ITEM_EXTRAS = names("phase namespace caller name encrypted_content content")
"""Members that an item keeps where its caller wrote them."""
_ANNOTATIONS = {
    "file_citation": names("type file_id filename index"),
    "container_file_citation": names("type container_id end_index file_id filename start_index"),
}
_FOUND = names("attributes file_id filename score text vector_store_id")
"""A result of file search."""
_PARTS = {
    "output_text": names("type annotations logprobs text"),
    "refusal": names("type refusal"),
    "input_text": names("type text"),
    "input_image": names("type detail image_url file_id"),
    "input_file": names("type detail file_data file_id file_url filename"),
}
_TOOLS = {
    "function": names("type description name output_schema parameters strict"),
    "custom": names("type description name format"),
    "file_search": names("type filters max_num_results ranking_options vector_store_ids"),
    "code_interpreter": names("type container"),
}
_PREFIXES = {
    "function_call": "fc_",
    "message": "msg_",
    "custom_tool_call": "ctc_",
    "function_call_output": "fco_",
    "file_search_call": "fs_",
    "code_interpreter_call": "ci_",
}
_EVENTS = {
    "response.created": "response",
    "response.queued": "response",
    "response.in_progress": "response",
    "response.completed": "response",
    "response.incomplete": "response",
    "response.failed": "response",
    "response.output_item.added": "item output_index",
    "response.output_item.done": "item output_index",
    "response.content_part.added": "content_index item_id output_index part",
    "response.content_part.done": "content_index item_id output_index part",
    "response.output_text.delta": "content_index delta item_id logprobs output_index",
    "response.output_text.done": "content_index item_id logprobs output_index text",
    "response.function_call_arguments.delta": "delta item_id output_index",
    "response.function_call_arguments.done": "arguments item_id output_index",
    "response.custom_tool_call_input.delta": "delta item_id output_index",
    "response.custom_tool_call_input.done": "input item_id output_index",
    "response.output_text.annotation.added": "annotation annotation_index content_index item_id output_index",
    "response.file_search_call.in_progress": "item_id output_index",
    "response.file_search_call.searching": "item_id output_index",
    "response.file_search_call.completed": "item_id output_index",
    "response.code_interpreter_call.in_progress": "item_id output_index",
    "response.code_interpreter_call_code.delta": "delta item_id output_index",
    "response.code_interpreter_call_code.done": "code item_id output_index",
    "response.code_interpreter_call.interpreting": "item_id output_index",
    "response.code_interpreter_call.completed": "item_id output_index",
    "error": "error",
}
_TEXT = {"response.output_text.delta", "response.output_text.annotation.added", "response.output_text.done"}
_FOLLOWS = {
    "": {"response.created"},
    "response.created": {"response.queued", "response.in_progress"},
    "response.queued": {"response.in_progress"},
    "response.content_part.added": _TEXT,
    "response.output_text.delta": _TEXT,
    "response.output_text.annotation.added": _TEXT,
    "response.output_text.done": {"response.content_part.done"},
    "response.content_part.done": {"response.output_item.done"},
    "response.function_call_arguments.delta": {
        "response.function_call_arguments.delta",
        "response.function_call_arguments.done",
    },
    "response.function_call_arguments.done": {"response.output_item.done"},
    "response.custom_tool_call_input.delta": {"response.custom_tool_call_input.done"},
    "response.custom_tool_call_input.done": {"response.output_item.done"},
    "response.file_search_call.in_progress": {"response.file_search_call.searching", "response.output_item.done"},
    "response.file_search_call.searching": {"response.file_search_call.completed", "response.output_item.done"},
    "response.file_search_call.completed": {"response.output_item.done"},
    "response.code_interpreter_call.in_progress": {
        "response.code_interpreter_call_code.delta",
        "response.code_interpreter_call_code.done",
        "response.output_item.done",
    },
    "response.code_interpreter_call_code.delta": {
        "response.code_interpreter_call_code.delta",
        "response.code_interpreter_call_code.done",
        "response.output_item.done",
    },
    "response.code_interpreter_call_code.done": {"response.code_interpreter_call.interpreting"},
    "response.code_interpreter_call.interpreting": {
        "response.code_interpreter_call.completed",
        "response.output_item.done",
    },
    "response.code_interpreter_call.completed": {"response.output_item.done"},
    "error": {"response.failed"},
}
"""What alone may follow an event, where the order is fixed."""
_BEGINS = {
    "message": {"response.content_part.added"},
    "function_call": {"response.function_call_arguments.delta", "response.function_call_arguments.done"},
    "custom_tool_call": {"response.custom_tool_call_input.delta", "response.custom_tool_call_input.done"},
    "file_search_call": {"response.file_search_call.in_progress"},
    "code_interpreter_call": {"response.code_interpreter_call.in_progress"},
}
_BETWEEN = {
    "response.output_item.added",
    "response.completed",
    "response.incomplete",
    "error",
}
"""What may follow the beginning of a response, or the end of an item."""
_ENDS = {"response.completed", "response.incomplete", "response.failed"}


def body_faults(body: Json, side: str) -> Iterator[str]:
    """What is wrong with an answer; `side` is `openai` or `azure`, by whose paths it came."""
    kind = body.get("object")
    if kind == "response" and "deleted" in body:
        yield from differs("deleted response", body, names("id object deleted"))
    elif kind == "response":
        yield from response_faults(body, side)
    elif kind in _OBJECTS:
        yield from differs(str(kind), body, _OBJECTS[str(kind)] | (_WHERE_GIVEN & body.keys()))
        for item in [*body.get("data", []), *body.get("output", [])]:
            yield from body_faults(item, side) if "object" in item else item_faults(item)
    elif body.get("type") in _ITEMS:
        yield from item_faults(body)
    else:
        yield f"object {kind!r}"


def response_faults(body: Json, side: str, *, streamed: bool = False) -> Iterator[str]:
    """Exactly the members of §1.1, and what belongs together."""
    expected = set(_RESPONSE)
    if side == "azure":
        expected |= {"conversation", "content_filters"}
    else:
        expected |= {"billing"} - ({"billing"} if streamed else set())
        expected |= {"conversation"} & body.keys()
        if body.get("conversation", "") is None:
            yield "conversation is null"
    yield from differs("response", body, frozenset(expected))
    if not isinstance(body["created_at"], int):
        yield "created_at is no integer"
    status = body["status"]
    for name, (empty, statuses) in _FILLED.items():
        if (body[name] != empty) != (status in statuses):
            yield f"{name} {body[name]!r} of a response that is {status}"
    if body["usage"]:
        yield from differs("usage", body["usage"], _USAGE)
        yield from differs(
            "input_tokens_details", body["usage"]["input_tokens_details"], names("cache_write_tokens cached_tokens")
        )
        yield from differs("output_tokens_details", body["usage"]["output_tokens_details"], names("reasoning_tokens"))
    for tool in body["tools"]:
        yield from differs(f"tool {tool['type']}", tool, _TOOLS[tool["type"]])
    for item in body["output"]:
        yield from item_faults(item)
        if item["id"].partition("_")[2][:18] != body["id"].partition("_")[2][:18]:
            yield f"{item['id']} does not begin as {body['id']} does"


def item_faults(item: Json) -> Iterator[str]:
    """Exactly the members of §1.3."""
    kind = item["type"]
    if not _ITEMS[kind] <= item.keys() <= _ITEMS[kind] | _ITEM_EXTRAS:
        yield from differs(kind, item, _ITEMS[kind])
    if not item["id"].startswith(_PREFIXES.get(kind, "")):
        yield f"{kind} {item['id']}"
    for part in item.get("content", []):
        expected = _PARTS[part["type"]]
        if part["type"] in ("input_image", "input_file"):
            expected &= part.keys() | {"type"}
        yield from differs(part["type"], part, expected)
        for annotation in part.get("annotations", []):
            yield from differs(annotation["type"], annotation, _ANNOTATIONS[annotation["type"]])
    for found in item.get("results") or []:
        yield from differs("result", found, _FOUND)


@dataclass
class StreamOrder:
    """Follows the events of a response, and keeps what is wrong with them."""

    side: str
    first: int = 0
    """The number of the first event: another than 0 where the stream was resumed."""
    faults: list[str] = field(default_factory=list)
    last: str = ""
    _next: int = 0
    _item: Json | None = None
    _items: list[Json] = field(default_factory=list)
    _text: str = ""
    _annotations: list[Json] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._next = self.first

    def see(self, event: Event) -> None:
        """Look at the next event."""
        name, data = event.name, event.data
        if name != data.get("type"):
            self.faults.append(f"event {name} has the type {data.get('type')}")
        if data.get("sequence_number") != self._next:
            self.faults.append(f"{name} has the number {data.get('sequence_number')}, not {self._next}")
        self._next += 1
        self.faults += differs(name, data, names(f"type sequence_number {_EVENTS[name]}"))
        if self.first == 0:
            self._see_order(name, data)
        if "response" in data:
            self.faults += response_faults(data["response"], self.side, streamed=True)
        self.last = name

    def _see_order(self, name: str, data: Json) -> None:
        allowed = _FOLLOWS.get(self.last, _BETWEEN)
        if self.last == "response.output_item.added" and self._item:
            allowed = _BEGINS[self._item["type"]]
        if name not in allowed and not (name == "error" and self._item is None):
            self.faults.append(f"{name} after {self.last}")
        if name == "response.output_item.added":
            self._item, self._text, self._annotations = data["item"], "", []
            if data["output_index"] != len(self._items) or data["item"]["status"] != "in_progress":
                self.faults.append(f"a new item is {data}")
        elif "item_id" in data and (self._item is None or data["item_id"] != self._item["id"]):
            self.faults.append(f"{name} of {data['item_id']}")
        if name.endswith(".delta"):
            self._text += data["delta"]
        if name.endswith("annotation.added"):
            self._see_annotation(data)
        if name == "response.content_part.done" and data["part"]["annotations"] != self._annotations:
            self.faults.append(f"other annotations than were told: {data['part']['annotations']}")
        for member in ("text", "arguments", "input", "code"):
            if name.endswith(".done") and member in data and data[member] != self._text:
                self.faults.append(f"{name} says {data[member]!r} after {self._text!r}")
        if name == "response.output_item.done":
            self._items.append(data["item"])
            self._item = None
        if name in _ENDS and data["response"]["output"] != self._items:
            self.faults.append(f"{name} has other items than were told: {data['response']['output']}")

    def _see_annotation(self, data: Json) -> None:
        """Numbered; a citation stands where the text has come to so far."""
        annotation = data["annotation"]
        if data["annotation_index"] != len(self._annotations):
            self.faults.append(f"annotation {len(self._annotations)} has the number {data['annotation_index']}")
        if annotation.get("index", len(self._text)) != len(self._text):
            self.faults.append(f"{annotation} after {len(self._text)} characters")
        self._annotations.append(annotation)

    def end(self) -> None:
        """The stream is over; nothing but the last event of a response may stand there."""
        if self.last not in _ENDS and not (self.first and not self.last):  # all was told before it was resumed
            self.faults.append(f"the stream ends with {self.last!r}")


def differs(what: str, body: Json, expected: frozenset[str]) -> list[str]:
    """What a body lacks or has too much."""
    missing, more = sorted(expected - body.keys()), sorted(body.keys() - expected)
    return [f"{what}: missing {missing}, more {more}"] if missing or more else []
