"""What a function cannot do without, and nobody said: it is asked for, not made up."""

from collections import Counter
from collections.abc import Iterator, Mapping

from mock_endpoint.models.offline.functions import names, words
from mock_endpoint.models.offline.functions.placeholders import MISSING, given
from mock_endpoint.models.offline.functions.plan import Lack
from mock_endpoint.models.offline.functions.schema import Schema, number_of
from mock_endpoint.models.offline.functions.slots import Path, Slot, slots, takes_null
from mock_endpoint.models.offline.functions.values import Found, find

_MOST_OPTIONS = 12
_TASTE = frozenset(
    map(words.idea_of, ["unit", "format", "style", "mode", "detail", "level", "sort", "order", "locale"])
)
"""Ideas of names of choices that only say how the answer should look: the first one does."""


def lacking(root: Schema, values: Mapping[Path, object], text: str, taken: frozenset[str]) -> Iterator[Lack]:
    """The function's own parameters without a value; those inside of objects and lists are filled as well as may be."""
    for slot in slots(root, root):
        if len(slot.path) != 1 or slot.many:
            continue
        found = find(text, taken)
        unknown = _unknown(slot, values, found)
        if slot.path in values and (not unknown or _is_said(values[slot.path], found)):
            continue
        if unknown or (slot.needed and _must_be_said(slot, root)):
            yield Lack(" ".join(words.split(slot.path[-1])) or slot.path[-1], _options(slot), unknown)


def _is_said(value: object, found: list[Found]) -> bool:
    """Whether a value stands in the text itself, and not only in a message before it."""
    return any(str(value).casefold() in names.every_form(each.text) for each in found)


def _must_be_said(slot: Slot, root: Schema) -> bool:
    """Whether no other value than one that somebody gives makes sense."""
    if takes_null(slot.schema, root) or slot.types[0] not in ("string", "integer", "number"):
        return False
    if isinstance(slot.schema.get("enum"), list):
        plain = {name: each for name, each in slot.schema.items() if name != "enum"}
        chosen_for_it = given(plain, root) is not MISSING or len(slot.schema["enum"]) < 2 or None in slot.schema["enum"]
        return not (chosen_for_it or _TASTE & set(slot.name))
    free = slot.types[0] == "string" and slot.kind == "text"
    return not free and given(slot.schema, root) is MISSING


def _unknown(slot: Slot, values: Mapping[Path, object], found: list[Found]) -> str:
    """A value of the right kind that the enum of the slot does not hold: Swiss francs where only euros are sold."""
    options = [each for each in slot.schema.get("enum") or () if isinstance(each, str)]
    if not options:
        return ""
    kind, number = Counter(map(names.kind_of, options)).most_common(1)[0]
    if not kind or number * 2 <= len(options):
        return ""
    used = {str(value).casefold() for value in values.values()}
    strange = [each for each in found if each.kind == kind and each.owner < 0]
    strange = [each for each in strange if not used & {each.text.casefold(), *names.every_form(each.text)}]
    return strange[-1].text if strange else ""


def _options(slot: Slot) -> tuple[str, ...]:
    """The values that it may have; of a range its two ends with … between them."""
    options = slot.schema.get("enum")
    if isinstance(options, list):
        more = ("…",) if len(options) > _MOST_OPTIONS else ()
        return (*map(str, options[:_MOST_OPTIONS]), *more)
    low, high = number_of(slot.schema, "minimum"), number_of(slot.schema, "maximum")
    return () if low is None or high is None else (f"{low}…{high}",)
