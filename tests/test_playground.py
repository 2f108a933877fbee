"""The playground without a browser: what its runs are given, what becomes of them, and what the log keeps."""

import asyncio
import csv
import io
import re
import threading
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import openai
import pytest
from support.html import unclosed
from support.scripted import Scripted
from support.talking import served

from helpers import KitError, Playground
from helpers.display.timeline import duration
from helpers.playground.configurations import Configuration, difference
from helpers.playground.sides import WORDS
from helpers.traffic import watch
from mock_endpoint.models.base import Event, Finished, Prompt, TextDelta


def get_weather(city: str) -> dict[str, object]:
    """The weather in a city."""
    return {"city": city, "sky": "sunny"}


def get_weather_now(city: str) -> None:
    """The weather in a city, from a service that is down."""
    raise ConnectionError(f"no weather for {city}")


@pytest.fixture
def client() -> Iterator[openai.AzureOpenAI]:
    """A client of an endpoint that thinks for a moment."""
    with served(pace=0.1) as made:
        yield made


@pytest.fixture
def lab(client: openai.AzureOpenAI) -> Iterator[Playground]:
    """A playground with two functions."""
    made = Playground(client, functions=[get_weather, get_weather_now])
    yield made
    made.close()


def press(lab: Playground) -> None:
    """Click *Run both*, and wait."""
    lab._run_both.click()
    settle(lab)


def settle(lab: Playground) -> None:
    """Wait for the worker, which must end."""
    assert lab._worker is not None
    lab._worker.join(timeout=20)
    assert not lab._worker.is_alive()


def begin(lab: Playground) -> None:
    """Wait until both runs are there."""
    until = time.monotonic() + 20
    while [bool(side._conversation.last_run) for side in lab._under_way] != [True, True]:
        assert time.monotonic() < until
        time.sleep(0.01)


def rows(lab: Playground) -> list[dict[str, str]]:
    """The log as a spreadsheet reads it."""
    return list(csv.DictReader(io.StringIO(lab.csv())))


def test_each_run_is_given_its_own_side(lab: Playground) -> None:
    """Every setting arrives at the run, and the two runs have threads of their own."""
    own = {"deployment": "gpt-4o", "instructions": "Answer in Japanese.", "temperature": 0.5, "tools": [get_weather]}
    trial = lab.run("What is the capital of Japan?", b=own)
    a, b = trial.a.run, trial.b.run
    assert a is not None
    assert b is not None
    assert (a.model, a.instructions, a.temperature, a.tools) == (
        *("gpt-35-turbo", "You help people plan a trip in Japan.", 1.0, []),
    )
    assert (b.model, b.instructions, b.temperature) == ("gpt-4o", "Answer in Japanese.", 0.5)
    assert [tool.function.name for tool in b.tools if tool.type == "function"] == ["get_weather"]
    assert a.thread_id != b.thread_id
    assert (trial.a.answer, trial.b.answer) == ("The capital of Japan is Tokyo.", "日本の首都は東京です。")
    assert a.usage is not None
    assert trial.a.tokens == (a.usage.prompt_tokens, a.usage.completion_tokens)


def test_the_sides_differ_in_one_thing_at_first(lab: Playground) -> None:
    """Whoever runs them at once sees what that one thing does."""
    a, b = (column.configuration for column in lab._columns)
    assert list(difference(a, b)) == ["instructions"]
    assert "one thing, the instructions" in lab._status.value
    lab._run_both.click()
    settle(lab)
    assert [one.answer for _, one in lab.log.trials[0].sides] == [
        "The capital of Japan is Tokyo.",
        "日本の首都は東京です。",
    ]


def test_a_late_stop_stops_nothing(lab: Playground) -> None:
    """Both sides are done, or never began; the next trial runs."""
    ready = lab._status.value
    lab._stop.click()
    assert lab._status.value == ready
    assert lab.run("Hello").a.status == "completed"


def test_stop_says_what_it_waits_for(client: openai.AzureOpenAI) -> None:
    """A function at work cannot be interrupted."""
    at_work, go_on = threading.Event(), threading.Event()

    def get_weather(city: str) -> str:
        at_work.set()
        go_on.wait(20)
        return city

    lab = Playground(client, functions=[get_weather])
    lab._columns[1].load(Configuration(tools=("get_weather",)))
    lab._prompt.value = "What is the weather in Kyoto?"
    lab._run_both.click()
    assert at_work.wait(20)
    lab._stop.click()
    assert "Stopping when get_weather returns" in lab._status.value
    go_on.set()
    settle(lab)
    assert lab.log.trials[0].b.stopped
    lab.close()


