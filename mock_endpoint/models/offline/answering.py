"""How the offline model comes to its answer.

A message is cut into sentences; each goes through the table of skills, and the first that answers wins.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

from mock_endpoint.models.base import Prompt, Turn
from mock_endpoint.models.offline.functions.plan import Call, Plan, refuses
from mock_endpoint.models.offline.reading import Language, is_question, language_of, sentences, tidy
from mock_endpoint.models.offline.skill import Answer, Question, Skill
from mock_endpoint.models.offline.skills import arithmetic, capitals, memory, needs, phrasebook, smalltalk
from mock_endpoint.models.offline.style import Style, style_of

SKILLS: tuple[Skill, ...] = (
    needs.answer,
    capitals.answer,
    memory.answer,
    arithmetic.answer,
    phrasebook.answer,
    smalltalk.answer,
)
"""In the order in which they are asked."""
_KNOWING: tuple[Skill, ...] = (capitals.answer, memory.answer, arithmetic.answer, phrasebook.answer)
"""The skills that need no tool."""

_MOST_SENTENCES = 20
"""Sentences that are answered at a time."""
_READ = 1000
"""Characters of a sentence that are looked at."""
_READ_TURN = 10_000
"""Characters of a message that are looked at."""
_LOOK_BACK_TURNS = 8

_SENTENCE_END = re.compile(r"(?<=[。!?!?])(?!$)|(?<![A-Z]\.)(?<=\.)\s+(?=\S)|(?<=[!?])\s+")


@dataclass(frozen=True)
class Reply:
    """A text, or functions to call first."""

    text: str = ""
    calls: tuple[Call, ...] = ()


def compose(prompt: Prompt) -> Reply:
    """The whole answer to the messages that wait for one."""
    thread = replace(prompt, turns=tuple(turn for turn in prompt.turns if not turn.calls))
    waiting = _waiting(thread)
    texts = [_text(thread.turns[position]) for position in waiting]
    style = style_of(thread, texts)
    language: Language = style.language or _language(thread, waiting)
    questions = _questions(thread, waiting, style, language)
    whole = _whole(thread, style, language)
    planned = _plan(prompt, questions, _earlier(thread, waiting[0]) if waiting else (), whole)
    if planned.next:
        return Reply(calls=planned.next)
    answers = list(_answers(questions, planned, whole, waiting))
    text = _dressed(answers, style, language)
    if isinstance(prompt.response_format, str):
        return Reply(text)
    from mock_endpoint.models.offline.formats import formed

    word = ", ".join(filter(None, (answer.word for answer in answers)))
    return Reply(formed(prompt, text, word, [question.text for question in questions], planned.made))


def _plan(prompt: Prompt, questions: list[Question], earlier: tuple[str, ...], whole: Question) -> Plan:
    """The functions that the questions ask for. Without any, their vocabulary is not even loaded."""
    if not prompt.tools:
        return Plan((), (), ())
    from mock_endpoint.models.offline.functions.planning import plan

    by_text = {question.text: question for question in questions}
    return plan(
        prompt,
        [question.text for question in questions],
        earlier,
        lambda text: _knows(by_text.get(text) or replace(whole, text=text)),
    )


def _text(turn: Turn) -> str:
    return tidy(turn.text[:_READ_TURN])


def _waiting(prompt: Prompt) -> list[int]:
    """Where the user's turns without an answer stand; the last user's turn where all have one."""
    users = [position for position, turn in enumerate(prompt.turns) if turn.role == "user"]
    answered = max((position for position, turn in enumerate(prompt.turns) if turn.role == "assistant"), default=-1)
    return [position for position in users if position > answered] or users[-1:]


def _language(prompt: Prompt, waiting: list[int]) -> Language:
    """The language of the question; where it has no letters, that of the thread or the instructions."""
    texts = [prompt.turns[position].text for position in reversed(waiting)]
    texts += [turn.text for turn in reversed(prompt.turns)]
    return next(filter(None, (language_of(text[:_READ]) for text in (*texts, prompt.instructions))), "en")


def _questions(prompt: Prompt, waiting: list[int], style: Style, language: Language) -> list[Question]:
    """The sentences of the waiting messages."""
    asked = [
        Question(text[:_READ], language, prompt, style, position, earlier=())
        for position in waiting
        for text in sentences(_text(prompt.turns[position]))
    ][:_MOST_SENTENCES]
    earlier = _earlier(prompt, waiting[0]) if waiting else ()
    return [
        replace(each, earlier=(*earlier, *(past.text for past in asked[:index]))) for index, each in enumerate(asked)
    ]


def _answers(questions: list[Question], planned: Plan, whole: Question, waiting: list[int]) -> Iterator[Answer]:
    seen = any(whole.prompt.turns[position].images for position in waiting)
    if seen:
        yield needs.pictures(whole)
    told = [*_told(whole, planned), *_asked_back(whole, planned)]
    by_function = (planned.sentences or frozenset(range(len(questions)))) if told else frozenset()
    answered = [
        (question, _by_skill(question, _KNOWING if index in by_function and not planned.sentences else SKILLS))
        for index, question in enumerate(questions)
        if index not in by_function or not planned.sentences
    ]
    known = list(dict.fromkeys(answer for _, answer in answered if answer))
    telling = [answer for answer in known if not answer.courtesy]
    yield from told
    yield from telling or (() if told else known)
    left = [question for question, answer in answered if not answer and not (known and refuses(question.text))]
    if not told and not known and (left or not seen):
        yield _unknown(left[-1] if left else whole)
    elif any(is_question(question.text) for question in left) and (planned.sentences or not told):
        yield left[0].reply("The rest I do not know.", "ほかのことは、わかりません。")


def _told(whole: Question, planned: Plan) -> list[Answer]:
    """What the functions said."""
    if not planned.made:
        return []
    from mock_endpoint.models.offline.functions import outputs

    return outputs.answers(whole, planned.made)


def _asked_back(whole: Question, planned: Plan) -> list[Answer]:
    """What has to be said before a function can be called."""
    if not planned.asks:
        return []
    from mock_endpoint.models.offline.functions import asking

    return asking.answers(whole, planned.asks)


def _whole(prompt: Prompt, style: Style, language: Language) -> Question:
    """A question without words: nothing was written, or only signs."""
    return Question("", language, prompt, style, len(prompt.turns), earlier=())


def _earlier(prompt: Prompt, position: int) -> tuple[str, ...]:
    """The user's sentences before a turn, as far back as a follow-up looks."""
    turns = prompt.turns[max(0, position - _LOOK_BACK_TURNS) : position]
    return tuple(text for turn in turns if turn.role == "user" for text in sentences(_text(turn)))


