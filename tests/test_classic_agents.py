"""Programs for Azure's classic agents run as they stand, with nothing but the environment that `serve --tls` prints."""

import json
import os
import ssl
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx2
import pytest
from support.starting import ROOT, command, refused

from helpers.cli.doctor import doctor
from helpers.cli.running import variables
from helpers.settings import read_settings
from mock_endpoint.problems import EndpointError
from mock_endpoint.server import Options, Running, start

pytestmark = pytest.mark.all  # trustme and Azure's client are installed for these only

PROGRAM = ROOT / "tests" / "support" / "classic_agents.py"
FORM = {"grant_type": "client_credentials", "client_id": "x", "scope": "https://ai.azure.com/.default"}
TEXT = ["message_creation in_progress", "message_creation in_progress", "message_creation completed"]


@pytest.fixture
def served(tmp_path: Path) -> Iterator[dict[str, str]]:
    """The environment that `serve --tls` prints, for as long as it serves; it prints no secret."""
    state = tmp_path / "ステート.db"
    line = [sys.executable, "-m", "helpers", "serve", "--tls", "--port", "0", "--state", str(state)]
    environment = {**os.environ, "PYTHONUTF8": "1"}
    with subprocess.Popen(line, cwd=ROOT, stdout=subprocess.PIPE, encoding="utf-8", env=environment) as process:
        assert process.stdout is not None
        try:
            said = [process.stdout.readline().rstrip("\n") for _ in range(12)]
            assert said[0].startswith("ready https://127.0.0.1:")
            assert said[2].endswith("set:")
            printed = dict(each.split("=", 1) for each in said[3:])
            secrets = [state.with_name(state.name + ".key"), Path(printed["AZURE_FEDERATED_TOKEN_FILE"])]
            assert secrets[1].is_relative_to(tmp_path / "ステート.db.tls")
            assert not any(file.read_text(encoding="ascii") in "\n".join(said) for file in secrets)
            yield printed
        finally:
            process.terminate()


def test_a_program_runs_unchanged(served: dict[str, str]) -> None:
    """contract-successor §8.2, §8.3: agents, threads, messages, functions, a handler, tools; sync and async."""
    environment = served | {name: os.environ[name] for name in ("SYSTEMROOT",) if name in os.environ}
    line = [sys.executable, "-I", "-W", "error", str(PROGRAM)]
    done = subprocess.run(line, env=environment, capture_output=True, encoding="utf-8", timeout=240, check=False)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == {
        "sync": {
            "agents": ["Harbour master", "Harbour master"],
            "run": "completed",
            "said": [
                ["user", "How high is the tide at the harbour of Onomichi?"],
                ["assistant", "Onomichi: height 3.5 metres, 8 letters."],
            ],
            "steps": ["message_creation", "tool_calls"],
            "call": ["get_tide", {"harbour": "Onomichi"}, {"height": "3.5 metres, 8 letters"}],
            "stream": [
                *("run queued", "run queued", "run in_progress"),
                *("tool_calls in_progress", "tool_calls in_progress", "run requires_action", "done"),
                *("tool_calls completed", "run queued", "run in_progress", *TEXT, "run completed", "done"),
            ],
            "heard": "Onomichi: height 3.5 metres, 8 letters.",
            "heard all": True,
            "runs": 2,
            "minutes": 30.0,
            "threads": ["Tokyo", "Onomichi"],
            "at once": "completed",
            "left": [0, 0],
            "gone": ["ResourceNotFoundError", 404, None],
            "foreign tool": ["HttpResponseError", 400, "invalid_value"],
        },
        "files": {
            "id": "assistant",
            "name": "気温 2024.csv",
            "purposes": ["assistants"],
            "the same": True,
            "store": ["completed", 1],
            "batch": "completed",
            "all found": True,
            "search": ["The ferry to Miyajima leaves every fifteen minutes【4:0†guide.md】.", True],
            "code": ["done", True, "PNG"],
            "stores": ["guides"],
            "left": [0, 0],
        },
        "async": {
            "run": "completed",
            "said": "Onomichi: height 3.5 metres, 8 letters.",
            "steps": ["message_creation", "tool_calls"],
            "heard": "The capital of Japan is Tokyo.",
            "threads": 1,
        },
    }


SHOW = "import json, os, openai; openai.OpenAI().beta.assistants.list(); print(json.dumps(dict(os.environ)))"


def test_run_sets_the_same_environment() -> None:
    """`run --tls`: also OpenAI's client trusts the certificate; the person's own login for Azure is hidden."""
    own = {"AZURE_CLIENT_SECRET": "own", "AZURE_TENANT_ID": "own", "PROJECT_ENDPOINT": "https://real.example"}
    done = command(ROOT, "run", "--tls", "--", sys.executable, "-W", "ignore", "-c", SHOW, **own)
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert found["AZURE_OPENAI_ENDPOINT"].startswith("https://127.0.0.1:")
    assert found["PROJECT_ENDPOINT"] == found["AZURE_OPENAI_ENDPOINT"] + "/api/projects/local"
    assert found["AZURE_AUTHORITY_HOST"] == found["AZURE_OPENAI_ENDPOINT"]
    assert "own" not in found.values()
    assert not Path(found["SSL_CERT_FILE"]).exists()  # nothing stays behind


def test_without_tls_nothing_of_it_is_set() -> None:
    """What a program needs to reach other services over HTTPS stays as it is."""
    found = variables({"SSL_CERT_FILE": "own.pem"}, "http://127.0.0.1:1", "key", "2024-05-01-preview", azure=False)
    assert found["SSL_CERT_FILE"] == "own.pem"
    assert "PROJECT_ENDPOINT" not in found


