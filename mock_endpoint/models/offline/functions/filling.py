"""Values for a JSON schema: from a text where it gives them, else a default, the first of an enum or an example."""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from itertools import product
from typing import Any

from mock_endpoint.models.offline.functions import names, phrases, words
from mock_endpoint.models.offline.functions.assigning import Assigned, assign, series
from mock_endpoint.models.offline.functions.fitting import fitted
from mock_endpoint.models.offline.functions.placeholders import MISSING, Budget, given, placeholder
from mock_endpoint.models.offline.functions.schema import Schema, required, resolved, types, valid
from mock_endpoint.models.offline.functions.slots import MOST, Path, Slot, chosen, properties, slots, takes_null
from mock_endpoint.models.offline.functions.values import Found, family, find

_DEEP = 220
_MOST_ROWS = 16
"""Objects that one text makes: as many calls, or items of a list."""
_SURE = 4.0
"""What a value from an earlier message must reach: it fits the slot by its kind or its name."""
_NOT = re.compile(
    r"\b(?:without|no|not|non|don't|doesn't|exclud\w+|disable\w*|off|skip)\b[\w\s-]{0,12}$", re.IGNORECASE
)
_NOT_AFTER = re.compile(r"^\s?(?:なし|抜き|不要|は?いらない|を?除)|^[- ]free\b")
_AND = re.compile(r"\b(?:and|or|also|plus|then|than|versus|vs)\b|[,;、と]", re.IGNORECASE)
_FLAGS = frozenset(
    ["is", "has", "with", "include", "includ", "want", "allow", "need", "enabl", "us", "show", "wants", "includes"]
)


@dataclass(frozen=True)
class Source:
    """A text to take values from."""

    text: str
    taken: frozenset[str] = frozenset()
    """Ideas that name the function, and are no values."""
    sure: bool = False
    """Whether only values that surely fit are taken, because the text is not the question itself."""
    old: bool = False
    """Whether it gives only what a function cannot do without, because it stands in an earlier message."""
    inner: bool = False
    """Whether it is read for the items of a list: they hold no further lists from the same text."""


Values = dict[Path, object]


def objects(schema: object, root: Schema, sources: Iterable[Source]) -> list[dict[str, Any]]:
    """The objects that the first text asks for, at least one; the other texts give what it does not."""
    result: list[dict[str, Any]] = []
    for values in rows(schema, root, sources):
        built = build(schema, root, values)
        if isinstance(built, dict) and built not in result:
            result.append(built)
    return result or [{}]


def rows(schema: object, root: Schema, sources: Iterable[Source]) -> list[Values]:
    """The values that the texts give, for each object that the first text asks for."""
    first, *others = sources
    all_slots = slots(schema, root)
    found = find(first.text, first.taken)
    assigned = assign(all_slots, found, first.text, root)
    claimed = [span for slot in all_slots if slot not in assigned and (span := _claim(slot, first, assigned))]
    if any(_within(each, claimed) for each in assigned.values()):
        found = [each for each in found if not _within(each, claimed)]
        assigned = assign(all_slots, found, first.text, root)
    return [
        _values(all_slots, row, found, [first, *others], root)
        for row in _rows(all_slots, assigned, found, first.text)[:_MOST_ROWS]
    ]


def _claim(slot: Slot, source: Source, assigned: Assigned) -> tuple[int, int] | None:
    """Where the free text for a slot stands, so that no other slot takes a part of it."""
    if slot.kind != "text" or slot.types[0] != "string" or "enum" in slot.schema:
        return None
    said = phrases.marked(source.text, list(assigned.values()))
    return (at, at + len(said)) if said and (at := source.text.find(said)) >= 0 else None


def _within(each: Found, spans: list[tuple[int, int]]) -> bool:
    return any(start <= each.start and each.end <= end for start, end in spans)


def _rows(all_slots: list[Slot], assigned: Assigned, found: list[Found], text: str) -> list[Assigned]:
    """One assignment for each value of a list in the text; without a list, one for each further value of a kind."""
    lists = {slot: series(assigned, found, slot) for slot in assigned if not slot.many}
    lists = {slot: each for slot, each in lists.items() if len(each) > 1}
    if lists:
        return [
            _with_units({**assigned, **dict(zip(lists, chosen_ones, strict=True))}, assigned, found)
            for chosen_ones in product(*lists.values())
        ]
    return [assigned, *_further(all_slots, assigned, found, text)]


