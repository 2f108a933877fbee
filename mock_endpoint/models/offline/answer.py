"""How the offline model comes to its answer: each clause goes to a function or to a skill, then into words."""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Any

from mock_endpoint.models.base import Prompt, ToolCall
from mock_endpoint.models.offline import reading
from mock_endpoint.models.offline.clauses import clauses
from mock_endpoint.models.offline.skill import Answer, Question, Skill
from mock_endpoint.models.offline.skills import capitals, memory, sums, talk
from mock_endpoint.models.offline.style import Style, style_of
from mock_endpoint.models.offline.text import Language, is_question, language_of, pattern, tidy

if TYPE_CHECKING:
    from mock_endpoint.models.offline.work import Bound

SKILLS: tuple[Skill, ...] = (
    talk.distress,
    memory.answer,
    talk.work,
    capitals.answer,
    sums.answer,
    talk.guide,
    memory.noted,
    talk.answer,
)
"""In the order in which they are asked."""
SURE: tuple[Skill, ...] = (talk.distress, memory.answer, capitals.answer, sums.answer, talk.answer)
"""Those whose answer files cannot better."""
_READ = 10_000
"""Characters of a message that are looked at."""
_MOST_CALLS, _LOOK_BACK = 16, 8
_SHORT = 60
"""Characters of a clause that a skill may keep from the functions."""
_NEVER, _GUIDE = 9.0, 0.4
"""The score with which a function takes a clause from the skills, and from the phrasebook."""
_SENTENCE_END = re.compile(r"(?<=[。!?!?])(?!$)|(?<![A-Z]\.)(?<=\.)\s+(?=\S)|(?<=[!?])\s+")


@dataclass(frozen=True)
class Call:
    """A function to call, with its arguments as JSON."""

    name: str
    arguments: str
    tool: str = "function"
    """As in `ToolCall`."""


@dataclass(frozen=True)
class Reply:
    """A text, or functions to call first."""

    text: str = ""
    calls: tuple[Call, ...] = ()


def compose(prompt: Prompt) -> Reply:
    """The whole answer to the messages that wait for one."""
    from mock_endpoint.models.offline import coding

    step = coding.answer(prompt)
    if isinstance(step, coding.Code):
        return Reply(calls=(Call("code_interpreter", step.text, "code_interpreter"),))
    if step is not None:
        return Reply(step)
    thread = replace(prompt, turns=tuple(turn for turn in prompt.turns if not turn.calls))
    waiting = _waiting(thread)
    texts = [tidy(thread.turns[place].text[:_READ]) for place in waiting]
    style = style_of(thread, texts)
    language: Language = style.language or _language(thread, waiting)
    questions = _questions(thread, waiting, style, language)
    whole = Question("", language, thread, style, len(thread.turns), earlier=())
    made = [call for call in _made(prompt) if call.tool == "function"]
    found = [call.output for call in _made(prompt) if call.tool == "file_search"]
    bound = _bound(prompt, whole, texts, _earlier(thread, waiting[0]) if waiting else [])
    if calls := _calls(prompt, bound, made, texts):
        return Reply(calls=calls)
    if not found and (asked := _for_files(prompt, questions, bound)):
        return Reply(calls=(Call("file_search", reading.query(asked), "file_search"),))
    answers = list(_answers(questions, bound, made, whole, found))
    text = _dressed(answers, style, language)
    if isinstance(prompt.response_format, str):
        return Reply(text)
    from mock_endpoint.models.offline.formats import formed

    word = ", ".join(filter(None, (answer.word for answer in answers)))
    return Reply(formed(prompt, text, word, [question.text for question in questions], made))


def _waiting(prompt: Prompt) -> list[int]:
    """Where the user's turns without an answer stand; the last user's turn where all have one."""
    users = [place for place, turn in enumerate(prompt.turns) if turn.role == "user"]
    answered = max((place for place, turn in enumerate(prompt.turns) if turn.role == "assistant"), default=-1)
    return [place for place in users if place > answered] or users[-1:]


