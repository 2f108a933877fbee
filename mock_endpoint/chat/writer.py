"""What a model says and calls, written down as a chat completion or as its chunks (contract-successor §5)."""

import secrets
import string
import time
from typing import Any

from mock_endpoint.models.base import CallDelta, Finished, TextDelta
from mock_endpoint.schemas import model_facts
from mock_endpoint.state.ids import new_id

Json = dict[str, Any]

_LETTERS = string.ascii_letters + string.digits
_SAFE = {name: {"filtered": False, "severity": "safe"} for name in ("hate", "self_harm", "sexual", "violence")}
_SAFE_PROMPT = [
    {"prompt_index": 0, "content_filter_results": _SAFE | {"jailbreak": {"detected": False, "filtered": False}}}
]
_FINGERPRINT = "fp_local"


class ChatWriter:
    """One completion on its way: each event gives the chunks that tell of it, and at the end there is the whole."""

    def __init__(self, model: str, family: str, *, with_usage: bool) -> None:
        """`with_usage`: whether the chunks of a stream say what the completion costs."""
        self._azure = family != "openai"
        self._dated = family == "dated"
        self._with_usage = with_usage
        self._text: list[str] = []
        self._calls: list[Json] = []
        self._begun = False
        self._standing: Json = {
            "id": "chatcmpl-" + "".join(secrets.choice(_LETTERS) for _ in range(29)),
            "created": int(time.time()),
            "model": model_facts.snapshot(model),
            "system_fingerprint": _FINGERPRINT,
        } | ({} if self._azure else {"service_tier": "default"})

    def first_chunks(self) -> list[Json]:
        """What a stream begins with before anything is said: on Azure's dated paths, what was found in the prompt."""
        if not self._dated:
            return []
        nothing = {"id": "", "object": "", "created": 0, "model": ""}
        return [nothing | {"choices": [], "prompt_filter_results": _SAFE_PROMPT}]

    def write(self, event: TextDelta | CallDelta) -> list[Json]:
        """Write the next event down; the chunks that tell it come back."""
        if isinstance(event, TextDelta):
            self._text.append(event.text)
            return [*self._beginning(), self._chunk({"content": event.text}, filtered=_SAFE)]
        delta = self._called(event)
        if not self._begun:  # a call comes with the beginning, a text after it
            delta = {"role": "assistant", "content": None, "refusal": None} | delta
            self._begun = True
        return [self._chunk(delta)]

    def last_chunks(self, end: Finished) -> list[Json]:
        """How the answer ended, and what it cost where that was asked for."""
        chunks = [*self._beginning(), self._chunk({}, reason=end.reason)]
        if self._with_usage:
            chunks.append(self._chunk(None) | {"usage": usage(end)})
        return chunks

    def whole(self, end: Finished) -> Json:
        """The completion."""
        message: Json = {"role": "assistant", "content": "".join(self._text), "refusal": None, "annotations": []}
        if self._calls:
            message |= {"content": message["content"] or None, "tool_calls": self._calls}
        choice = {"index": 0, "message": message, "logprobs": None, "finish_reason": end.reason}
        body: Json = self._standing | {"object": "chat.completion", "usage": usage(end)}
        if self._azure:
            choice["content_filter_results"] = _SAFE
            body["prompt_filter_results"] = _SAFE_PROMPT
        return body | {"choices": [choice]}

    def _beginning(self) -> list[Json]:
        if self._begun:
            return []
        self._begun = True
        return [self._chunk({"role": "assistant", "content": "", "refusal": None})]

    def _called(self, event: CallDelta) -> Json:
        if event.index == len(self._calls):
            function = {"name": event.name, "arguments": event.arguments}
            self._calls.append({"id": new_id("call"), "type": "function", "function": function})
            call = self._calls[-1] | {"function": dict(function)}
            return {"tool_calls": [{"index": event.index} | call]}
        self._calls[event.index]["function"]["arguments"] += event.arguments
        return {"tool_calls": [{"index": event.index, "function": {"arguments": event.arguments}}]}

    def _chunk(self, delta: Json | None, *, filtered: Json | None = None, reason: str | None = None) -> Json:
        choice: Json = {"index": 0, "delta": delta, "logprobs": None, "finish_reason": reason}
        if self._azure:
            choice["content_filter_results"] = filtered or {}
        chunk = self._standing | {"object": "chat.completion.chunk", "choices": [] if delta is None else [choice]}
        return chunk | {"usage": None} if self._with_usage else chunk


def usage(end: Finished) -> Json:
    """Tokens as chat completions report them."""
    return {
        "prompt_tokens": end.prompt_tokens,
        "completion_tokens": end.completion_tokens,
        "total_tokens": end.prompt_tokens + end.completion_tokens,
        "prompt_tokens_details": {"audio_tokens": 0, "cache_write_tokens": 0, "cached_tokens": 0},
        "completion_tokens_details": {
            "accepted_prediction_tokens": 0,
            "audio_tokens": 0,
            "reasoning_tokens": 0,
            "rejected_prediction_tokens": 0,
        },
    }
