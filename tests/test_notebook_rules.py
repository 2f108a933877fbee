"""Each rule for notebooks finds what breaks it, and nothing else."""

from collections.abc import Callable
from pathlib import Path

import pytest
from nbformat import NotebookNode
from support.notebooks.comparing import code_cells
from support.notebooks.files import node, write
from support.notebooks.rules import Page, broken
from support.notebooks.samples import walk

NAME = "05_walk.ipynb"


@pytest.fixture
def page(tmp_path: Path) -> Page:
    """The sample as it would be committed, in a folder of its own."""
    page = Page(tmp_path / NAME, walk())
    for count, cell in enumerate(code_cells(page.notebook), start=1):
        cell.execution_count = count
        cell.outputs = [_stdout("05a: not yet, because None is not 42\n")]
    write(page.notebook, page.path)
    return page


def _stdout(text: str) -> NotebookNode:
    return node({"output_type": "stream", "name": "stdout", "text": text})


def test_a_good_notebook_breaks_no_rule(page: Page) -> None:
    """The sample keeps every rule, so each of the next tests has one cause."""
    assert broken(page) == []


def _cell(place: int, **values: object) -> Callable[[NotebookNode], None]:
    return lambda notebook: notebook.cells[place].update(node(values))


def _source(place: int, old: str, new: str) -> Callable[[NotebookNode], None]:
    def alter(notebook: NotebookNode) -> None:
        cell = notebook.cells[place]
        assert old in cell.source
        cell.source = cell.source.replace(old, new)

    return alter


def _prints(text: str) -> Callable[[NotebookNode], None]:
    return _cell(3, outputs=[_stdout(text)])


@pytest.mark.parametrize(
    ("alter", "found"),
    [
        (_source(0, "# Walk", "Walk"), "opening: the first cell does not say a title"),
        (_source(0, "5 minutes", "Soon"), "opening: the first cell does not say the minutes"),
        (_source(0, "You need", "With"), "opening: the first cell does not say what you need"),
        (_source(0, "You will be able to", "To"), "opening: the first cell does not say what you will be able to"),
        (_source(1, "\nprepare()", ""), "opening: the second cell does not call prepare()"),
        (_source(9, "## Recap", "Well:"), "ending: nothing near the end is headed 'recap'"),
        (_source(9, "## Recap", "## Next\n## Recap"), None),
        (_source(9, "## Next", "Then"), "ending: nothing near the end is headed 'next'"),
        (_source(3, "\n", "\n" * 15), "code: cell cell-3 has 16 lines: at most 14"),
        (_source(3, "print(run", "%time print(run"), "code: cell cell-3 is not plain Python"),
        (_source(3, "print(run", "!ls\nprint(run"), "code: cell cell-3 is not plain Python"),
        (_cell(3, metadata={"tags": ["raises-exception"]}), "code: cell cell-3 is tagged raises-exception"),
        (_cell(3, execution_count=None), "outputs: cell cell-3 is not number 3 of one run"),
        (_cell(3, outputs=[]), "outputs: cell cell-3 prints, and has no output"),
        (
            _cell(3, outputs=[{"output_type": "error", "ename": "E", "evalue": "", "traceback": []}]),
            "outputs: cell cell-3 shows an error",
        ),
        (_cell(3, id="cell-2"), "identity: a cell has no id, or two have the same"),
        (_cell(3, metadata={"collapsed": True}), "identity: cell cell-3 has metadata beside kit and tags"),
        (lambda notebook: notebook.metadata.pop("kernelspec"), "identity: the notebook's metadata is not"),
        (
            _source(9, "## Next", "![](05_walk.ipynb)\n## Next"),
            "pictures: cell cell-9: the picture 05_walk.ipynb has no",
        ),
        (_source(9, "## Next", "![A road](road.png)\n## Next"), "pictures: cell cell-9: there is no picture road.png"),
        (_source(9, "## Next", '<img src="05_walk.ipynb">\n## Next'), "pictures: cell cell-9: the picture"),
        (_source(9, "## Next", "```mermaid\nflowchart LR\n```\n## Next"), "pictures: cell cell-9: the diagram has no"),
        (_source(9, "05_walk.ipynb", "06_run.ipynb"), "links: cell cell-9: the link to 06_run.ipynb leads nowhere"),
        (_source(9, "05_walk.ipynb", "#Nowhere"), "links: cell cell-9: there is no heading for the link #Nowhere"),
        (_source(9, "05_walk.ipynb", "#Clean-up"), None),
        (_source(9, "One foot", "Simply one foot"), "words: cell cell-9 says 'Simply'"),
        (_source(9, "One foot", "`just` one foot"), None),
        (
            _prints("key: 0123456789abcdef0123456789abcdef"),
            "privacy: cell cell-3 shows something that looks like a key",
        ),
        (_prints("thread_0123456789abcdef01234567"), None),
        (_prints("in /home/tabi/kit"), "privacy: cell cell-3 shows a path of one machine"),
        (_source(7, '"05a"', '"05b"'), "practice: after exercise 05a comes a check of ['05b']"),
        (_source(7, "check(", "print("), "practice: exercise 05a needs one check('05a', …)"),
        (_cell(8, metadata={}), "practice: exercise 05a needs one Markdown cell tagged solution, not 0"),
        (_source(8, "```python", "```"), "practice: the solution of 05a needs <details> with exactly one"),
        (_cell(6, metadata={"tags": ["exercise"]}), "practice: cell cell-6 is tagged exercise"),
        (_cell(6, metadata={}), "practice: a check or solution before any exercise"),
        (_cell(7, outputs=[]), "practice: the committed check of 05a does not say 'not yet'"),
    ],
)
def test_a_broken_rule_is_seen(page: Page, alter: Callable[[NotebookNode], None], found: str | None) -> None:
    """One alteration, one complaint; none where there is nothing to complain about."""
    alter(page.notebook)
    problems = broken(page)
    if found is None:
        assert problems == []
    else:
        assert [problem[: len(found)] for problem in problems] == [found]


def test_a_name_without_its_number_is_seen(page: Page) -> None:
    """The number is the order."""
    assert "name: walk.ipynb is not named like 05_runs.ipynb" in broken(
        Page(page.path.with_name("walk.ipynb"), page.notebook)
    )
