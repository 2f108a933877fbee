"""Asks any OpenAI-compatible server: Azure (…/openai/v1/), OpenAI, Ollama, vLLM, llama.cpp."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import TYPE_CHECKING, Any, Literal
from urllib.parse import urlsplit, urlunsplit

from . import tokens
from .base import Event, Failed, Finished, Prompt, TextDelta

if TYPE_CHECKING:
    import openai
    from openai.types import CompletionUsage
    from openai.types.chat import ChatCompletionChunk

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
# refuse it and ask for `max_completion_tokens` by name.
_RENAMED = {"max_tokens": "max_completion_tokens"}
_OPTIONAL = ("stream_options", "temperature", "top_p")


class UpstreamModel:
    """A model behind an OpenAI-compatible server, asked by streaming chat completions.

    Tools and pictures are not passed on.
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
            async with openai.AsyncOpenAI(base_url=self.base_url, api_key=self._key) as client:
                async for event in _events(await _opened(client, _request(prompt, self.name)), prompt):
                    yield event
        except openai.OpenAIError as error:
            yield self._failed(error)
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


def _without_password(url: str) -> str:
    """The address as it may be shown."""
    parts = urlsplit(url)
    return urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2]))


def _request(prompt: Prompt, name: str | None) -> dict[str, Any]:
    system = [{"role": "system", "content": prompt.instructions}] if prompt.instructions else []
    wanted = {
        "temperature": prompt.temperature,
        "top_p": prompt.top_p,
        "max_tokens": prompt.max_completion_tokens,
    }
    return {
        "model": name or prompt.model,
        "messages": [*system, *({"role": turn.role, "content": turn.text} for turn in prompt.turns)],
        "stream": True,
        "stream_options": {"include_usage": True},
        **{field: value for field, value in wanted.items() if value is not None},
    }


async def _opened(client: openai.AsyncOpenAI, request: dict[str, Any]) -> openai.AsyncStream[ChatCompletionChunk]:
    """The stream, without those optional parameters that the server refuses by name."""
    import openai

    while True:
        try:
            stream: openai.AsyncStream[ChatCompletionChunk] = await client.chat.completions.create(**request)
        except (openai.BadRequestError, openai.UnprocessableEntityError) as error:
            request = _without_refused(request, error)
        else:
            return stream


def _without_refused(request: dict[str, Any], error: openai.APIStatusError) -> dict[str, Any]:
    """The request with one parameter renamed or left out; raises the error where it names none of them."""
    said = f"{error.body} {error.message}"
    for field in (*_RENAMED, *_OPTIONAL):
        if field in request and field in said:
            kept = {name: value for name, value in request.items() if name != field}
            return {**kept, _RENAMED[field]: request[field]} if field in _RENAMED else kept
    raise error


async def _events(stream: openai.AsyncStream[ChatCompletionChunk], prompt: Prompt) -> AsyncIterator[Event]:
    text, reason, usage = "", None, None
    async for chunk in stream:
        usage = chunk.usage or usage
        for choice in chunk.choices:
            reason = choice.finish_reason or reason
            if piece := choice.delta.content:
                text += piece
                yield TextDelta(piece)
    if reason is None:
        yield Failed("server_error", "The model server ended its answer in the middle.")
    elif reason == "content_filter":
        yield Failed("server_error", "The model server's content filter stopped the answer.")
    else:
        yield _finished(prompt, text, "length" if reason == "length" else "stop", usage)


def _finished(prompt: Prompt, text: str, reason: Literal["stop", "length"], usage: CompletionUsage | None) -> Finished:
    """With the tokens that the server counted, or counted by our own rule where it does not say."""
    if usage is None:
        return Finished(reason, tokens.of_prompt(prompt), tokens.count(text))
    return Finished(reason, usage.prompt_tokens, usage.completion_tokens)
