"""`run -- COMMAND`: any program, with an endpoint of its own for as long as it runs."""

import http.client
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import openai
import pytest
from support.starting import ROOT, command, copy_of_the_kit, refused
from support.talking import V2, served

from helpers.cli import wire_log
from helpers.cli.running import variables
from helpers.cli.wire_log import WireLog

START = [
    *(sys.executable, "-c"),
    "import sys; from helpers.cli import commands as c; sys.exit(c.guarded(lambda: c.main(sys.argv[1:])))",
    "run",
]
SHOW = "import json, os; print(json.dumps(dict(os.environ)))"
WITHOUT_WARNINGS = {"PYTHONWARNINGS": "ignore"}


@pytest.fixture
def nobody(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A person who has configured nothing."""
    monkeypatch.delenv("KIT_STATE")
    monkeypatch.setenv("KIT_ENV_FILE", str(tmp_path / "no.env"))


def script(tmp_path: Path, code: str) -> str:
    """A program in Python at a path with a space and Japanese characters."""
    file = tmp_path / "わたしの 台本.py"
    file.write_text(code, encoding="utf-8")
    return str(file)


ASK = """
import sys
import openai

client = openai.AzureOpenAI()
tabi = client.beta.assistants.create(model="gpt-4o", name="Tabi")
thread = client.beta.threads.create(messages=[{"role": "user", "content": sys.stdin.buffer.read().decode()}])
run = client.beta.threads.runs.create_and_poll(thread_id=thread.id, assistant_id=tabi.id)
answer = client.beta.threads.messages.list(thread.id).data[0].content[0].text.value
sys.stdout.buffer.write(f"{answer} {sys.argv[1:]}".encode())
assert openai.OpenAI().beta.assistants.retrieve(tabi.id) == tabi
assert openai.beta.assistants.retrieve(tabi.id) == tabi
sys.exit(7)
"""


@pytest.mark.usefixtures("nobody")
def test_a_program_finds_the_endpoint_by_itself(tmp_path: Path) -> None:
    """With both clients, and with the module in their place; its input, outputs and exit code are its own."""
    line = [*START, "--", sys.executable, script(tmp_path, ASK), "--all", "い ち"]
    asked = "日本の首都はどこですか?".encode()
    quiet = {**os.environ, **WITHOUT_WARNINGS}
    done = subprocess.run(line, cwd=ROOT, input=asked, capture_output=True, env=quiet, check=False)
    assert done.stdout.decode() == "日本の首都は東京です。 ['--all', 'い ち']", done.stderr.decode()
    assert done.returncode == 7
    assert done.stderr == b""


@pytest.mark.usefixtures("nobody")
def test_what_leads_to_a_service_leads_to_the_endpoint() -> None:
    """A program that was set up for a real one asks nobody else, also not for a token; the rest is the person's."""
    real = {"AZURE_OPENAI_AD_TOKEN": "token", "OPENAI_API_BASE": "https://real.example/v1"}
    done = command(ROOT, "run", "--", sys.executable, "-c", SHOW, MINE="私の", AZURE_OPENAI_KEY="real-key", **real)
    found = json.loads(done.stdout)
    url, key = found["AZURE_OPENAI_ENDPOINT"], found["AZURE_OPENAI_API_KEY"]
    assert re.fullmatch(r"http://127\.0\.0\.1:\d+", url)
    assert len(key) >= 16
    assert key != "real-key"
    assert {found[name] for name in ("AZURE_OPENAI_KEY", "OPENAI_API_KEY")} == {key}
    assert {found[name] for name in ("OPENAI_BASE_URL", "OPENAI_API_BASE")} == {f"{url}/v1"}
    assert {found[name] for name in ("OPENAI_API_VERSION", "AZURE_OPENAI_API_VERSION")} == {"2024-05-01-preview"}
    assert "AZURE_OPENAI_AD_TOKEN" not in found
    assert found["MINE"] == "私の"
    assert found["PATH"] == os.environ["PATH"]
    assert command(ROOT, "run", "--", sys.executable, "-c", SHOW).stdout.find(key) == -1  # the next one has another


def test_azure_alone_where_a_client_refuses_both() -> None:
    """openai-node, src/azure.ts: "baseURL and endpoint are mutually exclusive", and OPENAI_BASE_URL is a baseURL."""
    given = {"OPENAI_BASE_URL": "https://real.example/v1", "OPENAI_API_KEY": "real"}
    found = variables(given, "http://127.0.0.1:1", "key", "2024-05-01-preview", azure=True)
    assert "OPENAI_BASE_URL" not in found
    assert found["AZURE_OPENAI_ENDPOINT"] == "http://127.0.0.1:1"
    assert found["OPENAI_API_KEY"] == "key"  # what speaks to OpenAI all the same has no real one with it


FETCH = """
const { AZURE_OPENAI_ENDPOINT: url, AZURE_OPENAI_API_KEY: key, OPENAI_API_VERSION: version } = process.env;
const answer = await fetch(`${url}/openai/assistants?api-version=${version}`, { headers: { "api-key": key } });
console.log(answer.status, (await answer.json()).object);
process.exitCode = 3;
"""


@pytest.mark.usefixtures("nobody")
@pytest.mark.skipif(shutil.which("node") is None, reason="there is no node here")
def test_a_program_in_another_language(tmp_path: Path) -> None:
    """Found by its name on the PATH."""
    file = tmp_path / "問い 1.mjs"
    file.write_text(FETCH, encoding="utf-8")
    done = command(ROOT, "run", "--", "node", str(file))
    assert (done.stdout, done.returncode) == ("200 list\n", 3), done.stderr


@pytest.mark.usefixtures("nobody")
def test_a_proxy_is_passed_by(tmp_path: Path) -> None:
    """One that nobody answers at; for other hosts it stays what it was."""
    proxy = "http://127.0.0.1:9"
    code = f"import openai; openai.OpenAI(max_retries=0).beta.assistants.list()\n{SHOW}"
    line = ["run", "--", sys.executable, "-c", code]
    done = command(ROOT, *line, HTTP_PROXY=proxy, NO_PROXY="intranet.example", **WITHOUT_WARNINGS)
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert found["NO_PROXY"] == found["no_proxy"] == "intranet.example,127.0.0.1,localhost"
    assert found["HTTP_PROXY"] == proxy


@pytest.mark.parametrize(
    ("line", "said"),
    [
        (["run"], "There is no command to run. Put it behind two dashes"),
        (["run", "--"], "There is no command to run."),
        (["run", "--", "no-such-program-1", "x"], "There is no program no-such-program-1 to run."),
        (["run", "--", "./地図.py"], "There is no program ./地図.py to run."),
        (["run", "--", "./README.md"], "./README.md is a file, but no program. Name what runs it"),
        (["run", "python", "x.py"], "The two dashes are missing. Put them before the command: run -- python x.py"),
        (["run", "--wired", "python", "x.py"], "Unrecognized arguments: --wired python x.py."),
    ],
)
def test_what_cannot_be_run_is_said_in_one_line(line: list[str], said: str) -> None:
    assert refused(command(ROOT, *line)).startswith(said)


@pytest.mark.skipif(sys.platform == "win32", reason="Windows knows no files that may be executed")
def test_a_file_that_is_no_program_is_named(tmp_path: Path) -> None:
    """It may be executed, and does not say by what."""
    file = tmp_path / "台本 1"
    file.write_text("print(1)", encoding="utf-8")
    file.chmod(0o755)
    assert refused(command(ROOT, "run", "--", str(file))).startswith(f"{file} cannot be run (")


@pytest.mark.usefixtures("nobody")
def test_objects_stay_where_a_state_is_named_and_nowhere_else(tmp_path: Path) -> None:
    """KIT_STATE keeps them for the next program; without it nothing is written."""
    code = "import openai; b = openai.OpenAI().beta.assistants; b.create(model='m'); print(len(b.list().data))"
    line = ["run", "--", sys.executable, "-c", code]
    kit = copy_of_the_kit(tmp_path / "みんなの kit")
    alone = [command(kit, *line, **WITHOUT_WARNINGS).stdout for _ in range(2)]
    assert alone == ["1\n", "1\n"]
    assert not (kit / ".kit").exists()
    state = str(tmp_path / "状態 1" / "state.db")
    kept = [command(kit, *line, KIT_STATE=state, **WITHOUT_WARNINGS).stdout for _ in range(2)]
    assert kept == ["1\n", "2\n"]


WAIT = """
import os, signal, sys, time
signal.signal(signal.SIGINT, {handler})
print(os.environ["AZURE_OPENAI_ENDPOINT"], os.getpid(), flush=True)
time.sleep(60)
"""


def waiting(handler: str) -> tuple["subprocess.Popen[str]", str, int]:
    """`run` in a process group of its own, as in a terminal, with a program that waits: its endpoint and its pid."""
    line = [*START, "--", sys.executable, "-c", WAIT.format(handler=handler)]
    process = subprocess.Popen(
        line, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, encoding="utf-8", start_new_session=True
    )
    assert process.stdout is not None
    url, pid = process.stdout.readline().split()
    return process, url, int(pid)


def is_over(url: str, pid: int) -> bool:
    """Whether neither the endpoint nor the program is there any more; a program that was ended takes a moment."""
    end = time.monotonic() + 20
    while time.monotonic() < end:
        try:
            os.kill(pid, 0)
            time.sleep(0.05)
        except ProcessLookupError:
            break
    else:
        return False
    try:
        http.client.HTTPConnection(url.removeprefix("http://"), timeout=5).request("GET", "/")
    except ConnectionRefusedError:
        return True
    return False


posix = pytest.mark.skipif(sys.platform == "win32", reason="Ctrl-C cannot be sent like this on Windows")


@posix
@pytest.mark.usefixtures("nobody")
def test_ctrl_c_ends_both() -> None:
    """The terminal sends it to both; the exit code is the program's own."""
    process, url, pid = waiting("lambda *_: sys.exit(5)")
    os.killpg(process.pid, signal.SIGINT)
    assert process.communicate(timeout=20) == ("", "")
    assert process.returncode == 5
    assert is_over(url, pid)


@posix
@pytest.mark.usefixtures("nobody")
def test_a_program_that_ignores_ctrl_c_is_stopped_by_the_second() -> None:
    """A program may have something to finish; whoever presses again means it."""
    process, url, pid = waiting("signal.SIG_IGN")
    os.killpg(process.pid, signal.SIGINT)
    assert process.stderr is not None
    assert process.stderr.readline() == "The program is still busy; Ctrl-C once more stops it.\n"
    os.killpg(process.pid, signal.SIGINT)
    process.communicate(timeout=20)
    assert process.returncode == 128 + signal.SIGTERM
    assert is_over(url, pid)


@posix
@pytest.mark.usefixtures("nobody")
def test_a_program_does_not_stay_behind_when_run_is_ended() -> None:
    """By another program, as a CI does when its time is over."""
    process, url, pid = waiting("signal.SIG_DFL")
    process.terminate()
    process.communicate(timeout=20)
    assert process.returncode == 128 + signal.SIGTERM
    assert is_over(url, pid)


@pytest.mark.usefixtures("nobody")
def test_wire_shows_a_line_for_each_request_at_the_end(tmp_path: Path) -> None:
    """On stderr, so that the program's own output stays clean, and without the key, wherever it stood."""
    code = """
import openai, os
client = openai.AzureOpenAI()
tabi = client.beta.assistants.create(model="gpt-4o", name="旅", instructions=os.environ["OPENAI_API_KEY"])
thread = {"messages": [{"role": "user", "content": "Hello"}]}
list(client.beta.threads.create_and_run(assistant_id=tabi.id, thread=thread, stream=True))
try:
    client.beta.assistants.retrieve("asst_x")
except openai.NotFoundError:
    print(os.environ["OPENAI_API_KEY"])
"""
    done = command(ROOT, "run", "--wire", "--", sys.executable, script(tmp_path, code), **WITHOUT_WARNINGS)
    lines = done.stderr.splitlines()
    assert lines[0] == "over the wire: 3 requests"
    version = "?api-version=2024-05-01-preview"
    made = f'POST   200 /openai/assistants{version} name="旅" model="gpt-4o" instructions="(the key)" → asst_'
    assert lines[1].startswith(made)
    assert lines[2].endswith("stream=true → 19 events, the last: thread.run.completed, done")
    assert lines[3] == f"GET    404 /openai/assistants/asst_x{version} → No assistant found with id 'asst_x'."
    assert len(lines) == 4
    key = done.stdout.strip()
    assert key
    assert key not in done.stderr


def test_wire_names_the_functions_that_a_run_waits_for() -> None:
    """And what was handed in."""
    log = WireLog()
    tool: Any = {
        "type": "function",
        "function": {"name": "get_weather", "parameters": {"type": "object", "properties": {}}},
    }
    with served(around=log.around) as client:
        tabi = client.beta.assistants.create(model="gpt-4o", tools=[tool])
        ask: Any = {"messages": [{"role": "user", "content": "How is the weather?"}]}
        run = client.beta.threads.create_and_run_poll(assistant_id=tabi.id, thread=ask, tool_choice="required")
        assert run.required_action is not None
        (call,) = run.required_action.submit_tool_outputs.tool_calls
        output = {"tool_call_id": call.id, "output": "snow"}
        client.beta.threads.runs.submit_tool_outputs(run.id, thread_id=run.thread_id, tool_outputs=[output])
    lines = log.lines(hidden="a key of this test")
    assert any(line.endswith(f"→ {run.id} requires_action get_weather({{}})") for line in lines)
    assert f'tool_outputs=[{{"tool_call_id": "{call.id}"' in lines[-1]


def test_wire_shows_once_what_comes_again_and_again() -> None:
    """A program that polls; and what a request to Responses is about."""
    log = WireLog()
    with served(around=log.around) as client:
        response = client.responses.create(model="gpt-4o", input="Hello")
        for _ in range(3):
            client.responses.retrieve(response.id)
        client.responses.create(model="gpt-4o", input="Hello", previous_response_id=response.id)
    lines = log.lines(hidden="a key of this test")
    assert lines[0] == "over the wire: 5 requests"
    assert len(lines) == 4
    assert lines[2].endswith("completed  × 3")
    assert f'model="gpt-4o" input="Hello" previous_response_id="{response.id}"' in lines[3]


def test_wire_keeps_what_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    """So many lines, and of each value so many characters; a body too large to be looked at is a line all the same."""
    monkeypatch.setattr(wire_log, "MOST_LINES", 3)
    log = WireLog()
    with served(around=log.around) as client:
        for size in (10, 1000, 200_000, 10, 10):
            client.beta.threads.create(messages=[{"role": "user", "content": "あ" * size}])
    lines = log.lines(hidden="a key of this test")
    assert lines[0] == "over the wire: 5 requests"
    assert lines[-1] == "… and 2 more"
    assert len(lines) == 5
    assert max(map(len, lines)) < 250


def test_a_recorded_answer_is_the_same() -> None:
    """What is looked at is passed on unchanged, streams and refusals too."""
    log = WireLog()
    with served(around=log.around) as client:
        tabi = client.beta.assistants.create(model="gpt-4o", name="旅")
        assert client.beta.assistants.retrieve(tabi.id) == tabi
        thread = client.beta.threads.create(messages=[{"role": "user", "content": "Hello"}])
        names = [each.event for each in client.beta.threads.runs.create(thread.id, assistant_id=tabi.id, stream=True)]
        assert names[0] == "thread.run.created"
        assert names[-1] == "thread.run.completed"
        with pytest.raises(openai.BadRequestError):
            client.beta.threads.runs.create("nonsense", assistant_id=tabi.id, extra_query=V2)
