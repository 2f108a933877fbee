"""File search in responses: declaration, items, events, citations (contract-successor §1.1, §1.3, §2)."""

from collections.abc import AsyncIterator
from typing import Any

import openai
import pytest
from openai.types.responses import Response, ResponseFileSearchToolCall, ResponseOutputMessage, ResponseOutputText
from support.recording import Recorder
from support.responding import MODEL, refusal, refused, respond, respond_streamed
from support.scripted import Scripted
from support.talking import azure, calling, plain

from mock_endpoint.engine import ToolOutput
from mock_endpoint.models.base import Event, Prompt, TextDelta
from mock_endpoint.server import Running

from .conftest import Starter
from .test_file_search import GATE, store_id, upload

__all__ = ["store_id"]

RESULTS: Any = ["file_search_call.results"]
SEARCH = [
    "response.output_item.added",
    "response.file_search_call.in_progress",
    "response.file_search_call.searching",
    "response.file_search_call.completed",
    "response.output_item.done",
]


def searching(*store_ids: str, **options: Any) -> Any:  # noqa: ANN401
    """The tool as a request declares it."""
    return {"type": "file_search", "vector_store_ids": list(store_ids), **options}


def search_of(response: Response) -> ResponseFileSearchToolCall:
    """The first search of a response."""
    return next(item for item in response.output if item.type == "file_search_call")


def text_in(response: Response) -> ResponseOutputText:
    """The text of its message, with its annotations."""
    message = response.output[-1]
    assert isinstance(message, ResponseOutputMessage)
    (part,) = message.content
    assert isinstance(part, ResponseOutputText)
    return part


def cited(response: Response) -> list[str]:
    """The names of the files that it points at."""
    return [annotation.filename for annotation in text_in(response).annotations if annotation.type == "file_citation"]


def found(client: openai.OpenAI, query: str, *tools: Any) -> list[str]:  # noqa: ANN401
    """The names of the files in which the tools find something."""
    response = respond(client, calling(("file_search", query)), tools=tools, include=RESULTS)
    return [result.filename or "" for result in search_of(response).results or []]


def test_a_search(client: openai.AzureOpenAI, store_id: str) -> None:
    """Contract-successor §1.1, §1.3: what was left out is filled in; the call is an item, before the message that cites
    what was found without a mark in its text."""
    response = respond(client, calling(("file_search", "gate")), tools=[searching(store_id)], include=RESULTS)
    (tool,) = [tool.to_dict() for tool in response.tools]
    assert tool == {
        "type": "file_search",
        "filters": None,
        "max_num_results": 20,
        "ranking_options": {"ranker": "auto", "score_threshold": 0.0},
        "vector_store_ids": [store_id],
    }
    call = search_of(response)
    assert (call.id[:3], call.status, call.queries) == ("fs_", "completed", ["gate"])
    best = (call.results or [])[0].to_dict()
    assert (best["vector_store_id"], best["attributes"], best["text"]) == (store_id, {}, GATE)
    assert "【" not in text_in(response).text
    assert cited(response) == ["gate.md", "大仏.md"]
    (first, second) = text_in(response).annotations
    assert text_in(response).text[first.index :].startswith("\n# Gate")  # pyrefly: ignore[missing-attribute]
    assert text_in(response).text[second.index :].startswith("\n# 大仏")  # pyrefly: ignore[missing-attribute]


@pytest.mark.parametrize("base", ["/openai/v1", "/v1"])
def test_its_stream(endpoint: Running, recorder: Recorder, store_id: str, base: str) -> None:
    """Contract-successor §2: the order; the item begins without queries and ends with them."""
    with plain(endpoint, recorder, base) as client:
        events: Any = respond_streamed(client, calling(("file_search", "gate")), tools=[searching(store_id)])
    kinds = [event.type for event in events]
    assert kinds[2:7] == SEARCH
    added, done = (event.item.to_dict() for event in (events[2], events[6]))
    assert added | {"queries": ["gate"], "status": "completed"} == done
    assert (added["queries"], added["results"], added["status"]) == ([], None, "in_progress")
    places = [place for place, kind in enumerate(kinds) if kind == "response.output_text.annotation.added"]
    assert len(places) == 2
    assert all(kinds[place - 1] == kinds[place + 1] == "response.output_text.delta" for place in places)


