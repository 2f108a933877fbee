"""The index: the passages of all files that are in a vector store, with their vectors and words, in the state file.

A file is indexed once, however many stores hold it and however they chunk it. Vectors are compared by brute force:
10,000 passages take less than a millisecond.
"""

import math
import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING

from mock_endpoint.models.encoder import Encoder
from mock_endpoint.state.store import Store
from mock_endpoint.tools.file_search import words
from mock_endpoint.tools.file_search.passages import Passage, chunks

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

LEXICAL = 0.25
"""The weight of the words beside that of the vectors, which is 1."""


@dataclass(frozen=True)
class Chunking:
    """How a file is chunked, in tokens."""

    most: int = 800
    overlap: int = 400


@dataclass(frozen=True)
class Found:
    """A chunk that was found, and the passage in it for which it was."""

    file_id: str
    score: float
    """From 0 to 1."""
    text: str
    passage: str


def put_text(store: Store, file_id: str, text: str) -> None:
    """Keep the text of a file; inside a transaction."""
    store.db.execute("INSERT OR REPLACE INTO texts (file_id, text) VALUES (?, ?)", (file_id, text))


def text_of(store: Store, file_id: str) -> str | None:
    """The text of a file, None where none is kept."""
    row = store.db.execute("SELECT text FROM texts WHERE file_id = ?", (file_id,)).fetchone()
    return row["text"] if row else None


def kept(store: Store, file_id: str) -> int:
    """How many of the file's passages are in the index."""
    number: int = store.db.execute("SELECT count(*) FROM passages WHERE file_id = ?", (file_id,)).fetchone()[0]
    return number


def first(store: Store, file_id: str) -> int | None:
    """The row of the file's first passage: another one when the file was indexed anew."""
    row = store.db.execute("SELECT id FROM passages WHERE file_id = ? AND place = 0", (file_id,)).fetchone()
    return row["id"] if row else None


def size(store: Store, file_id: str) -> int:
    """The bytes that the file takes in the index: its text and its vectors."""
    row = store.db.execute(
        "SELECT (SELECT length(CAST(text AS BLOB)) FROM texts WHERE file_id = ?1)"
        " + (SELECT coalesce(sum(length(vector)), 0) FROM passages WHERE file_id = ?1)",
        (file_id,),
    ).fetchone()
    return int(row[0] or 0)


def encoded(encoder: Encoder, text: str, found: Sequence[Passage]) -> list[bytes]:
    """The vectors of passages, as the index keeps them."""
    import numpy as np

    vectors = encoder.encode([text[each.start : each.stop] for each in found])
    return [vector.tobytes() for vector in vectors.astype(np.float16)]


def put(store: Store, file_id: str, text: str, found: Sequence[Passage], vectors: Sequence[bytes]) -> None:
    """Add passages behind those that the file has already; inside a transaction."""
    for place, (each, vector) in enumerate(zip(found, vectors, strict=True), kept(store, file_id)):
        added = store.db.execute(
            "INSERT INTO passages (file_id, place, start, stop, tokens, vector) VALUES (?, ?, ?, ?, ?, ?)",
            (file_id, place, each.start, each.stop, each.tokens, vector),
        )
        said = " ".join(words.words(text[each.start : each.stop]))
        store.db.execute("INSERT INTO passage_words (rowid, words) VALUES (?, ?)", (added.lastrowid, said))


def drop(store: Store, file_id: str) -> None:
    """Take a file out of the index; inside a transaction."""
    store.db.execute("DELETE FROM passage_words WHERE rowid IN (SELECT id FROM passages WHERE file_id = ?)", (file_id,))
    store.db.execute("DELETE FROM passages WHERE file_id = ?", (file_id,))
    store.db.execute("DELETE FROM texts WHERE file_id = ?", (file_id,))


