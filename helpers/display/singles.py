"""One assistant, thread, message, deletion or anything else, each as a `View`."""

from collections import Counter
from collections.abc import Mapping
from html import escape
from typing import Any

from helpers.display.calls import call_text, shortened
from helpers.display.facts import as_json, clock
from helpers.views import AMBER, BLUE, GREY, PANEL, View, card, mono, plain, quiet

Facts = Mapping[str, Any]


def message(facts: Facts) -> View:
    """A chat bubble: the user's on the right, the assistant's on the left."""
    text, notes = content_of(facts)
    return View(bubble(facts), "\n".join([f"{facts.get('role', '?')}: {text}", *(f"  {note}" for note in notes)]))


def bubble(facts: Facts, *marks: str) -> str:
    """A message as HTML; `marks` stand under it, before who said it and when."""
    role = str(facts.get("role", "?"))
    text, notes = content_of(facts)
    mine = role == "user"
    style = (
        f"display:inline-block;max-width:80%;padding:8px 12px;border-radius:12px;text-align:left;"
        f"border:1px solid {BLUE if mine else GREY};background:{PANEL};overflow-wrap:anywhere"
    )
    inside = plain(text) + "".join(f'<div style="font-size:85%">{escape(note)}</div>' for note in notes)
    label = quiet(" · ".join(filter(None, (*marks, role, clock(facts.get("created_at")), str(facts.get("id", ""))))))
    side = "right" if mine else "left"
    return f'<div style="text-align:{side};margin:6px 0"><div style="{style}">{inside}</div><div>{label}</div></div>'


def content_of(facts: Facts) -> tuple[str, list[str]]:
    """The text of a message, all parts joined, and its annotations and attachments: what is alike in one note."""
    content = facts.get("content")
    if isinstance(content, str):
        return content, []
    texts, notes = [], []
    for part in content or []:
        text = part.get("text")
        texts.append(_words_of(part))
        annotations = (text if isinstance(text, Mapping) else part).get("annotations") or []
        notes += [f"{note.get('type', 'annotation')}: {_named_by(note)}" for note in annotations]
    notes += [f"attached: {one.get('file_id')}" for one in facts.get("attachments") or []]
    return "\n".join(texts), [note if times == 1 else f"{note} ×{times}" for note, times in Counter(notes).items()]


def _named_by(note: Facts) -> str:
    """What an annotation marks in the text, or the file that it names."""
    return str(note.get("text") or note.get("filename") or note.get("file_id") or note.get("url") or "")


def _words_of(part: Facts) -> str:
    """The text or refusal of a part; for a picture or a file its kind and where it is, in brackets."""
    text = part.get("text")
    words = text.get("value", "") if isinstance(text, Mapping) else text or part.get("refusal")
    if isinstance(words, str):
        return words
    kind = part.get("type", "part")
    picture = part.get(kind)
    names = ("url", "file_id") if isinstance(picture, Mapping) else ("filename", "file_id", "image_url", "file_url")
    where = next(filter(None, map((picture if isinstance(picture, Mapping) else part).get, names)), None)
    return f"[{kind}: {shortened(str(where))}]" if where else f"[{kind}]"


def assistant(facts: Facts) -> View:
    """A card: name, deployment, instructions, tools."""
    name = str(facts.get("name") or "an assistant without a name")
    details = f"{facts.get('model', '?')} · tools: {tools_of(facts)}"
    instructions = str(facts.get("instructions") or "no instructions")
    html = card(
        f"<b>{escape(name)}</b> {quiet(facts.get('id', ''))}",
        quiet(details),
        plain(instructions),
        _metadata(facts),
        accent=BLUE,
    )
    return View(html, f"assistant {name}  {facts.get('id', '')}\n  {details}\n  {instructions}")


def tools_of(facts: Facts) -> str:
    """The names of the tools, or `none`."""
    tools = facts.get("tools") or []
    names = [(tool.get("function") or tool).get("name") or tool.get("type", "?") for tool in tools]
    return ", ".join(map(str, names)) or "none"


def function(facts: Facts) -> View:
    """A call of a function with its arguments, or a function tool with its parameters."""
    number, call = str(facts.get("id", "")), call_text(facts)
    return View(
        card(f"<b>function</b> {quiet(number)}", mono(call), accent=AMBER),
        f"function {number}".rstrip() + f"\n  {call}",
    )


def thread(facts: Facts) -> View:
    """A card: there is little to a thread or a conversation but its id."""
    kind, number = str(facts.get("object", "thread")), str(facts.get("id", ""))
    html = card(f"<b>{escape(kind)}</b> {mono(number)}", quiet(_created(facts)), _metadata(facts))
    return View(html, f"{kind} {number}" + _metadata_text(facts))


def deleted(facts: Facts) -> View:
    """A deletion marker, in words."""
    kind = str(facts.get("object", "")).removesuffix(".deleted").removeprefix("thread.")
    outcome = "is deleted" if facts.get("deleted") else "was NOT deleted"
    html = card(f"{escape(kind)} {mono(facts.get('id', ''))} {outcome}", accent=GREY)
    return View(html, f"{kind} {facts.get('id', '')} {outcome}")


def other(facts: Facts) -> View:
    """Any object without a picture of its own: its kind and id; without those, its JSON."""
    if "object" not in facts and "id" not in facts:
        style = "background:none;color:inherit;white-space:pre-wrap;overflow-wrap:anywhere"
        return View(f'<pre style="{style}">{escape(as_json(facts))}</pre>', as_json(facts))
    kind, number = str(facts.get("object", "object")), str(facts.get("id", ""))
    html = card(f"<b>{escape(kind)}</b> {mono(number)}", quiet(_created(facts)), _metadata(facts))
    return View(html, f"{kind} {number}".rstrip())


def _created(facts: Facts) -> str:
    return f"created {clock(facts['created_at'])}" if facts.get("created_at") else ""


def _metadata(facts: Facts) -> str:
    return quiet(f"metadata: {as_json(facts['metadata'])}") if facts.get("metadata") else ""


def _metadata_text(facts: Facts) -> str:
    return f"\n  metadata: {as_json(facts['metadata'])}" if facts.get("metadata") else ""