class Meeting(Scripted):
    """Answers when two ask at the same time, and not before."""

    def __init__(self) -> None:
        super().__init__()
        self._both = threading.Barrier(2)

    async def answer(self, prompt: Prompt) -> AsyncIterator[Event]:
        """One word."""
        await asyncio.to_thread(self._both.wait, 10)
        yield TextDelta("Together.")
        yield Finished("stop", 1, 1)


def test_both_run_at_once() -> None:
    """One after the other, neither would answer."""
    with served(model=Meeting()) as made:
        trial = Playground(made).run("Hello")
        assert (trial.a.answer, trial.b.answer) == ("Together.", "Together.")


def test_a_side_may_have_its_own_prompt(lab: Playground) -> None:
    """The other one takes the shared one."""
    trial = lab.run("What is the capital of France?", b={"prompt": "What is the capital of Peru?"})
    assert (trial.a.prompt, trial.b.prompt) == ("What is the capital of France?", "What is the capital of Peru?")
    assert "Lima" in trial.b.answer


def test_functions_are_called_and_a_broken_one_is_told_of(lab: Playground) -> None:
    """Only the side that has the tool calls it; an exception becomes the output."""
    trial = lab.run("What is the weather in Kyoto?", a={"tools": "get_weather_now"}, b={"tools": ["get_weather"]})
    assert [(call.name, call.failed) for call in trial.a.calls] == [("get_weather_now", True)]
    assert trial.a.calls[0].output == "ConnectionError: no weather for Kyoto"
    assert [call.output for call in trial.b.calls] == ['{"city": "Kyoto", "sky": "sunny"}']
    assert "sunny" in trial.b.answer
    assert 'get_weather({"city": "Kyoto"}) →' in repr(trial)


def test_what_the_service_refuses_stays_in_its_column(lab: Playground) -> None:
    """The other side goes on, and the log keeps both."""
    trial = lab.run("What is the capital of Japan?", a={"temperature": 3})
    assert trial.a.problem is not None
    assert "Invalid 'temperature'" in trial.a.problem.what
    assert (trial.a.status, trial.a.tokens) == ("no run", None)
    assert trial.b.status == "completed"
    assert "Invalid &#x27;temperature&#x27;" in lab._columns[0]._answer.value
    assert [row["status"] for row in rows(lab)] == ["no run", "completed"]


def test_a_click_runs_what_is_set_on_the_page(lab: Playground) -> None:
    """The kernel is free meanwhile; afterwards answers, bars, timelines and log are on the page."""
    lab._prompt.value = "What is the capital of Peru?"
    press(lab)
    trial = lab.log.trials[0]
    assert (trial.a.answer, trial.b.answer) == ("The capital of Peru is Lima.", "ペルーの首都はリマです。")
    assert trial.a.answer in lab._columns[0]._answer.value
    assert lab._pictures.value.count("statuses</div>") == 2
    assert "prompt_tokens:" in lab._pictures.value
    assert trial.b.answer in lab._table.value
    assert "Trial 1 is done." in lab._status.value
    assert not lab._run_both.disabled


def test_a_second_is_as_long_on_both_timelines(client: openai.AzureOpenAI) -> None:
    """Side B calls a function, and takes longer: its statuses fill the width, those of A only their share of it."""
    lab = Playground(watch(client), functions=[get_weather])
    trial = lab.run("What is the weather in Kyoto?", b={"tools": ["get_weather"]})
    tracks = re.findall(r"statuses</div>(.*?)<div style=\"flex:1", trial.pictures(), re.S)
    a, b = (sum(float(width) for width in re.findall(r'" style="width:([\d.]+)%', track)) for track in tracks)
    assert trial.a.run is not None
    assert trial.b.run is not None
    taken = [duration(run.model_dump()) for run in (trial.a.run, trial.b.run)]
    assert taken[0] < taken[1]
    assert a == pytest.approx(100 * taken[0] / taken[1], abs=0.3)
    assert b == pytest.approx(100, abs=0.3)


def test_stop_cancels_both_runs_on_the_server() -> None:
    """A second click meanwhile begins nothing, and afterwards the playground can run again."""
    with served(pace=30) as made:
        lab = Playground(made)
        lab._run_both.click()
        assert lab._run_both.disabled
        lab._on_run()
        begin(lab)
        lab._stop.click()
        settle(lab)
        assert [one.status for _, one in lab.log.trials[0].sides] == ["cancelled", "cancelled"]
        for _, one in lab.log.trials[0].sides:
            assert one.run is not None
            assert made.beta.threads.runs.retrieve(one.run.id, thread_id=one.run.thread_id).status == "cancelled"
        assert len(lab.log.trials) == 1
        assert not lab._run_both.disabled


