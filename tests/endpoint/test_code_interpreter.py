"""Code that runs: real kernels behind the endpoint, through the official client (contract §4, §5.2, §7)."""

import io
import json
import time
from collections.abc import Iterator
from typing import Any

import openai
import pytest
from openai.types.beta import Assistant, CodeInterpreterToolParam, Thread
from support.recording import Recorder
from support.scripted import Scripted
from support.talking import ask, azure, calling, streamed

from mock_endpoint.server import Options, Running, start

CODE: CodeInterpreterToolParam = {"type": "code_interpreter"}
TABLE = "city,sales\nKyoto,3\nNara,5\n"


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """One endpoint for this file: its scripted model runs the code that a message asks it to run."""
    state = tmp_path_factory.mktemp("code") / "state.db"
    with start(Options(state=state, model=Scripted(), code_interpreter=True)) as running:
        yield running


@pytest.fixture
def client(running: Running, recorder: Recorder) -> Iterator[openai.AzureOpenAI]:
    """A client of it."""
    with azure(running, recorder, timeout=120) as client:
        yield client


@pytest.fixture
def assistant(client: openai.AzureOpenAI) -> Assistant:
    """An assistant that may run code."""
    return client.beta.assistants.create(model="gpt-4o", instructions="Answer.", tools=[CODE])


@pytest.fixture(scope="module")
def thread(running: Running, recorder: Recorder) -> Thread:
    """One thread for all tests that do not mind what the others left in its kernel: a kernel takes a second."""
    with azure(running, recorder) as client:
        return client.beta.threads.create()


class Talk:
    """Code sent to a thread, one call after the other."""

    def __init__(self, client: openai.AzureOpenAI, assistant: Assistant, thread: Thread) -> None:
        self.client, self.assistant, self.thread = client, assistant, thread

    def outputs(self, code: str, **message: Any) -> list[dict[str, Any]]:  # noqa: ANN401
        """What the run's step holds as the outputs of this code."""
        self.client.beta.threads.messages.create(
            self.thread.id, role="user", content=calling(("code_interpreter", code)), **message
        )
        self.run = self.client.beta.threads.runs.create_and_poll(
            thread_id=self.thread.id, assistant_id=self.assistant.id
        )
        assert self.run.status == "completed", self.run.last_error
        steps = self.client.beta.threads.runs.steps.list(self.run.id, thread_id=self.thread.id, order="asc").data
        details: Any = steps[0].step_details
        (call,) = details.tool_calls
        assert call.code_interpreter.input == code
        return [output.to_dict() for output in call.code_interpreter.outputs]

    def logs(self, code: str, **message: Any) -> str:  # noqa: ANN401
        """What it printed."""
        return "".join(output["logs"] for output in self.outputs(code, **message) if output["type"] == "logs")

    def answer(self) -> list[dict[str, Any]]:
        """The content of the last run's message."""
        messages = self.client.beta.threads.messages.list(self.thread.id, run_id=self.run.id, limit=1).data
        return [part.to_dict() for part in messages[0].content]


@pytest.fixture
def talk(client: openai.AzureOpenAI, assistant: Assistant, thread: Thread) -> Talk:
    """Code on the shared thread."""
    return Talk(client, assistant, thread)


def test_logs_and_state(talk: Talk) -> None:
    """Contract §4: what is printed, and the value of the last line; variables last within a thread."""
    assert talk.logs("x = 6\nprint('計算', x)\nx * 7") == "計算 6\n42\n"
    assert talk.logs("x + 1") == "7\n"


def test_an_error(talk: Talk) -> None:
    """It is told in the logs, and the run goes on to its answer."""
    said = talk.logs("print('before')\n1 / 0")
    assert said.startswith("before\n")
    assert said.rstrip().endswith("ZeroDivisionError: division by zero")
    assert "\x1b" not in said


def test_a_picture(talk: Talk) -> None:
    """Contract §12.46, §14.9: an image in the step, the same file in the message after its text, downloadable.

    A warning about a missing sign would be in the logs: Japanese is drawn, not boxes.
    """
    code = "import matplotlib.pyplot as plt\nplt.plot([1, 2])\nplt.title('気温と降水量')\nplt.show()\nprint('ok')"
    picture, logs = talk.outputs(code)
    assert logs == {"type": "logs", "logs": "ok\n"}
    text, shown = talk.answer()
    assert text["type"] == "text"
    assert shown["image_file"]["file_id"] == picture["image"]["file_id"]
    assert talk.client.files.content(picture["image"]["file_id"]).read().startswith(b"\x89PNG")
    file = talk.client.files.retrieve(picture["image"]["file_id"])
    assert (file.purpose, file.filename) == ("assistants_output", "picture_1.png")


