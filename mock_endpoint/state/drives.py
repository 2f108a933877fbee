"""Which folders SQLite's write-ahead log is not safe in: those of other computers, and those that a service syncs."""

from pathlib import Path

_SYNCED = {"onedrive", "dropbox", "google drive", "googledrive", "icloud drive", "mobile documents"}
_NETWORK = (
    "nfs",
    "cifs",
    "smb",
    "afp",
    "9p",
    "ncpfs",
    "webdav",
    "davfs",
    "fuse.sshfs",
    "fuse.rclone",
    "vboxsf",
    "drvfs",
)
"""How the names of file systems begin that come over a network, or from another system on the same machine."""


def is_shared_drive(path: Path) -> bool:
    """Whether the file lies, or would lie, on a network share or in a folder that a service keeps in step."""
    parts = path.resolve().parts
    if parts[0].startswith("\\\\") or any(part.lower().split(" - ")[0] in _SYNCED for part in parts):
        return True
    return _is_mounted_from_elsewhere(path.resolve())


def _is_mounted_from_elsewhere(path: Path) -> bool:
    """What the system's table of mounts says: a share may have any folder's name, or a letter on Windows."""
    import psutil  # needs a moment, and a state in memory needs it never

    mounts = [mount for mount in psutil.disk_partitions(all=True) if path.is_relative_to(mount.mountpoint)]
    nearest = max(mounts, key=lambda mount: len(mount.mountpoint), default=None)
    if nearest is None:
        return False
    return nearest.fstype.lower().startswith(_NETWORK) or "remote" in nearest.opts.split(",")