def _knows(question: Question) -> bool:
    return bool(_by_skill(question, _KNOWING))


def _by_skill(question: Question, skills: tuple[Skill, ...]) -> Answer | None:
    return next(filter(None, (skill(question) for skill in skills)), None)


def _unknown(question: Question) -> Answer:
    """Says that it does not know, what it can do, and how to ask a real model."""
    if not question.text:
        return question.reply(
            "I see no words to answer. Ask me something, for example the capital of a country.",
            "文字が見あたりません。何か聞いてみてください。たとえば、ある国の首都を。",
            "Empty",
            "空",
        )
    ask = is_question(question.text)
    abilities = smalltalk.abilities(question).text
    return question.reply(
        f"{'I do not know that.' if ask else 'I have read that, but I can do little with it.'} {abilities} "
        "For everything else plug in a real model: set MODEL_BASE_URL, MODEL_API_KEY and MODEL_NAME in .env "
        "and restart the kernel.",
        f"{'それはわかりません。' if ask else '読みましたが、それについて言えることがありません。'}{abilities}"
        "ほかのことには本物のモデルをつないでください。.envにMODEL_BASE_URL、MODEL_API_KEY、MODEL_NAMEを書き、"
        "カーネルを再起動します。",
        "Unknown",
        "不明",
    )


def _dressed(answers: list[Answer], style: Style, language: Language) -> str:
    """The answers as one text, in the form that was asked for."""
    if style.length == "word":
        text = ("、" if language == "ja" else ", ").join(dict.fromkeys(map(_in_a_word, answers)))
    else:
        texts = [_first(answer.text, style.length) if style.length else answer.text for answer in answers]
        text = (
            "\n".join(texts) if any("\n" in each for each in texts) else ("" if language == "ja" else " ").join(texts)
        )
    if style.upper:
        text = text.upper()
    gap = "" if language == "ja" else " "
    return gap.join(filter(None, (style.start, text, style.end)))


def _in_a_word(answer: Answer) -> str:
    """Without the full stop of a sentence, which one word does not have."""
    return answer.word or _first(answer.text, 1).rstrip(".。!")


def _first(text: str, number: int) -> str:
    """At most so many sentences of a text."""
    ends = [match.start() for match in _SENTENCE_END.finditer(text)]
    return text if len(ends) < number else text[: ends[number - 1]].rstrip()
