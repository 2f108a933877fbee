"""A long conversation made short: what the user said stays, the rest becomes one item (contract-successor §1.6).

The service encrypts what the item holds. Here it is packed only, and can be read by this endpoint alone.
"""

import base64
import json
import zlib
from typing import Any

from mock_endpoint import errors
from mock_endpoint.models.base import Turn

Json = dict[str, Any]

_MARK = "local."
"""What our own items begin with."""
_KEPT = 280
"""Characters that are kept of each answer, and of each call with its output."""


def compacted(turns: tuple[Turn, ...]) -> str:
    """The gist of all turns but the user's: the beginning of each answer, and what was called."""
    said = [_gist(turn) for turn in turns if turn.role == "assistant"]
    return "\n".join(filter(None, said))


def packed(text: str) -> str:
    """A text as the content of a compaction item."""
    return _MARK + base64.urlsafe_b64encode(zlib.compress(json.dumps(text).encode())).decode()


def unpacked(content: str) -> str:
    """The text again; a `Refusal` where it was packed elsewhere."""
    try:
        text: str = json.loads(zlib.decompress(base64.urlsafe_b64decode(content.removeprefix(_MARK))))
    except (ValueError, zlib.error):
        message = (
            f"The encrypted content {content[:8]}... could not be verified. "
            "Reason: Encrypted content could not be decrypted or parsed."
        )
        raise errors.invalid(message, code="invalid_encrypted_content") from None
    return text


def _gist(turn: Turn) -> str:
    if not turn.calls:
        return turn.text[:_KEPT]
    return "\n".join(f"{call.name}({call.arguments}) gave {call.output}"[:_KEPT] for call in turn.calls)