def test_stop_before_a_run_began_begins_none(lab: Playground, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever clicks Stop while the assistant is still being made pays nothing."""
    made = lab._made_assistant()
    monkeypatch.setattr(lab, "_made_assistant", lambda: (lab._stop_sides(), made)[1])
    press(lab)
    trial = lab.log.trials[0]
    assert [one.status for _, one in trial.sides] == ["no run", "no run"]
    assert "Stopped before it began." in repr(trial)


def test_an_interrupt_cancels_both_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    """The kernel's Interrupt, while `run` waits: nothing goes on behind its back, and the playground is free."""
    with served(pace=30) as made:
        lab = Playground(made)
        seen: list[Any] = []

        def interrupted(_: object) -> None:
            begin(lab)
            seen.extend(lab._under_way)
            raise KeyboardInterrupt

        monkeypatch.setattr("concurrent.futures.Future.result", interrupted)
        with pytest.raises(KeyboardInterrupt):
            lab.run("Hello")
        assert [side._conversation.last_run.status for side in seen] == ["cancelled", "cancelled"]
        assert not lab._run_both.disabled
        assert not lab._turn.locked()


def test_a_problem_of_a_click_is_never_invisible(lab: Playground, monkeypatch: pytest.MonkeyPatch) -> None:
    """In the worker and in the callback itself; the button works again."""
    lab._prompt.value = " "
    press(lab)
    assert 'role="alert"' in lab._status.value
    assert "There is no prompt." in lab._status.value
    lab._prompt.value = "Hello"
    lab._columns[1]._deployment.value = " "
    press(lab)
    assert "Side B has no deployment." in lab._status.value
    assert lab.log.trials == []
    lab._columns[1]._deployment.value = "gpt-4"
    lab._save.click()
    assert "There is no trial to save yet." in lab._status.value
    monkeypatch.setattr("helpers.playground.lab.Side", lambda *_: 1 / 0)  # pyrefly: ignore[division-by-zero]
    lab._prompt.value = "Hello"
    press(lab)
    assert "ZeroDivisionError" in lab._status.value
    assert not lab._run_both.disabled


def test_saving_replaces_no_file(lab: Playground, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The next free number beside the notebook, marked as UTF-8."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "trials-1.csv").write_text("mine", encoding="utf-8")
    lab.run("日本の首都はどこですか?")
    assert lab.save().name == "trials-2.csv"
    assert lab.save().name == "trials-3.csv"
    assert (tmp_path / "trials-1.csv").read_text(encoding="utf-8") == "mine"
    assert (tmp_path / "trials-2.csv").read_bytes().startswith(b"\xef\xbb\xbftrial,time,side,")
    assert (tmp_path / "trials-2.csv").read_text(encoding="utf-8-sig") == lab.csv()


def test_a_folder_that_takes_no_file_is_named(lab: Playground, tmp_path: Path) -> None:
    """Read-only, full or gone: the text can still be copied."""
    lab.run("Hello")
    with pytest.raises(KitError, match=r"gone.*cannot be written"):
        lab.log.save(tmp_path / "gone")


def test_a_spreadsheet_finds_no_formula_in_what_was_said(lab: Playground) -> None:
    """Neither in the prompt nor in an answer, in signs of any width; a number stays one."""
    lab.run("=1+1", a={"instructions": "@me"}, b={"instructions": "\uff1d1+1"})
    row, other = rows(lab)
    assert (row["prompt"], row["instructions"], row["temperature"]) == ("'=1+1", "'@me", "1.0")
    assert other["instructions"] == "'\uff1d1+1"


def test_line_breaks_and_commas_stay_in_their_cell(lab: Playground) -> None:
    """A spreadsheet keeps a quoted cell together."""
    prompt = 'First, "this".\nThen that.'
    lab.run(prompt)
    assert [row["prompt"] for row in rows(lab)] == [prompt, prompt]


def test_the_log_shows_the_newest_trial_first(lab: Playground) -> None:
    """Its prompt once, over both sides, unless each had its own; then it is among what differs."""
    lab.run("What is the capital of Peru?")
    lab.run("What is the capital of Chad?", b={"prompt": "What is the capital of Oman?"})
    html = lab.log._repr_html_()
    assert html.index("each its own prompt") < html.index("What is the capital of Peru?")
    assert html.count("What is the capital of Peru?") == 1
    for asked in ("prompt: What is the capital of Chad?", "prompt: What is the capital of Oman?"):
        assert f"<div>{asked}</div>" in html
    assert [line.split()[0] for line in repr(lab.log).splitlines()] == ["trial", "2", "2", "1", "1"]
    assert [row["trial"] for row in rows(lab)] == ["1", "1", "2", "2"]
    assert unclosed(html) == []


def test_closing_while_both_run_ends_them() -> None:
    """On the server, too; nothing is left there, and the log says what became of them."""
    with served(pace=30) as made:
        lab = Playground(made)
        lab._run_both.click()
        begin(lab)
        lab.close()
        assert [one.status for _, one in lab.log.trials[0].sides] == ["cancelled", "cancelled"]
        assert made.beta.assistants.list().data == []
        assert not lab._run_both.disabled


def test_nothing_said_is_taken_for_html(client: openai.AzureOpenAI) -> None:
    """Prompts, names and answers are text."""
    lab = Playground(client)
    trial = lab.run("My name is <b>Aiko</b>.", a={"deployment": "<i>", "instructions": "<u>"})
    shown = trial._repr_html_() + lab.log._repr_html_() + lab._columns[0]._answer.value
    assert [tag for tag in ("<b>Aiko", "<i>", "<u>") if tag in shown] == []
    assert "&lt;b&gt;Aiko" in shown


def test_text_twins_hold_no_time(lab: Playground) -> None:
    """Two runs of one notebook print the same."""
    assert repr(lab).splitlines()[-1] == "no trial yet"
    first, second = (repr(lab.run("What is the capital of Peru?")).splitlines() for _ in range(2))
    assert (first[0], second[0]) == ("trial 1  both sides the same", "trial 2  both sides the same")
    assert first[1:] == second[1:]
    assert "time" not in repr(lab.log).splitlines()[0]
    bundle = lab._repr_mimebundle_()
    assert bundle["application/vnd.jupyter.widget-view+json"]["model_id"] == lab.widget.model_id
    assert "The capital of Peru is Lima." in bundle["text/html"]


def test_closing_deletes_the_assistant_and_keeps_the_log(client: openai.AzureOpenAI) -> None:
    """One assistant for all trials, none before the first; closing twice, or after somebody else, is no error.

    After Run All the playground is still on the page: it makes another assistant when it is used.
    """
    lab = Playground(client)
    assert client.beta.assistants.list().data == []
    lab.run("Hello")
    lab.run("Hello")
    (assistant,) = client.beta.assistants.list().data
    assert assistant.metadata == {"lesson": "90"}
    client.beta.assistants.delete(assistant.id)
    lab.close()
    lab.close()
    lab.run("Hello")
    assert [trial.a.status for trial in lab.log.trials] == ["completed"] * 3
    lab.close()
    assert client.beta.assistants.list().data == []


def test_what_is_no_client_and_no_function_is_named(client: openai.AzureOpenAI) -> None:
    """As ChatBox does."""
    with pytest.raises(KitError, match="Playground was given str where it needs a client"):
        Playground("client")
    with pytest.raises(KitError, match="Playground was given int where it needs functions"):
        Playground(client, functions=5)


def test_no_problem_speaks_of_a_chat_box() -> None:
    """Whatever goes wrong with a run is told as of a playground."""
    never_said = ("both_given", "closed", "no_assistant", "no_client", "no_question")
    problems = [name for name in WORDS if f"{name}.fix" in WORDS and name not in never_said]
    assert len(problems) > 10
    for sentence in (WORDS[one] for name in problems for one in (name, f"{name}.fix")):
        assert not re.search("box|chat|send|question", sentence, re.IGNORECASE), sentence


def test_a_function_that_is_not_ticked_is_named_without_a_chat_box() -> None:
    """To the model, which asked for it, and to the person."""
    with served(model=Scripted()) as made:
        lab = Playground(made, functions=[get_weather])
        trial = lab.run('call [["get_wether", {"city": "Kyoto"}]]', a={"tools": ["get_weather"]})
        assert [call.output for call in trial.a.calls] == ["no function get_wether is known here; known: get_weather"]
        assert trial.b.problem is not None
        assert "get_wether" in trial.b.problem.what
        assert "Tick it under Tools." in trial.b.problem.fix
