"""Which declared function a text asks for: the words of the text against its name, description and parameters."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

from mock_endpoint.models.base import Prompt
from mock_endpoint.models.offline.functions import words
from mock_endpoint.models.offline.functions.assigning import assign
from mock_endpoint.models.offline.functions.slots import Slot, slots
from mock_endpoint.models.offline.functions.values import Found, find

_MOST = 128
_MOST_IDEAS = 100
_MOST_PARAMETERS = 20
_MOST_NEEDED, _MOST_VALUES = 6, 12
"""Beyond these a text is not tried on a function's parameters: it would take long and tell little."""
_ASIDE = re.compile(r"\([^)]*\)|(?:\be\.g\.|\bfor example\b|\bsuch as\b|例えば|たとえば).*", re.IGNORECASE | re.DOTALL)
_QUOTED = re.compile(r"\"[^\"\n]*\"|「[^」\n]*」|『[^』\n]*』|`[^`\n]*`|(?<!\w)'[^'\n]*'(?!\w)")
_SUM = re.compile(r"\d\s*(?:[-+*/×÷^]|plus\b|minus\b|times\b|divided by\b)\s*\d", re.IGNORECASE)
_STATING = re.compile(
    r"^(?:i|we|my|our|it|that|this|he|she|they|you)(?:'m|'ve|'s|'re)?\b"
    r"(?!.*\b(?:need|want|wanna|like to|would like|'d like"
    r"|wonder|looking for|tell me|must|should|please|have to)\b)"
    r"|(?:です|ました|でした|だった|ます|だ)[。!]?$(?<!たいです)(?<!ほしいです)",
    re.IGNORECASE,
)
_DEFINING = re.compile(
    r"^what (?:is|are|was) an? [\w -]{1,40}\??$|\bwhat does\b.*\bmean\b"
    r"|\bwhat do(?:es)? (?:an? |the )?[\w -]{1,40} do\b"
    r"|\bhow do(?:es)? (?:an? |the )?[\w -]{1,40} work\b|^(?:why|define)\b"
    r"|^explain\b|とは(?:何|なん|\?|$)",
    re.IGNORECASE,
)
_OPINION = re.compile(
    r"^(?:is|are|was|were|isn't|would)\b.*\b(?:a lot|much|many|enough|too \w+|good|bad|fair|high|low|normal|big|small"
    r"|long|expensive|cheap|worth|okay|ok|possible|usual)\b|(?:高い|安い|多い|少ない|十分|足り\w+|長い|短い)(?:です|でしょう)か",
    re.IGNORECASE,
)
_MEANING = frozenset(map(words.idea_of, ("define", "explain")))
_WHEN = dict.fromkeys(("date", "month", "season", "weekday", "day"), "when")
"""Kinds that say when: a question about `now` or `spring` speaks of the same as a month."""
_COMPARING = frozenset(map(words.idea_of, ("compare", "versus", "vs", "difference", "between")))
_BY_NAME = 100.0
_SURE = 4.0
"""What a value must reach to fit a parameter by its kind."""
_IMPLIED = {"currency": ("convert", "currency"), "unit": ("convert", "unit")}
_TELLING = frozenset(
    {"currency", "unit", "language", "email", "url", "time", "date", "month", "place", "country", "code"}
)


@dataclass(frozen=True, eq=False)
class Function:
    """A function as a run declares it."""

    name: str
    description: str
    parameters: Mapping[str, Any]

    @cached_property
    def named(self) -> list[str]:
        """The ideas in its name that say what it is for."""
        ideas = list(dict.fromkeys(words.named(self.name)))
        return [idea for idea in ideas if not words.is_generic(idea)] or ideas

    @cached_property
    def verbs(self) -> frozenset[str]:
        """The ideas in its name that say little."""
        return frozenset(words.named(self.name)) - set(self.named)

    @cached_property
    def described(self) -> list[str]:
        """The telling ideas in its description, without asides and examples."""
        text = _ASIDE.sub(" ", self.description[:600])
        return [idea for idea in words.ideas(text)[:30] if not words.is_generic(idea)]

    @cached_property
    def slots(self) -> list[Slot]:
        """The values it takes."""
        return slots(self.parameters, self.parameters)[:_MOST_PARAMETERS]

    @cached_property
    def spoken_of(self) -> frozenset[str]:
        """The ideas in its parameters' names and in the values they may have."""
        enums = [each for slot in self.slots for each in (slot.schema.get("enum") or ())[:20] if isinstance(each, str)]
        found = {idea for slot in self.slots for idea in slot.name} | {
            idea for each in enums for idea in words.named(each)
        }
        return frozenset(idea for idea in found if not words.is_generic(idea))

    @cached_property
    def taken(self) -> frozenset[str]:
        """The ideas that name the function, and are no values for it."""
        return frozenset(words.named(self.name))


