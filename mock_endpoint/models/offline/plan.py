"""What a message asks of the declared functions: calls to make, or values to ask back for."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

from mock_endpoint.models.offline import chunks
from mock_endpoint.models.offline.bind import Bound, bind
from mock_endpoint.models.offline.choose import LIKELY, POSSIBLE, SURE, acts, ranked
from mock_endpoint.models.offline.clauses import Clause, agrees, cancels, clauses, continues
from mock_endpoint.models.offline.slots import Function
from mock_endpoint.models.offline.text import JAPANESE, listed

_NEAR = 0.1
"""How far behind the best a function may be that fits its values better."""
_QUESTION = re.compile(
    r"(?:what|who|when|where|how|which|why|what's|who's|is|are|does|did)\b|.*(?:何|誰|だれ|いつ|どこ|なぜ|どう|いくら|いくつ)",
    re.I,
)
_PERSONAL = re.compile(r"\b(?:you|your|my)\b|\b(?:did|have|was|am) i\b|あなた|私|僕|覚えて", re.I)

Known = Callable[[str], bool]
"""Tells whether the model answers a text by itself."""


@dataclass
class Request:
    """A function that is asked for, and the texts that give its values."""

    function: Function
    text: str
    context: list[str] = field(default_factory=list)

    def bound(self) -> list[Bound]:
        """The call, or several where the text names several of the same kind."""
        needed = [slot for slot in self.function.slots if slot.required]
        if searches(self.function, 1) and _general(self.text):
            return [Bound(self.function, {needed[0].path: self.text.rstrip(" ?.。")}, (self.text,))]
        whole = bind(self.function, self.text, self.context)
        parts = [
            replace(bind(self.function, text, self.context), texts=whole.texts)
            for text in several(self.text, self.function)
        ]
        if len(parts) > 1 and not any(part.lacks for part in parts) and parts[0].values != parts[1].values:
            return parts
        return [whole]


def requests(message: str, functions: Sequence[Function], known: Known) -> list[Request]:
    """The requests of one message."""
    found: list[Request] = []
    waiting: list[str] = []
    for clause in clauses(message):
        function = _function(clause, message, functions) if clause.wants and not known(clause.text) else None
        last = found[-1] if found else None
        if function is None:
            (last.context if last else waiting).append(clause.text)
        elif last and last.function is function and _completes(last, clause):
            last.context.append(clause.text)
        else:
            found.append(Request(function, clause.text, waiting))
            waiting = []
    return found


def follow_up(message: str, earlier: Request, *, asked: bool) -> list[Bound]:
    """What a message makes of the request before it: other values for it, what it lacked, or a yes."""
    before = earlier.bound()[-1]
    if before.lacks:
        filled = bind(before.function, message, known=before.values)
        return [filled] if len(filled.lacks) < len(before.lacks) else []
    if asked and agrees(message):
        return [before]
    if addition := continues(message):
        new = _same_place(earlier, before, addition) or bind(before.function, addition)
        if new.values:
            return [Bound(before.function, {**before.values, **new.values}, (message,))]
    return []


def _same_place(earlier: Request, before: Bound, addition: str) -> Bound | None:
    """`In biology?` after `… in maths?`: what followed the same small word is replaced."""
    found = re.match(r"(in|on|at|to|from|for|of|by|with|about)\s+(?:the )?(.+?)[?.!]*$", addition)
    for path, value in before.values.items() if found else ():
        if found and isinstance(value, str) and re.search(rf"\b{found[1]} (?:the )?{re.escape(value)}", earlier.text):
            return Bound(before.function, {path: found[2]}, (addition,))
    return None


def plan(
    waiting: Sequence[str], earlier: Sequence[str], functions: Sequence[Function], known: Known, *, asked: bool
) -> list[Bound]:
    """The calls that the waiting messages ask for; `earlier` are the user's messages before them, the newest last."""
    found: list[Bound] = []
    for message in waiting:
        if cancels(message) or known(message):
            continue
        wanted = [bound for request in requests(message, functions, known) for bound in request.bound()]
        clear = [bound for bound in wanted if bound.firm and not bound.lacks]
        before = (
            None
            if clear and len(clear) == len(wanted) and not continues(message)
            else _before(earlier, functions, known)
        )
        if before and clear and before.function is not clear[0].function:
            before = None
        more = follow_up(message, before, asked=asked) if before and not known(message) else []
        found += more if more and (continues(message) or not wanted or wanted[0].lacks) else wanted
    return found


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
    return bool(bind(last.function, last.text, last.context).lacks or bind(last.function, clause.text).lacks)


