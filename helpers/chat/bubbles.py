"""What is said in the box: one bubble after the other, as data for the page and as text and HTML without one."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

from helpers.chat.attaching import Attached
from helpers.chat.events import Call, File, Note, Said
from helpers.chat.markdown import html_of
from helpers.chat.words import Words
from helpers.problems import KitError
from helpers.views import BLUE, GREY, LINE, PANEL, RED, plain, quiet

Kind = Literal["question", "answer", "call", "problem", "stopped", "note"]

MOST = 4000
"""Characters of a call's arguments or output that are shown and saved; `bubble.call` and the model have them all."""
_COLOURS: Mapping[Kind, str] = {"question": BLUE, "answer": GREY, "call": LINE, "problem": RED, "stopped": LINE,
                                  "note": LINE}  # fmt: skip


@dataclass(frozen=True)
class Bubble:
    """One thing said in the box; `kind` tells an answer from a function's call, a problem or a stop."""

    kind: Kind
    who: str
    text: str
    said: Said | None = None
    call: Call | None = None
    shown: Mapping[str, str | None] = field(default_factory=dict)
    """The call's arguments and output as far as they are shown."""
    problem: KitError | None = None
    tries: int = 1
    """How often the question was asked that led to the problem."""
    sent: str = ""
    """The mark by which the page knows the question that it sent."""
    attached: tuple[Attached, ...] = ()
    """The files that came with the question."""

    def for_page(self, number: int) -> dict[str, Any]:
        """The bubble as the page gets it; `number` is its own for good."""
        data: dict[str, Any] = {"id": number, "kind": self.kind, "who": self.who, "text": self.text, "sent": self.sent}
        if self.attached:
            data["attached"] = [one.name for one in self.attached]
        if self.said:
            shown = html_of(self.said.text)
            notes = [_note(note) for note in self.said.notes]
            data |= {"html": shown, "files": [_file(file) for file in self.said.files], "notes": notes}
        if self.call:
            data["call"] = {**asdict(self.call), **self.shown}
        if self.problem:
            data |= {"what": self.problem.what, "fix": self.problem.fix, "tries": self.tries}
            data["locked"] = getattr(self.problem, "locked", False)
        return data


def question(text: str, words: Words, sent: str = "", attached: Sequence[Attached] = ()) -> Bubble:
    """What the person asks."""
    return Bubble("question", words["you"], text, sent=sent, attached=tuple(attached))


def answer(said: Said, name: str) -> Bubble:
    """What the assistant says."""
    return Bubble("answer", name, said.text, said=said)


def call(one: Call, name: str, words: Words) -> Bubble:
    """A function that the assistant asked for."""
    arguments, output = _cut(one.arguments, words), None if one.output is None else _cut(one.output, words)
    text = f"{one.name}({arguments})" + ("" if output is None else f" → {output}")
    return Bubble("call", name, text, call=one, shown={"arguments": arguments, "output": output})


def _cut(text: str, words: Words) -> str:
    return text if len(text) <= MOST else f"{text[:MOST]}\n{words['cut'].format(count=len(text) - MOST)}"


def problem(error: KitError, words: Words, tries: int = 1) -> Bubble:
    """What went wrong, and what to do."""
    return Bubble("problem", words["problem"], str(error), problem=error, tries=tries)


def stopped(name: str, words: Words) -> Bubble:
    """The person stopped the answer."""
    return Bubble("stopped", name, words["stopped"])


def note(text: str, name: str) -> Bubble:
    """What the box itself has to say about the conversation."""
    return Bubble("note", name, text)


def text_of(bubbles: Iterable[Bubble]) -> str:
    """The conversation as plain text."""
    return "\n".join(f"{bubble.who}: {_with_files(bubble)}" for bubble in bubbles)


def picture_of(bubbles: Iterable[Bubble], note: str, name: str) -> str:
    """The conversation as HTML that needs neither a kernel nor a script, in an element of the class `name`."""
    said = "".join(map(_picture, bubbles))
    return f'<div class="{name}" style="max-width:760px">{said}<div>{quiet(note)}</div></div>'


def _picture(bubble: Bubble) -> str:
    mine = bubble.kind == "question"
    style = (
        f"display:inline-block;max-width:85%;padding:6px 12px;border:1px solid {_COLOURS[bubble.kind]};"
        f"border-radius:12px;background:{PANEL};text-align:left;overflow-wrap:anywhere;line-height:1.5"
    )
    inside = html_of(_with_files(bubble)) if bubble.said else plain(_with_files(bubble))
    return (
        f'<div style="margin:8px 0;text-align:{"right" if mine else "left"}">{quiet(bubble.who)}<br>'
        f'<div style="{style}">{inside}</div></div>'
    )


def _with_files(bubble: Bubble) -> str:
    """The text, and below it the sources and files by their names."""
    if not bubble.said:
        return "\n".join([bubble.text, *(one.name for one in bubble.attached)])
    notes = [f"{note.mark} {note.text}" for note in bubble.said.notes]
    return "\n".join([bubble.text, *notes, *(file.name for file in bubble.said.files)])


def _note(note: Note) -> dict[str, str]:
    """A footnote, and the passage that opens below it, if there is one."""
    data = {"mark": note.mark, "text": note.text}
    return data | ({"passage": note.passage, "sentence": note.sentence} if note.passage else {})


def _file(file: File) -> dict[str, Any]:
    """A file without its content, for which the page asks by the id."""
    return {"id": file.id, "name": file.name, "path": file.path, "picture": file.picture, "served": bool(file.content)}
