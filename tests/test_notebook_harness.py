"""What tests the notebooks finds what it is there to find."""

import copy
import shutil
import subprocess
import sys
from pathlib import Path

import psutil
import pytest
from nbformat import NotebookNode
from support.notebooks.comparing import code_cells, difference, machine_paths, shown
from support.notebooks.exercises import Answer, answered, exercises, is_correct, is_not_yet, verdict, with_answers
from support.notebooks.files import ROOT, node, read, write
from support.notebooks.masks import Masker
from support.notebooks.rules import unpictured_widgets
from support.notebooks.running import NotebookFailed, read_slowly, run
from support.notebooks.samples import code, markdown, notebook, walk
from support.notebooks.updating import normalised, updated

from helpers.settings import read_settings

NAME = "05_walk.ipynb"
RUN_1, RUN_2 = "run_abcdefghijklmnopqrstuvw1", "run_abcdefghijklmnopqrstuvw2"


@pytest.fixture(scope="module")
def executed(tmp_path_factory: pytest.TempPathFactory) -> NotebookNode:
    """The sample after one run."""
    return run(walk(), NAME, tmp_path_factory.mktemp("once"), source=tmp_path_factory.mktemp("data"))


@pytest.fixture(scope="module")
def again(tmp_path_factory: pytest.TempPathFactory) -> NotebookNode:
    """The sample after another run."""
    return run(walk(), NAME, tmp_path_factory.mktemp("twice"), source=tmp_path_factory.mktemp("data"))


def _replaced(notebook: NotebookNode, place: int, old: str, new: str) -> NotebookNode:
    """Return a copy in whose outputs of one cell a text is another."""
    altered = copy.deepcopy(notebook)
    output = altered.cells[place].outputs[0]
    assert old in output.text
    output.text = output.text.replace(old, new, 1)
    return altered


def test_two_runs_are_the_same(executed: NotebookNode, again: NotebookNode) -> None:
    """What differs between two true runs is hidden, though hardly an output is equal letter by letter."""
    assert shown(executed.cells[4]) != shown(again.cells[4])
    assert difference(executed, again, NAME) == ""


def test_one_word_is_seen(executed: NotebookNode, again: NotebookNode) -> None:
    """An answer in other words is another answer, and the diff names its cell."""
    found = difference(executed, _replaced(again, 3, "東京", "京都"), NAME)
    assert "05_walk.ipynb cell cell-3" in found
    assert "-日本の首都は東京です。" in found
    assert "+日本の首都は京都です。" in found
    assert "cell-2" not in found


def test_one_status_is_seen(executed: NotebookNode, again: NotebookNode) -> None:
    """A run that failed is not one that completed."""
    assert "-run <run-1> completed" in difference(executed, _replaced(again, 2, "completed", "failed"), NAME)


def test_one_relation_is_seen(executed: NotebookNode, again: NotebookNode) -> None:
    """The id of another thread is not the id of this one, though either is masked."""
    thread = again.cells[2].outputs[0].text.split()[0]
    other = thread[:-1] + ("a" if thread[-1] != "a" else "b")
    found = difference(executed, _replaced(again, 3, thread, other), NAME)
    assert "-<run-1> belongs to <thread-1>" in found
    assert "+<run-1> belongs to <thread-2>" in found


def test_missing_and_additional_outputs_are_seen(executed: NotebookNode, again: NotebookNode) -> None:
    """A cell that falls silent, or loses its HTML, shows something else."""
    silent = copy.deepcopy(again)
    silent.cells[3].outputs = []
    assert "-[stdout]" in difference(executed, silent, NAME)
    plain = copy.deepcopy(again)
    del plain.cells[5].outputs[0].data["text/html"]
    assert "-[text/html, text/plain]" in difference(executed, plain, NAME)


def test_streams_are_joined() -> None:
    """How a stream is cut into pieces, and where stderr falls between them, is chance."""
    one, other = code(""), code("")
    one.outputs = [_stream("stdout", "a\nb\n"), _stream("stderr", "c\n")]
    other.outputs = [_stream("stdout", "a\n"), _stream("stderr", "c\n"), _stream("stdout", "b\n")]
    assert shown(one) == shown(other) == "[stdout]\na\nb\n\n[stderr]\nc\n"


