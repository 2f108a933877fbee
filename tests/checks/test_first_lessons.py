"""The checks of the lessons against an endpoint: what learners really did, and what they are told."""

from collections.abc import Callable
from typing import Any

import openai
import pytest
from openai.types.beta import Assistant
from openai.types.beta.threads import Run

from helpers.exercises.trying import GONE

from .conftest import Say


@pytest.fixture
def tabi(client: openai.AzureOpenAI) -> Assistant:
    """The assistant of the lessons."""
    return client.beta.assistants.create(
        name="Tabi", model="gpt-35-turbo", instructions="You help people plan a trip in Japan."
    )


def run_of(client: openai.AzureOpenAI, tabi: Assistant, **options: Any) -> Run:  # noqa: ANN401 - the client's own
    """A finished run on a thread of its own."""
    thread = client.beta.threads.create(messages=[{"role": "user", "content": "What is the capital of Kenya?"}])
    return client.beta.threads.runs.create_and_poll(thread_id=thread.id, assistant_id=tabi.id, **options)


ONE_WORD = "Answer in one word."


@pytest.mark.parametrize("option", ["instructions", "additional_instructions"])
def test_05b_can_be_solved_after_its_own_mistake(
    client: openai.AzureOpenAI, tabi: Assistant, say: Say, option: str
) -> None:
    """Tabi changed, put back, and the exercise solved properly: what was done before does not count."""
    client.beta.assistants.update(tabi.id, instructions=ONE_WORD)
    assert "the run took its instructions from Tabi" in say("05b", run_of(client, tabi))
    assert tabi.instructions is not None
    client.beta.assistants.update(tabi.id, instructions=tabi.instructions)
    assert "05b is correct" in say("05b", run_of(client, tabi, **{option: ONE_WORD}))


def test_05b_knows_a_run_that_brought_its_thread_along(client: openai.AzureOpenAI, tabi: Assistant, say: Say) -> None:
    """Thread and run may be made in one request."""
    question: Any = {"messages": [{"role": "user", "content": "What is the capital of Kenya?"}]}
    options: dict[str, Any] = {"assistant_id": tabi.id, "thread": question}
    silent = client.beta.threads.create_and_run_poll(**options)
    assert "the run took its instructions from Tabi" in say("05b", silent)
    assert "correct" in say("05b", client.beta.threads.create_and_run_poll(**options, instructions=ONE_WORD))


def test_05b_sees_that_tabi_still_has_the_instructions(client: openai.AzureOpenAI, tabi: Assistant, say: Say) -> None:
    """Its own were to stay as they are."""
    client.beta.assistants.update(tabi.id, instructions=ONE_WORD)
    assert "Tabi has the same instructions as the run" in say("05b", run_of(client, tabi, instructions=ONE_WORD))


def test_05b_asks_for_one_word(client: openai.AzureOpenAI, tabi: Assistant, say: Say) -> None:
    """Other instructions than Tabi's are not enough."""
    said = say("05b", run_of(client, tabi, instructions="Be polite."))
    assert 'answered "The capital of Kenya is Nairobi.", which is more than one word' in said


@pytest.mark.parametrize(("options", "expected"), [({"instructions": ONE_WORD}, "correct"), ({}, "Tabi has the same")])
def test_05b_does_without_the_request_that_made_the_run(
    client: openai.AzureOpenAI, tabi: Assistant, say: Say, options: dict[str, str], expected: str
) -> None:
    """The log forgets, and a client made by hand writes none."""
    unwatched = openai.AzureOpenAI(api_version="2024-05-01-preview", api_key="a key of this test")
    with unwatched:
        run = run_of(unwatched, tabi, **options)
    assert expected in say("05b", run)


def test_05b_asks_for_the_thread(client: openai.AzureOpenAI, tabi: Assistant, say: Say) -> None:
    """With its thread a run is deleted, and what it wrote; then nothing proves it."""
    run = run_of(client, tabi, instructions=ONE_WORD)
    client.beta.threads.delete(run.thread_id)
    assert "the endpoint knows no such run; was it made here, and is its thread still there?" in say("05b", run)


def test_02a_needs_more_than_the_largest_page(client: openai.AzureOpenAI, say: Say) -> None:
    """However many assistants there are; and none of the check's own stays."""

    def on_the_first_page(lesson: str) -> object:
        page = client.beta.assistants.list(limit=100).data
        return next((one for one in page if (one.metadata or {}).get("lesson") == lesson), None)

    def anywhere(lesson: str) -> object:
        every = client.beta.assistants.list()
        return next((one for one in every if (one.metadata or {}).get("lesson") == lesson), None)

    assert "newer ones before it; how many does one page hold?" in say("02a", on_the_first_page)
    assert "02a is correct" in say("02a", anywhere)
    assert list(client.beta.assistants.list()) == []


def test_02a_quotes_a_find_that_fails_where_there_is_none(client: openai.AzureOpenAI, say: Say) -> None:
    """And the check's own assistants go all the same."""

    def find(lesson: str) -> object:
        return [one for one in client.beta.assistants.list() if (one.metadata or {}).get("lesson") == lesson][0]  # noqa: RUF015

    assert ", with IndexError: list index" in say("02a", find)
    assert list(client.beta.assistants.list()) == []


