"""The endpoint in the tests of other projects: `mock_endpoint.start`, the fixture, the examples of the README."""

import inspect
import re
import socket
import subprocess
import sys
from dataclasses import fields
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from openai import AzureOpenAI, NotFoundError

import mock_endpoint
from helpers.settings import ROOT
from mock_endpoint.problems import EndpointError
from mock_endpoint.server import Options, Running
from mock_endpoint.state.opening import MEMORY

EXAMPLES = re.findall(
    r"```python\n(.*?)```",
    (ROOT / "README.md").read_text(encoding="utf-8").split("\n### In your own tests\n")[1].split("\n### ")[0],
    re.S,
)
PROJECT = """
import asyncio
import os
from openai import AsyncAzureOpenAI, AzureOpenAI

def options(endpoint):
    return {"azure_endpoint": endpoint.url, "api_key": endpoint.key, "api_version": "2024-05-01-preview"}

def look(endpoint):
    with AzureOpenAI(**options(endpoint)) as client:
        assert client.beta.assistants.list().data == []
        assistant = client.beta.assistants.create(model="gpt-4o", instructions="Answer.")
        thread = {"messages": [{"role": "user", "content": "What is the capital of Japan?"}]}
        run = client.beta.threads.create_and_run_poll(assistant_id=assistant.id, thread=thread)
        assert run.status == "completed"

def test_sync(assistants_endpoint):
    look(assistants_endpoint)

def test_sync_again(assistants_endpoint):
    look(assistants_endpoint)

def test_async(assistants_endpoint):
    async def ask():
        async with AsyncAzureOpenAI(**options(assistants_endpoint)) as client:
            assert (await client.beta.assistants.list()).data == []
            await client.beta.assistants.create(model="gpt-4o")
    asyncio.run(ask())

def test_async_again(assistants_endpoint):
    test_async(assistants_endpoint)
"""


