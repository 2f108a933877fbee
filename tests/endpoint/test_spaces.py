"""`serve --class`: one endpoint, and each learner sees only what is their own."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx2
import openai
import pytest
from support.notebooks.files import notebooks, read
from support.talking import V2, text_of

from helpers.settings import ROOT
from mock_endpoint import spaces
from mock_endpoint.server import Options, Running, start

KEY = "class.key-of-this-test"


@pytest.fixture
def endpoint() -> Iterator[Running]:
    """An endpoint for a class."""
    with start(Options(state="memory", key=KEY, by_learner=True)) as running:
        yield running


def learner(endpoint: Running, name: str = "", **options: Any) -> openai.AzureOpenAI:  # noqa: ANN401
    """The client of a learner who has put this name behind the key."""
    key = f"{KEY}.{name}" if name else KEY
    given: dict[str, Any] = {"azure_endpoint": endpoint.url, "api_key": key, "api_version": V2["api-version"]}
    return openai.AzureOpenAI(**given, max_retries=0, **options)


CLEAN_UPS = [
    pytest.param(cell.source, path.name[:2], id=path.stem)
    for path in notebooks()
    for cell in read(path).cells
    if cell.cell_type == "code" and "assistants.delete(one.id)" in cell.source
]


@pytest.mark.parametrize(("cell", "lesson"), CLEAN_UPS)
def test_a_lessons_clean_up_deletes_nobody_elses_tabi(cell: str, lesson: str, endpoint: Running) -> None:
    """The cells as they stand in the notebooks, which find Tabi by metadata."""
    clients = [learner(endpoint, name) for name in ("aiko", "ben")]
    tabis = [
        client.beta.assistants.create(model="gpt-4o", name="Tabi", metadata={"lesson": lesson}) for client in clients
    ]
    assistants_only = cell[max(cell.find("for one in list(client.beta.assistants"), cell.find("mine = ["), 0) :]
    client = dict.fromkeys(("client", "old", "new"), clients[0])
    known = {**client, "show": str, "names": {}}  # the last: the files that lesson 10 uploaded, none here
    exec(assistants_only, known)  # noqa: S102 - a cell of the kit
    assert [len(list(client.beta.assistants.list())) for client in clients] == [0, 1]
    assert clients[1].beta.assistants.retrieve(tabis[1].id) == tabis[1]


def test_clean_ups_are_found() -> None:
    """One in each lesson that makes a Tabi."""
    assert len(CLEAN_UPS) == len([path for path in notebooks() if "metadata=" in _code(path)])


def _code(path: Path) -> str:
    cells = [cell.source for cell in read(path).cells if cell.cell_type == "code"]
    return "\n".join(source for source in cells if "assistants.create" in source)


def test_threads_and_runs_are_apart_as_well(endpoint: Running) -> None:
    """An id does not help; everything else works as ever, with either header and on every path."""
    aiko, ben = learner(endpoint, "aiko"), learner(endpoint, "ben")
    tabi = aiko.beta.assistants.create(model="gpt-4o")
    thread = aiko.beta.threads.create(messages=[{"role": "user", "content": "What is the capital of Japan?"}])
    run = aiko.beta.threads.runs.create_and_poll(thread_id=thread.id, assistant_id=tabi.id)
    assert "Tokyo" in text_of(aiko, run)
    with pytest.raises(openai.NotFoundError):
        ben.beta.threads.retrieve(thread.id)
    with pytest.raises(openai.NotFoundError):
        ben.beta.threads.runs.create(ben.beta.threads.create().id, assistant_id=tabi.id)
    with openai.OpenAI(base_url=f"{endpoint.url}/v1", api_key=f"{KEY}.aiko") as same:
        assert same.beta.assistants.retrieve(tabi.id) == tabi


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux has a second loopback address ready")
def test_without_a_name_computers_are_told_apart(endpoint: Running) -> None:
    """By their addresses, so that all may have the same file .env."""
    with httpx2.Client(transport=httpx2.HTTPTransport(local_address="127.0.0.2")) as other:
        here, there = learner(endpoint), learner(endpoint, http_client=other)
        tabi = here.beta.assistants.create(model="gpt-4o")
        assert list(there.beta.assistants.list()) == []
        assert [one.id for one in learner(endpoint).beta.assistants.list()] == [tabi.id]


@pytest.mark.parametrize(
    "key",
    [
        *("", "class", "class.aiko", f"x{KEY}.aiko", f"{'x' * len(KEY)}.aiko"),
        *(f"{KEY}x", f"{KEY}.", f"{KEY}.a b", f"{KEY}.{'a' * 41}", f"{KEY}.../x"),
    ],
)
def test_without_the_key_nobody_gets_a_space(key: str, endpoint: Running) -> None:
    """The service's own 401, as without a class."""
    answer = httpx2.get(f"{endpoint.url}/openai/assistants", params=V2, headers={"api-key": key})
    assert answer.status_code == 401
    assert answer.json()["error"]["code"] == "401"


def test_the_number_of_spaces_is_bounded(endpoint: Running, monkeypatch: pytest.MonkeyPatch) -> None:
    """Who has come before stays welcome."""
    monkeypatch.setattr(spaces, "MOST", 2)
    for name in ("aiko", "ben"):
        learner(endpoint, name).beta.assistants.create(model="gpt-4o")
    with pytest.raises(openai.PermissionDeniedError, match="No more than 2 learners"):
        learner(endpoint, "chie").beta.assistants.list()
    assert len(list(learner(endpoint, "aiko").beta.assistants.list())) == 1


def test_without_a_class_a_name_is_a_wrong_key() -> None:
    """And everybody sees everything, as on a resource of Azure."""
    with start(Options(state="memory", key=KEY)) as endpoint:
        learner(endpoint).beta.assistants.create(model="gpt-4o")
        assert len(list(learner(endpoint).beta.assistants.list())) == 1
        with pytest.raises(openai.AuthenticationError):
            learner(endpoint, "aiko").beta.assistants.list()


def test_serve_for_a_class_says_how_learners_are_told_apart() -> None:
    """After the line that other tools wait for."""
    line = [sys.executable, "-m", "helpers", "serve", "--class", "--port", "0", "--state", "memory", "--key", KEY]
    with subprocess.Popen(line, cwd=ROOT, stdout=subprocess.PIPE, encoding="utf-8") as process:
        assert process.stdout is not None
        url = process.stdout.readline().removeprefix("ready ").strip()
        assert process.stdout.readline() == "a space for each computer, or for each name behind the key: KEY.aiko\n"
        answer = httpx2.get(f"{url}/openai/assistants", params=V2, headers={"api-key": f"{KEY}.aiko"})
        process.terminate()
    assert answer.status_code == 200


def test_files_are_the_learners_own(endpoint: Running) -> None:
    """Rows and bytes: nobody lists, reads or deletes what somebody else has uploaded."""
    aiko, ben = learner(endpoint, "aiko"), learner(endpoint, "ben")
    made = aiko.files.create(file=("a.csv", b"a,b"), purpose="assistants")
    assert ben.files.list().data == []
    for method in (ben.files.retrieve, ben.files.content, ben.files.delete):
        with pytest.raises(openai.NotFoundError):
            method(made.id)
    assert aiko.files.content(made.id).read() == b"a,b"
