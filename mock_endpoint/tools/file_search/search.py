"""A search in vector stores."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from mock_endpoint import files, vector_stores
from mock_endpoint.models.encoder import encoder
from mock_endpoint.service import Service
from mock_endpoint.tools.file_search.filters import matches
from mock_endpoint.tools.file_search.index import LEXICAL, Chunking, Shelf, first

Json = dict[str, Any]

_LEAST = 1e-6
"""A weight that stands for none, so that words alone can count."""
_MOST_SHELVES = 4
"""Sets of files that a process keeps in memory, ready to be searched."""


@dataclass(frozen=True)
class Hit:
    """A chunk that was found, with what is known of its file."""

    file: Json
    """The file as its vector store has it."""
    filename: str
    score: float
    text: str


def lexical_of(ranking: Json) -> float:
    """How much words count beside meaning, as ranking options say."""
    if ranking.get("ranker") == "none":
        return 0
    weights = ranking.get("hybrid_search")
    return weights["text_weight"] / max(weights["embedding_weight"], _LEAST) if weights else LEXICAL


async def search(
    service: Service,
    store_ids: Sequence[str],
    queries: Sequence[str],
    *,
    most: int,
    threshold: float = 0,
    only: Json | None = None,
    lexical: float = LEXICAL,
) -> list[Hit]:
    """The best chunks for any of the queries, in the files that are indexed and that the filter `only` lets pass."""
    store = service.store
    found = {
        file["id"]: file
        for store_id in store_ids
        for file in store.all(vector_stores.FILE, store_id)
        if file["status"] == "completed"
    }
    passing = frozenset(file_id for file_id, file in found.items() if only is None or matches(only, file["attributes"]))
    if not passing:
        return []
    shelf = _shelf(service, found)
    asked = await asyncio.to_thread(lambda: encoder().encode(list(queries)))
    hits = []
    for each in shelf.search(asked, queries, most=most, threshold=threshold, only=passing, lexical=lexical):
        if row := files.find(store, each.file_id):
            hits.append(Hit(found[each.file_id], row["filename"], each.score, each.text))
    return hits


def _shelf(service: Service, found: dict[str, Json]) -> Shelf:
    """The files in memory, from the last search if nothing has changed since."""
    sizes = {file_id: file["chunking_strategy"]["static"] for file_id, file in found.items()}
    chunking = {
        file_id: Chunking(each["max_chunk_size_tokens"], each["chunk_overlap_tokens"])
        for file_id, each in sizes.items()
    }
    wanted = tuple((*each, first(service.store, each[0])) for each in chunking.items())
    shelf: Shelf | None = service.shelves.pop(wanted, None)
    service.shelves[wanted] = shelf = shelf or Shelf(service.store, chunking)
    while len(service.shelves) > _MOST_SHELVES:
        del service.shelves[next(iter(service.shelves))]
    return shelf
