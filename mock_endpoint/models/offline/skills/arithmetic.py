"""Sums as people type them, in English and Japanese, worked out for real."""

import re
from fractions import Fraction
from functools import cache

from mock_endpoint.models.offline.skill import Answer, Question
from mock_endpoint.models.offline.skills.calculator import NoValueError, evaluate, solve, written

_SMALL = (
    "zero one two three four five six seven eight nine ten "
    "eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen"
)
_LARGE = "twenty thirty forty fifty sixty seventy eighty ninety hundred"
_NUMBER_WORDS = {word: str(number) for number, word in enumerate(_SMALL.split())} | {
    word: str(10 * tens) for tens, word in enumerate(_LARGE.split(), 2)
}
_SPOKEN_NUMBER = re.compile(rf"\b(?:{'|'.join(_NUMBER_WORDS)})\b", re.IGNORECASE)
_SPOKEN_OPERATION = re.compile(
    r"\b(?:plus|minus|times|divided|multipl\w+|over|root|percent|power|squared|cubed|sum|product|add|subtract)\b|%",
    re.IGNORECASE,
)
_N = r"(-?\d+(?:\.\d+)?)"
_REWRITES = [
    (r"(?<=\d),(?=\d{3}(?!\d))", ""),
    (r"[−–—]", "-"),
    (r"(?<=\d)\s*(?:円|ドル|ユーロ|yen\b|dollars?\b|euros?\b)|[¥$€](?=\d)", ""),
    (rf"\bhalf (?:of )?{_N}|{_N}の半分", r"(\1\2 / 2)"),
    (rf"\bsum of {_N},? and {_N}", r"(\1 + \2)"),
    (rf"\bproduct of {_N},? and {_N}", r"(\1 * \2)"),
    (rf"\bdifference (?:between|of) {_N},? and {_N}", r"(\1 - \2)"),
    (rf"\badd {_N},? (?:and|to) {_N}", r"(\1 + \2)"),
    (rf"\bmultiply {_N} (?:and|by|with) {_N}", r"(\1 * \2)"),
    (rf"\bdivide {_N} by {_N}", r"(\1 / \2)"),
    (rf"\bsubtract {_N} from {_N}", r"(\2 - \1)"),
    (rf"{_N}と{_N}(?:の和|を[足た]すと?)|{_N}に{_N}を[足た]すと?", r"(\1\3 + \2\4)"),
    (rf"{_N}と{_N}(?:の積|を[掛か]けると?)|{_N}に{_N}を[掛か]けると?", r"(\1\3 * \2\4)"),
    (rf"{_N}と{_N}の差|{_N}から{_N}を[引ひ]くと?", r"(\1\3 - \2\4)"),
    (rf"{_N}を{_N}で[割わ]ると?", r"(\1 / \2)"),
    (rf"{_N}\s*(?:%|percent|per cent)\s*of\s+{_N}", r"(\1 / 100 * \2)"),
    (rf"{_N}の{_N}\s*(?:%|パーセント)", r"(\2 / 100 * \1)"),
    (rf"(?:\bsquare root of|√|ルート)\s*{_N}|{_N}の平方根", r"sqrt(\1\2)"),
    (r"(?:\bsquare root of|√)\s*(?=\()", "sqrt"),
    (r"\b(?:to the power(?: of)?|raised to)\b|\^", "**"),
    (r"\bto the (\d+)(?:st|nd|rd|th)(?: power)?", r"** \1"),
    (r"の(\d+)乗", r"**\1"),
    (r"\bsquared\b|の二乗", "**2"),
    (r"\bcubed\b|の三乗", "**3"),
    (r"\bplus\b|[足た]す|プラス", "+"),
    (r"\bminus\b|[引ひ]く|マイナス", "-"),
    (r"\b(?:times|multiplied by)\b|[掛か]ける|[×·✕]|(?<=[\d)])\s*x\s*(?=[\d(])", "*"),
    (r"\b(?:divided by|over)\b|[割わ]る|÷", "/"),
    (rf"{_N}\s*(?:%|percent|per cent)(?=\s*[-+*/])", r"(\1 / 100)"),
    (r"([-+*/]\s*)(\d+(?:\.\d+)?)\s*(?:%|percent|per cent)(?!\s*[\d(])", r"\1(\2 / 100)"),
    (r"\b(?:mod|modulo)\b", "%"),
    (r"(?<=\d)\s*(?=x\b|\()|(?<=\))\s*(?=\()", "*"),
]
_EXPRESSION = re.compile(r"(?:sqrt\s*\(|[(\-+]\s*)*\d[\d.\s+\-*/%()x]*(?:sqrt\s*\([\d.\s+\-*/%()]*)*")
_EQUATION = re.compile(r"((?=[^=]*x)[\d.\s+\-*/()x]+|[\d.\s+\-*/()]+)=([\d.\s+\-*/()x]+)")
_OPERATION = re.compile(r"[\d)]\s*(?:\*\*|//|[-+*/%])\s*[-+(\d]|[\d)]\s*(?:\*\*|//|[-+*/%])\s*sqrt|sqrt")
_CUE = re.compile(
    r"\b(?:what(?:'?s| is| are| do| does)?|how much|calculate|compute|evaluate|solve|work out)\b"
    r"|\b(?:equals?|result|add|sum|find)\b|="
    r"|は|いくつ|いくら|計算|答え|何|なに|解",
    re.IGNORECASE,
)
_LETTERS = re.compile(r"[^\W\d_]")
_SIGNS = [("**", "^"), ("*", " × "), ("//", " ÷ "), ("/", " ÷ "), ("+", " + "), ("%", " mod ")]

