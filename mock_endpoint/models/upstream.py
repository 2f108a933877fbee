"""Asks any OpenAI-compatible server: Azure (…/openai/v1/), OpenAI, Ollama, vLLM, llama.cpp."""

from __future__ import annotations

import asyncio
import logging
import random
import re
from collections.abc import AsyncIterator, Iterator
from typing import TYPE_CHECKING, Any, Literal
from weakref import WeakKeyDictionary

from mock_endpoint.closing import closing
from mock_endpoint.models import tokens
from mock_endpoint.models.base import CallDelta, Event, Failed, Finished, Model, Prompt, TextDelta
from mock_endpoint.models.chat_calls import Calls
from mock_endpoint.models.chat_pictures import has_pictures, without_pictures
from mock_endpoint.models.chat_request import request
from mock_endpoint.models.upstream_failures import (
    Failures,
    NoAnswer,
    NobodySpoke,
    asked_to_wait,
    is_on_this_machine,
    is_passing,
)

if TYPE_CHECKING:
    import openai
    from openai.types import CompletionUsage
    from openai.types.chat import ChatCompletionChunk
    from openai.types.chat.chat_completion_chunk import Choice

log = logging.getLogger(__name__)

_NO_KEY = "none"
"""Local servers ask for no key, but the client refuses to start without one."""

_PAUSES = (1.0, 2.0, 4.0)
"""Seconds before the second, third and fourth try, where the server names none."""
_LONGEST_PAUSE = 30.0
"""A server that asks for more than these seconds is not waited for: whoever waits should know why."""
_SILENCE = 300.0
"""Seconds for which a server may say nothing: some load a large model first."""
_LONGEST = 600.0
"""Seconds that one answer may take."""
_CONNECTING = 15.0
_MOST = 4_000_000
"""Characters of one answer: a model that repeats itself for ever is stopped."""

# Parameters that not every server takes, in the order in which they are given up after a 400 that names them.
# `max_tokens` is what Ollama, vLLM, llama.cpp and Azure's older deployments all know; reasoning models
# refuse it and ask for `max_completion_tokens` by name. What must not be lost stands in neither: the limit, tools,
# tool_choice, response_format. A server that refuses one of those fails the run.
_RENAMED = {"max_tokens": "max_completion_tokens"}
_OPTIONAL = ("stream_options", "temperature", "top_p", "parallel_tool_calls")


_BROKEN = {
    None: "The model server ended its answer in the middle.",
    "content_filter": "The model server's content filter stopped the answer.",
}
_ENDLESS = Failed("server_error", "The model did not stop writing, so its answer was cut off. Run it again.")
_PICTURES = re.compile(r"image|vision|multimodal|content must be a string|content part", re.I)
"""How servers name what they cannot read."""
_OF_PICTURES = (400, 404, 415, 422, 500, 501)
_CALLING = ("tool_calls", "function_call")
"""How a server ends an answer that calls functions; some say `stop`."""


class UpstreamModel(Model):
    """A model behind an OpenAI-compatible server, asked by streaming chat completions.

    Functions are passed on, and built-in tools as functions; pictures, too, unless the server refuses them.
    What passes by itself – too many requests, a server that is down for a moment – is waited out a few times, as long
    as nothing was said.
    """

    def __init__(self, base_url: str, key: str | None, name: str | None) -> None:
        self.base_url = base_url
        self.name = name
        self._key = key
        self._failures = Failures(base_url, key)
        self._clients: WeakKeyDictionary[asyncio.AbstractEventLoop, openai.AsyncOpenAI] = WeakKeyDictionary()
        """One for each event loop: it keeps its connections for the next answer."""
        self.label = f"{name or 'the model'} at {self._failures.url}"

    async def answer(self, prompt: Prompt) -> AsyncIterator[Event]:
        """The server's answer as it arrives; a failure comes as `Failed`, never as an exception."""
        if unusable := self._failures.unusable_key():
            yield unusable
            return
        pauses = iter(_PAUSES)
        said = False
        while True:
            try:
                async with closing(self._asked(prompt)) as events:
                    async for event in events:
                        said = True
                        yield event
            except Exception as error:
                pause = None if said or not is_passing(error) else _pause(error, next(pauses, None))
                if pause is None:
                    yield self._failures.of(error)
                    return
                log.info("the model server is asked again in %.1f s (%s)", pause, type(error).__name__)
                await asyncio.sleep(pause)
            else:
                return

    async def close(self) -> None:
        """Close the connections of this event loop."""
        client = self._clients.pop(asyncio.get_running_loop(), None)
        if client is not None:
            await client.close()

    async def _asked(self, prompt: Prompt) -> AsyncIterator[Event]:
        """One try."""
        loop = asyncio.get_running_loop()
        if loop not in self._clients:  # to be made it reads certificates, which others need not wait for
            self._clients.setdefault(loop, await asyncio.to_thread(self._new_client))
        stream = await _opened(self._clients[loop], await _body(prompt, self.name))
        async with closing(_events(stream, prompt)) as events:
            async for event in events:
                yield event

    def _new_client(self) -> openai.AsyncOpenAI:
        import openai  # here, because it takes half a second and only this model needs it

        http = openai.DefaultAsyncHttpxClient(trust_env=not is_on_this_machine(self.base_url))
        timeout = openai.Timeout(_SILENCE, connect=_CONNECTING)
        return openai.AsyncOpenAI(
            base_url=self.base_url, api_key=self._key or _NO_KEY, http_client=http, max_retries=0, timeout=timeout
        )