def _stream(name: str, text: str) -> NotebookNode:
    return node({"output_type": "stream", "name": name, "text": text})


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (f'"id": "{RUN_1}"', f'"id": "{RUN_2}"'),
        ("file-abcdefghijklmnopqrstuv", "file-ABCDEFGHIJKLMNOPQRSTUV"),
        ('"created_at": 1763856000,', '"created_at": 1863856000,'),
        ("127.0.0.1:8080", "127.0.0.1:51234"),
        ("| 9 ms  | 200", "| 112 ms | 200"),
        ("after 1.2 s", "after 0.8 s"),
        ("in_progress ×7", "in_progress ×12"),
        ("2026-11-23 01:02:03+00:00", "2027-01-02 11:12:13+00:00"),
        ("2026-11-23T01:02:03.5Z", "2027-01-02T11:12:13Z"),
        ("Mon, 23 Nov 2026 01:02:03 GMT", "Tue, 24 Nov 2026 11:02:03 GMT"),
        ("on 2026-11-23", "on 2027-01-02"),
        ("at 1:02:03", "at 11:12:13"),
        ("openai 3.54.0", "openai 3.60.1"),
        ("<Event at 0x7f0011223344>", "<Event at 0x7faa11223344>"),
        ("0dbf4ee1-1c9c-4d0f-a2d2-6f6f0a1c3a10", "1dbf4ee1-1c9c-4d0f-a2d2-6f6f0a1c3a10"),
    ],
)
def test_may_differ(one: str, other: str) -> None:
    """Each of these says the same in two runs."""
    assert Masker()(one) == Masker()(other) != one


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (RUN_1, RUN_1.replace("run", "step")),
        (f"{RUN_1} {RUN_1}", f"{RUN_1} {RUN_2}"),
        ("api-version=2024-02-15-preview", "api-version=2024-05-01-preview"),
        ("?api-version=2024-10-21", "?api-version=2025-10-21"),
        ("total_tokens: 31", "total_tokens: 32"),
        ("404 Not Found", "401 Not Found"),
        ("127.0.0.1", "127.0.0.2"),
        ("temperature 1.0", "temperature 0.5"),
        ("thread_1", "thread_2"),
        ("queued → completed", "queued → in_progress → completed"),
    ],
)
def test_may_not_differ(one: str, other: str) -> None:
    """Each of these pairs says two things."""
    assert Masker()(one) != Masker()(other)


def test_update_rewrites_what_changed(executed: NotebookNode, again: NotebookNode) -> None:
    """Only the cell that says something new changes, and it speaks of the ids that the others already show."""
    committed = _replaced(updated(walk(), executed), 3, "東京", "京都")
    result = updated(committed, again)

    changed = [old.id for old, new in zip(committed.cells, result.cells, strict=True) if old != new]
    assert changed == ["cell-3"]
    assert result.cells[3].outputs == executed.cells[3].outputs
    assert difference(result, again, NAME) == ""
    assert updated(result, executed) == result


def test_update_fills_a_new_notebook(again: NotebookNode) -> None:
    """What was never run gets its outputs; what an execution leaves beside them is not kept."""
    result = updated(walk(), again)
    assert difference(result, again, NAME) == ""
    assert [cell.execution_count for cell in code_cells(result)] == [1, 2, 3, 4, 5, 6, 7]
    assert "execution" in again.cells[1].metadata
    assert "execution" not in result.cells[1].metadata
    assert result == normalised(result)


def test_a_failure_names_its_cell_and_leaves_no_kernel(tmp_path: Path) -> None:
    """What the notebook showed until then is written, and nothing keeps running."""
    sample = notebook(code("import os; print(os.getpid())"), code("1 / 0"))
    with pytest.raises(NotebookFailed, match=r"(?s)05_walk\.ipynb, cell 2.*ZeroDivisionError"):
        run(sample, NAME, tmp_path / "run", source=_empty(tmp_path))
    assert not psutil.pid_exists(int(read(tmp_path / "run" / NAME).cells[0].outputs[0].text))


def _empty(folder: Path) -> Path:
    empty = folder / "empty"
    empty.mkdir()
    return empty


def test_data_lies_beside_the_notebook_and_no_kernel_remains(tmp_path: Path) -> None:
    """A notebook finds its data; the other notebooks are not copied."""
    source = tmp_path / "source"
    (source / "data").mkdir(parents=True)
    (source / "data" / "rain.csv").write_text("mm\n7\n", encoding="utf-8")
    write(walk(), source / "06_other.ipynb")
    look = "import os; from pathlib import Path; print(os.getpid(), *sorted(path.name for path in Path().rglob('*.*')))"
    executed = run(notebook(code(look)), NAME, tmp_path / "run", source=source)
    kernel, *names = executed.cells[0].outputs[0].text.split()
    assert names == ["05_walk.ipynb", "rain.csv"]
    assert not psutil.pid_exists(int(kernel))


def test_paths_of_this_machine_are_seen(executed: NotebookNode) -> None:
    """An output that names the repository or a home would differ for everybody else."""
    assert machine_paths(executed, ROOT) == []
    leaky = _replaced(executed, 3, "belongs", f"{ROOT / 'notebooks'} {Path.home()}")
    assert len(machine_paths(leaky, ROOT)) >= 1


def test_an_exercise_is_told_from_its_solution(executed: NotebookNode, tmp_path: Path) -> None:
    """As committed it is "not yet", with the solution in its place "correct"."""
    assert exercises(notebook(code("1 + 1"))) == []
    [exercise] = exercises(executed)
    assert is_not_yet(verdict(executed, exercise))
    solved = run(answered(walk(), {"05a": exercise.solution}), NAME, tmp_path / "run", source=_empty(tmp_path))
    assert is_correct(verdict(solved, exercise))
    assert not is_correct("[stdout]\nincorrect")


