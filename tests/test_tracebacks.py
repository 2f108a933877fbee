"""What a notebook shows of an error: the client's own lines are folded, everybody else's are not."""

import sys
from collections.abc import Callable, Iterator

import pytest
from IPython.core.interactiveshell import InteractiveShell

Run = Callable[[str], str]
"""Runs a cell; what it showed comes back."""
WHOLE = "The whole traceback: import traceback; traceback.print_last()"


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Iterator[Run]:
    """A kernel in which `prepare()` has run."""
    monkeypatch.setattr(sys, "displayhook", sys.displayhook)
    InteractiveShell.clear_instance()
    shell = InteractiveShell.instance(colors="nocolor")

    def ran(source: str) -> str:
        capsys.readouterr()
        shell.run_cell(source, store_history=True)
        return capsys.readouterr().out

    ran("from helpers import KitError, connect, fault, prepare\nprepare()")
    ran("client = connect()\nthreads = client.beta.threads")
    yield ran
    InteractiveShell.clear_instance()


RUN = (
    "tabi = client.beta.assistants.create(model='x')\n"
    "thread = threads.create(messages=[{'role': 'user', 'content': 'What is the capital of Peru?'}])\n"
)
CASES = [
    (
        "threads.retrieve('thread_x')",
        "NotFoundError 404: No thread found with id 'thread_x'.",
        "run the cell that makes",
    ),
    ("connect(api_key='not the key').beta.threads.create()", "AuthenticationError 401: Access denied", "doctor"),
    (
        "connect(azure_endpoint=str(client.base_url)).beta.threads.create()",
        "NotFoundError 404: Resource not found",
        "wire() shows what was asked for",
    ),
    (
        "thread = threads.create()\nthreads.messages.create(thread, role='user', content='Hello')",
        "BadRequestError 400: Invalid 'thread_id'",
        "Give the id, not the object",
    ),
    (
        "connect(api_version='2024-05-01').beta.threads.create()",
        "BadRequestError 400: API version not supported",
        "Is -preview missing at its end",
    ),
    (
        "threads.retrieve('')",
        "ValueError: Expected a non-empty value for `thread_id`",
        "The id is empty",
    ),
    (
        "import openai\nopenai.AzureOpenAI(api_key='', azure_endpoint='http://127.0.0.1:1', api_version='x')",
        "OpenAIError: Missing credentials.",
        "The client was given no key",
    ),
    (
        "import openai\nclass Mine(openai.AssistantEventHandler):\n    def __init__(self):\n        self.pieces = []\n"
        "tabi = client.beta.assistants.create(model='x')\nthread = threads.create()\n"
        "stream = threads.runs.stream(thread_id=thread.id, assistant_id=tabi.id, event_handler=Mine())\n"
        "stream.__enter__()",
        "AttributeError: 'Mine' object has no attribute '_AssistantEventHandler__stream'",
        "Begin the __init__ of your handler with super().__init__()",
    ),
    (
        "connect(azure_endpoint='http://127.0.0.1:1', max_retries=0).beta.threads.create()",
        "APIConnectionError: Connection error.",
        "Nobody answers at that address",
    ),
    (
        "once = client.with_options(max_retries=0)\nwith fault('rate_limit'):\n    once.beta.threads.create()",
        "RateLimitError 429: ",
        "wait a little",
    ),
    (
        "client.beta.assistants.create(nme='Tabi', model='x')",
        "TypeError: Assistants.create() got an unexpected keyword argument 'nme'",
        "press Shift+Tab",
    ),
    (
        "tool = {'type': 'function', 'function': {'name': 'get_weather'}}\n"  # the run waits for its output
        "tabi = client.beta.assistants.create(model='x', tools=[tool])\n"
        "thread = threads.create(messages=[{'role': 'user', 'content': 'What is the weather in Kyoto?'}])\n"
        "threads.runs.create_and_poll(thread_id=thread.id, assistant_id=tabi.id)\n"
        "threads.messages.create(thread.id, role='user', content='One more thing!')",
        "BadRequestError 400: Can't add messages to thread_",
        "Wait for that run with runs.poll(…), or cancel it",
    ),
    (
        f"{RUN}with fault('run_expired'):\n"
        "    run = threads.runs.create_and_poll(thread_id=thread.id, assistant_id=tabi.id)\n"
        "threads.runs.submit_tool_outputs(run.id, thread_id=thread.id, tool_outputs=[])",
        'BadRequestError 400: Runs in status "expired" do not accept tool outputs.',
        "The run waited for longer than ten minutes: begin again at the cell that makes it",
    ),
    (
        f"{RUN}run = threads.runs.create_and_poll(thread_id=thread.id, assistant_id=tabi.id)\n"
        "threads.runs.submit_tool_outputs(run.id, thread_id=thread.id, tool_outputs=[])",
        'BadRequestError 400: Runs in status "completed" do not accept tool outputs.',
        "go on with the next cell",
    ),
    (
        f"{RUN}run = threads.runs.create_and_poll(thread_id=thread.id, assistant_id=tabi.id)\n"
        "threads.runs.cancel(run.id, thread_id=thread.id)",
        "BadRequestError 400: Cannot cancel run with status 'completed'.",
        "The run is over",
    ),
]


