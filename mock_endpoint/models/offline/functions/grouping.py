"""The functions that the sentences of a message ask for, alone or together with the sentences before them."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from mock_endpoint.models.offline.functions.choosing import Fit, Function, best, is_opinion, is_weak, unquoted
from mock_endpoint.models.offline.functions.plan import Lack, refuses
from mock_endpoint.models.offline.functions.request import Request, filled
from mock_endpoint.models.offline.functions.values import find
from mock_endpoint.models.offline.reading import is_question

_MOST_SEGMENTS = 8
_LOOK_BACK = 6
_LONGEST_REPLY = 60
"""Characters of an answer to a question that the model asked back."""
_APART = re.compile(
    r",?\s+(?:and then|and also|and|then|also|plus|as well as)\s+"
    r"|[;,]\s+|、|;|(?:それから|それと|そして|あと|と)(?=[^、]{4,})",
    re.IGNORECASE,
)
_NOT_THIS = re.compile(
    r"(?:\b(?:do not|don't|never|without|not)\s+(?:use |using |call |calling )?(?:the )?$)", re.IGNORECASE
)
_FOLLOW_UP = re.compile(
    r"^(?:(?:ok(?:ay)?|and|then|so|now|also),? )*(?:and|then|also|what about|how about|same for|the same for|now)\b"
    r"|^(?:じゃあ|では|それでは|それなら|あと|それと)|^[^\s、。?]{1,20}(?:は|では|なら|だと|も)\?$"
    r"|^(?:in|for|on|to|at|from) [\w ,]{1,40}\?$",
    re.IGNORECASE,
)
_HOW_MANY = re.compile(r"^(?:and )?how (?:many|much)(?: in)? [\w ]{1,30}\?$|^何[^\s、。?]{1,12}\?$", re.IGNORECASE)
_POINTS = re.compile(
    r"\b(?:that|it|this|these|those|them|there)\b|それ|これ|そこ|ここ|その|この|くらい|いくら|何", re.IGNORECASE
)


@dataclass(frozen=True)
class Talk:
    """What is said, and what can be done about it."""

    functions: Sequence[Function]
    asked: Sequence[str]
    """The sentences that wait for an answer."""
    earlier: Sequence[str]
    """The user's sentences before them, oldest first."""
    answers: Callable[[str], bool]
    """Whether the model can answer a sentence by itself."""


def requests(talk: Talk) -> list[Request]:
    """What the sentences ask of the functions, in their order."""
    if any(map(refuses, talk.asked)):
        return []
    return [request for index in range(len(talk.asked)) for request in _of_sentence(talk, index)]


def _of_sentence(talk: Talk, index: int) -> list[Request]:
    text, before = talk.asked[index], (*talk.earlier, *talk.asked[:index])
    alone = _kept(talk, _split(talk, text, index))
    if any(not _lacks(talk, request) for request in alone):
        return alone
    return _replied(talk, text, index) or alone or _continued(talk, text, index, before) or _pointing(talk, text, index)


def _kept(talk: Talk, found: list[Request]) -> list[Request]:
    """Without those that lack a value, and would not be worth a question of the model's own."""
    return [each for each in found if not ((is_opinion(each.text) or talk.answers(each.text)) and _lacks(talk, each))]


def _lacks(talk: Talk, request: Request) -> frozenset[Lack]:
    return frozenset(lack for each in filled(request, talk.asked, talk.earlier) for lack in each.lacks)


def _lacked(talk: Talk, request: Request) -> frozenset[Lack]:
    """What it lacked before the sentences that wait now."""
    return _lacks(replace(talk, asked=()), request)


def _forbidden(function: Function, text: str) -> bool:
    at = text.find(function.name)
    return at >= 0 and bool(_NOT_THIS.search(text[:at]))


def _wanted(talk: Talk, text: str, sentence: str, asking: str = "") -> Fit | None:
    allowed = [function for function in talk.functions if not _forbidden(function, text)]
    fit = best(text, allowed, sentence, asking)
    if not fit or not fit.enough or (is_weak(fit) and talk.answers(asking or text)):
        return None
    return fit


