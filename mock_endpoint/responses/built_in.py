"""The built-in tools of a response: bound to what its request declares, and to what was called before it."""

import json
from collections.abc import Iterator
from functools import partial
from typing import Any

from mock_endpoint.engine import BuiltInTool
from mock_endpoint.models.base import Annotation, ToolCall
from mock_endpoint.schemas.built_in_calls import TOOL_OF
from mock_endpoint.service import Service
from mock_endpoint.tools.file_search import results
from mock_endpoint.tools.file_search.tool import FileSearch, marks

Json = dict[str, Any]

_NOT_KEPT = "What this search found is not kept."


def tools_of(service: Service, asked: Json, allowed: list[Json], items: list[Json]) -> dict[str, BuiltInTool]:
    """The tools that the model may call, by their type; `items` are all that it reads."""
    make = {"file_search": _file_search}
    return service.bound(allowed, {kind: partial(each, service, asked, items) for kind, each in make.items()})


def marks_of(items: list[Json]) -> tuple[Annotation, ...]:
    """The citations that a response may make for what was found before it."""
    found = [item["results"] or [] for item in items if item["type"] == "file_search_call"]
    return tuple(mark for number, parts in enumerate(found) for mark in marks(number, parts))


def calls(items: list[Json]) -> Iterator[tuple[str, ToolCall]]:
    """The calls among the items, by the item's id, as a model reads them."""
    searches = 0
    for place, item in enumerate(items):
        if TOOL_OF.get(item["type"]) == "file_search":
            given = _NOT_KEPT if item["results"] is None else results.written(searches, item["results"])
            asked = json.dumps({"queries": item["queries"]}, ensure_ascii=False)
            yield item["id"], ToolCall(f"earlier_{place}", "file_search", asked, given, "file_search")
            searches += 1


def _file_search(service: Service, asked: Json, items: list[Json]) -> BuiltInTool:
    declared: Json = next(tool for tool in asked["tools"] if tool["type"] == "file_search")
    earlier = sum(item["type"] == "file_search_call" for item in items)
    return FileSearch(service, declared["vector_store_ids"], declared, asked["model"], earlier)
