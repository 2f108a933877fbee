"""The values of a text into the parameters of a function: enum, then type, then label, then order."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from mock_endpoint.models.offline import chunks, options
from mock_endpoint.models.offline.chunks import Chunk
from mock_endpoint.models.offline.entities import Entity, entities, sql, unit_ideas
from mock_endpoint.models.offline.slots import Function, Slot
from mock_endpoint.models.offline.text import JAPANESE, ideas, listed, stems, words

_WORDY = ("thing", "free", "list", "id", "moment")
_SPELLED = {
    "subject",
    "title",
    "titled",
    "called",
    "named",
    "tag",
    "tags",
    "label",
    "labelled",
    "reason",
    "message",
    "note",
    "memo",
    "body",
    "text",
    "keyword",
    "say",
    "says",
    "saying",
}
"""Labels that a value follows without any sign between them."""


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

    @property
    def lacks(self) -> list[Slot]:
        """The required parameters that nobody gave a value for."""
        return [slot for slot in self.function.slots if slot.required and slot.path not in self.values]

    @property
    def arguments(self) -> dict[str, Any]:
        """The values as the function's arguments, in the order of its parameters."""
        arguments: dict[str, Any] = {}
        for slot in self.function.slots:
            if slot.path in self.values:
                inner = arguments
                for name in slot.path[:-1]:
                    inner = inner.setdefault(name, {})
                inner[slot.path[-1]] = self.values[slot.path]
        return arguments


@dataclass
class Work:
    """A text, and which of its characters have become a value; no character serves two."""

    text: str
    function: Function
    values: dict[tuple[str, ...], Any]
    main: bool
    texts: list[str]
    """This text and the others of the message."""
    used: bytearray = field(init=False)
    found: list[Entity] = field(init=False)

    def __post_init__(self) -> None:
        self.used = bytearray(len(self.text))
        self.found = entities(self.text)

    def open(self, *kinds: str) -> list[Slot]:
        """The parameters of these kinds that have no value yet."""
        return [
            slot for slot in self.function.slots if slot.path not in self.values and (not kinds or slot.kind in kinds)
        ]

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


def bind(function: Function, text: str, context: Sequence[str] = (), known: Values | None = None) -> Bound:
    """The values that a clause gives beside those that are known, and what else the sentences around it give."""
    values = dict(known or {})
    texts = [text, *context]
    works = [Work(part, function, values, number == 0, texts) for number, part in enumerate(texts)]
    firm = 0
    for number, steps in enumerate((_SURE, _SURE, _LIKELY, _LIKELY)):
        firm = len(values) - len(known or {}) if number == 2 else firm
        for work in works[:1] if number % 2 == 0 else works[1:]:
            for step in steps:
                if work.open():
                    step(work)
    named = [
        value for value in values.values() if isinstance(value, str) and value[:1].isupper() and text.find(value) > 0
    ]
    return Bound(function, values, tuple(texts), firm + bool(named))


def _address(work: Work) -> None:
    """Street, town and postcode as they are written on a letter."""
    slots = {slot.path[-1]: slot for slot in work.open("thing", "postal", "id", "free")}
    street = next((slot for name, slot in slots.items() if "street" in name), None)
    city = next((slot for name, slot in slots.items() if name == "city"), None)
    found = re.search(
        r"(\d+\w* [A-Z][\w'. ]+|[A-Z][\w'. ]+ \d+\w*), ([A-Z][\w'. -]*?)(?:,? (?=[A-Z]{0,2}\d)|[,.]|$)", work.text
    )
    if street and city and found:
        work.put(street, found[1], *found.span(1))
        work.put(city, found[2], *found.span(2))


