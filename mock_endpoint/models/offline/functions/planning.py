"""The calls that the waiting messages ask for, in their order, and which of them are still to be made."""

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from mock_endpoint.models.base import Prompt, ToolCall
from mock_endpoint.models.offline.functions.choosing import Function, best, declared
from mock_endpoint.models.offline.functions.grouping import Talk, requests
from mock_endpoint.models.offline.functions.plan import Ask, Call, Plan
from mock_endpoint.models.offline.functions.request import Request, filled

_MOST_CALLS = 16


def plan(prompt: Prompt, asked: Sequence[str], earlier: Sequence[str], answers: Callable[[str], bool]) -> Plan:
    """The calls for the sentences asked; `answers` tells whether the model can answer a sentence by itself."""
    made = tuple(call for turn in _this_run(prompt) for call in turn)
    if not prompt.tools or prompt.tool_choice == "none":
        return Plan((), (), made)
    functions = declared(prompt)
    talk = Talk(functions, asked, earlier, answers)
    wanted = requests(talk)
    if demanded := _demanded(prompt, functions, asked):
        free = not isinstance(prompt.tool_choice, Mapping)
        own = [request for request in wanted if free or request.function is demanded]
        calls, asks = _calls(talk, own or [Request(demanded, " ".join(asked), 0)], forced=True), []
    else:
        calls, asks = _calls(talk, wanted), _asks(talk, wanted)
    done = [(call.name, _plain(call.arguments)) for call in made]
    left = [call for call in calls if (call.name, _plain(call.arguments)) not in done]
    asks = [ask for ask in asks if all(ask.name != call.name for call in made)]
    return Plan(tuple(calls), tuple(left if prompt.parallel_tool_calls else left[:1]), made, tuple(asks))


def _plain(arguments: str) -> str:
    """Arguments in one form, however they were written."""
    try:
        return json.dumps(json.loads(arguments), sort_keys=True)
    except (ValueError, RecursionError):
        return arguments


def _this_run(prompt: Prompt) -> list[tuple[ToolCall, ...]]:
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


def _calls(talk: Talk, wanted: list[Request], *, forced: bool = False) -> list[Call]:
    """The calls that lack nothing; where a call is forced, those too for which something is made up."""
    calls: list[Call] = []
    for request in wanted:
        for each in filled(request, talk.asked, talk.earlier):
            call = Call(request.function.name, _written(each.arguments), request.sentence)
            known = any((call.name, call.arguments) == (other.name, other.arguments) for other in calls)
            if not known and (forced or not each.lacks):
                calls.append(call)
    return calls[:_MOST_CALLS]


def _asks(talk: Talk, wanted: list[Request]) -> list[Ask]:
    """What to ask back, once for each function."""
    asks: dict[str, Ask] = {}
    for request in wanted:
        lacks = dict.fromkeys(lack for each in filled(request, talk.asked, talk.earlier) for lack in each.lacks)
        if lacks:
            function = request.function
            parameters = tuple(dict.fromkeys(slot.path[0] for slot in function.slots if slot.path))
            asks.setdefault(function.name, Ask(function.name, parameters, tuple(lacks), request.sentence))
    return list(asks.values())


def _written(arguments: dict[str, Any]) -> str:
    return json.dumps(arguments, ensure_ascii=False)
