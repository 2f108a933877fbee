"""How far a class is: learners and exercises in a table, for a terminal and as a page."""

import unicodedata
from collections import Counter
from collections.abc import Iterator, Sequence
from html import escape
from pathlib import Path

from helpers.exercises.exports import Learner
from helpers.exercises.lessons import Exercise, Lesson
from helpers.exercises.own_files import document
from helpers.exercises.results import State, state_of

TITLE = "How far the class is"
MARK = '<meta name="generator" content="assistants-hands-on: class table">'
_SIGNS: dict[State, tuple[str, str, str]] = {
    "done": ("x", "✔", "solved"),
    "tried": ("-", "◐", "tried, not right yet"),
    "open": (".", "○", "not tried"),
}
"""How a state looks in a terminal and on the page, and what it is called."""
_MOST_STUCK = 5


def text_of(course: Sequence[Lesson], learners: Sequence[Learner]) -> str:
    """The table for a terminal: a line for each learner, a letter for each exercise."""
    practised = [lesson for lesson in course if lesson.exercises]
    rows = [
        ["", *(lesson.number for lesson in practised), ""],
        ["", *("".join(one.name[2:] for one in lesson.exercises) for lesson in practised), "solved"],
    ]
    for learner in learners:
        signs = ["".join(_SIGNS[_state(learner, one)][0] for one in lesson.exercises) for lesson in practised]
        rows.append([learner.name, *signs, str(_solved(course, learner))])
    legend = "   ".join(f"{sign} {meaning}" for sign, _, meaning in _SIGNS.values())
    return "\n".join([_head(course, learners), "", *_aligned(rows), "", legend, *_stuck(course, learners)])


def page_of(course: Sequence[Lesson], learners: Sequence[Learner]) -> str:
    """The table as an HTML page that needs nothing from anywhere else."""
    practised = [lesson for lesson in course if lesson.exercises]
    lessons = "".join(
        f'<th scope="colgroup" colspan="{len(lesson.exercises)}" title="{escape(lesson.title)}">{lesson.number}</th>'
        for lesson in practised
    )
    groups = "".join(f'<colgroup span="{len(lesson.exercises)}"></colgroup>' for lesson in practised)
    names = "".join(f'<th scope="col">{one.name}</th>' for one in _exercises(course))
    body = "".join(_row(course, learner) for learner in learners)
    foot = "".join(
        f'<tr><th scope="row">{meaning} by</th>{"".join(f"<td>{count}</td>" for count in counts)}<td></td></tr>'
        for meaning, counts in _sums(course, learners)
    )
    legend = " · ".join(f"{sign} {meaning}" for _, sign, meaning in _SIGNS.values())
    parts = [
        f"<h1>{TITLE}</h1><p>{_head(course, learners)}</p>",
        *(f"<p>{escape(line)}</p>" for line in _stuck(course, learners)),
        f'<div class="wide"><table><caption>{legend}</caption><colgroup></colgroup>{groups}<colgroup></colgroup>',
        f'<thead><tr><td></td>{lessons}<td></td></tr><tr><th scope="col">Learner</th>{names}',
        f'<th scope="col">solved</th></tr></thead><tbody>{body}</tbody><tfoot>{foot}</tfoot></table></div>',
    ]
    style = Path(__file__).with_suffix(".css").read_text(encoding="utf-8")
    return document(TITLE, MARK, style, "\n".join(parts))


def _row(course: Sequence[Lesson], learner: Learner) -> str:
    cells = "".join(_cell(learner, one) for one in _exercises(course))
    return f'<tr><th scope="row">{escape(learner.name)}</th>{cells}<td>{_solved(course, learner)}</td></tr>'


def _cell(learner: Learner, exercise: Exercise) -> str:
    state = _state(learner, exercise)
    _, sign, meaning = _SIGNS[state]
    result = learner.results.get(exercise.name)
    when = f", {(result.solved or result.checked)[:16].replace('T', ' ')} UTC" if result else ""
    seen = f'<span aria-hidden="true">{sign}</span><span class="words">{meaning}</span>'
    return f'<td class="{state}" title="{exercise.name}: {meaning}{when}">{seen}</td>'


def _sums(course: Sequence[Lesson], learners: Sequence[Learner]) -> Iterator[tuple[str, list[int]]]:
    counts = [Counter(_state(learner, one) for learner in learners) for one in _exercises(course)]
    shown: tuple[State, ...] = ("done", "tried")
    for state in shown:
        yield _SIGNS[state][2], [count[state] for count in counts]


def _stuck(course: Sequence[Lesson], learners: Sequence[Learner]) -> list[str]:
    """One line on the exercises that most have tried and not solved; none where there is no such exercise."""
    trying = Counter(one.name for one in _exercises(course) for learner in learners if _state(learner, one) == "tried")
    most = ", ".join(f"{name} ({count})" for name, count in trying.most_common(_MOST_STUCK))
    return [f"Tried and not solved yet, by most: {most}"] if most else []


def _head(course: Sequence[Lesson], learners: Sequence[Learner]) -> str:
    plural = "" if len(learners) == 1 else "s"
    return f"{len(learners)} learner{plural}, {sum(1 for _ in _exercises(course))} exercises"


def _exercises(course: Sequence[Lesson]) -> Iterator[Exercise]:
    return (exercise for lesson in course for exercise in lesson.exercises)


def _state(learner: Learner, exercise: Exercise) -> State:
    return state_of(learner.results.get(exercise.name))


def _solved(course: Sequence[Lesson], learner: Learner) -> int:
    return sum(_state(learner, one) == "done" for one in _exercises(course))


def _aligned(rows: Sequence[Sequence[str]]) -> Iterator[str]:
    """The rows with their columns two spaces apart, as a terminal shows them."""
    widths = [max(map(_width, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        cells = (cell + " " * (width - _width(cell)) for cell, width in zip(row, widths, strict=True))
        yield "  ".join(cells).rstrip()


def _width(text: str) -> int:
    """The columns that a terminal gives to the text: Japanese letters take two, marks above others none."""
    return sum(
        0 if unicodedata.combining(letter) else 2 if unicodedata.east_asian_width(letter) in "WF" else 1
        for letter in text
    )
