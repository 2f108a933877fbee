"""One walk over every surface of the kit, as its users take it; with the lessons, what `python -m helpers test` proves.

Everything here is tested in depth elsewhere, with `--all`.
"""

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import openai
import pytest
from support.starting import run as run_python
from support.talking import served, text_of

from helpers import ChatBox, connect, expect, fault, progress, show, wire
from helpers.settings import ROOT
from mock_endpoint.models.offline import OfflineModel

CAPITAL = "What is the capital of Japan?"
WEATHER = {
    "type": "function",
    "function": {
        "name": "get_weather",
        "description": "The weather in a city",
        "parameters": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
    },
}


@pytest.fixture
def client() -> Iterator[openai.AzureOpenAI]:
    """A learner's client, and the offline model behind it."""
    with served(model=OfflineModel()) as client:
        yield client


def test_from_an_assistant_to_its_answer(client: openai.AzureOpenAI) -> None:
    """Lessons 02 to 05: assistant, thread, message, run, answer, steps, deletion."""
    beta = client.beta
    tabi = beta.assistants.create(model="gpt-4", name="Tabi", metadata={"lesson": "05"})
    thread = beta.threads.create()
    beta.threads.messages.create(thread.id, role="user", content="日本の首都はどこですか?")
    run = beta.threads.runs.create_and_poll(thread_id=thread.id, assistant_id=tabi.id)
    assert (run.status, text_of(client, run)) == ("completed", "日本の首都は東京です。")
    assert [message.role for message in beta.threads.messages.list(thread.id)] == ["assistant", "user"]
    assert beta.threads.runs.steps.list(run.id, thread_id=thread.id).data[0].type == "message_creation"
    assert beta.assistants.delete(tabi.id).deleted
    with pytest.raises(openai.NotFoundError):
        beta.assistants.retrieve(tabi.id)


def test_a_stream(client: openai.AzureOpenAI) -> None:
    """Lesson 06: the pieces joined are the answer."""
    tabi = client.beta.assistants.create(model="gpt-4")
    thread = client.beta.threads.create(messages=[{"role": "user", "content": CAPITAL}])
    with client.beta.threads.runs.stream(thread_id=thread.id, assistant_id=tabi.id) as stream:
        pieces = list(stream.text_deltas)
        run = stream.get_final_run()
    assert len(pieces) > 1
    assert "".join(pieces) == text_of(client, run)


def test_functions(client: openai.AzureOpenAI) -> None:
    """Lesson 08: the run waits for the caller's function, and tells what it gave."""
    tabi = client.beta.assistants.create(model="gpt-4", tools=[WEATHER])  # pyrefly: ignore[bad-argument-type]
    ask = {"messages": [{"role": "user", "content": "What is the weather in Kyoto?"}]}
    # pyrefly: ignore[bad-argument-type]
    run = client.beta.threads.create_and_run_poll(assistant_id=tabi.id, thread=ask)
    assert run.required_action is not None
    (call,) = run.required_action.submit_tool_outputs.tool_calls
    assert json.loads(call.function.arguments) == {"city": "Kyoto"}
    done = client.beta.threads.runs.submit_tool_outputs_and_poll(
        run_id=run.id,
        thread_id=run.thread_id,
        tool_outputs=[{"tool_call_id": call.id, "output": "light snow"}],
    )
    assert "light snow" in text_of(client, done)


@pytest.mark.parametrize("base", ["/openai/v1", "/v1"])
def test_the_other_paths(client: openai.AzureOpenAI, base: str) -> None:
    """The same objects behind the paths of the `OpenAI` client."""
    tabi = client.beta.assistants.create(model="gpt-4")
    url = str(client.base_url).split("/openai/")[0] + base
    with openai.OpenAI(base_url=url, api_key=client.api_key) as other:
        assert other.beta.assistants.retrieve(tabi.id) == tabi
        with pytest.raises(openai.AuthenticationError):
            other.with_options(api_key="wrong", max_retries=0).models.list()


def test_the_older_shape(client: openai.AzureOpenAI) -> None:
    """Lesson 01: an api-version of early 2024 shows `file_ids`."""
    url, version = str(client.base_url).split("/openai/")[0], "2024-02-15-preview"
    with openai.AzureOpenAI(azure_endpoint=url, api_key=client.api_key, api_version=version) as old:
        shown = old.beta.assistants.create(model="gpt-4").to_dict()
    assert shown["file_ids"] == []
    assert "tool_resources" not in shown


def test_what_the_lessons_import(capsys: pytest.CaptureFixture[str]) -> None:
    """`connect`, `show`, `wire`, `fault`, `expect`, `ChatBox` and `progress`, on the endpoint in this process."""
    client = connect(max_retries=0)
    tabi = client.beta.assistants.create(model="gpt-4", name="Tabi")
    assert "POST" in str(wire())
    show(tabi)
    with fault("rate_limit"), expect(openai.RateLimitError) as caught:
        client.beta.assistants.list()
    assert caught.error is not None
    printed = capsys.readouterr().out
    assert f"assistant Tabi  {tabi.id}" in printed
    box = ChatBox(client, tabi)
    assert "Tokyo" in box.ask(CAPITAL)
    box.close()
    assert "exercises done" in str(progress())
    client.close()


def test_serve_is_ready_for_any_program() -> None:
    """The first line says where; the process ends when it is told to."""
    line = [sys.executable, "-m", "helpers", "serve", "--port", "0", "--state", "memory", "--key", "k" * 16]
    with subprocess.Popen(line, cwd=ROOT, stdout=subprocess.PIPE, encoding="utf-8") as process:
        assert process.stdout is not None
        url = process.stdout.readline().removeprefix("ready ").strip()
        with openai.AzureOpenAI(azure_endpoint=url, api_key="k" * 16, api_version="2024-05-01-preview") as client:
            assert client.beta.assistants.list().data == []
        process.terminate()


def test_doctor_finds_nothing_wrong(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """On a computer where nothing is configured."""
    monkeypatch.setenv("KIT_STATE", str(tmp_path / "state.db"))
    monkeypatch.setenv("KIT_ENV_FILE", str(tmp_path / "no.env"))
    done = run_python(ROOT, "doctor", python=sys.executable)
    assert (done.returncode, "All well" in done.stdout) == (0, True), done.stdout + done.stderr


def test_run_lets_a_program_find_the_endpoint() -> None:
    """An old program of somebody's, unchanged, and its exit code."""
    code = "import sys, openai; sys.exit(len(openai.AzureOpenAI().beta.assistants.list().data) + 3)"
    line = ["run", "--wire", "--", sys.executable, "-W", "ignore", "-c", code]
    done = run_python(ROOT, *line, python=sys.executable)
    assert done.returncode == 3, done.stderr
    assert "GET    200 /openai/assistants?api-version=" in done.stderr


def test_from_a_learners_export_to_the_table_of_a_class(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """And the sheet that an instructor prints."""
    monkeypatch.setenv("KIT_STATE", str(tmp_path / "state.db"))
    export, table, sheet = (tmp_path / name for name in ("愛子.json", "table.html", "sheet.html"))
    for line in (
        ["progress", "--export", str(export), "--name", "愛子"],
        ["class", str(export), "--output", str(table)],
        ["sheet", "--output", str(sheet)],
    ):
        done = run_python(ROOT, *line, python=sys.executable)
        assert done.returncode == 0, done.stderr
    assert "愛子" in table.read_text(encoding="utf-8")
    assert "Routes" in sheet.read_text(encoding="utf-8")
