"""What functions gave back, in words: an answer says what a function said, and no more."""

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

from mock_endpoint.models.base import ToolCall
from mock_endpoint.models.offline.functions import words
from mock_endpoint.models.offline.reading import Language
from mock_endpoint.models.offline.skill import Answer, Question

_LONGEST = 600
_MOST_ITEMS = 12
_MOST_LABELS = 3
_DEEP = 4
_ENDS = (*".!?。!?…", '."', '!"', '?"', "。」")
_ERROR_KEYS = ("error", "errors", "exception", "error_message")
_ERROR = re.compile(r"^\s*(?:[\w.]*(?:Error|Exception)\b|Traceback\b|failed\b|failure\b|エラー|失敗)", re.IGNORECASE)


def answers(question: Question, calls: Sequence[ToolCall]) -> list[Answer]:
    """One answer for each call, in the language of the question."""
    return [_answer(question, call, calls) for call in calls]


def parsed(text: str) -> Any:  # noqa: ANN401
    """The JSON value of an output; the text itself where it is no JSON."""
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return text


def _answer(question: Question, call: ToolCall, calls: Sequence[ToolCall]) -> Answer:
    value, language = parsed(call.output), question.language
    arguments = parsed(call.arguments)
    label = _label(
        arguments if isinstance(arguments, Mapping) else {}, [each for each in calls if each.name == call.name]
    )
    if problem := _problem(value):
        text = _short(_said(problem, language), language)
        about = f" ({label})" if label else ""
        return question.reply(
            _sentence(f"{call.name}{about} could not tell: {text}"),
            _sentence_ja(f"{call.name}{about}は答えられませんでした: {text}", isinstance(problem, str)),
            "Error",
            "エラー",
        )
    if value in ("", None, [], {}):
        about = label or call.name
        return question.reply(
            f"{about}: {call.name} gave nothing back.", f"{about}: {call.name}の結果は空でした。", "Nothing", "なし"
        )
    text = _short(_said(_without(value, label), language), language)
    about = label or " ".join(words.split(call.name))
    whole = text if re.match(rf"{re.escape(about)}(?!\w)", text, re.IGNORECASE) else f"{about}: {text}"
    return question.reply(_sentence(whole), _sentence_ja(whole, isinstance(value, str)), _word(value))


def _label(arguments: Mapping[str, Any], alike: Sequence[ToolCall]) -> str:
    """What was asked: the arguments by which calls of one function differ, else the first ones."""
    others = [each for call in alike if isinstance(each := parsed(call.arguments), Mapping)]
    different = [name for name in arguments if any(each.get(name) != arguments[name] for each in others)]
    named = [
        name
        for name, value in arguments.items()
        if isinstance(value, str | int | float | list) and value not in ("unknown", "")
    ]
    order = sorted(named, key=lambda name: name not in different)[:_MOST_LABELS]
    return ", ".join(_labelled(name, arguments[name]) for name in named if name in order)[:120]


def _labelled(name: str, value: object) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, list):
        return ", ".join(map(str, value[:_MOST_LABELS])) if all(isinstance(each, str) for each in value) else _key(name)
    return f"{_key(name)} {_scalar(value, 'en')}"


def _problem(value: object) -> object:
    """What went wrong, where the output says that something did."""
    if isinstance(value, Mapping):
        return next((value[key] for key in _ERROR_KEYS if value.get(key)), None)
    return value if isinstance(value, str) and _ERROR.match(value) else None


def _without(value: object, label: str) -> object:
    """The output without what the label says already."""
    if not isinstance(value, Mapping):
        return value
    kept = {
        name: each for name, each in value.items() if not (isinstance(each, str) and each and each in label.split(", "))
    }
    return kept or value


def _said(value: object, language: Language, depth: int = 0) -> str:
    if depth > _DEEP:
        return "…"
    if isinstance(value, Mapping):
        return _pairs(value, language, depth)
    if isinstance(value, list):
        return _items(value, language, depth)
    return _scalar(value, language)


def _pairs(value: Mapping[str, Any], language: Language, depth: int) -> str:
    parts = []
    for name, each in list(value.items())[:_MOST_ITEMS]:
        said = _said(each, language, depth + 1)
        inner = isinstance(each, Mapping | list) and bool(each)
        gap = ": " if inner else "は" if language == "ja" else " "
        parts.append(f"{_key(name)}{gap}{f'({said})' if inner and depth else said}")
    return _more(parts, len(value), language)


def _items(value: list[Any], language: Language, depth: int) -> str:
    if not value:
        return "なし" if language == "ja" else "none"
    said = [_said(each, language, depth + 1) for each in value[:_MOST_ITEMS]]
    if any(isinstance(each, Mapping | list) for each in value):
        said = [f"({number}) {each}" for number, each in enumerate(said, 1)]
    return _more(said, len(value), language)


def _more(parts: list[str], number: int, language: Language) -> str:
    comma = "、" if language == "ja" else ", "
    left = number - len(parts)
    if left:
        parts.append(f"ほか{left}件" if language == "ja" else f"and {left} more")
    return comma.join(parts)


def _scalar(value: object, language: Language) -> str:
    if isinstance(value, bool):
        return (("いいえ", "はい") if language == "ja" else ("no", "yes"))[value]
    if value is None:
        return "不明" if language == "ja" else "not given"
    return str(value).strip()


def _key(name: str) -> str:
    return " ".join(words.split(str(name))) or str(name)


def _word(value: object) -> str:
    """The first plain value of an output, for an answer in one word."""
    for _ in range(_DEEP):
        if isinstance(value, Mapping):
            plain = [each for each in value.values() if isinstance(each, int | float)]
            value = plain[0] if plain else next(iter(value.values()), "")
        elif isinstance(value, list):
            value = value[0] if value else ""
    return _scalar(value, "en").split("\n")[0][:60]


def _short(text: str, language: Language) -> str:
    if len(text) <= _LONGEST:
        return text
    return text[:_LONGEST].rstrip() + ("…(以下省略)" if language == "ja" else " … (shortened)")


def _sentence(text: str) -> str:
    return text if text.endswith((*_ENDS, "(shortened)")) else f"{text}."


def _sentence_ja(text: str, quoted: bool = False) -> str:
    return text if text.endswith((*_ENDS, "(以下省略)")) else f"{text}{'' if quoted else 'です'}。"
