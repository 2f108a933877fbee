"""The built-in tools of a response: bound to what its request declares, and to what was called before it."""

import json
from collections.abc import Iterator
from functools import partial
from typing import Any

from mock_endpoint.engine import BuiltInTool
from mock_endpoint.models.base import Annotation, ToolCall
from mock_endpoint.responses.code import Place
from mock_endpoint.schemas.built_in_calls import TOOL_OF
from mock_endpoint.service import Service
from mock_endpoint.tools.code_interpreter.tool import CodeInterpreter, NoInterpreter
from mock_endpoint.tools.file_search import results
from mock_endpoint.tools.file_search.tool import FileSearch, marks

Json = dict[str, Any]

_NOT_KEPT = "What this search found is not kept."
_NOT_KEPT_OF_CODE = "What this code gave is not kept."


def place_of(service: Service, asked: Json, items: list[Json]) -> Place | None:
    """Where the code of a response runs, if it declares the tool; `items` are all that its model reads."""
    declared = [tool for tool in asked.get("tools", []) if tool["type"] == "code_interpreter"]
    return Place(service, declared[0], items) if declared else None


def tools_of(
    service: Service, asked: Json, allowed: list[Json], items: list[Json], place: Place | None
) -> dict[str, BuiltInTool]:
    """The tools that the model may call, by their type; `place`: where its code runs."""
    make = {"file_search": partial(_file_search, service, asked, items)}
    if place is not None:
        make["code_interpreter"] = partial(_code_interpreter, service, place)
    return service.bound(allowed, make)


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
        elif item["type"] == "code_interpreter_call":
            yield item["id"], _code_call(f"earlier_{place}", item)


def _code_call(call_id: str, item: Json) -> ToolCall:
    given = _NOT_KEPT_OF_CODE if item["outputs"] is None else "\n".join(map(_words, item["outputs"]))
    return ToolCall(call_id, "code_interpreter", item["code"] or "", given, "code_interpreter")


def _words(output: Json) -> str:
    """What a model reads of an output of code."""
    return str(output["logs"]) if output["type"] == "logs" else "[A picture, which is shown to the user.]"


def _code_interpreter(service: Service, place: Place) -> BuiltInTool:
    return NoInterpreter(service.code) if isinstance(service.code, str) else CodeInterpreter(service.code, place)


def _file_search(service: Service, asked: Json, items: list[Json]) -> BuiltInTool:
    """All the stores of all declarations: a model knows one search only. What else is said of it, the first says."""
    declared: list[Json] = [tool for tool in asked["tools"] if tool["type"] == "file_search"]
    stores = dict.fromkeys(store_id for tool in declared for store_id in tool["vector_store_ids"])
    earlier = sum(item["type"] == "file_search_call" for item in items)
    return FileSearch(service, list(stores), declared[0], asked["model"], earlier)
