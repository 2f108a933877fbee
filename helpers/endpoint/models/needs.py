"""What the offline model must turn down: work for a tool it cannot use yet, and pictures."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from .base import Prompt
from .skill import Answer, Question


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
_GENERIC = re.compile(r"fetch|find|search|list|current|call|make|with|from|look|show|give|user|data|info|date|time")


def answer(question: Question) -> Answer | None:
    """Says `cannot yet`, naming the tool, where a tool is demanded or the work needs one."""
    if forced := _forced(question.prompt):
        return _cannot(question, "This run demands a tool", "この実行にはツールが必要です", [forced])
    if function := _function_for(question):
        return _cannot(question, "That needs a function", "それには関数が必要です", [function])
    for work in _WORKS:
        if work.sign.search(question.text):
            declared = [name for kind, name in _tools(question.prompt) if kind == work.tool]
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
            f"{en} ({listed}), and I cannot use tools yet.",
            f"{ja}({listed})。まだツールは使えません。",
            "Cannot",
            "不可",
        )
    return question.reply(
        f"{en}: this assistant has none, and I cannot use tools yet.",
        f"{ja}が、このアシスタントにはありません。まだツールは使えません。",
        "Cannot",
        "不可",
    )


def _tools(prompt: Prompt) -> list[tuple[str, str]]:
    """Kind and name of each declared tool."""
    return [(str(tool.get("type", "")), _name(tool)) for tool in prompt.tools]


def _name(tool: Mapping[str, Any]) -> str:
    function = tool.get("function")
    return str(function.get("name", "function")) if isinstance(function, Mapping) else str(tool.get("type", "tool"))


def _forced(prompt: Prompt) -> str:
    """The tool that `tool_choice` demands, or all declared ones; "" where the model is free."""
    if isinstance(prompt.tool_choice, Mapping):
        return _name(prompt.tool_choice)
    if prompt.tool_choice != "required":
        return ""
    return ", ".join(name for _, name in _tools(prompt)) or "required"


def _function_for(question: Question) -> str:
    """The declared function whose name speaks of what the question asks."""
    text = question.text.casefold()
    for kind, name in _tools(question.prompt):
        words = re.sub(r"([a-z])([A-Z])", r"\1 \2", name).replace("_", " ").casefold().split()
        telling = [word for word in words if len(word) > 3 and not _GENERIC.fullmatch(word)]
        if kind == "function" and any(re.search(rf"\b{re.escape(word)}", text) for word in telling):
            return name
    return ""
