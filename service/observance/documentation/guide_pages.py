"""The guides: a Markdown file for each language and guide, `guides/<language>/<name>.md`, rendered as HTML.

The first line of a file is `# <number>. <title>`: the place of the guide in the list, and its title. The paragraph below it says for whom
the guide is written. Guides in two languages have the same headings in the same order.
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
"""The address that a link of a guide leads to, from its target: `<name>.md`, another guide, or `/…`, a page of the service, each perhaps
with an anchor. None where there is no such page: the words of the link are then shown without it."""

_FIRST_LINE: Final = re.compile(r"# (\d+)\. (.+)")
_QUOTATION: Final = re.compile("«[^»]*»")
# The language of the authentic text, from which guides quote.
_QUOTED_LANGUAGE: Final = "fr"
# Anchors are made from the headings of this language, so that an address has the same anchor in every language.
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
    """The HTML of a guide below its lead, and its sections: anchor and heading."""

    html: str
    sections: Mapping[str, str]


@cache
def list_guides(lang: str) -> Mapping[str, Guide]:
    """The guides in the language by name, in their order."""
    sources = {file.name.removesuffix(".md"): file for file in (files(__package__) / "guides" / lang).iterdir()}
    guides = [_read_guide(name, source.read_text(encoding="utf-8"), lang=lang) for name, source in sources.items()]
    return {guide.name: guide for guide in sorted(guides, key=lambda guide: guide.number)}


def render_guide(guide: Guide, *, address: LinkAddress) -> GuideBody:
    """The guide as HTML. HTML in the Markdown is escaped, and links to scripts are not made."""
    renderer = _renderer()
    tokens = renderer.parse(guide.markdown)
    sections = dict(_mark_headings(tokens, anchors=guide.anchors))
    for token in tokens:
        if token.children:
            token.children = [_typeset(child, lang=guide.lang) for child in _resolve_links(token.children, address=address)]
    html: str = renderer.renderer.render(tokens, renderer.options, {})
    return GuideBody(html, sections)


def _read_guide(name: str, text: str, *, lang: str) -> Guide:
    first, lead, markdown = text.split("\n\n", 2)
    found = _FIRST_LINE.fullmatch(first)
    if found is None:
        raise ValueError(f"guides/{lang}/{name}.md: the first line must be `# <number>. <title>`")
    anchors = _anchors(markdown) if lang == _ANCHOR_LANGUAGE else list_guides(_ANCHOR_LANGUAGE)[name].anchors
    return Guide(name, lang, int(found[1]), typeset(found[2]), typeset(lead.replace("\n", " ")), markdown, anchors)


def _anchors(markdown: str) -> tuple[str, ...]:
    tokens = _renderer().parse(markdown)
    return tuple(_slug(tokens[place + 1].content) for place, token in enumerate(tokens) if token.type == "heading_open")


def _slug(heading: str) -> str:
    plain = unicodedata.normalize("NFKD", heading).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "-", plain).strip("-")


def _mark_headings(tokens: Sequence[Token], *, anchors: Sequence[str]) -> Iterator[tuple[str, str]]:
    """Give each heading its anchor, and each table the heading above it for a name; the headings of the second level."""
    headings = [place for place, token in enumerate(tokens) if token.type == "heading_open"]
    for place, anchor in zip(headings, anchors, strict=True):
        tokens[place].attrSet("id", anchor)
        if tokens[place].tag == "h2":
            yield anchor, typeset(tokens[place + 1].content.replace("`", ""))
    above = ""
    for token in tokens:
        above = str(token.attrGet("id") or above) if token.type == "heading_open" else above
        if token.type == "table_open":
            token.meta["heading"] = above


def _resolve_links(tokens: Sequence[Token], *, address: LinkAddress) -> Iterator[Token]:
    """The tokens of a paragraph with the addresses of its links, without the links that lead nowhere."""
    unlinked = False
    for token in tokens:
        if token.type == "link_open":
            target = str(token.attrGet("href"))
            href = target if target.startswith(("https:", "#")) else address(target)
            unlinked = href is None
            token.attrSet("href", href or "")
        if unlinked and token.type in {"link_open", "link_close"}:
            continue
        yield token


def _typeset(token: Token, *, lang: str) -> Token:
    """The token with no-break spaces; in a guide in another language, what stands in guillemets is marked as French."""
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


# What may be wider than the page scrolls in a box that the keyboard reaches.


def _code_block(_: Any, tokens: Sequence[Token], place: int, *__: Any) -> str:
    return f'<pre class="code" tabindex="0">{escapeHtml(tokens[place].content)}</pre>\n'


def _table_start(_: Any, tokens: Sequence[Token], place: int, *__: Any) -> str:
    return f'<div class="scroll" tabindex="0" role="region" aria-labelledby="{tokens[place].meta["heading"]}">\n<table>\n'


def _table_end(*_: Any) -> str:
    return "</table>\n</div>\n"
