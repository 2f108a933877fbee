"""hint(): the questions between "not yet" and the solution, one more at each call."""

from collections import Counter

from helpers.exercises.checking import find, framed, unknown
from helpers.views import BLUE, put

_asked: Counter[str] = Counter()


def hint(exercise: str, /) -> None:
    """Show the first hint for an exercise, for example `"05a"`, and with each further call one more."""
    if not isinstance(exercise, str):
        put(framed('hint takes the name of the exercise: hint("05a")', BLUE))
        return
    module = find(exercise)
    if module is None:
        put(framed(f"{exercise}: {unknown(exercise)}", BLUE))
        return
    hints: tuple[str, ...] = module.HINTS[exercise]
    _asked[exercise] += 1
    lines = [f"{exercise}, hint {number} of {len(hints)}: {text}" for number, text in enumerate(hints, start=1)]
    if _asked[exercise] > len(hints):
        lines.append("There are no more hints; the solution is folded below the check.")
    put(framed("\n".join(lines[: _asked[exercise]]), BLUE))
