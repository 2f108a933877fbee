"""Many clients at once: nothing is lost, nothing is mixed up, and of two that want the same thing one gets it."""

import asyncio
import json
import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from secrets import token_hex

import httpx2
import openai
import pytest
from openai.types.beta.threads import Message, Run
from openai.types.beta.threads.run_submit_tool_outputs_params import ToolOutput
from support.processes import Serving
from support.recording import Recorder
from support.soaking import SOAK
from support.talking import V2, assistant_of, azure

CLIENTS = 64
ROUNDS = 2
"""Questions of each client, one after the other in its thread."""
RACERS = 4
"""Clients that start a run on the same thread at the same moment."""
RACES = 10 * SOAK


class Learner:
    """A client with a conversation of its own."""

    def __init__(self, endpoint: Serving, number: int) -> None:
        self.streams, self.calls = bool(number % 2), number % 4 >= 2
        self.token = f"{number}-{token_hex(4)}"
        self._client = client_of(endpoint)
        self.threads = self._client.beta.threads

    async def converse(self) -> None:
        """Ask several times in one thread; each answer, and in the end the whole thread, must be this client's own."""
        async with self._client as client:
            assistant = await client.beta.assistants.create(model="gpt-4o", instructions="Echo.", name=self.token)
            thread = await self.threads.create(metadata={"token": self.token})
            said = []
            for turn in range(ROUNDS):
                word = f"{self.token}/{turn}"
                question = f"call {json.dumps([['look', {'for': word}]])}" if self.calls else word
                await self.threads.messages.create(thread.id, role="user", content=question)
                answer = await self._ask(thread.id, assistant.id, word)
                assert answer == f"echo: {word}"
                said += [question, answer]
            messages = [each async for each in self.threads.messages.list(thread.id, order="asc", limit=3)]
            assert [text_of(each) for each in messages] == said
            runs = (await self.threads.runs.list(thread.id)).data
            assert [(run.status, run.assistant_id) for run in runs] == [("completed", assistant.id)] * ROUNDS
            for run in runs:
                steps = (await self.threads.runs.steps.list(run.id, thread_id=thread.id, order="asc")).data
                kinds = (["tool_calls"] if self.calls else []) + ["message_creation"]
                assert [(step.type, step.status) for step in steps] == [(kind, "completed") for kind in kinds]
            assert (await self.threads.retrieve(thread.id)).metadata == {"token": self.token}

    async def _ask(self, thread: str, assistant: str, word: str) -> str:
        """The answer, after an output for the function where one is asked for; as a stream delivers it, or polled."""
        if not self.streams:
            run = await self.threads.runs.create_and_poll(thread_id=thread, assistant_id=assistant, poll_interval_ms=50)
            if self.calls:
                run = await self.threads.runs.submit_tool_outputs_and_poll(
                    run_id=run.id, thread_id=thread, tool_outputs=outputs(run, word), poll_interval_ms=50
                )
            (message,) = (await self.threads.messages.list(thread, run_id=run.id)).data
            return text_of(message)
        async with self.threads.runs.stream(thread_id=thread, assistant_id=assistant) as stream:
            pieces = [piece async for piece in stream.text_deltas]
            run = await stream.get_final_run()
        if self.calls:
            async with self.threads.runs.submit_tool_outputs_stream(
                run_id=run.id, thread_id=thread, tool_outputs=outputs(run, word)
            ) as stream:
                pieces = [piece async for piece in stream.text_deltas]
        return "".join(pieces)


def client_of(endpoint: Serving) -> openai.AsyncAzureOpenAI:
    """The official client with connections of its own: it hears a stream as it comes."""
    return openai.AsyncAzureOpenAI(
        azure_endpoint=endpoint.url,
        api_key=endpoint.key,
        api_version=V2["api-version"],
        max_retries=0,
        _strict_response_validation=True,
        http_client=httpx2.AsyncClient(verify=False, timeout=60),
    )


def text_of(message: Message) -> str:
    """The text of a message of one part."""
    (part,) = message.content
    assert part.type == "text"
    return part.text.value


def outputs(run: Run, word: str) -> list[ToolOutput]:
    """What the function gives back; it was asked for this word."""
    assert run.required_action is not None
    (call,) = run.required_action.submit_tool_outputs.tool_calls
    assert json.loads(call.function.arguments) == {"for": word}
    return [{"tool_call_id": call.id, "output": word}]


@pytest.mark.all
@pytest.mark.parametrize("attempt", range(SOAK))
def test_whole_conversations_at_once(state: Path, attempt: int) -> None:
    """64 clients of one endpoint, half of them streaming and half of them with a function, all at the same time."""

    async def together(endpoint: Serving) -> None:
        learners = [Learner(endpoint, number) for number in range(CLIENTS)]
        await asyncio.gather(*(learner.converse() for learner in learners))
        async with client_of(endpoint) as client:
            names = [assistant.name async for assistant in client.beta.assistants.list(limit=10)]
        assert sorted(name or "" for name in names) == sorted(learner.token for learner in learners)

    with Serving(state) as endpoint:
        asyncio.run(together(endpoint))


def test_runs_race_for_a_thread(state: Path, recorder: Recorder) -> None:
    """Contract §12.49: of several that start a run, in two processes on one file, exactly one does, every time."""
    with (
        Serving(state) as one,
        Serving(state) as other,
        azure(one, recorder) as here,
        azure(other, recorder) as there,
        ThreadPoolExecutor(RACERS) as pool,
    ):
        assistant = assistant_of(here)
        for _ in range(RACES):
            thread = here.beta.threads.create(messages=[{"role": "user", "content": "wait"}])
            line = threading.Barrier(RACERS)
            starts = [
                pool.submit(_start, line, (here, there)[racer % 2], thread.id, assistant) for racer in range(RACERS)
            ]
            outcomes = [start.result(60) for start in starts]
            (winner,) = there.beta.threads.runs.list(thread.id).data
            refused = f"Thread {thread.id} already has an active run {winner.id}."
            assert Counter(outcomes) == {winner.id: 1, refused: RACERS - 1}
            here.beta.threads.delete(thread.id)


def _start(line: threading.Barrier, client: openai.AzureOpenAI, thread: str, assistant: str) -> str:
    """The id of the run that was started, or why none was."""
    line.wait(60)
    try:
        return client.beta.threads.runs.create(thread, assistant_id=assistant).id
    except openai.BadRequestError as error:
        return str(error.response.json()["error"]["message"])