@pytest.fixture
def running(tmp_path: Path) -> Iterator[Running]:
    """An endpoint over HTTPS in this process."""
    with start(Options(tls=tmp_path / "tls")) as endpoint:
        yield endpoint


def _client(endpoint: Running) -> httpx2.Client:
    trusting = ssl.create_default_context(cafile=endpoint.variables["SSL_CERT_FILE"])
    return httpx2.Client(base_url=endpoint.url, verify=trusting)


def _password(endpoint: Running) -> str:
    return Path(endpoint.variables["AZURE_FEDERATED_TOKEN_FILE"]).read_text(encoding="ascii")


def test_who_has_the_password_gets_a_token(running: Running) -> None:
    """RFC 6749 §5.1: a token with its type and lifetime, which no cache keeps; it opens the endpoint."""
    with _client(running) as client:
        answer = client.post("/any/oauth2/v2.0/token", data=FORM | {"client_assertion": _password(running)})
        token = answer.json()
        assert (answer.status_code, answer.headers["cache-control"]) == (200, "no-store")
        assert (token["token_type"], token["expires_in"]) == ("Bearer", 86400)
        authorization = {"authorization": f"Bearer {token['access_token']}"}
        listed = client.get("/api/projects/any/assistants?api-version=v1", headers=authorization)
        assert listed.status_code == 200


@pytest.mark.parametrize(
    ("form", "error"),
    [
        (FORM | {"client_assertion": "wrong"}, "invalid_client"),
        (FORM | {"client_assertion": "日本"}, "invalid_client"),
        (FORM, "invalid_client"),
        ({"client_assertion": "wrong"}, "unsupported_grant_type"),
        ({}, "unsupported_grant_type"),
        (FORM | {"client_assertion": "x" * 100_000}, "invalid_request"),
    ],
)
def test_nobody_else_gets_one(running: Running, form: dict[str, str], error: str) -> None:
    """RFC 6749 §5.2: 400 with the error's name; no secret in it."""
    with _client(running) as client:
        answer = client.post("/any/oauth2/v2.0/token", data=form)
        assert (answer.status_code, answer.json()["error"]) == (400, error)
        assert running.key not in answer.text
        assert _password(running) not in answer.text
        assert client.get("/any/oauth2/v2.0/token").status_code == 401  # and elsewhere a key is asked for, as always


@pytest.mark.skipif(sys.platform == "win32", reason="there the folder's access list counts")
def test_the_password_is_its_owners(running: Running) -> None:
    """Nobody else on this computer may read it."""
    file = Path(running.variables["AZURE_FEDERATED_TOKEN_FILE"])
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_what_was_trusted_before_is_trusted_still(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The variable for our certificate rules every host that a program talks to, so the others are in the file too."""
    import certifi

    for name in ("REQUESTS_CA_BUNDLE", "SSL_CERT_FILE"):
        monkeypatch.delenv(name, raising=False)
    usual = Path(certifi.where()).read_bytes()
    with start(Options(tls=tmp_path)) as endpoint:
        port = int(endpoint.url.rpartition(":")[2])
        bundle = Path(endpoint.variables["SSL_CERT_FILE"])
        assert bundle.read_bytes().startswith(usual)
    monkeypatch.setenv("SSL_CERT_FILE", str(bundle))  # of the last start
    with start(Options(tls=tmp_path, port=port)):
        assert bundle.read_bytes().count(b"BEGIN") == usual.count(b"BEGIN") + 1
    (tmp_path / "company.pem").write_bytes(b"# of the company\n")
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(tmp_path / "company.pem"))
    with start(Options(tls=tmp_path)) as endpoint:
        assert Path(endpoint.variables["SSL_CERT_FILE"]).read_bytes().startswith(b"# of the company\n")


def test_the_package_for_certificates_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is not installed with the kit; the error says how to get it, and the port is free again."""
    monkeypatch.setitem(sys.modules, "trustme", None)
    with pytest.raises(EndpointError, match="needs the package trustme") as caught:
        start(Options(tls=tmp_path))
    assert caught.value.fix == f"Install it: {sys.executable} -m pip install trustme"


def test_a_folder_that_cannot_be_made(tmp_path: Path) -> None:
    """A clear error, before anything is served."""
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(EndpointError, match="certificate cannot be written"):
        start(Options(tls=tmp_path / "file"))


def test_other_computers_are_not_served(tmp_path: Path) -> None:
    """The certificate names this computer only."""
    line = ["serve", "--tls", "--host", "0.0.0.0", "--key", "k" * 16]  # noqa: S104 - refused is what is tested
    assert "not for the host 0.0.0.0" in refused(command(tmp_path, *line, PYTHONPATH=str(ROOT)))


def test_doctor_knows_the_certificate(
    running: Running, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """As a client does, it trusts what SSL_CERT_FILE names; without it, it says what is missing."""
    own = {"AZURE_OPENAI_ENDPOINT": running.url, "AZURE_OPENAI_KEY": running.key, "KIT_ENV_FILE": "-"}
    settings = read_settings(own)
    monkeypatch.delenv("SSL_CERT_FILE", raising=False)
    assert doctor(settings) == 1
    assert "is not trusted here" in capsys.readouterr().out
    monkeypatch.setenv("SSL_CERT_FILE", running.variables["SSL_CERT_FILE"])
    assert doctor(settings) == 0
