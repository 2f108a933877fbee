"""What a message asks of the declared functions: calls to make, or values to ask back for."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

from mock_endpoint.models.offline.bind import bind
from mock_endpoint.models.offline.choose import LIKELY, POSSIBLE, SURE, WEAK, acts, prepare, ranked
from mock_endpoint.models.offline.clauses import Clause, agrees, cancels, clauses, continues, refuses, reports
from mock_endpoint.models.offline.complete import Completer
from mock_endpoint.models.offline.entities import entities, spoken
from mock_endpoint.models.offline.numbers import other_coin
from mock_endpoint.models.offline.slots import Function
from mock_endpoint.models.offline.text import (
    JAPANESE,
    is_question,
    listed,
    name_words,
    pattern,
    stems,
    verb_stems,
)
from mock_endpoint.models.offline.work import Bound

_NEAR, _COMPLETE = 0.1, 0.04
"""How far behind the best a function may be that fits its values better, and how much it counts to lack none."""
_WHOLE = 300
"""Characters of a message that is read as a whole."""
Known = Callable[[str], float]
"""The score that a function needs in order to take a text from the model's own skills; 0 where they do not know it."""


@dataclass
class Request:
    """A function that is asked for, and the texts that give its values."""

    function: Function
    text: str
    context: list[str] = field(default_factory=list)

    def bound(self) -> list[Bound]:
        """The call, or several where the text names several of the same kind."""
        if searches(self.function, 1) and _general(self.text):
            query = next(slot for slot in self.function.slots if slot.required)
            return [Bound(self.function, {query.path: self.text.rstrip(" ?.。")}, (self.text,), 1)]
        whole = _kept(bind(self.function, self.text, self.context))
        parts = [_kept(bind(self.function, text, self.context)) for text in several(self.text, self.function)]
        if len(parts) > 1 and not any(part.lacks for part in parts) and parts[0].values != parts[1].values:
            return [replace(part, texts=whole.texts) for part in parts]
        return [whole]


def plan(
    waiting: Sequence[str], earlier: Sequence[str], functions: Sequence[Function], known: Known, *, asked: bool
) -> list[Bound]:
    """The calls that the waiting messages ask for. `earlier` are the user's messages before them, the newest last;
    `asked` tells whether the assistant's last words were a question."""
    found: list[Bound] = []
    for message in map(_reckoned, waiting):
        if cancels(message) or known(message) > 1:
            continue
        fitting = [function for function in functions if not other_coin(function, message[:_WHOLE])]
        wanted = [bound for request in requests(message, fitting, known) for bound in request.bound()]
        clear = [bound for bound in wanted if bound.firm and not bound.lacks]
        new = wanted and len(clear) == len(wanted) and not continues(message)
        before = None if new else _before(earlier, functions, known)
        if before and not (clear and before.function is not clear[0].function):
            more = follow_up(message, before, asked=asked)
            wanted = more if more and (continues(message) or not wanted or wanted[0].lacks) else wanted
        beside = [*(clause.text for clause in clauses(message)[:4]), *reversed(earlier[-2:])]
        found += [_filled(each, [other for other in wanted if other is not each], beside) for each in wanted]
    return found


def _filled(bound: Bound, others: Sequence[Bound], beside: Sequence[str]) -> Bound:
    """A call with what it lacks out of the calls beside it, where their parameters are called alike, or out of one of
    the texts beside it: another clause, or what was said before."""
    for slot in bound.lacks:
        same = (
            other.values[each.path]
            for other in others
            for each in other.function.slots
            if each.path in other.values and each.kind == slot.kind == "thing" and each.names & slot.names
        )
        if (value := next(same, None)) is not None:
            bound = replace(bound, values={**bound.values, slot.path: value})
    taken = {*(other.texts[0] for other in others), *(bound.texts if bound.values else bound.texts[:1])}
    for text in [each for each in beside if each not in taken] if bound.lacks else ():
        whole = _kept(bind(bound.function, text, known=bound.values))
        if not whole.lacks:
            return replace(whole, texts=bound.texts)
    return bound


