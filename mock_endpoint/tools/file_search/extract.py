"""The text of a file, whatever its format.

Formats that need a parser are read in a process of their own (`reader.py`) with little memory and little time, so that
a file made to do harm ends that process, not the endpoint.
"""

import asyncio
import contextlib
import os
import subprocess
import sys
import zipfile
from pathlib import Path

from mock_endpoint.models import tokens

_TEXTS = """.c .cpp .cs .css .csv .go .java .js .json .jsonl .md .php .py .rb .sh .tex .ts .tsv .txt .xml .yaml .yml"""
PLAIN = frozenset(_TEXTS.split())
"""Endings of files that are text as they stand."""
PARSED = frozenset((".html", ".htm", ".pdf", ".docx", ".pptx"))
"""Endings of files that `reader.py` reads."""
MOST_TOKENS = 2_000_000
"""Of a text (contract §2.3)."""
MOST_CHARACTERS = 10_000_000
"""Of a text; more have too many tokens in any case."""
MOST_UNZIPPED, MOST_MEMBERS = 200 * 1024 * 1024, 10_000
"""Bytes and files in a DOCX or PPTX file, by its own table of contents."""
SECONDS = 60
"""How long a file may be read; 20 of them the processor may work (`reader.py`)."""


class Unreadable(Exception):
    """There is no text to be had; becomes the `last_error` of a vector store's file (contract §7)."""

    def __init__(self, code: str, message: str) -> None:
        """`code`: `unsupported_file` for a format that is not read, `invalid_file` for a file that is broken."""
        super().__init__(message)
        self.code = code
        self.message = message


_TOO_LONG = Unreadable("invalid_file", f"The file has more than {MOST_TOKENS:,} tokens.")


async def text_of(path: Path, name: str) -> str:
    """The text of the file at `path`, which its owner calls `name`; `Unreadable` where there is none."""
    ending = Path(name).suffix.lower()
    if ending in PLAIN:
        text = await asyncio.to_thread(_decoded, path)
    elif ending in PARSED:
        if ending in (".docx", ".pptx"):
            await asyncio.to_thread(_check_zip, path)
        text = await _read_apart(path, ending)
    else:
        known = ", ".join(sorted(PLAIN | PARSED))
        raise Unreadable("unsupported_file", f"Files with the ending '{ending}' are not read. These are: {known}.")
    if not text.strip():
        raise Unreadable("invalid_file", "There is no text in the file.")
    if len(text) > MOST_CHARACTERS or await asyncio.to_thread(tokens.count, text) > MOST_TOKENS:
        raise _TOO_LONG
    return text


def _decoded(path: Path) -> str:
    if path.stat().st_size > 4 * MOST_CHARACTERS:
        raise _TOO_LONG
    raw = path.read_bytes()
    encoding = "utf-16" if raw[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig"
    try:
        text = raw.decode(encoding)
    except UnicodeDecodeError:
        raise Unreadable("invalid_file", "The file is not text in UTF-8 or UTF-16. Save it as UTF-8.") from None
    if "\0" in text:
        raise Unreadable("invalid_file", "The file is not text.")
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _check_zip(path: Path) -> None:
    """Refuse an archive that would unpack to more than is reasonable; zlib gives no more than its table says."""
    try:
        with zipfile.ZipFile(path) as archive:
            members = archive.infolist()
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError):
        raise Unreadable("invalid_file", "The file is broken.") from None
    if len(members) > MOST_MEMBERS or sum(member.file_size for member in members) > MOST_UNZIPPED:
        raise Unreadable("invalid_file", "The file unpacks to more than is reasonable.")


async def _read_apart(path: Path, ending: str) -> str:
    """What `reader.py` says in a process of its own: nothing of this process's environment but where Python is."""
    kept = ("PATH", "SYSTEMROOT", "TEMP", "TMP", "PYTHONPATH", "VIRTUAL_ENV", "LD_LIBRARY_PATH")
    reader = Path(__file__).with_name("reader.py")
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-P", str(reader), str(path), ending),  # -P: the names of its neighbours are no modules
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env={name: os.environ[name] for name in kept if name in os.environ},
    )
    assert process.stdout is not None
    raw = b""
    try:
        async with asyncio.timeout(SECONDS):
            while piece := await process.stdout.read(1 << 20):
                raw += piece
                if len(raw) > 4 * MOST_CHARACTERS:
                    raise _TOO_LONG
            status = await process.wait()
    except TimeoutError:
        status = None
    finally:
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        await process.wait()
    if status != 0:
        why = "is broken" if status == 1 else "takes too long or too much memory to read"
        raise Unreadable("invalid_file", f"The file {why}.")
    return raw.decode("utf-8")
