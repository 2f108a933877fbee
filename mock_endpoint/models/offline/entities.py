"""Typed values in a text: what is quoted, code, addresses, codes, dates, times and numbers with their units."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

from mock_endpoint.models.offline.text import JAPANESE, ideas, stems, words

_SQL = re.compile(
    r"(?:SELECT|INSERT\s+INTO|UPDATE|DELETE\s+FROM|CREATE|ALTER|DROP|WITH)\s(?:'[^']*'|\"[^\"]*\"|[ -~\n])*", re.I
)
_PATTERNS = [
    ("code", re.compile(r"```\w*\n?(.+?)```|`([^`\n]+)`", re.S)),
    ("quoted", re.compile(r"\"([^\"\n]+)\"|「([^」\n]+)」|『([^』\n]+)』|(?<!\w)'([^'\n]+)'(?!\w)")),
    ("email", re.compile(r"([A-Za-z0-9_.+-]+@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+)")),
    ("url", re.compile(r"(https?://[^\s、。]+)")),
    (
        "phone",
        re.compile(
            r"(?<![A-Za-z0-9_-])(\+?\d{1,4}[ -]\(?\d{2,5}\)?[ -]\d{3,4}(?:[ -]\d{2,4})?|0\d{1,3} \d{5,8})(?![A-Za-z0-9_-])"
        ),
    ),
    ("postal", re.compile(r"(?<![A-Za-z0-9_-])(\d{3}-\d{4}|[A-Z]{1,2}\d[A-Z\d]? ?\d[A-Z]{2})(?![A-Za-z0-9_-])")),
]
_NUMBER = r"\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?"
_SCALE = {"k": 1e3, "万": 1e4, "千": 1e3, "百万": 1e6, "億": 1e8, "thousand": 1e3, "million": 1e6, "hundred": 100}
_DIGITS = re.compile(
    rf"(?<![A-Za-z0-9_.])-?({_NUMBER})(?:\s?(k|thousand|million|hundred|万|千|億|百万)(?![a-z]))?", re.I
)
_KANJI = re.compile(
    r"[一二三四五六七八九十百千万億]+(?=人|名|泊|日(?!中)|時|分|秒|個|枚|本|冊|円|ドル|ユーロ|度(?!寝)|年|月|週|つ|問|件|足す|引く|掛け|割|を|で割|の[一二三四五六七八九十\d]|は[い何]|に[足引掛])"
)
_ID = re.compile(
    r"(?<![A-Za-z0-9_.])((?=[A-Za-z-]*\d)[A-Za-z]+(?:-[A-Za-z]+)*[-_]?\d[A-Za-z0-9_-]*|\d+[A-Za-z][A-Za-z0-9_-]*|\d+(?:-\d+)+)(?![A-Za-z0-9_])"
)
_TIMES = re.compile(
    r"(?P<h>\d{1,2})[:.](?P<m>\d{2})(?!\d)\s*(?P<p>[ap]\.?m\b\.?)?|(?P<h2>\d{1,2})\s*(?P<p2>[ap]\.?m\b\.?|o'clock)"
    r"|(?P<pj>午前|午後|朝|夜|夕方|昼|深夜)?の?(?P<hj>\d{1,2}|[一二三四五六七八九十]{1,3})時(?!間)(?:(?P<half>半)|(?P<mj>\d{1,2})分)?|(?P<word>\b(?:noon|midnight)\b|正午)"
    r"|\b(?P<rel>half past|quarter past|quarter to)\s+(?P<hr>\w+)|(?<=\bat )(?P<h3>\d{1,2})(?!\s*[\w%:.$€£-]|\d)(?=\s*(?:$|[,.?!]|in |on |to |with |tomorrow|today|for ))",
    re.I,
)
_PART = re.compile(r"\s*(?:in the|at) (morning|afternoon|evening|night)|\s*(tonight)", re.I)


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
    """The words before it."""


def entities(text: str) -> list[Entity]:
    """The values of a text, in its order; none overlaps another."""
    found: list[Entity] = []
    taken = bytearray(len(text))
    for entity in (*_typed(text), *_dates(text), *_times(text), *_codes(text), *_numbers(text)):
        if not any(taken[entity.start : entity.end]):
            found.append(entity)
            taken[entity.start : entity.end] = b"\1" * (entity.end - entity.start)
    return sorted(found, key=lambda entity: entity.start)


def sql(text: str) -> str:
    """The first SQL statement of a text, and nothing after it."""
    for match in _SQL.finditer(text):
        statement = match[0]
        if not re.search(r"\b(?:from|into|set|table|as)\b", statement, re.I) or not re.match(
            r"[A-Z]{4}|\w+\s[\w*.,() ]+\sfrom\s", statement
        ):
            continue
        end = re.search(r";(?=(?:[^']*'[^']*')*[^']*$)", statement)
        statement = (
            statement[: end.end()]
            if end
            else re.split(r"\.\s+(?=[A-Z])|\?|`|\s+(?:please|for me|and (?:tell|show|give))\b", statement)[0]
        )
        return statement.strip(' .`"')
    return ""


def _typed(text: str) -> Iterator[Entity]:
    for kind, pattern in _PATTERNS:
        for match in pattern.finditer(text):
            yield Entity(
                kind, next(filter(None, match.groups())).strip(), *match.span(), before=text[: match.start()][-20:]
            )


@cache
def _date_pattern() -> re.Pattern[str]:
    months = "|".join(f"{month}|{month[:3]}" for month in words()["en"]["months"].split())
    days = "|".join(words()["en"]["weekdays"].split())
    return re.compile(
        r"(?P<iso>(?<!\d)\d{4}-\d{2}-\d{2}(?!\d))|(?P<y>\d{4})[/年](?P<m>\d{1,2})[/月](?P<d>\d{1,2})日?"
        rf"|(?P<d1>\d{{1,2}})(?:st|nd|rd|th)?(?: of)? (?P<m1>{months})\b\.?(?:,? (?P<y1>\d{{4}}))?"
        rf"|\b(?P<m2>{months})\.? (?P<d2>\d{{1,2}})(?:st|nd|rd|th)?\b(?:,? (?P<y2>\d{{4}}))?"
        r"|(?P<m3>\d{1,2})月(?P<d3>\d{1,2})日"
        rf"|(?P<rel>\b(?:the day after tomorrow|tomorrow(?: (?:morning|afternoon|evening|night))?|today|tonight|(?:(?:next|this) )?(?:{days})(?:s\b)?(?: (?:morning|afternoon|evening))?|(?:next|this) (?:week|weekend|month)|this (?:morning|afternoon|evening))\b"
        r"|(?:来週|今週|再来週)?の?[月火水木金土日]曜日?|明日|あした|明後日|あさって|今日|きょう|今夜|今晩|来週|来月|今週末|週末)",
        re.I,
    )


def _dates(text: str) -> Iterator[Entity]:
    """A date as ISO 8601 where its year is told, else as it was written: a `moment`."""
    months = [month[:3] for month in words()["en"]["months"].split()]
    for match in _date_pattern().finditer(text):
        part = match.groupdict()
        year = part["y"] or part["y1"] or part["y2"]
        month = part["m"] or (
            months.index((part["m1"] or part["m2"])[:3].lower()) + 1 if part["m1"] or part["m2"] else None
        )
        day = part["d"] or part["d1"] or part["d2"]
        if part["iso"] or (year and month and day):
            yield Entity("date", part["iso"] or f"{int(year):04}-{int(month):02}-{int(day):02}", *match.span())
        else:
            yield Entity("moment", match[0].strip(), *match.span())


def _times(text: str) -> Iterator[Entity]:
    """A time of day as HH:MM; `before` holds it as it was written."""
    for match in _TIMES.finditer(text):
        part = match.groupdict()
        later = _PART.match(text, match.end())
        hour = (
            part["h"]
            or part["h2"]
            or part["hj"]
            or part["h3"]
            or part["hr"]
            or ("0" if (part["word"] or "").lower() == "midnight" else "12")
        )
        at = _spoken(hour)
        if at is None or at > 24:
            continue
        minute = int(part["m"] or part["mj"] or 0) or (30 if part["half"] else 0)
        if part["rel"]:
            minute = {"half past": 30, "quarter past": 15, "quarter to": 45}[part["rel"].lower()]
            at -= part["rel"].lower() == "quarter to"
        mark = (part["p"] or part["p2"] or part["pj"] or (later and (later[1] or later[2])) or "").lower()
        late = mark.startswith("p") or mark in ("午後", "夜", "夕方", "afternoon", "evening", "night", "tonight")
        at = int(at) + (
            12 if late and at < 12 else -12 if mark.startswith("a") and mark != "afternoon" and at == 12 else 0
        )
        if minute < 60:
            yield Entity(
                "time",
                f"{at:02}:{minute:02}",
                match.start(),
                later.end() if later and later[1] else match.end(),
                before=match[0].strip(),
            )


def _codes(text: str) -> Iterator[Entity]:
    for match in _ID.finditer(text):
        if not re.fullmatch(
            r"\d+(?:st|nd|rd|th|k|cm|mm|km|kg|g|m|h|min|s|am|pm|[a-z]{1,7})|\d+-(?:day|night|minute|hour|week|year|star|person|people|month)s?",
            match[0],
        ):
            yield Entity("id", match[0], *match.span(), before=text[: match.start()][-20:])


def _numbers(text: str) -> Iterator[Entity]:
    for match in re.finditer(r"(\d+)万(?:(\d)千|(\d{4}))", text):
        yield _number(text, int(match[1]) * 10_000 + int(match[2] or 0) * 1000 + int(match[3] or 0), *match.span())
    for match in _DIGITS.finditer(text):
        scale = _SCALE[match[2].lower()] if match[2] else 1
        yield _number(
            text, float(match[1].replace(",", "")) * scale * (-1 if match[0].startswith("-") else 1), *match.span()
        )
    for match in _KANJI.finditer(text):
        value = _spoken(match[0])
        if value is not None:
            yield _number(text, value, *match.span())
    for match in _spelled().finditer(text):
        value = _spoken(match[0])
        if (
            (value is not None
            and not re.match(r" (?:of|more|moment|thing)\b| room\b", text[match.end() :]))
            or re.match(r" of us", text[match.end() :])
        ):
            yield _number(text, value or 0, *match.span())


def _number(text: str, value: float, start: int, end: int) -> Entity:
    after = re.match(r"[-\s]?(%|[^\W\d_]+(?:[ -][^\W\d_]+)?)", text[end:])
    sign = text[start - 1 : start]
    unit = {"$": "dollar", "€": "euro", "£": "pound", "¥": "yen"}.get(sign) or (after[1][:20] if after else "")
    return Entity(
        "number", int(value) if float(value).is_integer() else value, start, end, unit=unit, before=text[:start][-24:]
    )


@cache
def _spelled() -> re.Pattern[str]:
    english = words()["en"]
    one = "|".join(
        sorted(
            f"{english['numbers']} {english['tens']} hundred thousand million dozen half".split(), key=len, reverse=True
        )
    )
    return re.compile(
        rf"\b(?:an? (?=hundred|thousand|million|dozen|hour|half|couple|minute|week|night\b)|half an? (?=hour|dozen))?(?:(?:{one})(?:[\s-]+(?:and )?(?:{one})\b)*\b)|(?<=for )an?(?= (?:hour|minute|week|night)\b)|\ba couple of\b",
        re.I,
    )


def _spoken(text: str) -> float | None:
    """The number that words or kanji name; None where they name none."""
    if text.isdigit():
        return int(text)
    if re.fullmatch(r"[一二三四五六七八九十百千万億]+", text):
        return _kanji(text)
    english = words()["en"]
    small = {word: number for number, word in enumerate(english["numbers"].split())}
    small |= {word: 10 * number for number, word in enumerate(english["tens"].split(), 2)} | {
        "a": 1,
        "an": 1,
        "couple": 2,
    }
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


def unit_ideas(unit: str) -> frozenset[str]:
    """What a number counts, with what else that is called; empty where the words after it are no unit."""
    found: frozenset[str] = frozenset()
    if JAPANESE.match(unit):
        lines = [line.split() for line in words()["ideas"]]
        best = max(
            (len(word) for line in lines for word in line if JAPANESE.match(word) and unit.startswith(word)), default=0
        )
        for line in lines:
            if any(len(word) == best and unit.startswith(word) for word in line if JAPANESE.match(word)):
                found |= frozenset().union(*map(stems, line))
        return found
    if unit == "%":
        return frozenset({"percent", "level", "volum"})
    known = [word for word in unit.split()[:2] if any(stems(word) & stems(line) for line in words()["ideas"])]
    return ideas(known[0]) - {"name"} if known else found