def _with_units(row: Assigned, base: Assigned, found: list[Found]) -> Assigned:
    """Each amount brings its own unit: `5 km and 8 miles`."""
    owners = {each.start: each for each in base.values() if each.number is not None}
    for slot, unit in base.items():
        amount = next((each for other, each in row.items() if base[other] is owners.get(unit.owner)), None)
        own = next((each for each in found if amount and each.owner == amount.start), None)
        if unit.owner >= 0 and own:
            row[slot] = own
    return row


def _further(all_slots: list[Slot], assigned: Assigned, found: list[Found], text: str) -> list[Assigned]:
    """`Rome in May and Riga in June`: what is left over after the first value of a kind starts a new object."""
    used = {id(each) for each in assigned.values()}
    single = [slot for slot in all_slots if slot in assigned and not slot.many]
    if not single:
        return []
    anchor = min(single, key=lambda slot: assigned[slot].start)
    begin = assigned[anchor].end
    again = [
        each
        for each in found
        if id(each) not in used and _alike(each, assigned[anchor]) and _AND.search(text[begin : each.start])
    ]
    rows: list[Assigned] = []
    for index, start in enumerate(again):
        end = again[index + 1].start if index + 1 < len(again) else 1 << 30
        row = {**assigned, anchor: start}
        for slot in single:
            if slot is not anchor:
                own = (each for each in found if start.start < each.start < end and _alike(each, assigned[slot]))
                row[slot] = next((each for each in own if id(each) not in used), row[slot])
        rows.append(row)
    return rows


def _alike(one: Found, other: Found) -> bool:
    direct = {"from", "to"}
    same_way = one.role == other.role or not ({one.role, other.role} & direct)
    return family(one.kind) == family(other.kind) and same_way and one.owner < 0 and one.unit == other.unit


def _values(all_slots: list[Slot], row: Assigned, found: list[Found], sources: list[Source], root: Schema) -> Values:
    """Every value that the texts give, by its place in the schema."""
    first = sources[0]
    values: Values = {}
    for slot, each in row.items():
        every = series(row, found, slot) if slot.many else [each]
        fits = [value for one in every if (value := fitted(slot, one, root)) is not None]
        if slot.many and isinstance(slot.schema.get("enum"), list):
            fits += _of_enum(slot, first.text)
        if fits:
            values[slot.path] = list(dict.fromkeys(fits)) if slot.many else fits[0]
    used = list(row.values())
    for source in sources:
        left = [slot for slot in all_slots if slot.path not in values and (slot.needed or not source.old)]
        if source.sure:
            for slot, each in assign(left, find(source.text, source.taken), source.text, root, _SURE).items():
                value = fitted(slot, each, root)
                values[slot.path] = [value] if slot.many else value
        for slot in (slot for slot in left if slot.path not in values):
            value = _spoken(slot, source, used if source is first else [], root)
            if value is not None:
                values[slot.path] = value
    return values


def _spoken(slot: Slot, source: Source, used: list[Found], root: Schema) -> object:
    """A flag, a word of an enum, a list of objects or free text; None where the text has none of it."""
    if slot.types[0] == "boolean":
        return _flag(slot, source.text)
    if slot.types[0] == "object":
        return _items(slot, source, root)
    if isinstance(slot.schema.get("enum"), list):
        every = [each for each in _of_enum(slot, source.text) if valid(each, slot.schema, root)]
        return (every if slot.many else every[0]) if every else None
    value: object = None
    if slot.types[0] == "string" and not source.sure:
        value = phrases.free_text(slot, source.text, source.taken, used)
    if value is None or not valid(value, slot.schema, root):
        return None
    return [value] if slot.many else value


def _items(slot: Slot, source: Source, root: Schema) -> object:
    """The objects of a list, where the text gives at least one value of one."""
    inner = slots(slot.schema, root)
    if source.sure or source.inner or not assign(inner, find(source.text, source.taken), source.text, root):
        return None
    return objects(slot.schema, root, [replace(source, inner=True)])