def _language(prompt: Prompt, waiting: list[int]) -> Language:
    """The language of the question; where it has no letters, that of the thread or the instructions."""
    texts = [prompt.turns[place].text for place in reversed(waiting)] + [turn.text for turn in reversed(prompt.turns)]
    return next(filter(None, (language_of(text[:1000]) for text in (*texts, prompt.instructions))), "en")


def _earlier(prompt: Prompt, place: int) -> list[str]:
    """The user's messages before a turn, as far back as a follow-up looks."""
    turns = prompt.turns[max(0, place - _LOOK_BACK) : place]
    return [tidy(turn.text[:1000]) for turn in turns if turn.role == "user"]


def _questions(prompt: Prompt, waiting: list[int], style: Style, language: Language) -> list[Question]:
    """The clauses of the waiting messages."""
    found: list[Question] = []
    before = [clause.text for text in (_earlier(prompt, waiting[0]) if waiting else ()) for clause in clauses(text)]
    for place in waiting:
        for clause in clauses(tidy(prompt.turns[place].text[:_READ])):
            found.append(Question(clause.text, language, prompt, style, place, tuple(before)))
            before.append(clause.text)
    return found


def _made(prompt: Prompt) -> list[ToolCall]:
    """The calls of this run that have their outputs."""
    rounds = []
    for turn in reversed(prompt.turns):
        if not turn.calls:
            break
        rounds.append(turn.calls)
    return [call for calls in reversed(rounds) for call in calls]


def _bound(prompt: Prompt, whole: Question, texts: Sequence[str], earlier: Sequence[str]) -> "list[Bound]":
    """What the messages ask of the functions. Without any, their vocabulary is not even loaded."""
    if prompt.tool_choice == "none" or not any(tool.get("type") == "function" for tool in prompt.tools):
        return []
    if any(pattern("sentence", "no_tools").search(text[:1000]) for text in texts):
        return []
    from mock_endpoint.models.offline.plan import plan
    from mock_endpoint.models.offline.slots import declared

    functions = declared(prompt)
    reckon = any(len([slot for slot in function.slots if slot.kind == "number"]) > 1 for function in functions)

    def known(text: str) -> float:
        """How well a function must fit to take a text from the skills."""
        if len(text) > _SHORT:
            return 0
        question = replace(whole, text=text)
        polite = talk.answer(question)
        mine = talk.distress(question) or memory.asked(question)
        if len(clauses(text)) == 1:
            mine = mine or capitals.answer(question) or (polite if polite and polite.courtesy else None)
            mine = mine or (None if reckon else sums.answer(question))
        if mine:
            return _NEVER
        return _GUIDE if talk.guide(question) else 0

    last = next((turn.text for turn in reversed(prompt.turns) if turn.role == "assistant" and turn.text), "")
    return plan(texts, earlier, functions, known, asked=last.rstrip().endswith(("?", "?", "か。")))


def _calls(
    prompt: Prompt, bound: "Sequence[Bound]", made: Sequence[ToolCall], texts: Sequence[str]
) -> tuple[Call, ...]:
    """The calls that lack nothing and are not made yet; a forced call is completed with something made up."""
    ready = [Call(each.function.name, _written(each.arguments)) for each in bound if not each.lacks]
    if prompt.tool_choice == "required" or isinstance(prompt.tool_choice, Mapping):
        ready = _forced(prompt, bound, texts)
    done = [(call.name, _plain(call.arguments)) for call in made]
    left = list(dict.fromkeys(call for call in ready if (call.name, _plain(call.arguments)) not in done))
    return tuple(left[: _MOST_CALLS if prompt.parallel_tool_calls else 1])


def _forced(prompt: Prompt, bound: "Sequence[Bound]", texts: Sequence[str]) -> list[Call]:
    """The calls that `tool_choice` demands, completed with something made up."""
    from mock_endpoint.models.offline.complete import complete
    from mock_endpoint.models.offline.plan import demanded
    from mock_endpoint.models.offline.slots import declared

    functions = declared(prompt)
    if isinstance(prompt.tool_choice, Mapping):
        wanted = prompt.tool_choice.get("function")
        name = wanted.get("name") if isinstance(wanted, Mapping) else None
        functions = [function for function in functions if function.name == name]
    chosen = demanded(functions, bound, " ".join(texts)[:1000])
    return [Call(each.function.name, _written(complete(each.function.schema, each.arguments))) for each in chosen]


