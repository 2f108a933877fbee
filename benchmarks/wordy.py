"""An endpoint like `serve`, with a model that says many words: `python -m benchmarks.wordy STATE KEY WORDS`."""

import sys
from collections.abc import AsyncIterator
from pathlib import Path

from benchmarks import canned
from mock_endpoint.models.base import Event, Finished, Model, Prompt, TextDelta
from mock_endpoint.server import Options, serve


class Wordy(Model):
    """Says the same words to everybody, and takes no time to find them."""

    label = "a model of many words"

    def __init__(self, words: list[str]) -> None:
        self._words = words

    async def answer(self, prompt: Prompt) -> AsyncIterator[Event]:
        """One piece a word."""
        for word in self._words:
            yield TextDelta(word)
        yield Finished("stop", prompt_tokens=1, completion_tokens=len(self._words))


if __name__ == "__main__":
    state, key, count = sys.argv[1:]
    sys.exit(serve(Options(state=Path(state), key=key, model=Wordy(canned.words(int(count))))))
