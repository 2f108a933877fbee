"""A message into the clauses it holds, and which of them ask for something to be done."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

from mock_endpoint.models.offline.text import JAPANESE, cut, listed, pattern, sentences, words

_MOST, _LONGEST = 20, 1000
"""Clauses, and characters of a sentence, that are looked at."""


@dataclass(frozen=True)
class Clause:
    """A part of a message that stands for itself."""

    text: str
    wants: bool
    """Whether it asks, wishes or orders; a report of what is or was does not."""


def clauses(message: str) -> list[Clause]:
    """The clauses of a tidy message, in its order."""
    found: list[Clause] = []
    for sentence in sentences(message):
        found += _of_sentence(sentence[:_LONGEST])
        if len(found) >= _MOST:
            break
    return found[:_MOST]


def cancels(message: str) -> bool:
    """Whether the message takes back what was asked before."""
    if JAPANESE.search(message):
        return bool(re.search(words()["ja"]["cancelling"], message)) and not re.search(r"ください|して[。!]?$", message)
    plain = message.casefold()
    phrases = words()["en"]["cancelling"]
    return any(phrase in plain for phrase in phrases) or bool(re.match(r"(?:no|nope|stop|cancel)[.,! ]*$|no,", plain))


def agrees(message: str) -> bool:
    """Whether the message is a plain yes."""
    plain = re.sub(r"[^\w\s']", " ", message.casefold()).split()
    english = bool(plain) and set(plain) <= listed("en", "agreeing") | {"do", "it", "that's"}
    return english or bool(pattern("sentence", "agreeing_ja").fullmatch(message))


def continues(message: str) -> str:
    """What a message adds to the one before it, as `Oslo` in `And Oslo?`; "" where it stands for itself."""
    if JAPANESE.search(message):
        rest = pattern("sentence", "follow_ja").sub("", message)
        short = pattern("sentence", "short_ja").match(rest)
        return rest if short or (rest != message and len(rest) <= 12) else ""
    rest = pattern("sentence", "follow").sub("", message)
    new = _first(rest) & (listed("en", "verbs") | listed("en", "asking"))
    return rest if rest != message and len(rest.split()) <= 8 and not new else ""


def refuses(clause: str) -> bool:
    """Whether an English clause forbids something."""
    return bool(pattern("sentence", "refusing").match(clause.casefold()))


def reports(clause: str) -> bool:
    """Whether it tells what has been."""
    if JAPANESE.search(clause):
        return bool(re.search(words()["ja"]["past"], clause))
    return bool(pattern("sentence", "past").search(clause))


def _of_sentence(sentence: str) -> Iterator[Clause]:
    question = bool(re.search(r"[??]\s*$", sentence))
    japanese = bool(JAPANESE.search(sentence))
    if not japanese:
        sentence = pattern("sentence", "duty").sub("", sentence)
    pieces = _japanese(sentence) if japanese else _english(sentence)
    for number, piece in enumerate(pieces):
        last = question and number == len(pieces) - 1
        yield Clause(piece, last or (_wants_japanese(piece) if japanese else _wants(piece)))


def _japanese(sentence: str) -> list[str]:
    return [piece for piece, _ in cut(sentence, pattern("sentence", "break_ja")) if re.search(r"\w", piece)]


def _english(sentence: str) -> list[str]:
    if pattern("sentence", "subordinate").match(sentence):
        return [sentence]
    found: list[str] = []
    for piece, sign in cut(sentence, _breaks()):
        text_goes_on = "," not in sign and found and pattern("sentence", "text_follows").search(found[-1])
        if found and (len(found[-1]) < 3 or text_goes_on or re.match(r"(?:and )?(?:say|tell)\b", piece)):
            found[-1] += sign + piece
        else:
            found.append(piece)
    return found


@cache
def _breaks() -> re.Pattern[str]:
    """Where an English sentence has another request, or a remark of its own."""
    english = words()["en"]
    verbs, asking = "|".join(english["verbs"].split()), "|".join(map(re.escape, english["asking"].split()))
    polite = "(?:please |then |also |could you |can you |i'd like |i need |i want |i'll |let's )?"
    start = (
        rf"(?:{polite}(?:(?:{verbs})\b(?! (?:card|order|office)\b)|(?:{asking})\s)|could you|can you|i'd like|i need)"
    )
    remark = r",\s+(?=(?:i|he|she|it|we|they|that)(?:'m|'s|'re|'ve|'ll| am| is| are| have| has| was)\b)"
    joint = r"(?:[;,:]\s+(?:and |so |then |but )?|\s+(?:and|then|but)\s+(?:then |also )?)"
    return re.compile(rf"{remark}|{joint}(?={start})", re.I)


def _first(text: str) -> frozenset[str]:
    """The first word, as a set."""
    return frozenset(re.findall(r"[\w']+", text.casefold())[:1])


def _wants(piece: str) -> bool:
    plain = pattern("sentence", "opening").sub("", piece.casefold())
    if refuses(plain):
        return False
    wishing = any(re.search(rf"\b{re.escape(phrase)}\b", plain) for phrase in words()["en"]["wanting"])
    if wishing or _first(plain) & listed("en", "asking"):
        return True
    if plain.endswith("!") and not _first(plain) & listed("en", "verbs"):
        return False
    told = _first(plain) & listed("en", "telling") or pattern("sentence", "reporting").match(plain)
    return bool(plain) and not told


def _wants_japanese(piece: str) -> bool:
    if pattern("sentence", "polite_ja").search(piece):
        return True
    if reports(piece) or re.search(r"(ので|から|けど|けれど|のに)、?$", piece):
        return False
    requests = words()["ja"]["requests"].replace("(て|で)", "(て|んで|いで)", 1)
    return bool(re.search(requests, piece.rstrip("、")))
