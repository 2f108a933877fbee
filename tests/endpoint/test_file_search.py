"""File search in runs: the thread's and the assistant's stores, steps, citations (contract §4, §5, §6, §7)."""

import asyncio
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx2
import openai
import pytest
from openai.types.beta import Assistant, FileSearchToolParam, FunctionToolParam
from openai.types.beta.threads import Run, Text, TextContentBlock
from openai.types.beta.threads.runs import FileSearchToolCall, ToolCallsStepDetails
from support.recording import Recorder
from support.talking import ask, azure, call_ids, calling, streamed, text_of

from mock_endpoint.models.offline import OfflineModel
from mock_endpoint.tools.file_search import indexing

from .conftest import Starter

SEARCH: FileSearchToolParam = {"type": "file_search"}
GATE = "# Gate\n\nThe gate is red and never closes.\n\n# Pond\n\nThe pond is deep; nobody may swim in it."
TEMPLE = "# 大仏\n\n大仏の高さは約15メートルです。\n\n# 鹿\n\n鹿にパンを与えてはいけません。"
CONTENT: Any = ["step_details.tool_calls[*].file_search.results[*].content"]


def upload(client: openai.AzureOpenAI, name: str, text: str) -> str:
    """The id of a file with this text."""
    return client.files.create(file=(name, text.encode()), purpose="assistants").id


@pytest.fixture
def store_id(client: openai.AzureOpenAI) -> str:
    """A store with a file in each language."""
    made = client.vector_stores.create(name="guide")
    ids = [upload(client, "gate.md", GATE), upload(client, "大仏.md", TEMPLE)]
    client.vector_stores.file_batches.create_and_poll(made.id, file_ids=ids)
    return made.id


@pytest.fixture
def assistant(client: openai.AzureOpenAI, store_id: str) -> Assistant:
    """An assistant that may search it."""
    return searcher(client, store_id)


def searcher(client: openai.AzureOpenAI, store_id: str, **options: Any) -> Assistant:  # noqa: ANN401
    """An assistant that may search a store."""
    given: dict[str, Any] = {"tools": [SEARCH], "tool_resources": {"file_search": {"vector_store_ids": [store_id]}}}
    return client.beta.assistants.create(model="gpt-4o", instructions="Answer.", **given | options)


def search_of(client: openai.AzureOpenAI, run: Run, **options: Any) -> FileSearchToolCall:  # noqa: ANN401
    """The one search of a run, from its first step."""
    step = client.beta.threads.runs.steps.list(run.id, thread_id=run.thread_id, order="asc", **options).data[0]
    assert isinstance(step.step_details, ToolCallsStepDetails)
    (call,) = step.step_details.tool_calls
    assert isinstance(call, FileSearchToolCall)
    return call


def said(client: openai.AzureOpenAI, run: Run) -> Text:
    """The text of the run's answer, with its annotations."""
    (part,) = client.beta.threads.messages.list(run.thread_id, run_id=run.id).data[0].content
    assert isinstance(part, TextContentBlock)
    return part.text


def test_its_step(client: openai.AzureOpenAI, assistant: Assistant) -> None:
    """Contract §4, §12.25, §12.43: results with `file_name`; their content only where it is asked for."""
    run = ask(client, assistant, calling(("file_search", "May I swim?")))
    call = search_of(client, run)
    assert call.file_search.ranking_options is not None
    assert call.file_search.ranking_options.to_dict() == {"ranker": "auto", "score_threshold": 0}
    assert call.file_search.results is not None
    assert [result.file_name for result in call.file_search.results] == ["gate.md", "大仏.md"]
    assert all(0 <= result.score <= 1 and result.content is None for result in call.file_search.results)
    full = search_of(client, run, include=CONTENT)
    assert full.file_search.results is not None
    assert full.file_search.results[0].content is not None
    assert full.file_search.results[0].content[0].text == GATE
    step = client.beta.threads.runs.steps.list(run.id, thread_id=run.thread_id, order="asc").data[0]
    one = client.beta.threads.runs.steps.retrieve(step.id, thread_id=run.thread_id, run_id=run.id, include=CONTENT)
    assert one.step_details.to_dict()["tool_calls"] == [full.to_dict()]


