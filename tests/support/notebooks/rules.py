"""The rules that every notebook keeps, each a function that yields what breaks it."""

import ast
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote

from nbformat import NotebookNode

from support.notebooks.comparing import WIDGET_VIEW, code_cells, texts
from support.notebooks.exercises import BadExercise, exercises, is_not_yet, tagged, verdict
from support.notebooks.masks import Masker
from support.notebooks.updating import normalised

MOST_LINES = 14
# Neither the map of the lessons nor the playground is a lesson that ends.
WITHOUT_AN_END = ("00", "90")


@dataclass(frozen=True)
class Page:
    """A notebook and the file that it is in."""

    path: Path
    notebook: NotebookNode

    @property
    def number(self) -> str:
        """The two digits that put the lesson in its place."""
        return self.path.name[:2]

    @property
    def prose(self) -> list[tuple[str, str]]:
        """Id and text of each Markdown cell."""
        return [(cell.id, cell.source) for cell in self.notebook.cells if cell.cell_type == "markdown"]


_FENCED = re.compile(r"^(```|~~~).*?^\1", re.MULTILINE | re.DOTALL)
_INLINE_CODE = re.compile(r"`[^`\n]+`")
_LINK = re.compile(r"(?<!!)\[[^\]]*\]\(<?([^)>\s]+)>?[^)]*\)")
_PICTURE = re.compile(r"!\[([^\]]*)\]\(<?([^)>\s]+)>?[^)]*\)")
_IMG = re.compile(r"<img\b[^>]*>", re.IGNORECASE)
_ATTRIBUTE = re.compile(r"\b(alt|src)\s*=\s*[\"']([^\"']*)[\"']", re.IGNORECASE)
_MERMAID = re.compile(r"^```mermaid\n(.*?)^```", re.MULTILINE | re.DOTALL)
_DATA_URI = re.compile(r"data:[\w/+.-]+;base64,[A-Za-z0-9+/=\s]+")
_SECRET = re.compile(r"(?<![A-Za-z0-9+/=_-])(?=[A-Za-z+/_-]*\d)[A-Za-z0-9+=_-]{32,}(?![A-Za-z0-9+/=_-])")
_HOMES = re.compile(r"(?:/(?:home|Users|tmp|root)/|[A-Za-z]:\\{1,2}Users\\)")
_ANYWHERE_ELSE = ("http:", "https:", "mailto:")


def name(page: Page) -> Iterator[str]:
    """Two digits, then nouns: the order of the files is the order of the lessons."""
    if not re.fullmatch(r"\d\d(_[a-z]+)+\.ipynb", page.path.name):
        yield f"{page.path.name} is not named like 05_runs.ipynb"


def opening(page: Page) -> Iterator[str]:
    """First the title, minutes, aims and needs; then `prepare()`."""
    first, second = page.notebook.cells[:2]
    wanted = {
        r"^# \S": "a title",
        r"\bminutes?\b": "the minutes",
        r"(?i)you will be able to": "what you will be able to",
    }
    wanted[r"(?i)you need"] = "what you need"
    if page.number == "90":
        del wanted[r"\bminutes?\b"]
    for pattern, meaning in wanted.items():
        if first.cell_type != "markdown" or not re.search(pattern, first.source, re.MULTILINE):
            yield f"the first cell does not say {meaning}"
    if second.cell_type != "code" or not re.search(r"^prepare\(\)", second.source, re.MULTILINE):
        yield "the second cell does not call prepare()"


def ending(page: Page) -> Iterator[str]:
    """Recap, clean-up, next, in this order, each a heading or the bold start of a paragraph."""
    if page.number in WITHOUT_AN_END:
        return
    prose = "\n".join(source for _, source in page.prose)
    places = []
    for word in ("recap", "clean.?(?:ing )?up", "next"):
        found = list(re.finditer(rf"(?im)^(?:#+ |\*\*).*\b{word}\b", prose))
        if not found:
            yield f"nothing near the end is headed {word!r}"
        places += [match.start() for match in found[-1:]]
    if places != sorted(places):
        yield "the end is not in the order recap, clean-up, next"


def code(page: Page) -> Iterator[str]:
    """Short cells of plain Python, none of which is expected to raise."""
    for cell in code_cells(page.notebook):
        lines = len(cell.source.strip().splitlines())
        if lines > MOST_LINES:
            yield f"cell {cell.id} has {lines} lines: at most {MOST_LINES}"
        if tagged(cell, "raises-exception"):
            yield f"cell {cell.id} is tagged raises-exception: assert the error with expect"
        try:
            compile(cell.source, cell.id, "exec", flags=ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)
        except SyntaxError as error:
            yield f"cell {cell.id} is not plain Python (no %magic, no !shell): {error.text}"


def outputs(page: Page) -> Iterator[str]:
    """Committed from one run, top to bottom, without an error."""
    for place, cell in enumerate(code_cells(page.notebook), start=1):
        if cell.execution_count != place:
            yield f"cell {cell.id} is not number {place} of one run from top to bottom: {cell.execution_count}"
        if any(output.output_type == "error" for output in cell.outputs):
            yield f"cell {cell.id} shows an error"
        if not cell.outputs and re.search(r"^print\(", cell.source, re.MULTILINE):
            yield f"cell {cell.id} prints, and has no output"
        if any(WIDGET_VIEW in output.get("data", {}) for output in cell.outputs):
            yield f"cell {cell.id} holds a widget view without its state: run the tests with --update"


