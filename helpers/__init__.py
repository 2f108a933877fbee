"""What the notebooks share. A name is imported from its module the first time somebody asks for it."""

import importlib
from typing import Any

_MODULE_OF = {
    "prepare": "connection",
    "connect": "connection",
    "show": "display",
    "watch": "traffic",
    "wire": "traffic",
    "check": "exercises.checking",
    "hint": "exercises.hints",
    "expect": "exercises.checking",
    "progress": "exercises.overview",
    "fault": "faults",
    "ChatBox": "chat",
    "Playground": "playground",
    "KitError": "problems",
}

__all__ = list(_MODULE_OF)  # pyrefly: ignore[unresolvable-dunder-all]


def __getattr__(name: str) -> Any:  # noqa: ANN401 - what is exported is a function, a class or an error
    if name not in _MODULE_OF:
        raise AttributeError(f"module 'helpers' has no attribute {name!r}")
    return getattr(importlib.import_module("helpers." + _MODULE_OF[name]), name)


def __dir__() -> "list[str]":
    return sorted(__all__)