class Shelf:
    """The passages of some files in memory, ready to be searched."""

    def __init__(self, store: Store, files: Mapping[str, Chunking]) -> None:
        import numpy as np

        self.store = store
        rows = [row for file_id in files for row in _rows(store, file_id)]
        ids = np.array([row["id"] for row in rows], np.int64)
        self._order: NDArray[np.int64] = np.argsort(ids)
        self._sorted = ids[self._order]
        self.file_ids: list[str] = [row["file_id"] for row in rows]
        self.spans: list[tuple[int, int]] = [(row["start"], row["stop"]) for row in rows]
        width = len(rows[0]["vector"]) // 2 if rows else 0
        raw = b"".join(row["vector"] for row in rows)
        self.vectors: NDArray[np.float32] = np.frombuffer(raw, np.float16).reshape(len(rows), width).astype(np.float32)
        self._texts: dict[str, str] = {}
        """Of the files in which something was found; reading a long one again takes longer than the search."""
        self.chunk_of: list[range] = []
        """For each passage the chunk that shows it best, as places on this shelf."""
        for file_id, group in groupby(rows, key=lambda row: str(row["file_id"])):
            sizes = [row["tokens"] for row in group]
            first = len(self.chunk_of)
            cut = chunks(sizes, files[file_id].most, files[file_id].overlap)
            self.chunk_of += [range(first + each.start, first + each.stop) for each in _shown_in(cut, len(sizes))]

    def _places(self, rows: list[int]) -> "NDArray[np.int64]":
        """Where rows of the index stand on this shelf; those of other files do not."""
        import numpy as np

        near = np.minimum(np.searchsorted(self._sorted, rows), len(self.file_ids) - 1)
        found: NDArray[np.int64] = self._order[near[self._sorted[near] == rows]]
        return found

    def search(
        self,
        asked: "NDArray[np.float32]",
        texts: Iterable[str],
        *,
        most: int,
        threshold: float = 0,
        only: frozenset[str] | None = None,
        lexical: float = LEXICAL,
    ) -> list[Found]:
        """The best chunks for the queries, whose vectors are `asked`, best first; of the files `only`."""
        import numpy as np

        if not self.file_ids or not len(asked):
            return []
        best = np.zeros(len(self.file_ids), np.float32)
        for vector, text in zip(asked, texts, strict=True):
            scores = np.clip(self.vectors @ vector, 0, 1)
            if lexical:
                scores = (scores + lexical * self._word_scores(text)) / (1 + lexical)
            np.maximum(best, scores, out=best)
        found: list[Found] = []
        taken: set[range] = set()
        for place in _ranked(best, 10 * most):
            score, chunk = float(best[place]), self.chunk_of[place]
            if len(found) == most or score < threshold:
                break
            if chunk not in taken and (only is None or self.file_ids[place] in only):
                taken.add(chunk)
                found.append(self._found(place, chunk, score))
        return found

    def _word_scores(self, text: str) -> "NDArray[np.float32]":
        """How much of what a query says each passage holds, from 0 to 1; rare words count more than common ones.

        It is no BM25, which says which passage is best, not whether any is good.
        """
        import numpy as np

        scores, most = np.zeros(len(self.file_ids), np.float32), 0.0
        for word in words.asked(text):
            rows = self.store.db.execute("SELECT rowid FROM passage_words WHERE words MATCH ?", (f'"{word}"',))
            places = self._places([row[0] for row in rows])
            weight = math.log(1 + len(self.file_ids) / (len(places) + 0.5))
            scores[places] += weight
            most += weight
        return scores / most if most else scores

    def _found(self, place: int, chunk: range, score: float) -> Found:
        file_id = self.file_ids[place]
        if file_id not in self._texts:
            self._texts[file_id] = text_of(self.store, file_id) or ""
        whole, (start, stop) = self._texts[file_id], self.spans[place]
        around = whole[self.spans[chunk[0]][0] : self.spans[chunk[-1]][1]]
        return Found(file_id, round(score, 4), around, whole[start:stop])


def _ranked(scores: "NDArray[np.float32]", near: int) -> Iterator[int]:
    """Places from the best score to the worst, equal ones as they stand; all are sorted only where the `near` best
    do not do."""
    import numpy as np

    seen = 0
    if near < len(scores):
        best = np.flatnonzero(scores >= np.partition(scores, -near)[-near])
        yield from best[np.argsort(-scores[best], kind="stable")].tolist()
        seen = len(best)
    yield from np.argsort(-scores, kind="stable").tolist()[seen:]


def _rows(store: Store, file_id: str) -> list[sqlite3.Row]:
    return store.db.execute(
        "SELECT id, file_id, start, stop, tokens, vector FROM passages WHERE file_id = ? ORDER BY place", (file_id,)
    ).fetchall()


def _shown_in(cut: Sequence[range], number: int) -> list[range]:
    """For each of the passages the chunk in whose middle it stands most nearly."""
    best: list[range] = [range(0)] * number
    for chunk in cut:
        for place in chunk:
            if not best[place] or _off(chunk, place) < _off(best[place], place):
                best[place] = chunk
    return best


def _off(chunk: range, place: int) -> float:
    return abs(place - (chunk.start + chunk.stop - 1) / 2)
