"""JSON as HTML that folds, with colours that both themes of JupyterLab define."""

import json
from collections.abc import Iterator
from html import escape

from helpers.traffic.log import parsed
from helpers.views import MONO

NAME = "var(--jp-mirror-editor-property-color,#05a)"
_COLOURS: dict[type, str] = {
    str: "var(--jp-mirror-editor-string-color,#ba2121)",
    int: "var(--jp-mirror-editor-number-color,#080)",
    float: "var(--jp-mirror-editor-number-color,#080)",
    bool: "var(--jp-mirror-editor-keyword-color,#007500)",
    type(None): "var(--jp-mirror-editor-keyword-color,#007500)",
}
_LONGEST = 20_000
"""Characters. More is shown without colours, so that a notebook with many of them stays small."""
_DEEPEST = 12
_OPEN = 2
"""Levels that are open at first."""
_PEEK = 60
_CHILDREN = "padding-left:18px"


def tree_of(body: str) -> str:
    """The body as a tree when it is JSON of a reasonable size, otherwise as it is."""
    value = parsed(body)
    if value is None or len(body) > _LONGEST:
        text = body if value is None else json.dumps(value, indent=2, ensure_ascii=False)
        return f'<pre style="{MONO};background:none;color:inherit;white-space:pre-wrap">{escape(text)}</pre>'
    return f'<div style="{MONO};overflow-wrap:anywhere;padding:4px 8px">{_node(value, "", 0)}</div>'


def _node(value: object, label: str, depth: int) -> str:
    if not isinstance(value, (dict, list)) or not value or depth >= _DEEPEST:
        return f"<div>{label}{_leaf(value)}</div>"
    is_open = depth < _OPEN
    peek = _size(value) if is_open else _beginning(value)
    inside = "".join(_node(child, name, depth + 1) for name, child in _children(value))
    return (
        f'<details{" open" if is_open else ""}><summary style="cursor:pointer">{label}{escape(peek)}</summary>'
        f'<div style="{_CHILDREN}">{inside}</div></details>'
    )


def _size(value: dict[str, object] | list[object]) -> str:
    return f"{{{len(value)}}}" if isinstance(value, dict) else f"[{len(value)}]"


def _beginning(value: object) -> str:
    compact = json.dumps(value, ensure_ascii=False)
    return compact if len(compact) <= _PEEK else f"{compact[:_PEEK]}…"


def _children(value: dict[str, object] | list[object]) -> Iterator[tuple[str, object]]:
    if isinstance(value, dict):
        for name, child in value.items():
            yield f'<span style="color:{NAME}">{escape(json.dumps(name, ensure_ascii=False))}</span>: ', child
    else:
        for index, child in enumerate(value):
            yield f"[{index}] ", child


def _leaf(value: object) -> str:
    colour = _COLOURS.get(type(value), "inherit")
    text = escape(json.dumps(value, ensure_ascii=False))
    return f'<span style="color:{colour};white-space:pre-wrap">{text}</span>'
