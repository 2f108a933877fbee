"""A list of objects as a table, with the columns that matter for their kind."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from typing import Any

from helpers.display.calls import awaited_calls, call_text, made_calls
from helpers.display.conversation import conversation
from helpers.display.facts import as_json, clock
from helpers.display.files import size_of
from helpers.display.items import lines_of
from helpers.display.singles import content_of, tools_of
from helpers.display.statuses import badge, took
from helpers.display.stores import chunks_of, counts_of, problem_of_file, size_of_store
from helpers.display.tokens import BILLED, legend, token_bars, tokens_or_why, with_billed_again
from helpers.views import View, breaking, mono, plain, quiet, short, table, text_table, unbroken

Facts = Mapping[str, Any]


@dataclass(frozen=True)
class _Column:
    head: str
    text: Callable[[Facts], str]
    html: Callable[[str], str] = escape
    in_text: bool = True
    """Times and durations are left out of the plain text, which two runs of a lesson should share."""
    optional: bool = False
    """Left out where no object of the list has anything to put there."""


def _member(name: str) -> Callable[[Facts], str]:
    return lambda facts: "" if facts.get(name) is None else str(facts[name])


def _said(facts: Facts) -> str:
    text, notes = content_of(facts)
    return text + (f"  [{len(notes)} notes]" if notes else "")


def _says(facts: Facts) -> str:
    """What a response consists of: its words, and its calls."""
    return "\n".join(line for one in facts.get("output") or [] for line in lines_of(one)[:1])


def _attributes(facts: Facts) -> str:
    return ", ".join(f"{name}={value}" for name, value in (facts.get("attributes") or {}).items())


def _code(text: str) -> str:
    """HTML for calls, a line each; a long one breaks anywhere rather than push the tokens off the page."""
    return f'<div style="min-width:16ch;overflow-wrap:anywhere">{"<br>".join(map(mono, text.splitlines()))}</div>'


_ID = _Column("id", _member("id"), short)
_CREATED = _Column("created", lambda facts: clock(facts.get("created_at")), quiet, in_text=False)
_STATUS = _Column("status", _member("status"), badge)
_TOKENS = _Column("prompt + completion tokens", tokens_or_why, unbroken)
_AGAIN = _Column(
    "billed again", lambda facts: f"about {facts[BILLED]}" if facts.get(BILLED) else "", quiet, optional=True
)
_AWAITED = _Column("waits for", lambda facts: "\n".join(awaited_calls(facts)), _code, optional=True)
_MADE = _Column("calls", lambda facts: "\n".join(call.brief for call in made_calls(facts)), _code, optional=True)
_METADATA = _Column("metadata", lambda facts: as_json(facts["metadata"]) if facts.get("metadata") else "", quiet)

_MESSAGES = [_ID, _CREATED, _Column("run", _member("run_id"), short), _Column("role", _member("role")),
             _Column("text", _said, plain)]  # fmt: skip
"""In the text only, where the order of the list is what counts; the HTML is a conversation."""

_COLUMNS = {
    "assistant": [_ID, _CREATED, _Column("model", _member("model"), breaking), _Column("tools", tools_of),
                  _Column("name", _member("name"))],
    "thread.message": _MESSAGES,
    "thread.run": [_ID, _CREATED, _Column("model", _member("model"), breaking), _STATUS,
                   _Column("took", took, quiet, in_text=False), _AWAITED, _TOKENS, _AGAIN],
    "thread.run.step": [_ID, _CREATED, _Column("type", _member("type"), breaking), _STATUS, _MADE, _TOKENS],
    "thread": [_ID, _CREATED, _METADATA],
    "file": [_ID, _CREATED, _Column("name", _member("filename"), breaking), _Column("size", size_of),
             _Column("purpose", _member("purpose"))],
    "response": [_ID, _CREATED, _Column("model", _member("model"), breaking), _STATUS,
                 _Column("says", _says, plain), _TOKENS],
    "conversation": [_ID, _CREATED, _METADATA],
    "container": [_ID, _CREATED, _Column("name", _member("name")), _STATUS],
    "container.file": [_ID, _CREATED, _Column("path", _member("path"), breaking), _Column("size", size_of),
                       _Column("source", _member("source"))],
    "vector_store": [_ID, _CREATED, _Column("name", _member("name")), _STATUS, _Column("files", counts_of),
                     _Column("size", size_of_store)],
    "vector_store.file": [_ID, _CREATED, _STATUS, _Column("size", size_of_store), _Column("cut into", chunks_of),
                          _Column("attributes", _attributes, quiet, optional=True),
                          _Column("problem", problem_of_file, optional=True)],
    "model": [_ID, _Column("owned by", _member("owned_by"))],
    "function": [_ID, _Column("call", call_text, _code)],
}  # fmt: skip
_ANY = [_Column("object", _member("object")), _ID, _CREATED]


def listing(items: Sequence[Facts], page: Facts) -> View:
    """The objects in the order they came; `page` holds `has_more` where the list is a page."""
    count = f"{len(items)} object{'' if len(items) == 1 else 's'}"
    foot = count + (", and there are more" if page.get("has_more") else "")
    if not items:
        return View(quiet("an empty list"), "an empty list")
    kinds = {str(item.get("object") or item.get("type")) for item in items}
    fitting = _COLUMNS.get(kinds.pop(), _ANY) if len(kinds) == 1 else _ANY
    items = with_billed_again(items)
    columns = [column for column in fitting if not column.optional or any(map(column.text, items))]
    html = conversation(items, bool(page.get("has_more"))) if fitting is _MESSAGES else _html(columns, items)
    return View(f"{html}<div>{quiet(foot)}</div>", f"{_text(columns, items)}\n{foot}")


def _html(columns: Sequence[_Column], items: Sequence[Facts]) -> str:
    # Times come last: in a narrow window, what comes last is scrolled away.
    shown = sorted((column for column in columns if column is not _AGAIN), key=lambda column: not column.in_text)
    heads = [column.head for column in shown]
    bars = token_bars(items)
    rows = [
        [column.html(column.text(item)) + (drawn if column is _TOKENS else "") for column in shown]
        for item, drawn in zip(items, bars, strict=True)
    ]
    drew = _TOKENS in columns and any(bars)
    return table(heads, rows) + (legend(again=_AGAIN in columns) if drew else "")


def _text(columns: Sequence[_Column], items: Sequence[Facts]) -> str:
    shown = [column for column in columns if column.in_text]
    rows = [[_one_line(column.text(item)) for column in shown] for item in items]
    return text_table([[column.head for column in shown], *rows])


def _one_line(text: str) -> str:
    return " ".join(text.split())
