"""`progress --export` and `class`: from the results on a learner's machine to a table for the instructor."""

import json
import re
import unicodedata
from html.parser import HTMLParser
from pathlib import Path

import pytest
from support.starting import ROOT, command, refused

from helpers.exercises.exports import LARGEST_FILE
from helpers.exercises.results import note

SECRETS = ("AZURE_OPENAI_KEY", "MODEL_API_KEY")


@pytest.fixture
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where a learner's results are kept: beside it."""
    path = tmp_path / "学習 1" / "state.db"
    monkeypatch.setenv("KIT_STATE", str(path))
    monkeypatch.setenv("KIT_ENV_FILE", str(tmp_path / "no.env"))
    for name in SECRETS:
        monkeypatch.setenv(name, "a-key-that-nobody-may-see")
    return path


def export_of(tmp_path: Path, name: str, **solved: bool) -> Path:
    """An export that holds these results, under that name."""
    time = "2026-01-01T10:00:00+00:00"
    exercises = {one: {"checked": time, "solved": time if done else None} for one, done in solved.items()}
    content = {"kind": "assistants-hands-on progress", "version": 1, "name": name, "exercises": exercises}
    file = tmp_path / f"{len(list(tmp_path.glob('*.json')))} {name[:5].strip()}.json"
    file.write_text(json.dumps(content), encoding="utf-8")
    return file


def test_an_export_holds_results_times_and_the_name_that_was_given(state: Path, tmp_path: Path) -> None:
    """No key, and no path: of the machine nothing is in it."""
    note("05a", correct=True)
    note("05b", correct=False)
    file = tmp_path / "進み具合 愛子.json"
    done = command(ROOT, "progress", "--export", str(file), "--name", "愛子")
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith(f"{file} holds your name, which exercises were tried and solved (1 so far), and when")
    text = file.read_text(encoding="utf-8")
    found = json.loads(text)
    assert found.keys() == {"kind", "version", "name", "exported", "exercises"}
    assert found["name"] == "愛子"
    assert found["exercises"]["05a"]["solved"]
    assert found["exercises"]["05b"]["solved"] is None
    assert not [word for word in (str(tmp_path), "nobody-may-see", str(Path.home())) if word in text]


def test_an_export_without_a_name_has_none(state: Path, tmp_path: Path) -> None:
    """Nor does it take one from the machine. Before anything is solved it is empty, and an export all the same."""
    file = tmp_path / "a.json"
    assert "holds no name" in command(ROOT, "progress", "--export", str(file)).stdout
    assert json.loads(file.read_text(encoding="utf-8"))["name"] is None
    assert "1 learner," in command(ROOT, "class", str(file), "--output", str(tmp_path / "c.html")).stdout


def test_only_an_export_is_replaced_unasked(state: Path, tmp_path: Path) -> None:
    """What somebody else wrote stays, unless it may go."""
    file = tmp_path / "a.json"
    for _ in range(2):
        assert command(ROOT, "progress", "--export", str(file)).returncode == 0
    file.write_text("{}", encoding="utf-8")
    assert "is no export of progress" in refused(command(ROOT, "progress", "--export", str(file)))
    assert file.read_text(encoding="utf-8") == "{}"
    assert command(ROOT, "progress", "--export", str(file), "--overwrite").returncode == 0
    assert "cannot be written" in refused(command(ROOT, "progress", "--export", str(tmp_path / "no" / "a.json")))


def test_what_cannot_be_exported_is_said(tmp_path: Path) -> None:
    """Results of a state in memory belong to their kernel; a name alone goes nowhere."""
    file = tmp_path / "a.json"
    assert "KIT_STATE=memory" in refused(command(ROOT, "progress", "--export", str(file), KIT_STATE="memory"))
    assert "--export FILE" in refused(command(ROOT, "progress", "--name", "Aiko"))
    assert not file.exists()


def test_progress_on_the_terminal_is_that_of_the_notebooks(state: Path) -> None:
    """The same words as `progress()`."""
    note("05a", correct=True)
    done = command(ROOT, "progress")
    assert done.stdout.startswith("1 of ")
    assert "✔ 05a" in done.stdout


def width(text: str) -> int:
    """The columns of a terminal: Japanese letters take two."""
    return sum(2 if unicodedata.east_asian_width(letter) in "WF" else 1 for letter in text)


def test_a_class_is_shown_with_a_line_for_each_learner(tmp_path: Path) -> None:
    """In columns, also under Japanese names; and where most are stuck."""
    files = [
        export_of(tmp_path, "愛子", **{"01a": True, "01b": True, "05a": False}),
        export_of(tmp_path, "Bob", **{"01a": True, "05a": False, "02a": False, "77a": True}),
        export_of(tmp_path, ""),
    ]
    output = tmp_path / "組 の表.html"
    done = command(ROOT, "class", *map(str, files), "--output", str(output))
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    lines = done.stdout.splitlines()
    assert re.fullmatch(r"3 learners, \d\d exercises", lines[0])
    table = {line.split("  ")[0]: line for line in lines[4:7]}
    assert list(table) == ["2", "Bob", "愛子"]  # who gave no name has that of the file
    places = {name: width(line[: line.index("x") if "x" in line else line.index(".")]) for name, line in table.items()}
    assert len(set(places.values())) == 1
    assert table["Bob"].split()[1:3] == [
        "x." + "." * (len(table["Bob"].split()[1]) - 2),
        "-" + table["Bob"].split()[2][1:],
    ]
    assert [line.split()[-1] for line in lines[4:7]] == ["0", "1", "2"]
    assert "Tried and not solved yet, by most: 05a (2), 02a (1)" in lines
    assert lines[-1] == f"The same as a page: {output}"


