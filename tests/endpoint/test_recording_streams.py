"""The net under all streams: a right one passes, each of these wrong ones is caught (contract §5)."""

from collections.abc import Callable

import httpx2
import pytest
from support.events import Order
from support.recording import stream_faults
from support.schemas import Schemas
from support.talking import calling

from mock_endpoint.server import Running

from .test_recording import schemas

__all__ = ["schemas"]

TEXT = "hello"
CALL = calling(("tide", {"city": "Nara"}))
Change = Callable[[list[str]], list[str]]
"""What is done to the events of a stream, each a text."""


def replaced(old: str, new: str, name: str = "", count: int = -1) -> Change:
    """The old text replaced in the events with this name."""

    def change(events: list[str]) -> list[str]:
        changed = [event.replace(old, new, count) if f"event: {name}" in event else event for event in events]
        assert changed != events, "the test changes nothing"
        return changed

    return change


def without(name: str) -> Change:
    """No event with this name."""
    return lambda events: [event for event in events if f"event: {name}\n" not in event]


def repeated(name: str) -> Change:
    """Each event with this name twice."""
    return lambda events: [event for event in events for _ in range(2 if f"event: {name}\n" in event else 1)]


def last(name: str) -> Change:
    """The event with this name comes last of all."""
    return lambda events: sorted(events, key=lambda event: f"event: {name}\n" in event)


WRONG: list[tuple[str, Change, str]] = [
    (TEXT, replaced("event: thread.message.created\n", ""), "framing"),
    (TEXT, replaced("\n", "\r\n", "thread.message.created"), "framing"),
    (TEXT, replaced("[DONE]", '"[DONE]"'), "done: data"),
    (TEXT, without("done"), "no done"),
    (TEXT, last("thread.run.completed"), "after the end"),
    (TEXT, last("thread.run.created"), "after run."),
    (TEXT, without("thread.run.created"), "run.queued: after"),
    (TEXT, without("thread.run.queued"), "run.in_progress: after"),
    (TEXT, without("thread.run.completed"), "ends with run.in_progress"),
    (TEXT, repeated("thread.run.in_progress"), "run.in_progress: after"),
    (TEXT, without("thread.run.step.created"), "step.in_progress: after nothing"),
    (TEXT, without("thread.run.step.completed"), "before {"),
    (TEXT, without("thread.message.created"), "message.in_progress: after nothing"),
    (TEXT, without("thread.message.completed"), "before {"),
    (TEXT, replaced('"value":"echo: hello"', '"value":"hello"', "thread.message.completed"), "text"),
    (TEXT, replaced('"index":0,', "", "thread.message.delta"), "KeyError('index')"),
    (TEXT, replaced(',"annotations":[]', "", "thread.message.delta"), "annotations"),
    (TEXT, replaced('"created_at":', '"created_at":0.5,"x":', "thread.run.created"), "is not of type 'integer'"),
    (TEXT, replaced("event: thread.message.in_progress", "event: thread.message.begun"), "no event has the name"),
    (TEXT, replaced('"status":"in_progress"', '"status":"completed"', "thread.message.created"), "status completed"),
    (TEXT, replaced('"id":"run_', '"id":"run_other', "thread.run.completed", 1), "another run_id"),
    (TEXT, replaced('"required_action":null', '"required_action":{}', "thread.run.queued"), "required_action"),
    (TEXT, replaced('"usage":null', '"usage":{"total_tokens":1}', "thread.run.in_progress"), "usage"),
    (CALL, without("thread.run.requires_action"), "ends with run.in_progress"),
    (CALL, replaced('"type":"function","function":{"arguments"', '"function":{"arguments"'), "members"),
    (CALL, replaced('"function":{"arguments"', '"function":{"name":"tide","arguments"'), "again"),
    (CALL, replaced('"index":0', '"index":1'), "index"),
    (CALL, replaced("Nara", "Kobe", "thread.run.requires_action"), "calls"),
    (CALL, replaced('"tool_calls":[]', '"tool_calls":[{}]', "thread.run.step.created"), "not empty"),
    (CALL, replaced('"output":null', '"output":"x"', "thread.run.step.delta"), "its first piece"),
]


@pytest.fixture(scope="module")
def right(endpoint: Running) -> dict[str, str]:
    """The endpoint's streams after these two messages."""
    with httpx2.Client(base_url=f"{endpoint.url}/openai/v1/", headers={"api-key": endpoint.key}) as client:
        assistant = client.post("assistants", json={"model": "gpt-4o", "instructions": "Answer."}).json()["id"]
        thread = client.post("threads").json()["id"]
        body = {"assistant_id": assistant, "stream": True}
        said = {}
        for text in (TEXT, CALL):
            asking = {"additional_messages": [{"role": "user", "content": text}]}
            said[text] = client.post(f"threads/{thread}/runs", json=body | asking).text
    return said


@pytest.mark.parametrize(("text", "change", "fault"), WRONG)
def test_wrong_streams(schemas: Schemas, right: dict[str, str], text: str, change: Change, fault: str) -> None:
    """Contract §5, §12.5 – 12: the stream as it is has no fault; changed like this it has that one."""
    assert stream_faults(right[text].encode(), Order("/threads/x/runs"), schemas, ended=True)[1] == []
    events = change([f"{event}\n\n" for event in right[text].split("\n\n")[:-1]])
    found = stream_faults("".join(events).encode(), Order("/threads/x/runs"), schemas, ended=True)[1]
    assert any(fault in each for each in found), found
