"""The checks of lesson 08 against an endpoint: a streamed conversation that calls functions, and its mistakes."""

from collections.abc import Callable
from functools import partial
from typing import Any

import openai
import pytest
from openai.types.beta.threads import Run

from .conftest import Say


@pytest.fixture
def begin(client: openai.AzureOpenAI) -> Callable[[str], dict[str, Any]]:
    """What a run on a new thread with a question is given."""
    weather = _function("get_weather", "The weather of a city", city={"type": "string"}, month={"type": "integer"})
    convert = _function("convert", "Converts yen", yen={"type": "number"}, currency={"type": "string"})
    tabi = client.beta.assistants.create(name="Tabi", model="gpt-35-turbo", tools=[weather, convert])

    def begun(question: str) -> dict[str, Any]:
        thread = client.beta.threads.create(messages=[{"role": "user", "content": question}])
        return {"assistant_id": tabi.id, "thread_id": thread.id}

    return begun


def _function(name: str, description: str, **properties: object) -> Any:  # noqa: ANN401 - the client's own type
    parameters = {"type": "object", "properties": properties, "required": list(properties)}
    return {"type": "function", "function": {"name": name, "description": description, "parameters": parameters}}


def _handed_in(run: Run) -> dict[str, Any]:
    """What goes back to a run that asks for calls."""
    assert run.required_action
    calls = run.required_action.submit_tool_outputs.tool_calls
    outputs = [{"tool_call_id": call.id, "output": "fine"} for call in calls]
    return {"run_id": run.id, "thread_id": run.thread_id, "tool_outputs": outputs}


def _heard(manager: Any) -> tuple[str, Run]:  # noqa: ANN401 - the client's own type
    with manager as stream:
        return "".join(stream.text_deltas), stream.get_final_run()


@pytest.fixture
def tell(client: openai.AzureOpenAI, begin: Callable[[str], dict[str, Any]]) -> Callable[..., str]:
    """An answer that is right; `rounds` is how often it looks whether the run asks for calls."""
    runs = client.beta.threads.runs

    def told(question: str, rounds: int = 9, **options: Any) -> str:  # noqa: ANN401 - the client's own types
        text, run = _heard(runs.stream(**begin(question), **options))
        while run.status == "requires_action" and rounds:
            more, run = _heard(runs.submit_tool_outputs_stream(**_handed_in(run)))
            text, rounds = text + more, rounds - 1
        return text

    return told


def test_08c_goes_on_while_the_run_asks(tell: Callable[..., str], say: Say) -> None:
    """One round of calls is not enough where the model may ask for one call at a time only."""
    assert "08c is correct" in say("08c", tell)
    assert "the run asked a second time, and got no outputs" in say("08c", partial(tell, rounds=1))
    assert "the last stream ended with requires_action" in say("08c", partial(tell, rounds=0))


def test_08c_hands_the_options_on(tell: Callable[..., str], say: Say) -> None:
    """Options that are not taken, and those that are taken and forgotten."""
    assert "unexpected keyword argument 'parallel_tool_calls'" in say("08c", lambda question: tell(question, rounds=9))
    assert "the options did not reach the run" in say("08c", lambda question, **options: tell(question))


def test_08c_wants_every_part_streamed(
    client: openai.AzureOpenAI, begin: Callable[[str], dict[str, Any]], say: Say
) -> None:
    """A stream at first, and polling after the calls."""
    runs = client.beta.threads.runs

    def tell(question: str, **options: Any) -> str:  # noqa: ANN401 - the client's own types
        text, run = _heard(runs.stream(**begin(question), **options))
        while run.status == "requires_action":
            run = runs.submit_tool_outputs_and_poll(**_handed_in(run))
        return text or "polled"

    assert "the stream ended at the call" in say("08c", tell)
