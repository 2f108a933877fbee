"""Small talk, work for tools that are not there, and the lessons' questions about a trip in Japan: all from data."""

import re
import tomllib
from collections.abc import Mapping
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

from mock_endpoint.models.base import Prompt
from mock_endpoint.models.offline.clauses import clauses
from mock_endpoint.models.offline.skill import Answer, Question
from mock_endpoint.models.offline.skills.memory import known_name
from mock_endpoint.models.offline.slots import declared
from mock_endpoint.models.offline.text import key

_WORD = re.compile(r"[a-z0-9]+|[ァ-ヺー]+")
"""What stands as a word of its own, in Japanese text too, which puts no spaces between the others."""
_ENDING = re.compile(r"(?:(?<=[sxh])es|s|ing|ed|ese)$")
_NOT_MEANT = re.compile(r"[^\s、。]+(?:じゃ|では)なくて?、?|\bnot the \w+,? but\b", re.I)
"""What a wish names to set it aside: the weather in `気温じゃなくて首都を教えて`."""
_BUILT_IN = ("code_interpreter", "file_search")
Entry = Mapping[str, Any]


@cache
def entries(file: str, kind: str = "entry") -> tuple[Entry, ...]:
    """The entries of a data file, with their lines as look-up keys."""
    rows = tomllib.loads(Path(__file__).with_name(file).read_text(encoding="utf-8"))[kind]
    return tuple(
        {**row, "lines": tuple(tuple(key(line).split()) for line in (*row["when"], *row["when_ja"]))} for row in rows
    )


def answer(question: Question) -> Answer | None:
    """Answers what people say to begin, to end and to find out whom they talk with."""
    text = key(question.text)
    for entry in entries("talk.toml"):
        for line in entry["lines"]:
            phrase = " ".join(line)
            ascii_only = phrase.isascii()
            if (f" {phrase} " in f" {text} ") if ascii_only else (phrase in text):
                rest = len(text.split()) - len(line) if ascii_only else (len(text) - len(phrase)) / 2.5
                if rest <= (
                    entry["extra"] if text.startswith(phrase) or not entry.get("courtesy") else min(entry["extra"], 3)
                ):
                    said = _said(question, entry)
                    return _with_functions(question, said) if entry.get("name") == "abilities" else said
    return None


def _with_functions(question: Question, said: Answer) -> Answer:
    """The answer, and what the declared functions do."""
    named = [
        f"{each.name} ({each.description.rstrip('.。')})" if each.description else each.name
        for each in declared(question.prompt)
    ]
    if not named:
        return said
    gap = "" if question.language == "ja" else " "
    return replace(said, text=said.text + gap + question.say("functions", names=", ".join(named[:12])).text)


def distress(question: Question) -> Answer | None:
    """Answers somebody who does not want to live."""
    text = f" {key(question.text)} "
    for entry in entries("talk.toml", "distress"):
        for line in entry["lines"]:
            phrase = " ".join(line)
            if (f" {phrase} " if phrase.isascii() else phrase) in text:
                return _said(question, entry)
    return None


def abilities(question: Question) -> Answer:
    """What the offline model can do."""
    return _said(question, next(entry for entry in entries("talk.toml") if entry["name"] == "abilities"))


def guide(question: Question) -> Answer | None:
    """Answers from the entry of the phrasebook whose keywords fit best."""
    text = key(question.text.replace("What's", "What is").replace("what's", "what is"))
    words = words_of(text)
    best = max(entries("phrasebook.toml"), key=lambda entry: score(entry, text, words))
    return _said(question, best) if score(best, text, words) and not _strange(question.text, best) else None


def _strange(text: str, entry: Entry) -> bool:
    """Whether a question names a number or a place that the answer does not: five days are no week."""
    known = key(f"{entry['en']} {entry['ja']} {' '.join(map(' '.join, entry['lines']))}")
    names = re.findall(r"(?<=[a-z,] )[A-Z][a-z]{3,}", text) + re.findall(r"\d+", text)
    return any(key(name) not in known for name in names) or any(
        place in text and place not in known for place in _places()
    )


@cache
def _places() -> tuple[str, ...]:
    """Japanese places that people travel to."""
    table = tomllib.loads(Path(__file__).with_name("phrasebook.toml").read_text(encoding="utf-8"))
    return tuple(table["places"].split())


def score(entry: Entry, text: str, words: frozenset[str]) -> int:
    """Letters matched by the best line of which every keyword is there; 0 for none. `words` are `words_of(text)`."""
    fitting = (line for line in entry["lines"] if all(_stands(keyword, text, words) for keyword in line))
    return max((sum(len(keyword) + keyword.isascii() for keyword in line) for line in fitting), default=0)


def words_of(text: str) -> frozenset[str]:
    """The words of a text, each with and without a common English ending."""
    found = set()
    for word in _WORD.findall(text):
        bare = _ENDING.sub("", word)
        found |= {word, bare, bare[:-1]} if bare != word and bare[-1:] == bare[-2:-1] else {word, bare}
    return frozenset(found)


def _stands(keyword: str, text: str, words: frozenset[str]) -> bool:
    """Whether a text holds a keyword: as a whole word, unless it is Japanese with more than katakana."""
    return keyword in words if _WORD.fullmatch(keyword) else keyword in text


def _said(question: Question, entry: Entry) -> Answer:
    if entry.get("name") == "identity":
        return _identity(question, entry)
    me, you = question.style.name, known_name(question) if "{, you}" in entry.get("en", "") else ""
    filled = {
        "{, you}": f", {you}" if you else "",
        "{I am me. }": f"I am {me}. " if me else "",
        "{、youさん}": f"、{you}さん" if you else "",
        "{meです。}": f"{me}です。" if me else "",
    }
    en, ja = entry["en"], entry["ja"]
    for place, value in filled.items():
        en, ja = en.replace(place, value), ja.replace(place, value)
    return question.reply({**entry, "en": en, "ja": ja})


def _identity(question: Question, entry: Entry) -> Answer:
    style = question.style
    role = f"{',' if style.name else ''} {style.purpose}" if style.purpose else ""
    nameless = "My instructions give me no name (an assistant's name is for people; models do not read it)"
    me = f"I am {style.name}{role}" if style.name or role else nameless
    task = f" I {style.task}." if style.task else ""
    said = question.prompt.instructions.strip().splitlines()
    me_ja = f"私は{style.name}です。" if style.name else "指示の中に名前はありません。"
    task_ja = f"指示には「{said[0][:120]}」とあります。" if said else ""
    told = question.reply(
        {**entry, "en": entry["en"].format(me=me, task=task), "ja": entry["ja"].format(me=me_ja, task=task_ja)}
    )
    return replace(told, word=style.name or told.word)


def work(question: Question) -> Answer | None:
    """Says honestly that a tool is needed which it lacks."""
    if not any(clause.wants for clause in clauses(question.text)):
        return None
    text = key(_NOT_MEANT.sub("", question.text))
    words = words_of(text)
    for entry in entries("talk.toml", "work"):
        if score(entry, text, words):
            if entry["tool"] in _built_in(question.prompt):  # it has been used, or will be
                return None
            return question.say("no_tool", en=entry["en"], ja=entry["ja"])
    return None


def _built_in(prompt: Prompt) -> list[str]:
    """The declared tools that are no functions."""
    return [kind for tool in prompt.tools if (kind := str(tool.get("type", ""))) in _BUILT_IN]
