"""The capital of every member state of the United Nations, and of some other places people ask about."""

import csv
import difflib
import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from mock_endpoint.models.offline.skill import Answer, Question
from mock_endpoint.models.offline.text import key, language_of

_TABLE = Path(__file__).with_name("capitals.csv")

_SUBJECT = re.compile(r"\bcapitals?\b|首都", re.IGNORECASE)
_ALL = re.compile(
    r"\b(?:list|all|every|name all|which)\b.*\bcapitals\b(?! of \w)"
    r"|首都を?(?:全部|すべて|全て|ぜんぶ)|(?:全部|すべて|全て)の首都",
    re.IGNORECASE,
)
_HOW_MANY = re.compile(r"\bhow many capitals\b|首都を?(?:いくつ|何個)", re.IGNORECASE)
_REVERSE = re.compile(
    r"\b(?:which|what|whose) (?:country|nation|state)\b|\bcapital of(?: which| what|\W*$)"
    r"|どこの(?:国の)?首都|(?:何|なん)という国|どの国|首都とする|首都に持つ",
    re.IGNORECASE,
)
_YES_NO = re.compile(
    r"^[^、]+は[^は]+の首都(?:ですか|なの|でしょうか)|^(?:so,? )?(?:is|isn't)\b"
    r"|首都は(?!どこ|何|なん|いず|どちら)[^??]+(?:ですか|なの|でしょうか)",
    re.IGNORECASE,
)
_REGION = re.compile(r"\bcapitals?(?: city| cities)?(?: of| for| in)\s+(.+)", re.IGNORECASE)
_PLACE = re.compile(
    r"\bcapitals?(?: city| cities)?(?: of| for| in)\s+(?:the )?([^?.,!;\"]{1,60})|([\w][\w '-]{1,40}?)'s? capital\b"
    r"|\bcapital ([^?.,!;\"]{1,60})|([^\s、。??!「」]{1,30}?)の首都",
    re.IGNORECASE,
)
_LEAD = re.compile(
    r"^(?:(?:what|where|which|tell me|please|name|give me|and)(?:'?s| is)?\s+)+|^(?:では|じゃあ|それと|あと)、?"
)
_BESIDE = re.compile(
    r"'s?\s+(?:closest |nearest )?(?:neighbou?r(?:ing (?:country|state))?|ally|rival|partner)\b"
    r"|の(?:隣国|隣の国|お?隣|同盟国)(?:である|の|、)?",
    re.IGNORECASE,
)
_BESIDE_OF = re.compile(r"\b(?:neighbou?r|ally|rival|partner) of [^,]{1,60},", re.IGNORECASE)
_FILLER = re.compile(r"\b(?:tell|give|show|let|help|teach) us\b", re.IGNORECASE)
_FOLLOW_UP = re.compile(
    r"^(?:(?:okay|ok|and|then|so),? )*(?:and|what about|how about)"
    r"(?: (?:the capital|that|those|for|in|of))*\s+(.{2,60}?)[?.!]*$"
    r"|^(?:じゃあ|では|それでは|それなら|あと)?、?([^\s、。??]{1,30}?)(?:は|では|なら|の場合は|についても)[??。]*$",
    re.IGNORECASE,
)
_MODIFIER = re.compile(r"new|old|ancient|(?:north|south|east|west)(?:ern)?|lower|upper|inner")
_WORD_JA = re.compile(r"[ァ-ヶー・]")
_LOOK_BACK = 4


@dataclass(frozen=True)
class Country:
    """One row of `capitals.csv`; several capitals stand in their order of rank."""

    code: str
    """ISO 3166-1 alpha-2 for a member state of the United Nations, "" for the others."""
    name: str
    name_ja: str
    capitals: tuple[str, ...]
    capitals_ja: tuple[str, ...]
    aliases: tuple[str, ...]
    capital_aliases: tuple[str, ...]
    note: str
    note_ja: str

    def sentence(self, question: Question) -> Answer:
        """The capital as a sentence, in the language of the question."""
        return question.reply(
            self.note or f"The capital of {self.name} is {self.capitals[0].removesuffix('.')}.",
            self.note_ja or f"{self.name_ja}の首都は{self.capitals_ja[0]}です。",
            self.capitals[0] if self.capitals else "None",
            self.capitals_ja[0] if self.capitals_ja else "なし",
        )


