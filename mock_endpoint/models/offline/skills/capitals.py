"""The capital of every member state of the United Nations, and of some other places people ask about."""

import csv
import difflib
import re
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

from mock_endpoint.models.offline.skill import Answer, Question
from mock_endpoint.models.offline.text import key, language_of, pattern

_LISTED, _LOOK_BACK = 30, 4
"""How many capitals a list tells at a time, and how many clauses back a follow-up looks."""


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
        capital, capital_ja = (*self.capitals, "None")[0], (*self.capitals_ja, "なし")[0]
        en, ja = (
            f"The capital of {self.name} is {capital.removesuffix('.')}.",
            f"{self.name_ja}の首都は{capital_ja}です。",
        )
        texts = {"en": self.note or en, "ja": self.note_ja or ja, "word": capital, "word_ja": capital_ja}
        return question.reply(texts)


@cache
def countries() -> tuple[Country, ...]:
    """Every row of the table, member states first."""
    with Path(__file__).with_name("capitals.csv").open(encoding="utf-8", newline="") as file:
        return tuple(map(_country, csv.DictReader(file)))


def _country(row: dict[str, str]) -> Country:
    names = ("capital", "capital_ja", "aliases", "capital_aliases")
    capitals, capitals_ja, aliases, others = (tuple(filter(None, row[name].split("|"))) for name in names)
    fields = row["code"], row["country"], row["country_ja"], capitals, capitals_ja, aliases, others
    return Country(*fields, row["note"], row["note_ja"])


@cache
def by_name() -> dict[str, Country]:
    """Every name of a country, as a look-up key."""
    return {key(name): row for row in reversed(countries()) for name in (row.name, row.name_ja, *row.aliases)}


@cache
def by_capital() -> dict[str, Country]:
    """Every name of a capital, as a look-up key; of two countries the member state."""
    rows = [(row, (*row.capitals, *row.capitals_ja, *row.capital_aliases)) for row in reversed(countries())]
    return {key(name): row for row, names in rows for name in names}


def answer(question: Question) -> Answer | None:
    """Answers questions about capitals: of a country, the reverse, a list, and their follow-ups."""
    text = pattern("capital", "filler").sub(" ", question.text)
    if not pattern("capital", "subject").search(text):
        return _follow_up(question)
    if pattern("capital", "how_many").search(text):
        return question.say("capitals_known", number=sum(bool(row.capitals) for row in countries()))
    if pattern("capital", "all").search(text):
        return _list(question)
    if pattern("capital", "reverse").search(text):
        return _reverse(question, text)
    region, place = pattern("capital", "region").search(text), pattern("capital", "place").search(text)
    named = next(filter(None, place.groups())) if place else ""
    return _capitals_of(question, region[1] if region else text, pattern("capital", "lead").sub("", named).strip())


def _list(question: Question) -> Answer:
    rows = [row for row in countries() if row.capitals]
    shown, left = rows[:_LISTED], len(rows) - _LISTED
    english = "\n".join(f"{row.name.removeprefix('the ')}: {' / '.join(row.capitals)}" for row in shown)
    japanese = "\n".join(f"{row.name_ja}: {'、'.join(row.capitals_ja)}" for row in shown)
    told = question.say("capitals_listed", list=english, list_ja=japanese, left=left)
    return replace(told, word=rows[0].sentence(question).word)


def _reverse(question: Question, text: str) -> Answer:
    found = find(text, by_capital())
    if not found:
        return question.say("capital_of_none")
    city, row = found[0]
    english = next((name for name in row.capitals if key(name) == city), row.capitals[0])
    japanese = next((name for name in row.capitals_ja if key(name) == city), row.capitals_ja[0])
    told = question.say("capital_of", city=english, city_ja=japanese, country=row.name, country_ja=row.name_ja)
    return replace(told, word=row.name_ja if question.language == "ja" else row.name.removeprefix("the "))


def _capitals_of(question: Question, region: str, place: str) -> Answer:
    found = list(dict.fromkeys(row for _, row in find(region, by_name())))
    if not found or pattern("capital", "neighbour").search(region):
        return _unknown(question, place)
    answers = [row.sentence(question) for row in found]
    gap = "" if question.language == "ja" else " "
    text, word = gap.join(each.text for each in answers), ", ".join(each.word for each in answers)
    if len(found) > 1 or found[0].note or not pattern("capital", "yes_no").search(question.text):
        return Answer(text, word)
    right = any(found[0] in (row, by_name().get(city)) for city, row in find(question.text, by_capital()))
    yes = question.say("yes" if right else "no").text
    return Answer(yes + text, yes.rstrip("。. "))


def _unknown(question: Question, place: str) -> Answer:
    if not place:
        return question.say("which_country", number=len(countries()))
    near = difflib.get_close_matches(key(place), by_name(), n=1, cutoff=0.8)
    if not near:
        return question.say("no_country", place=place)
    row = by_name()[near[0]]
    guess = row.sentence(question)
    meant = question.say("country_meant", place=place, country=row.name, country_ja=row.name_ja, guess=guess.text)
    return replace(meant, word=guess.word)


def _follow_up(question: Question) -> Answer | None:
    """`And Italy?`, where one of the last sentences asked for a capital."""
    found = pattern("capital", "follow_up").search(question.text)
    if not found or not any(map(pattern("capital", "subject").search, question.earlier[-_LOOK_BACK:])):
        return None
    place = found[1] or found[2]
    known = find(place, by_name()) or difflib.get_close_matches(key(place), by_name(), n=1, cutoff=0.8)
    return _capitals_of(question, place, place) if known else None


def find(text: str, names: dict[str, Country]) -> list[tuple[str, Country]]:
    """The names that a text holds, in its order, with their rows; the longest name wins at each place."""
    letters = key(text)
    if (language_of(text) == "ja" or not text.isascii()) and (found := _longest(list(letters), "", 20, names)):
        return found
    return _longest(letters.split(), " ", 9, names)


def _longest(pieces: list[str], gap: str, most: int, names: dict[str, Country]) -> list[tuple[str, Country]]:
    """Of words, or of letters where a language puts no spaces between words."""
    found: list[tuple[str, Country]] = []
    start = 0
    while start < len(pieces):
        for end in range(min(len(pieces), start + most), start, -1):
            name = gap.join(pieces[start:end])
            row = names.get(name) or (names.get(name.removesuffix("s")) if gap and end == start + 1 else None)
            before, after = pieces[start - 1] if start else "", pieces[end] if end < len(pieces) else ""
            if row and (_is_a_word(before) if gap else _stands_alone(before, name, after)):
                found.append((name, row))
                start = end - 1
                break
        start += 1
    return found


def _is_a_word(before: str) -> bool:
    """`New Mexico` and `ancient Egypt` are not the countries."""
    return not re.fullmatch(r"new|old|ancient|(?:north|south|east|west)(?:ern)?|lower|upper|inner", before)


def _stands_alone(before: str, name: str, after: str) -> bool:
    """A name in katakana may not be part of a longer word."""
    kana = re.compile(r"[ァ-ヶー・]")
    inside = (kana.match(name) and kana.match(before)) or (kana.match(name[-1]) and kana.match(after))
    return (
        language_of(name) == "ja" and not inside and before not in tuple("東西南北新旧") and after not in tuple("語人")
    )