def _written(arguments: Any) -> str:  # noqa: ANN401
    return json.dumps(arguments, ensure_ascii=False)


def _plain(arguments: str) -> str:
    """Arguments in one form, however they were written."""
    try:
        return json.dumps(json.loads(arguments), sort_keys=True)
    except (ValueError, RecursionError):
        return arguments


def _for_files(prompt: Prompt, questions: list[Question], bound: "Sequence[Bound]") -> list[Question]:
    """The questions to search the files for: those that no function takes and that no skill is sure about."""
    if not reading.may_search(prompt):
        return []
    if prompt.tool_choice != "auto":
        return questions
    taken = {text for each in bound for text in each.texts}
    left = [question for question in questions if question.text not in taken]
    return [question for question in left if not any(skill(question) for skill in SURE)]


def _answers(
    questions: list[Question],
    bound: "Sequence[Bound]",
    made: Sequence[ToolCall],
    whole: Question,
    found: Sequence[str],
) -> Iterator[Answer]:
    seen = any(whole.prompt.turns[place].images for place in _waiting(whole.prompt))
    if seen:
        yield whole.say("pictures")
    told: list[Answer] = []
    if made or bound:
        from mock_endpoint.models.offline import say

        lacking = [each for each in bound if each.lacks and all(each.function.name != call.name for call in made)]
        told = [*say.outcomes(whole, made), *(say.asked_back(whole, each) for each in lacking[:1])]
    taken = {text for each in bound for text in each.texts}
    open_questions = [question for question in questions if question.text not in taken]
    skills: tuple[Skill, ...] = (partial(reading.from_files, outputs=found), *SKILLS) if found else SKILLS
    answered = [
        (question, next(filter(None, (skill(question) for skill in skills)), None)) for question in open_questions
    ]
    known = list(dict.fromkeys(answer for _, answer in answered if answer))
    yield from told
    yield from [answer for answer in known if not answer.courtesy] or (() if told else known)
    left = [
        question
        for question, answer in answered
        if not answer and not (known and pattern("sentence", "no_tools").search(question.text))
    ]
    if not told and not known and (left or not seen):
        yield reading.nothing_found(whole) if found else _unknown(left[-1] if left else whole)
    elif asking := [question for question in left if is_question(question.text)]:
        text = asking[0].text.rstrip("?。. ")
        yield whole.say("part_unknown", text=text)


def _unknown(question: Question) -> Answer:
    """Says that it does not know, what it can do, and how to ask a real model: in full once in a thread."""
    if not question.text:
        return question.say("empty")
    start = question.say("not_known" if is_question(question.text) else "not_understood").text
    told = any("MODEL_BASE_URL" in turn.text for turn in question.prompt.turns if turn.role == "assistant")
    able = talk.abilities(question).text
    return question.say("unknown_again" if told else "unknown", start=start, able=able)


def _dressed(answers: list[Answer], style: Style, language: Language) -> str:
    """The answers as one text, in the form that was asked for."""
    if style.length == "word":
        words = dict.fromkeys(answer.word or _first(answer.text, 1).rstrip(".。!") for answer in answers)
        text = ("、" if language == "ja" else ", ").join(words)
    else:
        texts = [_first(answer.text, style.length) if style.length else answer.text for answer in answers]
        gap = "\n" if any("\n" in each for each in texts) else "" if language == "ja" else " "
        text = gap.join(texts)
    if style.upper:
        text = text.upper()
    return ("" if language == "ja" else " ").join(filter(None, (style.start, text, style.end)))


def _first(text: str, number: int) -> str:
    """At most so many sentences of a text."""
    ends = [match.start() for match in _SENTENCE_END.finditer(text)]
    return text if len(ends) < number else text[: ends[number - 1]].rstrip()
