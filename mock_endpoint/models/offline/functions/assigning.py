"""Which of the values found in a text belongs to which place of a schema."""

import re
from collections.abc import Iterable, Mapping

from mock_endpoint.models.offline.functions import names, words
from mock_endpoint.models.offline.functions.fitting import fitted
from mock_endpoint.models.offline.functions.schema import Schema
from mock_endpoint.models.offline.functions.slots import Slot
from mock_endpoint.models.offline.functions.values import Found, family

Assigned = dict[Slot, Found]

_MOST_FOUND = 60
_LIKES: dict[str, dict[str, float]] = {
    "place": {"place": 6, "country": 5, "name": 4, "phrase": 3, "quoted": 3, "code": 1},
    "country": {"country": 6, "name": 4, "place": 2, "phrase": 2, "quoted": 3},
    "currency": {"currency": 6},
    "unit": {"unit": 6, "currency": 1},
    "language": {"language": 6},
    "month": {"month": 6, "date": 5, "day": 3, "season": 3},
    "date": {"date": 6, "day": 5, "weekday": 4.5, "month": 4, "season": 3, "quoted": 1},
    "time": {"time": 6},
    "weekday": {"weekday": 6, "day": 3},
    "email": {"email": 6, "name": 2, "quoted": 1},
    "url": {"url": 6, "quoted": 2},
    "code": {"code": 6, "quoted": 4, "number": 3, "name": 3},
    "text": {"quoted": 6, "url": 1},
    "": {
        "name": 4,
        "quoted": 4,
        "place": 3,
        "country": 3,
        "code": 3,
        "phrase": 2.5,
        "season": 2.5,
        "currency": 1.5,
        "language": 1.5,
        "unit": 1.5,
        "date": 1,
        "time": 1,
        "month": 1,
        "weekday": 1,
        "day": 1,
        "email": 1,
        "url": 1,
    },
}
_DIRECTED = ("currency", "unit", "language")
_MONEY = frozenset(words.idea_of(word) for word in ["amount", "price", "value", "cost", "budget", "sum", "money"])
_PERSON = frozenset(words.idea_of(word) for word in ["guest", "people", "person"])
_LEAST = 1.0


def assign(slots: Iterable[Slot], found: list[Found], text: str, root: Schema, least: float = _LEAST) -> Assigned:
    """The best pairs first; each value goes to one slot, each slot gets one value."""
    ranked = sorted(
        (
            (score, -order, -place, slot, each)
            for order, slot in enumerate(slots)
            if not ({"object", "boolean"} & set(slot.types[:1]))
            for place, each in enumerate(found[:_MOST_FOUND])
            if (score := _score(slot, each, text)) >= least and fitted(slot, each, root) is not None
        ),
        key=lambda row: row[:3],
        reverse=True,
    )
    assigned: Assigned = {}
    taken: set[int] = set()
    for _, _, _, slot, each in ranked:
        if slot not in assigned and id(each) not in taken:
            assigned[slot] = each
            taken.add(id(each))
    return assigned


def _score(slot: Slot, each: Found, text: str) -> float:
    numeric = slot.types[0] in ("integer", "number")
    score = _enum(slot, each) if "enum" in slot.schema else _number(slot, each) if numeric else _liked(slot, each)
    if score <= 0:
        return 0
    return score + _direction(slot, each) + _beside(slot, each, text) - (0.5 if each.joined else 0)


def _enum(slot: Slot, each: Found) -> float:
    return 6.0 if each.kind != "number" or slot.types[0] != "string" else 0.0


def _liked(slot: Slot, each: Found) -> float:
    score = _LIKES[slot.kind].get(each.kind, 0.0)
    if each.kind == "email" and {"to", "cc", "bcc", "recipient"} & set(slot.parts):
        return 6.0
    if slot.kind == "code" and each.kind == "name" and each.text.isupper():
        score += 2
    if each.kind == "name" and each.start == 0:
        score -= 1
    if each.kind == "number":
        near = bool(each.unit) and each.unit in slot.name
        score = max(score, 4.0 if near else 0.3)
    return score


