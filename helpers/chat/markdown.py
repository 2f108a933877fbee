"""A message's Markdown as HTML that can do no harm, with coloured code."""

from collections.abc import Sequence
from functools import cache, lru_cache
from html import escape
from urllib.parse import unquote

from markdown_it import MarkdownIt
from markdown_it.renderer import RendererProtocol
from markdown_it.token import Token
from markdown_it.utils import EnvType, OptionsDict
from pygments import highlight  # type: ignore[import-untyped]
from pygments.formatters import HtmlFormatter  # type: ignore[import-untyped]
from pygments.lexers import get_lexer_by_name  # type: ignore[import-untyped]
from pygments.util import ClassNotFound  # type: ignore[import-untyped]


@lru_cache(maxsize=512)  # a box shows all its messages anew with each one
def html_of(text: str) -> str:
    """Markdown as HTML. Markup in the text is shown as text, and a picture as a link: nothing is loaded unasked."""
    html: str = _parser().render(text)
    return html


@cache
def _parser() -> MarkdownIt:
    parser = MarkdownIt("commonmark", {"html": False, "breaks": True, "highlight": _coloured})
    parser.enable(["table", "strikethrough"])
    parser.add_render_rule("link_open", _link)
    parser.add_render_rule("image", _as_a_link)
    return parser


def _coloured(code: str, language: str, _: str) -> str:
    try:
        lexer = get_lexer_by_name(language)
    except ClassNotFound:
        return escape(code)
    coloured: str = highlight(code, lexer, HtmlFormatter(nowrap=True))
    return coloured


def _link(renderer: RendererProtocol, tokens: Sequence[Token], index: int, options: OptionsDict, env: EnvType) -> str:
    link = tokens[index]
    address = str(link.attrGet("href") or "")
    if address.startswith("sandbox:"):
        # A file on the service's own computer, which no browser can open. The page gives the link its file.
        link.attrs = {"data-path": unquote(address)}
    else:
        link.attrs |= {"target": "_blank", "rel": "noopener noreferrer"}
    return renderer.renderToken(tokens, index, options, env)  # type: ignore[attr-defined,no-any-return]


def _as_a_link(_: RendererProtocol, tokens: Sequence[Token], index: int, __: OptionsDict, ___: EnvType) -> str:
    picture = tokens[index]
    address = escape(str(picture.attrGet("src") or ""))
    return f'<a href="{address}" target="_blank" rel="noopener noreferrer">{escape(picture.content or address)}</a>'
