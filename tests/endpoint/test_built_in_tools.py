"""Tools that the endpoint runs itself: the engine turns the loop, a run's steps show it (contract §4, §5.2).

A small adder stands for code, so that the shape is tested apart from what real code does.
"""

import json
from collections.abc import Callable, Iterator
from typing import Any

import openai
import pytest
from openai.types.beta import Assistant, CodeInterpreterToolParam, FunctionToolParam
from openai.types.beta.threads.runs import CodeInterpreterToolCall, FunctionToolCall, ToolCallsStepDetails
from support.events import squeezed
from support.recording import Recorder
from support.scripted import Scripted
from support.talking import ask, azure, calling, streamed, text_of, waiting

from mock_endpoint import engine
from mock_endpoint.engine import Picture, ToolOutput
from mock_endpoint.models.base import Annotation

from .conftest import Starter

CODE: CodeInterpreterToolParam = {"type": "code_interpreter"}


PICTURE = {"type": "image", "image": {"file_id": "assistant-picture"}}
SHOWN = Picture("assistant-picture")
TABLE = Annotation("file_path", "sandbox:/mnt/data/表.csv", "assistant-table", "表.csv")


class Adder:
    """Adds the numbers in a text such as `1 + 2`."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    async def run(self, arguments: str) -> ToolOutput:
        """The sum, as what code prints."""
        self.asked.append(arguments)
        if arguments == "break":
            raise RuntimeError("the tool broke")
        if arguments == "draw":
            return ToolOutput(
                f"🗾 [table]({TABLE.text})", (PICTURE, {"type": "logs", "logs": "ok"}), (TABLE,), pictures=(SHOWN,)
            )
        total = str(sum(map(int, arguments.split("+"))))
        return ToolOutput(total, ({"type": "logs", "logs": total},))


@pytest.fixture
def adder() -> Adder:
    """The tool."""
    return Adder()


@pytest.fixture
def client(starting: Starter, recorder: Recorder, adder: Adder) -> Iterator[openai.AzureOpenAI]:
    """A client of an endpoint that runs the tool for its model."""
    with azure(starting(model=Scripted(), tools={"code_interpreter": adder}), recorder) as client:
        yield client


@pytest.fixture
def assistant(client: openai.AzureOpenAI) -> Assistant:
    """An assistant that may use it."""
    return client.beta.assistants.create(model="gpt-4o", instructions="Answer.", tools=[CODE])


Steps = Callable[[Any], list[Any]]


@pytest.fixture
def steps_of(client: openai.AzureOpenAI) -> Steps:
    """The steps of a run, oldest first."""
    return lambda run: client.beta.threads.runs.steps.list(run.id, thread_id=run.thread_id, order="asc").data


def test_a_step_shows_what_the_tool_was_given_and_gave(
    client: openai.AzureOpenAI, assistant: Assistant, steps_of: Steps, adder: Adder
) -> None:
    """Contract §4: `input` and `outputs`; the answer follows in a message step; the run costs all its rounds."""
    run = ask(client, assistant, calling(("code_interpreter", "1+2")))
    used, said = steps_of(run)
    assert [run.status, used.status, said.status] == ["completed"] * 3
    assert isinstance(used.step_details, ToolCallsStepDetails)
    (call,) = used.step_details.tool_calls
    assert isinstance(call, CodeInterpreterToolCall)
    assert call.code_interpreter.input == "1+2"
    assert [output.to_dict() for output in call.code_interpreter.outputs] == [{"type": "logs", "logs": "3"}]
    assert adder.asked == ["1+2"]
    assert text_of(client, run) == "echo: 3"
    alone = ask(client, assistant, "Hello")
    assert run.usage is not None
    assert alone.usage is not None
    assert run.usage.prompt_tokens > 2 * alone.usage.prompt_tokens


def test_its_stream(client: openai.AzureOpenAI, assistant: Assistant) -> None:
    """Contract §5.2, code interpreter: input in pieces, outputs with an `index`, then the message."""
    events = streamed(client, assistant, calling(("code_interpreter", "10+20+30")))
    names = [name for name in squeezed(event.event for event in events) if not name.startswith("message")]
    assert names == [
        "run.created",
        "run.queued",
        "run.in_progress",
        *("run.step.created", "run.step.in_progress", "run.step.delta", "run.step.completed"),
        *("run.step.created", "run.step.in_progress", "run.step.completed"),
        "run.completed",
    ]
    deltas: list[Any] = [
        event.data.to_dict()["delta"]["step_details"]["tool_calls"][0]  # pyrefly: ignore[bad-index]
        for event in events
        if event.event == "thread.run.step.delta"
    ]
    assert deltas[0]["id"].startswith("call_")
    assert deltas[0]["code_interpreter"] == {"input": "", "outputs": []}
    assert "".join(delta["code_interpreter"].get("input", "") for delta in deltas) == "10+20+30"
    assert deltas[-1]["code_interpreter"]["outputs"] == [{"index": 0, "type": "logs", "logs": "60"}]
    assert all(delta["index"] == 0 and "id" not in delta for delta in deltas[1:])


def test_files_and_pictures(client: openai.AzureOpenAI, assistant: Assistant, steps_of: Steps) -> None:
    """Contract §5.3, §12.45, §12.46, §14.9: `file_path` where the text names a file, the picture of the step after it.

    The recorder behind the client compares what the deltas told with the whole message.
    """
    events = streamed(client, assistant, calling(("code_interpreter", "draw")))
    message: Any = next(event.data for event in events if event.event == "thread.message.completed")
    text, picture = message.to_dict()["content"]
    assert text["type"] == "text"
    assert text["text"]["value"] == f"echo: 🗾 [table]({TABLE.text})"
    (mark,) = text["text"]["annotations"]
    assert text["text"]["value"][mark["start_index"] : mark["end_index"]] == mark["text"] == TABLE.text
    assert (mark["type"], mark["file_path"]) == ("file_path", {"file_id": "assistant-table"})
    assert picture == {"type": "image_file", "image_file": {"file_id": "assistant-picture"}}
    (stored,) = client.beta.threads.messages.list(message.thread_id).data[:1]
    assert stored.to_dict()["content"] == [text, picture]
    run: Any = events[-1 - (events[-1].event == "done")].data
    assert steps_of(run)[0].step_details.tool_calls[0].to_dict()["code_interpreter"]["outputs"][0] == PICTURE
    pieces: list[Any] = [
        # pyrefly: ignore[bad-index]
        event.data.to_dict()["delta"]["content"][0]
        for event in events
        if event.event == "thread.message.delta"
    ]
    assert pieces[0]["text"]["annotations"] == []
    assert [piece["text"]["annotations"] for piece in pieces[1:-1] if "annotations" in piece["text"]] == [
        [{"index": 0} | mark]
    ]
    assert pieces[-1] == {"index": 1} | picture


def test_files_and_pictures_after_a_function(client: openai.AzureOpenAI, steps_of: Steps) -> None:
    """Contract §12.45, §12.46: what code made before a function was called belongs to the answer after it.

    The model still knows the link, and no reader of the steps sees more than the outputs.
    """
    function: FunctionToolParam = {"type": "function", "function": {"name": "f"}}
    both = client.beta.assistants.create(model="gpt-4o", instructions="Answer.", tools=[CODE, function])
    for how in ("call", "rounds"):
        run = ask(client, both, calling(("code_interpreter", "draw"), ("f", {}), how=how))
        assert run.required_action is not None
        (asked,) = run.required_action.submit_tool_outputs.tool_calls
        done = client.beta.threads.runs.submit_tool_outputs_and_poll(
            run_id=run.id, thread_id=run.thread_id, tool_outputs=[{"tool_call_id": asked.id, "output": "seven"}]
        )
        message: Any = client.beta.threads.messages.list(run.thread_id, run_id=done.id).data[0].to_dict()
        text, picture = message["content"]
        (mark,) = text["text"]["annotations"]
        assert text["text"]["value"][mark["start_index"] : mark["end_index"]] == mark["text"] == TABLE.text
        assert (mark["type"], mark["file_path"]) == ("file_path", {"file_id": "assistant-table"})
        assert text["text"]["value"].endswith("seven")
        assert picture["image_file"] == {"file_id": "assistant-picture"}
        code = steps_of(done)[0].step_details.tool_calls[0].to_dict()["code_interpreter"]
        assert code == {"input": "draw", "outputs": [PICTURE, {"type": "logs", "logs": "ok"}]}


def test_a_citation(client: openai.AzureOpenAI, assistant: Assistant) -> None:
    """Contract §5.3: what the model cites itself; its file is named by id."""
    events = streamed(client, assistant, "cite assistant-guide")
    message: Any = next(event.data for event in events if event.event == "thread.message.completed")
    (part,) = message.to_dict()["content"]
    assert part["text"] == {
        "value": "【0†a.md】",
        "annotations": [
            {
                "type": "file_citation",
                "text": "【0†a.md】",
                "start_index": 0,
                "end_index": 8,
                "file_citation": {"file_id": "assistant-guide"},
            }
        ],
    }


def test_several_rounds(client: openai.AzureOpenAI, assistant: Assistant, steps_of: Steps, adder: Adder) -> None:
    """Each round is a step of its own; two calls in one round share one."""
    run = ask(client, assistant, calling(("code_interpreter", "1+1"), ("code_interpreter", "2+2"), how="rounds"))
    assert [step.type for step in steps_of(run)] == ["tool_calls", "tool_calls", "message_creation"]
    run = ask(client, assistant, calling(("code_interpreter", "3+3"), ("code_interpreter", "4+4")))
    first, _ = steps_of(run)
    assert len(first.step_details.tool_calls) == 2
    assert adder.asked == ["1+1", "2+2", "3+3", "4+4"]
    assert text_of(client, run) == "echo: 6 8"


def test_a_text_before_the_call(client: openai.AzureOpenAI, assistant: Assistant, steps_of: Steps) -> None:
    """It is a message of its own, complete before the tool is used."""
    run = ask(client, assistant, calling(("code_interpreter", "1+2"), how="first"))
    assert [step.type for step in steps_of(run)] == ["message_creation", "tool_calls", "message_creation"]


def test_beside_a_function(client: openai.AzureOpenAI, steps_of: Steps, adder: Adder) -> None:
    """The endpoint does its part at once; only the function is the caller's, and the step waits for it."""
    function: FunctionToolParam = {"type": "function", "function": {"name": "f"}}
    both = client.beta.assistants.create(model="gpt-4o", instructions="Answer.", tools=[CODE, function])
    run = waiting(client, both, ("code_interpreter", "1+2"), ("f", {}))
    assert run.required_action is not None
    (asked,) = run.required_action.submit_tool_outputs.tool_calls
    (step,) = steps_of(run)
    assert (asked.function.name, step.status, adder.asked) == ("f", "in_progress", ["1+2"])
    done = client.beta.threads.runs.submit_tool_outputs_and_poll(
        run_id=run.id, thread_id=run.thread_id, tool_outputs=[{"tool_call_id": asked.id, "output": "seven"}]
    )
    step = steps_of(done)[0]
    code, called = step.step_details.tool_calls
    assert isinstance(code, CodeInterpreterToolCall)
    assert isinstance(called, FunctionToolCall)
    assert (step.status, called.function.output) == ("completed", "seven")
    assert code.code_interpreter.outputs[0].to_dict()["logs"] == "3"
    assert text_of(client, done) == "echo: 3 seven"