def identity(page: Page) -> Iterator[str]:
    """Every cell has an id of its own, and nothing of an editor or a run is left in the metadata."""
    ids = [cell.get("id") for cell in page.notebook.cells]
    if None in ids or len(set(ids)) != len(ids):
        yield f"a cell has no id, or two have the same: {ids}"
    tidy = normalised(page.notebook)
    if page.notebook.metadata != tidy.metadata:
        yield f"the notebook's metadata is not {dict(tidy.metadata)}: run the tests with --update"
    for cell, expected in zip(page.notebook.cells, tidy.cells, strict=True):
        if cell.metadata != expected.metadata:
            yield f"cell {cell.id} has metadata beside kit and tags: run the tests with --update"


def pictures(page: Page) -> Iterator[str]:
    """A picture is there, and says in words what it shows."""
    for where, source in page.prose:
        images = [(match[1], match[2]) for match in _PICTURE.finditer(source)]
        for tag in _IMG.findall(source):
            attributes = {key.lower(): value for key, value in _ATTRIBUTE.findall(tag)}
            images.append((attributes.get("alt", ""), attributes.get("src", "")))
        for words, target in images:
            if not words.strip():
                yield f"cell {where}: the picture {target} has no alternative text"
            if not _exists(page, target):
                yield f"cell {where}: there is no picture {target}"
        for diagram in _MERMAID.findall(source):
            if not re.search(r"^\s*accTitle\s*:\s*\S", diagram, re.MULTILINE):
                yield f"cell {where}: the diagram has no line accTitle: …"


def _exists(page: Page, target: str) -> bool:
    if target.startswith("attachment:"):
        name = unquote(target.removeprefix("attachment:"))
        return any(name in cell.get("attachments", {}) for cell in page.notebook.cells)
    return target.startswith("data:image/") or (page.path.parent / unquote(target)).is_file()


def links(page: Page) -> Iterator[str]:
    """A link to a file finds it, and a link to a heading finds that."""
    headings = {
        heading.strip().replace(" ", "-")
        for _, source in page.prose
        for heading in re.findall(r"(?m)^#+ (.+)$", source)
    }
    for where, source in page.prose:
        for target in _LINK.findall(_FENCED.sub("", source)):
            file, _, anchor = target.partition("#")
            if target.startswith(_ANYWHERE_ELSE):
                continue
            if file and not (page.path.parent / unquote(file)).exists():
                yield f"cell {where}: the link to {target} leads nowhere"
            if not file and unquote(anchor) not in headings:
                yield f"cell {where}: there is no heading for the link {target}"


def words(page: Page) -> Iterator[str]:
    """Nothing is simple to somebody who is stuck."""
    for where, source in page.prose:
        prose = _INLINE_CODE.sub("", _FENCED.sub("", source))
        for word in re.findall(r"(?i)\b(?:simply|just)\b", prose):
            yield f"cell {where} says {word!r}"


def privacy(page: Page) -> Iterator[str]:
    """No key and no path of somebody's machine is in an output."""
    masker = Masker()
    for cell in code_cells(page.notebook):
        for text in (_DATA_URI.sub("", text) for text in texts(cell)):
            if _HOMES.search(text):
                yield f"cell {cell.id} shows a path of one machine: {_HOMES.findall(text)}"
            if _SECRET.search(masker(text)):
                yield f"cell {cell.id} shows something that looks like a key"


def practice(page: Page) -> Iterator[str]:
    """Each exercise is complete, named after its lesson (the question on an idea ends in q), and committed unsolved."""
    try:
        found = exercises(page.notebook)
    except BadExercise as problem:
        yield str(problem)
        return
    names = [exercise.name for exercise in found if exercise.name != f"{page.number}q"]
    expected = [f"{page.number}{letter}" for letter in "abcdefghi"[: len(names)]]
    if names != expected:
        yield f"the exercises are named {names}, not {expected}"
    for exercise in found:
        if not is_not_yet(verdict(page.notebook, exercise)):
            yield f"the committed check of {exercise.name} does not say 'not yet'"


RULES: tuple[Callable[[Page], Iterator[str]], ...] = (
    name,
    opening,
    ending,
    code,
    outputs,
    identity,
    pictures,
    links,
    words,
    privacy,
    practice,
)


def broken(page: Page) -> list[str]:
    """Return one sentence for each place where a rule is broken."""
    return [f"{rule.__name__}: {problem}" for rule in RULES for problem in rule(page)]


def unpictured_widgets(executed: NotebookNode) -> list[str]:
    """Return the ids of executed cells that show a widget without a Markdown cell with a picture right after them."""
    cells = executed.cells
    return [
        cell.id
        for cell, after in zip(cells, [*cells[1:], None], strict=True)
        if cell.cell_type == "code" and any(WIDGET_VIEW in output.get("data", {}) for output in cell.outputs)
        if after is None
        or after.cell_type != "markdown"
        or not (_PICTURE.search(after.source) or _IMG.search(after.source))
    ]
