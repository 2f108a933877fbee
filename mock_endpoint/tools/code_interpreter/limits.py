"""What code may use up. This loads nothing, so that an endpoint can start without it."""

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Bounds:
    """What a kernel may use up."""

    memory: int = 1 << 30
    """Bytes of data that one process holds."""
    file: int = 100 << 20
    """Bytes of one file."""
    threads: int = 256
    """Of all processes of the user who runs it, so many more than there are now; of a user of its own so many."""
    open_files: int = 256


@dataclass(frozen=True)
class Limits:
    """What code may use up; beyond that it is stopped."""

    seconds: float = 60
    """For one call."""
    memory: int = 2 << 30
    """Bytes of all processes together."""
    processes: int = 24
    disk: int = 512 << 20
    """Bytes of all files together."""
    bounds: Bounds = field(default_factory=Bounds)


class CannotStart(Exception):
    """There is no kernel; the message says why."""
