"""The endpoint dies while it makes responses: what it has acknowledged is there when it comes back.

`KIT_SOAK=10` kills it ten times as often.
"""

import json
import time
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any

import openai
import pytest
from openai.types.responses import Response
from support.processes import Serving
from support.recording import Recorder
from support.responding import MODEL, WEATHER, functions_called, output_of
from support.talking import azure

from .test_kills import CLIENTS, KILLS, LONGEST, PACE, Acknowledged, Client, live_and_die

OVER = ("completed", "failed", "incomplete", "cancelled")
TOLD = "The process that made this response has ended"


@dataclass
class Heard:
    """What clients were told before the endpoint died."""

    conversations: list[str] = field(default_factory=list)
    responses: dict[str, Response] = field(default_factory=dict)
    """Each as it was last seen, by id."""
    streamed: dict[str, int] = field(default_factory=dict)
    """The number of the last event that was heard, by the id of the response."""

    def keep(self, response: Response) -> None:
        """Take note of a response, from an answer or from a stream."""
        self.responses[response.id] = response


class Responding(Client):
    """The same in conversations: a function call each time, every other time streamed in the background."""

    def __init__(self, endpoint: Serving, number: int, heard: Heard) -> None:
        super().__init__(endpoint, number, Acknowledged())
        self._heard = heard

    def _converse(self, assistant: str, word: str, *, streams: bool) -> None:
        conversation = self._client.conversations.create().id
        self._heard.conversations.append(conversation)
        question = f"first {json.dumps([['get_weather', {'city': word}]])}"
        options: dict[str, Any] = {"model": MODEL, "conversation": conversation, "tools": [WEATHER]}
        if streams:
            self._listen(self._client.responses.create(input=question, stream=True, background=True, **options))
        else:
            self._heard.keep(self._client.responses.create(input=question, background=True, **options))
            self.begun.set()
        response = self._ended(list(self._heard.responses.values()), conversation)
        outputs: Any = [output_of(call, word) for call in functions_called(response)]
        self._heard.keep(self._client.responses.create(input=outputs, **options))

    def _listen(self, stream: openai.Stream[Any]) -> None:
        response_id = ""
        for event in stream:
            if hasattr(event, "response"):
                response_id = event.response.id
                self._heard.keep(event.response)
            self._heard.streamed[response_id] = event.sequence_number
            self.begun.set()

    def _ended(self, heard: list[Response], conversation: str) -> Response:
        """The conversation's only response, once it has ended."""
        (mine,) = [each for each in heard if each.conversation and each.conversation.id == conversation]
        while (response := self._client.responses.retrieve(mine.id)).status not in OVER:
            time.sleep(0.02)
        self._heard.keep(response)
        return response


@pytest.mark.all
def test_killed_again_and_again(state: Path, recorder: Recorder) -> None:
    """Whenever the process dies: nothing acknowledged is missing, no response hangs, no conversation stays locked, and
    a stream that was cut says why nothing follows."""
    heard, cut = Heard(), 0
    for kill in range(KILLS):
        with Serving(state, PACE) as endpoint:
            check(endpoint, recorder, heard)
            heard = Heard()
            clients = [Responding(endpoint, number, heard) for number in range(CLIENTS)]
            live_and_die(endpoint, clients, Random(kill).uniform(0, LONGEST))  # noqa: S311
        assert heard.conversations
        cut += sum(response.status not in OVER for response in heard.responses.values())
    with Serving(state, PACE) as endpoint:
        check(endpoint, recorder, heard)
    assert cut >= KILLS, "too few responses were on their way when the endpoint died"


def check(endpoint: Serving, recorder: Recorder, heard: Heard) -> None:
    """All that was acknowledged is there; what was cut has ended."""
    with azure(endpoint, recorder) as client:
        for seen in heard.responses.values():
            response = client.responses.retrieve(seen.id)
            assert response == seen or (seen.status not in OVER and response.status in OVER)
            assert response.conversation is not None
            if response.status == "completed":
                items = client.conversations.items.list(response.conversation.id, limit=100).data
                assert {item.id for item in response.output} <= {item.id for item in items}
            if seen.id in heard.streamed:
                hear_the_rest(client, response, heard.streamed[seen.id])
        for conversation in heard.conversations:
            said: Any = [{"role": "user", "content": "Still there?"}]
            assert client.conversations.items.create(conversation, items=said).data


def hear_the_rest(client: openai.AzureOpenAI, response: Response, after: int) -> None:
    """The stream goes on to its end, or says that nobody makes the response any more."""
    rest = client.responses.retrieve(response.id, stream=True, starting_after=after)
    if response.status == "failed":
        with pytest.raises(openai.APIError, match=TOLD):
            list(rest)
    else:
        numbers = [event.sequence_number for event in rest]
        assert numbers == list(range(after + 1, after + 1 + len(numbers)))