def _flag(slot: Slot, text: str) -> bool | None:
    telling = [idea for idea in slot.name if idea not in _FLAGS]
    for word in words.words(text):
        if any(words.likeness(word.idea, idea) >= 1 for idea in telling):
            return not (_NOT.search(text[: word.start]) or _NOT_AFTER.match(text[word.end :]))
    return None


def _of_enum(slot: Slot, text: str) -> list[str]:
    """The values of an enum that the text names: by the value itself, else by words that mean the same."""
    lowered = text.casefold()
    spoken = set(words.ideas(text))
    options = [each for each in slot.schema["enum"][:MOST] if isinstance(each, str) and each]
    literal = [each for each in options if _stands(each.casefold().replace("_", " "), lowered) or _letter(each, text)]
    meant = [each for each in options if len(each) > 2 and (named := set(words.named(each))) and named <= spoken]
    return literal or meant or [each for each in options if names.every_form(each) & spoken]


def _letter(value: str, text: str) -> bool:
    """A size or a grade: `M` alone, not the `m` of `I'm`."""
    return len(value) == 1 and value not in "AI" and bool(re.search(rf"(?<![\w'.-]){re.escape(value)}(?![\w'-])", text))


def _stands(value: str, text: str) -> bool:
    if not value.isascii():
        return value in text
    return bool(re.search(rf"(?<![\w]){re.escape(value)}(?:e?s)?(?![\w])", text)) and len(value) > 1


def build(
    schema: object, root: Schema, values: Mapping[Path, object], path: Path = (), budget: Budget | None = None
) -> object:
    """A value for a schema from the values at hand; what is missing is filled, or left out where it may be."""
    budget = budget or Budget()
    if path in values and valid(values[path], schema, root):
        return values[path]
    if not budget.spend() or len(path) > _DEEP:
        return None if takes_null(schema, root) else placeholder(schema, root, budget=budget)
    below = any(place[: len(path)] == path for place in values)
    told = given(schema, root)
    if told is not MISSING and not below:
        return told
    if takes_null(schema, root) and path and not below:
        return None
    here = chosen(schema, root)
    made = _MADE.get(types(here)[0])
    return made(here, root, values, path, budget) if made else placeholder(schema, root)


def _object(here: Schema, root: Schema, values: Mapping[Path, object], path: Path, budget: Budget) -> dict[str, Any]:
    wanted = required(here)
    result: dict[str, Any] = {}
    for name, each in list(properties(here).items()):
        place = (*path, name)
        below = any(known[: len(place)] == place for known in values)
        if name in wanted or below or (len(path) < 3 and _worth_filling(each, root)):
            value = build(each, root, values, place, budget)
            if name in wanted or valid(value, each, root):
                result[name] = value
    rest = here.get("additionalProperties", True)
    for name in wanted:
        if name not in result and rest is not False:
            result[name] = placeholder(rest if isinstance(rest, Mapping) else {}, root)
    return result


def _worth_filling(schema: object, root: Schema, depth: int = 0) -> bool:
    """Whether an optional property says itself what it may be: a default, an enum, an example, at any depth."""
    if given(schema, root) is not MISSING:
        return True
    here = chosen(schema, root)
    if takes_null(schema, root) or types(here)[0] != "object" or depth > 3:
        return False
    return any(_worth_filling(each, root, depth + 1) for each in properties(here).values())


def _list(here: Schema, root: Schema, values: Mapping[Path, object], path: Path, budget: Budget) -> list[Any]:
    inside = [place for place in values if place[: len(path)] == path]
    known = values.get(path)
    items = [each for each in known if valid(each, here.get("items", True), root)] if isinstance(known, list) else []
    least, most = here.get("minItems", 1), here.get("maxItems")
    least = min(least, 100) if isinstance(least, int) else 1
    while len(items) < max(least, 1) and not inside[1:]:
        item = build(resolved(here.get("items"), root), root, {}, (*path, ""), budget)
        if here.get("uniqueItems") and item in items:
            item = placeholder(here.get("items"), root, len(items))
        items.append(item)
    return items[:most] if isinstance(most, int) else items


_MADE: dict[str, Callable[..., object]] = {"object": _object, "array": _list}
