"""Identifiers as the service makes them.

Those of Assistants: a prefix, an underscore, 24 letters or digits. Those of Responses are hexadecimal and share a key:
whatever belongs to one chain of responses, or to one conversation, can be found by it (contract-successor §1.2).
"""

import secrets
import string
import time

_OF_BYTE = ((string.ascii_letters + string.digits) * 5)[:256]
"""A letter or digit for each byte."""

PREFIX = {
    "assistant": "asst",
    "thread": "thread",
    "message": "msg",
    "run": "run",
    "step": "step",
    "call": "call",
    "response": "resp",
    "conversation": "conv",
    "vector_store": "vs",
    "batch": "vsfb",
    "container": "cntr",
}
"""The prefix of an id by the noun that the service's messages use for its owner."""


def new_id(noun: str) -> str:
    """A fresh id such as `asst_…` for the noun `assistant`."""
    return f"{PREFIX[noun]}_{_letters()}"


def new_file_id(azure_assistants: bool) -> str:
    """A fresh id for a file: `assistant-…` for those that Azure keeps for assistants, otherwise `file-…`."""
    return f"{'assistant' if azure_assistants else 'file'}-{_letters()}"


def _letters() -> str:
    return "".join(map(_OF_BYTE.__getitem__, secrets.token_bytes(24)))


def new_key() -> str:
    """The key of a new chain of responses, or of a new conversation: 16 hexadecimal digits."""
    return secrets.token_hex(8)


def stem(key: str, *, first: bool) -> str:
    """The 18 digits that a response and its items begin with; `first`: whether the key is new with it."""
    return key + ("00" if first else "01")


def stemmed_id(prefix: str, of: str) -> str:
    """The id of a response or of one of its items: the stem, the seconds, 24 digits; 50 in all."""
    return f"{prefix}_{of}{int(time.time()):08x}{secrets.token_hex(12)}"


def keyed_id(prefix: str, key: str) -> str:
    """The id of a conversation, or of an item that was put into it by itself: 48 digits, the key at their end."""
    return f"{prefix}_{secrets.token_hex(16)}{key}"


def new_container_id() -> str:
    """A fresh id for a container: 48 hexadecimal digits."""
    return f"{PREFIX['container']}_{secrets.token_hex(24)}"


def new_container_file_id() -> str:
    """A fresh id for a file of a container: 32 hexadecimal digits."""
    return f"cfile_{secrets.token_hex(16)}"


def key_of(object_id: str) -> str:
    """The key in an id of Responses; for any other id a text that is no key of anything."""
    digits = object_id.partition("_")[2]
    return digits[:16] if len(digits) == 50 else digits[-16:]
