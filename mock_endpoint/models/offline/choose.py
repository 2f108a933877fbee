"""Which declared function a clause asks for: by meaning, by its words, and by the values that it holds."""

import re
from collections import OrderedDict
from collections.abc import Sequence
from functools import lru_cache
from typing import TYPE_CHECKING

from mock_endpoint.models.encoder import encoder
from mock_endpoint.models.offline.entities import entities
from mock_endpoint.models.offline.slots import Function
from mock_endpoint.models.offline.text import JAPANESE, listed, name_words, stem, stems, words

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

SURE, LIKELY, POSSIBLE = 0.27, 0.14, 0.12
"""The score from which a function is meant; from which it is where its words say so; and where its values do."""
_READ = 300
"""Characters that are compared."""


_vectors: "OrderedDict[str, NDArray[np.float32]]" = OrderedDict()
_LATELY = 1000
"""How many vectors are kept."""


def _vector(text: str, *others: str) -> "NDArray[np.float32]":
    """The vector of a text; those of the others are worked out with it, which is quicker than one by one."""
    unknown = list(dict.fromkeys(each for each in (text, *others) if each not in _vectors))
    if unknown:
        _vectors.update(zip(unknown, encoder().encode(unknown), strict=True))
    found = _vectors[text]
    while len(_vectors) > _LATELY:
        _vectors.popitem(last=False)
    return found


def alike(one: str, other: str) -> float:
    """How near two texts are in meaning, from -1 to 1."""
    return float(_vector(one[:_READ]) @ _vector(other[:_READ]))


def ranked(clause: str, whole: str, functions: Sequence[Function]) -> list[tuple[float, Function]]:
    """The functions with their scores, the best first; `whole` is the message that holds the clause."""
    _vector(clause[:_READ], whole[:_READ], *(function.title for function in functions))
    return sorted(((_score(clause, whole, function), function) for function in functions), key=lambda pair: -pair[0])


def _score(clause: str, whole: str, function: Function) -> float:
    meaning = max(alike(clause, function.title), 0.8 * alike(whole, function.title))
    said = stems(clause)
    shared = [word for word in said & stems(name_words(function.name)) if len(word) > 2]
    lexical = 0.06 * len(shared) + 0.03 * len(
        [word for word in said & function.stems if len(word) > 3 and word not in shared]
    )
    meant, named = acts(clause), acts(name_words(function.name))
    lexical += 0.14 * len(meant & named) + 0.1 * len(meant & acts(function.title) - named)
    lexical += 0.1 * bool(acts(" ".join(clause.split()[:2])) & named and clause.isascii())
    if sums := meant & _SUMS:
        lexical -= 0.4 * bool(named & _SUMS and not named & sums)
    only_asks = _QUESTION.match(clause) and first_words(function) & listed("en", "acting") and not named & _SUMS
    return meaning + min(lexical, 0.25) + _fit(whole, function) - (1 if only_asks else 0)


_QUESTION = re.compile(
    r"(?:is|are|was|were|did|does|do|has|have|am|what|when|where|who|why|how|which)\b(?! (?:about|you|there))"
    r"|.*(?:いつ|どこ|誰|なぜ|何時).*か[。?]*$|.*(?:ました|ています)か[。?]*$",
    re.I,
)
"""A question that asks what is or was: no request to change it."""


def first_words(function: Function) -> frozenset[str]:
    """The words that tell what a function does: of its name, and the first of its description."""
    return frozenset(name_words(function.name).split()[:1] + function.description.casefold().split()[:1])


_SUMS = frozenset(range(5))
"""The first lines of the table: of these operations one excludes the other."""


@lru_cache(maxsize=512)
def acts(text: str) -> frozenset[int]:
    """The kinds of request whose words a text uses, by their number in the table."""
    found, plain = stems(text), text.casefold()
    return frozenset(
        number
        for number, line in enumerate(words()["acts"])
        if any(
            word in plain if JAPANESE.match(word) else stem(word) in found for word in line.replace("_", " ").split()
        )
    )


def _fit(text: str, function: Function) -> float:
    """Whether the typed values that the function needs are there."""
    kinds = [entity.kind for entity in entities(text[:_READ])]
    score = 0.0
    for slot in function.slots:
        if slot.required and slot.kind in ("email", "date", "time", "id", "number", "code"):
            there = slot.kind in kinds or (slot.kind == "id" and ("number" in kinds or "phone" in kinds))
            score += 0.03 if there else -0.03
    return max(min(score, 0.06), -0.06)
