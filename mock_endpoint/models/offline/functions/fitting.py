"""A value found in a text, written as a schema wants it."""

import re
from collections.abc import Iterator

from mock_endpoint.models.offline.functions import names, words
from mock_endpoint.models.offline.functions.schema import Schema, valid
from mock_endpoint.models.offline.functions.slots import Slot
from mock_endpoint.models.offline.functions.values import Found

_YEAR = 2026
"""The year of a date without one: this model has no clock."""
_CODE_WANTED = re.compile(
    r"\bcode\b|\biso\b|\b3[- ]letter|\bthree-letter|\b2[- ]letter|\btwo-letter|\babbreviat|コード", re.IGNORECASE
)
_ENGLISH_WANTED = re.compile(
    r"\benglish\b|\bromaji\b|\blatin (?:letters|script)|\bascii\b|英語|英字|ローマ字", re.IGNORECASE
)
_CLOCK_WANTED = re.compile(r"\bhh:mm|24[- ]?h", re.IGNORECASE)
_DATE_WANTED = re.compile(r"\byyyy-mm-dd\b|iso ?8601", re.IGNORECASE)
_TIME_UNITS = {
    words.idea_of(name): seconds
    for name, seconds in (("second", 1), ("minute", 60), ("hour", 3600), ("day", 86_400), ("week", 604_800))
}


def fitted(slot: Slot, found: Found, root: Schema) -> object:
    """The value for the slot; None where the one found does not fit its schema."""
    for value in _written(slot, found):
        if valid(value, slot.schema, root):
            return value
    return None


def _written(slot: Slot, found: Found) -> Iterator[object]:
    """The ways to write the value, the likeliest first."""
    if isinstance(slot.schema.get("enum"), list):
        yield from _of_enum(slot, found)
        return
    for kind in slot.types:
        if kind in ("integer", "number"):
            yield from _numbers(slot, found, whole=kind == "integer")
        elif kind == "string":
            yield from _texts(slot, found)


def _of_enum(slot: Slot, found: Found) -> Iterator[object]:
    forms = frozenset(form.casefold() for form in found.forms) | {found.text.casefold()}
    ideas = [] if found.forms else words.ideas(found.text)
    for value in slot.schema["enum"]:
        if isinstance(value, str):
            own = names.every_form(value)
            month = str(found.parts.get("month", "")) if "month" in found.parts else None
            named = words.ideas(value)
            if own & forms or (month and month in own) or (named and named == ideas):
                yield value
        elif value in (found.number, found.parts.get("month") if found.kind in ("month", "date") else None):
            yield value
    for value in slot.schema["enum"]:
        if (
            isinstance(value, str)
            and (len(value) > 1 or found.forms)
            and any(len(form) > 2 and form.startswith(value.casefold()) for form in forms)
        ):
            yield value


def _numbers(slot: Slot, found: Found, *, whole: bool) -> Iterator[int | float]:
    for part in ("year", "month", "day", "hour", "minute"):
        if part in found.parts and (part in slot.parts or (part == "month" and slot.kind == "month")):
            yield found.parts[part]
    if found.kind == "time" and slot.kind == "time":
        yield found.parts["hour"]
    if found.kind == "code" and found.text.isdigit() and slot.kind == "code":
        yield int(found.text[:15])
    if found.number is None:
        return
    number = found.number
    wanted = next((seconds for idea, seconds in _TIME_UNITS.items() if idea in slot.name), None)
    given = _TIME_UNITS.get(found.unit)
    if wanted and given and wanted != given:
        number = number * given / wanted
    yield int(number) if float(number).is_integer() else number
    if whole:
        yield round(number)


def _texts(slot: Slot, found: Found) -> Iterator[str]:
    said = f"{' '.join(slot.parts)} {str(slot.schema.get('description', ''))[:300]}"
    if found.kind in ("date", "month") and "month" in found.parts:
        yield from _dates(slot, found, said)
    if found.kind == "time":
        clock = f"{found.parts['hour']:02}:{found.parts['minute']:02}"
        if _CLOCK_WANTED.search(said) or "pattern" in slot.schema:
            yield clock
        if slot.schema.get("format") == "time":
            yield f"{clock}:00Z"
    short = found.forms[0] if found.forms else ""
    if short and (found.kind == "currency" or _CODE_WANTED.search(said) or _short_only(slot)):
        yield short
        yield short.lower()
    if found.kind == "number":
        number = found.number if found.number is not None else 0
        digits = str(int(number) if float(number).is_integer() else number)
        if not found.unit or slot.kind == "code":
            yield digits
    text = found.text
    if not text.isascii() and _ENGLISH_WANTED.search(said):
        yield from (form for form in found.forms if form.isascii() and len(form) > 3)
    yield from (text, text.lower(), text.upper(), text.title(), *(form for form in found.forms if form))
    yield re.sub(r"\D", "", text) or text


def _short_only(slot: Slot) -> bool:
    most = slot.schema.get("maxLength")
    return isinstance(most, int) and most <= 3


def _dates(slot: Slot, found: Found, said: str) -> Iterator[str]:
    parts = {"year": _YEAR, "day": 1, "hour": 0, "minute": 0, **found.parts}
    day = f"{parts['year']:04}-{parts['month']:02}-{parts['day']:02}"
    if slot.schema.get("format") == "date-time":
        yield f"{day}T{parts['hour']:02}:{parts['minute']:02}:00Z"
    if slot.schema.get("format") == "date" or (_DATE_WANTED.search(said) and found.kind == "date"):
        yield day
    if "pattern" in slot.schema:
        yield from (day, day[:7], day[5:7])
