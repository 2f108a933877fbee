"""The regular expressions of a schema: checked only where that is safe, and an example of what they allow."""

import re
from dataclasses import dataclass

_LONGEST_PATTERN, _LONGEST_TEXT = 200, 40
_MOST_REPEATS = 3
"""Open-ended repetitions of a pattern that is still checked: more could take for ever on a text made for it."""
_REPEAT = re.compile(r"\{(\d+)(?:(,)(\d*))?\}")
_OPEN = re.compile(r"(?<!\\)[*+]|\{\d+,\d*\}|\{\d{3,}\}")
_REPEATED_GROUP = re.compile(r"\)(?:[*+]|\{)")
_FEW_TIMES = re.compile(r"\)\{(?:\d,)?\d\}")
_ENDLESS = re.compile(r"(?<!\\)[*+]|\{\d+,\}|\)\{")
_CHOICE = re.compile(r"(?<!\\)[*+|{]|(?<![(\\])\?")
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


def checked(pattern: str, text: str) -> bool:
    """Whether a text holds a match. Where checking could take long, only the example of the pattern counts as one."""
    if not _safe(pattern) or len(text) > _LONGEST_TEXT:
        return text == example(pattern)
    try:
        return bool(re.search(pattern, text))
    except (re.error, RecursionError, OverflowError):
        return True


def _safe(pattern: str) -> bool:
    short = len(pattern) <= _LONGEST_PATTERN and len(_OPEN.findall(pattern)) <= _MOST_REPEATS
    return short and not any(
        (_ENDLESS if _FEW_TIMES.match(pattern, match.start()) else _CHOICE).search(
            _group_before(pattern, match.start())
        )
        for match in _REPEATED_GROUP.finditer(pattern)
    )


def _group_before(pattern: str, end: int) -> str:
    depth = 0
    for start in range(end, -1, -1):
        depth += (pattern[start] == ")") - (pattern[start] == "(")
        if depth == 0:
            return pattern[start:end]
    return pattern[:end]


@dataclass
class _Reader:
    """Reads a pattern once, from left to right, and writes the shortest text that it can."""

    pattern: str
    at: int = 0

    def alternatives(self) -> str:
        first = self.sequence()
        while self.at < len(self.pattern) and self.pattern[self.at] == "|":
            self.at += 1
            self.sequence()
        return first

    def sequence(self) -> str:
        parts: list[str] = []
        while self.at < len(self.pattern) and self.pattern[self.at] not in "|)":
            parts.append(self.repeated(self.atom()))
        return "".join(parts)

    def atom(self) -> str:
        sign = self.pattern[self.at]
        self.at += 1
        if sign == "(":
            return self.group()
        if sign == "[":
            return self.one_of()
        if sign == "\\":
            escaped = self.pattern[self.at : self.at + 1]
            self.at += 1
            return _CLASSES.get(escaped, escaped)
        return {"^": "", "$": "", ".": "a"}.get(sign, sign)

    def group(self) -> str:
        head = re.compile(r"\?(?::|P?<\w+>|=|!|<=|<!)").match(self.pattern, self.at)
        if head:
            self.at = head.end()
        inner = self.alternatives()
        self.at += 1
        return "" if head and head[0] in ("?=", "?!", "?<=", "?<!") else inner

    def one_of(self) -> str:
        end = self.pattern.find("]", self.at + 1)
        inner = self.pattern[self.at : end if end > 0 else len(self.pattern)]
        self.at = (end if end > 0 else len(self.pattern)) + 1
        if inner.startswith("^"):
            return next((letter for letter in "a0-A _" if letter not in inner), "é")
        return _CLASSES.get(inner[1:2], inner[1:2]) if inner.startswith("\\") else inner[:1]

    def repeated(self, text: str) -> str:
        sign = self.pattern[self.at : self.at + 1]
        if sign and sign in "*+?":
            self.at += 1
            self.lazy()
            return text if sign == "+" else ""
        if match := _REPEAT.match(self.pattern, self.at):
            self.at = match.end()
            self.lazy()
            return text * min(int(match[1][:4]), 1000)
        return text

    def lazy(self) -> None:
        if self.pattern[self.at : self.at + 1] in ("?", "+"):
            self.at += 1


def example(pattern: str) -> str:
    """A text that the pattern allows, as far as it uses the common signs."""
    try:
        return _Reader(pattern[:1000]).alternatives()[:1000]
    except (IndexError, RecursionError):
        return ""