def test_results_where_they_are_asked_for(client: openai.AzureOpenAI, store_id: str) -> None:
    """Contract-successor §1.3: null unless included; each request decides that for itself."""
    tools = [searching(store_id)]
    asked = calling(("file_search", "gate"))
    events: Any = respond_streamed(client, asked, tools=tools, include=RESULTS)
    done = next(event.item for event in events if event.type == "response.output_item.done")
    assert [result.filename for result in done.results] == ["gate.md", "大仏.md"]
    response = respond(client, asked, tools=tools)
    assert search_of(response).results is None
    assert search_of(client.responses.retrieve(response.id)).results is None
    kept = search_of(client.responses.retrieve(response.id, include=RESULTS)).results
    assert [result.filename for result in kept or []] == ["gate.md", "大仏.md"]
    with pytest.raises(openai.BadRequestError) as caught:
        client.responses.retrieve(response.id, include=["everything"])  # pyrefly: ignore[no-matching-overload]
    assert caught.value.param == "include[0]"


def test_results_in_a_conversation(client: openai.AzureOpenAI, store_id: str) -> None:
    """Listed, read and replayed: with the results where `include` says so."""
    conversation = client.conversations.create()
    respond(client, calling(("file_search", "gate")), tools=[searching(store_id)], conversation=conversation.id)
    for include, number in ((openai.omit, None), (RESULTS, 2)):
        items: Any = client.conversations.items.list(conversation.id, include=include).data
        (call,) = [item for item in items if item.type == "file_search_call"]
        one: Any = client.conversations.items.retrieve(call.id, conversation_id=conversation.id, include=include)
        assert [each.results and len(each.results) for each in (call, one)] == [number, number]


def test_what_an_earlier_response_found_is_cited(client: openai.AzureOpenAI, model: Scripted, store_id: str) -> None:
    """By the marks that the model read then, in a chain and in a conversation, though nothing is searched any more."""
    tools, asked = [searching(store_id)], calling(("file_search", "gate"))
    first = respond(client, asked, tools=tools)
    second = respond(client, asked, tools=tools, previous_response_id=first.id)
    third = respond(client, "One【4:0†gate.md】, two【5:0†gate.md】.", previous_response_id=second.id)
    assert (text_in(third).text, cited(third)) == ("echo: One, two.", ["gate.md"] * 2)
    read = [call.output for turn in model.prompts[-1].turns for call in turn.calls]
    assert ["【4:0†gate.md】" in read[0], "【5:0†gate.md】" in read[1]] == [True, True]
    conversation = client.conversations.create().id
    respond(client, asked, tools=tools, conversation=conversation)
    later = respond(client, "One【4:0†gate.md】, two【5:0†gate.md】.", conversation=conversation)
    assert (text_in(later).text, cited(later)) == ("echo: One, two【5:0†gate.md】.", ["gate.md"])


