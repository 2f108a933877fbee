"""Dates, months and times of day in a text."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

_MONTHS = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"]
_MONTH = (
    r"(?P<name>Jan(?:uary)?|Feb(?:ruary)?|Mar(?:ch)?|Apr(?:il)?|May|June?|July?|Aug(?:ust)?|Sept?(?:ember)?|Oct(?:ober)?"
    r"|Nov(?:ember)?|Dec(?:ember)?)\.?"
)
_DAY = r"(?P<day>[0-3]?\d)(?:st|nd|rd|th)?"
_YEAR = r"(?P<year>[12]\d{3})"
_DATES = [
    rf"\b{_YEAR}-(?P<month>[01]\d)-(?P<day>[0-3]\d)"
    r"(?:[T ](?P<hour>[0-2]\d):(?P<minute>[0-5]\d)(?::\d\d)?(?:\.\d+)?(?:Z|[+-]\d\d:?\d\d)?)?",
    rf"\b{_YEAR}/(?P<month>[01]?\d)/(?P<day>[0-3]?\d)\b",
    rf"{_YEAR}年\s?(?P<month>[01]?\d)月(?:\s?(?P<day>[0-3]?\d)日)?",
    r"(?P<month>[01]?\d)月\s?(?P<day>[0-3]?\d)日",
    rf"\b{_MONTH} {_DAY}\b(?:,? {_YEAR}\b)?",
    rf"\b{_DAY}(?: of)? {_MONTH}(?:,? {_YEAR})?\b",
    rf"\b{_MONTH},? {_YEAR}\b",
    rf"\b{_YEAR}-(?P<month>[01]\d)(?![\d-])",
    r"(?P<month>[01]?\d)月",
]
_TIMES = [
    r"(?<![\d:])(?P<hour>[0-2]?\d):(?P<minute>[0-5]\d)(?::\d\d)?(?:\s?(?P<half>[ap])\.?m\b\.?)?",
    r"(?<![\d:.])(?P<hour>[01]?\d)\s?(?P<half>[ap])\.?m\b\.?",
    r"(?P<part>午前|午後|朝|夜|夕方)?の?(?<!\d)(?P<hour>[0-2]?\d)時(?!間)(?:(?P<minute>[0-5]?\d)分|(?P<thirty>半))?",
    r"\b(?P<hour>1?\d) ?o'clock\b(?: in the (?P<part>morning|afternoon|evening))?",
    r"\b(?P<noon>noon|midday|midnight)\b|(?P<noon_ja>正午)",
]
_LATE = frozenset({"p", "午後", "夜", "夕方", "afternoon", "evening"})


@dataclass(frozen=True)
class Moment:
    """A date, month or time, with the numbers that it is made of."""

    kind: str
    start: int
    end: int
    parts: dict[str, int]


_PATTERNS = [("date", re.compile(each, re.IGNORECASE)) for each in _DATES] + [
    ("time", re.compile(each, re.IGNORECASE)) for each in _TIMES
]


def moments(text: str) -> Iterator[Moment]:
    """The dates and times of a text; the more exact patterns first, so that an overlap is the reader's to drop."""
    for kind, pattern in _PATTERNS:
        for match in pattern.finditer(text):
            parts = _date(match.groupdict()) if kind == "date" else _time(match.groupdict())
            if _possible(parts):
                yield Moment("month" if kind == "date" and "day" not in parts else kind, *match.span(), parts)


def _date(groups: dict[str, str | None]) -> dict[str, int]:
    parts = {name: int(groups[name] or 0) for name in ("year", "month", "day", "hour", "minute") if groups.get(name)}
    if name := groups.get("name"):
        parts["month"] = _MONTHS.index(name[:3].casefold()) + 1
    return parts


def _time(groups: dict[str, str | None]) -> dict[str, int]:
    if groups.get("noon") or groups.get("noon_ja"):
        return {"hour": 0 if groups.get("noon") == "midnight" else 12, "minute": 0}
    hour = int(groups["hour"] or 0)
    part = (groups.get("half") or groups.get("part") or "").casefold()
    if part in _LATE and hour < 12:
        hour += 12
    elif part == "a" and hour == 12:
        hour = 0
    return {"hour": hour, "minute": 30 if groups.get("thirty") else int(groups.get("minute") or 0)}


def _possible(parts: dict[str, int]) -> bool:
    return 1 <= parts.get("month", 1) <= 12 and 1 <= parts.get("day", 1) <= 31 and parts.get("hour", 0) < 24
