"""Code in responses: real kernels, through the official client (contract-successor §1.3, §2, §4, §6)."""

import base64
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import openai
import pytest
from openai.types.responses import Response, ResponseCodeInterpreterToolCall, ResponseOutputText
from support.recording import Recorder
from support.responding import MODEL, refusal, refused, respond, respond_streamed
from support.scripted import Scripted
from support.talking import azure, calling, plain

from mock_endpoint import containers
from mock_endpoint.server import Options, Running, start
from mock_endpoint.state.store import Store

AUTO: Any = {"type": "code_interpreter", "container": {"type": "auto"}}
OUTPUTS: Any = ["code_interpreter_call.outputs"]
EVENTS = [
    "response.output_item.added",
    "response.code_interpreter_call.in_progress",
    "response.code_interpreter_call_code.delta",
    "response.code_interpreter_call_code.done",
    "response.code_interpreter_call.interpreting",
    "response.code_interpreter_call.completed",
    "response.output_item.done",
]
DRAW = "import matplotlib.pyplot as plt\nplt.plot([1, 2])\nplt.show()\nprint('ok')"
BEGAN_ANEW = "The interpreter began anew"


@pytest.fixture(scope="module")
def model() -> Scripted:
    """Runs the code that a message asks it to run."""
    return Scripted()


