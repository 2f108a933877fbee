"""What the thread itself holds: what the user told, questions asked, answers given."""

import re
from collections.abc import Iterator
from functools import cache

from mock_endpoint.models.offline.skill import Answer, Question
from mock_endpoint.models.offline.text import data, is_question, listed, pattern, sentences, stems, tidy

_SHOWN, _LISTED = 300, 20
_KINDS = ("count", "summary", "your_first", "your_last", "my_first", "my_last")
"""What may be asked of a thread, in the order in which it is looked for."""


def answer(question: Question) -> Answer | None:
    """Answers from the turns of the thread alone."""
    if pattern("memory", "asks_name").search(question.text):
        if name := known_name(question):
            return question.say("name", name=name)
        return _nobody(question, "your name", "お名前")
    kind = next((kind for kind in _KINDS if pattern("memory", kind).search(question.text)), None)
    return _of_thread(question, kind) if kind else _recalled(question)


def asked(question: Question) -> Answer | None:
    """As `answer`, but None where only a function may know: nobody has told it, and nobody says that they did."""
    said = answer(question)
    sure = pattern("memory", "asks_name").search(question.text) or pattern("memory", "asks_back").search(question.text)
    return said if said and (sure or said.word not in ("Unknown", "不明")) else None


def noted(question: Question) -> Answer | None:
    """Takes note: the thread keeps what was said, so the answer only confirms it."""
    if name := _name_in(question.text):
        return question.say("met", name=name)
    if is_question(question.text) or not pattern("memory", "first_person").search(question.text):
        return None
    return question.say("noted")


def known_name(question: Question) -> str:
    """What the user is called, as the thread or the instructions say; "" where nobody has said."""
    for sentence in _told(question):
        if name := _name_in(sentence):
            return name
    found = pattern("memory", "of_user").search(tidy(question.prompt.instructions[:10_000]))
    return (found[1] or found[2]) if found else ""


def _told(question: Question) -> Iterator[str]:
    """What the user has said, the newest sentence first."""
    yield from reversed(question.earlier)
    for turn in reversed(question.before):
        if turn.role == "user":
            yield from reversed(sentences(tidy(turn.text[:2000])))


@cache
def _names() -> list[re.Pattern[str]]:
    forms = data("patterns")["memory"]
    return [re.compile(form.replace("{called}", forms["called"])) for form in forms["names"]]


def _name_in(sentence: str) -> str:
    if sentence.endswith("?") or pattern("memory", "not_mine").search(sentence):
        return ""
    found = next(filter(None, (form.search(sentence) for form in _names())), None)
    return found[1].strip("'-") if found and not pattern("memory", "nations").search(found[1]) else ""


def _recalled(question: Question) -> Answer | None:
    """The sentence of the user that shares most with a question about what was said."""
    sure = pattern("memory", "asks_back").search(question.text)
    if not sure and not (pattern("memory", "mine").search(question.text) and is_question(question.text)):
        return None
    wanted = _content(question.text)
    best, shared = "", 0
    for sentence in _told(question):
        if not is_question(sentence) and len(wanted & _content(sentence)) > shared:
            best, shared = sentence, len(wanted & _content(sentence))
    if sure and not shared and re.search(r"remember|覚えて", question.text):
        asked = (told for told in _told(question) if re.match(r"(?:please )?remember\b|.*覚えて", told, re.I))
        best = next((told for told in asked if not is_question(told)), "")
    if best and (sure or shared * 2 >= len(wanted)):
        return question.say("told", said=best.rstrip("。."))
    about = pattern("memory", "about").search(question.text)
    return _nobody(question, f"your {about[1]}" if about else "that", "そのこと") if sure or about else None


def _content(sentence: str) -> frozenset[str]:
    """The words that tell what a sentence is about."""
    idle = stems(" ".join(listed("en", "small"))) | {"私", "僕", "言", "覚", "何", "remember", "remind", "call", "said"}
    return stems(sentence) - idle


def _nobody(question: Question, what: str, what_ja: str) -> Answer:
    return question.say("nobody", what=what, what_ja=what_ja)


def _of_thread(question: Question, kind: str) -> Answer:
    asked, given = (
        [turn.text.strip() for turn in question.before if turn.role == role] for role in ("user", "assistant")
    )
    if kind == "count":
        number = len(asked) + 1
        return question.say("first_question" if number == 1 else "questions", number=number)
    texts = given if kind.startswith("your") else asked
    if not texts:
        return question.say("nothing_before")
    if kind == "summary":
        first_shown = max(len(asked) - _LISTED, 0)
        lines = "\n".join(f"{place + 1}. {text[:_SHOWN]}" for place, text in enumerate(asked) if place >= first_shown)
        return question.say("summary", lines=lines, number=len(asked))
    text = texts[0 if kind.endswith("first") else -1]
    return question.say(kind, text=text if len(text) <= _SHOWN else text[:_SHOWN] + "…")
