"""A message into the clauses it holds, and which of them ask for something to be done."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

from mock_endpoint.models.offline.text import JAPANESE, listed, sentences, words

_MOST = 20
"""Clauses that are looked at."""
_LONGEST = 1000
"""Characters of a sentence that are looked at."""
_HIDDEN = re.compile(
    r"\"[^\"\n]*\"|「[^」\n]*」|『[^』\n]*』|`[^`\n]*`|(?<!\w)'[^'\n]*'(?!\w)|\b(?:SELECT|INSERT|UPDATE|DELETE)\s[ -~]*"
)
_SUBORDINATE = re.compile(r"(?:when|if|while|since|because|after|before|as|once|although)\b", re.I)
_DUTY = re.compile(r"^(?:please )?(?:don't forget to|remember to|be sure to|make sure (?:to|that|you)) ", re.I)
_TEXT_FOLLOWS = re.compile(
    r"\b(?:remind|note|todo|to-do|task|message|say|saying|tell|translate|search|look up|write)\b", re.I
)
_JAPANESE_BREAK = re.compile(
    r"(?<=て)、|(?<=[んい]で)、|(?<=し)、|(?<=ので)(?!す)、?|(?<=けど)、?|(?<=けれど)、?|(?<=から)、|(?<=が)、(?=[^、]*(?:て|か|\?))|(?<=のに)、?"
)


@dataclass(frozen=True)
class Clause:
    """A part of a message that stands for itself."""

    text: str
    wants: bool
    """Whether it asks, wishes or orders; a report of what is or was does not."""


def clauses(message: str) -> list[Clause]:
    """The clauses of a tidy message, in its order."""
    found = [clause for sentence in sentences(message) for clause in _of_sentence(sentence[:_LONGEST])]
    return found[:_MOST]


def cancels(message: str) -> bool:
    """Whether the message takes back what was asked before."""
    if JAPANESE.search(message):
        return bool(re.search(words()["ja"]["cancelling"], message)) and not re.search(r"ください|して[。!]?$", message)
    plain = message.casefold()
    return any(phrase in plain for phrase in words()["en"]["cancelling"]) or bool(
        re.match(r"(?:no|nope|stop|cancel)[.,! ]*$|no,", plain)
    )


def agrees(message: str) -> bool:
    """Whether the message is a plain yes."""
    plain = re.sub(r"[^\w\s']", " ", message.casefold()).split()
    return (
        (bool(plain)
        and set(plain) <= listed("en", "agreeing") | {"do", "it", "that's"})
        or bool(re.fullmatch(r"(はい|ええ|うん|お願いします|はい、お願いします|そうです|それで)[。、!]*", message))
    )


def continues(message: str) -> str:
    """What a message adds to the one before it, as `Oslo` in `And Oslo?`; "" where it stands for itself."""
    if JAPANESE.search(message):
        rest = re.sub(words()["ja"]["follow"].split("|^[")[0], "", message)
        short = re.match(r"[^をに。]{1,20}(?:は|では|なら|だと)[??。]*$", rest)
        return rest if short or (rest != message and len(rest) <= 12) else ""
    rest = re.sub(
        r"^(?:(?:and|then|also|ok|okay|now|so|what about|how about|and for)\b[ ,]*)+", "", message, flags=re.I
    )
    return (
        rest
        if rest != message
        and len(rest.split()) <= 8
        and not _first(rest) & (listed("en", "verbs") | listed("en", "asking"))
        else ""
    )


def _of_sentence(sentence: str) -> Iterator[Clause]:
    question = bool(re.search(r"[??]\s*$", sentence))
    if JAPANESE.search(sentence):
        pieces = _cut(sentence, _JAPANESE_BREAK)
        for number, piece in enumerate(pieces):
            yield Clause(piece, _wants_japanese(piece, question and number == len(pieces) - 1))
        return
    sentence = _DUTY.sub("", sentence)
    pieces = [sentence] if _SUBORDINATE.match(sentence) else _cut(sentence, _breaks())
    for number, piece in enumerate(pieces):
        yield Clause(piece, _wants(piece, question and number == len(pieces) - 1))


@cache
def _breaks() -> re.Pattern[str]:
    english = words()["en"]
    verbs, asking = "|".join(english["verbs"].split()), "|".join(map(re.escape, english["asking"].split()))
    start = rf"(?:please |then |also |could you |can you |i'd like |i need |i want |i'll |let's )?(?:(?:{verbs})\b(?! (?:card|order|office)\b)|(?:{asking})\s)"
    return re.compile(
        rf",\s+(?=(?:i|he|she|it|we|they|that)(?:'m|'s|'re|'ve|'ll| am| is| are| have| has| was)\b)|(?:[;,:]\s+(?:and |so |then |but )?|\s+(?:and|then|but)\s+(?:then |also )?)(?={start}|could you|can you|i'd like|i need)",
        re.I,
    )


def _cut(sentence: str, pattern: re.Pattern[str]) -> list[str]:
    hidden = [match.span() for match in _HIDDEN.finditer(sentence)]
    pieces, start = [], 0
    for match in pattern.finditer(sentence):
        inside = any(begin < match.start() < end for begin, end in hidden)
        if (
            inside
            or len(sentence[start : match.start()].strip()) < 3
            or re.match(r"\s*(?:and )?(?:say|tell)\b", sentence[match.end() :])
        ):
            continue
        if (
            (" and" in match[0] or ":" in match[0])
            and "," not in match[0]
            and _TEXT_FOLLOWS.search(sentence[start : match.start()])
        ):
            continue
        pieces.append(sentence[start : match.start()].strip())
        start = match.end()
    return [*pieces, sentence[start:].strip()]


def _first(text: str) -> frozenset[str]:
    """The first word, as a set."""
    return frozenset(re.findall(r"[\w']+", text.casefold())[:1])


def _wants(piece: str, question: bool) -> bool:
    plain = re.sub(
        r"^(?:(?:hi|hello|hey|ok|okay|please|well|also|and|then|so|now|oh|thanks|great|yes|no|actually|good morning)\b[ ,.!]*)+",
        "",
        piece.casefold(),
    )
    first = _first(plain)
    wishing = any(re.search(rf"\b{re.escape(phrase)}\b", plain) for phrase in words()["en"]["wanting"])
    if re.match(r"(?:do not|don't|never|please don't|didn't|forget|ignore)\b(?! (?:forget|let me forget))", plain):
        return False
    if question or wishing or first & listed("en", "asking"):
        return True
    if re.match(r"\w+ [\w-]*\d[\w-]*(?:'s| is| has)\b", plain):
        return False
    return (
        bool(plain)
        and not first & listed("en", "telling")
        and not re.match(r"[\w-]+(?:'s| is| are| was| were| has| had)\s", plain)
    )


def _wants_japanese(piece: str, question: bool) -> bool:
    if question or re.search(
        r"(?:ほしい|欲しい|たい|いただ|もらえ|お願い|です)[^、。]{0,8}(?:けど|が|けれど)[、。]*$", piece
    ):
        return True
    if re.search(words()["ja"]["past"], piece) or re.search(r"(ので|から|けど|けれど|のに)、?$", piece):
        return False
    return bool(re.search(words()["ja"]["requests"].replace("(て|で)", "(て|んで|いで)", 1), piece.rstrip("、")))