def _number(slot: Slot, each: Found) -> float:
    if each.parts:
        wanted = (
            set(slot.parts) & set(each.parts)
            or slot.kind == each.kind
            or (slot.kind == "month" and "month" in each.parts)
        )
        return 6.0 if wanted else 0.0
    if each.number is None:
        return 4.0 if each.kind == "code" and slot.kind == "code" else 0.0
    if _another_unit(slot, each):
        return 0.0
    score = 3.0 + (0.0 if slot.needed else -1.0)
    if slot.parts and slot.parts[-1] == "year":
        return score + (3 if 1900 <= each.number <= 2200 else -3)
    if slot.kind in ("month", "time", "date"):
        score -= 2
    if not each.unit and each.text[:1] not in "$€£¥":
        return score
    return score + _counts(slot, each)


def _another_unit(slot: Slot, each: Found) -> bool:
    """Whether the slot's own name is a unit of the same kind, but not that of the number: 50 euros are no `yen`."""
    sign = each.text[:1] if each.text[:1] in "$€£¥" else ""
    kind, forms = names.units().get(sign or each.unit, ("", ()))
    own = [part for part in slot.parts if len(part) > 1 and part != "in" and part in names.units()]
    return any(names.units()[part][0] == kind and not names.every_form(part) & set(forms) for part in own)


def _counts(slot: Slot, each: Found) -> float:
    """How well the unit of a number goes with a slot: `3 nights` with `nights`."""
    forms = names.every_form(each.unit)
    if forms & set(slot.parts) or each.unit in slot.name:
        return 5.0
    if each.unit in names.units() or each.text[:1] in "$€£¥":
        money = names.units().get(each.unit, ("currency", ()))[0] == "currency"
        if money:
            return 3.0 if _MONEY & set(slot.name) else -1.0 if slot.name and not slot.needed else 0.0
    if any(words.likeness(each.unit, idea) for idea in slot.name):
        return 2.5
    if each.unit in slot.described:
        return 2.0
    return 2.0 if each.unit in _TIME and any(idea in _TIME or idea == _DURATION for idea in slot.name) else -1.0


_TIME = frozenset(words.idea_of(word) for word in ["second", "minute", "hour", "day", "week"])
_DURATION = words.idea_of("duration")


def _direction(slot: Slot, each: Found) -> float:
    role = "to" if each.role == "in" and each.kind in _DIRECTED else each.role
    if slot.role and role in ("from", "to"):
        return 5.0 if role == slot.role else -4.0
    if (each.kind in _DIRECTED and "enum" not in slot.schema) or each.kind == "currency":
        return (1.0 if role == "to" else 0.0) - (1.5 if each.owner >= 0 else 0.0)
    return 0.0


def _beside(slot: Slot, each: Found, text: str) -> float:
    """Whether the words right before a value name the slot: `subject "Hello"`, `order 4711`."""
    near = re.sub(r"^\S*|.*[.!?。](?:\s|$)", "", text[max(0, each.start - 30) : each.start])
    before = words.words(near)[-2:]
    return 4.0 if any(word.idea in slot.name for word in before) else 0.0


def series(assigned: Mapping[Slot, Found], found: list[Found], slot: Slot) -> list[Found]:
    """The list in the text that a slot's value belongs to; the value alone where there is none."""
    mine = assigned[slot]
    here = found.index(mine)
    used = {id(each) for other, each in assigned.items() if other is not slot}
    standing = [each for each in found if each.owner < 0]
    if mine.owner >= 0 or mine not in standing:
        return [found[here]]
    first = last = standing.index(mine)
    while first > 0 and standing[first].joined:
        first -= 1
    while last + 1 < len(standing) and standing[last + 1].joined:
        last += 1
    same = [each for each in standing[first : last + 1] if family(each.kind) == family(mine.kind)]
    return [each for each in same if each is mine or id(each) not in used]
