"""File search as a model's tool: a query in, the excerpts that were found out, each under a marker to cite it with."""

import asyncio
import json
import time
from collections.abc import Sequence
from typing import Any

from mock_endpoint import vector_stores
from mock_endpoint.engine import ToolOutput
from mock_endpoint.models.base import Annotation
from mock_endpoint.service import Service
from mock_endpoint.tools.file_search import indexing, results
from mock_endpoint.tools.file_search.search import lexical_of, search

Json = dict[str, Any]

_MOST_RESULTS, _MOST_RESULTS_35 = 20, 5
"""Results where nothing else is asked for, and the same for gpt-3.5 (contract §7)."""
_PATIENCE, _LOOK_EVERY = 60.0, 0.05
"""Seconds that a search waits for files that are being indexed, and between two looks at them."""


class FileSearch:
    """Searches the vector stores of one run or response."""

    def __init__(self, service: Service, store_ids: Sequence[str], options: Json, model: str, earlier: int) -> None:
        """`options`: as the tool's declaration has them; `earlier`: how many searches the model has read already."""
        ranking = options.get("ranking_options", {})
        short = "3.5" in model or "gpt-35" in model
        self._service, self._store_ids, self._searches = service, store_ids, earlier
        self._most = options.get("max_num_results", _MOST_RESULTS_35 if short else _MOST_RESULTS)
        self._only, self._lexical = options.get("filters"), lexical_of(ranking)
        self._ranking = {"ranker": ranking.get("ranker", "auto"), "score_threshold": ranking.get("score_threshold", 0)}

    async def run(self, arguments: str) -> ToolOutput:
        """The results: the model reads their text, and a reader of the call sees them with their scores."""
        await self._indexed()
        living = [each for each in self._store_ids if self._lives(each)]
        threshold = self._ranking["score_threshold"]
        hits = await search(
            self._service,
            living,
            queries(arguments),
            most=self._most,
            threshold=threshold,
            only=self._only,
            lexical=self._lexical,
        )
        number, self._searches = self._searches, self._searches + 1
        async with self._service.store.transaction():
            for store_id in living:
                vector_stores.used(self._service.store, store_id)
        parts = [
            {
                "attributes": hit.file["attributes"],
                "file_id": hit.file["id"],
                "filename": hit.filename,
                "score": hit.score,
                "text": hit.text,
                "vector_store_id": hit.file["vector_store_id"],
            }
            for hit in hits
        ]
        details = {"ranking_options": self._ranking}
        return ToolOutput(results.written(number, parts), tuple(parts), marks(number, parts), details)

    def _lives(self, store_id: str) -> bool:
        found = vector_stores.find(self._service.store, store_id)
        return found is not None and found["status"] != "expired"

    async def _indexed(self) -> None:
        """Wait until all files can be found, but not for ever."""
        deadline = time.monotonic() + _PATIENCE
        while any(self._is_busy(store_id) for store_id in self._store_ids) and time.monotonic() < deadline:
            await indexing.wake(self._service)
            await asyncio.sleep(_LOOK_EVERY)

    def _is_busy(self, store_id: str) -> bool:
        found = vector_stores.find(self._service.store, store_id)
        return found is not None and found["status"] == "in_progress"


def marks(search_number: int, parts: Sequence[Json]) -> tuple[Annotation, ...]:
    """The citations that an answer may hold after this search."""
    return tuple(
        Annotation(
            "file_citation",
            results.marker(search_number, place, each["filename"]),
            each["file_id"],
            each["filename"],
        )
        for place, each in enumerate(parts)
    )


def queries(arguments: str) -> list[str]:
    """What to look for: the text as it stands, or the queries of a JSON object, as other models write them."""
    try:
        given = json.loads(arguments)
    except ValueError:
        return [arguments]
    asked = given.get("queries", given.get("query")) if isinstance(given, dict) else arguments
    texts = [each for each in (asked if isinstance(asked, list) else [asked]) if isinstance(each, str)]
    return texts or [arguments]
