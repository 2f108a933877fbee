"""A text on its way into the parameters of a function."""

from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from mock_endpoint.models.offline.entities import Entity, entities
from mock_endpoint.models.offline.slots import Function, Slot
from mock_endpoint.models.offline.text import JAPANESE

Values = dict[tuple[str, ...], Any]
"""Values by the path of their parameter."""


@dataclass(frozen=True)
class Bound:
    """A call as far as a text tells it."""

    function: Function
    values: Values
    texts: tuple[str, ...]
    """The clauses that it was read from."""
    firm: int = 0
    """How many of the values have a form or a label of their own."""
    named: bool = False
    """Whether one of the others is a name."""

    @property
    def lacks(self) -> list[Slot]:
        """The required parameters that nobody gave a value for."""
        return [slot for slot in self.function.slots if slot.required and slot.path not in self.values]

    @property
    def arguments(self) -> dict[str, Any]:
        """The values as the function's arguments, in the order of its parameters; null where that is allowed."""
        arguments: dict[str, Any] = {name: {} for name in self.function.objects}
        for slot in self.function.slots:
            if slot.path in self.values or slot.or_null:
                inner = arguments
                for name in slot.path[:-1]:
                    inner = inner.setdefault(name, {})
                inner[slot.path[-1]] = self.values.get(slot.path)
        return arguments


@dataclass
class Work:
    """A text, and which of its characters have become a value; no character serves two."""

    text: str
    function: Function
    values: Values
    main: bool
    """Whether it is the request itself, not what stands beside it."""
    texts: list[str]
    """This text and the others of the message."""
    used: bytearray = field(init=False)

    def __post_init__(self) -> None:
        self.used = bytearray(len(self.text))

    @cached_property
    def japanese(self) -> bool:
        """Whether the text is Japanese."""
        return bool(JAPANESE.search(self.text))

    @property
    def found(self) -> list[Entity]:
        """The typed values of the text."""
        return entities(self.text)

    def open(self, *kinds: str) -> list[Slot]:
        """The parameters of these kinds that have no value yet."""
        left = [slot for slot in self.function.slots if slot.path not in self.values]
        return [slot for slot in left if not kinds or slot.kind in kinds]

    def free(self, start: int, end: int) -> bool:
        """Whether no character there is used."""
        return not any(self.used[start:end])

    def left(self, *kinds: str) -> list[Entity]:
        """The entities of these kinds that are not used."""
        return [each for each in self.found if each.kind in kinds and self.free(each.start, each.end)]

    def put(self, slot: Slot, value: object, start: int, end: int) -> None:
        """Give a parameter its value; its characters are used."""
        self.values[slot.path] = value
        self.take(start, end)

    def take(self, start: int, end: int) -> None:
        """Mark characters as used."""
        self.used[start:end] = b"\1" * (end - start)

    def until_used(self, start: int, end: int) -> int:
        """The first used character there, or the end."""
        return next((place for place in range(start, end) if self.used[place]), end)
