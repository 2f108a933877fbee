"""How good the offline model is: what it answers to messages that people might type, beside what is right.

`tests/score/README.md` says how the messages are written down.
"""

import asyncio
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import jsonschema

from mock_endpoint.models.base import CallDelta, Prompt, TextDelta, Turn
from mock_endpoint.models.offline import OfflineModel

Json = dict[str, Any]
FOLDER = Path(__file__).parents[1] / "score"
Verdict = Literal["right", "missed", "lacking", "not asked", "not said", "unasked", "opposite", "invented", "wrong"]
HARMFUL: frozenset[Verdict] = frozenset({"unasked", "opposite", "invented", "wrong"})
"""A call nobody asked for, or with a value that nobody gave: worse than no answer, so each takes a point away."""


@dataclass(frozen=True)
class Judged:
    """One message and what became of it."""

    message: Json
    verdict: Verdict
    said: str
    """The calls or the text of the answer."""


@dataclass(frozen=True)
class Score:
    """What came of a set of messages."""

    judged: tuple[Judged, ...]

    def count(self, *verdicts: Verdict) -> int:
        """How many ended like that."""
        return sum(one.verdict in verdicts for one in self.judged)

    @property
    def right(self) -> float:
        """The share of right answers, from 0 to 1."""
        return self.count("right") / len(self.judged)

    @property
    def points(self) -> float:
        """As `right`, but each harmful answer takes one right answer away."""
        return (self.count("right") - self.count(*HARMFUL)) / len(self.judged)

    def by_kind(self) -> dict[str, float]:
        """The share of right answers for each kind of message."""
        kinds = sorted({one.message["kind"] for one in self.judged})
        return {kind: Score(tuple(one for one in self.judged if one.message["kind"] == kind)).right for kind in kinds}


def messages(name: str) -> list[Json]:
    """The messages of a file: `seen`, `more` or `aside`."""
    return [json.loads(line) for line in (FOLDER / f"{name}.jsonl").read_text(encoding="utf-8").splitlines()]


def score(asked: Iterable[Json]) -> Score:
    """What the offline model makes of these messages."""
    tools = json.loads((FOLDER / "tools.json").read_text(encoding="utf-8"))
    return Score(tuple(asyncio.run(_judged(message, tools)) for message in asked))


async def _judged(message: Json, tools: Json) -> Judged:
    declared = [tools[key] for key in message["tools"]]
    turns: list[Any] = [*message.get("history", ()), ["user", message["text"]]]
    prompt = Prompt(
        model="gpt-4",
        instructions="You are a helpful assistant.",
        turns=tuple(Turn(role, text) for role, text in turns),
        tools=tuple({"type": "function", "function": function} for function in declared),
    )
    calls: list[list[str]] = []
    text = ""
    async for event in OfflineModel().answer(prompt):
        if isinstance(event, TextDelta):
            text += event.text
        elif isinstance(event, CallDelta):
            if event.index == len(calls):
                calls.append([event.name, ""])
            calls[event.index][1] += event.arguments
    made = [(name, json.loads(arguments)) for name, arguments in calls]
    heard = " ".join(said for role, said in turns if role == "user").casefold()
    verdict = _verdict(message["right"], made, text.casefold(), heard, {one["name"]: one for one in declared})
    return Judged(message, verdict, json.dumps(made, ensure_ascii=False) if made else text)


def _verdict(right: Json, made: list[tuple[str, Json]], text: str, heard: str, declared: Mapping[str, Json]) -> Verdict:
    if "calls" in right:
        return _of_calls(right["calls"], made, heard, declared)
    if made:
        return "unasked"
    if "ask" in right:
        asked = all(any(word.casefold() in text for word in words) for words in right["ask"].values())
        return "right" if asked else "not asked"
    wanted, never = right["plain"].get("says", ()), right["plain"].get("never", ())
    if any(word.casefold() in text for word in never):
        return "not said"
    return "right" if not wanted or any(word.casefold() in text for word in wanted) else "not said"


def _of_calls(
    wanted: Sequence[Json], made: list[tuple[str, Json]], heard: str, declared: Mapping[str, Json]
) -> Verdict:
    """The verdict on the best way to lay the calls that were made beside those that were wanted."""
    if not made:
        return "missed"
    left = list(wanted)
    worst: list[Verdict] = []
    for name, arguments in made:
        found = [(_of_call(one, arguments, heard, declared[name]), one) for one in left if one["name"] == name]
        if not found:
            return "unasked"
        verdict, matched = min(found, key=lambda pair: _SEVERITY.index(pair[0]))
        left.remove(matched)
        worst.append(verdict)
    if left:
        worst.append("missed")
    return max(worst, key=_SEVERITY.index)


_SEVERITY: list[Verdict] = ["right", "missed", "lacking", "wrong", "invented", "unasked", "opposite"]


def _of_call(wanted: Json, arguments: Json, heard: str, function: Json) -> Verdict:
    for name, value in wanted.get("opposite", {}).items():
        if name in arguments and _equal(value, arguments[name]):
            return "opposite"
    free = wanted.get("free", ())
    for name, value in arguments.items():
        if name in wanted["arguments"]:
            if not _equal(wanted["arguments"][name], value):
                return "wrong" if _was_heard(value, heard) else "invented"
        elif name not in free:
            return "wrong" if _was_heard(value, heard) else "invented"
    if not jsonschema.Draft202012Validator(function.get("parameters") or {}).is_valid(arguments):
        return "lacking"
    return "right" if wanted["arguments"].keys() <= arguments.keys() else "lacking"


def _equal(wanted: Any, value: Any) -> bool:  # noqa: ANN401 - JSON can be anything
    if isinstance(wanted, dict) and "any" in wanted:
        return any(_equal(one, value) for one in wanted["any"])
    if isinstance(wanted, str) and isinstance(value, str):
        return wanted.strip().casefold() == value.strip().casefold()
    if isinstance(wanted, bool) or isinstance(value, bool):
        return wanted is value
    if isinstance(wanted, dict) and isinstance(value, dict):
        return wanted.keys() == value.keys() and all(_equal(wanted[name], value[name]) for name in wanted)
    if isinstance(wanted, list) and isinstance(value, list):
        return len(wanted) == len(value) and all(map(_equal, wanted, value))
    return bool(wanted == value)


def _was_heard(value: Any, heard: str) -> bool:  # noqa: ANN401 - JSON can be anything
    """Whether the value's words stand in what the user said; of numbers and switches nobody can tell."""
    if isinstance(value, dict):
        return all(_was_heard(one, heard) for one in value.values())
    if isinstance(value, list):
        return all(_was_heard(one, heard) for one in value)
    return not isinstance(value, str) or value.strip().casefold() in heard