def test_its_options(client: openai.AzureOpenAI, store_id: str) -> None:
    """Contract §4, §7: the number of results, and the ranking options, which the step echoes."""
    ranking = {"ranker": "default_2024_08_21", "score_threshold": 0.9}
    for options, number in (({"max_num_results": 1}, 1), ({"ranking_options": ranking}, 0)):
        tools = [{"type": "file_search", "file_search": options}]
        call = search_of(client, ask(client, searcher(client, store_id, tools=tools), calling(("file_search", "gate"))))
        assert call.file_search.results is not None
        assert len(call.file_search.results) == number
    assert call.file_search.ranking_options is not None
    assert call.file_search.ranking_options.to_dict() == ranking


def test_citations(client: openai.AzureOpenAI, assistant: Assistant) -> None:
    """Contract §6, §12.45: a marker 【4:0†name】 becomes a `file_citation`, whose offsets index the text."""
    text = said(client, ask(client, assistant, calling(("file_search", "May I swim? 大仏"))))
    marked = {
        annotation.text: annotation.file_citation.file_id
        for annotation in text.annotations
        if annotation.type == "file_citation"
    }
    assert {marker.partition("†")[2] for marker in marked} == {"gate.md】", "大仏.md】"}
    for annotation in text.annotations:
        assert text.value[annotation.start_index : annotation.end_index] == annotation.text
    names = {marker: client.files.retrieve(file_id).filename for marker, file_id in marked.items()}
    assert all(marker.endswith(f"†{name}】") for marker, name in names.items())


def test_its_stream(client: openai.AzureOpenAI, assistant: Assistant) -> None:
    """Contract §5.3: the call's delta holds an empty object; the complete step holds results, with content if asked."""
    for include in (openai.omit, CONTENT):
        events = streamed(client, assistant, calling(("file_search", "gate")), include=include)
        data: list[dict[str, Any]] = [event.data.to_dict() for event in events if "run.step" in event.event]
        deltas = [each["delta"]["step_details"]["tool_calls"] for each in data if "delta" in each]
        assert [call["file_search"] for (call,) in deltas] == [{}]
        done = next(each for each in data if each.get("status") == "completed")
        (call,) = done["step_details"]["tool_calls"]
        assert ["content" in result for result in call["file_search"]["results"]] == [include is CONTENT] * 2
        pieces: list[dict[str, Any]] = [
            event.data.to_dict()["delta"]["content"][0]["text"]  # pyrefly: ignore[bad-index]
            for event in events
            if event.event == "thread.message.delta"
        ]
        value = "".join(piece["value"] for piece in pieces)
        cited = [annotation for piece in pieces for annotation in piece.get("annotations", [])]
        assert [annotation["index"] for annotation in cited] == [0, 1]
        assert all(value[each["start_index"] : each["end_index"]] == each["text"] for each in cited)


def test_a_citation_after_a_function(client: openai.AzureOpenAI, store_id: str) -> None:
    """What was found before a function was called may be cited after it: its markers stay the same."""
    function: FunctionToolParam = {"type": "function", "function": {"name": "f"}}
    both = searcher(client, store_id, tools=[SEARCH, function])
    run = ask(client, both, calling(("file_search", "gate"), ("f", {})))
    assert run.status == "requires_action"
    done = client.beta.threads.runs.submit_tool_outputs_and_poll(
        run_id=run.id,
        thread_id=run.thread_id,
        tool_outputs=[{"tool_call_id": call_id, "output": "seven"} for call_id in call_ids(run)],
    )
    text = said(client, done)
    assert {annotation.text for annotation in text.annotations} == {"【4:0†gate.md】", "【4:1†大仏.md】"}
    assert text.value.endswith("seven")


