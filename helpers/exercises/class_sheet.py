"""The class sheet: what a class does, in one HTML file made for printing."""

from collections.abc import Callable, Iterator, Sequence
from functools import cache
from html import escape
from itertools import accumulate
from pathlib import Path

from markdown_it import MarkdownIt
from markdown_it.renderer import RendererProtocol
from markdown_it.token import Token
from markdown_it.utils import EnvType, OptionsDict

from helpers.exercises.class_notes import ClassNotes, Note, Route, Step
from helpers.exercises.lessons import Exercise, Lesson
from helpers.exercises.own_files import document, write_own

TITLE = "Class sheet: hands on the Assistants API"
_MARK = '<meta name="generator" content="assistants-hands-on: class sheet">'
_TICK = '<span class="tick" role="img" aria-label="box to tick"></span>'
_OPENING = """\
Each lesson is a notebook that runs by itself. Below every exercise there is a cell that checks the answer and says \
what is missing. `progress()` shows learners what they have solved on their own machine; nothing is sent anywhere, \
and `python -m helpers progress --export FILE` writes it to a file that they may hand in. \
Everybody starts with `python -m helpers lab`.\
"""


def write(course: Sequence[Lesson], notes: ClassNotes, file: Path, *, solutions: bool, overwrite: bool) -> None:
    """Write the sheet of these lessons to `file`.

    Raises `KitError` when the file cannot be written, or is there and is no class sheet, unless `overwrite`.
    """
    write_own(file, page(course, notes, solutions=solutions), _MARK, what="class sheet", overwrite=overwrite)


def page(course: Sequence[Lesson], notes: ClassNotes, *, solutions: bool) -> str:
    """The sheet as HTML that needs nothing from anywhere else; with `solutions` it is the instructor's."""

    def task(exercise: Exercise) -> str:
        return _task(exercise, notes.exercises.get(exercise.name))

    def solution(exercise: Exercise) -> str:
        return _solution(exercise, notes.exercises.get(exercise.name))

    style = Path(__file__).with_suffix(".css").read_text(encoding="utf-8")
    parts = [f"<h1>{TITLE}</h1>", _html(_OPENING), _overview(course), "<h2>Exercises</h2>", *_sections(course, task)]
    if solutions:
        parts += [
            '<h2 class="own-page">Routes</h2>',
            "<p>For the instructor. A class takes longer than a reader: let everybody see one part work before the "
            "next begins. All minutes are estimates.</p>",
            *(_route(route, course) for route in notes.routes),
            '<h2 class="own-page">Solutions</h2>',
            "<p>For the instructor. One way each; others pass as well. Below them the mistakes to expect first.</p>",
            *_sections(course, solution),
        ]
    return document(TITLE, _MARK, style, "\n".join(parts))


def _overview(course: Sequence[Lesson]) -> str:
    heads = '<th scope="col">Lesson</th><th scope="col">You will be able to …</th>'
    heads += '<th scope="col" class="number">Minutes</th><th scope="col">Exercises</th><th scope="col">Done</th>'
    minutes = sum(lesson.minutes or 0 for lesson in course)
    count = sum(len(lesson.exercises) for lesson in course)
    sums = f'<td class="number">{minutes}</td><td colspan="2">{count} exercises</td>'
    foot = f'<th scope="row" colspan="2">Together</th>{sums}'
    return (
        f"<table><caption>The lessons, and what there is to tick off</caption><thead><tr>{heads}</tr></thead>"
        f"<tbody>{''.join(map(_row, course))}</tbody><tfoot><tr>{foot}</tr></tfoot></table>"
    )


def _row(lesson: Lesson) -> str:
    aims = " ".join(f"<li>{_inline(aim)}</li>" for aim in lesson.aims)
    names = " ".join(_tickable(exercise.name) for exercise in lesson.exercises) or "–"
    return (
        f'<tr><th scope="row">{lesson.number} {_inline(lesson.title)}</th><td class="aims"><ul>{aims}</ul></td>'
        f'<td class="number">{lesson.minutes or "–"}</td><td class="names">{names}</td><td>{_TICK}</td></tr>'
    )


