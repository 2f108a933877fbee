"""show(): objects of the API as a person wants to see them."""

from collections.abc import Mapping, Sequence
from typing import Any

from helpers.display import files, items, lists, responses, runs, singles, stores
from helpers.display.events import events, is_event
from helpers.display.facts import as_json, facts_of, items_of
from helpers.views import RED, View, card, folded, mono, plain, put

_BY_OBJECT = {
    "assistant": singles.assistant,
    "file": files.file,
    "thread": singles.thread,
    "thread.message": singles.message,
    "thread.run": runs.run,
    "thread.run.step": runs.step,
    "function": singles.function,
    "conversation": singles.thread,
    "response": responses.response,
    **stores.SINGLE,
    **dict.fromkeys(items.KINDS, items.item),
}
"""The wire's own name of a kind, in its member `object` (tools and calls only have a `type`) → what draws it."""


def show(thing: object, /) -> None:
    """Display `thing` here, also when it is not the last line of a cell.

    A message becomes a bubble, a run the statuses it went through, a response its items over time, a list a table in
    the order it has, a search its passages with the words that matched, and events of a stream a line each, with the
    deltas in a row as one.
    What `client.files.content(…)` gives is shown as what it holds: a table, a picture, the beginning of a text.
    The JSON of the wire is folded underneath. What is no object of the API is shown as text.
    """
    put(view_of(thing))


def view_of(thing: object, /) -> View:
    """What `show` displays, as a value."""
    if files.is_download(thing):
        return files.download(thing)
    found = items_of(thing)
    if found is not None:
        return _with_json(_several(found, facts_of(thing) or {}), thing)
    facts = facts_of(thing)
    if facts is not None:
        return _with_json(_single(facts), thing)
    if isinstance(thing, BaseException):
        return _error(thing)
    return View(html=plain(thing), text=str(thing))


def _several(found: Sequence[Mapping[str, Any]], page: Mapping[str, Any]) -> View:
    if found and all(map(is_event, found)):
        return events(found)
    if found and all(map(items.is_item, found)):
        return items.items(found, bool(page.get("has_more")))
    if found and all({"score", "filename"} <= one.keys() for one in found):
        return stores.found(found, page)
    return lists.listing(found, page)


def _single(facts: Mapping[str, Any]) -> View:
    if is_event(facts):
        return events([facts])
    kind = str(facts.get("object") or facts.get("type") or "")
    if kind.endswith(".deleted") or "deleted" in facts:
        return singles.deleted(facts)
    return _BY_OBJECT.get(kind, singles.other)(facts)


def _error(error: BaseException) -> View:
    text = f"{type(error).__name__}: {error}"
    body = getattr(error, "body", None)
    html = card(f"<b>{mono(type(error).__name__)}</b>", plain(error), accent=RED)
    return View(html if body is None else html + folded("the error on the wire", as_json(body)), text)


def _with_json(view: View, thing: object) -> View:
    return View(html=view.html + folded("JSON", as_json(thing)), text=view.text)
