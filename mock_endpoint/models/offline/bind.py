"""The values of a text into the parameters of a function: enum, then type, then label, then order."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise, product
from typing import Any

from mock_endpoint.models.offline import chunks, options
from mock_endpoint.models.offline.choose import alike
from mock_endpoint.models.offline.chunks import Chunk
from mock_endpoint.models.offline.entities import Entity, sql
from mock_endpoint.models.offline.numbers import beside, numbers, units
from mock_endpoint.models.offline.slots import Function, Slot
from mock_endpoint.models.offline.text import JAPANESE, ideas, listed, pattern, stem, stems, verb_stems, words
from mock_endpoint.models.offline.work import Bound, Values, Work

_ENOUGH, _MARGIN = 2.4, 0.25
"""How well a chunk must fit a parameter, and how much better than any other way."""


def bind(function: Function, text: str, context: Sequence[str] = (), known: Values | None = None) -> Bound:
    """The values that a clause gives beside those that are known, and what else the sentences around it give."""
    values = dict(known or {})
    texts = [text, *context]
    asked = re.match(r"how \w+ (?=is|are|was|were|does|do|did|can|will)", text, re.I)
    main, *around = [Work(part, function, values, number == 0, texts) for number, part in enumerate(texts)]
    main.take(0, asked.end() if asked and not asked[0].endswith("many ") else 0)
    _take(_SURE, main, *around)
    firm = len(values) - len(known or {})
    _take(_LIKELY, main, *around)
    for slot in function.slots:
        if slot.required and slot.path not in values and slot.schema.get("default") is not None:
            values[slot.path] = slot.schema["default"]
    texts_given = (value for value in values.values() if isinstance(value, str))
    named = any(JAPANESE.search(value) or (value[:1].isupper() and text.find(value) > 0) for value in texts_given)
    return Bound(function, values, tuple(texts), firm, named)


def _take(steps: Sequence[Any], *works: Work) -> None:
    for step in steps:
        for work in works:
            if work.open():
                step(work)


def _texts(work: Work) -> None:
    """A statement in SQL, and what follows the colon of `Save a note: …`."""
    for slot in work.open("code"):
        if found := sql(work.text):
            start = work.text.index(found)
            work.put(slot, found, start, start + len(found))
    heading = pattern("value", "heading").match(work.text) if work.main else None
    slots = [slot for slot in work.open("free") if slot.required]
    if (
        heading
        and len(slots) == 1
        and not any(each.kind == "email" and each.end < heading.end() for each in work.found)
    ):
        value = work.text[heading.end() :].strip()
        quoted = re.fullmatch(r"[\"「『](.*)[\"」』]", value)
        work.put(slots[0], quoted[1] if quoted else value, heading.end(), len(work.text))


def _people_and_places(work: Work) -> None:
    """Who speaks, where the function asks for a person; a street and its town as they stand on a letter."""
    told = pattern("value", "self").search(work.text)
    for slot in work.open("thing") if told and told.lastindex else []:
        if told and told.lastindex and set(slot.name.split()) & listed("", "people"):
            work.put(slot, told[told.lastindex], *told.span(told.lastindex))
    slots = {slot.path[-1]: slot for slot in work.open("thing", "free")}
    street = next((slot for name, slot in slots.items() if "street" in name), None)
    found = pattern("value", "address").search(work.text) if street and "city" in slots else None
    if found and street:
        work.put(street, found[1], *found.span(1))
        work.put(slots["city"], found[2], *found.span(2))


def _labelled(work: Work) -> None:
    """`subject: Lunch`, `the tags red and blue`, `市は横浜市`."""
    for slot in work.open("thing", "free", "list", "id", "phone", "postal", "moment", "code"):
        found = _after_label_japanese(work, slot) if work.japanese else _after_label(work, slot)
        if not found:
            continue
        value = work.text[found[0] : found[1]].strip(" 「」『』\"'")
        digits = slot.kind not in ("id", "phone", "postal") or re.search(r"\d", value)
        if value and digits and not (work.main and slot.kind == "thing" and ideas(value) <= slot.words):
            work.put(slot, items(value) if slot.kind == "list" else value, *found)


def _after_label(work: Work, slot: Slot) -> tuple[int, int] | None:
    whole = "end_of_text" if slot.kind in ("list", "free") else "end_of_value"
    for match in pattern("value", "label").finditer(work.text):
        named = stem(match[1]) in slot.names and (match[2].strip() or match[1].casefold() in listed("", "spelled"))
        if named and work.free(*match.span()) and work.text[match.end()] not in "\"'「『":
            stop = pattern("value", whole).search(work.text, match.end())
            typed = (
                each.start
                for each in work.found
                if each.kind in ("date", "moment", "time", "email") and each.start > match.end() and slot.kind != "free"
            )
            end = min([stop.start() if stop else len(work.text), *typed])
            end = match.end() + len(re.sub(r"\s+(?:on|at|for|from|by|to)?\s*$", "", work.text[match.end() : end]))
            if (end := work.until_used(match.end(), end)) > match.end():
                return match.end(), end
    return None


def _after_label_japanese(work: Work, slot: Slot) -> tuple[int, int] | None:
    form = pattern("value", "label_ja").pattern
    for label in sorted(filter(JAPANESE.match, slot.words), key=len, reverse=True):
        match = re.search(form.replace("{label}", re.escape(label)), work.text) if label in work.text else None
        if match and work.free(*match.span(1)):
            return match.span(1)
    return None


def _typed(work: Work) -> None:
    """What has the form that a parameter wants."""
    for kind in ("email", "postal", "phone"):
        for slot, each in zip(work.open(kind), work.left(kind), strict=False):
            work.put(slot, each.value, each.start, each.end)
    for slot in work.open("thing", "list"):
        named = work.left("file") if set(slot.name.split()) & listed("", "files") else []
        for each in named if slot.kind == "list" else named[:1]:
            before = work.values.get(slot.path, [])
            work.put(slot, [*before, each.value] if slot.kind == "list" else each.value, each.start, each.end)
    slots = work.open("id")
    for slot in slots:
        alone = len(slots) == 1
        near = [each for each in work.left("id", "phone", "number", "postal") if _fits_id(work, slot, each, alone)]
        if near:
            best = max(near, key=lambda each: (_is_labelled(slot, each), each.kind != "number"))
            work.put(slot, work.text[best.start : best.end], best.start, best.end)
        elif re.search(r"symbol|ticker", slot.about, re.I):
            symbols = (match for match in pattern("entity", "symbol").finditer(work.text) if work.free(*match.span()))
            for match in symbols:
                work.put(slot, match[0], *match.span())
                break


def _is_labelled(slot: Slot, entity: Entity) -> bool:
    before = re.split(r"[、。,.]", entity.before)[-1]
    own = slot.words - {"name", "number", "id"}
    return bool(ideas(before) & own) or any(word in before for word in own if JAPANESE.match(word))


def _fits_id(work: Work, slot: Slot, entity: Entity, alone: bool) -> bool:
    if entity.kind != "number":
        return alone or _is_labelled(slot, entity)
    digits = work.text[entity.start : entity.end]
    plain = alone and slot.required and len(digits) > 2 and not entity.counted
    return digits.isdigit() and (_is_labelled(slot, entity) or plain)


def _moments(work: Work) -> None:
    """Dates and times: as the schema writes them, or in the user's own words."""
    for slot in work.open("moment"):
        if found := work.left("date", "moment", "time"):
            last = found[0]
            for each in found[1:]:
                if re.fullmatch(r"[\s,]*(?:at|on|の|、)?\s*", work.text[last.end : each.start]):
                    last = each
            work.put(slot, work.text[found[0].start : last.end].strip(" .,"), found[0].start, last.end)
    for slot in work.open("date"):
        for each in work.left("date", *(() if slot.exact else ("moment",)))[:1]:
            work.put(slot, each.value, each.start, each.end)
    for slot in work.open("month"):
        for each in work.left("number"):
            told = work.text[each.start : each.end] + "月" * work.text.startswith("月", each.end)
            if "month" in each.counted and not told.isdigit():
                work.put(slot, told, each.start, each.end)
                break
    slots, times = work.open("time"), work.left("time")
    for slot in slots[: len(times)]:
        each = next((each for each in times if slot.role and slot.role == beside(work, each)), times[0])
        times.remove(each)
        digits = slot.exact or len(slots) > 1 or JAPANESE.search(each.before) or re.fullmatch(r"[\d:]+", each.before)
        work.put(slot, each.value if digits else each.before, each.start, each.end)