def _split(talk: Talk, text: str, index: int) -> list[Request]:
    """The parts of a sentence that different functions answer; the whole sentence where one answers it all."""
    spans = _segments(text)
    fits = [_wanted(talk, text[start:end], text) for start, end in spans]
    different = {fit.function.name for fit in fits if fit}
    if len(different) < 2:
        fit = _wanted(talk, text, text) or next(filter(None, fits), None)
        return [Request(fit.function, text, index)] if fit else []
    merged: list[tuple[Function, int, int]] = []
    waiting = spans[0][0]
    for (start, end), fit in zip(spans, fits, strict=True):
        if fit and not (merged and merged[-1][0] is fit.function):
            merged.append((fit.function, waiting if not merged else start, end))
        elif merged:
            merged[-1] = (*merged[-1][:2], end)
    return [Request(function, text[start:end], index) for function, start, end in merged]


def _segments(text: str) -> list[tuple[int, int]]:
    plain = unquoted(text)
    spans: list[tuple[int, int]] = []
    start = 0
    for match in _APART.finditer(plain):
        if len(spans) < _MOST_SEGMENTS and plain[start : match.start()].strip():
            spans.append((start, match.start()))
            start = match.end()
    return [*spans, (start, len(text))]


def _continued(talk: Talk, text: str, index: int, before: tuple[str, ...]) -> list[Request]:
    """`And in Osaka?`: the function of the sentence before, with the values that it has new."""
    if not _follows(text) or talk.answers(text):
        return []
    chain: list[str] = []
    history = replace(talk, asked=before)
    for place in range(len(before) - 1, max(-1, len(before) - 1 - _LOOK_BACK), -1):
        past = before[place]
        chain.append(past)
        if groups := _split(talk, past, index) or _pointing(history, past, place):
            return [replace(groups[-1], text=text, sentence=index, before=tuple(chain))]
        if not (_follows(past) or _is_reply(talk, past)):
            return []
    return []


def _follows(text: str) -> bool:
    """Whether a sentence only says what is new: `And in Osaka?`, or after an amount `how many pounds?`"""
    measured = any(each.kind in ("currency", "unit") for each in find(text))
    return bool(_FOLLOW_UP.search(text) or (measured and _HOW_MANY.search(text)))


def _replied(talk: Talk, text: str, index: int) -> list[Request]:
    """`In July.` after a question that lacked the month: both together."""
    if not _is_reply(talk, text):
        return []
    replies = [text]
    for past in reversed(talk.earlier[-_LOOK_BACK:]):
        for request in _split(talk, past, index):
            before = _lacked(talk, replace(request, text=_together(request.text, *replies[:-1])))
            whole = replace(request, text=_together(request.text, *replies))
            now = _lacks(talk, whole)
            if before - now and len(now) <= len(before):
                return [whole]
        if not _is_reply(talk, past):
            return []
        replies.insert(0, past)
    return []


def _together(*texts: str) -> str:
    """Sentences as one text."""
    return " ".join(text if text.endswith((".", "!", "?", "。")) else f"{text}." for text in texts)


def _is_reply(talk: Talk, text: str) -> bool:
    return len(text) <= _LONGEST_REPLY and not is_question(text) and not talk.answers(text)


def _pointing(talk: Talk, text: str, index: int) -> list[Request]:
    """`I have 20 francs. How much is that in yen?`: the question with the statements of the message before it."""
    if not is_question(text) or talk.answers(text) or not (_POINTS.search(text) or find(text)):
        return []
    start = index
    while start and not is_question(talk.asked[start - 1]):
        start -= 1
    whole = _together(*talk.asked[start : index + 1])
    fit = _wanted(talk, whole, whole, text) if start < index else None
    return _kept(talk, [Request(fit.function, whole, index)]) if fit else []
