"""Sums as people type them, in English and Japanese, worked out for real."""

import re
import tomllib
from fractions import Fraction
from functools import cache
from pathlib import Path

from mock_endpoint.models.offline.skill import Answer, Question
from mock_endpoint.models.offline.skills.calculator import NoValueError, evaluate, solve, written
from mock_endpoint.models.offline.text import words

_LONGEST = 400
"""Characters of a sentence that may hold a sum."""
_SPOKEN = re.compile(
    r"\b(?:plus|minus|times|divided|multipl\w+|over|root|percent|power|squared|cubed|sum|product|add|subtract)\b|%",
    re.I,
)
_EXPRESSION = re.compile(r"(?:sqrt\s*\(|[(\-+]\s*)*\d[\d.\s+\-*/%()x]*(?:sqrt\s*\([\d.\s+\-*/%()]*)*")
_EQUATION = re.compile(r"((?=[^=]*x)[\d.\s+\-*/()x]+|[\d.\s+\-*/()]+)=([\d.\s+\-*/()x]+)")
_OPERATION = re.compile(r"[\d)]\s*(?:\*\*|//|[-+*/%])\s*[-+(\d]|[\d)]\s*(?:\*\*|//|[-+*/%])\s*sqrt|sqrt")
_CUE = re.compile(
    r"\b(?:what(?:'?s| is| are| do| does)?|how much|calculate|compute|evaluate|solve|work out)\b"
    r"|\b(?:equals?|result|add|sum|find)\b|=|は|いくつ|いくら|計算|答え|何|なに|解",
    re.I,
)
_ASKED = re.compile(r"what|how much|calculat|comput|=|いくつ|計算", re.I)
"""What makes `12-3` beside letters a sum, not a code."""
_SIGNS = [("**", "^"), ("*", " × "), ("//", " ÷ "), ("/", " ÷ "), ("+", " + "), ("%", " mod ")]


def answer(question: Question) -> Answer | None:
    """Works out the sum in the sentence, or the linear equation in x."""
    text = _rewritten(question.text) if len(question.text) <= _LONGEST else ""
    return (_equation(question, text) or _sum(question, text)) if re.search(r"\d", text) else None


@cache
def _rewrites() -> list[tuple[re.Pattern[str], str]]:
    rows = tomllib.loads(Path(__file__).with_name("sums.toml").read_text(encoding="utf-8"))["rewrites"]
    return [(re.compile(pattern.replace("{N}", r"(-?\d+(?:\.\d+)?)"), re.I), template) for pattern, template in rows]


@cache
def _numbers() -> dict[str, str]:
    english = words()["en"]
    small = {word: str(number) for number, word in enumerate(english["numbers"].split())}
    return small | {word: str(10 * tens) for tens, word in enumerate(f"{english['tens']} hundred".split(), 2)}


def _rewritten(text: str) -> str:
    """The text with every spoken number and operation as Python writes it."""
    if _SPOKEN.search(text):
        text = re.sub(
            rf"\b(?:{'|'.join(_numbers())})\b", lambda match: _numbers()[match[0].casefold()], text, flags=re.I
        )
    for pattern, template in _rewrites():
        text = pattern.sub(template, text)
    return text


def _sum(question: Question, text: str) -> Answer | None:
    for found in _EXPRESSION.finditer(text):
        expression = _balanced(found[0].lstrip(" .+*/%").rstrip(" .+-*/%"))
        rest = text[: found.start()] + text[found.end() :]
        meant = not re.search(r"[^\W\d_]", rest) or _CUE.search(rest) or _SPOKEN.search(question.text)
        code = re.fullmatch(r"[\d-]+", expression) and re.search(r"[^\W\d_]", rest) and not _ASKED.search(rest)
        if not meant or code or not _OPERATION.search(expression):
            continue
        shown = _shown(expression)
        try:
            number, exact = written(*evaluate(expression))
        except NoValueError as problem:
            if str(problem) == "form":
                continue
            return question.say(f"sum_{problem}", shown=shown)
        return question.say("sum" if exact else "sum_rounded", shown=shown, number=number)
    return None


def _equation(question: Question, text: str) -> Answer | None:
    found = _EQUATION.search(text)
    try:
        x: Fraction | None = solve(found[1], found[2]) if found and "x" in found[0] else None
    except NoValueError:
        return None
    if x is None:
        return None
    number, exact = written(x)
    return question.say("equation", sign="=" if exact else "≈", number=number)


def _balanced(expression: str) -> str:
    """Without a closing bracket that belongs to the sentence around it."""
    while expression.endswith(")") and expression.count(")") > expression.count("("):
        expression = expression[:-1].rstrip()
    while expression.startswith("(") and expression.count("(") > expression.count(")"):
        expression = expression[1:].lstrip()
    return expression


def _shown(expression: str) -> str:
    """The expression as a person writes it."""
    text = re.sub(r"\s*(\*\*|//|[*/+%])\s*", r"\1", expression)
    text = re.sub(r"(?<=[\d)])\s*-\s*", " - ", text)
    for sign, shown in _SIGNS:
        text = text.replace(sign, shown)
    text = re.sub(r"sqrt\s*\((\d+(?:\.\d+)?)\)", r"√\1", text).replace("sqrt", "√")
    return re.sub(r"^\(([^()]*)\)$", r"\1", text)