def _statement(work: Work) -> None:
    for slot in work.open("code"):
        if found := sql(work.text):
            start = work.text.index(found)
            work.put(slot, found, start, start + len(found))
    heading = re.match(r"([^:：\n\"「]{3,40}):\s*(?=\S)", work.text)
    texts = [slot for slot in work.open("free") if slot.required]
    if (
        heading
        and len(texts) == 1
        and work.main
        and not any(each.end < heading.end() and each.kind == "email" for each in work.found)
    ):
        value = work.text[heading.end() :].strip()
        quoted = re.fullmatch(r"[\"「『](.*)[\"」』]", value)
        work.put(texts[0], quoted[1] if quoted else value, heading.end(), len(work.text))


def _typed(work: Work) -> None:
    """What has the form that a parameter wants."""
    for kind in ("email", "url", "postal", "phone"):
        for slot in work.open(kind):
            if found := work.left(kind):
                work.put(slot, found[0].value, found[0].start, found[0].end)
    _moments(work)
    slots = work.open("id")
    for slot in slots:
        near = [
            each
            for each in work.left("id", "phone", "number", "postal")
            if _fits_id(work, slot, each, alone=len(slots) == 1)
        ]
        if near:
            best = max(near, key=lambda each: (_labelled_by(slot, each), each.kind != "number"))
            work.put(slot, work.text[best.start : best.end], best.start, best.end)
    for slot in slots:
        symbols = [
            match for match in re.finditer(r"(?<![\w.])[A-Z]{2,5}(?![\w])", work.text) if work.free(*match.span())
        ]
        if slot.path not in work.values and symbols and re.search(r"symbol|ticker", slot.about, re.I):
            work.put(slot, symbols[0][0], *symbols[0].span())


def _labelled_by(slot: Slot, entity: Entity) -> bool:
    before = re.split(r"[、。,.]", entity.before)[-1]
    return bool(ideas(before) & (slot.words - {"name", "number", "id"})) or any(
        word in before for word in slot.words if JAPANESE.match(word)
    )


def _fits_id(work: Work, slot: Slot, entity: Entity, *, alone: bool) -> bool:
    if entity.kind != "number":
        return alone or _labelled_by(slot, entity)
    digits = work.text[entity.start : entity.end]
    return digits.isdigit() and (
        _labelled_by(slot, entity) or (alone and slot.required and len(digits) > 2 and not unit_ideas(entity.unit))
    )


def _moments(work: Work) -> None:
    for slot in work.open("moment"):
        if found := work.left("date", "moment", "time"):
            last = found[0]
            for each in found[1:]:
                if re.fullmatch(r"[\s,]*(?:at|on|の|、)?\s*", work.text[last.end : each.start]):
                    last = each
            work.put(slot, work.text[found[0].start : last.end].strip(" .,"), found[0].start, last.end)
    for slot in work.open("date"):
        found = work.left("date", *(() if slot.exact else ("moment",)))
        if found:
            work.put(slot, found[0].value, found[0].start, found[0].end)
    slots, times = work.open("time"), work.left("time")
    for slot in slots:
        if not times:
            break
        wanted = [each for each in times if _role(slot) and _role(slot) == _before(work, each)] or times
        each = wanted[0]
        times.remove(each)
        exact = (
            re.search(r"hh:mm|24", slot.about, re.I)
            or "format" in slot.schema
            or len(slots) > 1
            or JAPANESE.search(each.before)
        )
        work.put(
            slot, each.value if exact or re.fullmatch(r"[\d:]+", each.before) else each.before, each.start, each.end
        )


_ROLES = {
    "from": "from origin source departure start old begin min minimum lower 出発",
    "to": "to into destination target arrival end new max maximum upper 到着",
}


def _role(slot: Slot) -> str:
    names = set(slot.name.split())
    return next((role for role, known in _ROLES.items() if names & set(known.split())), "")


def _before(work: Work, entity: Entity) -> str:
    """`from` or `to`, as the word beside an entity says."""
    if re.match(r"\w{0,3}?(から|より)", work.text[entity.end :]):
        return "from"
    if re.match(r"\w{0,3}?(まで|へ|に)", work.text[entity.end :]):
        return "to"
    found = re.search(r"\b(from|to|until|till|and)\s+\S{0,2}$", work.text[: entity.start])
    return {"from": "from"}.get(found[1], "to") if found else ""


