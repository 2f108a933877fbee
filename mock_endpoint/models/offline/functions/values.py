"""The values that a text gives: quoted words, dates, times, numbers with their units, names."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from functools import lru_cache
from itertools import pairwise

from mock_endpoint.models.offline.functions import names, words
from mock_endpoint.models.offline.functions.moments import moments

_QUOTED = re.compile(
    r"\"([^\"\n]{1,2000})\"|「([^」\n]{1,2000})」|『([^』\n]{1,2000})』|`([^`\n]{1,500})`|(?<!\w)'([^'\n]{1,2000})'(?!\w)"
)
_EMAIL = re.compile(r"(?<![\w.])[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,5}")
_URL = re.compile(r"https?://[^\s\"'<>、。」]{1,500}[^\s\"'<>、。」.,!?;:)]")
_FILE = re.compile(r"(?<![\w.])\w[\w-]{0,60}\.(?:[a-z][a-z0-9]{1,4})\b(?!\.\w)")
_CODE = re.compile(
    r"#[\w-]{1,40}|(?<![\w.])(?=[A-Za-z-]{0,40}\d)(?=[\d-]{0,40}[A-Za-z])(?!\d+-[a-z])(?!\d+(?:st|nd|rd|th|[a-zA-Z]{1,2}|min|hrs?|sec)\b)"
    r"[A-Za-z0-9]+(?:-[A-Za-z0-9]+)*(?![\w@])"
)
_WORDS_OF_NUMBERS = {
    word: number
    for number, word in enumerate(
        ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"]
    )
} | {"fifteen": 15, "twenty": 20, "thirty": 30, "forty": 40, "fifty": 50, "hundred": 100, "dozen": 12}
_KANJI = {letter: number for number, letter in enumerate("一二三四五六七八九十", 1)}
_COUNTER = r"人|名|泊|日間|時間|分|秒|週間|か月|ヶ月|カ月|年|歳|才|個|枚|本|冊|杯|台|匹|部屋|室|席|回"
_NUMBER = re.compile(
    r"(?P<sign>[$€£¥₩₹])?\s?(?P<digits>(?<![\w.,])-?\d[\d,]*(?:\.\d+)?|(?<=[^\x00-\x7f\d])\d[\d,]*(?:\.\d+)?)(?P<many>万|千|k\b)?"
    r"|(?P<kanji>[一二三四五六七八九十])(?=" + _COUNTER + ")"
    rf"|\b(?P<word>{'|'.join(_WORDS_OF_NUMBERS)})\b",
    re.IGNORECASE,
)
_UNIT = re.compile(
    rf"\s?(?P<counter>{_COUNTER})|(?:\s{{0,2}}|-)(?P<unit>%|°[CF]|[€$£¥円元]|[A-Za-z/]+|[ァ-ヶー]+|米ドル|豪ドル|人民元)"
    r"(?:[ -](?P<next>[A-Za-z]+))?"
)
_COUNTED = {
    "人": "person",
    "名": "person",
    "歳": "ag",
    "才": "ag",
    "時間": "hour",
    "回": "time",
    "部屋": "room",
    "室": "room",
}
_MANY = {"万": 10_000, "千": 1000, "k": 1000, "K": 1000}
_PLACE_ENDING = re.compile(r"(?:空港|港|駅|市|区|県|府|城|公園|大学|町|村|島|山|川|湖|神社|寺)(?![一-龯])")
_NAME = re.compile(
    r"(?<![\w.])[A-Z\u00c0-\u00de][\w'&-]*"
    r"(?:(?: (?:of|de|la|the|del|von|&|and the))? [A-Z\u00c0-\u00de][\w'&-]*){0,5}(?:, [A-Z]{2}\b)?"
)
_CHUNK = re.compile(
    r"(?:(?:^|(?<=[、。」\sをにへで]))(?!それ|これ|あれ|では|じゃ|あと|どの|この|その|あの|いつ|そして|また|まず|ぜひ|なに)[ぁ-ん]{2,6}?)?"
    r"[ァ-ヶーA-Za-z0-9一-龯々・]+(?:の[ァ-ヶー一-龯々]+(?=[をにへがはで]))?"
)
_KATAKANA = re.compile(r"[ァ-ヶー・]+")
_AFTER = re.compile(
    r"\b(?:in|for|at|from|to|of|near|about|into|on|around|with|by|named|called)\s+(?:the |a |an |my )?"
    r"([a-z\u00c0-\u024f][\w'-]*(?: [a-z\u00c0-\u024f][\w'-]*){0,2})"
)
_MORE = re.compile(r"(?:,?\s+and\s+|,\s+(?=\w+(?:,|\s+and\b)))([a-z]\w+)")
_ROLE_BEFORE = re.compile(
    r"(from|since|leaving|departing|between|to|into|until|till|towards?|->|→|as|in|at|for|on|of|about|with|by|near|named|called)"
    r"\s*(?:the |a |an |my )?$",
    re.IGNORECASE,
)
_ROLE_AFTER = re.compile(r"\s*(から|より|発|まで|へ|宛|行き|着|に|で|の|を|は)")
_ROLES = (
    dict.fromkeys(["from", "since", "leaving", "departing", "between", "から", "より", "発"], "from")
    | dict.fromkeys(
        ["to", "into", "until", "till", "toward", "towards", "->", "→", "まで", "へ", "宛", "行き", "着"], "to"
    )
    | {"に": "to", "で": "in", "の": "of", "を": "object", "は": "topic", "as": "in"}
)
_LIST_GAP = re.compile(
    r"\s*(?:,|、|&|\band\b|\bor\b|\bplus\b|と|や|・|および)+(?:\s*(?:,|and|also|then|、))*\s*(?:(?:in|for|at|of|to|from|about|the)\s+)*",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Found:
    """A value, as it stands in a text."""

    kind: str
    """quoted, email, url, code, date, month, time, number, currency, unit, language, weekday, day, season, place,
    country, name (a name of unknown kind) or phrase (words after a preposition)."""
    text: str
    start: int
    end: int
    number: int | float | None = None
    forms: tuple[str, ...] = ()
    """Other names of the same thing, the short form first."""
    parts: dict[str, int] = field(default_factory=dict)
    """year, month, day, hour and minute, as far as they are known."""
    role: str = ""
    """`from`, `to`, or the preposition before it."""
    unit: str = ""
    """The idea of what a number counts."""
    joined: bool = False
    """Whether it continues a list: `Oslo, Rome and Riga`."""
    owner: int = -1
    """For a unit or currency of an amount: where the amount starts."""


def family(kind: str) -> str:
    """The kinds that may stand together in a list share a family: a known city and an unknown village."""
    return "thing" if kind in ("place", "country", "name", "phrase") else kind


@lru_cache(maxsize=64)
def find(text: str, taken_words: frozenset[str] = frozenset()) -> list[Found]:
    """The values of a tidy text in their order; `taken_words` are ideas that name a function and so no value."""
    found: list[Found] = []
    for finder in _FINDERS:
        for each in finder(text):
            if not any(each.start < other.end and other.start < each.end for other in found):
                found.append(each)
    found += list(_units_of(text, found))
    found = [each for each in found if not _is_plain(each, taken_words)]
    return _related(text, sorted(found, key=lambda each: (each.start, -each.end)))


def _is_plain(each: Found, taken_words: frozenset[str]) -> bool:
    """Whether what looks like a name is a word of the language, or of the function asked for."""
    if each.kind not in ("name", "phrase"):
        return False
    parts = words.words(each.text)
    plain = [word for word in parts if words.is_known(word.idea) or word.idea in taken_words]
    if each.text.isascii():
        return len(plain) == len(parts) or (each.kind == "phrase" and bool(plain))
    if any(word.idea in taken_words for word in parts):
        return True
    return sum(word.end - word.start for word in plain) >= len(re.sub(r"[の・]", "", each.text)) or not parts


def _matches(kind: str, pattern: re.Pattern[str]) -> Callable[[str], Iterator[Found]]:
    def finder(text: str) -> Iterator[Found]:
        for match in pattern.finditer(text):
            inner = next((group for group in match.groups() if group), match[0])
            yield Found(kind, inner.strip().removeprefix("#"), match.start(), match.end())

    return finder


def _moments(text: str) -> Iterator[Found]:
    for moment in moments(text):
        yield Found(moment.kind, text[moment.start : moment.end], moment.start, moment.end, parts=moment.parts)


def _numbers(text: str) -> Iterator[Found]:
    for match in _NUMBER.finditer(text):
        if match["digits"]:
            plain = match["digits"].replace(",", "")[:30]
            number: int | float = float(plain) if "." in plain else int(plain)
            number *= _MANY.get(match["many"] or "", 1)
        else:
            number = _KANJI[match["kanji"]] if match["kanji"] else _WORDS_OF_NUMBERS[match["word"].casefold()]
        end, unit = (match.end(), "") if match["sign"] else _counted(text, match.end())
        yield Found("number", text[match.start() : end].strip(), match.start(), end, number=number, unit=unit)


def _counted(text: str, at: int) -> tuple[int, str]:
    """Where the unit of a number ends, and the idea of it; `person` for `4 more guests`."""
    match = _UNIT.match(text, at)
    if not match:
        return at, ""
    if match["counter"]:
        return match.end("counter"), _COUNTED.get(match["counter"]) or words.idea_of(match["counter"])
    if match["unit"].casefold() in names.units() and not (match["unit"] == "in" and match["next"]):
        return match.end("unit"), match["unit"].casefold()
    first = words.ideas(match["unit"])
    if match["next"] and not any(words.is_known(idea) for idea in first):
        following = words.ideas(match["next"])
        if following and words.is_known(following[0]):
            return match.end("next"), following[0]
    return (match.end("unit"), first[0]) if first else (at, "")


def _units_of(text: str, found: list[Found]) -> Iterator[Found]:
    """The currencies and units that stand with numbers, as values of their own."""
    for each in found:
        if each.kind != "number":
            continue
        sign = each.text[0] if each.text[0] in "$€£¥₩₹" else ""
        if entry := names.units().get(sign or each.unit):
            kind, forms = entry
            written = sign or each.text[-len(each.unit) :]
            yield Found(kind, written, each.start, each.end, forms=forms, owner=each.start)
        elif each.unit and each.unit.isascii() and not words.is_known(each.unit):
            yield Found("name", each.text.split()[-1], each.start, each.end, owner=each.start)


def _names(text: str) -> Iterator[Found]:
    for name in names.find(text):
        parts = {"month": int(name.forms[0])} if name.kind == "month" else {}
        ending = _PLACE_ENDING.match(text, name.end) if name.kind == "place" else None
        end = ending.end() if ending else name.end
        yield Found(name.kind, text[name.start : end], name.start, end, forms=name.forms, parts=parts)


def _capitalised(text: str) -> Iterator[Found]:
    for match in _NAME.finditer(text):
        start = match.start()
        for word in match[0].split(" "):
            ideas = words.ideas(word)
            first_of_all = start == 0 or text[:start].rstrip()[-1:] in tuple(".!?:\n")
            if (ideas or word == "The") and not (first_of_all and (not ideas or words.is_known(ideas[0]))):
                break
            start += len(word) + 1
        piece = text[start : match.end()].removesuffix("'s").rstrip("'-")
        if piece and words.ideas(piece):
            yield Found("name", piece, start, start + len(piece))


def _chunks(text: str) -> Iterator[Found]:
    """Runs of kanji and katakana, for Japanese has no capitals; of ベルゲンの気温 the name."""
    for match in _CHUNK.finditer(text):
        head, _, tail = match[0].partition("の")
        of_it = [word.idea for word in words.words(tail)]
        named = head if _KATAKANA.fullmatch(head) and of_it and all(map(words.is_known, of_it)) else match[0]
        if not named.isascii() and len(named) > 1:
            yield Found("name", named, match.start(), match.start() + len(named))


def _after_prepositions(text: str) -> Iterator[Found]:
    for match in _AFTER.finditer(text):
        kept: list[str] = []
        for word in match[1].split():
            if not words.ideas(word):
                break
            kept.append(word)
        if kept:
            end = match.start(1) + len(" ".join(kept))
            yield Found("phrase", " ".join(kept), match.start(1), end)
            while (more := _MORE.match(text, end)) and words.ideas(more[1]):
                yield Found("phrase", more[1], more.start(1), more.end(1))
                end = more.end(1)


_FINDERS = (
    _matches("quoted", _QUOTED),
    _matches("email", _EMAIL),
    _matches("url", _URL),
    _matches("code", _FILE),
    _moments,
    _matches("code", _CODE),
    _numbers,
    _names,
    _capitalised,
    _chunks,
    _after_prepositions,
)
"""In the order in which they take their part of the text."""


def _related(text: str, found: list[Found]) -> list[Found]:
    """The values with their roles, and with the lists that they form."""
    result = [replace(each, role=_role(text, each)) for each in found]
    standing = [index for index, each in enumerate(result) if each.owner < 0]
    for one, two in pairwise(standing):
        first, second = result[one], result[two]
        gap = text[first.end : second.start]
        if first.role == "between" or (gap.strip() in ("to", "→", "->") and family(second.kind) == family(first.kind)):
            result[one] = replace(first, role="from")
            result[two] = replace(second, role="to")
        elif family(second.kind) == family(first.kind) and _LIST_GAP.fullmatch(gap):
            role = first.role if second.role in ("", "from", "to") and first.role else second.role
            result[two] = replace(second, joined=True, role=role)
    owners = {each.start: each for each in result if each.owner < 0}
    return [replace(each, role="from") if each.owner in owners else each for each in result]


def _role(text: str, each: Found) -> str:
    before = _ROLE_BEFORE.search(text[max(0, each.start - 24) : each.start])
    if before and (not before[1].isalpha() or re.search(rf"\b{before[1]}", text[max(0, each.start - 25) : each.start])):
        word = before[1].casefold()
        return word if word == "between" else _ROLES.get(word, word)
    after = _ROLE_AFTER.match(text, each.end)
    return _ROLES.get(after[1], "") if after else ""
