"""The log of all trials, as a table and as a CSV."""

import csv
import io
from collections.abc import Iterator
from html import escape
from itertools import count
from pathlib import Path

from helpers.playground.configurations import first_words
from helpers.playground.sides import Outcome
from helpers.playground.trials import Trial, calls_of, tokens_of
from helpers.problems import KitError
from helpers.views import LINE, quiet, text_table

_COLUMNS = ("trial", "time", "side", "deployment", "instructions", "temperature", "tools", "prompt", "status",
            "prompt_tokens", "completion_tokens", "seconds", "calls", "answer", "problem")  # fmt: skip
_FORMULA = tuple("=+-@\t\r\uff1d\uff0b\uff0d\uff20")
"""What a formula begins with; a spreadsheet in Japanese also takes the signs of full width."""
_HEADS = ("side", "what differs", "status", "tokens", "seconds", "first words")
_TEXT_HEADS = ("trial", "side", "prompt", "what differs", "status", "tokens", "first words")
_CELL = "text-align:left;vertical-align:top;padding:1px 10px 1px 0"


class Log:
    """Every trial; shown newest first, as it is under the playground, and written to a CSV in its order."""

    def __init__(self) -> None:
        self.trials: list[Trial] = []

    def _repr_html_(self) -> str:
        if not self.trials:
            return quiet("no trial yet")
        heads = "".join(f'<th scope="col" style="{_CELL}">{head}</th>' for head in _HEADS)
        groups = "".join(map(_group, reversed(self.trials)))
        # Jupyter's own style would make all columns of one width.
        style = "table-layout:auto;line-height:1.4;font-size:92%;border-collapse:collapse;width:100%"
        whole = f'<table style="{style}"><thead><tr>{heads}</tr></thead>{groups}</table>'
        return f'<div role="region" aria-label="Log of the trials" tabindex="0" style="overflow-x:auto">{whole}</div>'

    def __repr__(self) -> str:
        """Without times and durations, which two runs of a notebook do not share."""
        if not self.trials:
            return "no trial yet"
        return text_table([_TEXT_HEADS, *(line for trial in reversed(self.trials) for line in _text_lines(trial))])

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


def _group(trial: Trial) -> str:
    """A trial in the table: its prompt over the full width, and under it a line for each side."""
    head = f"{trial.number} {quiet(f'{trial.at:%H:%M:%S}')} {escape(_prompt(trial))}"
    style = f"{_CELL};padding-top:6px;border-top:1px solid {LINE}"
    lines = "".join(f"<tr>{''.join(cells)}</tr>" for cells in _html_lines(trial))
    return f'<tbody><tr><th scope="rowgroup" colspan="{len(_HEADS)}" style="{style}">{head}</th></tr>{lines}</tbody>'


def _html_lines(trial: Trial) -> Iterator[list[str]]:
    for (letter, one), differs in zip(trial.sides, trial.differences, strict=True):
        settings = "".join(f"<div>{escape(setting)}</div>" for setting in _settings(differs))
        kept = (one.status, tokens_of(one), f"{one.seconds:.1f}")
        yield [
            f'<td style="{_CELL}"><b>{letter}</b></td>',
            f'<td style="{_CELL}">{settings}</td>',
            *(f'<td style="{_CELL};white-space:nowrap">{escape(cell)}</td>' for cell in kept),
            f'<td style="{_CELL};min-width:140px;overflow-wrap:anywhere">{escape(_said(one))}</td>',
        ]


def _text_lines(trial: Trial) -> Iterator[tuple[str, ...]]:
    """The cells under `_TEXT_HEADS`."""
    for (letter, one), differs in zip(trial.sides, trial.differences, strict=True):
        asked, settings = first_words(one.prompt), " · ".join(_settings(differs))
        yield (str(trial.number), letter, asked, settings, one.status, tokens_of(one), _said(one))


def _prompt(trial: Trial) -> str:
    """What both were asked; where each was asked something else, that is among what differs."""
    return first_words(trial.a.prompt) if trial.a.prompt == trial.b.prompt else "each its own prompt"


def _settings(differs: dict[str, str]) -> list[str]:
    return [f"{name}: {value}" for name, value in differs.items()] or ["nothing"]


def _said(one: Outcome) -> str:
    return first_words(one.answer or (one.problem.what if one.problem else ""))


def _row(trial: Trial, letter: str, one: Outcome) -> list[object]:
    """The cells under `_COLUMNS`."""
    own = one.configuration
    cells: list[object] = [trial.number, trial.at.isoformat(sep=" ", timespec="seconds"), letter, own.deployment]
    cells += [own.instructions, own.temperature, " ".join(own.tools), one.prompt, one.status, *(one.tokens or ("", ""))]
    cells += [round(one.seconds, 3), "\n".join(calls_of(one)), one.answer, str(one.problem or "")]
    return [f"'{cell}" if isinstance(cell, str) and cell.startswith(_FORMULA) else cell for cell in cells]