def _labelled(work: Work) -> None:
    """`subject: Lunch`, `the tags red and blue`, `市は横浜市`."""
    _people(work)
    for slot in work.open("thing", "free", "list", "id", "phone", "postal", "moment", "code"):
        japanese = bool(JAPANESE.search(work.text))
        labels = {word for word in slot.words if bool(JAPANESE.search(word)) == japanese} if japanese else _labels(slot)
        found = _after_label_japanese(work, labels) if japanese else _after_label(work, slot, labels)
        if found:
            start, end = found
            value: Any = work.text[start:end].strip(" 「」『』\"'")
            if slot.kind == "list":
                value = _items(value)
            if slot.kind in ("id", "phone", "postal") and not re.search(r"\d", str(value)):
                continue
            if value and not (work.main and slot.kind == "thing" and ideas(str(value)) <= slot.words):
                work.put(slot, value, start, end)


_SELF = re.compile(
    r"\b(?:I'm|I am|[Nn]ame(?:'s| is)|[Tt]his is)\s+([A-Z][\w'-]+(?: [A-Z][\w'-]+)*)|([^\s、。はが]{1,12}?)(?:と申します|といいます)"
)


def _people(work: Work) -> None:
    """Who speaks, where the function asks for a person."""
    found = _SELF.search(work.text)
    for slot in work.open("thing") if found else []:
        if found and set(slot.name.split()) & {
            "employee",
            "customer",
            "person",
            "patient",
            "passenger",
            "member",
            "user",
            "applicant",
            "caller",
            "student",
        }:
            group = 1 if found[1] else 2
            work.put(slot, found[group], *found.span(group))


def _labels(slot: Slot) -> set[str]:
    line = {slot.name.split()[-1], *slot.name.split()[:1]}
    alike = {word for entry in words()["ideas"] for word in entry.split() if line & set(entry.split()[:6])}
    return {word for word in line | alike if word.isascii() and len(word) > 2}


def _after_label(work: Work, slot: Slot, labels: set[str]) -> tuple[int, int] | None:
    for match in re.finditer(
        r"\b([A-Za-z-]+)\b(\s*[:=]\s*|\s+(?:is|are|should be|will be|it's)\s+|\s+(?:in\b|for\b)?\s*)(?=\S)", work.text
    ):
        label, sign = match[1].casefold(), match[2].strip()
        if label not in labels or not work.free(match.start(), match.end()):
            continue
        listed_so = re.search(r"(?:[,:;]|\bwith|^)\s*$", work.text[: match.start()]) and re.match(
            r"[A-Z\d]", work.text[match.end() :]
        )
        if label == "say" and not re.search(r"(?:and|,|to|that)\s*$", work.text[: match.start()]):
            continue
        if re.match(r"[\"'「『]", work.text[match.end() :]):
            continue
        if not sign and label not in _SPELLED and not (listed_so and len(slot.path) > 1):
            continue
        if sign in ("is", "are") and (not work.main and False):
            continue
        if sign in ("in", "for") and label not in ("interested",):
            continue
        end = _end_of_value(work, match.end(), slot)
        if end > match.end():
            return match.end(), end
    return None


def _end_of_value(work: Work, start: int, slot: Slot) -> int:
    rest = work.text[start:]
    stop = re.search(r"[;!?]|\.(?:\s|$)|\n" if slot.kind in ("list", "free") else r"[,;!?]|\.(?:\s|$)|\n", rest)
    end = start + (stop.start() if stop else len(rest))
    cut = re.search(
        r",? and (?:say|the (?:text|body|message|subject|title))\b|,? and (?:body|text|message|subject|title|tell)\b|,? (?:with|and) the \w+ |, (?=\w+ (?:is|:))",
        work.text[start:end],
    )
    end = start + cut.start() if cut else end
    if slot.kind != "free":
        times = [
            each.start
            for each in work.found
            if each.kind in ("date", "moment", "time", "email") and start < each.start < end
        ]
        end = (
            start + len(re.sub(r"\s+(?:on|at|for|from|by|to)?\s*$", "", work.text[start : min(times)]))
            if times
            else end
        )
    return next((place for place in range(start, end) if work.used[place]), end)


