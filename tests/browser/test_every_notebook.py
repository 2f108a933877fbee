"""Every notebook in JupyterLab, as a learner meets it: opened with a new kernel, and each cell clicked twice."""

import pytest
from support.notebooks.files import ROOT, notebooks, write
from support.notebooks.samples import code, notebook
from support.notebooks.updating import normalised

from browser.conftest import Open
from browser.lab import Lab
from browser.pictures import WANTED, picture

pytestmark = pytest.mark.all

NAMES = [path.name for path in notebooks()]
TROUBLE = """
from IPython.display import Javascript, display
display(Javascript("console.error('said by the page'); fetch('http://192.0.2.1/')"))
display(Javascript("setTimeout(() => { throw Error('thrown') })"))
1 / 0
"""


@pytest.mark.parametrize("name", NAMES)
def test_every_cell_may_run_twice(name: str, open_in_lab: Open) -> None:
    """As a learner clicks: the second run does no harm, neither to itself nor to what comes after it.

    Every cell has run, and every diagram is drawn.
    """
    window = open_in_lab(name)
    assert window.run_each_twice() == []
    counts = [cell["count"] for cell in window.cells() if cell["type"] == "code"]
    assert counts == list(range(2, 2 * len(counts) + 1, 2))
    diagrams = window.page.locator(".jp-RenderedMermaid:visible")
    assert diagrams.count() == diagrams.locator("img, svg").count()


def test_a_cell_that_works_only_once_is_found(open_in_lab: Open, lab: Lab) -> None:
    """A second run may fail as the cell's metadata says, and in no other way; a first run never."""
    cells = [
        code("names = ['Aiko', 'Ken']"),
        code("names.remove('Aiko')", kit={"once": "ValueError"}),
        code("names.remove('Ken')", kit={"once": "KeyError"}),
        code("[].remove('Aiko')", kit={"once": "ValueError"}),
        code("assert not names"),
    ]
    write(normalised(notebook(*cells)), lab.notebooks / "once.ipynb")
    failed = open_in_lab("once.ipynb").run_each_twice()
    assert [one.partition(" run:")[0] for one in failed] == ["cell-2, second", "cell-3, first"]


def test_every_notebook_was_opened(lab: Lab) -> None:
    """Lab's folder holds as many as were run above."""
    assert {path.name for path in lab.notebooks.glob("[0-9][0-9]_*.ipynb")} == set(NAMES)


def test_trouble_is_seen(open_in_lab: Open, lab: Lab) -> None:
    """What the tests above forbid is noticed: an error in a cell, the console or the page, and a way out."""
    write(normalised(notebook(code(TROUBLE))), lab.notebooks / "trouble.ipynb")
    window = open_in_lab("trouble.ipynb")
    window.run_all()

    assert [error["ename"] for error in window.errors()] == ["ZeroDivisionError"]
    noted = "\n".join(window.problems)
    window.problems.clear()
    for sign in ("console: said by the page", "leaves the machine: http://192.0.2.1/", "page: thrown"):
        assert sign in noted


@pytest.mark.skipif(not WANTED, reason="takes a picture when KIT_PICTURES is set")
def test_a_picture_of_a_timeline(open_in_lab: Open) -> None:
    """For the README: a run that called two functions, one after the other, as `show` draws it."""
    window = open_in_lab("08_function_calling.ipynb")
    window.run_all()
    used = window.cell("loop-used")
    used.locator("summary", has_text="nine statuses").click()
    picture(used, ROOT / "docs" / "timeline.png")


@pytest.mark.skipif(not WANTED, reason="takes a picture when KIT_PICTURES is set")
def test_a_picture_of_the_wire(open_in_lab: Open) -> None:
    """For the README: what a streamed run that was cancelled sent and received, the stream's row open."""
    window = open_in_lab("06_streaming.ipynb")
    window.run_all()
    wire = window.cell("cancel-wire")
    wire.locator("summary", has_text="stream").first.click()
    picture(wire, ROOT / "docs" / "wire.png")
