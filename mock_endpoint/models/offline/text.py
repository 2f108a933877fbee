"""How the offline model reads text: one form of every character, sentences, words, the language."""

import re
import tomllib
import unicodedata
from functools import cache
from pathlib import Path
from typing import Any, Literal

Language = Literal["en", "ja"]

_PLAIN = str.maketrans({"’": "'", "‘": "'", "ʻ": "'", "“": '"', "”": '"', "²": "^2", "³": "^3", "\u200b": None})
_BREAK = re.compile(
    r"(?<=[?!。])\s*|(?<=\.)(?<!\bSt\.)(?<!\bMr\.)(?<!\bDr\.)(?<!\bMs\.)(?<!\bMrs\.)\s+(?=\S)|\n+", re.I
)
_QUOTATION = re.compile(
    r"\"[^\"\n]{1,500}\"|「[^」\n]{1,500}」|『[^』\n]{1,500}』|`[^`\n]{1,500}`|(?<!\w)'[^'\n]{1,500}'(?!\w)"
)
JAPANESE = re.compile(r"[\u3040-\u30ff\u3400-\u9fff々]")
_LATIN = re.compile(r"[A-Za-z]")
_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|[_\W]+")
_WORD = re.compile(r"[^\W_]+(?:'[^\W\d_]+)?")


@cache
def words() -> dict[str, Any]:
    """The table `words.toml`."""
    return tomllib.loads(Path(__file__).with_name("words.toml").read_text(encoding="utf-8"))


@cache
def listed(part: str, name: str) -> frozenset[str]:
    """One list of words of that table; `a-b` stands for `a b`."""
    table = words()[part] if part else words()
    return frozenset(word.replace("-", " ") for word in table[name].split())


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
    japanese, latin = len(JAPANESE.findall(text)), len(_LATIN.findall(text))
    if not japanese and not latin:
        return None
    return "ja" if japanese * 2 >= latin else "en"


def name_words(name: str) -> str:
    """An identifier in words: `Heating-setRoom` is `heating set room`."""
    return " ".join(_CAMEL.sub(" ", name).split()).lower()


def stem(word: str) -> str:
    """An English word without its common endings, the same for `close`, `closed` and `closing`."""
    word = word.casefold().removesuffix("'s").removesuffix("'")
    for ending in ("ies", "ing", "ed", "es", "s", "e"):
        if word.endswith(ending) and len(word) - len(ending) > (1 if ending == "s" else 2) and not word.endswith("ss"):
            word = word.removesuffix(ending) + ("y" if ending == "ies" else "")
            break
    return word[:-1] if len(word) > 3 and word[-1] == word[-2] and word[-1] not in "sl" else word


@cache
def stems(text: str) -> frozenset[str]:
    """The stems of a text's words; Japanese runs of one script are words, too."""
    found = (
        piece
        for word in _WORD.findall(text)
        for piece in re.findall(r"[^\W\u3040-\u30ff\u3400-\u9fff々]+|[ァ-ヺー]+|[\u3400-\u9fff々]+", word)
    )
    return frozenset(stem(word) for word in found)


@cache
def ideas(text: str) -> frozenset[str]:
    """The stems of a text, and of whatever else its words may be called."""
    found = stems(text)
    alike = [stems(line) for line in words()["ideas"]]
    return found.union(*(line for line in alike if line & found))


def key(text: str) -> str:
    """The text as a look-up key: no case, accents, articles or punctuation; `St.` is `saint`."""
    marked = unicodedata.normalize("NFKD", text.casefold())
    bare = unicodedata.normalize("NFKC", re.sub(r"[\u0300-\u036f]", "", marked))
    bare = re.sub(r"['.ʻ’]", "", bare).replace("&", " and ")
    return " ".join(
        "saint" if word == "st" else word for word in re.sub(r"[^\w\s・ー]", " ", bare).split() if word != "the"
    )


_ASKING = re.compile(
    r"[??]\s*$|^\s*(?:what|who|how|where|when|which|is|why|can|could|do|does|did|are|will|would|should|may|tell|give|show|list|explain)\b"
    r"|(?:ですか|ますか|でしょうか|何|なに|どこ|いつ|誰|教えて)",
    re.I,
)


def is_question(text: str) -> bool:
    """Whether a sentence asks or demands something, as far as its form shows."""
    return bool(_ASKING.search(text))
