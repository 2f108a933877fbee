"""The floor: a bare asyncio server with canned answers. It routes by a table, checks nothing and remembers nothing.

`python -m benchmarks.floor` prints `ready` and its address, and answers until it is stopped.
"""

import asyncio
import contextlib
import json
import re

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

_BODIES = {
    "POST assistants": ASSISTANT,
    "POST threads": THREAD,
    "POST messages": MESSAGE,
    "POST runs": RUN,
    "GET run_1": COMPLETED,
    "GET messages": MESSAGES,
}


def _response(body: object) -> bytes:
    content = json.dumps(body).encode()
    head = f"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {len(content)}\r\n\r\n"
    return head.encode() + content


ANSWERS = {request: _response(body) for request, body in _BODIES.items()}
"""What is answered, by method and last part of the path."""
_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)


async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Answer one connection's requests until it closes."""
    with contextlib.suppress(asyncio.IncompleteReadError, ConnectionError):
        while True:
            head = await reader.readuntil(b"\r\n\r\n")
            length = _LENGTH.search(head)
            if length:
                await reader.readexactly(int(length[1]))
            method, target, _ = head.split(b"\r\n", 1)[0].decode().split(" ")
            writer.write(ANSWERS[f"{method} {target.partition('?')[0].rpartition('/')[2]}"])
            await writer.drain()
    writer.close()


async def serve() -> None:
    """Listen on a free port of this machine."""
    server = await asyncio.start_server(answer, "127.0.0.1", 0, backlog=2048)
    print(f"ready http://127.0.0.1:{server.sockets[0].getsockname()[1]}", flush=True)  # noqa: T201
    await server.serve_forever()


if __name__ == "__main__":
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(serve())
