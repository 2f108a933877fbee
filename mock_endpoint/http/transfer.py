"""The bytes of files on their way: out of the endpoint, and what is said where the disk does not take them."""

from collections.abc import Iterator
from contextlib import contextmanager
from mimetypes import MimeTypes

from starlette.responses import FileResponse

from mock_endpoint import errors
from mock_endpoint.state.store import Store

_TYPES = MimeTypes()
"""Of the standard library alone, so that no system's own list changes an answer."""


def download(store: Store, file_id: str, name: str) -> FileResponse:
    """The bytes of a file as they were kept; the content type follows from its name."""
    path = store.blobs.path(file_id)
    if not path.exists():
        raise errors.unstored((f"The bytes of {file_id} are no longer on the disk.", "Upload the file again."))
    kind = _TYPES.guess_type(name)[0] or "application/octet-stream"
    # As a header, because of a media type Starlette says in which letters it is written, and nobody knows that.
    return FileResponse(path, headers={"content-type": kind}, filename=name)


@contextmanager
def disk_complaints() -> Iterator[None]:
    """What is written inside may be refused by the disk: the caller is told why, and what to do."""
    try:
        yield
    except OSError as error:
        why = f"The endpoint could not keep the file: {error.strerror or error}."
        raise errors.unstored((why, "Free some space, or set KIT_STATE elsewhere.")) from error