def python(folder: Path, *line: str) -> str:
    """What Python prints when it is started in this folder, outside of the repository."""
    done = subprocess.run(
        [sys.executable, *line], cwd=folder, capture_output=True, encoding="utf-8", timeout=120, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def said_by_pytest(folder: Path, *line: str) -> str:
    """What pytest prints in this folder, without plugins that these tests do without and that take seconds to load."""
    unused = [word for name in ("schemathesis", "hypothesispytest", "nbmake") for word in ("-p", f"no:{name}")]
    return python(folder, "-m", "pytest", "-q", *unused, *line)


def client_of(endpoint: Running) -> AzureOpenAI:
    """The official client."""
    return AzureOpenAI(azure_endpoint=endpoint.url, api_key=endpoint.key, api_version="2024-05-01-preview")


@pytest.mark.parametrize("line", [(), ("-n", "2")], ids=["alone", "xdist"])
def test_each_test_of_a_project_begins_anew(tmp_path: Path, line: tuple[str, ...]) -> None:
    (tmp_path / "test_mine.py").write_text(PROJECT, encoding="utf-8")
    assert "4 passed" in said_by_pytest(tmp_path, *line)


def test_other_projects_pay_nothing_for_the_plugin(tmp_path: Path) -> None:
    """A project that does not use the fixture loads neither the web server nor the client."""
    (tmp_path / "test_loaded.py").write_text(
        "import sys\n"
        "def test_loaded():\n"
        "    assert 'mock_endpoint.pytest_plugin' in sys.modules\n"
        "    assert not {'uvicorn', 'starlette', 'pydantic', 'openai', 'mock_endpoint.server'} & set(sys.modules)\n",
        encoding="utf-8",
    )
    (tmp_path / "pytest.ini").write_text("[pytest]\n", encoding="utf-8")
    assert "1 passed" in said_by_pytest(tmp_path, "-p", "no:anyio", "-p", "no:xdist", "test_loaded.py")


def test_the_examples_of_the_readme_run(tmp_path: Path) -> None:
    fixture, alone = EXAMPLES
    (tmp_path / "test_readme.py").write_text(fixture, encoding="utf-8")
    assert "1 passed" in said_by_pytest(tmp_path)
    (tmp_path / "alone.py").write_text(alone, encoding="utf-8")
    assert python(tmp_path, "alone.py") == "429\n"


def test_start_offers_what_the_options_are() -> None:
    """All but the host, which is this machine, and what only the kit's own parts use."""
    offered = inspect.signature(mock_endpoint.start).parameters
    assert set(offered) == {field.name for field in fields(Options)} - {"host", "tools", "around", "by_learner"}
    defaults = Options()
    assert all(getattr(defaults, name) == offered[name].default for name in set(offered) - {"model"})


def test_options_are_heeded(tmp_path: Path) -> None:
    with mock_endpoint.start(state=tmp_path / "state.db", key="mine", deployments=("gpt-4o",)) as endpoint:
        assert endpoint.key == "mine"
        assert (tmp_path / "state.db").exists()
        with client_of(endpoint) as client:
            assert [model.id for model in client.models.list()] == ["gpt-4o"]


def test_a_fault_that_does_not_exist() -> None:
    with pytest.raises(EndpointError, match=r"Unknown fault: .rate_limits."):
        mock_endpoint.start(fault="rate_limits")


@pytest.mark.parametrize(
    "wrong", [{"pace": -1}, {"pace": "x"}, {"run_ttl": 0}, {"port": 70_000}, {"key": "schlüssel"}, {"key": "a\n"}]
)
def test_what_no_endpoint_can_start_with_is_said(wrong: dict[str, Any]) -> None:
    """At once, and not by every request afterwards."""
    with pytest.raises(EndpointError):
        mock_endpoint.start(**wrong)


def test_a_path_and_a_deployment_may_be_plain_texts(tmp_path: Path) -> None:
    """One name is one name, and not its letters."""
    with (
        mock_endpoint.start(state=str(tmp_path / "state.db"), deployments="gpt-4o") as endpoint,
        client_of(endpoint) as client,
    ):
        assert [model.id for model in client.models.list()] == ["gpt-4o"]


@pytest.mark.parametrize("kind", ["memory", "file"])
def test_reset_stops_what_is_at_work(tmp_path: Path, kind: str) -> None:
    """A streamed run of an earlier test ends, and the place is empty."""
    state = tmp_path / "state.db" if kind == "file" else MEMORY
    with mock_endpoint.start(state=state, pace=600) as endpoint, client_of(endpoint) as client:
        assistant = client.beta.assistants.create(model="gpt-4o")
        thread = client.beta.threads.create()
        stream = client.beta.threads.runs.create(thread.id, assistant_id=assistant.id, stream=True)
        next(iter(stream))
        endpoint.reset()
        assert "thread.run.completed" not in [event.event for event in stream]  # and it is over
        assert client.beta.assistants.list().data == []
        with pytest.raises(NotFoundError):
            client.beta.threads.retrieve(thread.id)
        client.beta.assistants.create(model="gpt-4o", name="new")
        assert [assistant.name for assistant in client.beta.assistants.list()] == ["new"]


@pytest.mark.parametrize("kind", ["memory", "file"])
def test_a_request_from_before_the_reset_leaves_nothing_behind(tmp_path: Path, kind: str) -> None:
    """One whose body comes late writes nowhere."""
    state = tmp_path / "state.db" if kind == "file" else MEMORY
    with mock_endpoint.start(state=state) as endpoint, client_of(endpoint) as client:
        head = f"POST /openai/v1/threads HTTP/1.1\r\nhost: localhost\r\napi-key: {endpoint.key}\r\n"
        head += "expect: 100-continue\r\ncontent-length: 2\r\nconnection: close\r\n\r\n"
        with socket.create_connection(("127.0.0.1", urlsplit(endpoint.url).port or 0), timeout=30) as late:
            late.sendall(head.encode())
            assert late.recv(100).startswith(b"HTTP/1.1 100 ")  # it is at work
            endpoint.reset()
            late.sendall(b"{}")
            assert b"".join(iter(lambda: late.recv(65536), b"")).startswith(b"HTTP/1.1 500 ")
        assert client.beta.assistants.list().data == []
