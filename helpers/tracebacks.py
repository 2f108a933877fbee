"""What a notebook shows of an error of the client: one's own lines, the service's sentence, and what to do."""

import linecache
import sys
import sysconfig
import traceback
from pathlib import Path
from types import TracebackType
from typing import Any

from helpers.views import kernel

_WHOLE = "The whole traceback: import traceback; traceback.print_last()"
_REMEDIES = (
    (401, "", "The key or the endpoint is not right: python -m helpers doctor, in a terminal, names it."),
    (
        404,
        "Resource not found",
        "The address or the api-version is not right: wire() shows what was asked for.",
    ),
    (404, " found", "It was deleted, or never there: run the cell that makes it again, then this one."),
    (400, "active run", "Wait for that run with runs.poll(…), or cancel it; then try again."),
    (400, "is active", "Wait for that run with runs.poll(…), or cancel it; then try again."),
    (400, "Expected an ID that begins with", "Give the id, not the object or its text: thread.id, run.id."),
    (400, "API version not supported", "Is -preview missing at its end, or a digit wrong? Lesson 01 has a table."),
    (
        400,
        'status "expired" do not accept',
        "The run waited for longer than ten minutes: begin again at the cell that makes it.",
    ),
    (
        400,
        "do not accept tool outputs",
        "The run waits for no outputs (they may be in already): go on with the next cell, or make a new run.",
    ),
    (400, "Cannot cancel run", "The run is over, and nothing is left to stop: look at its status."),
    (429, "", "Too many requests at once: wait a little, then run the cell again."),
    (410, "", "The hosted service is retired: leave AZURE_OPENAI_ENDPOINT in .env blank, and the kit's own answers."),
    (500, "", "Something broke over there: wait a little, then run the cell again."),
)
"""Status, words of the sentence, and what to do."""
_NOBODY = "Nobody answers at that address: run prepare() once more, and then the cells from the top."
_KEYWORD = "Look at what the call takes: put the cursor into its brackets, and press Shift+Tab."
_BEFORE = (
    ("OpenAIError", "credentials", "The client was given no key: run prepare() first, or set the variable it reads."),
    (
        "ValueError",
        "Expected a non-empty value for",
        "The id is empty: run the cell that makes the object, then this one.",
    ),
    ("AttributeError", "_AssistantEventHandler__", "Begin the __init__ of your handler with super().__init__()."),
)
"""Class and words of an error of the client that comes before any answer, and what to do."""
_AROUND = 2
"""Lines of one's own cell shown before the one that failed."""
_INNER = (
    *(str(Path(sysconfig.get_path(name)).resolve()) for name in ("stdlib", "purelib", "platlib")),
    str(Path(__file__).resolve().parent),
)
"""Where code lies that is not the learner's."""


def fold(wanted: bool) -> None:
    """From now on fold the client's inner frames in this kernel, or show them again; without IPython, nothing."""
    shell: Any = kernel()
    if shell is not None:
        shell.set_custom_exc((Exception,) if wanted else (), _show if wanted else None)


def _show(
    shell: Any,  # noqa: ANN401 - IPython's own
    kind: type[Exception],
    error: Exception,
    trace: TracebackType,
    tb_offset: int | None = None,
) -> None:
    lines = told(error, trace)
    if lines:
        # pyrefly: ignore[missing-attribute]
        error._render_traceback_ = lambda: lines  # how IPython lets an error draw itself
    shell.showtraceback((kind, error, trace), tb_offset=tb_offset, running_compiled_code=bool(_own(trace)))


def told(error: Exception, trace: TracebackType | None) -> list[str]:
    """The lines to show in place of a traceback; none for an error that is not the client's."""
    own, frames = _own(trace), traceback.extract_tb(trace)
    sentence, remedy = _of_the_client(error, frames[-1].filename if frames else "")
    if not own or not sentence:
        return []
    places = [line for frame in own for line in _place(frame)]
    return [*places, "", sentence, *([f"  → {remedy}"] if remedy else []), "", _WHOLE]


def _of_the_client(error: Exception, last_file: str) -> tuple[str, str]:
    """What happened and what to do; two empty texts for an error of somebody else."""
    openai = sys.modules.get("openai")
    kind = type(error).__name__
    if openai is None:
        return "", ""
    if isinstance(error, openai.APIStatusError):
        body = error.body if isinstance(error.body, dict) else {}
        words = " ".join(str(body.get("message") or error.message).split())
        fits = (what for status, part, what in _REMEDIES if status == error.status_code and part in words)
        return f"{kind} {error.status_code}: {words}", next(fits, "")
    if isinstance(error, openai.APIConnectionError):
        return f"{kind}: {error.message}", _NOBODY
    if isinstance(error, TypeError) and Path(last_file).parent.name in ("_utils", "site-packages"):
        return f"{kind}: {error}", _KEYWORD
    remedy = next((what for name, words, what in _BEFORE if name == kind and words in str(error)), "")
    return (f"{kind}: {error}", remedy) if remedy else ("", "")


def _place(frame: traceback.FrameSummary) -> list[str]:
    """A line that failed, marked, with those before it."""
    number = frame.lineno or 1
    shown = range(max(1, number - _AROUND), number + 1)
    within = f" in {frame.name}" if frame.name != "<module>" else ""
    lines = [f"{'→' if at == number else ' '} {at:>3} {linecache.getline(frame.filename, at).rstrip()}" for at in shown]
    return [f"line {number}{within}", *lines]


def _own(trace: TracebackType | None) -> list[traceback.FrameSummary]:
    """The frames of the learner's own code; of a cell that Python could not read there are none."""
    return [frame for frame in traceback.extract_tb(trace) if not _is_inner(frame.filename)]


def _is_inner(file: str) -> bool:
    return file.startswith("<frozen") or str(Path(file).resolve()).startswith(_INNER)
