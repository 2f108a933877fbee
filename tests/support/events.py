"""The event stream of a run: taken apart, and checked against the order that clients rely on (contract §5)."""

import copy
import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

Json = dict[str, Any]

_ENDS = {"completed", "failed", "cancelled", "expired", "incomplete"}
_FINAL = _ENDS | {"requires_action"}
"""What nothing but `done` follows, of a run."""
_RUN = {
    "": {"created"},
    "created": {"queued"},
    "queued": {"in_progress", "cancelling", "expired", "failed"},
    "in_progress": {"cancelling", *_FINAL},
    "cancelling": {"cancelled"},
}
_PART = {
    "": {"created"},
    "created": {"in_progress"},
    "in_progress": {"delta", *_ENDS},
    "delta": {"delta", *_ENDS},
    "waiting": {"completed"},
}
"""What may follow what, of a step or a message."""


@dataclass(frozen=True)
class Event:
    """One event; `data` is an object, or the text of `done`."""

    name: str
    data: Any


def parse(raw: bytes) -> tuple[list[Event], list[str]]:
    """The events, and what is wrong with their framing; a last event that was cut off is left out."""
    events, faults = [], []
    *blocks, _ = raw.decode("utf-8", "replace").split("\n\n")
    for block in blocks:
        lines = block.split("\n")
        if len(lines) != 2 or not lines[0].startswith("event: ") or not lines[1].startswith("data: "):
            faults.append(f"framing: {block[:80]!r}")
            continue
        name, text = lines[0][7:], lines[1][6:]
        events.append(Event(name, text if name == "done" else json.loads(text)))
    return events, faults


def squeezed(names: Iterable[str]) -> list[str]:
    """The names without `thread.`, a row of equal ones (deltas) said once."""
    said: list[str] = []
    for name in names:
        short = name.removeprefix("thread.")
        if not said or said[-1] != short:
            said.append(short)
    return said


