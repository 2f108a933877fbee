"""Filters on the attributes of files (contract §7)."""

import operator
from collections.abc import Callable
from typing import Any

Json = dict[str, Any]

_COMPARE: dict[str, Callable[[Any, Any], bool]] = {
    "eq": operator.eq,
    "ne": operator.ne,
    "gt": operator.gt,
    "gte": operator.ge,
    "lt": operator.lt,
    "lte": operator.le,
    "in": lambda value, given: value in given,
    "nin": lambda value, given: value not in given,
}


def matches(given: Json, attributes: Json) -> bool:
    """Whether a file with these attributes passes. One without the attribute passes only where it must differ."""
    if given["type"] == "and":
        return all(matches(each, attributes) for each in given["filters"])
    if given["type"] == "or":
        return any(matches(each, attributes) for each in given["filters"])
    if given["key"] not in attributes:
        return given["type"] in ("ne", "nin")
    try:
        return _COMPARE[given["type"]](attributes[given["key"]], given["value"])
    except TypeError:  # a text and a number have no order
        return False