def _tickable(name: str) -> str:
    return f'<span class="name">{_TICK}{escape(name)}</span>'


def _sections(course: Sequence[Lesson], block: Callable[[Exercise], str]) -> Iterator[str]:
    """A heading for each lesson that has exercises, and a block for each of them."""
    for lesson in course:
        if lesson.exercises:
            yield f"<h3>{lesson.number} {_inline(lesson.title)}</h3>"
            yield from map(block, lesson.exercises)


def _task(exercise: Exercise, note: Note | None) -> str:
    """The task, and the code in its cell where that is more than a place to fill."""
    given = "" if exercise.given.rstrip().endswith("...") else exercise.given
    code = f"<p>In its cell:</p><pre><code>{escape(given)}</code></pre>" if given else ""
    minutes = f" (about {note.minutes} min)" if note else ""
    return f'<div class="exercise">{_html(f"**{exercise.name}**{minutes} {exercise.task}")}{code}</div>'


def _solution(exercise: Exercise, note: Note | None) -> str:
    expected = "".join(f"<li>{_inline(mistake)}</li>" for mistake in note.mistakes) if note else ""
    mistakes = f"<p>Expect:</p><ul>{expected}</ul>" if expected else ""
    return f'<div class="exercise solution">{_html(f"**{exercise.name}**")}{_html(exercise.solution)}{mistakes}</div>'


def _route(route: Route, course: Sequence[Lesson]) -> str:
    """A table: when what begins, counted from the start of the class."""
    titles = {lesson.number: f"{lesson.number} {_inline(lesson.title)}" for lesson in course}

    def what(step: Step) -> str:
        if step.pause:
            return f"<em>{escape(step.pause)}</em>"
        return titles.get(step.lesson, step.lesson) + ("" if step.exercises else " <em>(without its exercises)</em>")

    ends = accumulate(step.minutes for step in route.steps)
    rows = "".join(
        f'<tr><td class="number">{_clock(end - step.minutes)}</td><td class="number">{step.minutes}</td>'
        f"<td>{what(step)}</td></tr>"
        for end, step in zip(ends, route.steps, strict=True)
    )
    heads = '<th scope="col" class="number">At</th><th scope="col" class="number">Minutes</th><th scope="col">What</th>'
    foot = f'<th scope="row" class="number">{_clock(route.minutes)}</th><td></td><td>The end</td>'
    return (
        f'<table class="route"><caption><strong>{escape(route.title)}.</strong> {_inline(route.about)}</caption>'
        f"<thead><tr>{heads}</tr></thead><tbody>{rows}</tbody><tfoot><tr>{foot}</tr></tfoot></table>"
    )


def _clock(minutes: int) -> str:
    return f"{minutes // 60}:{minutes % 60:02}"


def _html(text: str) -> str:
    html: str = _parser().render(text)
    return html


def _inline(text: str) -> str:
    html: str = _parser().renderInline(text)
    return html


@cache
def _parser() -> MarkdownIt:
    parser = MarkdownIt("commonmark", {"html": False})
    parser.enable(["table", "strikethrough"])
    parser.add_render_rule("link_open", _link)
    parser.add_render_rule("image", _in_words)
    return parser


def _link(renderer: RendererProtocol, tokens: Sequence[Token], index: int, options: OptionsDict, env: EnvType) -> str:
    """A link; one to a file of the kit keeps its words only, since the sheet may lie anywhere."""
    target = str(tokens[index].attrGet("href") or "")
    return f'<a href="{escape(target)}">' if target.startswith(("https://", "http://")) else "<a>"


def _in_words(
    renderer: RendererProtocol, tokens: Sequence[Token], index: int, options: OptionsDict, env: EnvType
) -> str:
    """A picture by its alternative text: the sheet is one file, and loads nothing."""
    return f"<em>[picture: {escape(tokens[index].content)}]</em>"
