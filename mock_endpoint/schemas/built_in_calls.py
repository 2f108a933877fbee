"""Calls of built-in tools as items of a response (contract-successor §1.3).

An item holds all that its tool gave; it is shown without that unless `include` asks for it.
"""

from collections.abc import Set
from dataclasses import dataclass
from typing import Any

Json = dict[str, Any]


@dataclass(frozen=True)
class Form:
    """How the calls of one tool are shown."""

    item: str
    """The type of the item, and the first part of the names of its events."""
    at_work: str
    """What a stream says once the call is written."""
    begun: Json
    """What a new item holds."""
    given: str
    """The member that holds what the tool gave."""

    @property
    def include(self) -> str:
        """What asks for that."""
        return f"{self.item}.{self.given}"


FORMS = {
    "file_search": Form("file_search_call", "searching", {"queries": [], "results": None}, "results"),
    "code_interpreter": Form("code_interpreter_call", "interpreting", {"code": "", "outputs": []}, "outputs"),
}
"""By the tool."""
TOOL_OF = {form.item: tool for tool, form in FORMS.items()}
"""The tool by the type of the item."""


def shown(item: Json, include: Set[str]) -> Json:
    """The item as it goes over the wire."""
    tool = TOOL_OF.get(item["type"])
    if tool is None or FORMS[tool].include in include:
        return item
    return item | {FORMS[tool].given: None}
