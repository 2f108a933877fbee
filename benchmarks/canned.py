"""What the floor says: objects as the API gives them, and the events of a streamed answer in the API's order."""

import json

Json = dict[str, object]

ASSISTANT: Json = {
    "id": "asst_1",
    "object": "assistant",
    "created_at": 1,
    "name": "Tabi",
    "description": None,
    "model": "gpt-35-turbo",
    "instructions": "Answer in one sentence.",
    "tools": [],
    "tool_resources": {},
    "metadata": {},
    "temperature": 1.0,
    "top_p": 1.0,
    "response_format": "auto",
}
THREAD: Json = {"id": "thread_1", "object": "thread", "created_at": 1, "metadata": {}, "tool_resources": {}}
MESSAGE: Json = {
    "id": "msg_1",
    "object": "thread.message",
    "created_at": 1,
    "thread_id": "thread_1",
    "status": "completed",
    "incomplete_details": None,
    "completed_at": 1,
    "incomplete_at": None,
    "role": "user",
    "content": [{"type": "text", "text": {"value": "What is the capital of Japan?", "annotations": []}}],
    "assistant_id": None,
    "run_id": None,
    "attachments": [],
    "metadata": {},
}
ANSWER: Json = MESSAGE | {
    "id": "msg_2",
    "role": "assistant",
    "content": [{"type": "text", "text": {"value": "The capital of Japan is Tokyo.", "annotations": []}}],
    "assistant_id": "asst_1",
    "run_id": "run_1",
}
RUN: Json = {
    "id": "run_1",
    "object": "thread.run",
    "created_at": 1,
    "assistant_id": "asst_1",
    "thread_id": "thread_1",
    "status": "queued",
    "started_at": None,
    "expires_at": 601,
    "cancelled_at": None,
    "failed_at": None,
    "completed_at": None,
    "required_action": None,
    "last_error": None,
    "incomplete_details": None,
    "usage": None,
    "model": "gpt-35-turbo",
    "instructions": "Answer in one sentence.",
    "tools": [],
    "temperature": 1.0,
    "top_p": 1.0,
    "max_prompt_tokens": None,
    "max_completion_tokens": None,
    "truncation_strategy": {"type": "auto", "last_messages": None},
    "tool_choice": "auto",
    "parallel_tool_calls": True,
    "response_format": "auto",
    "metadata": {},
}
COMPLETED: Json = RUN | {
    "status": "completed",
    "started_at": 1,
    "completed_at": 1,
    "expires_at": None,
    "usage": {"prompt_tokens": 20, "completion_tokens": 8, "total_tokens": 28},
}
MESSAGES = {"object": "list", "data": [ANSWER, MESSAGE], "first_id": "msg_2", "last_id": "msg_1", "has_more": False}

CALLS = [
    {
        "id": "call_1",
        "type": "function",
        "function": {"name": "get_tide", "arguments": '{"harbour": "Onomichi"}'},
    }
]
WAITING = RUN | {
    "id": "run_2",
    "status": "requires_action",
    "started_at": 1,
    "required_action": {"type": "submit_tool_outputs", "submit_tool_outputs": {"tool_calls": CALLS}},
}
STEP: Json = {
    "id": "step_1",
    "object": "thread.run.step",
    "created_at": 1,
    "run_id": "run_1",
    "assistant_id": "asst_1",
    "thread_id": "thread_1",
    "type": "message_creation",
    "status": "in_progress",
    "step_details": {"type": "message_creation", "message_creation": {"message_id": "msg_2"}},
    "last_error": None,
    "expires_at": 601,
    "expired_at": None,
    "cancelled_at": None,
    "failed_at": None,
    "completed_at": None,
    "metadata": {},
    "usage": None,
}