@cache
def countries() -> tuple[Country, ...]:
    """Every row of the table, member states first."""
    with _TABLE.open(encoding="utf-8", newline="") as file:
        return tuple(_country(row) for row in csv.DictReader(file))


def _country(row: dict[str, str]) -> Country:
    def many(column: str) -> tuple[str, ...]:
        return tuple(filter(None, row[column].split("|")))

    return Country(
        code=row["code"],
        name=row["country"],
        name_ja=row["country_ja"],
        capitals=many("capital"),
        capitals_ja=many("capital_ja"),
        aliases=many("aliases"),
        capital_aliases=many("capital_aliases"),
        note=row["note"],
        note_ja=row["note_ja"],
    )


@cache
def by_name() -> dict[str, Country]:
    """Every name of a country, as a look-up key."""
    return {key(name): row for row in reversed(countries()) for name in (row.name, row.name_ja, *row.aliases)}


@cache
def by_capital() -> dict[str, Country]:
    """Every name of a capital, as a look-up key; of two countries the member state."""
    return {
        key(name): row
        for row in reversed(countries())
        for name in (*row.capitals, *row.capitals_ja, *row.capital_aliases)
    }


def answer(question: Question) -> Answer | None:
    """Answers questions about capitals: of a country, the reverse, all of them, and their follow-ups."""
    text = _FILLER.sub(" ", question.text)
    if not _SUBJECT.search(text):
        return _follow_up(question)
    if _HOW_MANY.search(text):
        number = str(sum(bool(row.capitals) for row in countries()))
        return question.reply(f"I know {number} capitals.", f"{number}の首都を知っています。", number)
    if _ALL.search(text):
        return _list(question)
    if _REVERSE.search(text):
        return _reverse(question, text)
    region = _REGION.search(text)
    return _capitals_of(question, region[1] if region else text, _place(text))


def _list(question: Question) -> Answer:
    rows = [row for row in countries() if row.capitals]
    return question.reply(
        "\n".join(f"{row.name.removeprefix('the ')}: {' / '.join(row.capitals)}" for row in rows),
        "\n".join(f"{row.name_ja}: {'、'.join(row.capitals_ja)}" for row in rows),
        rows[0].capitals[0],
        rows[0].capitals_ja[0],
    )


def _reverse(question: Question, text: str) -> Answer:
    found = find(text, by_capital())
    if not found:
        return question.reply(
            "I do not know a country with that capital.", "それを首都とする国は知りません。", "Unknown", "不明"
        )
    city, row = found[0]
    english = next((name for name in row.capitals if key(name) == city), row.capitals[0])
    names = dict(zip(map(key, row.capitals_ja), row.capitals_ja, strict=True))
    japanese = names.get(city, row.capitals_ja[0])
    country = row.name.removeprefix("the ")
    return question.reply(
        f"{english} is the capital of {row.name}.", f"{japanese}は{row.name_ja}の首都です。", country, row.name_ja
    )


def _capitals_of(question: Question, region: str, place: str) -> Answer:
    found = _meant(region)
    if not found:
        return _unknown(question, place)
    answers = [row.sentence(question) for row in found]
    if len(found) == 1 and not found[0].note and _YES_NO.search(question.text):
        return _yes_no(question, found[0], answers[0])
    gap = "" if question.language == "ja" else " "
    return Answer(gap.join(each.text for each in answers), ", ".join(each.word for each in answers))


