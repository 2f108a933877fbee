"""progress(): the lessons and exercises, and how far they are done on this machine."""

from collections import Counter
from collections.abc import Sequence
from html import escape

from helpers.exercises.lessons import Exercise, Lesson, lessons
from helpers.exercises.results import Results, State, results, state_of
from helpers.views import AMBER, GREEN, GREY, LINE, PANEL, View, card, plain, quiet, table, text_table

_SIGNS: dict[State, tuple[str, str, str]] = {
    "done": ("✔", GREEN, "done"),
    "tried": ("◐", AMBER, "tried, not right yet"),
    "open": ("○", GREY, "not tried yet"),
}
_FOOT = "It is kept on this machine only; `python -m helpers reset` forgets it. Lessons without exercises do not count."
_Step = tuple[Lesson, Exercise]


def progress() -> View:
    """A picture of the exercises that were done on this machine, and of what comes next.

    A lesson counts through its exercises: one without any is listed, and counts as neither done nor open.
    Nothing leaves the machine. Raises `KitError` when the notebooks are not where they belong.
    """
    return picture(lessons(), results())


def picture(course: Sequence[Lesson], noted: Results) -> View:
    """The picture of these lessons with these results; what is noted of other exercises is left out."""
    steps = [(lesson, exercise) for lesson in course for exercise in lesson.exercises]
    states: dict[str, State] = {exercise.name: state_of(noted.get(exercise.name)) for _, exercise in steps}
    count = Counter(states.values())
    head = f"{count['done']} of {len(steps)} exercises done"
    if count["tried"]:
        head += f", {count['tried']} more tried"
    step = _next(steps, states, noted)
    rows = [_row(lesson, states) for lesson in course]
    html = card(
        f"<b>{escape(head)}</b>",
        _bar(count, len(steps)),
        table(["", "lesson", "minutes", "exercises"], [html for html, _ in rows]),
        _link_to(step),
        _legend(),
        quiet(_FOOT.replace("`", "")),
        accent=GREEN if step is None else LINE,
    )
    text = "\n".join([head, "", text_table([text for _, text in rows]), "", _way_to(step), _legend_text(), _FOOT])
    return View(html, text)


def _row(lesson: Lesson, states: dict[str, State]) -> tuple[list[str], list[str]]:
    """The lesson's cells in HTML, and in text."""
    minutes = str(lesson.minutes or "")
    chips = " ".join(_chip(lesson, exercise, states[exercise.name]) for exercise in lesson.exercises)
    signs = "  ".join(f"{_SIGNS[states[exercise.name]][0]} {exercise.name}" for exercise in lesson.exercises)
    html = [escape(lesson.number), f'<a href="{escape(lesson.file)}">{escape(lesson.title)}</a>', minutes]
    text = [lesson.number, lesson.title, f"{minutes:>3} min" if minutes else ""]
    return [*html, chips or quiet("no exercises")], [*text, signs or "no exercises"]


def _next(steps: Sequence[_Step], states: dict[str, State], noted: Results) -> _Step | None:
    """The first exercise to do from the lesson on that was worked in last, then from the start; `None` at the end."""
    worked = [step for step in steps if step[1].name in noted]
    last = max(worked, key=lambda step: noted[step[1].name].checked, default=None)
    place = next((place for place, step in enumerate(steps) if last and step[0] == last[0]), 0)
    return next((step for step in [*steps[place:], *steps[:place]] if states[step[1].name] != "done"), None)


def _link_to(step: _Step | None) -> str:
    if step is None:
        return plain(_way_to(step))
    lesson, exercise = step
    address = escape(_address(lesson, exercise))
    return f'Next: <a href="{address}"><b>{escape(exercise.name)}</b></a> in lesson {_name(lesson)}'


def _way_to(step: _Step | None) -> str:
    if step is None:
        return "All exercises are solved. Congratulations!"
    lesson, exercise = step
    return f"Next: {exercise.name} in {lesson.file}"


def _name(lesson: Lesson) -> str:
    return f"{lesson.number}, {escape(lesson.title)}"


def _address(lesson: Lesson, exercise: Exercise) -> str:
    """Relative to the folder of the notebooks; JupyterLab goes on to the cell, others open the notebook."""
    return f"{lesson.file}#cell-id={exercise.cell}" if exercise.cell else lesson.file


def _chip(lesson: Lesson, exercise: Exercise, state: State) -> str:
    sign, colour, meaning = _SIGNS[state]
    style = (
        f"display:inline-block;border:1.5px solid {colour};border-radius:9px;padding:0 8px;margin:1px 0;"
        "white-space:nowrap;color:inherit;text-decoration:none"
    )
    return (
        f'<a style="{style}" href="{escape(_address(lesson, exercise))}" title="{exercise.name}: {meaning}">'
        f"{sign} {escape(exercise.name)}</a>"
    )


def _bar(count: Counter[State], full: int) -> str:
    shown: tuple[State, ...] = ("done", "tried")
    parts = "".join(
        f'<div title="{_SIGNS[state][2]}: {count[state]}"'
        f' style="width:{100 * count[state] / max(full, 1):.1f}%;background:{_SIGNS[state][1]}"></div>'
        for state in shown
    )
    style = f"display:flex;height:12px;max-width:480px;border-radius:6px;overflow:hidden;background:{PANEL}"
    return f'<div style="{style};border:1px solid {LINE};margin:6px 0">{parts}</div>'


def _legend() -> str:
    return " ".join(f"{sign} {quiet(meaning)}&ensp;" for sign, _, meaning in _SIGNS.values())


def _legend_text() -> str:
    return "  ".join(f"{sign} {meaning}" for sign, _, meaning in _SIGNS.values())
