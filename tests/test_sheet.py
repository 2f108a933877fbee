"""`python -m helpers sheet`: the class sheet, one file that needs nothing else."""

import re
import sys
from collections import Counter
from html import escape
from html.parser import HTMLParser
from pathlib import Path

import pytest
from support.starting import refused, run

from helpers.exercises.class_notes import ClassNotes, Note, Route, Step, class_notes
from helpers.exercises.class_sheet import page, write
from helpers.exercises.lessons import Exercise, Lesson, lessons
from helpers.problems import KitError
from helpers.settings import ROOT

EXERCISE = Exercise("05a", "Say `hello` to **Tabi**.", "greet(<name>)", "```python\ngreet('Tabi')\n```\n\nDone.", "c")
LESSON = Lesson("05_walk.ipynb", "Walk & talk", 7, ("walk `a` road;", "talk."), (EXERCISE,))
PLAIN = Lesson("00_start.ipynb", "Start", None, ("start.",), ())
NOTES = ClassNotes(
    {"05a": Note(4, ("They whisper `hello` <softly>.",))},
    (Route("An hour", "Walk, *then* rest.", (Step(50, lesson="05", exercises=False), Step(10, pause="Tea & cake"))),),
)
VOID = {"meta", "br", "hr"}


class Outline(HTMLParser):
    """The elements of a page: their names, attributes, and whether each was closed."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note an element."""
        self.found.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        """Each closes the one that was opened last."""
        assert self.open.pop() == tag


def test_it_holds_every_lesson_exercise_and_solution() -> None:
    """Of the kit's own notebooks: nothing is left out, and the page is sound."""
    html = page(lessons(), NOTES, solutions=True)
    assert Outline(html).open == []
    for lesson in lessons():
        assert f'<th scope="row">{lesson.number} ' in html
        for exercise in lesson.exercises:
            assert html.count(f"<strong>{exercise.name}</strong>") == 2
            solved = re.search(r"```python\n(.*?)\n```", exercise.solution, re.S)
            assert solved is not None
            assert escape(solved[1]).replace("&#x27;", "'") in html
    assert f'<td class="number">{sum(lesson.minutes or 0 for lesson in lessons())}</td>' in html


def test_solutions_can_be_left_out() -> None:
    """All of them, with their words; the tasks stay."""
    html = page([PLAIN, LESSON], NOTES, solutions=False)
    assert "Say <code>hello</code> to <strong>Tabi</strong>." in html
    for part in ("Solutions", "greet('Tabi')", "Done."):
        assert part in page([PLAIN, LESSON], NOTES, solutions=True)
        assert part not in html


def test_it_needs_nothing_from_anywhere() -> None:
    """No address is loaded, no script is there; and the page forbids both by itself."""
    outline = Outline(page(lessons(), NOTES, solutions=True)).found
    assert not {"script", "link", "img", "iframe", "object"} & {tag for tag, _ in outline}
    assert not [attributes for _, attributes in outline if "src" in attributes or "style" in attributes]
    rules = [attributes["content"] for _, attributes in outline if "http-equiv" in attributes]
    assert rules == ["default-src 'none'; style-src 'unsafe-inline'"]
    assert not re.search(r"@import|url\(", page(lessons(), NOTES, solutions=True))


def test_it_can_be_printed_and_read_aloud() -> None:
    """Print rules; a language; headed columns; every box to tick says what it is."""
    html = page([PLAIN, LESSON], NOTES, solutions=True)
    assert "@media print" in html
    printed = html.partition("@media print")[2]
    assert "tr, .exercise, pre { break-inside: avoid; }" in printed
    assert "h2, h3 { break-after: avoid; }" in printed
    assert "tfoot { display: table-row-group; }" in printed  # the sums stand once, not on each page
    outline = Outline(html).found
    assert ("html", {"lang": "en"}) in outline
    boxes = [attributes for _, attributes in outline if attributes.get("class") == "tick"]
    assert len(boxes) == 3  # two lessons, one exercise
    assert all(box["role"] == "img" and box["aria-label"] for box in boxes)
    assert all(attributes.get("scope") for tag, attributes in outline if tag == "th")
    assert [tag for tag, _ in outline if tag in {"h1", "h2", "h3"}] == ["h1", "h2", "h3", "h2", "h2", "h3"]


def test_text_of_a_notebook_cannot_become_markup() -> None:
    """Pictures and links of the notebook, too: the one becomes its words, the other goes nowhere in the kit."""
    task = "<script>x</script> ![a map](map.png) [runs](05_runs.ipynb) [sure](https://example.org) [no](javascript:x)"
    html = page(
        [Lesson("05_x.ipynb", "<i>", 1, ("<b>",), (Exercise("05a", task, "", "", "c"),))], NOTES, solutions=True
    )
    outline = Outline(html).found
    assert not {"script", "img", "i", "b"} & {tag for tag, _ in outline}
    assert "[picture: a map]" in html
    assert [attributes for tag, attributes in outline if tag == "a"] == [{}, {"href": "https://example.org"}]


