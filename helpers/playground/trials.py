"""What two sides came to, in words and as pictures."""

from dataclasses import dataclass, replace
from datetime import datetime
from html import escape

from helpers.display.bars import IN_A_CELL, Stretch, bar
from helpers.display.facts import facts_of
from helpers.display.runs import run
from helpers.display.timeline import duration
from helpers.display.tokens import legend, token_bars
from helpers.playground.configurations import difference
from helpers.playground.sides import Outcome
from helpers.views import GREY, LINE, RED, mono, plain, quiet


@dataclass(frozen=True)
class Trial:
    """The two outcomes of one *Run both*."""

    number: int
    at: datetime
    a: Outcome
    b: Outcome

    @property
    def sides(self) -> tuple[tuple[str, Outcome], tuple[str, Outcome]]:
        """Both outcomes with their letters."""
        return ("A", self.a), ("B", self.b)

    @property
    def differences(self) -> tuple[dict[str, str], dict[str, str]]:
        """What each side was set to where the two differ; of the prompts, what was really asked."""
        a, b = (replace(one.configuration, prompt=one.prompt) for _, one in self.sides)
        return difference(a, b), difference(b, a)

    @property
    def difference(self) -> str:
        """Where the sides differ: `temperature: 0 | 1`, or that they do not."""
        mine, others = self.differences
        return " · ".join(f"{name}: {mine[name]} | {others[name]}" for name in mine) or "both sides the same"

    def _repr_html_(self) -> str:
        answers = "".join(_answer(letter, one) for letter, one in self.sides)
        head = f"<b>Trial {self.number}</b> {quiet(self.difference)}"
        return f'<div>{head}</div><div style="display:flex;gap:12px">{answers}</div>{self.pictures()}'

    def __repr__(self) -> str:
        lines = [f"trial {self.number}  {self.difference}"]
        for letter, one in self.sides:
            lines.append(f"{letter}  {one.status}  {tokens_of(one)} tokens")
            lines += [f"   {text}" for text in (*calls_of(one), *one.answer.splitlines())]
            lines += [f"   {one.problem}"] if one.problem else []
        return "\n".join(lines)

    def pictures(self) -> str:
        """HTML: how long each side took and what it cost; then both runs over time. A second is as long in each."""
        runs = [(letter, facts_of(one.run) or {}) for letter, one in self.sides]
        longest = max(one.seconds for _, one in self.sides) or 1.0
        bars = token_bars([facts for _, facts in runs])
        compared = "".join(
            _compared(letter, one, longest, tokens) for (letter, one), tokens in zip(self.sides, bars, strict=True)
        )
        begun = [(letter, facts) for letter, facts in runs if facts]
        scale = max((duration(facts) for _, facts in begun), default=0.0)
        drawn = [
            f'<div style="margin-top:8px"><b>{letter}</b></div>{run(facts, scale).html}' for letter, facts in begun
        ]
        return compared + legend(again=False) + "".join(drawn)


def _compared(letter: str, one: Outcome, longest: float, tokens: str) -> str:
    """A line: how long the side waited, beside the `longest` of the two, and its tokens."""
    waited = bar([Stretch(100 * one.seconds / longest, GREY, f"{one.seconds:.1f} s")], IN_A_CELL)
    words = (f"waited {one.seconds:.1f} s", f"{tokens_of(one)} tokens")
    said, spent = (f'<span style="flex:0 0 110px">{escape(text)}</span>' for text in words)
    style = "display:flex;flex-wrap:wrap;align-items:center;gap:0 12px"
    return f'<div style="{style}"><b>{letter}</b>{said}{waited}{spent}{tokens}</div>'


def _answer(letter: str, one: Outcome) -> str:
    style = f"flex:1;min-width:0;border:1px solid {LINE};border-radius:6px;padding:8px 12px;overflow-wrap:anywhere"
    return f'<div style="{style}"><b>{letter}</b> {answer_of(one)}</div>'


def answer_of(one: Outcome) -> str:
    """HTML: how a side ended, the calls it made, what it said, and what went wrong."""
    parts = [quiet(f"{one.status} · {tokens_of(one)} tokens · {one.seconds:.1f} s"), *map(mono, calls_of(one))]
    parts += [plain(one.answer)] if one.answer else []
    if one.stopped:
        parts.append(quiet("Stopped."))
    elif one.problem:
        parts.append(f'<span style="border-left:3px solid {RED};padding-left:6px">{escape(str(one.problem))}</span>')
    return "".join(f'<div style="margin:4px 0">{part}</div>' for part in parts)


def calls_of(one: Outcome) -> list[str]:
    """The functions that were called, each with what it gave back."""
    return [f"{call.name}({call.arguments}) → {call.output}" for call in one.calls]


def tokens_of(one: Outcome) -> str:
    """Prompt and completion tokens: `28 + 10`; a dash where they are not known."""
    return " + ".join(map(str, one.tokens)) if one.tokens else "–"