def requests(message: str, functions: Sequence[Function], known: Known) -> list[Request]:
    """The requests of one message, each with the clauses beside it."""
    found: list[Request] = []
    waiting: list[str] = []
    parts = clauses(message)
    prepare([message, *(clause.text for clause in parts if clause.wants)], functions)
    for clause in parts:
        function = _function(clause, message, functions, known(clause.text)) if clause.wants else None
        last = found[-1] if found else None
        if function is None:
            if clause.wants and is_question(clause.text):
                continue
            if not refuses(clause.text):
                (last.context if last else waiting).append(clause.text)
        elif last and last.function is function and _completes(last, clause):
            last.context.append(clause.text)
        else:
            found.append(Request(function, clause.text, waiting))
            waiting = []
    return found or _as_a_whole(message, parts, functions)


def _as_a_whole(message: str, parts: Sequence[Clause], functions: Sequence[Function]) -> list[Request]:
    """The request of a message none of whose clauses is one: it has all that a function needs."""
    if not functions:
        return []
    message = message[:_WHOLE]
    score, function = ranked(message, message, functions)[0]
    bound = bind(function, message)
    wants = any(part.wants for part in parts)
    told = not wants and (not entities(message) or any(reports(each.text) or refuses(each.text) for each in parts))
    near = score >= SURE and not told and (bound.firm or bound.named)
    return [Request(function, message)] if near and not bound.lacks else []


def follow_up(message: str, earlier: Request, *, asked: bool) -> list[Bound]:
    """What a message makes of the request before it: what it lacked, a yes, or other values for it."""
    before = earlier.bound()[-1]
    if before.lacks:
        filled = _kept(bind(before.function, message, known=before.values))
        return [filled] if len(filled.lacks) < len(before.lacks) else []
    if asked and agrees(message):
        return [before]
    addition = continues(message)
    values = bind(before.function, addition).values if addition else {}
    other = any(
        bool(re.search("の| of ", str(value))) > ("の" in str(before.values.get(path)))
        for path, value in values.items()
    )
    return [_kept(Bound(before.function, {**before.values, **values}, (message,)))] if values and not other else []


def _reckoned(message: str) -> str:
    """`An hour and a half`, `five and a half`, `1時間半` and `1時間5分` with one number, for a parameter takes one."""

    def half(match: re.Match[str]) -> str:
        whole = spoken(match["whole"] or match["ja"] or "0") or 0
        return f"{whole:g}.5{match['unit'] or match['counter'] or ''}"

    def both(match: re.Match[str]) -> str:
        return f"{60 * int(match[1]) + int(match[2])}{match[3]}"

    return pattern("entity", "hours").sub(both, pattern("entity", "halves").sub(half, message))


def _kept(bound: Bound) -> Bound:
    """Without the values that their schema refuses: those are asked back. What has a type only has it already, and
    `jsonschema`, which takes its time to import (newer ones beside JupyterLab three seconds), is not asked."""
    told = {"type", "description", "enum", "title", "default", "items", "examples"}
    strict = [slot for slot in bound.function.slots if slot.path in bound.values and set(slot.schema) - told]
    if not strict:
        return bound
    completer = Completer(bound.function.schema)
    bad = [slot.path for slot in strict if not completer.valid(bound.values[slot.path], slot.schema)]
    return replace(bound, values={path: value for path, value in bound.values.items() if path not in bad})


def demanded(functions: Sequence[Function], bound: Sequence[Bound], text: str) -> list[Bound]:
    """Calls of these functions where one must be made: what the messages ask for, else the nearest in meaning, and
    the first where none is near."""
    if chosen := [each for each in bound if each.function in functions]:
        return chosen
    if not functions:
        return []
    prepare([text], functions)
    score, nearest = ranked(text, text, functions)[0]
    return [bind(nearest if score >= LIKELY else functions[0], text)]


def _before(earlier: Sequence[str], functions: Sequence[Function], known: Known) -> Request | None:
    """The last request of the thread, with what was said to it since; None once it was cancelled."""
    for place in range(len(earlier) - 1, max(-1, len(earlier) - 4), -1):
        if cancels(earlier[place]):
            return None
        if found := requests(earlier[place], functions, known):
            found[-1].context += earlier[place + 1 :]
            return found[-1]
    return None


def _completes(last: Request, clause: Clause) -> bool:
    before, after = bind(last.function, last.text, last.context), bind(last.function, clause.text)
    agree = all(before.values.get(path, value) == value for path, value in after.values.items())
    return bool(before.lacks or after.lacks or agree)


