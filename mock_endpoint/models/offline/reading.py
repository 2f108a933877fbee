"""How the offline model reads text: one form of every character, sentences, the language."""

import re
import unicodedata
from typing import Literal

Language = Literal["en", "ja"]

_PLAIN = str.maketrans({"’": "'", "‘": "'", "ʻ": "'", "“": '"', "”": '"', "²": "^2", "³": "^3", "\u200b": None})
_QUESTION = r"(?:what|who|how|where|when|which|is)\b"
_BREAK = re.compile(
    rf"(?<=[?!。])\s*|(?<=\.)(?<!\bSt\.)(?<!\bMr\.)(?<!\bDr\.)\s+|\n+|,?\s+and\s+(?={_QUESTION})",
    re.IGNORECASE,
)
_QUOTATION = re.compile(r"\"[^\"\n]{1,500}\"|「[^」\n]{1,500}」")
_JAPANESE = re.compile(r"[\u3040-\u30ff\u3400-\u9fff々]")
_LATIN = re.compile(r"[A-Za-z]")
_ASKING = re.compile(
    rf"[??]\s*$|^\s*{_QUESTION}|^\s*(?:why|can|could|do|does|did|are|will|would|should|may|tell|give|show|list|explain)\b"
    r"|(?:ですか|ますか|でしょうか|何|なに|どこ|いつ|誰|教えて)",
    re.IGNORECASE,
)


def tidy(text: str) -> str:
    """The text with full-width forms, typographic quotes and runs of spaces made plain."""
    plain = unicodedata.normalize("NFKC", text.translate(_PLAIN))
    return re.sub(r"[^\S\n]+", " ", plain).strip()


def sentences(text: str) -> list[str]:
    """The sentences of a tidy text that hold at least one letter or digit; a quotation is not taken apart."""
    quoted = [match.span() for match in _QUOTATION.finditer(text)]
    parts, start = [], 0
    for match in _BREAK.finditer(text):
        if not any(begin < match.start() < end for begin, end in quoted):
            parts.append(text[start : match.start()])
            start = match.end()
    return [part.strip() for part in (*parts, text[start:]) if re.search(r"\w", part)]


def language_of(text: str) -> Language | None:
    """`ja` or `en` by the letters used; None where a text has neither."""
    japanese, latin = len(_JAPANESE.findall(text)), len(_LATIN.findall(text))
    if not japanese and not latin:
        return None
    return "ja" if japanese * 2 >= latin else "en"


def is_question(text: str) -> bool:
    """Whether a sentence asks or demands something, as far as its form shows."""
    return bool(_ASKING.search(text))


def key(text: str) -> str:
    """The text as a look-up key: no case, accents, articles or punctuation; `St.` is `saint`."""
    marked = unicodedata.normalize("NFKD", text.casefold())
    bare = unicodedata.normalize("NFKC", re.sub(r"[\u0300-\u036f]", "", marked))
    bare = re.sub(r"['.ʻ’]", "", bare).replace("&", " and ")
    words = re.sub(r"[^\w\s・ー]", " ", bare).split()
    return " ".join("saint" if word == "st" else word for word in words if word != "the")