def _quoted(work: Work) -> None:
    for each in work.left("quoted", "code"):
        slots = work.open("free", "thing", "list")
        slots.sort(key=lambda slot: (not stems(each.before) & slot.names, not slot.required, slot.kind != "free"))
        if slots:
            work.put(slots[0], [each.value] if slots[0].kind == "list" else each.value, each.start, each.end)


def _led_by(slot: Slot, chunk: Chunk, work: Work) -> float:
    names, about = set(slot.name.split()), set(re.findall(r"\w+", slot.about.casefold()))
    score = 0.0
    for lead, known in words()["leads"]:
        kinds = set(known.split())
        if lead in chunk.leads and (kinds & names or any(kind in slot.about for kind in kinds if JAPANESE.match(kind))):
            place, capital = chunk.leads.index(lead), chunk.text[:1].isupper()
            score = max(score, 3 - 0.3 * place - 0.5 * (lead in ("for", "on")) + 0.4 * capital)
        elif lead in chunk.leads and kinds & about and slot.required:
            score = max(score, 1.5)
    own, inside = stems(slot.name) - {"name", "id", "text"}, stems(chunk.text)
    if own & inside and inside - work.function.stems - own:
        score += 2
    last = chunk.text.split("の")[-1]
    labels = (word for word in slot.names if JAPANESE.match(word))
    return 1.6 if not score and any(word in last and last != word for word in labels) else score


