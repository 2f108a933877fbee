"""A call of Assistants beside the one that succeeds it: which member became which, and which event stands for which."""

import re
from collections.abc import Collection, Iterator, Sequence
from difflib import SequenceMatcher

_SUCCESSOR = re.compile(r"/(responses|conversations|containers)(/|$)")
_MEMBERS = (
    (r"header api-key", "header authorization"),
    (r"tools\[(\d+)\]\.function\.(.+)", r"tools[\1].\2"),
    (r"tool_choice\.function\.(.+)", r"tool_choice.\1"),
    (r"content", "input"),
    (r"messages\[0\]\.content", "input"),
    (r"(content|role)", r"items[0].\1"),
    (r"tool_resources\.file_search\.(.+)", r"tools[0].\1"),
    (r"additional_instructions", "instructions"),
    (r"max_completion_tokens", "max_output_tokens"),
    (r"response_format\.json_schema\.(.+)", r"text.format.\1"),
    (r"response_format(\..+)?", r"text.format\1"),
    (r"tool_outputs\[(\d+)\]\.tool_call_id", r"input[\1].call_id"),
    (r"tool_outputs\[(\d+)\]\.output", r"input[\1].output"),
    (r"usage\.prompt_tokens", "usage.input_tokens"),
    (r"usage\.completion_tokens", "usage.output_tokens"),
    (r"last_error\.(.+)", r"error.\1"),
    (r"required_action\.submit_tool_outputs\.tool_calls\[(\d+)\]\.id", r"output[\1].call_id"),
    (r"required_action\.submit_tool_outputs\.tool_calls\[(\d+)\]\.function\.(.+)", r"output[\1].\2"),
    (r"data\[(\d+)\]\.content\[(\d+)\]\.text\.value", r"output[\1].content[\2].text"),
)
"""A member's old name → its new one, of several the one that is there (contract-successor §9, rows M2 to M13)."""
_EVENTS = {
    "thread.run.created": "response.created",
    "thread.run.queued": "response.queued",
    "thread.run.in_progress": "response.in_progress",
    "thread.run.step.created": "response.output_item.added",
    "thread.run.step.delta": "response.function_call_arguments.delta",
    "thread.message.created": "response.output_item.added",
    "thread.message.in_progress": "response.content_part.added",
    "thread.message.delta": "response.output_text.delta",
    "thread.message.completed": "response.output_item.done",
    "thread.run.completed": "response.completed",
    "thread.run.requires_action": "response.completed",
    "thread.run.incomplete": "response.incomplete",
    "thread.run.failed": "response.failed",
}
"""An event of a run → the one that tells the same of a response (contract-successor §9, row M7)."""


def is_move(left: str, right: str) -> bool:
    """Whether exactly one of two paths is of the successor."""
    return _is_new(left) != _is_new(right)


def pairs(left: Collection[str], right: Collection[str]) -> dict[str, str]:
    """Names on the left → names on the right that say the same under another name, whichever side is the older."""
    return _renamed(left, right) | {old: new for new, old in _renamed(right, left).items()}


def side_by_side(left: Sequence[str], right: Sequence[str]) -> Iterator[tuple[str | None, str | None]]:
    """The events of two streams in their order, those that tell the same beside each other."""
    ours, theirs = ([_EVENTS.get(name, name) for name in names] for names in (left, right))
    for kind, begin, end, start, stop in SequenceMatcher(None, ours, theirs, autojunk=False).get_opcodes():
        if kind == "equal":
            yield from zip(left[begin:end], right[start:stop], strict=True)
        else:
            yield from ((name, None) for name in left[begin:end])
            yield from ((None, name) for name in right[start:stop])


def _renamed(old: Collection[str], new: Collection[str]) -> dict[str, str]:
    found: dict[str, str] = {}
    for name in old:
        free = (one for one in _successors_of(name) if one in new and one not in old and one not in found.values())
        successor = next(free, None)
        if name not in new and successor:
            found[name] = successor
    return found


def _is_new(path: str) -> bool:
    return _SUCCESSOR.search(path) is not None


def _successors_of(name: str) -> Iterator[str]:
    for old, new in _MEMBERS:
        match = re.fullmatch(old, name)
        if match:
            yield match.expand(new)
