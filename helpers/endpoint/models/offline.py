"""The offline model: deterministic, needs no network and no key, and says honestly what it does not know."""

import re
from collections.abc import AsyncIterator

from . import tokens
from .base import Event, Finished, Prompt, TextDelta

_PIECE = re.compile(r"\s*(?:[\u3040-\u30ff\u3400-\u9fff、。「」]{1,3}|[^\s\u3040-\u30ff\u3400-\u9fff、。「」]+)|\s+")


class OfflineModel:
    """Answers without network, key or cost."""

    label = "the offline model"

    async def answer(self, prompt: Prompt) -> AsyncIterator[Event]:
        """The answer in small pieces, then the tokens it took."""
        from .answering import compose  # its patterns take a while to build, and `serve` should not wait for them

        text, reason = compose(prompt), "stop"
        if prompt.max_completion_tokens is not None:
            kept = tokens.pieces(text)
            if len(kept) > prompt.max_completion_tokens:
                text, reason = "".join(kept[: prompt.max_completion_tokens]), "length"
        for piece in _PIECE.findall(text):
            yield TextDelta(piece)
        yield Finished("length" if reason == "length" else "stop", tokens.of_prompt(prompt), tokens.count(text))