@dataclass(frozen=True)
class Fit:
    """How well a function fits a text."""

    function: Function
    score: float
    enough: bool
    """Whether the text asks for it, and does not only touch on it."""


def declared(prompt: Prompt) -> list[Function]:
    """The functions that the run declares, in their order."""
    found = []
    for tool in prompt.tools[:_MOST]:
        function = tool.get("function")
        if tool.get("type") == "function" and isinstance(function, Mapping) and function.get("name"):
            parameters = function.get("parameters")
            found.append(
                Function(
                    str(function["name"]),
                    str(function.get("description") or ""),
                    parameters if isinstance(parameters, Mapping) else {},
                )
            )
    return found


def best(text: str, functions: Sequence[Function], sentence: str = "", asking: str = "") -> Fit | None:
    """The function that fits a text best; of equals the one declared first.

    `sentence` is what the text is part of, and `asking` its part that asks, where the rest only tells.
    """
    plain = unquoted(text)
    spoken, context = words.ideas(plain)[:_MOST_IDEAS], set(words.ideas(unquoted(sentence))[:_MOST_IDEAS])
    found = find(text)
    implied = _implied(plain, found)
    fits = [_fit(function, plain, spoken, context, implied=implied, found=found) for function in functions]
    if _STATING.search(asking or plain):
        fits = [fit if fit.score >= _BY_NAME else replace(fit, enough=False) for fit in fits]
    elif not any(fit.enough for fit in fits):
        fits = _by_values(fits, plain, found)
    return max(fits, key=lambda fit: (fit.enough, fit.score), default=None)


def _by_values(fits: list[Fit], text: str, found: list[Found]) -> list[Fit]:
    """`Compare Oslo and Riga in May`: nothing but the values of one function, and of no other."""
    spoken = [
        word.idea
        for word in words.words(text)
        if not (words.is_generic(word.idea) or any(each.start < word.end and word.start < each.end for each in found))
    ]
    if not found or set(spoken) - _COMPARING:
        return fits
    fitting = [fit for fit in fits if _takes_all(fit.function, text, found)]
    return [replace(fit, enough=True) if [fit] == fitting else fit for fit in fits]


def _takes_all(function: Function, text: str, found: list[Found]) -> bool:
    """Whether the values are all that a function needs, at least two, and each by its kind."""
    needed = [slot for slot in function.slots if slot.needed]
    if not 2 <= len(needed) <= _MOST_NEEDED:
        return False
    given = assign(needed, found[:_MOST_VALUES], text, function.parameters, _SURE)
    whole = all(slot.kind in _TELLING and (slot.kind, each.kind) != ("date", "month") for slot, each in given.items())
    return whole and len(given) == len(needed)


def unquoted(text: str) -> str:
    """The text with quotations blanked out: what somebody quotes is no request."""
    return _QUOTED.sub(lambda match: " " * len(match[0]), text)


def called_by_name(function: Function, text: str) -> bool:
    """Whether the text holds the function's own name."""
    parts = words.split(function.name)
    name = re.escape(function.name)
    pattern = rf"{name}|{r'[_ -]?'.join(map(re.escape, parts))}" if len(parts) > 1 else name
    if len(parts) < 2:
        pattern = (
            rf"(?:use|call|run|using|calling|with)\s+(?:the )?{name}|{name}\s?(?:\(|を使|で|function\b|tool\b|関数)"
        )
    return bool(re.search(rf"(?<![A-Za-z0-9_])(?:{pattern})(?![A-Za-z0-9_])", text, re.IGNORECASE))


