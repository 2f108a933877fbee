"""show() of vector stores, what is in them, and what a search found; and of what a run found and ran."""

from collections.abc import Iterator
from typing import Any

import openai
import pytest
from support.html import unclosed
from support.talking import served

from helpers.display import view_of
from helpers.display.stores import marked
from helpers.views import View

GUIDE = b"# Kyoto\n\nThe cherry trees of Kyoto flower in early April. Buses are full then.\n"


@pytest.fixture(scope="module")
def client() -> Iterator[openai.AzureOpenAI]:
    """A client of an endpoint with a vector store in it."""
    with served() as made:
        yield made


@pytest.fixture(scope="module")
def store(client: openai.AzureOpenAI) -> str:
    """The id of a vector store with one file."""
    file = client.files.create(file=("kyoto.md", GUIDE), purpose="assistants")
    made = client.vector_stores.create(name="<guide>")
    client.vector_stores.files.create_and_poll(file.id, vector_store_id=made.id, attributes={"city": "Kyoto"})
    return made.id


def drawn(thing: object) -> View:
    """The view, whose HTML is well formed."""
    view = view_of(thing)
    assert unclosed(view.html) == []
    return view


def test_a_store_and_what_is_in_it(client: openai.AzureOpenAI, store: str) -> None:
    """How many files, whether they are ready, how they were cut, what they were marked with."""
    view = drawn(client.vector_stores.retrieve(store))
    assert view.text.startswith(f"vector store <guide> {store}\n  completed · 1 file · ")
    assert "&lt;guide&gt;" in view.html
    (row,) = drawn(client.vector_stores.list()).text.splitlines()[1:-1]
    assert row.split()[1:5] == ["<guide>", "completed", "1", "file"]
    files = client.vector_stores.files.list(store)
    (row,) = drawn(files).text.splitlines()[1:-1]
    assert "passages of 800 tokens, 400 of them shared" in row
    assert row.endswith("city=Kyoto")
    assert f"in {store}" in drawn(files.data[0]).text
    assert drawn(client.vector_stores.delete(client.vector_stores.create().id)).text.endswith("is deleted")


def test_what_could_not_be_read() -> None:
    """The reason stands there, and a batch says how many are not ready."""
    error = {"code": "unsupported_file", "message": "The file is empty."}
    file = {"id": "file_1", "object": "vector_store.file", "status": "failed", "last_error": error}
    assert drawn(file).text.endswith("unsupported_file: The file is empty.")
    assert drawn([file]).text.splitlines()[1].endswith("unsupported_file: The file is empty.")
    counts = {"in_progress": 1, "completed": 0, "failed": 2, "cancelled": 0, "total": 3}
    batch = {"id": "vsfb_1", "object": "vector_store.files_batch", "status": "in_progress", "file_counts": counts}
    assert "vector store file batch vsfb_1\n  in_progress · 3 files (1 in progress, 2 failed)" in drawn(batch).text


def test_what_a_search_found(client: openai.AzureOpenAI, store: str) -> None:
    """The best first, with the words of the question marked."""
    view = drawn(client.vector_stores.search(store, query="When do the cherry trees flower?"))
    lines = view.text.splitlines()
    assert lines[0].startswith("[0] kyoto.md  0.")
    assert lines[-1] == "1 passage for: When do the cherry trees flower?"
    for word in ("cherry", "trees", "flower"):
        assert f"<mark>{word}</mark>" in view.html


@pytest.mark.parametrize(
    ("text", "query", "shown"),
    [
        ("The cherry, then.", "the cherry", "The <mark>cherry</mark>, then."),
        ("A < B: Cherry", "cherry?", "A &lt; B: <mark>Cherry</mark>"),
        ("scatter cat", "cat", "scatter <mark>cat</mark>"),
        ("京都の桜は四月に咲く。", "京都の桜はいつ?", "<mark>京都</mark>の桜は四月に咲く。"),
        ("as it is", "of", "as it is"),
    ],
)
def test_matched_words_are_marked(text: str, query: str, shown: str) -> None:
    """Whole beginnings of words, none that say nothing; in Japanese, names."""
    assert shown in marked(text, query)


def test_a_run_shows_what_it_found_and_what_it_ran() -> None:
    """More than the type of a tool: the files of a search, and code as code (contract §4.3)."""
    results = [{"file_id": "file_1", "file_name": "kyoto.md", "score": 0.5, "content": [{"text": "In April."}]}]
    code = {
        "input": "x = 1\nprint(x)",
        "outputs": [{"type": "logs", "logs": "1\n"}, {"type": "image", "image": {"file_id": "file_2"}}],
    }
    calls: list[dict[str, Any]] = [
        {"type": "file_search", "file_search": {"results": results}},
        {"type": "code_interpreter", "code_interpreter": code},
    ]
    step = {"id": "step_1", "object": "thread.run.step", "type": "tool_calls", "status": "completed",
            "step_details": {"tool_calls": calls}}  # fmt: skip
    view = drawn(step)
    assert view.text.splitlines()[1:] == [
        "  file_search → kyoto.md (0.50)",
        "    → kyoto.md: In April.",
        "  code_interpreter",
        "    x = 1",
        "    print(x)",
        "    → 1",
        "    → [image file_2]",
    ]
    assert ">x = 1\nprint(x)</pre>" in view.html
    assert "code_interpreter: x = 1 print(x)" in drawn([step]).text