def test_a_file_that_code_makes(talk: Talk) -> None:
    """Contract §7, §12.45: where the answer names it, it is an annotation, and can be downloaded under its name."""
    talk.outputs("import pathlib\npathlib.Path('/mnt/data/表.csv').write_text('a,b\\n1,2\\n')")
    (part,) = talk.answer()
    (mark,) = part["text"]["annotations"]
    assert mark["text"] == "sandbox:/mnt/data/表.csv"
    assert part["text"]["value"][mark["start_index"] : mark["end_index"]] == mark["text"]
    file = talk.client.files.retrieve(mark["file_path"]["file_id"])
    assert (file.filename, file.purpose) == ("表.csv", "assistants_output")
    assert talk.client.files.content(file.id).read() == b"a,b\n1,2\n"
    talk.outputs("print(open('表.csv').read())")
    assert talk.answer()[0]["text"]["annotations"] == []  # it was not made again


def test_attached_files(client: openai.AzureOpenAI) -> None:
    """Contract §7: the assistant's, the thread's and a message's files, by their names, also below /mnt/data."""
    files = [
        client.files.create(file=(name, io.BytesIO(TABLE.encode())), purpose="assistants")
        for name in ("店.csv", "of thread.csv", "of message.csv", "unseen.csv")
    ]
    assistant = client.beta.assistants.create(
        model="gpt-4o",
        instructions="Answer.",
        tools=[CODE],
        tool_resources={"code_interpreter": {"file_ids": [files[0].id]}},
    )
    thread = client.beta.threads.create(tool_resources={"code_interpreter": {"file_ids": [files[1].id]}})
    talk = Talk(client, assistant, thread)
    seen = talk.logs(
        "import os\nimport pandas as pd\nprint(sorted(os.listdir()), os.getcwd())\n"
        "print(pd.read_csv('/mnt/data/店.csv')['sales'].sum())",
        attachments=[
            {"file_id": files[2].id, "tools": [CODE]},
            {"file_id": files[3].id, "tools": [{"type": "file_search"}]},
        ],
    )
    assert seen == "['of message.csv', 'of thread.csv', '店.csv'] /mnt/data\n8\n"
    assert talk.answer()[0]["text"]["annotations"] == []


def test_its_stream(client: openai.AzureOpenAI, assistant: Assistant) -> None:
    """Contract §5.2: the outputs of real code in the last delta of its step; the recorder checks the order."""
    events = streamed(client, assistant, calling(("code_interpreter", "print(1)\n2")))
    deltas: list[Any] = [event.data for event in events if event.event == "thread.run.step.delta"]
    told = deltas[-1].to_dict()["delta"]["step_details"]["tool_calls"][0]["code_interpreter"]
    assert told == {"outputs": [{"index": 0, "type": "logs", "logs": "1\n2\n"}]}


def test_cancel_stops_the_code(client: openai.AzureOpenAI, assistant: Assistant, thread: Thread, talk: Talk) -> None:
    """The run ends as cancelled, and its kernel goes on with what it had."""
    talk.outputs("kept = 5")
    client.beta.threads.messages.create(
        thread.id, role="user", content=calling(("code_interpreter", "import time\nwhile True: time.sleep(0.1)"))
    )
    run = client.beta.threads.runs.create(thread.id, assistant_id=assistant.id)
    while not client.beta.threads.runs.steps.list(run.id, thread_id=thread.id).data:
        time.sleep(0.05)
    client.beta.threads.runs.cancel(run.id, thread_id=thread.id)
    run = client.beta.threads.runs.poll(run.id, thread_id=thread.id)
    assert run.status == "cancelled"
    assert talk.logs("kept") == "5\n"


@pytest.mark.parametrize("how", ["no interpreter", "asked for"])
def test_where_it_is_off(how: str, recorder: Recorder) -> None:
    """Another model than the offline one runs no code unless somebody allows it; the model is told, with the reason."""
    chosen = None if how == "no interpreter" else False
    with (
        start(Options(model=Scripted(), code_interpreter=chosen)) as running,
        azure(running, recorder) as client,
    ):
        assistant = client.beta.assistants.create(model="gpt-4o", instructions="Answer.", tools=[CODE])
        run = ask(client, assistant, calling(("code_interpreter", "print(1)")))
        (message,) = client.beta.threads.messages.list(run.thread_id, run_id=run.id).data
        assert "no code was run" in json.dumps(message.to_dict())
        assert "CODE_INTERPRETER=on" in json.dumps(message.to_dict())