def _implied(text: str, found: list[Found]) -> list[str]:
    """The ideas that values speak of: two currencies of an exchange, a sum of a calculation."""
    kinds = [each.kind for each in found]
    ideas = [idea for kind, implied in _IMPLIED.items() if kinds.count(kind) > 1 for idea in implied]
    ideas += ["calculate"] if _SUM.search(text) else []
    ideas += ["translate"] if "language" in kinds and re.search(r"\bsay\b|言い|言う|何と", text, re.IGNORECASE) else []
    return [words.idea_of(idea) for idea in ideas]


def _fit(
    function: Function, text: str, spoken: list[str], context: set[str], *, implied: list[str], found: list[Found]
) -> Fit:
    if called_by_name(function, text):
        return Fit(function, _BY_NAME, True)
    others = [each for each in spoken if each not in function.named]
    own = [1.0 if idea in spoken else _most(idea, others) for idea in function.named]
    own = [max(hit, 0.8 if idea in implied else 0.0) for hit, idea in zip(own, function.named, strict=True)]
    if any(hit >= 1 for hit in own):
        own = [max(hit, 1.0 if idea in context else 0.0) for hit, idea in zip(own, function.named, strict=True)]
    hits, coverage = sum(own), sum(own) / max(1, len(own))
    named = {each for each in spoken if any(words.likeness(each, idea) for idea in function.named)}
    rest = [each for each in spoken if each not in named and not words.is_generic(each)]
    described = sum(_most(each, function.described) for each in rest)
    described += 0.5 * sum(idea in function.described for idea in named | set(implied))
    listed = sum(each in function.spoken_of for each in rest)
    kinds = {_WHEN.get(each.kind, each.kind) for each in found} & _kinds(function)
    verb = 0.5 if any(each in function.verbs for each in spoken) else 0.0
    support = min(described, 3.0) + 0.6 * min(listed, 2) + 0.6 * len(kinds) + verb
    if max(own, default=0.0) >= 1 or coverage >= 0.8:
        support += _asked_for(function, text, found)
    score = 4 * coverage + min(hits, 2.0) + 0.8 * support
    if _DEFINING.search(text) and not _MEANING & {*function.named, *function.described}:
        return Fit(function, score, False)
    valued = bool(kinds) or ("place" in _kinds(function) and any(each.kind == "name" for each in found))
    close = hits >= 0.5 and valued and any(_most(each, function.described) for each in named)
    named_well = coverage >= 0.99 or (hits >= 0.8 and support >= 1) or (hits >= 0.5 and support >= 1.1) or close
    told_well = described >= 2 and (kinds or listed or described >= 3)
    return Fit(function, score, bool(named_well or told_well))


def _kinds(function: Function) -> set[str]:
    """The telling kinds of values that a function takes; `when` for all that say when."""
    return {_WHEN.get(slot.kind, slot.kind) for slot in function.slots if slot.kind in _TELLING}


def _asked_for(function: Function, text: str, found: list[Found]) -> float:
    """What the form of the text adds: it begins with the function's own verb, or gives every value it must have."""
    first = words.words(text)[:1]
    begins = bool(first and first[0].idea in function.named and not text[: first[0].start].strip())
    needed = [slot for slot in function.slots if slot.needed]
    if not 0 < len(needed) <= _MOST_NEEDED:
        return float(begins)
    values = [each for each in found if words.idea_of(each.text) not in function.named][:_MOST_VALUES]
    given = assign(needed, values, text, function.parameters)
    return float(begins) + float(len(given) == len(needed))


def _most(idea: str, others: list[str]) -> float:
    return max((words.likeness(idea, other) for other in others), default=0.0)


def is_opinion(text: str) -> bool:
    """Whether a text asks what to think of something: `Is 20 km a lot?`"""
    return bool(_OPINION.search(text))


def is_weak(fit: Fit) -> bool:
    """Whether only the description speaks for the function, and no word of its name."""
    return fit.score < 3.5
