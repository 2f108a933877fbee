"""Numbers and their units into the parameters that take them."""

import re

from mock_endpoint.models.offline.entities import Entity, entities
from mock_endpoint.models.offline.slots import Function, Slot
from mock_endpoint.models.offline.text import JAPANESE, ideas, listed, pattern, stems, words
from mock_endpoint.models.offline.work import Work


def beside(work: Work, entity: Entity) -> str:
    """`from` or `to`, as the word before or the particle after an entity says."""
    after = re.match(r"\w{0,3}?(?:(から|より)|(?:まで|へ|に))", work.text[entity.end :])
    if after:
        return "from" if after[1] else "to"
    found = re.search(r"\b(from|to|until|till|and)\s+\S{0,2}$", work.text[: entity.start])
    return "" if not found else "from" if found[1] == "from" else "to"


def other_coin(function: Function, text: str) -> bool:
    """Whether all amounts of a text are in another currency than the one that the function takes its amount in."""
    takes = {code for slot in function.slots if slot.kind == "number" and slot.required for code in _coins(slot.name)}
    found = [coins for each in entities(text) if each.kind == "number" and (coins := _coins(each.unit))]
    return bool(takes and found) and not any(takes & coins for coins in found)


def _coins(text: str) -> set[str]:
    table = words()["coins"].items()
    return {code for code, names in table if any(text.casefold().startswith(name) for name in names.split())}


def numbers(work: Work) -> None:
    """By the unit or label beside a number, else by order where as many are left as are wanted."""
    slots = work.open("number")
    fits = [(_fits(work, slot, each), slot, each) for slot in slots for each in work.left("number")]
    for score, slot, each in sorted(fits, key=lambda fit: -fit[0]):
        if score > 0 and slot.path not in work.values and work.free(each.start, each.end):
            _put(work, slot, each)
    for slot in work.open("numbers"):
        for each in work.left("number"):
            work.put(slot, [*work.values.get(slot.path, []), each.value], each.start, each.end)
    slots = [slot for slot in work.open("number") if slot.required]
    left = [each for each in work.left("number") if all(_fits(work, slot, each) >= 0 for slot in slots)]
    if slots and len(left) <= len(slots):
        if len(left) == 2 and _turned(work.text, *left):
            left.reverse()
        if all(set(slot.name.split()) & {"min", "max", "lower", "upper"} for slot in slots):
            left.sort(key=lambda each: float(each.value))
        for slot, each in zip(slots, left, strict=False):
            _put(work, slot, each)


def _turned(text: str, one: Entity, other: Entity) -> bool:
    """Whether the second number comes first in the operation: `subtract 3 from 10`, `8で72を割る`."""
    between, head = text[one.end : other.start], text[: one.start]
    if JAPANESE.search(text):
        return between.strip().endswith("で") and "を" in text[other.end :][:2]
    turned = re.search(r"\b(?:subtract|take|divide)\b", head, re.I) and re.search(r"\b(?:from|into)\b", between)
    return bool(turned or re.search(r"\bgo(?:es)? into\b", between))


def _put(work: Work, slot: Slot, each: Entity) -> None:
    value = converted(slot, each)
    low, high = (slot.schema.get(name) for name in ("minimum", "maximum"))
    small = isinstance(low, int | float) and float(value) < low
    large = isinstance(high, int | float) and float(value) > high
    if small or large or (slot.schema.get("type") == "integer" and not isinstance(value, int)):
        return
    work.put(slot, value, each.start, each.end)
    unit = re.match(r"[-\s]?[A-Za-z]+|(?:[一-鿿]{1,2}|[ァ-ヶー]+)の", work.text[each.end :])
    if unit and (each.counted & slot.words or value != each.value):
        work.take(each.end, each.end + unit.end())


def converted(slot: Slot, each: Entity) -> str | int | float:
    """The number in the unit that the parameter's name or description tells: of `2 weeks` 14, where it takes days."""
    wanted, unit = {*slot.name.split(), *re.findall(r"\w+", slot.description.casefold())}, each.unit.split()[:1]
    for units in words()["measures"]:
        own = [factor for factor, names in units if wanted & set(names.split())]
        told = [factor for factor, names in units if unit and _is_unit(unit[0], names.split())]
        if len(own) == 1 and told and told[-1] != own[0]:
            value = float(each.value) * told[-1] / own[0]
            return int(value) if value.is_integer() else value
    return each.value


def _is_unit(said: str, names: list[str]) -> bool:
    return said in names or any(JAPANESE.match(name) and said.startswith(name) for name in names)


def _fits(work: Work, slot: Slot, each: Entity) -> float:
    """How well a number's surroundings name a parameter; below 0 where they name something else."""
    if re.match(r"[番号階組丁]", each.unit):
        return -1
    before = re.split(r"[、。,.;と]|\band\b", each.before)[-1]
    score = 0.0
    if (each.counted or stems(each.unit.split()[0] if each.unit else "")) & slot.names:
        score += 3
    elif each.counted & slot.words:
        score += 2.5
    elif converted(slot, each) != each.value:
        score += 2
    elif each.counted and not _counted_elsewhere(work, each) and not _any_amount(slot, each):
        score -= 1
    labels = (word for word in slot.words if JAPANESE.match(word) and len(word) > 1)
    if ideas(before) & (slot.names - {"number", "valu"}) or any(word in before for word in labels):
        score += 1.5
    roles = {beside(work, other) for other in work.found if other.kind == "number"}
    return score + 1.2 * (bool(slot.role) and slot.role == beside(work, each) and {"from", "to"} <= roles)


def _any_amount(slot: Slot, each: Entity) -> bool:
    """Whether the number is money, and the parameter counts nothing else."""
    return "money" in each.counted and slot.names == stems(slot.name)


def _counted_elsewhere(work: Work, each: Entity) -> bool:
    """Whether another parameter takes the number's unit, as `minutes` in an enum."""
    slots = work.function.slots
    return any(
        (slot.measures and not slot.options) or any(each.counted & ideas(str(option)) for option in slot.options)
        for slot in slots
    )


def units(work: Work) -> None:
    """The unit of the amount, and the unit that it is wanted in."""
    counting = [each for each in work.found if each.kind == "number" and each.unit]
    for slot in (slot for slot in work.open("thing") if slot.measures):
        if slot.role == "to":
            match = pattern("value", "wanted_unit").search(work.text)
            if match and match.lastindex and work.free(*match.span()):
                work.put(slot, match[match.lastindex], *match.span(match.lastindex))
        elif counting:
            unit = re.compile(r"[-\s]?([A-Za-z]+|[ァ-ヶー]+|円)").match(work.text, counting[0].end)
            if unit and unit[1].casefold() not in listed("en", "small"):
                work.put(slot, unit[1], *unit.span(1))