def test_a_tool_that_breaks_fails_the_run(
    client: openai.AzureOpenAI, assistant: Assistant, steps_of: Steps, logged: Callable[[], str]
) -> None:
    """Contract §3.4: the run and its open step fail; the server goes on."""
    run = ask(client, assistant, calling(("code_interpreter", "break")))
    assert run.last_error is not None
    assert (run.status, run.last_error.message) == ("failed", engine.BROKEN.message)
    assert [step.status for step in steps_of(run)] == ["failed"]
    assert "the tool broke" in logged() or "the model failed" in logged()


def test_a_model_that_never_stops_calling(client: openai.AzureOpenAI, assistant: Assistant, adder: Adder) -> None:
    """The loop has a bound."""
    calls = [("code_interpreter", "1+1")] * (engine.MOST_ROUNDS + 1)
    run = ask(client, assistant, f"rounds {json.dumps(calls)}")
    assert run.last_error is not None
    assert (run.status, run.last_error.code) == ("failed", "server_error")
    assert str(engine.MOST_ROUNDS) in run.last_error.message
    assert len(adder.asked) == engine.MOST_ROUNDS


def test_a_tool_that_nobody_runs(starting: Starter, recorder: Recorder) -> None:
    """A tool that the run does not declare is not run: the model is told, and may answer without it."""
    with azure(starting(model=Scripted()), recorder) as client:
        assistant = client.beta.assistants.create(model="gpt-4o", instructions="Answer.", tools=[CODE])
        run = ask(client, assistant, calling(("file_search", "1+2")))
        assert text_of(client, run) == "echo: The tool file_search cannot be used here."