def _after_label_japanese(work: Work, labels: Iterable[str]) -> tuple[int, int] | None:
    for label in sorted(labels, key=len, reverse=True):
        match = re.search(
            rf"(?:^|[、。,\s]|の){re.escape(label)}(?:がある(?:の|もの)|な(?:の|もの))?(?:は|:|=)\s*([^、。,??\s]+?)(?=[、。,\s]|です|でお願い|で$|$)",
            work.text,
        )
        if match and work.free(*match.span(1)) and not re.match(r"何|どこ|いくら|いつ|誰", match[1]):
            return match.span(1)
    return None


def _numbers(work: Work) -> None:
    """By the unit or label beside a number, else by order where as many are left as are wanted."""
    slots, numbers = work.open("number"), work.left("number")
    pairs = [(score, slot, each) for slot in slots for each in numbers if (score := _number_fits(work, slot, each)) > 0]
    for _, slot, each in sorted(pairs, key=lambda pair: -pair[0]):
        if slot.path not in work.values and work.free(each.start, each.end):
            _put_number(work, slot, each)
    slots = [slot for slot in work.open("number") if slot.required]
    numbers = [each for each in work.left("number") if all(_number_fits(work, slot, each) >= 0 for slot in slots)]
    if slots and 0 < len(numbers) <= len(slots) and len({_role(slot) for slot in slots}) <= 2:
        if len(numbers) == 2 and _turned(work, numbers):
            numbers.reverse()
        if [set(slot.name.split()) & {"min", "max", "lower", "upper"} for slot in slots].count(set()) == 0:
            numbers.sort(key=lambda each: float(each.value))
        for slot, each in zip(slots, numbers, strict=False):
            _put_number(work, slot, each)


def _turned(work: Work, numbers: list[Entity]) -> bool:
    """Whether the second number comes first in the operation: `subtract 3 from 10`, `8で72を割る`."""
    between = work.text[numbers[0].end : numbers[1].start]
    return bool(re.search(r"で\s*$", between) and "を" in work.text[numbers[1].end :][:2]) or (
        bool(re.search(r"\bsubtract|\btake|\bdivide\b", work.text[: numbers[0].start], re.I))
        and bool(re.search(r"\b(?:from|into)\b", between))
    )


def _put_number(work: Work, slot: Slot, each: Entity) -> None:
    value = each.value
    low, high = slot.schema.get("minimum"), slot.schema.get("maximum")
    whole = slot.schema.get("type") != "integer" or isinstance(value, int)
    if (
        whole
        and not (isinstance(low, int | float) and value < low)
        and not (isinstance(high, int | float) and value > high)
    ):  # type: ignore[operator]
        work.put(slot, value, each.start, each.end)
        unit = re.match(r"[-\s]?[A-Za-z]+", work.text[each.end :])
        if unit and each.unit and unit_ideas(each.unit) & slot.words:
            work.take(each.end, each.end + unit.end())


def _number_fits(work: Work, slot: Slot, each: Entity) -> float:
    """How well a number's surroundings name a parameter; below 0 where they name something else."""
    if each.before.rstrip().endswith(("#", "No.")) or re.match(r"[番号階組丁]", each.unit):
        return -1
    unit = each.unit.split()[0] if each.unit else ""
    counted = unit_ideas(each.unit)
    before = re.split(r"[、。,.;と]|\band\b", each.before)[-1]
    score = 0.0
    if counted & slot.names or stem_in(unit, slot.names):
        score += 3
    elif counted & slot.words:
        score += 2.5
    elif counted and not _units_elsewhere(work, each):
        score -= 1
    if ideas(before) & (slot.names - {"number", "value"}) or any(
        word in before for word in slot.words if JAPANESE.match(word) and len(word) > 1
    ):
        score += 1.5
    roles = {_before(work, other) for other in work.found if other.kind == "number"}
    if _role(slot) and _role(slot) == _before(work, each) and {"from", "to"} <= roles:
        score += 1.2
    return score