def _led(work: Work) -> None:
    """By the small word before a value or the particle after it, or by a word of its own."""
    _assign(work, list(_fits(work, chunks.of(work))), 0, 1.5)


def _free(work: Work) -> None:
    """The text that a command is about, for a required parameter that takes any."""
    slots = [slot for slot in work.open("free", "thing", "list") if slot.required]
    span = (
        chunks.free_text(work)
        if work.main and not work.japanese and len(slots) == 1 and slots[0].kind == "free"
        else None
    )
    if span and (value := chunks.value(work, slots[0], *span)):
        work.put(slots[0], value, *span)


def _rest(work: Work) -> None:
    """What is left over to the parameters it fits best; where two fit one alike, that is asked."""
    found = chunks.left_over(work)
    slots = [slot for slot in work.open("thing") if slot.required]
    parts = items(found[0].text) if len(found) == 1 and len(slots) == 2 else []
    if len(parts) == 2:
        for slot, part in zip(slots, parts, strict=True):
            work.put(slot, part, found[0].start, found[0].end)
    _assign(work, list(_fits(work, found)), _ENOUGH, 0)


@dataclass(frozen=True)
class _Fit:
    """A chunk for a parameter, and how well they fit."""

    score: float
    lead: float
    slot: Slot
    start: int
    end: int
    value: str


def _assign(work: Work, fits: Sequence[_Fit], least: float, lead: float) -> None:
    """The chunks to the parameters so that all fit best together; a parameter is left open where two fit it alike."""
    good = sorted((fit for fit in fits if fit.score >= least), key=lambda fit: -fit.score)
    slots = list(dict.fromkeys(fit.slot.path for fit in good))[:5]
    choices = [(None, *[fit for fit in good if fit.slot.path == path][:4]) for path in slots]
    ways = [way for each in product(*choices) if _apart(way := [fit for fit in each if fit])]
    totals = [sum(fit.score - least for fit in way) for way in ways]
    for fit in max(zip(totals, ways, strict=True), key=lambda each: each[0])[1]:
        others = [
            total
            for total, way in zip(totals, ways, strict=True)
            if any(other.slot is fit.slot and other.start != fit.start for other in way)
        ]
        if fit.lead >= lead and max(totals) - max(others, default=-9) >= _MARGIN:
            work.put(fit.slot, items(fit.value) if fit.slot.kind == "list" else fit.value, fit.start, fit.end)


def _apart(way: Sequence[_Fit]) -> bool:
    """Whether no character serves two parameters."""
    spans = sorted((fit.start, fit.end) for fit in way)
    return all(one[1] <= two[0] for one, two in pairwise(spans))


def _fits(work: Work, found: Sequence[Chunk]) -> Iterator[_Fit]:
    """How well each chunk fits each parameter: by what leads to it, and by what both mean."""
    slots = work.open("thing", "free", "list")[:8]
    needed = [slot for slot in slots if slot.required]
    for slot in slots:
        for chunk in found[:12]:
            lead = _led_by(slot, chunk, work)
            lead *= work.main or work.japanese or slot.kind == "list" or chunk.text[0].isupper()
            end = (
                chunks.to_the_end(work, chunk.start)
                if slot.kind == "free" and lead >= 1.5 and not work.japanese
                else chunk.end
            )
            if not (value := chunks.value(work, slot, chunk.start, end)):
                continue
            if work.japanese and alike(value, slot.name) > 0.85:  # its label
                continue
            alone = needed == [slot]
            others = [other.about for other in slots if other is not slot]
            others += [work.function.title] if len(found) > 1 or work.japanese else []
            near = alike(value, slot.about) - max((alike(value, other) for other in others), default=0)
            name = value.isascii() if work.japanese else pattern("value", "name").match(value)
            verb = not name and value.endswith(("s", "ed", "ing")) and stem(value) in verb_stems()
            score = (
                lead
                + 3 * near
                + 0.4 * slot.required
                + 0.4 * work.main
                + 1.0 * alone
                + 0.5 * (alone and len(found) == 1)
            )
            score += (
                0.6 * bool(name) - 1.5 * verb + 0.3 * (not chunk.leads) + 0.5 * work.japanese + 1.2 * chunk.modifies
            )
            yield _Fit(score, lead, slot, chunk.start, end, value)


def items(text: str) -> list[str]:
    """The items of an enumeration."""
    parts = (part.strip(' .。「」"') for part in pattern("value", "items").split(text))
    return [clean for part in parts if (clean := re.sub(r"^(?:the|a|an|some)\s+", "", part))]


_SURE = (
    _texts,
    options.switches,
    options.choices,
    _people_and_places,
    _labelled,
    _typed,
    _moments,
    numbers,
    _quoted,
)
_LIKELY = (units, _led, _free, _rest)
"""First what a value's own form or label tells, in the clause and around it; then its place in the sentence."""
