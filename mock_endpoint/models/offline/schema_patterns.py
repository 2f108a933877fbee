"""The regular expressions of a schema: checked only where that is safe, and an example of what they allow."""

import re

_LONGEST_PATTERN, _LONGEST_TEXT, _MOST_REPEATS = 200, 40, 3
_OPEN = re.compile(r"(?<!\\)[*+]|\{\d+,\d*\}|\{\d{3,}\}")
_NESTED = re.compile(r"[*+|{?][^()]*\)(?:[*+]|\{)|\)[^()]*\)(?:[*+]|\{)")
"""A repeated group with a choice or repetition in it, or with another group: it could take for ever."""
_REPEAT = re.compile(r"([*+?]|\{(\d+)(?:,\d*)?\})[?+]?")
_GROUP = re.compile(r"\?(?::|P?<\w+>|=|!|<=|<!)")
_CLASSES = {
    "d": "0",
    "w": "a",
    "s": " ",
    "D": "a",
    "W": "-",
    "S": "a",
    "b": "",
    "B": "",
    "A": "",
    "Z": "",
    "n": "\n",
    "t": "\t",
}


def matches(pattern: str, text: str) -> bool:
    """Whether a text holds a match. Where checking could take long, only the example of the pattern counts as one."""
    safe = (
        len(pattern) <= _LONGEST_PATTERN
        and len(_OPEN.findall(pattern)) <= _MOST_REPEATS
        and not _NESTED.search(pattern)
    )
    if not safe or len(text) > _LONGEST_TEXT:
        return text == example(pattern)
    try:
        return bool(re.search(pattern, text))
    except (re.error, RecursionError, OverflowError):
        return True


def example(pattern: str) -> str:
    """The shortest text that the pattern allows, as far as it uses the common signs."""
    try:
        return _alternatives(pattern[:1000], 0)[0][:1000]
    except (IndexError, RecursionError):
        return ""


def _alternatives(pattern: str, at: int) -> tuple[str, int]:
    """The text of the first alternative, and where the group ends."""
    texts = [""]
    while at < len(pattern) and pattern[at] != ")":
        if pattern[at] == "|":
            texts.append("")
            at += 1
            continue
        atom, at = _atom(pattern, at)
        if repeat := _REPEAT.match(pattern, at):
            at = repeat.end()
            atom *= min(int(repeat[2][:4]), 1000) if repeat[2] else int(repeat[1][0] == "+")
        texts[-1] += atom
    return texts[0], at


def _atom(pattern: str, at: int) -> tuple[str, int]:
    sign = pattern[at]
    if sign == "(":
        head = _GROUP.match(pattern, at + 1)
        inner, end = _alternatives(pattern, head.end() if head else at + 1)
        return ("" if head and head[0] in ("?=", "?!", "?<=", "?<!") else inner), end + 1
    if sign == "[":
        end = pattern.index("]", at + 2) if "]" in pattern[at + 2 :] else len(pattern)
        inner = pattern[at + 1 : end]
        if inner.startswith("^"):
            return next((letter for letter in "a0-A _" if letter not in inner), "é"), end + 1
        return (_CLASSES.get(inner[1:2], inner[1:2]) if inner.startswith("\\") else inner[:1]), end + 1
    if sign == "\\":
        return _CLASSES.get(pattern[at + 1], pattern[at + 1]), at + 2
    return {"^": "", "$": "", ".": "a"}.get(sign, sign), at + 1
