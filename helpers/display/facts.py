"""What an object holds, whether it came from the client, from raw JSON or as a page of a list."""

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Protocol, TypeGuard


class _Dumpable(Protocol):
    """A pydantic model, which every object of the client is."""

    def model_dump(self, *, mode: str, exclude_unset: bool, warnings: bool) -> dict[str, Any]: ...


def facts_of(thing: object) -> Mapping[str, Any] | None:
    """The members of an object of the API as they stand in its JSON; `None` for anything else."""
    if isinstance(thing, Mapping):
        return thing
    if _is_dumpable(thing):
        # Without warnings: the client keeps values its types do not know, and so do we.
        return thing.model_dump(mode="json", exclude_unset=True, warnings=False)
    return None


def items_of(thing: object) -> list[Mapping[str, Any]] | None:
    """The objects of a page or a Python list of objects; `None` when it is neither."""
    if not isinstance(thing, (list, tuple)):
        page = facts_of(thing) or {}
        if "object" in page and page["object"] != "list" and not str(page["object"]).endswith(".page"):
            return None
        thing = page.get("data")
    if not isinstance(thing, (list, tuple)):
        return None
    items = [facts_of(item) for item in thing]
    found = [item for item in items if item is not None]
    return found if len(found) == len(items) else None


def as_json(thing: object) -> str:
    """The JSON of the wire, indented; unset members left out, non-ASCII text readable."""
    return json.dumps(thing, indent=2, ensure_ascii=False, default=lambda value: facts_of(value) or str(value))


def clock(seconds: object) -> str:
    """Epoch seconds as the time of day in this machine's time zone; the date too, unless it is today."""
    if not isinstance(seconds, int | float):
        return ""
    moment = datetime.fromtimestamp(seconds)
    return moment.strftime("%H:%M:%S" if moment.date() == datetime.now().date() else "%Y-%m-%d %H:%M:%S")


def _is_dumpable(thing: object) -> TypeGuard[_Dumpable]:
    return callable(getattr(thing, "model_dump", None)) and not isinstance(thing, type)
