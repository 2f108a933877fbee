"""What one side of the playground is set to, and where two sides differ."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass, fields, replace
from typing import Any

from helpers.problems import KitError

DEPLOYMENTS = ("gpt-35-turbo", "gpt-4", "gpt-4o", "gpt-4o-mini")
_INSTRUCTIONS = "You help people plan a trip in Japan."
_FIRST_WORDS = 60
"""Characters of them."""
_LEAD = 12
"""Characters, at most, of what two long texts share, in front of the place where they part."""
_TEXTS = ("deployment", "instructions", "prompt")


@dataclass(frozen=True)
class Configuration:
    """One side: what its run is given in place of the assistant's own settings."""

    deployment: str = DEPLOYMENTS[0]
    instructions: str = _INSTRUCTIONS
    temperature: float = 1.0
    tools: tuple[str, ...] = ()
    """Names of functions that the run may ask for."""
    prompt: str = ""
    """This side's own prompt; empty for the one that both share."""

    def __str__(self) -> str:
        """All settings in one line."""
        return " · ".join(f"{name}: {_shown(value)}" for name, value in asdict(self).items())


def configured(given: Mapping[str, Any], base: Configuration, known: Iterable[str]) -> Configuration:
    """`base`, changed as `given` says; `known` are the names that may stand under `tools`.

    What the service judges by itself, as the range of the temperature, is left to it.
    Raises `KitError` for a name that is no setting, or a value of a wrong kind.
    """
    settings = [field.name for field in fields(Configuration)]
    if not isinstance(given, Mapping) or not set(given) <= set(settings):
        wrong = ", ".join(map(repr, set(given) - set(settings))) if isinstance(given, Mapping) else repr(given)
        raise KitError(f"A side of the playground cannot be set to {wrong}.", f"Give a dict of {', '.join(settings)}.")
    values = dict(given)
    for name in _TEXTS:
        if not isinstance(values.get(name, ""), str):
            raise KitError(f"{name} is {values[name]!r}, which is no text.", "Write it in quotation marks.")
    temperature = values.get("temperature", 0)
    if isinstance(temperature, bool) or not isinstance(temperature, int | float):
        raise KitError(f"temperature is {temperature!r}, which is no number.", "Give a number, for example 0.2.")
    if "tools" in values:
        values["tools"] = _named(values["tools"], tuple(known))
    return replace(base, **values)


def _named(tools: object, known: tuple[str, ...]) -> tuple[str, ...]:
    """The names of the tools; functions may stand for their names."""
    given = tools if isinstance(tools, (list, tuple, set)) else [tools]
    names = tuple(_name_of(tool) for tool in given)
    unknown = [name for name in names if name not in known]
    if unknown:
        raise KitError(
            f"The playground has no function {', '.join(unknown)}.",
            f"It has {', '.join(known) or 'none'}; give it yours: Playground(client, functions=[…]).",
        )
    return names


def _name_of(tool: object) -> str:
    name: Callable[..., object] | str | object = tool if isinstance(tool, str) else getattr(tool, "__name__", tool)
    return str(name)


def difference(one: Configuration, other: Configuration) -> dict[str, str]:
    """What `one` is set to where the two differ, a short text for each setting; empty where they are the same.

    Of two long texts the part that both begin with is left out: in a line of a table nothing else would be left.
    """
    mine, others = asdict(one), asdict(other)
    return {name: _shown(_parting(mine[name], others[name])) for name in mine if mine[name] != others[name]}


def _parting(value: object, other: object) -> object:
    """The value; a long text from a little before the place where it parts from the other."""
    if not (isinstance(value, str) and isinstance(other, str)) or max(len(value), len(other)) <= _FIRST_WORDS:
        return value
    length = min(len(value), len(other))
    parting = next((place for place in range(length) if value[place] != other[place]), length)
    earliest = max(parting - _LEAD, 0)
    start = value.rfind(" ", earliest, parting) + 1 or earliest
    return f"… {value[start:]}" if start else value


def _shown(value: object) -> str:
    if isinstance(value, tuple):
        return ", ".join(value) or "none"
    return f"{value:g}" if isinstance(value, float) else first_words(str(value)) or "–"


def first_words(text: str) -> str:
    """As much of a text as has room in a line of a table."""
    line = " ".join(text.split())
    return line if len(line) <= _FIRST_WORDS else line[:_FIRST_WORDS].rstrip() + " …"
