"""A text that one function answers, with the arguments that it gives and the ones that it lacks."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from mock_endpoint.models.offline.functions.choosing import Function
from mock_endpoint.models.offline.functions.filling import Source, build, rows
from mock_endpoint.models.offline.functions.lacking import lacking
from mock_endpoint.models.offline.functions.plan import Lack

_LOOK_BACK = 6


@dataclass(frozen=True)
class Request:
    """A text that asks for a function."""

    function: Function
    text: str
    sentence: int
    before: tuple[str, ...] = ()
    """Texts that it continues, the newest first: their values still hold."""


@dataclass(frozen=True)
class Filled:
    """The arguments of one call, and what had to be made up for them."""

    arguments: dict[str, Any]
    lacks: tuple[Lack, ...]


def filled(request: Request, asked: Sequence[str], earlier: Sequence[str]) -> Iterator[Filled]:
    """One for each call that the request makes; `asked` and `earlier` are the sentences around it."""
    root, taken = request.function.parameters, request.function.taken
    now = dict.fromkeys((*request.before, *(text for text in asked if text not in request.text)))
    old = [text for text in dict.fromkeys(reversed(earlier[-_LOOK_BACK:])) if text not in now]
    sources = [Source(request.text, taken), *(Source(text, taken, sure=True) for text in now)]
    sources += [Source(text, taken, sure=True, old=True) for text in old]
    for values in rows(root, root, sources):
        built = build(root, root, values)
        yield Filled(built if isinstance(built, dict) else {}, tuple(lacking(root, values, request.text, taken)))