def stem_in(word: str, names: frozenset[str]) -> bool:
    """Whether a word's stem is among names."""
    return bool(word) and bool(stems(word) & names)


def _units_elsewhere(work: Work, each: Entity) -> bool:
    """Whether another parameter takes the number's unit, as `minutes` in an enum."""
    unit = unit_ideas(each.unit)
    return any(unit & ideas(str(option)) for slot in work.function.slots for option in slot.options) or any(
        slot.kind == "thing" and re.search(r"unit|currency", slot.name) for slot in work.function.slots
    )


def _quoted(work: Work) -> None:
    for each in work.left("quoted", "code"):
        slots = [slot for slot in work.open("free", "thing", "list")]
        slots.sort(key=lambda slot: (not (stems(each.before) & slot.names), not slot.required, slot.kind != "free"))
        if slots:
            value = str(each.value)
            work.put(slots[0], [value] if slots[0].kind == "list" else value, each.start, each.end)


def _led(work: Work) -> None:
    """By the small word before a value or the particle after it, or by a word of its own."""
    japanese = bool(JAPANESE.search(work.text))
    _units(work)
    found = chunks.of(work)
    pairs = []
    for slot in work.open(*_WORDY):
        for chunk in found:
            if (
                slot.kind == "id"
                or re.search(r"unit|currency", slot.name)
                or (slot.kind == "moment" and not slot.required)
            ):
                continue
            score = _led_by(slot, chunk, work, japanese=japanese)
            if score >= 1.5 and (work.main or japanese or chunk.text[:1].isupper() or slot.kind == "list"):
                pairs.append((score, slot, chunk))
    for _, slot, chunk in sorted(pairs, key=lambda pair: -pair[0]):
        if slot.path not in work.values and work.free(chunk.start, chunk.end):
            _put_chunk(work, slot, chunk, found)


def _led_by(slot: Slot, chunk: Chunk, work: Work, *, japanese: bool) -> float:
    names, about = set(slot.name.split()), set(re.findall(r"\w+", slot.about.casefold()))
    score = 0.0
    for lead, *known in words()["leads"]:
        kinds = set(" ".join(known).split())
        if lead in chunk.leads and (kinds & names or any(kind in slot.about for kind in kinds if JAPANESE.match(kind))):
            score = max(
                score, 3.0 - 0.3 * chunk.leads.index(lead) - 0.5 * (lead == "for") + 0.4 * chunk.text[:1].isupper()
            )
        elif lead in chunk.leads and kinds & about and slot.required:
            score = max(score, 1.5)
    own = {word for word in stems(slot.name) if word not in ("name", "id", "text")}
    inside = stems(chunk.text)
    if own & inside and inside - work.function.stems - own:
        score += 2
    if japanese and not score:
        parts = chunk.text.split("の")
        if any(word in parts[-1] and parts[-1] != word for word in slot.names if JAPANESE.match(word)):
            score += 1.6
    return score


