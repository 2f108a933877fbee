"""What the notebooks share. A name is imported from its module the first time somebody asks for it."""

import importlib

_MODULE_OF = {
    "prepare": "connection",
    "connect": "connection",
    "show": "display",
    "watch": "traffic",
    "wire": "traffic",
    "check": "exercises",
    "expect": "exercises",
    "ChatBox": "chat",
    "KitError": "problems",
}

__all__ = list(_MODULE_OF)


def __getattr__(name):
    if name not in _MODULE_OF:
        raise AttributeError("module 'helpers' has no attribute %r" % name)
    return getattr(importlib.import_module("helpers." + _MODULE_OF[name]), name)


def __dir__():
    return sorted(__all__)
