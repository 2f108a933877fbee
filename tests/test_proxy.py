"""A company's proxy cannot reach this machine's loopback: what runs here is asked without it."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from openai import AzureOpenAI
from support.model_servers import KEY, WHOLE, events, scripted
from support.starting import run

from helpers import connection
from helpers.settings import ROOT
from mock_endpoint import start
from mock_endpoint.models.base import Finished
from mock_endpoint.models.upstream import UpstreamModel

DEAD = "http://127.0.0.1:1"
VARIABLES = ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy")


@pytest.fixture
def proxy(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """A proxy at which nobody answers; the parameter is the variable that names it."""
    for name in (*VARIABLES, "HTTPS_PROXY", "https_proxy", "NO_PROXY", "no_proxy"):
        monkeypatch.setenv(name, "")  # restored in the end, whatever the code under test sets
        monkeypatch.delenv(name)
    monkeypatch.setenv(getattr(request, "param", VARIABLES[0]), DEAD)


@pytest.mark.usefixtures("proxy")
@pytest.mark.parametrize("proxy", VARIABLES, indirect=True)
@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
def test_the_model_is_asked_directly(host: str) -> None:
    with scripted(WHOLE) as server:
        assert isinstance(events(UpstreamModel(server.url.replace("127.0.0.1", host), KEY, "m1"))[-1], Finished)


@pytest.mark.usefixtures("proxy")
def test_a_model_elsewhere_is_asked_through_the_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    """The scripted server stands in for the proxy: it is asked for an address that does not exist."""
    with scripted(WHOLE) as server:
        for name in VARIABLES:
            if os.environ.get(name):
                monkeypatch.setenv(name, server.url.removesuffix("/v1"))
        assert isinstance(events(UpstreamModel("http://model.invalid/v1", KEY, "m1"))[-1], Finished)


@pytest.mark.usefixtures("proxy")
def test_a_run_of_serve_reaches_the_model(tmp_path: Path) -> None:
    with scripted(WHOLE) as server:
        variables = {"MODEL_BASE_URL": server.url, "MODEL_NAME": "m1", "KIT_ENV_FILE": str(tmp_path / "no.env")}
        serving = subprocess.Popen(
            [sys.executable, "-m", "helpers.cli.commands", "serve", "--port", "0", "--state", "memory", "--key", "k"],
            cwd=ROOT,
            env={**os.environ, **variables},
            stdout=subprocess.PIPE,
            encoding="utf-8",
        )
        try:
            assert serving.stdout is not None
            ready = re.match(r"ready (\S+)", serving.stdout.readline())
            assert ready is not None
            os.environ["no_proxy"] = "127.0.0.1"  # for the client; the endpoint runs already
            with AzureOpenAI(azure_endpoint=ready[1], api_key="k", api_version="2024-05-01-preview") as client:
                assistant = client.beta.assistants.create(model="m1")
                run = client.beta.threads.create_and_run_poll(
                    assistant_id=assistant.id, thread={"messages": [{"role": "user", "content": "Name a bird"}]}
                )
                assert (run.status, run.last_error) == ("completed", None)
        finally:
            serving.terminate()
            serving.communicate(timeout=20)


@pytest.mark.usefixtures("proxy")
def test_a_notebook_reaches_an_endpoint_of_this_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    """`serve` in another terminal, named in `.env`: what `doctor` asks directly, the notebook's client does, too."""
    with start(key="k") as running:
        monkeypatch.setenv("AZURE_OPENAI_ENDPOINT", running.url)
        monkeypatch.setenv("AZURE_OPENAI_KEY", "k")
        for _ in range(2):
            connection.prepare()
        assert os.environ["no_proxy"] == "127.0.0.1,localhost"
        with AzureOpenAI(azure_endpoint=running.url, api_key="k", api_version="2024-05-01-preview") as client:
            assert client.beta.assistants.list().data == []


@pytest.mark.usefixtures("proxy")
@pytest.mark.parametrize("direct", [True, False])
def test_doctor_asks_as_the_endpoint_does(tmp_path: Path, direct: bool) -> None:
    """A model on this machine is reached; one elsewhere lies behind the proxy, which does not answer."""
    with start(key="k") as running:
        there = running.url if direct else "http://model.invalid"
        done = run(
            ROOT,
            "doctor",
            python=sys.executable,
            MODEL_BASE_URL=f"{there}/openai/v1",
            MODEL_API_KEY="k",
            KIT_STATE="memory",
            KIT_ENV_FILE=str(tmp_path / "no.env"),
        )
    assert ("All well" in done.stdout, done.returncode) == ((True, 0) if direct else (False, 1)), done.stdout
