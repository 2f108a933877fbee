"""What a kernel says while it runs code, as text and pictures."""

import base64
import re
from dataclasses import dataclass, field
from typing import Any

_CHARACTERS = 100_000
"""Of text that are kept of one call."""
_ENOUGH = 20 * _CHARACTERS
"""After which code that goes on printing is stopped."""
_PICTURES, _PICTURE_SIZE = 20, 20 << 20
_COLOURS = re.compile(r"\x1b\[[0-9;]*[A-Za-z]")


@dataclass
class Outputs:
    """The outputs of one call, in their order: texts, and pictures as PNG."""

    parts: list[str | bytes] = field(default_factory=list)
    said: int = 0
    """Characters, those that are not kept included."""

    @property
    def flooding(self) -> bool:
        """Whether it says more than anybody reads."""
        return self.said > _ENOUGH

    @property
    def pictures(self) -> list[bytes]:
        """Those among the parts."""
        return [part for part in self.parts if isinstance(part, bytes)]

    def take(self, kind: str, content: dict[str, Any]) -> None:
        """The next message of the kernel."""
        if kind == "stream":
            self.say(str(content["text"]))
        elif kind == "error":
            self.say("\n".join(content["traceback"]) or f"{content['ename']}: {content['evalue']}")
        elif kind in ("execute_result", "display_data"):
            data = content["data"]
            if "image/png" in data:
                self._show(base64.b64decode(data["image/png"]))
            elif "text/plain" in data:
                self.say(str(data["text/plain"]) + "\n")

    def say(self, text: str) -> None:
        """A text, as far as there is room."""
        room = _CHARACTERS - self.said
        self.said += len(text)
        if room <= 0:
            return
        text = _COLOURS.sub("", text)
        self._add(text[:room])
        if len(text) > room:
            self.note(f"The rest of the output was left out: it is longer than {_CHARACTERS} characters.")

    def note(self, text: str) -> None:
        """A word of the endpoint's own, for which there is always room."""
        self._add(f"\n[{text}]\n")

    def _add(self, text: str) -> None:
        if self.parts and isinstance(self.parts[-1], str):
            self.parts[-1] += text
        else:
            self.parts.append(text)

    def _show(self, picture: bytes) -> None:
        if len(self.pictures) < _PICTURES and len(picture) <= _PICTURE_SIZE:
            self.parts.append(picture)
