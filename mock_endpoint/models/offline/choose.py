"""Which declared function a clause asks for: by meaning, by its words, and by the values that it holds."""

from collections import OrderedDict
from collections.abc import Sequence
from functools import lru_cache
from typing import TYPE_CHECKING

from mock_endpoint.models.encoder import encoder
from mock_endpoint.models.offline.entities import entities
from mock_endpoint.models.offline.slots import Function
from mock_endpoint.models.offline.text import JAPANESE, name_words, nouns, pattern, stem, stems, words

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

SURE, WEAK, LIKELY, POSSIBLE = 0.27, 0.2, 0.14, 0.12
"""The score from which a function is meant; from which it is where the clause gives all that it needs: values that
stand in the right place, values that are names, and values that have a form or label of their own."""
_READ, _KEPT = 300, 1000
"""Characters that are compared, and vectors that are kept."""
_PIECES, _FEW = 20, 8
"""Pieces of a text, and functions, that are prepared for."""
_vectors: "OrderedDict[str, NDArray[np.float32]]" = OrderedDict()


def _vector(text: str, *others: str) -> "NDArray[np.float32]":
    """The vector of a text; those of the others are worked out with it, which is quicker than one by one."""
    unknown = list(dict.fromkeys(each for each in (text, *others) if each not in _vectors))
    if unknown:
        _vectors.update(zip(unknown, encoder().encode(unknown), strict=True))
    found = _vectors[text]
    while len(_vectors) > _KEPT:
        _vectors.popitem(last=False)
    return found


def alike(one: str, other: str) -> float:
    """How near two texts are in meaning, from -1 to 1."""
    return float(_vector(one[:_READ], other[:_READ]) @ _vector(other[:_READ]))


@lru_cache(maxsize=1024)
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


def prepare(texts: Sequence[str], functions: Sequence[Function]) -> None:
    """Work out together what the choice among functions, and the reading of Japanese, will compare."""
    wanted = [*texts, *(function.title for function in functions)]
    for text in texts:
        if JAPANESE.search(text):
            wanted += pattern("value", "piece_ja").findall(text)[:_PIECES]
            wanted += [noun[1] for noun in nouns(text)[:_PIECES]]
            slots = [
                slot
                for function in functions[:_FEW]
                for slot in function.slots
                if slot.options or slot.kind == "boolean"
            ]
            wanted += [meaning for slot in slots for meaning in slot.meanings.values()]
    _vector(*(text[:_READ] for text in dict.fromkeys(wanted) if text))


def ranked(clause: str, whole: str, functions: Sequence[Function]) -> list[tuple[float, Function]]:
    """The functions with their scores, the best first; `whole` is what else tells what the clause is about."""
    return sorted(((_score(clause, whole, function), function) for function in functions), key=lambda pair: -pair[0])


def _score(clause: str, whole: str, function: Function) -> float:
    name = name_words(function.name)
    score = max(alike(clause, function.title), 0.8 * alike(whole, function.title))
    said = stems(clause)
    shared = {word for word in said & stems(name) if len(word) > 2}
    score += min(
        0.06 * len(shared) + 0.03 * len([word for word in said & function.stems - shared if len(word) > 3]), 0.25
    )
    meant, named = acts(clause), acts(name)
    score += 0.2 * len(meant & named) + 0.1 * len(meant & acts(function.title) - named)
    score += 0.1 * bool(clause.isascii() and acts(" ".join(clause.split()[:2])) & named)
    if function.acts and pattern("sentence", "only_asks").match(clause):
        score -= 1
    return score + _fit(whole, function) + (name != "" and function.name.casefold() in clause.casefold())


def _fit(text: str, function: Function) -> float:
    """Whether the typed values that the function needs are there."""
    kinds = {entity.kind for entity in entities(text[:_READ])}
    kinds |= {"id"} if kinds & {"number", "phone"} else set()
    typed = ("email", "date", "time", "id", "number", "code")
    needed = [slot for slot in function.slots if slot.required and slot.kind in typed]
    return max(min(sum(0.03 if slot.kind in kinds else -0.03 for slot in needed), 0.06), -0.06)