def _units(work: Work) -> None:
    """The unit of the amount, and the unit that it is wanted in."""
    slots = [slot for slot in work.open("thing") if re.search(r"unit|currency", slot.name)]
    numbers = [each for each in work.found if each.kind == "number" and each.unit]
    for slot in slots:
        role = _role(slot)
        if role != "to" and numbers:
            unit = re.match(r"[-\s]?([A-Za-z]+|[ァ-ヶー]+|円)", work.text[numbers[0].end :])
            if unit and unit[1].casefold() not in listed("en", "small"):
                word = re.split(r"(?<=[ァ-ヶー円])[はをの]", unit[1])[0]
                start = numbers[0].end + unit.start(1)
                work.put(slot, word, start, start + len(word))
        elif role == "to":
            match = re.search(
                r"\b(?:how many|how much in|to|into|in) ([a-z]+)\b(?! \d)|何([ァ-ヶー円]+|キロ|[a-z]+)|([ァ-ヶー円]+)(?:に|へ|で)",
                work.text,
                re.I,
            )
            if match and work.free(*match.span()):
                group = next(number for number in (1, 2, 3) if match[number])
                work.put(slot, match[group], *match.span(group))


def _put_chunk(work: Work, slot: Slot, chunk: Chunk, found: list[Chunk]) -> None:
    end = chunk.end
    if slot.kind == "free" and not JAPANESE.search(work.text):
        end = chunks.to_the_end(work, chunk)
    value = chunks.value(work, slot, chunk.start, end)
    if not value:
        return
    work.put(slot, _items(value) if slot.kind == "list" else value, chunk.start, end)
    work.take(chunk.lead_start, chunk.start)


def _rest(work: Work) -> None:
    """What is left over belongs to the required parameters, in their order."""
    optional = [slot for slot in work.open("thing") if not slot.required]
    for slot in work.open("free", "thing", "list", "moment"):
        if [slot] == optional and not [each for each in work.open() if each.required]:
            _modifier(work, slot)
        if not work.main and slot.kind == "free":
            continue
        if not slot.required or (slot.kind == "moment" and not JAPANESE.search(work.text)):
            continue
        if slot.kind == "free" and work.main and (span := chunks.free_text(work)):
            value = chunks.value(work, slot, *span)
            if value:
                work.put(slot, value, *span)
                continue
        if slot.kind == "moment":
            continue
        for chunk, end in chunks.left_over(work, slot):
            value = chunks.value(work, slot, chunk.start, end)
            if value and re.fullmatch(r"[\W\dA-Z_-]+", value) and set(slot.name.split()) & _NAMED:
                continue
            if not value or not (work.main or value[:1].isupper() or JAPANESE.search(value)):
                continue
            parts = _items(value)
            if slot.kind == "list":
                work.put(slot, parts, chunk.start, end)
            elif len(parts) == 2 and (pair := [each for each in work.open("thing") if each.required])[1:]:
                work.put(pair[0], parts[0], chunk.start, end)
                work.put(pair[1], parts[1], chunk.start, end)
            else:
                work.put(slot, value, chunk.start, end)
            break


_NAMED = {"name", "city", "country", "street", "person", "student", "recipient", "employee", "title", "company"}
"""Parameters that never take a code."""


def _modifier(work: Work, slot: Slot) -> None:
    """`physics` in `the physics grades`: it stands before a word of the function, so it is the only parameter left."""
    found = chunks.of(work)
    for chunk in found:
        value = chunks.value(work, slot, chunk.start, chunk.end)
        after_word = len(found) == 1 and chunk.leads in (("in",), ("of",), ("for",))
        if value and (chunk.modifies or after_word) and work.main and len(slot.path) == 1:
            work.put(slot, value, chunk.start, chunk.end)
            return


def _items(text: str) -> list[str]:
    """The items of an enumeration."""
    parts = re.split(r"\s*,\s*(?:and\s+|or\s+)?|\s+and\s+|\s*&\s*|(?<=[^\s])(?:と|や|、|および)(?=[^\s])", text)
    return [clean for part in parts if (clean := re.sub(r"^(?:the|a|an|some)\s+", "", part.strip(' .。「」"')))]


def is_small(word: str) -> bool:
    """Whether a word says nothing by itself."""
    return word.casefold() in listed("en", "small")


_SURE = (_statement, options.switches, options.choices, _address, _labelled, _typed, _numbers, _quoted)
_LIKELY = (_led, _rest)
"""First what a value's own form or label tells, in the clause and around it; then its place in the sentence."""