SPOKEN: Json = {
    "id": "msg_3",
    "type": "message",
    "status": "completed",
    "content": [{"type": "output_text", "annotations": [], "logprobs": [], "text": "The capital of Japan is Tokyo."}],
    "role": "assistant",
}
RESPONSE: Json = {
    "id": "resp_1",
    "object": "response",
    "created_at": 1,
    "status": "completed",
    "background": False,
    "completed_at": 1,
    "content_filters": None,
    "conversation": None,
    "error": None,
    "frequency_penalty": 0.0,
    "incomplete_details": None,
    "instructions": None,
    "max_output_tokens": None,
    "max_tool_calls": None,
    "model": "gpt-4o",
    "moderation": None,
    "output": [SPOKEN],
    "parallel_tool_calls": True,
    "presence_penalty": 0.0,
    "previous_response_id": None,
    "prompt_cache_key": None,
    "prompt_cache_retention": "in_memory",
    "reasoning": {"context": None, "effort": None, "summary": None},
    "safety_identifier": None,
    "service_tier": "default",
    "store": True,
    "temperature": 1.0,
    "text": {"format": {"type": "text"}, "verbosity": "medium"},
    "tool_choice": "auto",
    "tools": [],
    "top_logprobs": 0,
    "top_p": 1.0,
    "truncation": "disabled",
    "usage": {
        "input_tokens": 13,
        "input_tokens_details": {"cache_write_tokens": 0, "cached_tokens": 0},
        "output_tokens": 10,
        "output_tokens_details": {"reasoning_tokens": 0},
        "total_tokens": 23,
    },
    "user": None,
    "metadata": {},
}
ASKED = {
    "id": "msg_4",
    "type": "message",
    "status": "completed",
    "content": [{"type": "input_text", "text": "And of France?"}],
    "role": "user",
}
INPUT_ITEMS = {"object": "list", "data": [ASKED], "first_id": "msg_4", "last_id": "msg_4", "has_more": False}


def words(count: int) -> list[str]:
    """The pieces of an answer of so many words."""
    return [f"word{number} " for number in range(count)]


def stream(pieces: list[str]) -> list[bytes]:
    """A run's events from `thread.run.created` to `done`, one delta a piece."""
    started = RUN | {"status": "in_progress", "started_at": 1}
    message = ANSWER | {"status": "in_progress", "completed_at": None, "content": []}
    ended = {"status": "completed", "completed_at": 1}
    return [
        _event("thread.run.created", RUN),
        _event("thread.run.queued", RUN),
        _event("thread.run.in_progress", started),
        _event("thread.run.step.created", STEP),
        _event("thread.run.step.in_progress", STEP),
        _event("thread.message.created", message),
        _event("thread.message.in_progress", message),
        *(_event("thread.message.delta", _delta(piece)) for piece in pieces),
        _event("thread.message.completed", message | ended | {"content": [_text("".join(pieces))]}),
        _event("thread.run.step.completed", STEP | ended | {"usage": COMPLETED["usage"], "expires_at": None}),
        _event("thread.run.completed", COMPLETED),
        b"event: done\ndata: [DONE]\n\n",
    ]


def response_stream(pieces: list[str]) -> list[bytes]:
    """A response's events from `response.created` to `response.completed`, one delta a piece."""
    begun = RESPONSE | {"status": "in_progress", "completed_at": None, "output": [], "usage": None}
    item = SPOKEN | {"status": "in_progress", "content": []}
    empty, said = ({"type": "output_text", "annotations": [], "logprobs": [], "text": text}
                   for text in ("", "".join(pieces)))  # fmt: skip
    whole = SPOKEN | {"content": [said]}
    within: Json = {"item_id": "msg_3", "output_index": 0, "content_index": 0}
    told: list[tuple[str, Json]] = [
        ("created", {"response": begun}),
        ("in_progress", {"response": begun}),
        ("output_item.added", {"output_index": 0, "item": item}),
        ("content_part.added", within | {"part": empty}),
        *(("output_text.delta", within | {"delta": piece, "logprobs": []}) for piece in pieces),
        ("output_text.done", within | {"text": said["text"], "logprobs": []}),
        ("content_part.done", within | {"part": said}),
        ("output_item.done", {"output_index": 0, "item": whole}),
        ("completed", {"response": RESPONSE | {"output": [whole]}}),
    ]
    return [
        _event(f"response.{kind}", {"type": f"response.{kind}", "sequence_number": number} | members)
        for number, (kind, members) in enumerate(told)
    ]


def _text(value: str) -> Json:
    return {"type": "text", "text": {"value": value, "annotations": []}}


def _delta(piece: str) -> Json:
    part = {"index": 0, "type": "text", "text": {"value": piece}}
    return {"id": "msg_2", "object": "thread.message.delta", "delta": {"content": [part]}}


def _event(name: str, body: Json) -> bytes:
    return f"event: {name}\ndata: {json.dumps(body, separators=(',', ':'))}\n\n".encode()
