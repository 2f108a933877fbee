"""Asks any OpenAI-compatible server: Azure (…/openai/v1/), OpenAI, Ollama, vLLM, llama.cpp."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from typing import TYPE_CHECKING, Any, Literal
from urllib.parse import urlsplit, urlunsplit

from mock_endpoint.listening import is_loopback
from mock_endpoint.models import tokens
from mock_endpoint.models.base import CallDelta, Event, Failed, Finished, Model, Prompt, TextDelta
from mock_endpoint.models.chat_calls import BadCall, Calls
from mock_endpoint.models.chat_request import request

if TYPE_CHECKING:
    import openai
    from openai.types import CompletionUsage
    from openai.types.chat import ChatCompletionChunk
    from openai.types.chat.chat_completion_chunk import Choice

_NO_KEY = "none"
"""Local servers ask for no key, but the client refuses to start without one."""

_SAID = 500
"""Characters of a server's own message that are passed on."""

_Code = Literal["server_error", "rate_limit_exceeded", "invalid_prompt"]
_REFUSED_KEY = (
    "The model server at {url} refused the key ({status}). Check MODEL_API_KEY in .env and restart the kernel."
)
_REFUSED_PROMPT = "The model server refused the request ({status}): {said}"
_REFUSALS: dict[int, tuple[_Code, str]] = {
    400: ("invalid_prompt", _REFUSED_PROMPT),
    413: ("invalid_prompt", _REFUSED_PROMPT),
    422: ("invalid_prompt", _REFUSED_PROMPT),
    401: ("server_error", _REFUSED_KEY),
    403: ("server_error", _REFUSED_KEY),
    404: (
        "server_error",
        "The model server at {url} does not know this path or model (404): {said} "
        "– check MODEL_BASE_URL and MODEL_NAME in .env and restart the kernel.",
    ),
    429: ("rate_limit_exceeded", "The model server is at its limit (429): {said}"),
}
_OTHER_REFUSAL: tuple[_Code, str] = ("server_error", "The model server answered {status}: {said}")
_NOBODY = (
    "No model server answers at {url}. Start it, or correct MODEL_BASE_URL in .env and restart the kernel; "
    "leave it blank for the offline model."
)

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
_CALLING = ("tool_calls", "function_call")
"""How a server ends an answer that calls functions; some say `stop`."""


class UpstreamModel(Model):
    """A model behind an OpenAI-compatible server, asked by streaming chat completions.

    Functions are passed on, and built-in tools as functions; pictures are not.
    """

    def __init__(self, base_url: str, key: str | None, name: str | None) -> None:
        self.base_url = base_url
        self.name = name
        self._key = key or _NO_KEY
        self._url = _without_password(base_url)
        self.label = f"{name or 'the model'} at {self._url}"

    async def answer(self, prompt: Prompt) -> AsyncIterator[Event]:
        """The server's answer as it arrives; a failure comes as `Failed`, never as an exception."""
        import openai  # here, because it takes half a second and only this model needs it

        try:
            http = openai.DefaultAsyncHttpxClient(trust_env=not is_on_this_machine(self.base_url))
            async with openai.AsyncOpenAI(base_url=self.base_url, api_key=self._key, http_client=http) as client:
                async for event in _events(await _opened(client, request(prompt, self.name)), prompt):
                    yield event
        except openai.OpenAIError as error:
            yield self._failed(error)
        except BadCall as error:
            yield Failed("server_error", str(error))
        except Exception as error:  # a stream that ends in the middle of a line raises what the transport raises
            yield Failed("server_error", f"The stream from {self._url} broke off ({type(error).__name__}).")

    def _failed(self, error: openai.OpenAIError) -> Failed:
        """The failure as a run reports it, in the server's own words but without any key."""
        import openai

        if isinstance(error, openai.APIStatusError):
            code, text = _REFUSALS.get(error.status_code, _OTHER_REFUSAL)
            return Failed(code, text.format(url=self._url, status=error.status_code, said=self._words(error)))
        if isinstance(error, openai.APITimeoutError):
            return Failed("server_error", f"The model server at {self._url} did not answer in time.")
        if isinstance(error, openai.APIConnectionError):
            return Failed("server_error", _NOBODY.format(url=self._url))
        return Failed("server_error", f"The model server at {self._url} broke off: {self._without_key(str(error))}")

    def _words(self, error: openai.APIStatusError) -> str:
        """The message in the error's body, or what there is."""
        message = error.body.get("message") if isinstance(error.body, dict) else None
        return self._without_key(str(message or error.message)[:_SAID])

    def _without_key(self, text: str) -> str:
        return text if self._key == _NO_KEY else text.replace(self._key, "[key]")


def is_on_this_machine(url: str) -> bool:
    """Whether the server is asked directly: a proxy that the environment names cannot reach this machine's loopback."""
    return is_loopback(urlsplit(url).hostname or "")


def _without_password(url: str) -> str:
    """The address as it may be shown."""
    parts = urlsplit(url)
    return urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2]))


async def _opened(client: openai.AsyncOpenAI, body: dict[str, Any]) -> openai.AsyncStream[ChatCompletionChunk]:
    """The stream, without those optional parameters that the server refuses by name."""
    import openai

    while True:
        try:
            stream: openai.AsyncStream[ChatCompletionChunk] = await client.chat.completions.create(**body)
        except (openai.BadRequestError, openai.UnprocessableEntityError) as error:
            body = _without_refused(body, error)
        else:
            return stream


def _without_refused(body: dict[str, Any], error: openai.APIStatusError) -> dict[str, Any]:
    """The body with one parameter renamed or left out; raises the error where it names none of them."""
    said = f"{error.body} {error.message}"
    for field in (*_RENAMED, *_OPTIONAL):
        if field in body and field in said:
            kept = {name: value for name, value in body.items() if name != field}
            return {**kept, _RENAMED[field]: body[field]} if field in _RENAMED else kept
    raise error


async def _events(stream: openai.AsyncStream[ChatCompletionChunk], prompt: Prompt) -> AsyncIterator[Event]:
    answer = _Answer(prompt)
    async with stream:  # which may be left in the middle
        async for chunk in stream:
            answer.usage = chunk.usage or answer.usage
            for choice in chunk.choices:
                for event in answer.read(choice):
                    yield event
    for last in answer.end():
        yield last


class _Answer:
    """The answer as far as it has arrived."""

    def __init__(self, prompt: Prompt) -> None:
        self.usage: CompletionUsage | None = None
        self._prompt = prompt
        self._calls = Calls(prompt)
        self._text = ""
        self._blank = ""  # white space that is part of the answer only if more text follows, or no calls
        self._reason: str | None = None

    def read(self, choice: Choice) -> Iterator[TextDelta | CallDelta]:
        """What one chunk adds."""
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
            self._text += self._blank
            yield TextDelta(self._blank)
            self._blank = ""

    def _rest_of_text(self) -> Iterator[TextDelta]:
        if self._blank and not self._calls:
            self._text += self._blank
            yield TextDelta(self._blank)

    def _finished(self, reason: Literal["stop", "length", "tool_calls"]) -> Finished:
        """With the tokens that the server counted, or counted by our own rule where it does not say."""
        if self.usage is None:
            return Finished(reason, tokens.of_prompt(self._prompt), tokens.count(self._text) + self._calls.tokens())
        return Finished(reason, self.usage.prompt_tokens, self.usage.completion_tokens)
