"""show(): objects of the API as a person wants to see them."""

from collections.abc import Mapping
from typing import Any

from helpers.display import files, lists, runs, singles
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
}
"""The wire's own name of a kind, in its member `object` (tools and calls only have a `type`) → what draws it."""


def show(thing: object, /) -> None:
    """Display `thing` here, also when it is not the last line of a cell.

    A message becomes a bubble, a run the statuses it went through, a list a table in the order it has,
    and events of a stream a line each, with the deltas in a row as one.
    What `client.files.content(…)` gives is shown as what it holds: a table, a picture, the beginning of a text.
    The JSON of the wire is folded underneath. What is no object of the API is shown as text.
    """
    put(view_of(thing))


def view_of(thing: object, /) -> View:
    """What `show` displays, as a value."""
    if files.is_download(thing):
        return files.download(thing)
    items = items_of(thing)
    if items and all(map(is_event, items)):
        return _with_json(events(items), thing)
    if items is not None:
        return _with_json(lists.listing(items, facts_of(thing) or {}), thing)
    facts = facts_of(thing)
    if facts is not None:
        return _with_json(_single(facts), thing)
    if isinstance(thing, BaseException):
        return _error(thing)
    return View(html=plain(thing), text=str(thing))


def _single(facts: Mapping[str, Any]) -> View:
    if is_event(facts):
        return events([facts])
    kind = str(facts.get("object") or facts.get("type") or "")
    if kind.endswith(".deleted"):
        return singles.deleted(facts)
    return _BY_OBJECT.get(kind, singles.other)(facts)


def _error(error: BaseException) -> View:
    text = f"{type(error).__name__}: {error}"
    body = getattr(error, "body", None)
    html = card(f"<b>{mono(type(error).__name__)}</b>", plain(error), accent=RED)
    return View(html if body is None else html + folded("the error on the wire", as_json(body)), text)


def _with_json(view: View, thing: object) -> View:
    return View(html=view.html + folded("JSON", as_json(thing)), text=view.text)
