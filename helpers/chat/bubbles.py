"""What is said in the box: one bubble after the other, as data for the page and as text and HTML without one."""

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from html import escape
from typing import Any, Literal

from helpers.chat.events import Call, Said
from helpers.chat.markdown import html_of
from helpers.chat.words import Words
from helpers.problems import KitError
from helpers.views import BLUE, GREY, LINE, PANEL, RED, plain, quiet

Kind = Literal["question", "answer", "call", "problem", "stopped"]

_COLOURS: Mapping[Kind, str] = {"question": BLUE, "answer": GREY, "call": LINE, "problem": RED, "stopped": LINE}


@dataclass(frozen=True)
class Bubble:
    """One thing said in the box; `kind` tells an answer from a function's call, a problem or a stop."""

    kind: Kind
    who: str
    text: str
    said: Said | None = None
    call: Call | None = None
    problem: KitError | None = None
    sent: str = ""
    """The mark by which the page knows the question that it sent."""

    def for_page(self, number: int) -> dict[str, Any]:
        """The bubble as the page gets it; `number` is its own for good."""
        data: dict[str, Any] = {"id": number, "kind": self.kind, "who": self.who, "text": self.text, "sent": self.sent}
        if self.said:
            shown = html_of(self.said.text)
            data |= {"html": shown, "files": _dicts(self.said.files), "notes": _dicts(self.said.notes)}
        if self.call:
            data["call"] = asdict(self.call)
        if self.problem:
            data |= {"what": self.problem.what, "fix": self.problem.fix}
        return data


def question(text: str, words: Words, sent: str = "") -> Bubble:
    """What the person asks."""
    return Bubble("question", words["you"], text, sent=sent)


def answer(said: Said, name: str) -> Bubble:
    """What the assistant says."""
    return Bubble("answer", name, said.text, said=said)


def call(one: Call, name: str) -> Bubble:
    """A function that the assistant asked for."""
    output = "" if one.output is None else f" → {one.output}"
    return Bubble("call", name, f"{one.name}({one.arguments}){output}", call=one)


def problem(error: KitError, words: Words) -> Bubble:
    """What went wrong, and what to do."""
    return Bubble("problem", words["problem"], str(error), problem=error)


def stopped(name: str, words: Words) -> Bubble:
    """The person stopped the answer."""
    return Bubble("stopped", name, words["stopped"])


def text_of(title: str, bubbles: Iterable[Bubble]) -> str:
    """The conversation as plain text."""
    return "\n".join([title, *(f"{bubble.who}: {bubble.text}" for bubble in bubbles)])


def picture_of(title: str, bubbles: Iterable[Bubble], note: str) -> str:
    """The conversation as HTML that needs neither a kernel nor a script."""
    said = "".join(map(_picture, bubbles))
    return f'<div style="max-width:760px"><b>{escape(title)}</b>{said}<div>{quiet(note)}</div></div>'


def _picture(bubble: Bubble) -> str:
    mine = bubble.kind == "question"
    style = (
        f"display:inline-block;max-width:85%;padding:6px 12px;border:1px solid {_COLOURS[bubble.kind]};"
        f"border-radius:12px;background:{PANEL};text-align:left;overflow-wrap:anywhere;line-height:1.5"
    )
    inside = html_of(bubble.said.text) if bubble.said else plain(bubble.text)
    return (
        f'<div style="margin:8px 0;text-align:{"right" if mine else "left"}">{quiet(bubble.who)}<br>'
        f'<div data-kind="{bubble.kind}" style="{style}">{inside}</div></div>'
    )


def _dicts(things: Iterable[Any]) -> list[dict[str, Any]]:
    return [asdict(thing) for thing in things]
