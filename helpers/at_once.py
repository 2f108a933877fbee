"""Clicks that a busy kernel takes at once: those of Stop, which would be no use later."""

from collections.abc import Callable, Mapping
from typing import Any

import ipywidgets  # type: ignore[import-untyped]


def take_at_once(widget: ipywidgets.Widget, wanted: Callable[[Mapping[str, Any]], bool]) -> None:
    """Let this widget's messages be handled while a cell runs, as far as `wanted` says so of their content.

    The page sends each widget's messages to a thread of their own, a subshell. ipykernel (7.4) hands them on to the
    loop that wrote to the widget last, which is busy while a cell runs. Here a message that is wanted stays on its
    subshell, every other goes as before. A kernel without that detour, or without subshells, is left as it is.
    """
    route = getattr(widget.comm, "_reply_subshell_for", None)
    if route is None:
        return

    def keep(data: Any, subshell: str | None) -> str | None:  # noqa: ANN401 - whatever a page sends
        content = data.get("content") if isinstance(data, Mapping) else None
        if isinstance(content, Mapping) and wanted(content):
            return subshell
        routed: str | None = route(data, subshell)
        return routed

    widget.comm._reply_subshell_for = keep