def test_code_in_a_cell_is_shown_where_it_is_part_of_the_task() -> None:
    """Not where it is only a place to fill."""
    assert "greet(&lt;name&gt;)" in page([LESSON], NOTES, solutions=False)
    blank = Exercise("05a", "Go.", "def go():\n    ...", "", "c")
    assert "In its cell" not in page([Lesson("05_x.ipynb", "Go", 1, (), (blank,))], NOTES, solutions=False)


def test_only_a_class_sheet_is_replaced_unasked(tmp_path: Path) -> None:
    """A file that somebody else wrote stays, unless it may go."""
    file = tmp_path / "sheet.html"
    write([LESSON], NOTES, file, solutions=True, overwrite=False)
    write([LESSON], NOTES, file, solutions=False, overwrite=False)
    assert "Solutions" not in file.read_text(encoding="utf-8")
    file.write_text("my own page", encoding="utf-8")
    with pytest.raises(KitError, match="is no class sheet"):
        write([LESSON], NOTES, file, solutions=True, overwrite=False)
    assert file.read_text(encoding="utf-8") == "my own page"
    write([LESSON], NOTES, file, solutions=True, overwrite=True)
    assert "Walk &amp; talk" in file.read_text(encoding="utf-8")


@pytest.mark.parametrize("place", [".", "missing/sheet.html"])
def test_a_place_that_cannot_be_written_is_named(place: str, tmp_path: Path) -> None:
    """A folder, or a file in none."""
    with pytest.raises(KitError, match="cannot be written"):
        write([LESSON], NOTES, tmp_path / place, solutions=True, overwrite=False)


def test_the_command_writes_where_it_is_asked_to_and_says_where(tmp_path: Path) -> None:
    """In one line; a refusal is one line, too."""
    file = tmp_path / "my sheet.html"
    done = run(ROOT, "sheet", "--output", str(file), "--no-solutions", python=sys.executable)
    assert done.returncode == 0, done.stderr
    assert done.stdout == f"The class sheet is {file}. Open it in a browser and print it from there.\n"
    assert "<h2>Exercises</h2>" in file.read_text(encoding="utf-8")
    assert "Solutions" not in file.read_text(encoding="utf-8")
    file.write_text("mine", encoding="utf-8")
    assert "--overwrite" in refused(run(ROOT, "sheet", "--output", str(file), python=sys.executable))


def test_without_a_name_it_is_written_here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """In the current folder, where the person looks."""
    from helpers.cli import commands

    monkeypatch.chdir(tmp_path)
    assert commands.main(["sheet"]) == 0
    assert [path.name for path in tmp_path.iterdir()] == ["class_sheet.html"]


def test_an_instructor_sees_minutes_mistakes_and_routes() -> None:
    """Learners see the minutes; what others get wrong would be half a solution."""
    html = page([PLAIN, LESSON], NOTES, solutions=True)
    assert "<strong>05a</strong> (about 4 min) Say" in html
    assert "<li>They whisper <code>hello</code> &lt;softly&gt;.</li>" in html
    rows = re.findall(r"<tr><td[^>]*>(.*?)</td><td[^>]*>(.*?)</td><td>(.*?)</td></tr>", html.partition("An hour")[2])
    assert rows == [
        ("0:00", "50", "05 Walk &amp; talk <em>(without its exercises)</em>"),
        ("0:50", "10", "<em>Tea &amp; cake</em>"),
    ]
    assert '<th scope="row" class="number">1:00</th>' in html
    handed_out = page([PLAIN, LESSON], NOTES, solutions=False)
    assert "about 4 min" in handed_out
    assert not [word for word in ("whisper", "An hour", "instructor") if word in handed_out]


def test_every_exercise_has_its_notes() -> None:
    """Two mistakes each, and no more minutes together than its lesson takes."""
    noted = class_notes().exercises
    for lesson in lessons():
        for exercise in lesson.exercises:
            assert exercise.name in noted, f"helpers/exercises/class_notes.toml lacks {exercise.name}"
            assert len(noted[exercise.name].mistakes) == 2, exercise.name
        assert sum(note.minutes for name, note in noted.items() if name[:2] == lesson.number) <= (lesson.minutes or 99)


def test_routes_leave_time_and_breath() -> None:
    """Lessons in their order, none shorter than for a reader; nobody sits for more than 75 minutes."""
    minutes = {lesson.number: lesson.minutes or 0 for lesson in lessons()}
    exercises = Counter[str]()
    for name, note in class_notes().exercises.items():
        exercises[name[:2]] += note.minutes
    for route in class_notes().routes:
        visited = [step.lesson for step in route.steps if step.lesson]
        assert visited == sorted(set(visited))
        assert {"05", "09", "10"} <= set(visited), f"{route.title}: without the run, or the tools that work on files"
        for step in route.steps:
            given_up = 0 if step.exercises else exercises[step.lesson]
            assert not step.lesson or step.minutes >= minutes[step.lesson] - given_up, (route.title, step.lesson)
        stretch = 0
        for step in route.steps:
            assert bool(step.lesson) != bool(step.pause)
            stretch = stretch + step.minutes if step.lesson else 0
            assert stretch <= 75, route.title
    assert [(route.title, route.minutes) for route in class_notes().routes] == [
        ("90 minutes", 90),
        ("Half a day", 240),
        ("A day", 450),
    ]
