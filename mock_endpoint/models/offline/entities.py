"""Typed values in a text: what is quoted, code, addresses, codes, dates, times and numbers with their units."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from mock_endpoint.models.offline.text import JAPANESE, ideas, pattern, stem, stems, words

_FORMED = ("code", "quoted", "email", "file", "phone", "postal")
_SCALE = {"k": 1e3, "万": 1e4, "千": 1e3, "百万": 1e6, "億": 1e8, "thousand": 1e3, "million": 1e6, "hundred": 100}
_PAST = {"half past": 30, "quarter past": 15, "quarter to": 45}
_LATE = ("午後", "夜", "夕方", "afternoon", "evening", "night", "tonight")


@dataclass(frozen=True)
class Entity:
    """A value that a text holds, with its place in the text."""

    kind: str
    value: str | int | float
    start: int
    end: int
    unit: str = ""
    """What a number counts: the words after it."""
    before: str = ""
    """The words before it; of a time, how it was written."""

    @property
    def counted(self) -> frozenset[str]:
        """What a number counts, with what else that is called; empty where the words after it are no unit."""
        return unit_ideas(self.unit)


@lru_cache(maxsize=256)
def entities(text: str) -> list[Entity]:
    """The values of a text, in its order; none overlaps another."""
    found: list[Entity] = []
    taken = bytearray(len(text))
    for entity in (*_formed(text), *_dates(text), *_times(text), *_codes(text), *_numbers(text)):
        if not any(taken[entity.start : entity.end]):
            found.append(entity)
            taken[entity.start : entity.end] = b"\1" * (entity.end - entity.start)
    return sorted(found, key=lambda entity: entity.start)


def sql(text: str) -> str:
    """The first SQL statement of a text, and nothing after it."""
    for match in pattern("entity", "sql").finditer(text):
        statement = match[0]
        whole = re.search(r"\b(?:from|into|set|table|as)\b", statement, re.I)
        if whole and re.match(r"[A-Z]{4}|\w+\s[\w*.,() ]+\sfrom\s", statement):
            end = re.search(r";(?=(?:[^']*'[^']*')*[^']*$)", statement)
            return (statement[: end.end()] if end else pattern("entity", "after_sql").split(statement)[0]).strip(' .`"')
    return ""


def unit_ideas(unit: str) -> frozenset[str]:
    """What a word of measure may be called; empty where it is none."""
    if JAPANESE.match(unit):
        lines = [line.split() for line in words()["ideas"]]
        fitting = [
            (len(word), line) for line in lines for word in line if JAPANESE.match(word) and unit.startswith(word)
        ]
        best = max((length for length, _ in fitting), default=0)
        return frozenset(stem(word) for length, line in fitting if length == best for word in line)
    if unit == "%":
        return frozenset({"percent", "level", "volum"})
    known = [word for word in unit.split()[:2] if ideas(word) != stems(word)]
    return ideas(known[0]) - {"name"} if known else frozenset()


def _formed(text: str) -> Iterator[Entity]:
    for kind in _FORMED:
        for match in pattern("entity", kind).finditer(text):
            value = next(filter(None, match.groups())).strip()
            yield Entity(kind, value, *match.span(), before=text[: match.start()][-20:])


def _dates(text: str) -> Iterator[Entity]:
    """A date as ISO 8601 where its year is told, else as it was written: a `moment`."""
    months = [month[:3] for month in words()["en"]["months"].split()]
    for match in pattern("entity", "date").finditer(text):
        part = match.groupdict()
        name = part["m1"] or part["m2"]
        year, day = part["y"] or part["y1"] or part["y2"], part["d"] or part["d1"] or part["d2"]
        month = int(part["m"]) if part["m"] else months.index(name[:3].lower()) + 1 if name else 0
        if part["iso"] or (year and month and day):
            value = part["iso"] or f"{int(year):04}-{month:02}-{int(day):02}"
            yield Entity("date", value, *match.span())
        else:
            yield Entity("moment", match[0].strip(), *match.span())


def _times(text: str) -> Iterator[Entity]:
    """A time of day as HH:MM."""
    for match in pattern("entity", "time").finditer(text):
        part = match.groupdict()
        later = pattern("entity", "part_of_day").match(text, match.end())
        named = "0" if (part["word"] or "").lower() == "midnight" else "12"
        at = spoken(part["h"] or part["h2"] or part["hj"] or part["h3"] or part["hr"] or named)
        minute = int(part["m"] or part["mj"] or 0) or (30 if part["half"] else 0)
        if at is None or at > 24 or minute > 59:
            continue
        if part["rel"]:
            minute = _PAST[part["rel"].lower()]
            at -= part["rel"].lower() == "quarter to"
        mark = (part["p"] or part["p2"] or part["pj"] or (later and (later[1] or later[2])) or "").lower()
        late = mark.startswith("p") or mark in _LATE
        at += 12 if late and at < 12 else -12 if mark.startswith("a") and mark != "afternoon" and at == 12 else 0
        end = later.end() if later and later[1] else match.end()
        yield Entity("time", f"{int(at):02}:{minute:02}", match.start(), end, before=match[0].strip())


def _codes(text: str) -> Iterator[Entity]:
    for match in pattern("entity", "id").finditer(text):
        if not pattern("entity", "no_id").fullmatch(match[0]):
            yield Entity("id", match[0], *match.span(), before=text[: match.start()][-20:])


def _numbers(text: str) -> Iterator[Entity]:
    for match in pattern("entity", "ten_thousands").finditer(text):
        value = int(match[1]) * 10_000 + int(match[2] or 0) * 1000 + int(match[3] or 0)
        yield _number(text, value, *match.span())
    for match in pattern("entity", "digits").finditer(text):
        scale = (_SCALE[match[2].lower()] if match[2] else 1) * (-1 if match[0].startswith("-") else 1)
        yield _number(text, float(match[1].replace(",", "")) * scale, *match.span())
    for match in (*pattern("entity", "kanji").finditer(text), *pattern("entity", "spelled").finditer(text)):
        said = spoken(match[0])
        if said is not None and not pattern("entity", "no_number").match(text[match.end() :]):
            yield _number(text, said, *match.span())
    months = [month[:3] for month in words()["en"]["months"].split()]
    for match in pattern("entity", "month").finditer(text.lower()):
        led = text[: match.start()].endswith((" in ", " of ", " for "))
        if led or text[match.start()].isupper() or match[1] not in ("may", "march", "mar"):
            yield Entity("number", months.index(match[1][:3]) + 1, *match.span(), unit="month")


def _number(text: str, value: float, start: int, end: int) -> Entity:
    after = re.match(r"[-\s]?(%|[^\W\d_]+(?:[ -][^\W\d_]+)?)", text[end:])
    signs = {"$": "dollar", "€": "euro", "£": "pound", "¥": "yen"}
    unit = signs.get(text[start - 1 : start]) or (after[1][:20] if after else "")
    unit = "people" if unit == "of us" else unit
    whole = int(value) if float(value).is_integer() else value
    return Entity("number", whole, start, end, unit=unit, before=text[:start][-24:])


def spoken(text: str) -> float | None:
    """The number that words or kanji name; None where they name none."""
    if text.isdigit():
        return int(text)
    if re.fullmatch(r"[一二三四五六七八九十百千万億]+", text):
        return _kanji(text)
    english = words()["en"]
    small = {word: number for number, word in enumerate(english["numbers"].split())}
    small |= {word: 10 * number for number, word in enumerate(english["tens"].split(), 2)}
    small |= {"a": 1, "an": 1, "couple": 2}
    total, part = 0.0, 0.0
    for word in re.findall(r"[a-z]+", text.lower()):
        if word in small:
            part += small[word]
        elif word in ("hundred", "dozen"):
            part = (part or 1) * (100 if word == "hundred" else 12)
        elif word in ("thousand", "million"):
            total, part = total + (part or 1) * _SCALE[word], 0
        elif word not in ("and", "of"):
            return None
    return total + part


def _kanji(text: str) -> float:
    total, part, digit = 0, 0, 0
    for sign in text:
        if sign in "一二三四五六七八九":
            digit = "一二三四五六七八九".index(sign) + 1
        elif sign in "十百千":
            part, digit = part + (digit or 1) * 10 ** ("十百千".index(sign) + 1), 0
        else:
            total, part, digit = total + (part + digit or 1) * (10_000 if sign == "万" else 100_000_000), 0, 0
    return total + part + digit
