"""The calls that the waiting messages ask for, in their order, and which of them are still to be made."""

import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from ...base import FunctionCall, Prompt
from .choosing import Fit, Function, best, declared, is_weak, unquoted
from .filling import Source, objects
from .plan import Call, Plan, refuses

_MOST_CALLS = 16
_MOST_SEGMENTS = 8
_LOOK_BACK = 6
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


@dataclass(frozen=True)
class _Group:
    """A text that one function answers."""

    function: Function
    text: str
    sentence: int
    before: tuple[str, ...] = ()
    """Texts that it continues, the newest first: their values still hold."""


def plan(prompt: Prompt, asked: Sequence[str], earlier: Sequence[str], answers: Callable[[str], bool]) -> Plan:
    """The calls for the sentences asked; `answers` tells whether the model can answer a sentence by itself."""
    made = tuple(call for turn in _this_run(prompt) for call in turn)
    if not prompt.tools or prompt.tool_choice == "none":
        return Plan((), (), made)
    functions = declared(prompt)
    calls = _calls(_groups(functions, asked, earlier, answers), asked, earlier)
    if demanded := _demanded(prompt, functions, asked):
        own = (
            [call for call in calls if call.name == demanded.name] if isinstance(prompt.tool_choice, Mapping) else calls
        )
        calls = own or _calls([_Group(demanded, " ".join(asked), 0)], asked, earlier)
    done = [(call.name, _plain(call.arguments)) for call in made]
    left = [call for call in calls if (call.name, _plain(call.arguments)) not in done]
    return Plan(tuple(calls), tuple(left if prompt.parallel_tool_calls else left[:1]), made)


def _plain(arguments: str) -> str:
    """Arguments in one form, however they were written."""
    try:
        return json.dumps(json.loads(arguments), sort_keys=True)
    except (ValueError, RecursionError):
        return arguments


def _this_run(prompt: Prompt) -> list[tuple[FunctionCall, ...]]:
    rounds = []
    for turn in reversed(prompt.turns):
        if not turn.calls:
            break
        rounds.append(turn.calls)
    return rounds[::-1]


def _demanded(prompt: Prompt, functions: list[Function], asked: Sequence[str]) -> Function | None:
    """The function that `tool_choice` demands: the one named, or the best fitting one."""
    if isinstance(prompt.tool_choice, Mapping):
        wanted = prompt.tool_choice.get("function")
        name = wanted.get("name") if isinstance(wanted, Mapping) else None
        return next((function for function in functions if function.name == name), None)
    fit = best(" ".join(asked), functions) if prompt.tool_choice == "required" else None
    return fit.function if fit else None


def _groups(
    functions: list[Function], asked: Sequence[str], earlier: Sequence[str], answers: Callable[[str], bool]
) -> list[_Group]:
    if any(map(refuses, asked)):
        return []
    groups: list[_Group] = []
    for index, text in enumerate(asked):
        allowed = [function for function in functions if not _forbidden(function, text)]
        here = _split(allowed, text, index, answers) or _continued(
            functions, text, index, (*earlier, *asked[:index]), answers
        )
        groups += here
    return groups


def _forbidden(function: Function, text: str) -> bool:
    at = text.find(function.name)
    return at >= 0 and bool(_NOT_THIS.search(text[:at]))


def _wanted(text: str, functions: list[Function], answers: Callable[[str], bool], sentence: str) -> Fit | None:
    fit = best(text, functions, sentence)
    if not fit or not fit.enough or (is_weak(fit) and answers(text)):
        return None
    return fit


def _split(functions: list[Function], text: str, index: int, answers: Callable[[str], bool]) -> list[_Group]:
    """The parts of a sentence that different functions answer; the whole sentence where one answers it all."""
    spans = _segments(text)
    fits = [_wanted(text[start:end], functions, answers, text) for start, end in spans]
    different = {fit.function.name for fit in fits if fit}
    if len(different) < 2:
        fit = _wanted(text, functions, answers, text) or next(filter(None, fits), None)
        return [_Group(fit.function, text, index)] if fit else []
    merged: list[tuple[Function, int, int]] = []
    waiting = spans[0][0]
    for (start, end), fit in zip(spans, fits, strict=True):
        if fit and not (merged and merged[-1][0] is fit.function):
            merged.append((fit.function, waiting if not merged else start, end))
        elif merged:
            merged[-1] = (*merged[-1][:2], end)
    return [_Group(function, text[start:end], index) for function, start, end in merged]


def _segments(text: str) -> list[tuple[int, int]]:
    plain = unquoted(text)
    spans: list[tuple[int, int]] = []
    start = 0
    for match in _APART.finditer(plain):
        if len(spans) < _MOST_SEGMENTS and plain[start : match.start()].strip():
            spans.append((start, match.start()))
            start = match.end()
    return [*spans, (start, len(text))]


def _continued(
    functions: list[Function], text: str, index: int, before: tuple[str, ...], answers: Callable[[str], bool]
) -> list[_Group]:
    """`And in Osaka?`: the function of the sentence before, with the values that it has new."""
    if not _FOLLOW_UP.search(text) or answers(text):
        return []
    chain: list[str] = []
    for past in reversed(before[-_LOOK_BACK:]):
        chain.append(past)
        if groups := _split(functions, past, index, answers):
            return [replace(groups[-1], text=text, sentence=index, before=tuple(chain))]
        if not _FOLLOW_UP.search(past):
            return []
    return []


def _calls(groups: list[_Group], asked: Sequence[str], earlier: Sequence[str]) -> list[Call]:
    calls: list[Call] = []
    for group in groups:
        root = group.function.parameters
        now = dict.fromkeys((*group.before, *(text for text in asked if text != group.text)))
        old = [text for text in dict.fromkeys(reversed(earlier[-_LOOK_BACK:])) if text not in now]
        taken = group.function.taken
        sources = [Source(group.text, taken), *(Source(text, taken, sure=True) for text in now)]
        sources += [Source(text, taken, sure=True, old=True) for text in old]
        for arguments in objects(root, root, sources):
            call = Call(group.function.name, _written(arguments), group.sentence)
            if all((call.name, call.arguments) != (other.name, other.arguments) for other in calls):
                calls.append(call)
    return calls[:_MOST_CALLS]


def _written(arguments: dict[str, Any]) -> str:
    return json.dumps(arguments, ensure_ascii=False)
