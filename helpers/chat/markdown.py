"""A message's Markdown as HTML that can do no harm, with coloured code."""

import re
from collections.abc import Iterator, Sequence
from functools import cache, lru_cache
from html import escape
from urllib.parse import unquote

from markdown_it import MarkdownIt
from markdown_it.renderer import RendererHTML, RendererProtocol
from markdown_it.rules_core import StateCore
from markdown_it.token import Token
from markdown_it.utils import EnvType, OptionsDict
from pygments import highlight
from pygments.formatters import HtmlFormatter
from pygments.lexers import get_lexer_by_name
from pygments.util import ClassNotFound

_ADDRESS = re.compile(r"https?://[\w\-.~:/?#\[\]@!$&'()*+,;=%]*[\w\-~/#&=+%]", re.ASCII)
"""A bare address. Only signs of ASCII belong to it, for Japanese goes on without a space."""
_TASK = re.compile(r"\[([ xX])\] ")
_BOXES = {" ": "\u2610 ", "x": "\u2611 "}
"""Signs and no form fields: nobody can tick them."""


@lru_cache(maxsize=512)  # a box shows all its messages anew with each one
def html_of(text: str) -> str:
    """Markdown as HTML. Markup in the text is shown as text, and a picture as a link: nothing is loaded unasked."""
    html: str = _parser().render(text)
    return html


def blocks_of(text: str) -> tuple[list[str], int, str]:
    """A growing text: the HTML of each block that is whole, where the last one begins, and the HTML of that one.

    Only the last block of a text can still change when more is written.
    """
    parser, env = _parser(), dict[str, object]()
    tokens = parser.parse(text, env)
    starts = [place for place, token in enumerate(tokens) if token.level == 0 and token.nesting >= 0 and token.map]
    if not starts:
        return [], 0, ""
    ends = [*starts[1:], len(tokens)]
    html = [parser.renderer.render(tokens[a:b], parser.options, env) for a, b in zip(starts, ends, strict=True)]
    lines = (tokens[starts[-1]].map or [0])[0]
    return html[:-1], sum(map(len, text.splitlines(keepends=True)[:lines])), html[-1]


@cache
def _parser() -> MarkdownIt:
    parser = MarkdownIt("commonmark", {"html": False, "breaks": True, "highlight": _coloured})
    parser.enable(["table", "strikethrough"])
    parser.core.ruler.push("addresses", _link_addresses)
    parser.core.ruler.push("tasks", _mark_tasks)
    parser.add_render_rule("link_open", _link)
    parser.add_render_rule("image", _as_a_link)
    return parser


def _link_addresses(state: StateCore) -> None:
    for token in state.tokens:
        token.children = list(_linked(token.children)) if token.children else token.children


def _linked(tokens: Sequence[Token]) -> Iterator[Token]:
    """The tokens of a line, each bare address in their text a link."""
    inside = 0
    for token in tokens:
        inside += token.nesting * token.type.startswith("link_")
        if token.type != "text" or inside:
            yield token
            continue
        done = 0
        for found in _ADDRESS.finditer(token.content):
            yield Token("text", "", 0, content=token.content[done : found.start()])
            yield Token("link_open", "a", 1, attrs={"href": found[0]})
            yield Token("text", "", 0, content=found[0])
            yield Token("link_close", "a", -1)
            done = found.end()
        yield Token("text", "", 0, content=token.content[done:])


def _mark_tasks(state: StateCore) -> None:
    """The items of a task list, `[ ]` and `[x]`."""
    for item, _, line in zip(state.tokens, state.tokens[1:], state.tokens[2:], strict=False):
        task = _TASK.match(line.content) if item.type == "list_item_open" and line.children else None
        if task and line.children:
            item.attrSet("class", "kit-task")
            first = line.children[0]
            first.content = _BOXES[task[1].lower()] + first.content[task.end() :]


def _coloured(code: str, language: str, _: str) -> str:
    try:
        lexer = get_lexer_by_name(language)
    except ClassNotFound:
        return escape(code)
    coloured: str = highlight(code, lexer, HtmlFormatter(nowrap=True))
    return coloured


def _link(renderer: RendererHTML, tokens: Sequence[Token], index: int, options: OptionsDict, env: EnvType) -> str:
    link = tokens[index]
    address = str(link.attrGet("href") or "")
    if address.startswith("sandbox:"):
        # A file on the service's own computer, which no browser can open. The page gives the link its file.
        link.attrs = {"data-path": unquote(address)}
    else:
        link.attrs |= {"target": "_blank", "rel": "noopener noreferrer"}
    return renderer.renderToken(tokens, index, options, env)


def _as_a_link(_: RendererProtocol, tokens: Sequence[Token], index: int, __: OptionsDict, ___: EnvType) -> str:
    picture = tokens[index]
    address = escape(str(picture.attrGet("src") or ""))
    return f'<a href="{address}" target="_blank" rel="noopener noreferrer">{escape(picture.content or address)}</a>'
