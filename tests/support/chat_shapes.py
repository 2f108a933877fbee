"""Chat completions and their chunks, checked member by member (contract-successor §5)."""

import json
from collections.abc import Iterator
from typing import Any

from .response_shapes import differs, names

Json = dict[str, Any]

_BODY = names("id object created model choices usage system_fingerprint")
_CHUNK = names("id object created model choices system_fingerprint")
_FIRST = names("id object created model choices prompt_filter_results")
_ON = {"openai": names("service_tier"), "azure": names("prompt_filter_results")}
_CHOICE = names("index message logprobs finish_reason")
_MESSAGE = names("role content refusal annotations")
_USAGE = names("prompt_tokens completion_tokens total_tokens prompt_tokens_details completion_tokens_details")
_PROMPT_DETAILS = names("audio_tokens cache_write_tokens cached_tokens")
_DETAILS = names("accepted_prediction_tokens audio_tokens reasoning_tokens rejected_prediction_tokens")


def body_faults(body: Json, side: str) -> Iterator[str]:
    """What is wrong with a completion; `side` is `openai` or `azure`, by whose paths it came."""
    yield from differs("completion", body, _BODY | _ON[side])
    yield from _usage_faults(body["usage"])
    (choice,) = body["choices"]
    yield from differs("choice", choice, _CHOICE | (names("content_filter_results") if side == "azure" else names("")))
    calls = choice["message"].get("tool_calls")
    yield from differs("message", choice["message"], _MESSAGE | (names("tool_calls") if calls else names("")))
    for call in calls or ():
        yield from differs("call", call, names("id type function"))
        yield from differs("function", call["function"], names("name arguments"))


def stream_faults(raw: bytes, ended: bool) -> Iterator[str]:
    """What is wrong with a stream of chunks: framing, members, how it begins and ends."""
    *blocks, rest = raw.decode().split("\n\n")
    if ended and (rest or blocks[-1] != "data: [DONE]"):
        yield f"the stream ends with {blocks[-1:]!r}"
    chunks = []
    for block in blocks:
        if not block.startswith("data: "):
            yield f"framing: {block[:80]!r}"
        elif block != "data: [DONE]":
            chunks.append(json.loads(block[6:]))
    if chunks and "prompt_filter_results" in chunks[0]:
        yield from differs("first chunk", chunks.pop(0), _FIRST)
    for place, chunk in enumerate(chunks):
        if "error" not in chunk:
            yield from _chunk_faults(place, chunk)


def _chunk_faults(place: int, chunk: Json) -> Iterator[str]:
    yield from differs("chunk", chunk, _CHUNK | ({"service_tier", "usage"} & chunk.keys()))
    if chunk.get("usage"):
        yield from _usage_faults(chunk["usage"])
        if chunk["choices"]:
            yield "usage beside a choice"
    for choice in chunk["choices"]:
        delta = choice["delta"]
        if ("role" in delta) != (place == 0):
            yield f"chunk {place} has the delta {delta}"
        if (choice["finish_reason"] is not None) != (delta == {}):
            yield f"finish_reason {choice['finish_reason']!r} beside {delta}"


def _usage_faults(usage: Json) -> Iterator[str]:
    yield from differs("usage", usage, _USAGE)
    yield from differs("prompt_tokens_details", usage["prompt_tokens_details"], _PROMPT_DETAILS)
    yield from differs("completion_tokens_details", usage["completion_tokens_details"], _DETAILS)