class Cells(HTMLParser):
    """The rows of a page's table: of each cell its attributes and text; and the names of all elements."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.rows: list[list[tuple[dict[str, str | None], str]]] = []
        self.elements: set[str] = set()
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note it."""
        self.elements.add(tag)
        if tag == "tr":
            self.rows.append([])
        elif tag in {"td", "th"}:
            self.rows[-1].append((dict(attrs), ""))

    def handle_data(self, data: str) -> None:
        """Add it to its cell."""
        if self.rows and self.rows[-1]:
            attributes, text = self.rows[-1][-1]
            self.rows[-1][-1] = (attributes, text + data)


def test_the_page_says_in_words_what_it_shows_in_colours(tmp_path: Path) -> None:
    """Heads name rows and columns, every cell its state; text of an export cannot become markup; nothing loads."""
    files = [
        export_of(tmp_path, "<b>愛子</b>", **{"01a": True, "01b": False}),
        export_of(tmp_path, "Bob\x1b[31m\n", **{"01a": True}),
    ]
    output = tmp_path / "class.html"
    done = command(ROOT, "class", *map(str, files), "--output", str(output))
    assert "\x1b" not in done.stdout
    html = output.read_text(encoding="utf-8")
    page = Cells(html)
    assert not {"script", "img", "link", "b"} & page.elements
    assert "default-src 'none'" in html
    heads = [attributes.get("scope") for row in page.rows for attributes, text in row if attributes.get("scope")]
    assert {"col", "row", "colgroup"} == set(heads)
    names, first, second = page.rows[1], page.rows[2], page.rows[3]
    assert [text for _, text in names[:3]] == ["Learner", "01a", "01b"]
    assert len({len(row) for row in page.rows[1:]}) == 1
    assert [text for _, text in first[:3]] == ["<b>愛子</b>", "✔solved", "◐tried, not right yet"]
    assert second[0][1] == "Bob [31m"
    assert first[1][0]["title"] == "01a: solved, 2026-01-01 10:00 UTC"
    assert [[text for _, text in row[:3]] for row in page.rows[4:]] == [
        ["solved by", "2", "0"],
        ["tried, not right yet by", "0", "1"],
    ]


BAD = {
    "empty": b"",
    "half": b'{"kind": "assistants-hands-on progress", "version": 1, "exer',
    "other": b'{"05a": {"checked": "2026-01-01", "solved": null}}',
    "list": b"[]",
    "later": b'{"kind": "assistants-hands-on progress", "version": 2, "exercises": {}}',
    "none": b'{"kind": "assistants-hands-on progress", "version": 1}',
    "wrong": b'{"kind": "assistants-hands-on progress", "version": 1, "exercises": {"<b>": {"checked": "2026-01-01"}}}',
    "latin": b'{"name": "\xe9"}',
    "deep": b"[" * 100_000,
    "large": b" " * (LARGEST_FILE + 1),
}


@pytest.mark.parametrize("bad", BAD)
def test_a_file_that_is_no_export_gets_one_line_and_the_others_count(bad: str, tmp_path: Path) -> None:
    """Whatever is in it; the line names the file."""
    good = export_of(tmp_path, "Aiko", **{"01a": True})
    file = tmp_path / "悪い file.json"
    file.write_bytes(BAD[bad])
    done = command(ROOT, "class", str(file), str(good), "--output", str(tmp_path / "c.html"))
    assert done.returncode == 0
    assert re.fullmatch(rf"{re.escape(str(file))} is no export of progress: .*\. It is left out\.\n", done.stderr)
    assert "1 learner," in done.stdout


def test_nothing_is_written_where_nothing_is_an_export(tmp_path: Path) -> None:
    """A file that is not there, and a folder without any."""
    output = tmp_path / "c.html"
    done = command(ROOT, "class", str(tmp_path / "gone.json"), str(tmp_path), "--output", str(output))
    assert done.returncode == 2
    assert done.stdout == ""
    assert [line.split(": ")[0].rpartition("/")[2] for line in done.stderr.splitlines()[:1]] == [
        "gone.json is no export of progress"
    ]
    assert done.stderr.splitlines()[-1].startswith("There is no export of progress to show.")
    assert not output.exists()


def test_a_folder_and_a_pattern_stand_for_their_files(tmp_path: Path) -> None:
    """A file that is named twice counts once; the pattern is not opened by a shell here, as on Windows."""
    folder = tmp_path / "組 1"
    folder.mkdir()
    files = [export_of(folder, name) for name in ("Aiko", "Bob")]
    named = [str(folder), str(files[0]), str(folder / "*.json")]
    assert "2 learners," in command(ROOT, "class", *named, "--output", str(tmp_path / "c.html")).stdout


def test_only_a_class_table_is_replaced_unasked(tmp_path: Path) -> None:
    """The table is not printed either where the page is refused."""
    file, output = export_of(tmp_path, "Aiko"), tmp_path / "c.html"
    output.write_text("mine", encoding="utf-8")
    assert "is no class table" in refused(command(ROOT, "class", str(file), "--output", str(output)))
    assert command(ROOT, "class", str(file), "--output", str(output), "--overwrite").returncode == 0
    assert command(ROOT, "class", str(file), "--output", str(output)).returncode == 0