_REASONS = {
    "zero": (
        "{} has no value: nothing can be divided by zero.",
        "{}の値はありません。0で割ることはできないからです。",
        "Undefined",
        "不能",
    ),
    "negative": (
        "{} has no real value: no real number squared is negative.",
        "{}の実数の値はありません。2乗して負になる実数はないからです。",
        "Undefined",
        "なし",
    ),
    "long": ("That sum is too long for me.", "その式は長すぎて計算できません。", "Long", "長い"),
    "large": ("{} is too large a number for me.", "{}は大きすぎて計算できません。", "Huge", "巨大"),
}


def answer(question: Question) -> Answer | None:
    """Works out the sum in the sentence, or the linear equation in x."""
    text = rewritten(question.text)
    if not re.search(r"\d", text):
        return None
    return _equation(question, text) or _sum(question, text)


@cache
def _rewrites() -> list[tuple[re.Pattern[str], str]]:
    """Compiled on first use: so many patterns would slow down the start."""
    return [(re.compile(pattern, re.IGNORECASE), template) for pattern, template in _REWRITES]


def rewritten(text: str) -> str:
    """The text with every spoken number and operation as Python writes it."""
    if _SPOKEN_OPERATION.search(text):
        text = _SPOKEN_NUMBER.sub(lambda match: _NUMBER_WORDS[match[0].casefold()], text)
    for pattern, template in _rewrites():
        text = pattern.sub(template, text)
    return text


def _sum(question: Question, text: str) -> Answer | None:
    for found in _EXPRESSION.finditer(text):
        expression = _balanced(found[0].lstrip(" .+*/%").rstrip(" .+-*/%"))
        rest = text[: found.start()] + text[found.end() :]
        meant = not _LETTERS.search(rest) or _CUE.search(rest) or _SPOKEN_OPERATION.search(question.text)
        if not meant or not _OPERATION.search(expression):
            continue
        try:
            value, exact = evaluate(expression)
        except NoValueError as problem:
            if str(problem) not in _REASONS:
                continue
            en, ja, word, word_ja = _REASONS[str(problem)]
            shown = _shown(expression)
            return question.reply(en.format(shown), ja.format(shown), word, word_ja)
        return _result(question, _shown(expression), value, exact)
    return None


def _result(question: Question, shown: str, value: Fraction, exact: bool) -> Answer:
    number, exact = written(value, exact)
    if exact:
        return question.reply(f"{shown} = {number}.", f"{shown} = {number} です。", number)
    return question.reply(
        f"{shown} is about {number} (rounded to six decimals).",
        f"{shown} は約 {number} です(小数第6位までに丸めました)。",
        number,
    )


def _equation(question: Question, text: str) -> Answer | None:
    found = _EQUATION.search(text)
    if not found or "x" not in found[0]:
        return None
    try:
        x = solve(found[1], found[2])
    except NoValueError:
        return None
    if x is None:
        return None
    number, exact = written(x)
    sign = "=" if exact else "≈"
    return question.reply(f"x {sign} {number}.", f"x {sign} {number} です。", number)


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
