"""What the floor says: objects as the API gives them, and the events of a streamed answer in the API's order."""

import json

Json = dict[str, object]

ASSISTANT = {
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
THREAD = {"id": "thread_1", "object": "thread", "created_at": 1, "metadata": {}, "tool_resources": {}}
MESSAGE = {
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
ANSWER = MESSAGE | {
    "id": "msg_2",
    "role": "assistant",
    "content": [{"type": "text", "text": {"value": "The capital of Japan is Tokyo.", "annotations": []}}],
    "assistant_id": "asst_1",
    "run_id": "run_1",
}
RUN = {
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
COMPLETED = RUN | {
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
STEP = {
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


def _text(value: str) -> Json:
    return {"type": "text", "text": {"value": value, "annotations": []}}


def _delta(piece: str) -> Json:
    part = {"index": 0, "type": "text", "text": {"value": piece}}
    return {"id": "msg_2", "object": "thread.message.delta", "delta": {"content": [part]}}


def _event(name: str, body: Json) -> bytes:
    return f"event: {name}\ndata: {json.dumps(body, separators=(',', ':'))}\n\n".encode()