def test_nbmake_by_hand_gives_each_notebook_its_own_state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """`pytest --nbmake` needs no option more: no state is shared, and nobody's endpoint is asked."""
    monkeypatch.setenv("AZURE_OPENAI_ENDPOINT", "https://somebody.openai.azure.com")
    monkeypatch.setenv("AZURE_OPENAI_AD_TOKEN", "somebody's")
    shutil.copy(ROOT / "conftest.py", tmp_path)
    (tmp_path / "pytest.ini").write_text("[pytest]\nfilterwarnings = error\n", encoding="utf-8")
    source = """
import os
from pathlib import Path
assert not [name for name in os.environ if name.startswith(("AZURE_", "MODEL_"))]
assert os.environ["KIT_PACE"] == "0.3" and not Path(os.environ["KIT_ENV_FILE"]).exists()
state = Path(os.environ["KIT_STATE"])
assert not state.exists()
state.touch()
print(state)
"""
    names = ("01_one.ipynb", "02_two.ipynb")
    for name in names:
        write(notebook(code(source)), tmp_path / name)
    command = [
        sys.executable,
        "-m",
        "pytest",
        "--nbmake",
        "--overwrite",
        "-p",
        "no:xdist",
        "-p",
        "no:cacheprovider",
        ".",
    ]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, encoding="utf-8", errors="replace", check=False)
    assert done.returncode == 0, done.stdout
    states = [Path(read(tmp_path / name).cells[0].outputs[0].text.strip()) for name in names]
    assert states[0] != states[1]
    assert not any(state.exists() for state in states)


@pytest.mark.usefixtures("alone")
def test_a_notebook_under_test_does_not_read_the_learners_env_file(tmp_path: Path) -> None:
    """The lessons are tested on the kit's own endpoint and model, whatever the learner has chosen."""
    lines = ["AZURE_OPENAI_ENDPOINT=https://somebody.openai.azure.com", "MODEL_BASE_URL=https://somebody.example/v1"]
    (tmp_path / ".env").write_text("\n".join([*lines, "KIT_PACE=9"]), encoding="utf-8")
    settings = read_settings(root=tmp_path)
    assert (settings.endpoint, settings.model, settings.pace) == (None, None, 0.3)


def test_a_widget_without_its_picture_is_seen(tmp_path: Path) -> None:
    """A reader on a code-hosting page sees a picture where a learner sees a widget."""
    sample = notebook(code("import ipywidgets\nipywidgets.IntSlider()"), markdown("![A slider](a.png)"))
    executed = run(sample, NAME, tmp_path / "run", source=_empty(tmp_path))
    assert unpictured_widgets(executed) == []
    assert list(updated(sample, executed).cells[0].outputs[0].data) == ["text/plain"]
    executed.cells[1].source = "A slider."
    assert unpictured_widgets(executed) == ["cell-0"]


def test_what_was_printed_piece_by_piece_is_committed_as_one_output(tmp_path: Path) -> None:
    """`flush=True` sends each piece by itself; on a code-hosting page each would be a block."""
    loop = "for piece in 'abc':\n    print(piece, end='', flush=True)\n    time.sleep(0.1)"
    sample = notebook(code(f"import time\n{loop}"))
    executed = run(sample, NAME, tmp_path / "run", source=_empty(tmp_path))
    assert [output.text for output in updated(sample, executed).cells[0].outputs] == ["abc"]


CLOCK = "import time\nbegan = time.monotonic()"
READ_AT_ONCE = "print('in time' if time.monotonic() - began < 2 else 'too late')"


def test_a_cell_that_hurries_its_reader_is_found(tmp_path: Path) -> None:
    """It says something else when somebody reads for some seconds before running it."""
    hasty = notebook(code(CLOCK), code(READ_AT_ONCE))
    committed, again = read_slowly([hasty, hasty], tmp_path / "fast", pause=0)
    (late,) = read_slowly([hasty], tmp_path / "slow", pause=2.5)
    assert difference(committed, again, NAME) == ""
    assert "+too late" in difference(committed, late, NAME)


def test_answers_follow_their_exercise() -> None:
    """Each with its check; a question that has no cells yet follows the last exercise."""
    given = {"05a": [Answer("answer = 7", "is not 42"), Answer("answer = 42")], "05q": [Answer('"word"')]}
    tried = with_answers(walk(), given).cells[6:]
    assert [cell.source for cell in tried[:8]] == [
        "answer = None",
        'check("05a", answer)',
        "answer = 7",
        'check("05a", answer)',
        "answer = 42",
        'check("05a", answer)',
        'chosen = "word"',
        'check("05q", chosen)',
    ]
    assert [cell.id for cell in tried[3:8:2]] == ["05a-0", "05a-1", "05q-0"]