def _function(clause: Clause, message: str, functions: Sequence[Function], needed: float) -> Function | None:
    """The function that a clause asks for; None where none fits well enough."""
    beside = [each for each in clauses(message) if each.text != clause.text]
    others = [each.text for each in beside if not refuses(each.text)]
    alone = not any(each.wants for each in beside)
    best = ranked(clause.text, message if alone else clause.text, functions)[:4]
    weighed = []
    refused = stems(" ".join(each.text for each in beside if refuses(each.text)))
    for score, function in best:
        if refused & stems(name_words(function.name)) & verb_stems():
            continue
        if score < max(best[0][0] - _NEAR, POSSIBLE, needed):
            break
        bound = bind(function, clause.text, others)
        sure = score >= SURE or (score >= LIKELY and bool(acts(clause.text) & acts(function.title)))
        given = not bound.lacks and (
            bool(bound.firm) or (bool(bound.values) and score >= (POSSIBLE if bound.named else WEAK))
        )
        weight = score + _COMPLETE * (given or (sure and not bound.lacks)) + 0.03 * min(bound.firm, 4)
        weighed.append((weight, given or sure, function))
    if weighed and (chosen := max(weighed, key=lambda each: each[0]))[1]:
        return chosen[2]
    return next((each for each in functions if searches(each, len(functions)) and _general(clause.text)), None)


def searches(function: Function, declared: int) -> bool:
    """Whether any question may be put to a function: it searches, and takes nothing but the question."""
    needed = [slot.kind for slot in function.slots if slot.required]
    looks = pattern("sentence", "searching").search(function.title)
    return bool(
        looks and needed == ["free"] and (declared == 1 or pattern("sentence", "everywhere").search(function.title))
    )


def _general(text: str) -> bool:
    """Whether a text asks for something that anybody may know."""
    return bool(pattern("sentence", "general").match(text)) and not pattern("sentence", "personal").search(text)


def several(text: str, function: Function) -> list[str]:
    """The text once for each of the things that it joins with `and`; empty where it joins none."""
    whole = ("list", "numbers", "enums", "code")
    if any(slot.kind in whole or (slot.kind == "free" and slot.required) for slot in function.slots):
        return []
    return _several_japanese(text) if JAPANESE.search(text) else _several_english(text)


def _several_english(text: str) -> list[str]:
    leads = "in|at|of|for|to|from|on"
    borders = rf"(?:^|[,:]|\b(?:{leads}|with|the|is|it|are|off|up|down|{'|'.join(listed('en', 'verbs'))}))\s+"
    number = r"(?<![\w-])\d[\d.]*(?![\w-])"
    for match in re.finditer(r",?\s+and\s+(?:also\s+)?", text):
        left, right = text[: match.start()], text[match.end() :]
        if left.count('"') % 2:
            continue
        numbers, verb = list(re.finditer(number, left)), re.match(r"(?:please )?\w+ ", left)
        if numbers and re.match(r"\d", right) and re.search(r"\b(?:in|at|for|on|to)\b", right):
            return [left, left[: numbers[-1].start()] + right]
        if numbers and verb and re.search(rf"(?:to|at|for) .*{number}", right):
            return [left, verb[0] + right]
        led, before = (list(re.finditer(rf"\b(?:{leads})(?=\s)", side)) for side in (right, left))
        places = before[-len(led) :]
        if len(led) > 1 and led[0].start() == 0 and [each[0] for each in places] == [each[0] for each in led]:
            return [left, left[: places[0].start()] + right]
        lead = re.match(rf"(?:{leads})\s+", right)
        rest = right[lead.end() :] if lead else right
        if thing := pattern("value", "joined_thing").match(rest):
            start = max((found.end() for found in re.finditer(borders, left + " ", re.I)), default=0)
            things = [
                re.sub(r"^(?:the|my) ", "", item) for item in [*re.split(r",\s*", left[start:]), thing[0]] if item
            ]
            return [left[:start] + item + rest[thing.end() :] for item in things]
    return []


def _several_japanese(text: str) -> list[str]:
    match = pattern("value", "joined_ja").search(text)
    if not match:
        return []
    one, other, before, rest = match[1], match[2], text[: match.start()], text[match.end() :]
    if "の" not in one and "の" in other:
        other, tail = other.split("の", 1)
        rest = f"の{tail}{rest}"
    return [before + one + rest, before + other + rest]
