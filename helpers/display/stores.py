"""Vector stores, what is in them, what a search found, and containers."""

import re
from collections.abc import Callable, Mapping, Sequence
from html import escape
from typing import Any

from helpers.display.calls import cut
from helpers.display.facts import as_json, clock
from helpers.display.files import size_of
from helpers.display.statuses import COLOURS, badge
from helpers.views import GREY, View, card, mono, plain, quiet

Facts = Mapping[str, Any]

_WORD = re.compile(r"[^\W_]+")
_PART_OF_JAPANESE = re.compile(r"[一-龯々]{2,}|[ァ-ヺー]{2,}")
"""What of a sentence without spaces is worth marking: names in kanji and katakana."""
_SHORTEST = 3
"""Letters of a word that is marked."""
_COMMON = (
    "the and for are was were has have had does did can will what when where which who why how with from that this "
    "there their they you your its about into than then not but"
)
"""Words of a question that say nothing about what is asked."""


def store(facts: Facts) -> View:
    """A card: its name, how many files are in it and how they fare, its size, and when it goes."""
    return _card(
        "vector store", facts, str(facts.get("name") or ""), [counts_of(facts), size_of_store(facts), _expiry(facts)]
    )


def store_file(facts: Facts) -> View:
    """A card for a file in a vector store, or for a batch of them."""
    kind = str(facts.get("object", "")).replace("vector_store.", "vector store ").replace("_", " ")
    where = f"in {facts.get('vector_store_id', '?')}"
    details = [counts_of(facts), size_of_store(facts), chunks_of(facts), where]
    attributes = f"attributes: {as_json(facts['attributes'])}" if facts.get("attributes") else ""
    return _card(kind.replace("files batch", "file batch"), facts, "", [*details, attributes, problem_of_file(facts)])


def container(facts: Facts) -> View:
    """A card: its name, whether it is alive, and how long it is kept when nobody uses it."""
    kept = facts.get("expires_after") or {}
    details = [
        f"last used {clock(facts['last_active_at'])}" if facts.get("last_active_at") else "",
        f"goes after {kept.get('minutes')} minutes without use" if kept.get("minutes") else "",
        f"memory {facts['memory_limit']}" if facts.get("memory_limit") else "",
    ]
    return _card("container", facts, str(facts.get("name") or ""), details, chance=1)


def container_file(facts: Facts) -> View:
    """A card: where the file lies for the code, how large it is, and who put it there."""
    by = {"user": "put there by you", "assistant": "made by code"}.get(str(facts.get("source")), "")
    details = [size_of(facts), by, f"in {facts.get('container_id', '?')}"]
    return _card("container file", facts, str(facts.get("path") or ""), details)


def found(results: Sequence[Facts], page: Facts) -> View:
    """What a search found, the best first, the words of the question marked."""
    asked = page.get("search_query") or ""
    query = " ".join(map(str, asked)) if isinstance(asked, list) else str(asked)
    rows = [_result(place, one, query) for place, one in enumerate(results)]
    foot = f"{len(results)} passage{'' if len(results) == 1 else 's'}" + (f" for: {query}" if query else "")
    text = [f"[{place}] {_heading(one)}\n    {' '.join(_passage(one).split())}" for place, one in enumerate(results)]
    return View("".join(rows) + f"<div>{quiet(foot)}</div>", "\n".join([*text, foot]))


def marked(text: str, query: str) -> str:
    """HTML for a passage in which the words of the question are marked, whatever their case."""
    words = sorted(_words(query), key=len, reverse=True)
    if not words:
        return plain(text)
    # A Latin word is marked from its beginning only; Japanese has no spaces that would tell where one begins.
    parts = [rf"\b{word}" if word.isascii() else word for word in words]
    pieces = re.split(f"({'|'.join(parts)})", text, flags=re.IGNORECASE)
    drawn = "".join(f"<mark>{escape(one)}</mark>" if place % 2 else escape(one) for place, one in enumerate(pieces))
    return f'<span style="white-space:pre-wrap">{drawn}</span>'


def counts_of(facts: Facts) -> str:
    """How many files, and how many of them are not ready."""
    counts = facts.get("file_counts")
    if not isinstance(counts, Mapping):
        return ""
    others = [
        f"{counts[name]} {name.replace('_', ' ')}"
        for name in ("in_progress", "failed", "cancelled")
        if counts.get(name)
    ]
    total = counts.get("total", 0)
    return f"{total} file{'' if total == 1 else 's'}" + (f" ({', '.join(others)})" if others else "")


def size_of_store(facts: Facts) -> str:
    """How much its passages take."""
    return size_of({"bytes": facts.get("usage_bytes")})


def chunks_of(facts: Facts) -> str:
    """How its text was cut."""
    static = (facts.get("chunking_strategy") or {}).get("static")
    if not isinstance(static, Mapping):
        return ""
    return (
        f"passages of {static.get('max_chunk_size_tokens')} tokens, {static.get('chunk_overlap_tokens')} of them shared"
    )


def problem_of_file(facts: Facts) -> str:
    """Why a file could not be read; empty where it could."""
    error = facts.get("last_error")
    return f"{error.get('code')}: {error.get('message')}" if isinstance(error, Mapping) else ""


def _expiry(facts: Facts) -> str:
    return f"expires {clock(facts['expires_at'])}" if facts.get("expires_at") else ""


def _card(kind: str, facts: Facts, name: str, details: Sequence[str], *, chance: int = 0) -> View:
    """The first `chance` details are times of this moment, which the plain text leaves out."""
    status, number = str(facts.get("status") or ""), str(facts.get("id", ""))
    head = f"<b>{escape(kind)}</b> {escape(name)} {mono(number)} {badge(status) if status else ''}"
    html = card(head, quiet(" · ".join(filter(None, details))), accent=COLOURS.get(status, GREY))
    told = " · ".join(filter(None, (status, *details[chance:])))
    return View(html, " ".join(filter(None, [kind, name, number])) + (f"\n  {told}" if told else ""))


def _result(place: int, facts: Facts, query: str) -> str:
    return card(f"{quiet(f'[{place}]')} <b>{escape(_heading(facts))}</b>", marked(cut(_passage(facts)), query))


def _heading(facts: Facts) -> str:
    score = facts.get("score")
    shown = f"  {score:.2f}" if isinstance(score, int | float) else ""
    return f"{facts.get('filename') or facts.get('file_id')}{shown}"


def _passage(facts: Facts) -> str:
    content = facts.get("content") or []
    return str(facts.get("text") or "\n".join(str(part.get("text") or "") for part in content))


def _words(query: str) -> set[str]:
    spaced = {word for word in _WORD.findall(query) if len(word) >= _SHORTEST and word.lower() not in _COMMON.split()}
    return {word for word in spaced if word.isascii()} | set(_PART_OF_JAPANESE.findall(query))


SINGLE: Mapping[str, Callable[[Facts], View]] = {
    "vector_store": store,
    "vector_store.file": store_file,
    "vector_store.file_batch": store_file,
    "vector_store.files_batch": store_file,
    "container": container,
    "container.file": container_file,
}
"""The wire's own name of a kind → what draws one of it."""
