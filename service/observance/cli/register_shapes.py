"""`observance register validate`: the documents of a register against shapes of one's own, which know what the register leaves open.

Where the register does not claim to be complete about a party, the party is declared incomplete (`sh:incomplete` of SHACL 1.2 Core), for
the kinds of record that the shapes speak of: a shape that asks for something which is absent there has no result.
"""

import json
import sys
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Final

import click
import pyoxigraph as ox

from observance.cli.options import knowledge_option, lang_option, load_settings, register_option, resolve_language
from observance.core import translate
from observance.knowledge import Knowledge
from observance.knowledge_base import KnowledgeBase
from observance.rdf import oxishacl_errors
from observance.register import Register
from oxishacl import (
    DataDocuments,
    Index,
    ParsedDocument,
    compile_shapes,
    read_documents,
    report_to_object,
    report_to_text,
    report_to_turtle,
    sh,
)

_QUESTION: Final = "where-silence-stays-open"
_FORMATS: Final = ("text", "json", "turtle")


@click.command()
@click.argument("shapes", nargs=-1, required=True, metavar="SHAPES...")
@register_option
@click.option("--as-of", metavar="DAY", help="As of this day; by default the last one recorded in the register.")
@click.option("--format", "form", type=click.Choice(_FORMATS), default="text", show_default=True, help="Format of the report.")
@knowledge_option
@lang_option
@click.pass_context
def validate(
    context: click.Context, *, shapes: tuple[str, ...], registers: tuple[Path, ...], as_of: str | None, form: str,
    knowledge: Path | None, lang: str | None,
) -> None:  # fmt: skip
    """Validate a register against SHAPES of your own (files of SHACL 1.2 Core); what they say is theirs, not the project's.

    \b
    Where the register does not claim to be complete about a party, nothing is concluded from silence about it.
    Exit code 0: the register conforms; 1: there are results; 2: a file cannot be read, or a shape is ill-formed.
    """  # noqa: D301 - \b keeps the lines below it apart
    language = resolve_language(lang)
    with KnowledgeBase.open(load_settings(knowledge), registers=registers) as kb, oxishacl_errors():
        kb.workers.start(1)
        shapes_quads = read_documents(shapes, used_labels=set()).quads
        validator = compile_shapes(shapes_quads, version="1.2")
        documents = _documents(kb.register.queried)
        silent = _left_open(kb, mentioned=_mentioned_iris(shapes_quads), as_of=as_of, lang=language)
        declarations = [ox.Quad(ox.NamedNode(party), sh("incomplete"), ox.Literal(True)) for party in silent]
        report = validator.report(Index((*documents.quads, *declarations), background=Index(kb.knowledge.quads)))
    for warning in validator.warnings():
        click.echo(warning.sentence(language), err=True)
    if silent:
        kinds = sorted({kind for of_party in silent.values() for kind in of_party})
        click.echo(translate("register.silence-open", language, count=len(silent), kinds=", ".join(kinds)), err=True)
    if form == "turtle":
        text = report_to_turtle(report)
    elif form == "json":
        text = json.dumps(report_to_object(report, documents, lang=language), ensure_ascii=False, indent=2) + "\n"
    else:
        text = report_to_text(report, documents, lang=language)
    click.echo(text.encode(sys.stdout.encoding if form == "text" else "utf-8", errors="backslashreplace"), nl=False)
    context.exit(0 if report.conforms else 1)


def _documents(register: Register) -> DataDocuments:
    """The documents of the register, with blank nodes that no other document has."""
    return DataDocuments(
        tuple(ParsedDocument(document, register.document_quads(number)) for number, document in enumerate(register.documents))
    )


def _left_open(kb: KnowledgeBase, *, mentioned: frozenset[str], as_of: str | None, lang: str) -> Mapping[str, Sequence[str]]:
    """The parties about which the register does not claim to be complete, with the names of the kinds of record.

    Only the kinds that are mentioned count, by their name or by that of a wider or narrower kind; all, where none is.
    """
    moment = {} if as_of is None else {"asOf": as_of}
    answer = json.loads(kb.questions.answer(_QUESTION, {"lang": lang, **moment}, format="json").body)
    rows = [{name: term["value"] for name, term in row.items()} for row in answer["results"]["bindings"]]
    relevant = {row["kind"] for row in rows if _is_mentioned(row["kind"], mentioned, knowledge=kb.knowledge)}
    parties: dict[str, list[str]] = {}
    for row in rows:
        if not relevant or row["kind"] in relevant:
            parties.setdefault(row["party"], []).append(row.get("kind_label", row["kind"]))
    return parties


def _is_mentioned(kind: str, mentioned: frozenset[str], *, knowledge: Knowledge) -> bool:
    return not mentioned.isdisjoint(knowledge.subclasses(kind)) or any(kind in knowledge.subclasses(iri) for iri in mentioned)


def _mentioned_iris(quads: Iterable[ox.Quad]) -> frozenset[str]:
    return frozenset(term.value for quad in quads for term in (quad.subject, quad.object) if isinstance(term, ox.NamedNode))
