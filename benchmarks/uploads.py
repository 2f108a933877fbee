"""(s) An upload: a large file in a form, by a plain HTTP connection, onto the disk."""

import http.client
import tempfile
import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from urllib.parse import urlsplit

from benchmarks.measure import KEY, Comparison, Size, Target, both, in_turn

_MEGABYTE = bytes(1 << 20)
_HEAD = (
    b'--line\r\nContent-Disposition: form-data; name="purpose"\r\n\r\nassistants\r\n'
    b'--line\r\nContent-Disposition: form-data; name="file"; filename="large.bin"\r\n\r\n'
)
_END = b"\r\n--line--\r\n"


def measure(size: Size) -> list[Comparison]:
    """Milliseconds until the answer is there; the floor writes the form as it comes, without looking into it."""
    with tempfile.TemporaryDirectory() as folder, both(Path(folder, "state.db")) as (ours, floor):
        samples = in_turn(size, partial(_upload, ours, size.megabytes), partial(_upload, floor, size.megabytes))
    return [Comparison("s", f"upload of {size.megabytes} MB", "ms", samples, Target("≤", 1.5))]


def _form(megabytes: int) -> Iterator[bytes]:
    yield _HEAD
    for _ in range(megabytes):
        yield _MEGABYTE
    yield _END


def _upload(url: str, megabytes: int) -> float:
    length = len(_HEAD) + megabytes * len(_MEGABYTE) + len(_END)
    headers = {"api-key": KEY, "content-type": "multipart/form-data; boundary=line", "content-length": str(length)}
    connection = http.client.HTTPConnection(urlsplit(url).netloc, timeout=120)
    begun = time.perf_counter()
    connection.request("POST", "/openai/v1/files", _form(megabytes), headers)
    answer = connection.getresponse()
    body = answer.read()
    elapsed = time.perf_counter() - begun
    connection.close()
    assert answer.status == 200, body
    return elapsed * 1000
