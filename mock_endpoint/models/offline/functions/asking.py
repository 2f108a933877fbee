"""Asking back: what a function needs that nobody has said yet."""

from collections.abc import Sequence

from mock_endpoint.models.offline.functions.plan import Ask, Lack
from mock_endpoint.models.offline.skill import Answer, Question


def answers(question: Question, asks: Sequence[Ask]) -> list[Answer]:
    """One question for each function, in the language of the message."""
    return [_answer(question, ask) for ask in asks]


def _answer(question: Question, ask: Ask) -> Answer:
    call = f"{ask.name}({', '.join(ask.parameters)})"
    strange = [lack for lack in ask.lacks if lack.unknown]
    missing = [lack for lack in ask.lacks if not lack.unknown]
    english = [f"{ask.name} does not know {lack.unknown}; {_one_of(lack)}." for lack in strange]
    japanese = [f"{ask.name}は「{lack.unknown}」を知りません。{_one_of_ja(lack)}。" for lack in strange]
    if missing:
        names = " and ".join(f"the {lack.name}{_aside(lack)}" for lack in missing)
        english.append(f"For that I need {names}: {call}.")
        names = "と".join(f"{lack.name}{_aside(lack)}" for lack in missing)
        japanese.append(f"それには{names}が必要です: {call}。")
    english.append("Which one?" if len(ask.lacks) == 1 else "Which ones?")
    return question.reply(" ".join(english), "".join([*japanese, "どれですか?"]), "Incomplete", "不足")


def _one_of(lack: Lack) -> str:
    return f"its {lack.name} is one of {', '.join(lack.options)}"


def _one_of_ja(lack: Lack) -> str:
    return f"{lack.name}は{'、'.join(lack.options)}のどれかです"


def _aside(lack: Lack) -> str:
    return f" ({', '.join(lack.options)})" if lack.options else ""