@dataclass
class Order:
    """The state machine behind a stream; `faults` fills while it sees the events."""

    path: str
    """What was asked: it says how the stream begins."""
    gone: set[str] = field(default_factory=set)
    """Ids of what was deleted meanwhile: it may have no end."""
    faults: list[str] = field(default_factory=list)
    run: str = ""
    """The last that was heard of the run."""
    parts: dict[str, str] = field(default_factory=dict)
    """The last that was heard of each step and message."""
    ids: dict[str, str] = field(default_factory=dict)
    contents: dict[str, list[Json]] = field(default_factory=dict)
    """What the deltas of each message have told so far."""
    calls: dict[str, list[Json]] = field(default_factory=dict)
    announced: set[str] = field(default_factory=set)
    """Messages that a step has named."""
    seen: int = 0
    over: bool = False

    @property
    def continues(self) -> bool:
        """Whether the stream goes on with a run that waited for outputs."""
        return self.path.endswith("/submit_tool_outputs")

    def see(self, event: Event) -> None:
        """The next event."""
        kind, _, what = event.name.rpartition(".")
        self.seen += 1
        self._expect(not self.over, event, "after the end")
        if event.name == "done":
            self.over = True
            self._expect(event.data == "[DONE]", event, f"data {event.data!r}")
            return
        self._expect(self.run not in _FINAL, event, f"after run.{self.run}")
        self._expect(event.data.get("object") == (f"{kind}.delta" if what == "delta" else kind), event, "object")
        if kind == "thread":
            self._expect(self.seen == 1 and self.path.endswith("/threads/runs"), event, "not the first of a new thread")
            self.ids["thread_id"] = event.data["id"]
        elif kind == "thread.run":
            self._see_run(event, what)
        else:
            self._see_part(event, what)

    def end(self) -> None:
        """The stream ended by itself."""
        if not self.over:
            self.faults.append("no done at the end")
        if self.run not in _FINAL and self.ids.get("thread_id") not in self.gone:
            self.faults.append(f"ends with run.{self.run or '?'}")

    def _see_run(self, event: Event, what: str) -> None:
        run = event.data
        before = "created" if self.continues and not self.run else self.run
        self._expect(what in _RUN.get(before, ()), event, f"after run.{before}")
        self._expect(run["status"] == ("queued" if what == "created" else what), event, f"status {run['status']}")
        self._same(event, run_id=run["id"], thread_id=run["thread_id"])
        if what == "created":
            first = 2 if self.path.endswith("/threads/runs") else 1
            self._expect(self.seen == first and not self.continues, event, "not at the beginning")
        self._expect((run["required_action"] is not None) == (what == "requires_action"), event, "required_action")
        self._expect((run["expires_at"] is None) == (what in _ENDS), event, "expires_at")
        self._expect(run["usage"] is None or what in _FINAL, event, "usage")
        waiting = {step for step in self.calls if self.parts[step] in ("in_progress", "delta")}
        if what in _FINAL:
            still = {part for part, last in self.parts.items() if last not in _ENDS} - self.gone
            self._expect(still == (waiting if what == "requires_action" else set()), event, f"before {still}")
        if what == "requires_action":
            asked = run["required_action"]["submit_tool_outputs"]["tool_calls"]
            self._expect(len(waiting) == 1, event, f"with {len(waiting)} open steps")
            self._expect(asked == [_asked(call) for step in waiting for call in self.calls[step]], event, "calls")
        self.run = what

    def _see_part(self, event: Event, what: str) -> None:
        part, is_step = event.data, event.name.startswith("thread.run.step.")
        before = self.parts.get(part["id"], "")
        if self.continues and self.seen == 1:
            before = "waiting"
        elif self.seen == 1:
            before = "nothing"
        self._expect(what in _PART.get(before, ()), event, f"after {before or 'nothing'}")
        self.parts[part["id"]] = what
        if what == "delta":
            (self._add_call if is_step else self._add_content)(event)
            return
        expected = "in_progress" if what == "created" else what
        self._expect(part["status"] == expected, event, f"status {part['status']}")
        self._same(event, run_id=part["run_id"], thread_id=part["thread_id"])
        if is_step:
            self._see_step(event, what)
        else:
            self._expect(part["id"] in self.announced, event, "no step names it")
            told = self.contents.setdefault(part["id"], [])
            self._expect(part["content"] in (told, told or [_NO_TEXT]), event, f"content {part['content']}")
            self._expect(bool(part["content"]) or what != "completed", event, "no content")

    def _see_step(self, event: Event, what: str) -> None:
        details = event.data["step_details"]
        self._expect((event.data["usage"] is None) or what in _ENDS, event, "usage")
        if details["type"] == "message_creation":
            self.announced.add(details["message_creation"]["message_id"])
            return
        calls = self.calls.setdefault(event.data["id"], [])
        if what in ("created", "in_progress"):
            self._expect(details["tool_calls"] == [], event, "tool_calls not empty")
        elif self.seen > 1:  # a step that was seen from its beginning
            told = [_asked(call) for call in details["tool_calls"]]
            self._expect(told == list(map(_asked, calls))[: len(told)], event, "calls")
            self._expect(all(map(_parses, told)), event, "arguments that do not parse")
        else:
            outputs = [call["function"]["output"] for call in details["tool_calls"] if call["type"] == "function"]
            self._expect(all(isinstance(output, str) for output in outputs), event, f"outputs {outputs}")

    def _add_content(self, event: Event) -> None:
        """A text comes first and brings its annotations, each with its place; then pictures, each in one piece."""
        content = self.contents[event.data["id"]]
        (part,) = event.data["delta"]["content"]
        place, kind = part.pop("index"), part["type"]
        if kind == "text":
            annotations = part["text"].get("annotations")
            self._expect((annotations is None) <= bool(content), event, "the first piece without annotations")
            self._expect(annotations != [] or not content, event, "annotations again")
            content[:] = content or [copy.deepcopy(_NO_TEXT)]
            self._expect(place == 0 and len(content) == 1, event, f"index {place!r}")
            self._expect(_merged(content[0]["text"], part["text"]), event, "indexes of annotations")
            for mark in annotations or ():
                said = content[0]["text"]["value"][mark["start_index"] : mark["end_index"]]
                self._expect(said == mark["text"] != "", event, f"annotation of {said!r}")
        else:
            content[:] = content or [copy.deepcopy(_NO_TEXT)]
            self._expect(place == len(content), event, f"index {place!r}")
            content.append(part)

    def _add_call(self, event: Event) -> None:
        calls = self.calls[event.data["id"]]
        for piece in event.data["delta"]["step_details"]["tool_calls"]:
            first = piece["index"] == len(calls)
            tool = str(piece.get("type"))
            known = {"index", "type", tool} | ({"id"} if first else set())
            self._expect(set(piece) == known, event, f"members {sorted(piece)}")
            if first:
                empty = {name: value for name, value in piece[tool].items() if name != "name"}
                self._expect(empty == _BEGUN[tool], event, "its first piece")
                calls.append({"id": piece["id"], "type": tool, tool: copy.deepcopy(piece[tool])})
            else:
                self._expect(set(piece[tool]) < set(_BEGUN[tool]), event, f"members {sorted(piece[tool])} again")
                self._expect(_merged(calls[piece["index"]][tool], piece[tool]), event, "indexes of its parts")

    def _same(self, event: Event, **ids: str) -> None:
        for name, value in ids.items():
            self._expect(self.ids.setdefault(name, value) == value, event, f"another {name}")

    def _expect(self, fine: bool, event: Event, what: str) -> None:
        if not fine:
            self.faults.append(f"{event.name}: {what}")


_NO_TEXT: Json = {"type": "text", "text": {"value": "", "annotations": []}}
"""What a message's content begins with."""
_BEGUN: dict[str, Json] = {
    "function": {"arguments": "", "output": None},
    "code_interpreter": {"input": "", "outputs": []},
    "file_search": {},
}
"""What the first piece of a call holds besides a function's name."""


def _merged(call: Json, piece: Json) -> bool:
    """Put the piece to what is there, as the client does (contract §5.4); False where a part's place is wrong."""
    for name, value in piece.items():
        if isinstance(value, str):
            call[name] += value
            continue
        for part in value:
            if part.pop("index") != len(call[name]):
                return False
            call[name].append(part)
    return True


def _asked(call: Json) -> Json:
    """The call as `required_action` has it: without its output. That of code is shown whole; what a search found is
    told by the complete step only."""
    if call["type"] == "file_search":
        return {name: call[name] for name in ("id", "type")}
    if call["type"] != "function":
        return call
    function = {name: call["function"][name] for name in ("name", "arguments")}
    return {"id": call["id"], "type": call["type"], "function": function}


def _parses(call: Json) -> bool:
    try:
        json.loads(call["function"]["arguments"] if call["type"] == "function" else "{}")
    except ValueError:
        return False
    return True
