"""Reads one file that needs a parser and prints its text as UTF-8: `python -P reader.py PATH ENDING`.

It is a process of its own, because parsers meet files that were made to break them. Exit code 1: the file is broken.
"""

import contextlib
import os
import sys
from collections.abc import Callable
from pathlib import Path

MEMORY = 1 << 30
"""Bytes that this process may have."""
PROCESSOR_SECONDS = 20


def _pdf(path: Path) -> str:
    import pypdfium2

    document = pypdfium2.PdfDocument(path)
    pages = [page.get_textpage().get_text_bounded() for page in document]
    return "\n\n".join(page.replace("\r\n", "\n").replace("\r", "\n") for page in pages)


def _docx(path: Path) -> str:
    from docx2python import docx2python

    with docx2python(path) as document:
        text: str = document.text
    return text


def _pptx(path: Path) -> str:
    from pptx import Presentation

    slides = []
    for slide in Presentation(str(path)).slides:
        shapes = [line for shape in slide.shapes for line in _lines(shape)]
        if slide.has_notes_slide and slide.notes_slide.notes_text_frame is not None:
            shapes.append(slide.notes_slide.notes_text_frame.text)
        slides.append("\n".join(filter(None, shapes)))
    return "\n\n".join(slides)


def _lines(shape: object) -> list[str]:
    """The texts of a shape of a slide: its paragraphs, its table's rows, what is grouped in it."""
    if hasattr(shape, "shapes"):
        return [line for inner in shape.shapes for line in _lines(inner)]
    if getattr(shape, "has_table", False):
        # pyrefly: ignore[missing-attribute]
        return ["\t".join(cell.text for cell in row.cells) for row in shape.table.rows]
    # pyrefly: ignore[missing-attribute]
    return [shape.text_frame.text] if getattr(shape, "has_text_frame", False) else []


def _html(path: Path) -> str:
    from bs4 import BeautifulSoup

    soup = BeautifulSoup(path.read_bytes(), "html.parser")
    for hidden in soup(["script", "style", "template", "noscript"]):
        hidden.decompose()
    for block in soup(["p", "div", "li", "tr", "br", "h1", "h2", "h3", "h4", "h5", "h6", "section", "table", "pre"]):
        block.insert_before("\n\n" if block.name not in ("li", "tr", "br") else "\n")
        block.insert_after("\n\n" if block.name not in ("li", "tr", "br") else "\n")
    lines = (" ".join(line.split()) for line in soup.get_text().splitlines())
    return "\n".join(lines)


_READ: dict[str, Callable[[Path], str]] = {".pdf": _pdf, ".docx": _docx, ".pptx": _pptx, ".html": _html, ".htm": _html}


def _limit() -> None:
    """Ask the operating system for little."""
    if sys.platform == "win32":
        with contextlib.suppress(ImportError, OSError):
            from mock_endpoint.tools import job

            job.enter(job.limits(memory=MEMORY, processes=1, seconds=PROCESSOR_SECONDS))
    else:
        import resource

        wanted = ((resource.RLIMIT_CPU, PROCESSOR_SECONDS), (resource.RLIMIT_AS, MEMORY), (resource.RLIMIT_CORE, 0))
        for which, most in wanted:
            with contextlib.suppress(ValueError, OSError):  # macOS takes no limit on addresses
                resource.setrlimit(which, (most, most))


def main(path: str, ending: str) -> int:
    """Print the text; the exit code comes back."""
    _limit()
    try:
        text = _READ[ending](Path(path))
    except MemoryError:
        return 2
    except Exception:  # whatever a parser raises says the same
        return 1
    sys.stdout.buffer.write(text.encode("utf-8", "replace"))
    sys.stdout.buffer.flush()
    return 0


if __name__ == "__main__":
    os._exit(main(sys.argv[1], sys.argv[2]))  # what a parser has left open closes with the process
