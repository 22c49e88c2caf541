"""`observance search`: what has the words, in the knowledge and a register."""

import json
from pathlib import Path
from typing import Any

import click
from msgspec.structs import asdict

from observance.cli.options import knowledge_option, lang_option, load_settings, register_option, resolve_language
from observance.core import translate
from observance.knowledge_base import KnowledgeBase
from observance.search import KINDS, Hit, SearchQuery, SearchResult


@click.command()
@click.argument("words", nargs=-1, required=True)
@lang_option
@knowledge_option
@register_option
@click.option("--kind", type=click.Choice(list(KINDS)), help="Only results of this kind.")
@click.option("--limit", type=click.IntRange(1, 1_000), default=20, show_default=True, help="The most results.")
@click.option("--format", type=click.Choice(["text", "json"]), default="text", show_default=True, help="Format of the answer.")
def search(
    words: tuple[str, ...],
    *,
    lang: str | None,
    knowledge: Path | None,
    registers: tuple[Path, ...],
    kind: str | None,
    limit: int,
    format: str,
) -> None:
    """Search for WORDS: text, standards, parties, instruments, documents on record, questions, terms and pages."""
    language = resolve_language(lang)
    with KnowledgeBase.open(load_settings(knowledge), registers=registers) as kb:
        result = kb.search.search(SearchQuery(" ".join(words), lang=language, kind=kind or "", limit=limit))
    if format == "json":
        click.echo(json.dumps(_as_json(result), ensure_ascii=False, indent=2))
        return
    for hit in result.hits:
        click.echo(f"{_plain(hit.label)} [{translate(f'search.kind-{hit.kind}', language)}]\n  {hit.iri or hit.path}")
        if hit.excerpt:
            click.echo(f"  {_plain(hit.excerpt)}")
    click.echo(translate("search.found", language, count=sum(result.counts.values())))
    if result.is_partial:
        click.echo(translate("search.partial", language))
    if result.suggestion:
        click.echo(f"{translate('search.did-you-mean', language)} {result.suggestion}")


def _plain(segments: tuple[tuple[str, bool], ...]) -> str:
    return "".join(text for text, _ in segments)


def _as_json(result: SearchResult) -> dict[str, Any]:
    return {**asdict(result), "hits": [_hit(hit) for hit in result.hits]}


def _hit(hit: Hit) -> dict[str, Any]:
    return {**asdict(hit), "label": _plain(hit.label), "excerpt": _plain(hit.excerpt)}
