"""What messages ask of the declared functions, once it is known.

It stands apart from `planning.py`, whose vocabulary takes a while to load: only who declares functions waits for it.
"""

import re
from dataclasses import dataclass

from mock_endpoint.models.base import ToolCall

_REFUSED = re.compile(
    r"\b(?:do not|don't|never|without|no need to|avoid)\b[^.!?]{0,20}"
    r"\b(?:use|using|call|calling)?\s?(?:any |the |a )?(?:tools?|functions?)\b"
    r"|(?:ツール|関数)(?:を|は)?(?:使わ|呼ば|呼び出さ|なし)",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Call:
    """A function to call, and the sentence that asks for it."""

    name: str
    arguments: str
    sentence: int


@dataclass(frozen=True)
class Lack:
    """A parameter that nobody gave a value for."""

    name: str
    options: tuple[str, ...]
    """The values that it may have; empty where the schema does not tell them."""
    unknown: str
    """What was said instead, and is none of them; "" where nothing was."""


@dataclass(frozen=True)
class Ask:
    """A function that fits, and cannot be called before somebody says more."""

    name: str
    parameters: tuple[str, ...]
    lacks: tuple[Lack, ...]
    sentence: int


@dataclass(frozen=True)
class Plan:
    """What the messages ask of the functions."""

    calls: tuple[Call, ...]
    next: tuple[Call, ...]
    """The calls to make now."""
    made: tuple[ToolCall, ...]
    """The calls of this run that have their outputs."""
    asks: tuple[Ask, ...] = ()

    @property
    def sentences(self) -> frozenset[int]:
        """The sentences that functions answer, or would with one value more."""
        return frozenset([call.sentence for call in self.calls] + [ask.sentence for ask in self.asks])


def refuses(text: str) -> bool:
    """Whether a sentence forbids to call functions."""
    return bool(_REFUSED.search(text))
