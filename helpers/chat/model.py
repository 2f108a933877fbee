"""What answers in a chat box without an assistant: a model, and what goes with every request to it."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from openai.types.responses import ResponseIncludable

from helpers.chat.attaching import Attached, tool_for
from helpers.chat.declaring import declared

Tool = dict[str, Any]


@dataclass
class Configuration:
    """The deployment, the instructions, and the tools as Responses takes them.

    Nothing of it is kept at the service: that is what an assistant was for (contract-successor §9, row M1).
    """

    model: str
    instructions: str | None = None
    tools: list[Tool] = field(default_factory=list)
    for_code: tuple[str, ...] = ()
    """Files that came with questions, and are there for code from then on."""

    @property
    def members(self) -> dict[str, Any]:
        """What each request says."""
        found: dict[str, Any] = {"model": self.model}
        found |= {"instructions": self.instructions} if self.instructions else {}
        tools = [_with_files(tool, self.for_code) for tool in self.tools]
        return found | ({"tools": tools} if tools else {}) | ({"include": self.included} if self.included else {})

    @property
    def included(self) -> list[ResponseIncludable]:
        """What tools found and drew, which comes only when it is asked for: passages for the footnotes, pictures."""
        kinds = [tool.get("type") for tool in self.tools]
        return [what for kind, what in _INCLUDED.items() if kind in kinds]

    def question(self, text: str, attached: Iterable[Attached]) -> dict[str, Any]:
        """A question as an item. Files for code go to the tool's container, all others into the message itself."""
        parts: list[dict[str, Any]] = [{"type": "input_text", "text": text}]
        kinds = [str(tool.get("type")) for tool in self.tools]
        for one in attached:
            if one.is_picture:
                parts.append({"type": "input_image", "file_id": one.file_id, "detail": "auto"})
            elif tool_for(one.name, [*kinds, "file_search"]) != "code_interpreter" or not self._for_code(one):
                parts.append({"type": "input_file", "file_id": one.file_id})
        return {"type": "message", "role": "user", "content": parts if len(parts) > 1 else text}

    def anew(self) -> "Configuration":
        """The same for another conversation, without the files of this one's questions."""
        return replace(self, for_code=())

    def _for_code(self, one: Attached) -> bool:
        """Whether code will find the file: a container that the service makes takes it, one that exists does not."""
        takes = any(map(_takes_files, self.tools))
        if takes:
            self.for_code = tuple(dict.fromkeys([*self.for_code, one.file_id]))
        return takes


def _takes_files(tool: Tool) -> bool:
    return tool.get("type") == "code_interpreter" and isinstance(tool.get("container"), Mapping)


def _with_files(tool: Tool, files: Sequence[str]) -> Tool:
    if not (files and _takes_files(tool)):
        return tool
    container = tool["container"]
    return {**tool, "container": {**container, "file_ids": [*container.get("file_ids", []), *files]}}


_INCLUDED: dict[str, ResponseIncludable] = {
    "file_search": "file_search_call.results",
    "code_interpreter": "code_interpreter_call.outputs",
}
"""A tool → what of it is asked for."""


def configured(
    model: str,
    instructions: str | None,
    tools: Iterable[Mapping[str, Any]],
    functions: Mapping[str, Callable[..., object]],
    *,
    vector_stores: Iterable[str],
    files: Iterable[str],
) -> Configuration:
    """The configuration with all that is given; a function that `tools` does not declare is declared as Python
    knows it, and files go to the container of the tool for code, as far as the service makes it."""
    found = [dict(tool) for tool in tools]
    names = {tool.get("name") for tool in found}
    for name, function in functions.items():
        if name not in names:
            # Not strict: a parameter with a default may be left out (contract-successor §9, row M9).
            found.append({"type": "function", "strict": False} | declared(name, function)["function"])
    stores, given = list(vector_stores), list(files)
    if stores:
        found.append({"type": "file_search", "vector_store_ids": stores})
    for tool in found:
        if tool.get("type") == "code_interpreter":
            tool.setdefault("container", {"type": "auto"})  # an assistant's tool needs none
    if given and not any(map(_takes_files, found)):
        found.append({"type": "code_interpreter", "container": {"type": "auto"}})
    return Configuration(model, instructions, [_with_files(tool, given) for tool in found])