@pytest.mark.parametrize(("cell", "sentence", "remedy"), CASES)
def test_an_error_of_the_client_is_told_in_short(
    run: Run, monkeypatch: pytest.MonkeyPatch, cell: str, sentence: str, remedy: str
) -> None:
    """One's own line with its mark, what the service said, what to do, and the way to the rest."""
    lines = run(f"first = 1\n{cell}\nlast = 1").splitlines()
    marked = [line for line in lines if line.startswith("→")]
    assert len(marked) == 1
    assert marked[0].split(maxsplit=2)[2] == cell.splitlines()[-1].strip()
    assert any(line.startswith(sentence) for line in lines)
    assert any(line.startswith("  → ") and remedy in line for line in lines)
    assert lines[-1] == WHOLE
    assert "site-packages" not in "\n".join(lines)


def test_ones_own_functions_are_shown_as_well(run: Run) -> None:
    """The call, and the line in the function that it led to."""
    run("def ask(thread_id):\n    return threads.retrieve(thread_id)")
    said = run("ask('thread_x')")
    assert "→   1 ask('thread_x')" in said
    assert "line 2 in ask\n    1 def ask(thread_id):\n→   2     return threads.retrieve(thread_id)" in said


@pytest.mark.parametrize(
    ("cell", "expected"),
    [
        ("1 / 0", "ZeroDivisionError: division by zero"),
        ("len(3)", "TypeError: object of type 'int' has no len()"),
        (
            "from helpers import KitError\nraise KitError('What happened.', 'What to do.')",
            "What happened.\n  → What to do.",
        ),
    ],
)
def test_other_errors_are_shown_as_ever(run: Run, cell: str, expected: str) -> None:
    said = run(cell)
    assert expected in said
    assert WHOLE not in said


def test_a_cell_that_python_cannot_read_shows_no_inner_frames(run: Run) -> None:
    """As IPython shows it by itself."""
    for cell in ("def f(:\n    pass", "    x\n  y"):
        said = run(cell)
        assert "Error" in said
        assert "site-packages" not in said


def test_the_whole_traceback_is_one_call_away(run: Run, capsys: pytest.CaptureFixture[str]) -> None:
    run("threads.retrieve('thread_x')")
    capsys.readouterr()
    InteractiveShell.instance().run_cell(WHOLE.partition(": ")[2])
    assert "_base_client.py" in capsys.readouterr().err


def test_one_argument_shows_everything(run: Run) -> None:
    run("prepare(full_tracebacks=True)")
    said = run("threads.retrieve('thread_x')")
    assert "_base_client.py" in said
    assert WHOLE not in said
    run("prepare()")
    assert "_base_client.py" not in run("threads.retrieve('thread_x')")