def test_two_messages(
    client: openai.AzureOpenAI, model: Scripted, store_id: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Before a search and after it: each has the citations of its own text only."""
    tools, asked = [searching(store_id)], calling(("file_search", "gate"))
    first = respond(client, asked, tools=tools)
    scripted = model.answer

    async def answer(prompt: Prompt) -> AsyncIterator[Event]:
        yield TextDelta("Look【4:0†gate.md】")
        async for event in scripted(prompt):
            yield event

    monkeypatch.setattr(model, "answer", answer)
    response = respond(client, asked, tools=tools, previous_response_id=first.id)
    # pyrefly: ignore[bad-index]
    before, after = ([each["index"] for each in item.to_dict()["content"][0]["annotations"]]
                     for item in response.output if item.type == "message")  # fmt: skip
    assert (before, after[0]) == ([4], 4)
    assert len(after) == len(set(after)) > 1


def test_stores_that_are_not_there(
    client: openai.AzureOpenAI, endpoint: Running, recorder: Recorder, store_id: str
) -> None:
    """The service's words; whether it is 400 or 404 depends on whose paths they are."""
    tools = [searching(store_id, "vs_X")]
    expected = refusal("Vector store with id ['vs_X'] not found.")
    refused(client, expected, model=MODEL, input="x", tools=tools)
    with plain(endpoint, recorder, "/v1") as other:
        refused(other, expected, 404, model=MODEL, input="x", tools=tools)
    client.vector_stores.delete(store_id)
    gone = refusal(f"Vector store with id ['{store_id}'] not found.")
    refused(client, gone, model=MODEL, input="x", tools=[searching(store_id)])


@pytest.mark.parametrize(
    ("options", "param"),
    [
        ({"max_num_results": 51}, "tools[0].max_num_results"),
        ({"max_num_results": 0}, "tools[0].max_num_results"),
        ({"ranking_options": {"score_threshold": 2}}, "tools[0].ranking_options.score_threshold"),
        ({"ranking_options": {"ranker": "best"}}, "tools[0].ranking_options.ranker"),
        ({"filters": {"type": "like", "key": "a", "value": 1}}, "tools[0].filters.type"),
        ({"filters": {"type": "eq", "key": "a"}}, "tools[0].filters.value"),
        ({"vector_store_ids": "vs_X"}, "tools[0].vector_store_ids"),
        ({"colour": "red"}, "tools[0].colour"),
    ],
)
def test_declarations_refused(client: openai.AzureOpenAI, options: dict[str, Any], param: str) -> None:
    """What is wrong is named by its path."""
    with pytest.raises(openai.BadRequestError) as caught:
        respond(client, "x", tools=[searching() | options])
    assert caught.value.param == param


def test_what_is_searched(client: openai.AzureOpenAI, store_id: str) -> None:
    """Filters, the number of results, a threshold, weights, several stores at once; the echo shows what was asked."""
    other = client.vector_stores.create(name="other")
    for name, year in (("old.md", 1990), ("new.md", 2020)):
        file_id = upload(client, name, f"The gate was painted in {year}.")
        client.vector_stores.files.create_and_poll(file_id, vector_store_id=other.id, attributes={"year": year})
    recent = {"type": "gte", "key": "year", "value": 2000}
    assert found(client, "gate", searching(other.id, filters=recent)) == ["new.md"]
    assert found(client, "gate", searching(store_id, other.id, filters={"type": "or", "filters": [recent]})) == [
        "new.md"
    ]
    assert len(found(client, "gate", searching(store_id, other.id))) == 4
    assert len(found(client, "gate", searching(store_id, other.id, max_num_results=1))) == 1
    assert len(found(client, "gate", searching(store_id), searching(other.id, store_id))) == 4, "declared twice"
    assert found(client, "gate", searching(store_id, ranking_options={"score_threshold": 1})) == []
    words = {"hybrid_search": {"embedding_weight": 0, "text_weight": 1}}
    by_words = searching(other.id, ranking_options=words)
    response = respond(client, calling(("file_search", "1990")), tools=[by_words], include=RESULTS)
    scores = {each.filename: each.score or 0 for each in search_of(response).results or []}
    assert scores["old.md"] > 0.9
    assert scores["new.md"] < 0.1
    (tool,) = [tool.to_dict() for tool in response.tools]
    assert tool["ranking_options"] == {"ranker": "auto", "score_threshold": 0.0, **words}


def test_the_choice_among_tools(client: openai.AzureOpenAI, model: Scripted, store_id: str) -> None:
    """Contract-successor §6: the search by its type, alone or among allowed tools; it must be declared."""
    tools = [searching(store_id), {"type": "function", "name": "f"}]
    for choice in ({"type": "file_search"}, "required", "none"):
        response = respond(client, "x", tools=tools, tool_choice=choice)
        assert response.to_dict()["tool_choice"] == choice
        assert model.prompts[-1].tool_choice == choice
        assert [tool["type"] for tool in model.prompts[-1].tools] == ["file_search", "function"]
    allowed = {"type": "allowed_tools", "mode": "required", "tools": [{"type": "file_search"}]}
    respond(client, "x", tools=tools, tool_choice=allowed)
    assert (model.prompts[-1].tools, model.prompts[-1].tool_choice) == (({"type": "file_search"},), "required")
    only_f = {"type": "allowed_tools", "mode": "auto", "tools": [{"type": "function", "name": "f"}]}
    asked = calling(("file_search", "gate"))
    assert "cannot be used here" in respond(client, asked, tools=tools, tool_choice=only_f).output_text
    with pytest.raises(openai.BadRequestError) as caught:
        respond(client, "x", tools=tools[1:], tool_choice={"type": "file_search"})
    assert caught.value.param == "tool_choice"


def test_max_tool_calls(client: openai.AzureOpenAI, store_id: str) -> None:
    """What is called beyond the limit is not made; functions do not count."""
    asked = calling(("file_search", "gate"), ("file_search", "pond"), ("f", {}))
    tools = [searching(store_id), {"type": "function", "name": "f"}]
    for most, kinds in ((None, ["file_search_call"] * 2), (2, ["file_search_call"] * 2), (1, ["file_search_call"])):
        response = respond(client, asked, tools=tools, max_tool_calls=most)
        assert [item.type for item in response.output] == [*kinds, "function_call"]
        assert response.max_tool_calls == most


def test_a_search_beside_a_function(client: openai.AzureOpenAI, model: Scripted, store_id: str) -> None:
    """What was found before a function was called is read, and may be cited, after it: in a chain and in a
    conversation."""
    tools = [searching(store_id), {"type": "function", "name": "f"}]
    asked = calling(("file_search", "gate"), ("f", {}))
    conversation = client.conversations.create().id
    first = respond(client, asked, tools=tools)
    elsewhere = respond(client, asked, tools=tools, conversation=conversation)
    links: list[tuple[Response, dict[str, Any]]] = [
        (first, {"previous_response_id": first.id}),
        (elsewhere, {"conversation": conversation}),
    ]
    for before, link in links:
        call = before.output[-1]
        assert call.type == "function_call"
        output: Any = [{"type": "function_call_output", "call_id": call.call_id, "output": "seven"}]
        response = respond(client, output, tools=tools, **link)
        assert (cited(response), response.output_text[-5:]) == (["gate.md", "大仏.md"], "seven")
        made = [each for turn in model.prompts[-1].turns for each in turn.calls]
        assert [(each.tool, each.arguments) for each in made] == [
            ("file_search", '{"queries": ["gate"]}'),
            ("function", "{}"),
        ]


def test_items_sent_back(client: openai.AzureOpenAI, model: Scripted, store_id: str) -> None:
    """As clients do it, with id and status; what they were not shown is known by the id, if it is stored."""
    asked = {"role": "user", "content": calling(("file_search", "gate"))}
    for options, known in (({}, True), ({"include": RESULTS, "store": False}, True), ({"store": False}, False)):
        response = respond(client, [asked], tools=[searching(store_id)], **options)
        items: Any = [item.to_dict() for item in response.output]
        respond(client, [asked, *items, {"role": "user", "content": "and then?"}])
        (call,) = [each for turn in model.prompts[-1].turns for each in turn.calls]
        assert (call.tool, call.arguments) == ("file_search", '{"queries": ["gate"]}')
        assert ("The gate is red" in call.output) == known
        assert ("is not kept" in call.output) != known


def test_items_sent_back_are_stored_as_they_were(client: openai.AzureOpenAI, store_id: str) -> None:
    """In a response of their own and in a conversation; an id of another kind is refused."""
    response = respond(client, calling(("file_search", "gate")), tools=[searching(store_id)], include=RESULTS)
    call: Any = search_of(response).to_dict()
    again = respond(client, [call, {"role": "user", "content": "x"}])
    listed = client.responses.input_items.list(again.id, include=RESULTS, order="asc").data
    assert listed[0].to_dict() == call
    conversation = client.conversations.create(items=[call])
    (item,) = client.conversations.items.list(conversation.id, include=RESULTS).data
    assert item.to_dict() == call
    with pytest.raises(openai.BadRequestError) as caught:
        respond(client, [call | {"id": "ws_1"}])
    assert caught.value.code == "invalid_id_prefix"


class Breaking:
    """A search that fails."""

    async def run(self, arguments: str) -> ToolOutput:
        """Nothing."""
        raise RuntimeError("the index broke")


def test_a_search_that_breaks(starting: Starter, recorder: Recorder) -> None:
    """The response fails, and the call that was open is incomplete; so it is where the answer is cut in the middle."""
    with azure(starting(tools={"file_search": Breaking()}), recorder) as client:
        store = client.vector_stores.create(name="other")
        response = respond(client, calling(("file_search", "gate")), tools=[searching(store.id)])
        assert (response.status, search_of(response).status) == ("failed", "incomplete")
        asked = calling(("file_search", "gate"), ("f", {"a": 1}), how="cut")
        cut = respond(client, asked, tools=[searching(store.id)])
        assert (cut.status, [item.type for item in cut.output]) == ("incomplete", ["file_search_call"])
        assert search_of(cut).status == "incomplete"
        with pytest.raises(openai.APIError, match="went wrong"):
            respond_streamed(client, calling(("file_search", "gate")), tools=[searching(store.id)])


def test_a_search_waits_for_the_index(client: openai.AzureOpenAI) -> None:
    """What was put into the store just before is found, however long it takes to index."""
    story = "\n\n".join(f"On day {day} the keeper counted {day * 7} lanterns at the pond." for day in range(900))
    file_id = upload(client, "lanterns.md", story)
    store = client.vector_stores.create(name="lanterns", file_ids=[file_id])
    assert store.status == "in_progress"
    assert found(client, "day 899 lanterns", searching(store.id, max_num_results=1)) == ["lanterns.md"]
    assert client.vector_stores.retrieve(store.id).status == "completed"
