"""What two sides came to, as pictures; and the log of all trials, as a table and as a CSV."""

import csv
import io
from dataclasses import dataclass
from datetime import datetime
from html import escape
from itertools import count
from pathlib import Path

from helpers.display.bars import IN_A_CELL, Stretch, bar
from helpers.display.facts import facts_of
from helpers.display.runs import run
from helpers.display.timeline import duration
from helpers.display.tokens import legend, token_bars
from helpers.playground.configurations import difference, first_words
from helpers.playground.sides import Outcome
from helpers.problems import KitError
from helpers.views import GREY, LINE, RED, mono, plain, quiet, table, text_table, unbroken

_COLUMNS = ("trial", "time", "side", "deployment", "instructions", "temperature", "tools", "prompt", "status",
            "prompt_tokens", "completion_tokens", "seconds", "calls", "answer", "problem")  # fmt: skip
_HEADS = ("trial", "time", "side", "prompt", "what differs", "status", "tokens", "seconds", "first words")
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


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
    def difference(self) -> str:
        """Where the configurations differ: `temperature: 0 | 1`, or that they do not."""
        a, b = self.a.configuration, self.b.configuration
        mine, others = difference(a, b), difference(b, a)
        return " · ".join(f"{name}: {mine[name]} | {others[name]}" for name in mine) or "both sides the same"

    def _repr_html_(self) -> str:
        answers = "".join(_answer(letter, one) for letter, one in self.sides)
        head = f"<b>Trial {self.number}</b> {quiet(self.difference)}"
        return f'<div>{head}</div><div style="display:flex;gap:12px">{answers}</div>{self.pictures()}'

    def __repr__(self) -> str:
        lines = [f"trial {self.number}  {self.difference}"]
        for letter, one in self.sides:
            lines.append(f"{letter}  {one.status}  {_tokens(one)} tokens")
            lines += [f"   {text}" for text in (*_calls(one), *one.answer.splitlines())]
            lines += [f"   {one.problem}"] if one.problem else []
        return "\n".join(lines)

    def pictures(self) -> str:
        """HTML: how long each side took and what it cost; then both runs over time. A second is as long in each."""
        runs = [(letter, facts_of(one.run) or {}) for letter, one in self.sides]
        longest = max(one.seconds for _, one in self.sides) or 1.0
        rows = [
            [
                f"<b>{letter}</b>",
                _waited(one.seconds, longest),
                unbroken(_tokens(one)) + tokens,
            ]
            for (letter, one), tokens in zip(self.sides, token_bars([facts for _, facts in runs]), strict=True)
        ]
        compared = table(["side", "waited", "prompt + completion tokens"], rows) + legend(again=False)
        begun = [(letter, facts) for letter, facts in runs if facts]
        scale = max((duration(facts) for _, facts in begun), default=0.0)
        drawn = [
            f'<div style="margin-top:8px"><b>{letter}</b></div>{run(facts, scale).html}' for letter, facts in begun
        ]
        return compared + "".join(drawn)


def _waited(seconds: float, longest: float) -> str:
    text = f"{seconds:.1f} s"
    return unbroken(text) + bar([Stretch(100 * seconds / longest, GREY, text)], IN_A_CELL)


class Log:
    """Every trial, in its order; two lines each, A above B."""

    def __init__(self) -> None:
        self.trials: list[Trial] = []

    def _repr_html_(self) -> str:
        if not self.trials:
            return quiet("no trial yet")
        rows = [
            [unbroken(cell) if head == "tokens" else escape(cell) for head, cell in line.items()]
            for line in self._shown()
        ]
        return f'<div style="line-height:1.4;font-size:92%">{table(_HEADS, rows)}</div>'

    def __repr__(self) -> str:
        """Without times and durations, which two runs of a notebook do not share."""
        if not self.trials:
            return "no trial yet"
        heads = [head for head in _HEADS if head not in ("time", "seconds")]
        return text_table([heads, *([line[head] for head in heads] for line in self._shown())])

    def csv(self) -> str:
        """All trials as comma-separated values, a row for each side.

        Who opens it in a spreadsheet must not run what a model wrote: a text that would be a formula gets a `'`.
        """
        text = io.StringIO()
        writer = csv.writer(text, lineterminator="\n")
        writer.writerow(_COLUMNS)
        writer.writerows(_row(trial, letter, one) for trial in self.trials for letter, one in trial.sides)
        return text.getvalue()

    def save(self, folder: Path) -> Path:
        """The trials in a new file of `folder`: trials-1.csv, or the next number that is free.

        With the mark at its beginning by which spreadsheets know UTF-8. Raises `KitError` when there is nothing to
        save, or the file cannot be written.
        """
        if not self.trials:
            raise KitError("There is no trial to save yet.", "Run both sides first.")
        for number in count(1):
            path = folder / f"trials-{number}.csv"
            try:
                with path.open("x", encoding="utf-8-sig", newline="") as file:
                    file.write(self.csv())
            except FileExistsError:
                continue
            except OSError as error:
                raise KitError(
                    f"{path} cannot be written ({error.strerror or error}).", "Copy the text of lab.csv() instead."
                ) from error
            return path
        raise AssertionError("numbers do not end")

    def _shown(self) -> list[dict[str, str]]:
        return [_line(trial, letter, one) for trial in self.trials for letter, one in trial.sides]


def _line(trial: Trial, letter: str, one: Outcome) -> dict[str, str]:
    """The cells of the table by their heads."""
    other = trial.b if letter == "A" else trial.a
    differs = difference(one.configuration, other.configuration)
    said = one.answer or (one.problem.what if one.problem else "")
    settings = " · ".join(f"{name}: {value}" for name, value in differs.items())
    cells = (str(trial.number), f"{trial.at:%H:%M:%S}", letter, first_words(one.prompt),
             settings, one.status, _tokens(one), f"{one.seconds:.1f}",
             first_words(said))  # fmt: skip
    return dict(zip(_HEADS, cells, strict=True))


def _row(trial: Trial, letter: str, one: Outcome) -> list[object]:
    """The cells under `_COLUMNS`."""
    own = one.configuration
    cells: list[object] = [trial.number, trial.at.isoformat(sep=" ", timespec="seconds"), letter, own.deployment]
    cells += [own.instructions, own.temperature, " ".join(own.tools), one.prompt, one.status, *one.tokens]
    cells += [round(one.seconds, 3), "\n".join(_calls(one)), one.answer, str(one.problem or "")]
    return [f"'{cell}" if isinstance(cell, str) and cell.startswith(_FORMULA) else cell for cell in cells]


def _answer(letter: str, one: Outcome) -> str:
    style = f"flex:1;min-width:0;border:1px solid {LINE};border-radius:6px;padding:8px 12px;overflow-wrap:anywhere"
    return f'<div style="{style}"><b>{letter}</b> {answer_of(one)}</div>'


def answer_of(one: Outcome) -> str:
    """HTML: how a side ended, the calls it made, what it said, and what went wrong."""
    parts = [quiet(f"{one.status} · {_tokens(one)} tokens · {one.seconds:.1f} s"), *map(mono, _calls(one))]
    parts += [plain(one.answer)] if one.answer else []
    if one.problem:
        parts.append(f'<span style="border-left:3px solid {RED};padding-left:6px">{escape(str(one.problem))}</span>')
    return "".join(f'<div style="margin:4px 0">{part}</div>' for part in parts)


def _calls(one: Outcome) -> list[str]:
    return [f"{call.name}({call.arguments}) → {call.output}" for call in one.calls]


def _tokens(one: Outcome) -> str:
    return f"{one.tokens[0]} + {one.tokens[1]}"
