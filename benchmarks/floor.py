"""The floor: a bare asyncio server with canned answers. It routes by a table, checks nothing and remembers nothing.

`python -m benchmarks.floor [WORDS]` prints `ready` and its address, and answers until it is stopped. A streamed answer
has that many words (default: 6); each event is written by itself, because one that waits for the next is no stream.
"""

import asyncio
import contextlib
import json
import re
import sys
import tempfile

from benchmarks import canned

_BODIES = {
    "POST /assistants": canned.ASSISTANT,
    "POST /threads": canned.THREAD,
    "POST /threads/runs": canned.WAITING | {"status": "queued", "required_action": None},
    "POST /threads/thread_1/messages": canned.MESSAGE,
    "GET /threads/thread_1/messages": canned.MESSAGES,
    "POST /threads/thread_1/runs": canned.RUN,
    "GET /threads/thread_1/runs/run_1": canned.COMPLETED,
    "GET /threads/thread_1/runs/run_2": canned.WAITING,
    "POST /threads/thread_1/runs/run_2/submit_tool_outputs": canned.RUN,
    "POST /files": {},
    "POST /responses": canned.RESPONSE,
    "GET /responses/resp_1/input_items": canned.INPUT_ITEMS,
}
"""What is answered; a run's id tells how far it is."""
_UPLOAD = "POST /files"

_PREFIX = re.compile(r"^/openai(/v1)?")
_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)


class Floor:
    """The canned answers, ready to be written."""

    def __init__(self, words: int) -> None:
        self._answers = {request: _response(body) for request, body in _BODIES.items()}
        pieces = canned.words(words)
        self._streams = {
            "POST /threads/thread_1/runs": _chunked(canned.stream(pieces)),
            "POST /responses": _chunked(canned.response_stream(pieces)),
        }

    async def answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answer one connection's requests until it closes."""
        with contextlib.suppress(asyncio.IncompleteReadError, ConnectionError):
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                length = _LENGTH.search(head)
                method, target, _ = head.split(b"\r\n", 1)[0].decode().split(" ")
                request = f"{method} {_PREFIX.sub('', target.partition('?')[0])}"
                if request == _UPLOAD and length:
                    await _to_disk(reader, int(length[1]))
                    length = None
                body = await reader.readexactly(int(length[1])) if length else b""
                streamed = request in self._streams and b'"stream":true' in body
                for part in self._streams[request] if streamed else [self._answers[request]]:
                    writer.write(part)
                    await writer.drain()
        writer.close()


async def _to_disk(reader: asyncio.StreamReader, length: int) -> None:
    with tempfile.TemporaryFile() as file:
        while length:
            piece = await reader.read(min(length, 1 << 20))
            if not piece:
                raise ConnectionError
            file.write(piece)
            length -= len(piece)


def _response(body: object) -> bytes:
    content = json.dumps(body).encode()
    head = f"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {len(content)}\r\n\r\n"
    return head.encode() + content


def _chunked(events: list[bytes]) -> list[bytes]:
    head = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n"
    first, *others = [b"%x\r\n%s\r\n" % (len(event), event) for event in events]
    return [head + first, *others, b"0\r\n\r\n"]


async def serve(words: int) -> None:
    """Listen on a free port of this machine."""
    server = await asyncio.start_server(Floor(words).answer, "127.0.0.1", 0, backlog=2048)
    print(f"ready http://127.0.0.1:{server.sockets[0].getsockname()[1]}", flush=True)  # noqa: T201
    await server.serve_forever()


if __name__ == "__main__":
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(serve(int(sys.argv[1]) if len(sys.argv) > 1 else 6))
