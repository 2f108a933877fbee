"""Calls of tools and what came of them, written as a person writes them: `get_weather(city="Kyoto") → 26`."""

import json
from collections.abc import Iterable, Mapping
from html import escape
from typing import Any, NamedTuple

from helpers.views import MONO, mono, plain, preformatted, quiet

Facts = Mapping[str, Any]

_LONGEST = 300
"""Characters of arguments, of an output or of an address; the JSON underneath holds all of it."""
_LONGEST_CODE = 4000
"""Characters of code, and of what it printed."""


class Made(NamedTuple):
    """A call of a tool, and what came of it."""

    line: str
    code: str = ""
    """What was run, as the model wrote it."""
    outputs: tuple[str, ...] = ()
    """What the code printed, or the passages that were found."""
    pictures: tuple[str, ...] = ()
    """`data:` addresses of pictures that the code drew."""

    @property
    def brief(self) -> str:
        """One line for a table."""
        return f"{self.line}: {shortened(self.code)}" if self.code else self.line

    @property
    def lines(self) -> list[str]:
        """The lines of its text."""
        inside = [*self.code.splitlines(), *(f"→ {line}" for text in self.outputs for line in text.splitlines())]
        return [self.line, *(f"  {line}" for line in inside), *("  → [picture]" for _ in self.pictures)]

    @property
    def html(self) -> str:
        """The line, below it the code as code, and what came of it."""
        drawn = [f"<div>{mono(self.line)}</div>", preformatted(self.code) if self.code else ""]
        drawn += [_printed(text) if self.code else f"<div>{quiet('→')} {plain(text)}</div>" for text in self.outputs]
        drawn += [
            f'<img src="{escape(one)}" alt="a picture that the code drew" style="max-width:100%;height:auto">'
            for one in self.pictures
        ]
        return "".join(drawn)


def _printed(text: str) -> str:
    """HTML for what code printed, whose columns stand one under the other, those of the first line too."""
    shown = f'<span style="{MONO};white-space:pre-wrap">{escape(text)}</span>'
    return f'<div style="display:flex;gap:6px">{quiet("→")}{shown}</div>'


def awaited_calls(run: Facts) -> list[str]:
    """The calls whose outputs a run waits for; empty unless it requires action."""
    action = run.get("required_action") or {}
    return [call_text(call) for call in (action.get("submit_tool_outputs") or {}).get("tool_calls") or []]


def made_calls(step: Facts) -> list[Made]:
    """The calls of a step with their outputs; empty for a step that wrote a message."""
    details = step.get("step_details") or {}
    return [_of_step(call) for call in details.get("tool_calls") or []]


def call_text(call: Facts) -> str:
    """A call with its arguments, a function tool with its parameters, any other tool by its kind."""
    function = call if _is_flat(call) else call.get("function")
    if not isinstance(function, Mapping):
        return str(call.get("type", "?"))
    name = str(function.get("name", "?"))
    if "arguments" in function:
        return f"{name}({shortened(_arguments(function['arguments']))})"
    if "input" in function:
        return f"{name}({json.dumps(shortened(str(function['input'])), ensure_ascii=False)})"
    parameters = function.get("parameters") or {}
    return f"{name}({', '.join(map(str, parameters.get('properties') or ()))})"


def code_run(code: object, outputs: Iterable[Facts]) -> Made:
    """Code that a model had run: what it printed, and what it drew."""
    printed: list[str] = []
    pictures: list[str] = []
    for one in outputs:
        url = str(one.get("url") or "")
        if url.startswith("data:image/"):
            pictures.append(url)
        elif one.get("type") == "logs":
            printed.append(cut(str(one.get("logs", "")).rstrip()))
        else:
            image = one.get("image")
            printed.append(f"[{one.get('type')} {image.get('file_id', '') if isinstance(image, Mapping) else url}]")
    return Made("code_interpreter", cut(str(code or "")), tuple(filter(None, printed)), tuple(pictures))


def search_made(queries: Iterable[object], results: Iterable[Facts]) -> Made:
    """A search of files: what was looked for where that is known, and the files in which something was found."""
    asked = ", ".join(json.dumps(query, ensure_ascii=False) for query in queries)
    found = list(results)
    files = ", ".join(_found(one) for one in found)
    passages = [(one, _passage(one)) for one in found]
    return Made(
        "file_search" + (f"({asked})" if asked else "") + (f" → {files}" if files else ""),
        outputs=tuple(f"{_name(one)}: {shortened(text)}" for one, text in passages if text),
    )


def shortened(text: str) -> str:
    """One line of it, cut where it is too long to be looked at."""
    line = " ".join(text.split())
    return line if len(line) <= _LONGEST else f"{line[:_LONGEST]}…"


def cut(text: str) -> str:
    """Code or what it printed, its lines kept, cut where it is too long to be looked at."""
    return text if len(text) <= _LONGEST_CODE else f"{text[:_LONGEST_CODE]}…"


def _is_flat(call: Facts) -> bool:
    """Whether it has its name itself, as the tools and calls of Responses do."""
    return "name" in call and not isinstance(call.get("function"), Mapping)


def _of_step(call: Facts) -> Made:
    code, search = call.get("code_interpreter"), call.get("file_search")
    if isinstance(code, Mapping):
        return code_run(code.get("input"), code.get("outputs") or [])
    if isinstance(search, Mapping):
        return search_made([], search.get("results") or [])
    function = call.get("function")
    output = function.get("output") if isinstance(function, Mapping) else None
    return Made(call_text(call) if output is None else f"{call_text(call)} → {shortened(str(output)) or '(empty)'}")


def _name(result: Facts) -> str:
    return str(result.get("file_name") or result.get("filename") or result.get("file_id") or "?")


def _found(result: Facts) -> str:
    score = result.get("score")
    return f"{_name(result)} ({score:.2f})" if isinstance(score, int | float) else _name(result)


def _passage(result: Facts) -> str:
    content = result.get("content") or []
    texts = [part.get("text") for part in content] if isinstance(content, list) else []
    return str(result.get("text") or " ".join(map(str, filter(None, texts))))


def _arguments(arguments: object) -> str:
    """`city="Kyoto", month=7`; what is no JSON object stays as the model wrote it."""
    try:
        values = json.loads(arguments) if isinstance(arguments, str) else arguments
    except (ValueError, RecursionError):
        return str(arguments)
    if not isinstance(values, Mapping):
        return str(arguments)
    return ", ".join(f"{name}={json.dumps(value, ensure_ascii=False)}" for name, value in values.items())