def test_attachments_make_the_threads_store(client: openai.AzureOpenAI) -> None:
    """Contract §6, §12.42: it expires 7 days after its last use, grows with each message, and a run waits for it."""
    assistant = client.beta.assistants.create(model="gpt-4o", instructions="Answer.", tools=[SEARCH])
    gate, temple = upload(client, "gate.md", GATE), upload(client, "大仏.md", TEMPLE)
    first: Any = {"role": "user", "content": "Read.", "attachments": [{"file_id": gate, "tools": [SEARCH]}]}
    thread = client.beta.threads.create(messages=[first])
    assert thread.tool_resources is not None
    assert thread.tool_resources.file_search is not None
    (store_id,) = thread.tool_resources.file_search.vector_store_ids or []
    made = client.vector_stores.with_raw_response.retrieve(store_id).http_response.json()
    assert made["expires_after"] == {"anchor": "last_active_at", "days": 7}
    client.beta.threads.messages.create(
        thread.id,
        role="user",
        content=calling(("file_search", "大仏")),
        attachments=[{"file_id": temple, "tools": [SEARCH]}, {"file_id": gate, "tools": [SEARCH]}],
    )
    run = client.beta.threads.runs.create_and_poll(thread_id=thread.id, assistant_id=assistant.id)
    results = search_of(client, run).file_search.results
    assert results is not None
    assert {result.file_id for result in results} == {gate, temple}
    assert len(client.vector_stores.files.list(store_id).data) == 2


def test_a_run_waits_for_the_index(client: openai.AzureOpenAI, monkeypatch: pytest.MonkeyPatch) -> None:
    """Contract §6: a search in files that are still being indexed finds them all; until then the run goes on."""
    reading = threading.Event()

    async def held(path: Path, name: str) -> str:
        await asyncio.to_thread(reading.wait, 60)
        return GATE

    monkeypatch.setattr(indexing, "text_of", held)
    assistant = client.beta.assistants.create(model="gpt-4o", instructions="Answer.", tools=[SEARCH])
    file: Any = {"file_id": upload(client, "gate.md", GATE), "tools": [SEARCH]}
    asked: Any = {"role": "user", "content": calling(("file_search", "gate")), "attachments": [file]}
    run = client.beta.threads.create_and_run(assistant_id=assistant.id, thread={"messages": [asked]})
    while not client.beta.threads.runs.steps.list(run.id, thread_id=run.thread_id).data:
        time.sleep(0.02)
    time.sleep(0.3)  # a search that did not wait would be over by now
    assert client.beta.threads.runs.retrieve(run.id, thread_id=run.thread_id).status == "in_progress"
    reading.set()
    run = client.beta.threads.runs.poll(run.id, thread_id=run.thread_id)
    assert "gate.md" in text_of(client, run)


def test_stores_made_with_their_owner(client: openai.AzureOpenAI, raw: httpx2.Client) -> None:
    """Contract §2.3 and the schema: `vector_stores` in the bodies that create; at most one; never beside ids."""
    new: Any = {"file_search": {"vector_stores": [{"file_ids": [upload(client, "gate.md", GATE)]}]}}
    assistant = client.beta.assistants.create(model="gpt-4o", instructions="A.", tools=[SEARCH], tool_resources=new)
    thread = client.beta.threads.create(tool_resources=new)
    for owner in (assistant, thread):
        assert owner.tool_resources is not None
        assert owner.tool_resources.file_search is not None
        (store_id,) = owner.tool_resources.file_search.vector_store_ids or []
        assert len(client.vector_stores.files.list(store_id).data) == 1
    run = client.beta.threads.create_and_run_poll(
        assistant_id=client.beta.assistants.create(model="gpt-4o", instructions="A.", tools=[SEARCH]).id,
        thread={"tool_resources": new, "messages": [{"role": "user", "content": calling(("file_search", "swim"))}]},
    )
    assert "gate.md" in text_of(client, run)
    for body, status in (
        ({"file_search": {"vector_stores": [{}, {}]}}, 400),
        ({"file_search": {"vector_stores": [{}], "vector_store_ids": ["vs_x"]}}, 400),
        ({"file_search": {"vector_stores": [{"file_ids": ["assistant-x"]}]}}, 404),
        ({"file_search": {"vector_store_ids": ["vs_x"]}}, 404),
    ):
        assert raw.post("threads", json={"tool_resources": body}).status_code == status
    assert raw.post(f"threads/{thread.id}", json={"tool_resources": new}).status_code == 400