def _function(clause: Clause, message: str, functions: Sequence[Function]) -> Function | None:
    """The function that a clause asks for; None where none fits well enough."""
    best = ranked(clause.text, message, functions)[:4]
    if not best:
        return None
    others = [each.text for each in clauses(message) if each.text != clause.text]
    weighed = []
    for score, function in best:
        if score >= max(best[0][0] - _NEAR, POSSIBLE):
            bound = bind(function, clause.text, others)
            sure = score >= SURE or (score >= LIKELY and bool(acts(clause.text) & acts(function.title)))
            complete = not bound.lacks and (bool(bound.firm) or (bool(bound.values) and score >= LIKELY))
            weighed.append(
                (
                    score + 0.04 * (complete or (sure and not bound.lacks)) + 0.03 * min(bound.firm, 4),
                    complete or sure,
                    function,
                )
            )
    weighed.sort(key=lambda each: -each[0])
    if weighed and weighed[0][1]:
        return weighed[0][2]
    return next((each for each in functions if searches(each, len(functions)) and _general(clause.text)), None)


def searches(function: Function, declared: int) -> bool:
    """Whether any question may be put to a function: it searches, and takes nothing but the question."""
    needed = [slot for slot in function.slots if slot.required]
    looks = re.search(r"\bsearch|\blook up|\bgoogle|検索|調べ", function.title, re.I)
    everywhere = declared == 1 or re.search(
        r"\b(?:web|internet|online|google|wiki\w*|knowledge)\b|ウェブ|ネット", function.title, re.I
    )
    return bool(looks and everywhere and len(needed) == 1 and needed[0].kind == "free")


def _general(text: str) -> bool:
    return bool(_QUESTION.match(text)) and not _PERSONAL.search(text)


def several(text: str, function: Function) -> list[str]:
    """The text once for each of the things that it joins with `and`; empty where it joins none."""
    if any(
        slot.kind in ("list", "enums", "code") or (slot.kind == "free" and slot.required) for slot in function.slots
    ):
        return []
    return _several_japanese(text) if JAPANESE.search(text) else _several_english(text)


def _several_english(text: str) -> list[str]:
    quoted = [match.span() for match in re.finditer(r"\"[^\"]*\"|(?<!\w)'[^']*'(?!\w)", text)]
    borders = (
        r"(?:^|[,:]|\b(?:in|at|of|for|to|from|on|with|the|is|it|are|off|up|down|"
        + "|".join(listed("en", "verbs"))
        + r"))\s+"
    )
    for match in re.finditer(r"(?:,)?\s+and\s+(?:also\s+)?", text):
        if any(begin < match.start() < end for begin, end in quoted):
            continue
        left, right = text[: match.start()], text[match.end() :]
        if (
            re.match(r"\d", right)
            and (numbers := list(re.finditer(r"\b\d[\d.]*\b", left)))
            and re.search(r"\b(?:in|at|for|on|to)\b", right)
        ):
            return [left, left[: numbers[-1].start()] + right]
        number = r"(?<![\w-])\d[\d.]*(?![\w-])"
        verb = re.match(r"(?:please )?\w+ ", left)
        if verb and re.search(number, left) and re.search(rf"(?:to|at|for) .*{number}", right):
            return [left, verb[0] + right]
        places = [found.end() for found in re.finditer(borders, left, re.I)]
        start = places[-1] if places else 0
        lead = re.match(r"(?:in|at|of|for|to|from|on)\s+", right)
        thing = re.match(
            r"(?:the |my )?[^,.;:?!]+?(?=$|[,.;:?!]|\s+(?:in|at|of|for|to|from|on|with|right|now|please|off|is|are|tomorrow|today)\b)",
            right[lead.end() :] if lead else right,
        )
        if not thing:
            continue
        other, rest = thing[0], right[(lead.end() if lead else 0) + thing.end() :]
        items = [re.sub(r"^(?:the|my) ", "", item) for item in [*re.split(r",\s*", left[start:]), other] if item]
        return [left[:start] + item + rest for item in items]
    return []


def _several_japanese(text: str) -> list[str]:
    noun = r"(?:[^\W\u3040-\u309f]|[・&.\-ー]|の(?=[^\W\u3040-\u309f]))"
    match = re.search(rf"({noun}+)(?:と|、|や|および)(?!の|いう)({noun}+)", text)
    if not match:
        return []
    one, other = match[1], match[2]
    before, rest = text[: match.start()], text[match.end() :]
    if "の" not in one and "の" in other:
        other, tail = other.split("の", 1)
        rest = f"の{tail}{rest}"
    return [before + one + rest, before + other + rest]


__all__ = ["Request", "chunks", "plan", "requests"]