@pytest.fixture(scope="module")
def state(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the endpoint of this file keeps what it knows."""
    return tmp_path_factory.mktemp("code") / "state.db"


@pytest.fixture(scope="module")
def running(state: Path, model: Scripted) -> Iterator[Running]:
    """One endpoint for this file."""
    with start(Options(state=state, model=model, code_interpreter=True)) as running:
        yield running


@pytest.fixture
def client(running: Running, recorder: Recorder) -> Iterator[openai.AzureOpenAI]:
    """A client of it."""
    with azure(running, recorder, timeout=120) as client:
        yield client


@pytest.fixture(scope="module")
def tool(running: Running, recorder: Recorder) -> dict[str, Any]:
    """The tool with one container for the tests that do not mind what others left there: a kernel takes a second."""
    with azure(running, recorder) as client:
        return {"type": "code_interpreter", "container": client.containers.create(name="shared").id}


def run_code(client: openai.OpenAI, code: str, **options: Any) -> Response:  # noqa: ANN401
    """A response that runs this code, with all that it gives."""
    response = respond(client, calling(("code_interpreter", code)), **{"tools": [AUTO], "include": OUTPUTS} | options)
    assert response.status == "completed", response.error
    return response


def call_of(response: Response) -> ResponseCodeInterpreterToolCall:
    """The call of a response."""
    return next(item for item in response.output if item.type == "code_interpreter_call")


def logs(response: Response) -> str:
    """What its code printed."""
    return "".join(output.logs for output in call_of(response).outputs or [] if output.type == "logs")


def text_of(response: Response) -> ResponseOutputText:
    """The text of its message."""
    (part,) = response.output[-1].content  # pyrefly: ignore[missing-attribute]
    assert isinstance(part, ResponseOutputText)
    return part


def test_a_call(client: openai.AzureOpenAI, tool: dict[str, Any]) -> None:
    """Contract-successor §1.1, §1.3: the tool comes back as it was sent; outputs are shown where they are asked for."""
    code = "x = 6\nprint('計算', x)\nx * 7"
    response = run_code(client, code, tools=[tool])
    assert [each.to_dict() for each in response.tools] == [tool]
    call = call_of(response)
    assert (call.id[:3], call.status, call.code, call.container_id) == ("ci_", "completed", code, tool["container"])
    assert [output.to_dict() for output in call.outputs or []] == [{"type": "logs", "logs": "計算 6\n42\n"}]
    kept = client.responses.retrieve(response.id)
    assert call_of(kept).outputs is None
    assert client.responses.retrieve(response.id, include=OUTPUTS).output == response.output
    assert call_of(run_code(client, "x", tools=[tool], include=[])).outputs is None


def test_a_file_that_code_makes(client: openai.AzureOpenAI, tool: dict[str, Any]) -> None:
    """Contract-successor §1.3: cited at exactly its link, and to be had from the container, byte for byte."""
    response = run_code(client, "open('/mnt/data/表.csv', 'wb').write(b'a\\r\\n\\x00')", tools=[tool])
    text = text_of(response)
    (mark,) = text.annotations
    assert mark.type == "container_file_citation"
    assert text.text[mark.start_index : mark.end_index] == "sandbox:/mnt/data/表.csv"
    assert (mark.filename, mark.container_id) == ("表.csv", tool["container"])
    file = client.containers.files.retrieve(mark.file_id, container_id=mark.container_id)
    assert (file.path, file.source, file.bytes) == ("/mnt/data/表.csv", "assistant", 4)
    assert client.containers.files.content.retrieve(file.id, container_id=file.container_id).read() == b"a\r\n\x00"
    assert text_of(run_code(client, "print(len(open('表.csv').read()))", tools=[tool])).annotations == []
    again = text_of(run_code(client, "open('表.csv', 'w').write('new')", tools=[tool]))
    assert again.annotations[0].to_dict()["file_id"] == file.id
    assert client.containers.files.content.retrieve(file.id, container_id=file.container_id).read() == b"new"


def test_a_picture(client: openai.AzureOpenAI, tool: dict[str, Any]) -> None:
    """Contract-successor §1.3: shown and not saved, it is cited at no place under a name of its own."""
    response = run_code(client, DRAW, tools=[tool])
    picture, said = (output.to_dict() for output in call_of(response).outputs or [])
    assert said == {"type": "logs", "logs": "ok\n"}
    (mark,) = text_of(response).annotations
    assert mark.type == "container_file_citation"
    assert (mark.start_index, mark.end_index, mark.filename) == (0, 0, f"{mark.file_id}.png")
    png = client.containers.files.content.retrieve(mark.file_id, container_id=mark.container_id).read()
    assert png.startswith(b"\x89PNG")
    assert picture == {"type": "image", "url": f"data:image/png;base64,{base64.b64encode(png).decode()}"}


@pytest.mark.parametrize("base", ["dated", "/openai/v1", "/v1"])
@pytest.mark.parametrize("include", [OUTPUTS, []])
def test_its_stream(running: Running, recorder: Recorder, tool: dict[str, Any], base: str, include: Any) -> None:  # noqa: ANN401
    """Contract-successor §2: the order of events; the item begins empty; the recorder checks each event."""
    code = "open('streamed.txt', 'w').write('x')\nprint(1)"
    with azure(running, recorder) if base == "dated" else plain(running, recorder, base) as client:
        events: Any = respond_streamed(
            client, calling(("code_interpreter", code)), tools=[tool], include=include, timeout=120
        )
    kinds = [event.type for event in events]
    assert list(dict.fromkeys(kinds[2:]))[:7] == EVENTS
    assert "".join(event.delta for event in events if event.type == EVENTS[2]) == code
    added, done = (
        event.item.to_dict() for event in events if event.type in (EVENTS[0], EVENTS[-1]) and not event.output_index
    )
    assert (added["code"], added["outputs"], added["container_id"]) == ("", [], tool["container"])
    outputs = [{"type": "logs", "logs": "1\n"}] if include else None
    assert (done["code"], done["outputs"], done["status"]) == (code, outputs, "completed")
    place = kinds.index("response.output_text.annotation.added")
    assert events[place - 1].delta == "sandbox:/mnt/data/streamed.txt"


def test_input_files(client: openai.AzureOpenAI) -> None:
    """Contract-successor §1.3: those of the tool, and those of a message, as `/mnt/data/<file_id>-<filename>`."""
    one, two = (client.files.create(file=(name, b"7"), purpose="user_data").id for name in ("店 1.csv", "b.txt"))
    message = {"role": "user", "content": [{"type": "input_file", "file_id": two}]}
    code = f"import os\nprint(sorted(os.listdir()), open('/mnt/data/{one}-店 1.csv').read())"
    asked = {"role": "user", "content": calling(("code_interpreter", code))}
    tools = [{"type": "code_interpreter", "container": {"type": "auto", "file_ids": [one], "memory_limit": "4g"}}]
    response = respond(client, [message, asked], tools=tools, include=OUTPUTS)
    assert [each.to_dict() for each in response.tools] == tools
    assert logs(response) == f"{sorted([f'{one}-店 1.csv', f'{two}-b.txt'])} 7\n"
    assert text_of(response).annotations == []
    made = client.containers.retrieve(call_of(response).container_id).to_dict()
    assert (made["memory_limit"], made["name"]) == ("4g", "auto")


def test_files_inside_of_the_request(client: openai.AzureOpenAI, model: Scripted) -> None:
    """Under their own names, none of which leads out of the folder; a second one of a name has a number in front."""

    def part(name: str, content: str) -> dict[str, str]:
        return {"type": "input_file", "filename": name, "file_data": base64.b64encode(content.encode()).decode()}

    parts = [part("a.csv", "1"), part("../a.csv", "2"), part("a.csv", "1"), part("..", "3")]
    bad = {"type": "input_file", "filename": "b.csv", "file_data": "no base64!"}
    messages = [{"role": "user", "content": [*parts, bad]}]
    look = "import os\nprint([(each, open(each).read()) for each in sorted(os.listdir())])"
    messages.append({"role": "user", "content": calling(("code_interpreter", look))})
    response = respond(client, messages, tools=[AUTO], include=OUTPUTS)
    assert logs(response) == "[('2-a.csv', '2'), ('a.csv', '1'), ('file', '3')]\n"
    assert model.prompts[-1].files == ("a.csv", "2-a.csv", "file")
    changed = run_code(client, "open('a.csv', 'w').write('9')", previous_response_id=response.id)
    assert "('a.csv', '9')" in logs(run_code(client, look, previous_response_id=changed.id))
    box = call_of(changed).container_id
    (kept,) = [file.id for file in client.containers.files.list(box) if file.path == "/mnt/data/a.csv"]
    assert client.containers.files.content.retrieve(kept, container_id=box).read() == b"9"


def test_what_the_model_is_told_of_files(client: openai.AzureOpenAI, model: Scripted) -> None:
    """Their names, before there is a container as well as afterwards; and no container where no code is run."""
    file_id = client.files.create(file=("a.csv", b"7"), purpose="user_data").id
    tools = [{"type": "code_interpreter", "container": {"type": "auto", "file_ids": [file_id]}}]
    before = len(list(client.containers.list()))
    respond(client, "Hello", tools=tools)
    assert model.prompts[-1].files == (f"{file_id}-a.csv",)
    assert len(list(client.containers.list())) == before
    first = run_code(client, "open('made.txt', 'w').write('x')", tools=tools)
    respond(client, "Hello", tools=tools, previous_response_id=first.id)
    assert set(model.prompts[-1].files) == {f"{file_id}-a.csv", "made.txt"}


@pytest.mark.parametrize("link", ["previous_response_id", "conversation"])
def test_a_container_by_itself(client: openai.AzureOpenAI, link: str) -> None:
    """Contract-successor §4: made at first use, and the same for what goes on from there; variables last."""
    linked = {"conversation": client.conversations.create().id} if link == "conversation" else {}
    first = run_code(client, "kept = 5", **linked)
    second = respond(client, "Hello", tools=[AUTO], **linked or {"previous_response_id": first.id})
    third = run_code(client, "kept", **linked or {"previous_response_id": second.id})
    assert call_of(third).container_id == call_of(first).container_id
    assert logs(third) == "5\n"
    other = run_code(client, "print('kept' in globals())")
    assert call_of(other).container_id != call_of(first).container_id
    assert logs(other) == "False\n"


def test_the_newest_container_is_gone_on_with(client: openai.AzureOpenAI) -> None:
    """Contract-successor §4: of several that live, the one that code has used last."""
    last: dict[str, Any] = {}
    for name in ("one", "two"):
        box = client.containers.create(name=name).id
        last = {"previous_response_id": run_code(client, "1", tools=[AUTO | {"container": box}], **last).id}
    assert call_of(run_code(client, "1", **last)).container_id == box


def test_expiry(recorder: Recorder, monkeypatch: pytest.MonkeyPatch) -> None:
    """Contract-successor §4, §6: after 20 idle minutes a named container is refused, and another found by itself."""
    with (
        start(Options(model=Scripted(), code_interpreter=True)) as running,
        azure(running, recorder, timeout=120) as client,
    ):
        first = run_code(client, "kept = 5")
        container = call_of(first).container_id
        now = time.time()
        monkeypatch.setattr(time, "time", lambda: now + 19 * 60)
        named: Any = {"type": "code_interpreter", "container": container}
        assert logs(run_code(client, "kept", tools=[named])) == "5\n"
        monkeypatch.setattr(time, "time", lambda: now + 40 * 60)
        refused(client, refusal("Container is expired."), model=MODEL, input="x", tools=[named])
        other = run_code(client, "print('kept' in globals())", previous_response_id=first.id)
        assert call_of(other).container_id != container
        assert logs(other) == "False\n"
        assert client.containers.retrieve(container).status == "expired"


def test_refusals(client: openai.AzureOpenAI) -> None:
    """Contract-successor §6, contract §10.2: a container that is not there, files that are not there, too many."""
    gone = client.containers.create(name="gone").id
    client.containers.delete(gone)
    prefix = "Invalid 'tools[0].container': 'box'. Expected an ID that begins with 'cntr'."
    missing = "Missing required parameter: 'tools[0].container'."
    wrong = "Invalid type for 'tools[0].container': expected a string or an object, but got an integer instead."
    for container, expected, status in (
        (gone, refusal(f"Container with id '{gone}' not found."), 404),
        ("box", refusal(prefix, "tools[0].container", "invalid_value"), 400),
        (None, refusal(missing, "tools[0].container", "missing_required_parameter"), 400),
        (1, refusal(wrong, "tools[0].container", "invalid_type"), 400),
        ({"type": "auto", "file_ids": ["file-none"]}, refusal("No such File object: file-none", "id"), 404),
    ):
        declared = {"type": "code_interpreter"} | ({} if container is None else {"container": container})
        refused(client, expected, status, model=MODEL, input="x", tools=[declared])
    with pytest.raises(openai.BadRequestError, match="array too long"):
        respond(client, "x", tools=[{**AUTO, "container": {"type": "auto", "file_ids": ["file-x"] * 51}}])


def test_a_history_is_read(client: openai.AzureOpenAI, model: Scripted, tool: dict[str, Any]) -> None:
    """Contract-successor §1.3, §7: the code of before with what it gave, by a chain, and in items that come back."""
    code = "print('to be remembered')"
    first = run_code(client, code, tools=[tool], include=[])
    shown = client.responses.retrieve(first.id, include=OUTPUTS)
    unstored = run_code(client, code, tools=[tool], include=[], store=False)
    asked = {"role": "user", "content": "And?"}
    for given, linked, expected in (
        ("And?", {"previous_response_id": first.id}, "to be remembered\n"),
        ([*[item.to_dict() for item in first.output], asked], {}, "to be remembered\n"),
        ([*[item.to_dict() for item in shown.output], asked], {}, "to be remembered\n"),
        ([*[item.to_dict() for item in unstored.output], asked], {}, "What this code gave is not kept."),
    ):
        respond(client, given, **linked)
        (call,) = [call for turn in model.prompts[-1].turns for call in turn.calls]
        assert (call.tool, call.arguments, call.output) == ("code_interpreter", code, expected)
    items = client.responses.input_items.list(respond(client, [*first.output, asked]).id, order="asc").data
    assert items[0].to_dict() == first.output[0].to_dict()


def test_a_picture_in_a_history(client: openai.AzureOpenAI, model: Scripted, tool: dict[str, Any]) -> None:
    """A model is told that there was one."""
    first = run_code(client, DRAW, tools=[tool])
    respond(client, [*first.output, {"role": "user", "content": "And?"}])
    (call,) = [call for turn in model.prompts[-1].turns for call in turn.calls]
    assert call.output == "[A picture, which is shown to the user.]\nok\n"


def test_two_at_once(client: openai.AzureOpenAI, tool: dict[str, Any]) -> None:
    """Two responses with one container wait for each other; each cites its own file only."""
    answers: dict[str, Response] = {}

    def ask(name: str) -> None:
        code = f"import time\nbusy = {name!r}\ntime.sleep(0.3)\nopen(busy, 'w').write(busy)\nprint(busy)"
        answers[name] = run_code(client, code, tools=[tool])

    threads = [threading.Thread(target=ask, args=(name,)) for name in ("one.txt", "two.txt")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for name, response in answers.items():
        assert logs(response) == f"{name}\n"
        assert [mark.to_dict()["filename"] for mark in text_of(response).annotations] == [name]


def test_deleted_while_code_runs(client: openai.AzureOpenAI, state: Path) -> None:
    """The code is stopped, its response ends with the reason, and nothing of the container is left."""
    container = client.containers.create(name="short").id
    tool: Any = {"type": "code_interpreter", "container": container}
    run_code(client, "kept = 1", tools=[tool])
    code = "open('made.txt', 'w').write('x')\nimport time\nwhile True: time.sleep(0.1)"
    stream: Any = client.responses.create(
        model=MODEL, input=calling(("code_interpreter", code)), tools=[tool], include=OUTPUTS, stream=True
    )
    for event in stream:
        if event.type == "response.code_interpreter_call.interpreting":
            client.containers.delete(container)
    response = event.response
    assert response.status == "completed"
    assert "The code interpreter was ended: its container was deleted." in logs(response)
    assert text_of(response).annotations == []
    store = Store(state)
    assert store.all(containers.FILE, container) == []
    store.close()


def test_a_file_that_is_taken_away(client: openai.AzureOpenAI) -> None:
    """What is deleted from a container is gone for its code, what code removes is gone from the container."""
    first = run_code(client, "for name in 'ab': open(name, 'w').write(name)")
    container = call_of(first).container_id
    file_a, file_b = sorted(client.containers.files.list(container).data, key=lambda file: file.path)
    client.containers.files.delete(file_a.id, container_id=container)
    second = run_code(client, "import os\nprint(os.listdir())\nos.remove('b')", previous_response_id=first.id)
    assert logs(second) == "['b']\n"
    assert client.containers.files.list(container).data == []
    with pytest.raises(openai.NotFoundError):
        client.containers.files.retrieve(file_b.id, container_id=container)


def test_a_restart(recorder: Recorder, tmp_path: Path) -> None:
    """Files are there again, in their folders; variables are not, and the model is told."""
    options = Options(state=tmp_path / "state.db", model=Scripted(), code_interpreter=True)
    made = "import os\nos.mkdir('out')\nopen('out/a.txt', 'w').write('kept')\nx = 1"
    with start(options) as running, azure(running, recorder, timeout=120) as client:
        first = run_code(client, made)
        (mark,) = text_of(first).annotations
        assert (mark.to_dict()["filename"], first.output_text.count("sandbox:/mnt/data/out/a.txt")) == ("a.txt", 1)
    model = Scripted()
    with (
        start(Options(state=tmp_path / "state.db", model=model, code_interpreter=True)) as running,
        azure(running, recorder, timeout=120) as client,
    ):
        again = run_code(client, "print(open('out/a.txt').read(), 'x' in globals())", previous_response_id=first.id)
        assert logs(again) == "kept False\n"
        assert BEGAN_ANEW in again.output_text
        assert text_of(again).annotations == []


def test_cancelled(client: openai.AzureOpenAI, tool: dict[str, Any]) -> None:
    """A response in the background takes its code with it; the kernel goes on with what it had."""
    run_code(client, "kept = 5", tools=[tool])
    code = "import time\nwhile True: time.sleep(0.1)"
    made = respond(client, calling(("code_interpreter", code)), tools=[tool], background=True)
    while client.responses.retrieve(made.id).status == "queued":
        time.sleep(0.05)
    assert client.responses.cancel(made.id).status == "cancelled"
    assert logs(run_code(client, "kept", tools=[tool])) == "5\n"


def test_a_call_that_was_cut(client: openai.AzureOpenAI, tool: dict[str, Any]) -> None:
    """It is shown as far as it came, and was not run."""
    response = respond(client, calling(("code_interpreter", "print('never')"), how="cut"), tools=[tool])
    call = call_of(response)
    assert (response.status, call.status, call.code, call.outputs) == ("incomplete", "incomplete", "print('never", None)


@pytest.mark.parametrize("allowed", [None, False])
def test_where_it_is_off(recorder: Recorder, allowed: bool | None) -> None:
    """Another model than the offline one runs no code unless somebody allows it; the same sentence as in runs."""
    with (
        start(Options(model=Scripted(), code_interpreter=allowed)) as running,
        azure(running, recorder) as client,
    ):
        response = run_code(client, "print(1)")
        assert "no code was run" in logs(response)
        assert "CODE_INTERPRETER=on" in response.output_text


@pytest.fixture(scope="module")
def offline() -> Iterator[Running]:
    """An endpoint with the offline model, which runs code by itself."""
    with start(Options()) as running:
        yield running


SALES = "city,sales\nKyoto,3\nNara,5\n"


@pytest.mark.parametrize(
    ("asked", "with_table", "expected"),
    [
        ("What is 37 * 91 + 5?", False, "3372"),
        ("37 * 91 + 5 はいくつですか。", False, "3372"),
        ("What is the sum of the sales?", True, "8"),
        ("売上(sales)の合計はいくつですか。", True, "8"),
        ("```python\nprint('fenced')\n```", False, "fenced"),
        ("Draw a bar chart of the sales by city.", True, "Here is the chart."),
        ("都市(city)ごとの sales の棒グラフを描いて。", True, "グラフを描きました。"),
    ],
)
def test_the_offline_model(offline: Running, recorder: Recorder, asked: str, with_table: bool, expected: str) -> None:
    """It writes code for sums, tables and charts, in English and Japanese, and runs what is fenced."""
    with plain(offline, recorder, "/openai/v1", timeout=120) as client:
        file_ids = [client.files.create(file=("sales.csv", SALES.encode()), purpose="user_data").id] * with_table
        tool: Any = {"type": "code_interpreter", "container": {"type": "auto", "file_ids": file_ids}}
        response = respond(client, asked, tools=[tool])
        assert call_of(response).status == "completed"
        assert expected in response.output_text
        if "chart" in expected or "グラフ" in expected:
            (mark,) = text_of(response).annotations
            assert mark.type == "container_file_citation"
            picture = client.containers.files.content.retrieve(mark.file_id, container_id=mark.container_id)
            assert picture.read().startswith(b"\x89PNG")


def test_the_offline_model_picks_the_table_that_is_named(offline: Running, recorder: Recorder) -> None:
    """By its own name, which stands behind the id in the container."""
    with plain(offline, recorder, "/openai/v1", timeout=120) as client:
        contents = {"rain.csv": "month,value\nMay,100\n", "heat.csv": "month,value\nMay,7\n"}
        sent = [client.files.create(file=(name, text.encode()), purpose="user_data") for name, text in contents.items()]
        tool: Any = {"type": "code_interpreter", "container": {"type": "auto", "file_ids": [file.id for file in sent]}}
        assert "100" in respond(client, "What is the sum of value in rain?", tools=[tool]).output_text
