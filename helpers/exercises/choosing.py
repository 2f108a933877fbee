"""Questions on an idea, answered by naming or choosing."""

import re
from collections.abc import Mapping


def chosen(answer: object, right: set[str], wrong: Mapping[str, str], missing: str) -> str | None:
    """`None` when the answer names all that is right and nothing else, otherwise the reason why not yet.

    The answer is one word or several: a string, or a list, tuple or set of strings.
    `wrong` holds the other words that can be chosen, each with a question that leads away from it;
    `missing` leads on from an answer that is right, but not complete.
    """
    words = [answer] if isinstance(answer, str) else answer
    if not isinstance(words, (list, tuple, set, frozenset)) or not all(isinstance(word, str) for word in words):
        return f"the answer is of the kind {type(answer).__name__}; a word is asked for, or a set of words"
    named = {word.strip().casefold() for word in words}
    if not named:
        return f"nothing is chosen yet; {missing}"
    strange = sorted(named - right - wrong.keys())
    if strange:
        return _unknown(strange[0], {*right, *wrong})
    mistaken = next((word for word in wrong if word in named), None)
    if mistaken is not None:
        return f"about {mistaken!r}: {wrong[mistaken]}"
    if named < right:
        return f"that is right, but only {len(named)} of {len(right)}; {missing}"
    return None


def _unknown(text: str, known: set[str]) -> str:
    """What to say of a text that is none of the words to choose from, or several of them at once."""
    parts = re.findall(r"[\w-]+", text)
    if parts and known.issuperset(parts):
        return f"{text!r} is one text; write {{{', '.join(map(repr, parts))}}}, each word in quotes of its own"
    return f"{text!r} is none of the words to choose from: {', '.join(sorted(known))}"
