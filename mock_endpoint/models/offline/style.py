"""How an answer should sound, as the instructions and the question say it."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Literal

from mock_endpoint.models.base import Prompt
from mock_endpoint.models.offline.text import Language, sentences, tidy

_NUMBERS = {"one": 1, "a single": 1, "1": 1, "two": 2, "2": 2, "three": 3, "3": 3, "一": 1, "二": 2, "三": 3}
_TONGUE: dict[str, Language] = {"japanese": "ja", "日本語": "ja", "english": "en", "英語": "en"}

_LANGUAGE = re.compile(
    r"\b(?:answer|reply|respond|speak|talk|write|explain|always|only|use|please|language)\b.*?\b(japanese|english)\b"
    r"|^in (japanese|english)\b|(日本語|英語)(?:で|だけ|のみ|を使)",
    re.IGNORECASE,
)
_BOTH = re.compile(r"japanese\b.*\benglish|english\b.*\bjapanese|日本語.*英語|英語.*日本語", re.IGNORECASE)
_NEGATED = re.compile(r"\b(?:not|never|don't)\b|ないで|禁止", re.IGNORECASE)
_WORD = re.compile(
    r"\b(?:one|a single|1)[- ]word\b|\bin a word\b|\b(?:only|just)(?: with)? the (?:name|city|number|word)\b"
    r"|一言|ひとこと|一語|1語|一単語|1単語|単語(?:だけ|のみ|一つ|1つ|ひとつ)",
    re.IGNORECASE,
)
_SENTENCES = re.compile(
    r"\b(one|a single|1|two|2|three|3)(?: \w+)? sentences?\b|([一二三123])(?:つの)?文(?:で|だけ|以内)", re.IGNORECASE
)
_BRIEF = re.compile(
    r"\b(?:be|keep|answer|reply|respond)\b.*\b(?:brief|short|concise)\b|\b(?:briefly|concisely)\b|簡潔に|短く|手短に",
    re.IGNORECASE,
)
_UPPER = re.compile(
    r"\b(?:in|use|using|with) (?:only )?(?:all |block )?cap(?:ital)?s?\b(?! (?:of|city|cities)\b)"
    r"|\ball[- ]caps\b|\bcapital letters\b|\bupper[- ]?case\b|大文字",
    re.IGNORECASE,
)
_QUOTED = r"""["「『']([^"」』\n]{1,80}?)["」』'](?=[\s.,!?。、をとでにのとい]|$)"""
_REPLY = r"(?:every |each |all |your |of )*(?:answer|repl(?:y|ie)|respon[sd]e?|message|sentence)s?"
_START = re.compile(rf"\b(?:start|begin|open) {_REPLY} with[^\"「『'\n]{{0,20}}{_QUOTED}", re.IGNORECASE)
_END = re.compile(rf"\b(?:end|finish|close) {_REPLY} with[^\"「『'\n]{{0,20}}{_QUOTED}", re.IGNORECASE)
_START_JA = re.compile(rf"(?:最初|冒頭|はじめ|始め|頭)に[はも、]*(?:必ず)?{_QUOTED}")
_END_JA = re.compile(rf"(?:最後|終わり|末尾|語尾)に[はも、]*(?:必ず)?{_QUOTED}")
_NAME = re.compile(
    r"\b(?:[Yy]our name is|[Cc]all yourself|[Yy]ou are (?:called|named)|[Yy]ou are(?! (?:A|An|The|I)\b)(?= [A-Z]))"
    r' "?([^\W\d_][\w-]*)"?'
)
_NAME_JA = re.compile(r"(?:あなた|君|きみ)の名前は[「『]?([^\s」』。、]{1,20}?)[」』]?(?:です|だ|。|$)")
_NAME_JA_SHORT = re.compile(r"(?:あなた|君|きみ)は[「『]?([ァ-ヶーA-Za-z]{2,20})[」』]?(?:です|という|。|$)")
_NOT_NAMES = frozenset({"Japanese", "English", "ChatGPT"})
_ROLE = re.compile(r"\b[Yy]ou are (?:[A-Z][\w-]*, )?((?:an?|the) [^.!?\n]{3,160})")
_TASK = re.compile(r"(?:^|[.!?\n]\s*)You (?:will )?((?:help|plan|answer|assist|guide|teach|explain)\b[^.!?\n]{3,160})")
_LASTING = re.compile(r"\bfrom now on\b|\balways\b|これから|今後|いつも", re.IGNORECASE)


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
    style = _read(Style(), prompt.instructions)
    for turn in prompt.turns:
        if turn.role == "user" and _LASTING.search(turn.text[:500]):
            style = _form(style, tidy(turn.text[:500]))
    for text in asked:
        style = _form(style, text[:500])
    return style


def wants_json(response_format: str | Mapping[str, object]) -> bool:
    """Whether the answer must be a JSON object."""
    return isinstance(response_format, Mapping) and response_format.get("type") == "json_object"


def _read(style: Style, instructions: str) -> Style:
    text = tidy(instructions[:10_000])
    style = _form(style, text)
    name = _NAME.search(text) or _NAME_JA.search(text) or _NAME_JA_SHORT.search(text)
    role, task = _ROLE.search(text), _TASK.search(text)
    start = _START.search(text) or _START_JA.search(text)
    end = _END.search(text) or _END_JA.search(text)
    return replace(
        style,
        name=name[1] if name and name[1] not in _NOT_NAMES else "",
        purpose=role[1].strip() if role else "",
        task=task[1].strip() if task else "",
        start=start[1] if start else "",
        end=end[1] if end else "",
    )


def _form(style: Style, text: str) -> Style:
    """The style after a text that may speak of language, length or capitals; the last word wins."""
    for sentence in sentences(text):
        if _NEGATED.search(sentence):
            continue
        language, length = _LANGUAGE.search(sentence), _length(sentence)
        if _BOTH.search(sentence):
            style = replace(style, language=None)
        elif language:
            style = replace(style, language=_TONGUE[next(filter(None, language.groups())).casefold()])
        if length:
            style = replace(style, length=length)
        if _UPPER.search(sentence):
            style = replace(style, upper=True)
    return style


def _length(sentence: str) -> Literal["word"] | int | None:
    if _WORD.search(sentence):
        return "word"
    if found := _SENTENCES.search(sentence):
        return _NUMBERS[(found[1] or found[2]).casefold()]
    return 1 if _BRIEF.search(sentence) else None
