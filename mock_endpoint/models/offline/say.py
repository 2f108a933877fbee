"""What functions gave back, in words, and questions for what is missing."""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from mock_endpoint.models.base import ToolCall
from mock_endpoint.models.offline.skill import Answer, Question
from mock_endpoint.models.offline.slots import Slot
from mock_endpoint.models.offline.text import Language, name_words
from mock_endpoint.models.offline.work import Bound

_LONGEST, _MOST_ITEMS, _MOST_LABELS, _DEEP = 600, 12, 3, 4
_ENDS = (*".!?。!?…", '."', '!"', '?"', "。」", "(shortened)", "(以下省略)")
_ERROR_KEYS = ("error", "errors", "exception", "error_message")
_ERROR = re.compile(r"^\s*(?:[\w.]*(?:Error|Exception)\b|Traceback\b|failed\b|failure\b|エラー|失敗)", re.I)


def outcomes(question: Question, calls: Sequence[ToolCall]) -> list[Answer]:
    """One answer for each call that has its output: what the function said, and no more."""
    return [_outcome(question, call, [each for each in calls if each.name == call.name]) for call in calls]


def asked_back(question: Question, bound: Bound) -> Answer:
    """The question for what a function needs and nobody has said."""
    names = dict.fromkeys(slot.path[0] for slot in bound.function.slots)
    call = f"{bound.function.name}({', '.join(names)})"
    lacks = bound.lacks
    english = " and ".join(f"the {_slot(slot)}" for slot in lacks)
    japanese = "と".join(map(_slot, lacks))
    which = "Which one?" if len(lacks) == 1 else "Which ones?"
    return question.say("asked_back", en=english, ja=japanese, call=call, which=which)


def _slot(slot: Slot) -> str:
    about = ", ".join(map(str, slot.options[:_MOST_ITEMS])) or str(slot.schema.get("description") or "").strip(" .。")
    known = about.casefold() in (slot.path[-1].casefold(), slot.name, "")
    return slot.path[-1] if known or len(about) > 80 else f"{slot.path[-1]} ({about})"


def parsed(text: str) -> Any:  # noqa: ANN401
    """The JSON value of an output; the text itself where it is no JSON."""
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return text


def _outcome(question: Question, call: ToolCall, alike: Sequence[ToolCall]) -> Answer:
    value, language, arguments = parsed(call.output), question.language, parsed(call.arguments)
    label = _label(arguments if isinstance(arguments, Mapping) else {}, alike)
    if problem := _problem(value):
        text, about = _short(_said(problem, language), language), f" ({label})" if label else ""
        told = question.say("failed", name=call.name, about=about, text=text)
        return replace(told, text=_sentence(told.text, language, isinstance(problem, str)))
    about = label or name_words(call.name)
    if value in ("", None, [], {}):
        return question.say("nothing_back", about=about, name=call.name)
    text = _short(_said(_without(value, label), language), language)
    whole = text if re.match(rf"{re.escape(about)}(?!\w)", text, re.I) else f"{about}: {text}"
    return Answer(_sentence(whole, language, isinstance(value, str)), _word(value))


def _label(arguments: Mapping[str, Any], alike: Sequence[ToolCall]) -> str:
    """What was asked: the arguments by which calls of one function differ, else the first ones."""
    others = [each for call in alike if isinstance(each := parsed(call.arguments), Mapping)]
    named = [
        name
        for name, value in arguments.items()
        # pyrefly: ignore[implicit-any-type-argument]
        if isinstance(value, str | int | float | list) and value not in ("unknown", "")
    ]
    order = sorted(named, key=lambda name: all(each.get(name) == arguments[name] for each in others))[:_MOST_LABELS]
    return ", ".join(_labelled(name, arguments[name]) for name in named if name in order)[:120]


def _labelled(name: str, value: object) -> str:
    if isinstance(value, list) and all(isinstance(each, str) for each in value):
        return ", ".join(value[:_MOST_LABELS])
    return value if isinstance(value, str) else f"{_key(name)} {_scalar(value, 'en')}"


def _problem(value: object) -> object:
    """What went wrong, where the output says that something did."""
    if isinstance(value, Mapping):
        return next((value[key] for key in _ERROR_KEYS if value.get(key)), None)
    return value if isinstance(value, str) and _ERROR.match(value) else None


def _without(value: object, label: str) -> object:
    """The output without what the label says already."""
    if not isinstance(value, Mapping):
        return value
    known = label.split(", ")
    return {
        name: each for name, each in value.items() if not (isinstance(each, str) and each and each in known)
    } or value


def _said(value: object, language: Language, depth: int = 0) -> str:
    if depth > _DEEP:
        return "…"
    if isinstance(value, Mapping):
        parts = []
        for name, each in list(value.items())[:_MOST_ITEMS]:
            # pyrefly: ignore[implicit-any-type-argument]
            said, inner = _said(each, language, depth + 1), isinstance(each, Mapping | list) and bool(each)
            gap = ": " if inner else "は" if language == "ja" else " "
            parts.append(f"{_key(name)}{gap}{f'({said})' if inner and depth else said}")
        return _more(parts, len(value), language)
    if isinstance(value, list):
        parts = [_said(each, language, depth + 1) for each in value[:_MOST_ITEMS]]
        if any(isinstance(each, Mapping | list) for each in value):  # pyrefly: ignore[implicit-any-type-argument]
            parts = [f"({number}) {each}" for number, each in enumerate(parts, 1)]
        return _more(parts, len(value), language) or ("なし" if language == "ja" else "none")
    return _scalar(value, language)


def _more(parts: list[str], number: int, language: Language) -> str:
    left = number - len(parts)
    rest = [f"ほか{left}件" if language == "ja" else f"and {left} more"] if left else []
    return ("、" if language == "ja" else ", ").join([*parts, *rest])


def _scalar(value: object, language: Language) -> str:
    if isinstance(value, bool):
        return (("いいえ", "はい") if language == "ja" else ("no", "yes"))[value]
    if value is None:
        return "不明" if language == "ja" else "not given"
    return str(value).strip()


def _key(name: str) -> str:
    return name_words(str(name)) or str(name)  # pyrefly: ignore[unnecessary-type-conversion]


def _word(value: object) -> str:
    """The first plain value of an output, for an answer in one word."""
    for _ in range(_DEEP):
        if isinstance(value, Mapping):
            value = next(
                (each for each in value.values() if isinstance(each, int | float)), next(iter(value.values()), "")
            )
        elif isinstance(value, list):
            value = value[0] if value else ""
    return _scalar(value, "en").split("\n")[0][:60]


def _short(text: str, language: Language) -> str:
    if len(text) <= _LONGEST:
        return text
    return text[:_LONGEST].rstrip() + ("…(以下省略)" if language == "ja" else " … (shortened)")


def _sentence(text: str, language: Language, quoted: bool) -> str:
    if text.endswith(_ENDS):
        return text
    return f"{text}." if language == "en" else f"{text}{'' if quoted else 'です'}。"
