"""The guides: a Markdown file for each language and guide, `guides/<language>/<name>.md`, rendered as HTML.

The first line of a file is `# <number>. <title>`, the position of the guide in the list and its title. The paragraph below it, the lead,
names the readers of the guide. A guide has the same headings in the same order in every language.
"""

import re
import unicodedata
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cache
from importlib.resources import files
from typing import Any, Final

from markdown_it import MarkdownIt
from markdown_it.common.utils import escapeHtml
from markdown_it.token import Token
from msgspec import Struct

from observance.documentation.records import typeset

LinkAddress = Callable[[str], str | None]
"""The address of a link's target: `<name>.md`, another guide, or `/…`, a page of the service, each optionally with an anchor. None if there
is no such page; the text of the link is then rendered without a link."""

_FIRST_LINE: Final = re.compile(r"# (\d+)\. (.+)")
_QUOTATION: Final = re.compile("«[^»]*»")
# The language of the authentic text, which guides quote.
_QUOTED_LANGUAGE: Final = "fr"
# The language of the headings from which anchors are made, so that a section has the same anchor in every language.
_ANCHOR_LANGUAGE: Final = "en"


class Guide(Struct, frozen=True):
    """A guide in one language; `markdown` is its text below the title and the lead, `anchors` are those of its headings."""

    name: str
    lang: str
    number: int
    title: str
    lead: str
    markdown: str
    anchors: tuple[str, ...]


class GuideBody(Struct, frozen=True):
    """The HTML of a guide below its lead, and the headings of its sections by anchor."""

    html: str
    sections: Mapping[str, str]


@cache
def list_guides(lang: str) -> Mapping[str, Guide]:
    """The guides in the language by name, in the order of their numbers."""
    sources = {file.name.removesuffix(".md"): file for file in (files(__package__) / "guides" / lang).iterdir()}
    guides = [_read_guide(name, source.read_text(encoding="utf-8"), lang=lang) for name, source in sources.items()]
    return {guide.name: guide for guide in sorted(guides, key=lambda guide: guide.number)}


def render_guide(guide: Guide, *, address: LinkAddress) -> GuideBody:
    """The guide as HTML. HTML in the Markdown is escaped, and links to scripts are left as text.

    Raises ValueError if the number of headings is not that of the English guide.
    """
    renderer = _renderer()
    tokens = renderer.parse(guide.markdown)
    sections = dict(_mark_headings(tokens, anchors=guide.anchors))
    for token in tokens:
        if token.children:
            token.children = [_typeset(child, lang=guide.lang) for child in _resolve_links(token.children, address=address)]
    html: str = renderer.renderer.render(tokens, renderer.options, {})
    return GuideBody(html, sections)


def _read_guide(name: str, text: str, *, lang: str) -> Guide:
    first_line, lead, markdown = text.split("\n\n", 2)
    match = _FIRST_LINE.fullmatch(first_line)
    if match is None:
        raise ValueError(f"guides/{lang}/{name}.md: the first line must be `# <number>. <title>`")
    anchors = _anchors(markdown) if lang == _ANCHOR_LANGUAGE else list_guides(_ANCHOR_LANGUAGE)[name].anchors
    return Guide(name, lang, int(match[1]), typeset(match[2]), typeset(lead.replace("\n", " ")), markdown, anchors)


def _anchors(markdown: str) -> tuple[str, ...]:
    tokens = _renderer().parse(markdown)
    return tuple(_slug(tokens[index + 1].content) for index, token in enumerate(tokens) if token.type == "heading_open")


def _slug(heading: str) -> str:
    plain = unicodedata.normalize("NFKD", heading).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "-", plain).strip("-")


def _mark_headings(tokens: Sequence[Token], *, anchors: Sequence[str]) -> Iterator[tuple[str, str]]:
    """Set the anchor of each heading and the heading that names each table; yield anchor and text of second-level headings."""
    heading_indexes = [index for index, token in enumerate(tokens) if token.type == "heading_open"]
    for index, anchor in zip(heading_indexes, anchors, strict=True):
        tokens[index].attrSet("id", anchor)
        if tokens[index].tag == "h2":
            yield anchor, typeset(tokens[index + 1].content.replace("`", ""))
    heading_anchor = ""
    for token in tokens:
        heading_anchor = str(token.attrGet("id") or heading_anchor) if token.type == "heading_open" else heading_anchor
        if token.type == "table_open":
            token.meta["heading"] = heading_anchor


def _resolve_links(tokens: Sequence[Token], *, address: LinkAddress) -> Iterator[Token]:
    """The tokens of a paragraph with resolved links; a link without an address is replaced by its text."""
    is_dropped = False
    for token in tokens:
        if token.type == "link_open":
            target = str(token.attrGet("href"))
            href = target if target.startswith(("https:", "#")) else address(target)
            is_dropped = href is None
            token.attrSet("href", href or "")
        if is_dropped and token.type in {"link_open", "link_close"}:
            continue
        yield token


def _typeset(token: Token, *, lang: str) -> Token:
    """The token with no-break spaces; in a guide in another language, text in guillemets is marked as French."""
    if token.type != "text":
        return token
    text = typeset(token.content)
    if lang == _QUOTED_LANGUAGE or "«" not in text:
        return token.copy(content=text)
    return token.copy(type="html_inline", content=_QUOTATION.sub(rf'<span lang="{_QUOTED_LANGUAGE}">\g<0></span>', escapeHtml(text)))


@cache
def _renderer() -> MarkdownIt:
    renderer = MarkdownIt("commonmark", {"html": False}).enable("table")
    for name, rule in (("fence", _code_block), ("table_open", _table_start), ("table_close", _table_end)):
        renderer.add_render_rule(name, rule)
    return renderer


# Tables and code may be wider than the page: they scroll in a box that can be reached by keyboard.


def _code_block(_: Any, tokens: Sequence[Token], index: int, *__: Any) -> str:
    return f'<pre class="code" tabindex="0">{escapeHtml(tokens[index].content)}</pre>\n'


def _table_start(_: Any, tokens: Sequence[Token], index: int, *__: Any) -> str:
    return f'<div class="scroll" tabindex="0" role="region" aria-labelledby="{tokens[index].meta["heading"]}">\n<table>\n'


def _table_end(*_: Any) -> str:
    return "</table>\n</div>\n"
