"""What the offline model must turn down: work for a tool that it lacks or cannot run yet, and pictures."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from mock_endpoint.models.base import Prompt
from mock_endpoint.models.offline.skill import Answer, Question


@dataclass(frozen=True)
class _Work:
    """A kind of work, and the tool that would do it."""

    sign: re.Pattern[str]
    tool: str
    en: str
    ja: str


def _work(sign: str, tool: str, en: str, ja: str) -> _Work:
    return _Work(re.compile(sign, re.IGNORECASE), tool, en, ja)


_WORKS = [
    _work(
        r"\b(?:run|execute|write)\b.*\b(?:code|python|script|program|function)\b"
        r"|\b(?:plot|chart|graph|histogram|draw(?! attention))\b"
        r"|\b(?:csv|spreadsheet|excel|dataframe|code interpreter)\b|コード|プログラム|実行して|グラフ|プロット|描いて",
        "code_interpreter",
        "run code",
        "コードを実行する",
    ),
    _work(
        r"\b(?:search|look|read|find|open|according)\b"
        r".*\b(?:the|my|your|this|these|our) (?:files?|documents?|pdfs?|guide|uploads?)\b"
        r"|\b(?:attached|uploaded)\b|ファイル|添付|資料|文書|ガイドによ",
        "file_search",
        "read files",
        "ファイルを読む",
    ),
    _work(
        r"\bweather\b.*\b(?:now|today|tomorrow|current|in|for|like)\b|\bforecast\b|\bcurrent (?:weather|temperature)\b"
        r"|\bexchange rate\b|\bstock price\b|天気|気温|為替",
        "function",
        "look it up",
        "それを調べる",
    ),
]
_BUILT_IN = ("code_interpreter", "file_search")


def answer(question: Question) -> Answer | None:
    """Says honestly that a tool is demanded or needed which it lacks, may not use, or cannot run yet."""
    if forced := _forced(question.prompt):
        return _cannot(question, "This run demands a tool", "この実行にはツールが必要です", forced)
    for work in _WORKS:
        if work.sign.search(question.text):
            declared = [name for name in _built_in(question.prompt) if name == work.tool]
            return _cannot(
                question, f"That needs a tool that can {work.en}", f"それには{work.ja}ツールが必要です", declared
            )
    return None


def pictures(question: Question) -> Answer:
    """The answer to a picture."""
    return question.reply(
        "I cannot see pictures: I read only text.",
        "画像は見ることができません。読めるのは文字だけです。",
        "Text-only",
        "文字のみ",
    )


def _cannot(question: Question, en: str, ja: str, names: list[str]) -> Answer:
    if names:
        listed = ", ".join(names)
        return question.reply(
            f"{en} ({listed}), and this endpoint cannot run that yet.",
            f"{ja}({listed})。このエンドポイントではまだ使えません。",
            "Cannot",
            "不可",
        )
    return question.reply(
        f"{en}: this assistant has none that fits. Declare a function for it, and I can call it.",
        f"{ja}が、このアシスタントに合うものはありません。関数を宣言すれば、呼び出せます。",
        "Cannot",
        "不可",
    )


def _built_in(prompt: Prompt) -> list[str]:
    """The declared tools that are no functions."""
    kinds = (str(tool.get("type", "")) for tool in prompt.tools)
    return [kind for kind in kinds if kind in _BUILT_IN]


def _forced(prompt: Prompt) -> list[str]:
    """The tools that `tool_choice` demands and that cannot be run; empty where the model is free."""
    if isinstance(prompt.tool_choice, Mapping):
        function = prompt.tool_choice.get("function")
        name = function.get("name") if isinstance(function, Mapping) else prompt.tool_choice.get("type")
        return [str(name)]
    return (_built_in(prompt) or ["required"]) if prompt.tool_choice == "required" else []