def _meant(region: str) -> list[Country]:
    """The countries that a text is about: of `Japan's neighbour Mongolia` the second one alone."""
    pieces = _BESIDE.split(_BESIDE_OF.sub("", region))
    found = [[row for _, row in find(piece, by_name())] for piece in pieces]
    return [row for rows in found[:-1] for row in rows[:-1]] + found[-1]


def _yes_no(question: Question, row: Country, answer: Answer) -> Answer:
    right = any(row in (named, by_name().get(city)) for city, named in find(question.text, by_capital()))
    yes = question.reply("Yes", "はい") if right else question.reply("No", "いいえ")
    gap = "。" if question.language == "ja" else ". "
    return Answer(yes.text + gap + answer.text, yes.text)


def _unknown(question: Question, place: str) -> Answer:
    if not place:
        return question.reply(
            f"Of which country? I know the capitals of {len(countries())} places.",
            f"どの国の首都ですか? {len(countries())}の国と地域を知っています。",
            "Which?",
            "どこ?",
        )
    near = difflib.get_close_matches(key(place), by_name(), n=1, cutoff=0.8)
    if not near:
        return question.reply(
            f'I do not know a country called "{place}".', f"「{place}」という国は知りません。", "Unknown", "不明"
        )
    row = by_name()[near[0]]
    guess = row.sentence(question)
    return question.reply(
        f'I do not know "{place}". Did you mean {row.name}? {guess.text}',
        f"「{place}」は知りません。{row.name_ja}のことですか? {guess.text}",
        guess.word,
    )


def _place(text: str) -> str:
    """What stands where the country's name should, as it was written."""
    found = _PLACE.search(text)
    return _LEAD.sub("", next(filter(None, found.groups()))).strip() if found else ""


def _follow_up(question: Question) -> Answer | None:
    """`And Italy?`, where one of the last sentences asked for a capital."""
    found = _FOLLOW_UP.search(question.text)
    if not found or not any(map(_SUBJECT.search, question.earlier[-_LOOK_BACK:])):
        return None
    place = found[1] or found[2]
    if find(place, by_name()):
        return _capitals_of(question, place, place)
    near = difflib.get_close_matches(key(place), by_name(), n=1, cutoff=0.8)
    return _unknown(question, place) if near else None


def find(text: str, names: dict[str, Country]) -> list[tuple[str, Country]]:
    """The names that a text holds, in its order, with their rows; the longest name wins at each place."""
    if language_of(text) == "ja" or not text.isascii():
        found = _find_letters(key(text), names)
        if found:
            return found
    return _find_words(key(text).split(), names)


def _find_words(words: list[str], names: dict[str, Country]) -> list[tuple[str, Country]]:
    found: list[tuple[str, Country]] = []
    start = 0
    while start < len(words):
        for end in range(min(len(words), start + 9), start, -1):
            name = " ".join(words[start:end])
            row = names.get(name) or (names.get(name.removesuffix("s")) if end == start + 1 else None)
            if row and not (start and _MODIFIER.fullmatch(words[start - 1])):
                found.append((name, row))
                start = end - 1
                break
        start += 1
    return found


def _find_letters(text: str, names: dict[str, Country]) -> list[tuple[str, Country]]:
    """For Japanese, which puts no spaces between words: a name in katakana may not be part of a longer one."""
    found: list[tuple[str, Country]] = []
    start = 0
    while start < len(text):
        for end in range(min(len(text), start + 20), start, -1):
            row = names.get(text[start:end])
            if row and _stands_alone(text, start, end):
                found.append((text[start:end], row))
                start = end - 1
                break
        start += 1
    return found


def _stands_alone(text: str, start: int, end: int) -> bool:
    before, name, after = text[start - 1 : start], text[start:end], text[end : end + 1]
    if language_of(name) != "ja" or before in tuple("東西南北新旧") or after in tuple("語人"):
        return False
    return not (
        (_WORD_JA.match(name) and before and _WORD_JA.match(before))
        or (_WORD_JA.match(name[-1]) and after and _WORD_JA.match(after))
    )
