"""The request bodies of containers (contract-successor §4), and what a response says of the container of its code."""

from typing import Annotated, Literal

from pydantic import Field

from mock_endpoint.schemas.base import Body

MOST_FILES = 50
"""Files that are put into a container at once (contract §10.2)."""
FileIds = Annotated[list[str], Field(max_length=MOST_FILES)]
MemoryLimit = Literal["1g", "4g", "16g", "64g"]


class ExpiresAfter(Body):
    """How long a container lives without use."""

    anchor: Literal["last_active_at"]
    minutes: Annotated[int, Field(ge=1, le=20)]


class NoNetwork(Body):
    """What code may reach: nothing. There is no other policy here."""

    type: Literal["disabled"]


class CreateContainer(Body):
    """`POST /containers`."""

    name: Annotated[str, Field(max_length=256)]
    file_ids: FileIds | None = None
    expires_after: ExpiresAfter | None = None
    memory_limit: MemoryLimit | None = None
    network_policy: NoNetwork | None = None


class CopyFile(Body):
    """`POST /containers/{id}/files` with a file that was uploaded before."""

    file_id: str
