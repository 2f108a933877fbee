"""doctor: for each thing that can be wrong, the cause and one fix, and never a part of a key."""

import json
import os
import platform
import re
import shutil
import socket
import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from helpers.cli import diagnosis
from helpers.cli.doctor import doctor
from helpers.settings import ModelSettings, Settings, read_settings
from mock_endpoint.problems import EndpointError
from mock_endpoint.server import Options, Running, start
from mock_endpoint.state.store import Store

KEY = "0123456789abcdef-secret"
GOOD: dict[str, tuple[int, object]] = {
    "/models": (200, {"object": "list", "data": [{"id": "gpt-35-turbo", "object": "model"}]}),
    "/assistants": (200, {"object": "list", "data": []}),
}
Serve = Callable[[dict[str, tuple[int, object]]], str]


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """Nothing configured; an empty folder for the state."""
    return replace(read_settings({}, tmp_path), pace=0.0)


@pytest.fixture(scope="module")
def endpoint() -> Iterator[Running]:
    """The kit's endpoint as a server somebody runs."""
    with start(Options(state="memory", key=KEY)) as running:
        yield running


@pytest.fixture
def serve() -> Iterator[Serve]:
    """Start a server that gives these answers, found by how the path ends; anything but JSON goes out as HTML."""
    servers: list[ThreadingHTTPServer] = []

    def run(answers: dict[str, tuple[int, object]]) -> str:
        class Canned(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                path = self.path.partition("?")[0]
                status, body = next(answers[end] for end in answers if path.endswith(end))
                self.send_response(status)
                if status == 302:
                    self.send_header("location", self.path)
                self.end_headers()
                self.wfile.write((body if isinstance(body, str) else json.dumps(body)).encode())

            def log_message(self, format: str, *args: object) -> None:
                """Be quiet."""

        server = ThreadingHTTPServer(("127.0.0.1", 0), Canned)
        servers.append(server)
        threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        return f"http://127.0.0.1:{server.server_port}"

    yield run
    for server in servers:
        server.shutdown()
        server.server_close()


def closed_port() -> int:
    """A port where nobody listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def test_all_well_with_nothing_configured(settings: Settings, capsys: pytest.CaptureFixture[str]) -> None:
    """The kit's own endpoint is started, asked and stopped again."""
    before = threading.active_count()
    assert doctor(settings) == 0
    said = capsys.readouterr().out
    assert "✔ All well." in said
    assert "the offline model" in said
    assert str(settings.state) in said
    assert threading.active_count() == before


@pytest.mark.parametrize(
    ("chosen", "model", "said"),
    [
        (None, False, "on; code is "),
        (True, True, "on; code is "),
        (None, True, "off for this model; CODE_INTERPRETER=on turns it on"),
        (False, False, "off\n"),
    ],
)
def test_whether_code_is_run(
    chosen: bool | None, model: bool, said: str, settings: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    """And what it is kept from, where it is."""
    other = ModelSettings("http://127.0.0.1:1/v1", None, None) if model else None
    doctor(replace(settings, code_interpreter=chosen, model=other))
    line = next(line for line in capsys.readouterr().out.splitlines() if line.startswith("code interpreter"))
    assert said in f"{line}\n"


def test_walls_that_nobody_has_tried(
    settings: Settings, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Only those of Linux have been; elsewhere doctor's own attempt is the first."""
    for system, first in (("Linux", False), ("Darwin", True)):
        monkeypatch.setattr(platform, "system", partial(str, system))
        doctor(settings)
        line = next(line for line in capsys.readouterr().out.splitlines() if line.startswith("code interpreter"))
        assert ("never before on such a system" in line) is first


def test_all_well_with_a_server_that_runs(
    settings: Settings, endpoint: Running, capsys: pytest.CaptureFixture[str]
) -> None:
    """And the key is not in what is said, whole or in part."""
    assert doctor(replace(settings, endpoint=endpoint.url, key=KEY)) == 0
    said = capsys.readouterr().out
    assert not any(KEY[start : start + 4] in said for start in range(len(KEY) - 3))


def test_a_wrong_key(settings: Settings, endpoint: Running, capsys: pytest.CaptureFixture[str]) -> None:
    """The cause behind "Access denied"."""
    assert doctor(replace(settings, endpoint=endpoint.url, key="wrong-and-secret")) == 1
    said = capsys.readouterr().out
    assert "Access denied" in said
    assert "AZURE_OPENAI_KEY" in said
    assert "secret" not in said


@pytest.mark.parametrize("key", ["ключ-secret", "“secret-key”", "鍵secret"])
@pytest.mark.parametrize("own", [True, False])
def test_a_key_that_no_header_takes(
    key: str, own: bool, settings: Settings, endpoint: Running, capsys: pytest.CaptureFixture[str]
) -> None:
    """One finding, with the name of the variable and no part of the key; nobody is asked."""
    assert doctor(replace(settings, endpoint=None if own else endpoint.url, key=key)) == 1
    said = capsys.readouterr().out
    assert said.count("✘") == 1
    assert "AZURE_OPENAI_KEY holds a character that no key has" in said
    assert "secret" not in said


def test_a_model_s_key_that_no_header_takes(settings: Settings, capsys: pytest.CaptureFixture[str]) -> None:
    """The same for the model behind the endpoint."""
    assert doctor(replace(settings, model=ModelSettings("http://127.0.0.1:1/v1", "ключ-secret", None))) == 1
    said = capsys.readouterr().out
    assert said.count("✘") == 1
    assert "MODEL_API_KEY holds a character that no key has" in said
    assert "secret" not in said


@pytest.mark.parametrize(
    ("changes", "cause", "fix"),
    [
        ({"endpoint": "mine.example.com"}, "not look like an address", "https://"),
        ({"endpoint": "localhost:8080"}, "not look like an address", "http://127.0.0.1:8080"),
        ({"endpoint": "sk-pw", "key": "https://mine.example.com"}, "swapped?", "AZURE_OPENAI_ENDPOINT="),
        ({"endpoint": "https://[sk-pw"}, "swapped?", "AZURE_OPENAI_ENDPOINT="),
        ({"endpoint": "https://mine.example.com:pw"}, "swapped?", "AZURE_OPENAI_ENDPOINT="),
        ({"endpoint": "https:// pw"}, "swapped?", "AZURE_OPENAI_ENDPOINT="),
        ({"endpoint": "http://mine.example.com"}, "travel open to mine.example.com", "https://"),
        ({"endpoint": "https://x.openai.azure.com/"}, "retired on 2026-08-26", "blank"),
        ({"endpoint": "https://x.openai.azure.com/openai/v1/"}, "retired on 2026-08-26", "blank"),
        ({"endpoint": "https://api.openai.com/v1"}, "retired on 2026-08-26", "blank"),
        (
            {"endpoint": "https://mine.example.com/openai/deployments/gpt-4/chat/completions"},
            "'Resource not found'",
            "=https://mine.example.com",
        ),
        ({"endpoint": "https://user:pw@mine.example.com:8/openai/v1/"}, "'Resource not found'", "=https://mine.example.com:8"),
        ({"endpoint": "https://mine.example.com/v1?code=pw#pw"}, "'Resource not found'", "=https://mine.example.com"),
        ({"endpoint": "http://127.0.0.1:8080/v1"}, "'Resource not found'", "=http://127.0.0.1:8080"),
        ({"api_version": "v1"}, "is no date", "2024-05-01-preview"),
        ({"api_version": "sk-pw"}, "is no date", "2024-05-01-preview"),
        ({"api_version": "2023-05-15"}, "no Assistants", "2024-05-01-preview"),
        ({"api_version": "2024-10-21"}, "no Assistants", "2024-05-01-preview"),
        ({"key": None}, "no key", "AZURE_OPENAI_KEY"),
        ({"key": "<your key>"}, "a bracket", "AZURE_OPENAI_KEY"),
    ],
)  # fmt: skip
def test_what_the_settings_give_away(
    *,
    changes: dict[str, str | None],
    cause: str,
    fix: str,
    settings: Settings,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Said without asking anybody: a key does not travel to a wrong address."""

    def fail(url: str, headers: dict[str, str]) -> diagnosis.Answer:
        pytest.fail(f"asked {url}")

    monkeypatch.setattr(diagnosis, "ask", fail)
    usual: dict[str, str | None] = {"endpoint": "https://mine.example.com", "key": KEY}
    assert doctor(replace(settings, **(usual | changes))) == 1  # pyrefly: ignore[bad-argument-type]
    said = capsys.readouterr().out
    findings = said[said.index("✘") :]
    assert findings.count("✘") == 1
    assert cause in findings
    assert fix in findings.split("→")[1]
    assert "pw" not in said


@pytest.mark.parametrize(
    "version",
    ["2022-12-01", "2023-05-15", "2023-06-01-preview", "2023-12-01-preview", "2024-02-01", "2024-02-15", "2024-10-21"],
)
def test_a_version_without_assistants_is_named_with_its_refusal(
    version: str, settings: Settings, endpoint: Running, capsys: pytest.CaptureFixture[str]
) -> None:
    """In the endpoint's own words: contract §1.3 for versions that exist, §8.1 for others."""
    refused = diagnosis.ask(f"{endpoint.url}/openai/assistants?api-version={version}", {"api-key": KEY})
    assert refused.error
    assert doctor(replace(settings, endpoint=endpoint.url, key=KEY, api_version=version)) == 1
    assert f"{version} has no Assistants: the service says '{refused.error}'." in capsys.readouterr().out
    assert doctor(replace(settings, api_version=version)) == 1  # the kit's own endpoint
    assert f"{version} has no Assistants: the service says '{refused.error}'." in capsys.readouterr().out


ERROR = {"error": {"code": "404", "message": "Resource not found"}}


@pytest.mark.parametrize(
    ("answers", "cause", "fix"),
    [
        ({"/models": (404, ERROR), "/assistants": (404, ERROR)}, "'Resource not found'", "AZURE_OPENAI_API_VERSION"),
        ({"/assistants": (404, "Not Found")}, "lists models but has no Assistants", "MODEL_BASE_URL"),
        ({"/assistants": (400, {"error": {"message": "not supported"}})}, "api-version", "2024-05-01-preview"),
        ({"/assistants": (410, {"error": {"code": "assistants_api_deprecated"}})}, "retired", "blank"),
        ({"/assistants": (403, {})}, "does not let it in", "access"),
        ({"/assistants": (429, {})}, "throttling", "Wait"),
        ({"/assistants": (500, {"error": {"message": "disk full"}})}, "status 500 (disk full)", "log"),
        ({"/models": (200, "<html>"), "/assistants": (200, "<html>")}, "not with what the API sends", "blank"),
        ({"/models": (302, ""), "/assistants": (302, "")}, "status 302", "log"),
        ({"/models": (200, {"data": [{"id": "gpt-4"}]})}, "deployment gpt-35-turbo", "gpt-35-turbo"),
    ],
)  # fmt: skip
def test_what_the_answers_give_away(
    *,
    answers: dict[str, tuple[int, object]],
    cause: str,
    fix: str,
    settings: Settings,
    serve: Serve,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Two GET requests, and the cause behind what comes back."""
    assert doctor(replace(settings, endpoint=serve(GOOD | answers), key=KEY)) == 1
    findings = capsys.readouterr().out.partition("✘")[2]
    assert cause in findings
    assert fix in findings.split("→")[1]


def test_a_missing_deployment_of_the_kits_own_server(settings: Settings, capsys: pytest.CaptureFixture[str]) -> None:
    """As when `serve` was started with other names."""
    with start(Options(state="memory", key=KEY, deployments=("gpt-4",))) as running:
        assert doctor(replace(settings, endpoint=running.url, key=KEY)) == 1
    assert "there is only gpt-4" in capsys.readouterr().out


def test_no_server(settings: Settings, capsys: pytest.CaptureFixture[str]) -> None:
    """With the command that starts one at this port."""
    port = closed_port()
    assert doctor(replace(settings, endpoint=f"http://me:pw@127.0.0.1:{port}", key=KEY)) == 1
    said = capsys.readouterr().out
    assert f"serve --port {port}" in said
    assert "pw" not in said


def test_a_server_that_never_answers(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The patience is short."""
    monkeypatch.setattr(diagnosis, "TIMEOUT", 0.1)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        address = f"http://127.0.0.1:{silent.getsockname()[1]}"
        assert doctor(replace(settings, endpoint=address, key=KEY)) == 1
    assert "no answer within" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("answers", "name", "cause"),
    [
        ({"/models": (401, {})}, None, "refuses the key"),
        ({"/models": (404, {})}, None, "no OpenAI-compatible address"),
        ({"/models": (200, "<html>")}, None, "no OpenAI-compatible address"),
        (GOOD, "llama", "has no model llama; it has gpt-35-turbo"),
    ],
)
def test_the_models_server(
    *,
    answers: dict[str, tuple[int, object]],
    name: str | None,
    cause: str,
    endpoint: Running,
    settings: Settings,
    serve: Serve,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Whoever is to answer is asked too."""
    model = ModelSettings(f"{serve(answers)}/v1".replace("//", "//me:secret@"), "model-secret", name)
    assert doctor(replace(settings, endpoint=endpoint.url, key=KEY, model=model)) == 1
    said = capsys.readouterr().out
    assert cause in said
    assert "secret" not in said


@pytest.mark.parametrize("path", ["", "/v1/chat/completions"])
def test_a_models_address_that_is_too_short_or_too_long(
    path: str, endpoint: Running, settings: Settings, serve: Serve, capsys: pytest.CaptureFixture[str]
) -> None:
    """The right one is found by asking, and told ready to copy."""
    answers: dict[str, tuple[int, object]] = {
        "/v1/models": (200, {"data": [{"id": "llama"}]}),
        "": (404, "not found"),
    }
    server = serve(answers)
    model = ModelSettings(f"{server}{path}", "model-secret", "llama")
    assert doctor(replace(settings, endpoint=endpoint.url, key=KEY, model=model)) == 1
    said = capsys.readouterr().out
    assert f"→ There is one: MODEL_BASE_URL={server}/v1\n" in said
    assert "secret" not in said


def test_a_model_that_was_not_named(
    endpoint: Running, settings: Settings, serve: Serve, capsys: pytest.CaptureFixture[str]
) -> None:
    """The lessons' name would be asked for."""
    answers: dict[str, tuple[int, object]] = {
        "/models": (200, {"data": [{"id": f"m{number}"} for number in range(7)]}),
    }
    model = ModelSettings(f"{serve(answers)}/v1", None, None)
    assert doctor(replace(settings, endpoint=endpoint.url, key=KEY, model=model)) == 1
    assert "MODEL_NAME is blank" in (said := capsys.readouterr().out)
    assert "m4 and others" in said


@pytest.mark.parametrize("key", ["se cret", "sécret", "<secret>"])
def test_a_models_key_that_is_none(key: str, settings: Settings, capsys: pytest.CaptureFixture[str]) -> None:
    """Nobody is asked with it."""
    assert doctor(replace(settings, model=ModelSettings("http://127.0.0.1:1/v1", key, None))) == 1
    said = capsys.readouterr().out
    assert "MODEL_API_KEY holds" in said
    assert "cret" not in said


def test_a_models_key_over_an_open_line(settings: Settings, capsys: pytest.CaptureFixture[str]) -> None:
    """It does not travel."""
    assert doctor(replace(settings, model=ModelSettings("http://model.example.com/v1", "k", None))) == 1
    assert "travel open to model.example.com" in capsys.readouterr().out


def test_a_model_behind_a_proxy_that_does_not_answer(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The proxy is named, without its password."""
    for name in ("HTTP_PROXY", "http_proxy"):
        monkeypatch.setenv(name, f"http://me:secret@127.0.0.1:{closed_port()}")
    assert doctor(replace(settings, model=ModelSettings("http://model.invalid/v1", None, None))) == 1
    said = capsys.readouterr().out
    assert "through the proxy 127.0.0.1:" in said
    assert "NO_PROXY" in said
    assert "secret" not in said


def test_the_models_server_does_not_run(settings: Settings, capsys: pytest.CaptureFixture[str]) -> None:
    """Neither user nor query of its address is said."""
    address = f"127.0.0.1:{closed_port()}"
    model = ModelSettings(f"http://secret:secret@{address}/v1?key=secret", None, None)
    assert doctor(replace(settings, model=model)) == 1
    said = capsys.readouterr().out
    assert f"MODEL_BASE_URL: {address} does not answer" in said
    assert "secret" not in said


@pytest.mark.parametrize("base_url", ["sk-secret", "https://[sk-secret"])
def test_a_models_address_that_is_none(base_url: str, settings: Settings, capsys: pytest.CaptureFixture[str]) -> None:
    """It may be the key, and so may the name; nobody is asked."""
    assert doctor(replace(settings, model=ModelSettings(base_url, "http://127.0.0.1:1/v1", "sk-secret"))) == 1
    said = capsys.readouterr().out
    assert said.count("✘") == 1
    assert "MODEL_BASE_URL and MODEL_API_KEY swapped?" in said
    assert "secret" not in said


def test_a_name_that_has_no_effect(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Three kinds, each with its fix, and no value."""
    file = tmp_path / "mine.env"
    lines = [
        "AZURE_OPENAI_ENPOINT=sk-secret",
        "MODEL_API_KEY=secret",
        "MODEL_X_Y_Z=secret",
        "AZURE_OPENAI_KEY:s3cret==",
    ]
    file.write_text("\n".join(lines), encoding="utf-8")
    monkeypatch.setenv("KIT_ENV_FILE", str(file))
    monkeypatch.setenv("KIT_STATE", "memory")
    assert doctor() == 1
    said = capsys.readouterr().out
    assert "AZURE_OPENAI_ENPOINT is an unknown name" in said
    assert "Did you mean AZURE_OPENAI_ENDPOINT?" in said
    assert "MODEL_API_KEY has no effect without MODEL_BASE_URL" in said
    assert "MODEL_X_Y_Z is an unknown name" in said
    assert said.count("✘") == said.count("→") == 4
    assert "secret" not in said
    assert "s3cret" not in said


def test_a_key_without_an_endpoint_is_no_fault(settings: Settings, capsys: pytest.CaptureFixture[str]) -> None:
    """It is the one that the kit's own endpoint asks for."""
    assert doctor(replace(settings, key=KEY)) == 0
    assert "set; the kit's own endpoint takes it" in capsys.readouterr().out


def test_uploaded_files_are_counted(settings: Settings, capsys: pytest.CaptureFixture[str]) -> None:
    """How many there are, their size, and where they are; in memory there is no such place."""
    store = Store(settings.state)
    doctor(settings)
    assert re.search(r"^files +none$", capsys.readouterr().out, re.M)
    for name in ("assistant-1", "assistant-2"):
        store.blobs.path(name).write_bytes(bytes(750_000))
    store.close()
    doctor(settings)
    assert f"2, 1.5 MB, in {settings.state}.files" in capsys.readouterr().out
    doctor(replace(settings, state="memory"))
    assert "in a temporary folder, gone with the endpoint" in capsys.readouterr().out


def test_where_there_is_no_state_none_is_made(settings: Settings, tmp_path: Path) -> None:
    """Neither a folder nor a database nor a key."""
    assert doctor(replace(settings, state=tmp_path / "far" / "away" / "x.db")) == 0
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("in_use", [False, True])
def test_a_state_is_left_as_it_is(
    *, in_use: bool, settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also while a notebook has it open, when most of it is still in the journal."""
    state = tmp_path / "mine.db"
    store = Store(state)
    store.insert({"id": "asst_1", "object": "assistant"})
    if in_use:  # a plain copy could be torn
        monkeypatch.setattr(shutil, "copyfile", lambda *_: pytest.fail("copied while somebody may write"))
    else:
        store.close()
    before = {file: file.read_bytes() for file in tmp_path.iterdir() if not file.name.endswith("-shm")}
    names = sorted(tmp_path.iterdir())
    assert doctor(replace(settings, state=state)) == 0
    assert sorted(tmp_path.iterdir()) == names
    assert {file: file.read_bytes() for file in before} == before
    store.close()


def spoil(kind: str, state: Path) -> None:
    """A file that the store refuses."""
    if kind == "short":
        state.write_text("dear diary", encoding="utf-8")
    elif kind == "letter":
        state.write_text("dear database " * 500, encoding="utf-8")
    elif kind == "foreign":
        with closing(sqlite3.connect(state)) as database:
            database.execute("CREATE TABLE mine (x)")
    else:
        Store(state).close()
        content = state.read_bytes()
        state.write_bytes(content[:4096] + b"\xff" * (len(content) - 4096))


@pytest.mark.parametrize("kind", ["short", "letter", "foreign", "damaged"])
def test_a_state_that_is_not_ours_or_damaged(
    kind: str, settings: Settings, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The endpoint's own sentence, and no traceback."""
    state = tmp_path / "letter.db"
    spoil(kind, state)
    before = sorted(tmp_path.iterdir())
    assert doctor(replace(settings, state=state)) == 1
    assert sorted(tmp_path.iterdir()) == before
    with pytest.raises(EndpointError) as refusal:
        Store(state)
    assert f"✘ {refusal.value.what}\n  → {refusal.value.fix}\n" in capsys.readouterr().out


@pytest.mark.parametrize("name", ["file/x.db", "."])
def test_a_state_that_cannot_be_made(
    name: str, settings: Settings, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """In what is no folder, or instead of one."""
    (tmp_path / "file").touch()
    assert doctor(replace(settings, state=tmp_path / name)) == 1
    said = capsys.readouterr().out
    assert f"The state file {tmp_path / name} cannot be written" in said
    assert "KIT_STATE" in said


@pytest.mark.parametrize("locked", [".", "x.db"])
def test_a_state_without_permission(
    locked: str, settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The administrator may write everywhere, so the answer is put in the system's mouth."""
    monkeypatch.setattr(os, "access", lambda path, mode: path != tmp_path / locked)
    (tmp_path / locked).touch()
    assert doctor(replace(settings, state=tmp_path / "x.db")) == 1
    assert f"no permission to write to {tmp_path / locked}" in capsys.readouterr().out


def test_a_state_on_a_shared_drive_is_mentioned(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """There the endpoint takes another journal mode."""
    monkeypatch.setattr("mock_endpoint.state.opening.is_shared_drive", lambda path: True)
    Store(tmp_path / "x.db").close()
    assert doctor(replace(settings, state=tmp_path / "x.db")) == 1
    assert "KIT_STATE" in capsys.readouterr().out


def test_settings_that_cannot_be_read(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """They are findings too, and hide none of the others; no default is shown as if it had been chosen."""
    monkeypatch.setenv("KIT_PACE", "fast")
    monkeypatch.setenv("AZURE_OPENAI_ENDPOINT", "mine.example.com")
    monkeypatch.setenv("MODEL_BASE_URL", "mine too")
    monkeypatch.setenv("KIT_ENV_FILE", os.devnull)
    assert doctor() == 1
    said = capsys.readouterr().out
    findings = said.split("✘ ")
    assert findings[0] == ""
    beginnings = ("KIT_PACE", "AZURE_OPENAI_ENDPOINT", "There is an endpoint but no key", "MODEL_BASE_URL")
    assert [finding.startswith(name) for finding, name in zip(findings[1:], beginnings, strict=True)] == [True] * 4
    assert said.count("→") == 4


def test_a_file_of_settings_that_cannot_be_read_hides_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """What the environment says is looked at all the same."""
    (tmp_path / "mine.env").write_text("KIT_PACE=1", encoding="utf-16")
    monkeypatch.setenv("KIT_ENV_FILE", str(tmp_path / "mine.env"))
    monkeypatch.setenv("KIT_PACE", "fast")
    assert doctor() == 1
    said = capsys.readouterr().out
    assert "mine.env cannot be read" in said
    assert "KIT_PACE is 'fast'" in said
    assert said.count("✘") == 2
