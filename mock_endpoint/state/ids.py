"""Identifiers as the service makes them: a prefix, an underscore, 24 letters or digits."""

import secrets
import string

_ALPHABET = string.ascii_letters + string.digits

PREFIX = {
    "assistant": "asst",
    "thread": "thread",
    "message": "msg",
    "run": "run",
    "step": "step",
    "call": "call",
}
"""The prefix of an id by the noun that the service's messages use for its owner."""


def new_id(noun: str) -> str:
    """A fresh id such as `asst_…` for the noun `assistant`."""
    letters = (_ALPHABET[byte % len(_ALPHABET)] for byte in secrets.token_bytes(24))
    return f"{PREFIX[noun]}_{''.join(letters)}"
