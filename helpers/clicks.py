"""Which loop of the kernel takes a widget's messages: Stop cannot wait for a cell, fields and buttons keep their order.

The page sends messages of widgets to a thread of their own, a subshell. ipykernel (7.4) hands each on to the loop that
wrote to its widget last: the main one, which is busy while a cell runs, or the subshell. A kernel without that detour,
or without subshells, is left as it is.
"""

from collections.abc import Callable, Mapping
from typing import Any

import ipywidgets

_ROUTE = "_reply_subshell_for"
"""What ipykernel asks for the way of a message; there is no public name for it."""


def take_at_once(widget: ipywidgets.Widget, wanted: Callable[[Mapping[str, Any]], bool]) -> None:
    """Let this widget's messages stay on the subshell, as far as `wanted` says so of their content."""
    route = getattr(widget.comm, _ROUTE, None)
    if route is None:
        return

    def keep(data: Any, subshell: str | None) -> str | None:  # noqa: ANN401 - whatever a page sends
        content = data.get("content") if isinstance(data, Mapping) else None
        if isinstance(content, Mapping) and wanted(content):
            return subshell
        routed: str | None = route(data, subshell)
        return routed

    setattr(widget.comm, _ROUTE, keep)


def take_in_order(widget: ipywidgets.Widget) -> None:
    """Let the main loop take all messages of this widget and of those in it: a click after what was typed before it."""
    if hasattr(widget.comm, _ROUTE):
        setattr(widget.comm, _ROUTE, lambda *_: None)
    for child in getattr(widget, "children", ()):
        take_in_order(child)
