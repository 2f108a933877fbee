"""What code gave, as a model reads it and as a step keeps it (contract §4, §6)."""

from collections.abc import Iterable, Sequence
from typing import Any

from mock_endpoint.models.base import Annotation

Json = dict[str, Any]

BEGAN_ANEW = "[The interpreter began anew: variables of earlier calls are gone. Attached files are there.]"
"""What a model is told once when its variables are gone."""


def written(parts: Sequence[Json], marks: Sequence[Annotation]) -> str:
    """The outputs of code as the model reads them, and the links to the files that the code made."""
    said = [part["logs"] if part["type"] == "logs" else "[A picture, which is shown to the user.]" for part in parts]
    said += [f"[A file was made. Link to it as {mark.text}]" for mark in marks]
    return "\n".join(said) or "[The code ended and printed nothing.]"


def kept(marks: Iterable[Annotation]) -> list[Json]:
    """The links to files as a step keeps them; its readers do not see them."""
    return [{"text": mark.text, "file_id": mark.file_id, "filename": mark.filename} for mark in marks]


def marks(files: Iterable[Json]) -> tuple[Annotation, ...]:
    """The links that `kept` has kept."""
    return tuple(Annotation("file_path", each["text"], each["file_id"], each["filename"]) for each in files)
