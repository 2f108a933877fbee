"""File search in responses: declaration, items, events, citations (contract-successor §1.1, §1.3, §2)."""

from typing import Any

import openai
import pytest
from openai.types.responses import Response, ResponseFileSearchToolCall, ResponseOutputMessage, ResponseOutputText
from support.recording import Recorder
from support.responding import respond, respond_streamed
from support.talking import calling, plain

from mock_endpoint.server import Running

from .test_file_search import store_id

__all__ = ["store_id"]

RESULTS: Any = ["file_search_call.results"]
SEARCH = [
    "response.output_item.added",
    "response.file_search_call.in_progress",
    "response.file_search_call.searching",
    "response.file_search_call.completed",
    "response.output_item.done",
]


def searching(*store_ids: str, **options: Any) -> dict[str, Any]:  # noqa: ANN401
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
    assert [found.filename for found in call.results or []] == ["gate.md", "大仏.md"]
    text = text_in(response)
    assert "【" not in text.text
    assert [annotation.filename for annotation in text.annotations] == ["gate.md", "大仏.md"]  # type: ignore[union-attr]


@pytest.mark.parametrize("base", ["/openai/v1", "/v1"])
def test_its_stream(
    client: openai.AzureOpenAI, endpoint: Running, recorder: Recorder, store_id: str, base: str
) -> None:
    """Contract-successor §2: the order; the item begins without queries and ends with them."""
    with plain(endpoint, recorder, base) as other:
        events: Any = respond_streamed(other, calling(("file_search", "gate")), tools=[searching(store_id)])
    kinds = [event.type for event in events]
    assert kinds[2:7] == SEARCH
    added, done = (event.item.to_dict() for event in (events[2], events[6]))
    assert added | {"queries": ["gate"], "status": "completed"} == done
    assert (added["queries"], added["results"], added["status"]) == ([], None, "in_progress")
    places = [place for place, kind in enumerate(kinds) if kind == "response.output_text.annotation.added"]
    assert len(places) == 2
    assert all(kinds[place - 1] == kinds[place + 1] == "response.output_text.delta" for place in places)