def _pause(error: Exception, usual: float | None) -> float | None:
    """The seconds until the next try; None where there is to be none."""
    asked = asked_to_wait(error)
    if usual is None or (asked is not None and asked > _LONGEST_PAUSE):
        return None
    spread = 0.75 + random.random() / 2  # noqa: S311 - so that a class does not come back all at once
    return usual * spread if asked is None else asked


async def _body(prompt: Prompt, name: str | None) -> dict[str, Any]:
    """The request's body; files with pictures are read beside other work."""
    if any(turn.images for turn in prompt.turns):
        return await asyncio.to_thread(request, prompt, name)
    return request(prompt, name)


async def _opened(client: openai.AsyncOpenAI, body: dict[str, Any]) -> openai.AsyncStream[ChatCompletionChunk]:
    """The stream, without those optional parameters that the server refuses by name, and without pictures where it
    cannot read them: the model is told that there were some."""
    import openai

    while True:
        try:
            stream: openai.AsyncStream[ChatCompletionChunk] = await client.chat.completions.create(**body)
        except openai.APIStatusError as error:
            body = _without_refused(body, error)
        else:
            return stream


def _without_refused(body: dict[str, Any], error: openai.APIStatusError) -> dict[str, Any]:
    """The body with one parameter renamed or left out, or without pictures; raises the error where it names none."""
    said = f"{error.body} {error.message}"
    if has_pictures(body) and error.status_code in _OF_PICTURES and _PICTURES.search(said):
        return without_pictures(body)
    for field in (*_RENAMED, *_OPTIONAL) if error.status_code in (400, 422) else ():
        if field in body and field in said:
            kept = {name: value for name, value in body.items() if name != field}
            return {**kept, _RENAMED[field]: body[field]} if field in _RENAMED else kept
    raise error


async def _events(stream: openai.AsyncStream[ChatCompletionChunk], prompt: Prompt) -> AsyncIterator[Event]:
    answer = _Answer(prompt)
    length = 0
    async with stream, closing(_in_time(stream)) as chunks:  # which may be left in the middle
        if "html" in stream.response.headers.get("content-type", ""):
            raise NoAnswer
        async for chunk in chunks:
            answer.usage = chunk.usage or answer.usage
            for choice in chunk.choices or ():
                for event in answer.read(choice):
                    length += len(event.text if isinstance(event, TextDelta) else event.arguments)
                    yield event
            if length > _MOST:
                yield _ENDLESS
                return
        if not answer.begun:
            events = "event-stream" in stream.response.headers.get("content-type", "")
            raise NobodySpoke if events else NoAnswer
    for last in answer.end():
        yield last


async def _in_time(stream: openai.AsyncStream[ChatCompletionChunk]) -> AsyncIterator[ChatCompletionChunk]:
    """The chunks; `TimeoutError` where none comes for long, though the server may send signs of life."""
    clock = asyncio.get_running_loop().time
    end = clock() + _LONGEST
    chunks = aiter(stream)
    while True:
        try:
            async with asyncio.timeout_at(min(clock() + _SILENCE, end)):
                chunk = await anext(chunks)
        except StopAsyncIteration:
            return
        yield chunk


class _Answer:
    """The answer as far as it has arrived."""

    def __init__(self, prompt: Prompt) -> None:
        self.usage: CompletionUsage | None = None
        self.begun = False
        """Whether any part of it came."""
        self._prompt = prompt
        self._calls = Calls(prompt)
        self._text: list[str] = []
        self._blank = ""  # white space that is part of the answer only if more text follows, or no calls
        self._reason: str | None = None

    def read(self, choice: Choice) -> Iterator[TextDelta | CallDelta]:
        """What one chunk adds."""
        self.begun = True
        self._reason = choice.finish_reason or self._reason
        delta = getattr(choice, "delta", None)  # Azure's content filter sends choices without one
        if delta is None:
            return
        piece = delta.content or delta.refusal
        if piece and not self._calls:  # a run has no place for a text between its calls and their outputs
            yield from self._read_text(piece)
        for call in delta.tool_calls or ():
            yield from self._calls.read(call.to_dict(warnings=False))
        if delta.function_call:  # what older servers send instead of a list of calls: the only one
            yield from self._calls.read({"index": 0, "function": delta.function_call.to_dict(warnings=False)})

    def end(self) -> Iterator[Event]:
        """What is left, then how it ended."""
        if self._reason in _BROKEN:
            yield Failed("server_error", _BROKEN[self._reason])
        elif self._reason == "length":
            yield from self._rest_of_text()
            yield self._finished("length")
        elif self._calls:
            yield from self._calls.finish()
            yield self._finished("tool_calls")
        elif self._reason in _CALLING:
            yield Failed("server_error", "The model server announced a function call, but sent none.")
        else:
            yield from self._rest_of_text()
            yield self._finished("stop")

    def _read_text(self, piece: str) -> Iterator[TextDelta]:
        """The text, with the white space before it. Many models put an empty line before a call."""
        self._blank += piece
        if self._blank.strip():
            self._text.append(self._blank)
            yield TextDelta(self._blank)
            self._blank = ""

    def _rest_of_text(self) -> Iterator[TextDelta]:
        if self._blank and not self._calls:
            self._text.append(self._blank)
            yield TextDelta(self._blank)

    def _finished(self, reason: Literal["stop", "length", "tool_calls"]) -> Finished:
        """With the tokens that the server counted, or counted by our own rule where it does not say."""
        if self.usage is None:
            return Finished(
                reason, tokens.of_prompt(self._prompt), tokens.count("".join(self._text)) + self._calls.tokens()
            )
        return Finished(reason, self.usage.prompt_tokens, self.usage.completion_tokens)
