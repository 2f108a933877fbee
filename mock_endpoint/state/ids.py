"""Identifiers as the service makes them: a prefix, an underscore, 24 letters or digits."""

import secrets
import string

_OF_BYTE = ((string.ascii_letters + string.digits) * 5)[:256]
"""A letter or digit for each byte."""

PREFIX = {
    "assistant": "asst",
    "thread": "thread",
    "message": "msg",
    "run": "run",
    "step": "step",
    "call": "call",
    "vector_store": "vs",
    "batch": "vsfb",
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
