"""How an answer should sound, as the instructions and the question say it."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Literal

from mock_endpoint.models.base import Prompt
from mock_endpoint.models.offline.text import Language, pattern, sentences, tidy

_NUMBERS = {"one": 1, "a single": 1, "1": 1, "two": 2, "2": 2, "three": 3, "3": 3, "一": 1, "二": 2, "三": 3}
_TONGUE: dict[str, Language] = {"japanese": "ja", "日本語": "ja", "english": "en", "英語": "en"}
_READ, _READ_MESSAGE = 10_000, 500
"""Characters of the instructions and of a message that are looked at."""


@dataclass(frozen=True)
class Style:
    """What was asked about the form of the answer; None or "" where nothing was."""

    language: Language | None = None
    length: Literal["word"] | int | None = None
    """`word`, or at most so many sentences."""
    upper: bool = False
    name: str = ""
    purpose: str = ""
    """What the instructions say the assistant is or does, fit to follow `I am …` or `I …`."""
    task: str = ""
    start: str = ""
    end: str = ""


def style_of(prompt: Prompt, asked: Iterable[str]) -> Style:
    """The form wanted: instructions first, then lasting wishes of the thread, then the questions themselves."""
    text = tidy(prompt.instructions[:_READ])
    name, role, task, start, end = (_found(part, text) for part in ("name", "role", "task", "start", "end"))
    style = _form(Style(name=name, purpose=role, task=task, start=start, end=end), text)
    for turn in prompt.turns:
        if turn.role == "user" and pattern("style", "lasting").search(turn.text[:_READ_MESSAGE]):
            style = _form(style, tidy(turn.text[:_READ_MESSAGE]))
    for question in asked:
        style = _form(style, question[:_READ_MESSAGE])
    return style


def _found(name: str, text: str) -> str:
    match = pattern("style", name).search(text)
    return next(filter(None, match.groups()), "").strip() if match else ""


def _form(style: Style, text: str) -> Style:
    """The style after a text that may speak of language, length or capitals; the last word wins."""
    for sentence in sentences(text):
        if pattern("style", "negated").search(sentence):
            continue
        language, length = _found("language", sentence), _length(sentence)
        if pattern("style", "both").search(sentence):
            style = replace(style, language=None)
        elif language:
            style = replace(style, language=_TONGUE[language.casefold()])
        upper = style.upper or bool(pattern("style", "upper").search(sentence))
        style = replace(style, length=length or style.length, upper=upper)
    return style


def _length(sentence: str) -> Literal["word"] | int | None:
    if pattern("style", "word").search(sentence):
        return "word"
    if found := _found("sentences", sentence):
        return _NUMBERS[found.casefold()]
    return 1 if pattern("style", "brief").search(sentence) else None