def test_04a_quotes_a_refusal(client: openai.AzureOpenAI, say: Say) -> None:
    """What the endpoint refused was the function's request."""

    def everything(thread_id: str) -> object:
        return client.beta.threads.messages.list(thread_id=thread_id, limit=1000).data

    said = say("04a", everything)
    assert "everything fails when it is given 'thread_" in said
    assert "with BadRequestError: " in said


@pytest.mark.parametrize(
    ("options", "hint"),
    [
        ({}, "on which side of a message does the list have the newer ones?"),
        ({"order": "asc", "after": None}, "on which side of a message"),
        ({"order": "asc"}, "how many does one page of a list hold"),
    ],
)
def test_04b_leads_on_from_messages_that_are_missing(
    client: openai.AzureOpenAI, say: Say, options: dict[str, Any], hint: str
) -> None:
    """The wrong side of the cursor is another mistake than the first page only."""

    def news(thread_id: str, message_id: str) -> object:
        asked: dict[str, Any] = {"after": message_id, **options}
        return client.beta.threads.messages.list(thread_id, **{k: v for k, v in asked.items() if v}).data

    assert hint in say("04b", news)


@pytest.mark.parametrize(
    ("status", "hint"), [("in_progress", "ask for it again"), ("failed", "show(short_run) says why")]
)
def test_05b_says_what_to_do_about_a_run_that_did_not_complete(
    client: openai.AzureOpenAI, tabi: Assistant, say: Say, status: str, hint: str
) -> None:
    """To wait helps in one case only."""
    assert hint in say("05b", run_of(client, tabi).model_copy(update={"status": status}))


@pytest.mark.parametrize(("status", "hint"), [("queued", "ask the endpoint to cancel"), ("completed", "while it is")])
def test_05c_says_what_to_do_about_a_run_that_was_not_cancelled(
    client: openai.AzureOpenAI, tabi: Assistant, say: Say, status: str, hint: str
) -> None:
    """One can still be cancelled, the other cannot."""
    assert hint in say("05c", run_of(client, tabi).model_copy(update={"status": status}))


@pytest.mark.parametrize("exercise", ["02b", "05a"])
def test_a_deleted_assistant_is_called_so(client: openai.AzureOpenAI, tabi: Assistant, say: Say, exercise: str) -> None:
    """Whether the check itself asks for it, or the learner's function does."""
    client.beta.assistants.delete(tabi.id)
    answers: dict[str, object] = {"02b": tabi, "05a": lambda question: run_of(client, tabi)}
    assert GONE in say(exercise, answers[exercise])


def test_03a_knows_that_the_assistant_was_deleted(client: openai.AzureOpenAI, tabi: Assistant, say: Say) -> None:
    """The threads are there, and the run was refused; asked twice, the check says the same."""
    first = client.beta.threads.create(messages=[{"role": "user", "content": "My name is Chie."}])
    second = client.beta.threads.create(messages=[{"role": "user", "content": "My name is David."}])
    assert "no run has worked on Chie's thread yet" in say("03a", first, second)
    client.beta.assistants.delete(tabi.id)
    with pytest.raises(openai.NotFoundError):
        client.beta.threads.runs.create(thread_id=first.id, assistant_id=tabi.id)
    assert [GONE in say("03a", first, second) for _ in range(2)] == [True, True]


def test_another_404_is_a_refusal_and_no_wrong_kind(client: openai.AzureOpenAI, say: Say) -> None:
    """A thread that is deleted is not of a wrong kind."""
    threads = [client.beta.threads.create() for _ in range(2)]
    client.beta.threads.delete(threads[0].id)
    assert "the endpoint refused a request that has to do with the answer (NotFoundError" in say("03a", *threads)


@pytest.mark.parametrize("pace", [5])
def test_03a_knows_a_run_that_has_not_ended(client: openai.AzureOpenAI, tabi: Assistant, say: Say) -> None:
    """Somebody was put to work, and nobody waited."""
    threads = [client.beta.threads.create(messages=[_message(name)]) for name in ("Chie", "David")]
    for thread in threads:
        client.beta.threads.runs.create(thread.id, assistant_id=tabi.id)
    assert "; what waits for its end?" in say("03a", *threads)


def _message(name: str) -> Any:  # noqa: ANN401 - the client's own type
    return {"role": "user", "content": f"My name is {name}."}


def _entry(call: Any) -> object:  # noqa: ANN401 - a tool call of any kind
    return {"tool_call_id": call.id, "output": '{"EUR": 20}'}


_GOOD = ('{"yen": 3200, "currency": "EUR"}', '{"city": "Tokyo", "month": 7}')


@pytest.mark.parametrize(
    ("careful", "reason"),
    [
        (_entry, "a whole entry for submit_tool_outputs was returned for a good call; return its output alone"),
        (
            lambda call: '{"EUR": 20, "July": 26}' if call.function.arguments in _GOOD else _entry(call),
            "a whole entry for submit_tool_outputs was returned for an unknown name",
        ),
        (lambda call: 20, "an output is a string with something in it, and for a good call it is 20"),
    ],
)
def test_08b_wants_the_output_as_a_string(say: Say, careful: Callable[[Any], object], reason: str) -> None:
    """For every call, and without what is around it."""
    assert reason in say("08b", careful)


def test_07b_knows_an_async_function(say: Say) -> None:
    """Though the check itself throws away what `follow` returns."""

    async def follow(question: str, label: object) -> None:
        raise AssertionError("it ran")

    assert "this is an async function, and an ordinary one is asked for" in say("07b", follow)