def test_a_run_shows_no_resources(client: openai.AzureOpenAI, assistant: Assistant) -> None:
    """Contract §3.1, contract-successor §8.2: `tool_resources: {}`, although the run works on the assistant's."""
    run = ask(client, assistant, calling(("file_search", "gate")))
    assert "gate.md" in text_of(client, run)
    runs = client.beta.threads.runs
    changed = runs.update(run.id, thread_id=run.thread_id, metadata={"seen": "yes"})
    events = streamed(client, assistant, "Hello")
    told: list[Any] = [
        event.data for event in events if event.event.startswith("thread.run.") and "step" not in event.event
    ]
    assert len(told) > 2
    for each in (run, changed, runs.list(run.thread_id).data[0], *told):
        assert each.to_dict()["tool_resources"] == {}


def test_a_deleted_store_leaves_its_owners(client: openai.AzureOpenAI, assistant: Assistant, store_id: str) -> None:
    """What names it, names it no longer, and a search finds nothing."""
    thread = client.beta.threads.create(tool_resources={"file_search": {"vector_store_ids": [store_id]}})
    client.vector_stores.delete(store_id)
    for owner in (client.beta.assistants.retrieve(assistant.id), client.beta.threads.retrieve(thread.id)):
        assert owner.tool_resources is not None
        assert owner.tool_resources.file_search is not None
        assert owner.tool_resources.file_search.vector_store_ids == []
    assert text_of(client, ask(client, assistant, calling(("file_search", "gate")))) == "echo: No results were found."


class TestOfflineModel:
    """It answers with sentences of the files, each cited, and says so when nothing fits."""

    @pytest.fixture
    def client(self, starting: Starter, recorder: Recorder) -> Iterator[openai.AzureOpenAI]:
        """A client of an endpoint where it answers."""
        with azure(starting(model=OfflineModel()), recorder) as client:
            yield client

    @pytest.fixture
    def answer(self, client: openai.AzureOpenAI, assistant: Assistant) -> Callable[..., Text]:
        """What it says to a question."""
        return lambda question, **options: said(client, ask(client, assistant, question, **options))

    def test_questions(self, answer: Callable[..., Text]) -> None:
        """English and Japanese, across the languages, two at once; each sentence has its citation."""
        english = answer("Does the gate close?")
        assert english.value == "The gate is red and never closes【4:0†gate.md】."
        assert [annotation.text for annotation in english.annotations] == ["【4:0†gate.md】"]
        assert answer("大仏の高さは?").value == "大仏の高さは約15メートルです【4:0†大仏.md】。"
        assert "15メートル" in answer("How high is the Buddha statue?").value
        both = answer("Does the gate close? And how high is the Buddha statue?")
        assert [annotation.text.partition("†")[2] for annotation in both.annotations] == ["gate.md】", "大仏.md】"]

    def test_what_the_files_do_not_say(self, answer: Callable[..., Text]) -> None:
        """No citation for what they do not say."""
        for question, reply in (
            ("Who won the football world cup in 1998?", "I found nothing about that in the files."),
            ("ギターの弦の張り替え方は?", "ファイルの中に、それについての記述は見つかりませんでした。"),
        ):
            text = answer(question)
            assert (text.value, text.annotations) == (reply, [])

    def test_without_a_store(self, client: openai.AzureOpenAI) -> None:
        """The tool without a store finds nothing: the answer says so, and the run completes."""
        assistant = client.beta.assistants.create(model="gpt-4o", instructions="Answer.", tools=[SEARCH])
        text = said(client, ask(client, assistant, "Does the gate close?"))
        assert (text.value, text.annotations) == ("I found nothing about that in the files.", [])

    def test_when_it_searches(self, client: openai.AzureOpenAI, assistant: Assistant) -> None:
        """Not for a greeting or a sum, nor where no tool may be used; always where the search is demanded."""

        def kinds(text: str, **options: Any) -> list[str]:  # noqa: ANN401
            run = ask(client, assistant, text, **options)
            return [step.type for step in client.beta.threads.runs.steps.list(run.id, thread_id=run.thread_id)]

        for text in ("Hello", "What is 2 + 2?"):
            assert kinds(text) == ["message_creation"]
        assert kinds("Does the gate close?", tool_choice="none") == ["message_creation"]
        for choice in ("required", {"type": "file_search"}):
            assert kinds("What is 2 + 2?", tool_choice=choice) == ["message_creation", "tool_calls"]
