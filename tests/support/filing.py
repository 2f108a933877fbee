"""A service whose one answer carries a picture, a file, a source and an attachment, in the official shapes."""

import base64
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, ClassVar

PIXEL = base64.b64decode("R0lGODlhAQABAAAAACH5BAEKAAEALAAAAAABAAEAAAICTAEAOw==")
CSV = b"month,mean\nMay,19\n"
FILES: dict[str, tuple[str, str, bytes]] = {
    "file-chart": ("/mnt/data/chart.gif", "image/gif", PIXEL),
    "file-plan": ("計画.csv", "text/csv", CSV),
    "file-guide": ("guide.md", "text/markdown", b"Go by train."),
}
"""Id → name, kind and content. The service has one more in its answer, which it does not know."""
PATH = "sandbox:/mnt/data/計画.csv"
LINKS = f"[Download the plan]({PATH}) [or this](sandbox:/mnt/data/gone.csv)"
TEXT = f"By train【4:0†guide】, then on foot【4:0†guide】. {LINKS}"
ANNOTATIONS = [
    {"type": "file_citation", "text": "【4:0†guide】", "file_citation": {"file_id": "file-guide"}},
    {"type": "file_citation", "text": "【4:0†guide】", "file_citation": {"file_id": "file-guide"}},
    {"type": "file_path", "text": PATH, "file_path": {"file_id": "file-plan"}},
    {"type": "file_path", "text": "sandbox:/mnt/data/gone.csv", "file_path": {"file_id": "file-gone"}},
]
RUN = {
    "id": "run_1",
    "object": "thread.run",
    "thread_id": "thread_1",
    "assistant_id": "asst_1",
    "created_at": 1,
    "model": "gpt-4o",
    "instructions": "",
    "tools": [{"type": "code_interpreter"}],
}
MESSAGE = {
    "id": "msg_1",
    "object": "thread.message",
    "thread_id": "thread_1",
    "run_id": "run_1",
    "assistant_id": "asst_1",
    "created_at": 1,
    "role": "assistant",
    "metadata": {},
}
CONTENT: list[dict[str, Any]] = [
    {"type": "image_file", "image_file": {"file_id": "file-chart", "detail": "auto"}},
    {"type": "text", "text": {"value": TEXT, "annotations": ANNOTATIONS}},
]
ATTACHMENTS = [{"file_id": name, "tools": [{"type": "code_interpreter"}]} for name in ("file-plan", "file-guide")]


def _events() -> Iterator[tuple[str, Any]]:
    delta = {"content": [{"index": number} | part for number, part in enumerate(CONTENT)]}
    yield "thread.run.created", RUN | {"status": "queued"}
    yield "thread.message.created", MESSAGE | {"status": "in_progress", "content": [], "attachments": []}
    yield "thread.message.delta", {"id": "msg_1", "object": "thread.message.delta", "delta": delta}
    whole = {"status": "completed", "content": CONTENT, "attachments": ATTACHMENTS}
    yield "thread.message.completed", MESSAGE | whole
    yield "thread.run.completed", RUN | {"status": "completed"}


@dataclass
class Filing:
    """Where the service listens, and whether it `serves` files: not at all, their names only, or everything."""

    url: str
    serves: str = "everything"
    asked: list[str] = field(default_factory=list)


class _Handler(BaseHTTPRequestHandler):
    filing: ClassVar[Filing]

    def do_POST(self) -> None:
        """Everything is accepted; a run is a stream of the one answer."""
        self.rfile.read(int(self.headers["content-length"] or 0))
        if self.path.endswith("/runs"):
            lines = (f"event: {name}\ndata: {json.dumps(data)}\n\n" for name, data in _events())
            self._answer("text/event-stream", ("".join(lines) + "event: done\ndata: [DONE]\n\n").encode())
        else:
            self._answer("application/json", b'{"id": "thread_1", "object": "thread"}')

    def do_GET(self) -> None:
        """A file, by what is known of it, or its content."""
        self.filing.asked.append(self.path)
        _, _, _, number, *rest = self.path.split("/")
        name, mime, data = FILES.get(number, ("", "", b""))
        if not name or self.filing.serves == "nothing" or (rest and self.filing.serves == "names"):
            self._answer("application/json", b'{"error": {"message": "No such file."}}', 404)
        elif rest:
            self._answer(mime, data)
        else:
            about = {"id": number, "object": "file", "filename": name, "bytes": len(data), "purpose": "assistants"}
            self._answer("application/json", json.dumps(about).encode())

    def _answer(self, mime: str, body: bytes, status: int = 200) -> None:
        self.send_response(status)
        self.send_header("content-type", mime)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Nothing: the console belongs to the tests."""


@contextmanager
def filing(serves: str = "everything") -> Iterator[Filing]:
    """The service on a free loopback port, gone at the end."""

    class Own(_Handler):
        pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Own) as server:
        made = Own.filing = Filing(f"http://127.0.0.1:{server.server_port}/v1", serves)
        thread = threading.Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        try:
            yield made
        finally:
            server.shutdown()
            thread.join()
