"""`observance register validate`: the documents of a register against shapes of one's own, which know what the register leaves open.

Silence counts only where the register is complete. A party is complete for the shapes that name kinds of record, if a statement of
completeness covers it for each of these kinds. A document is complete in what a shape asks of its own statements. All other nodes are
incomplete (SHACL 1.2 Core): what a shape asks for and they lack is no result.
"""

import json
import sys
from collections.abc import Callable, Collection, Mapping
from functools import cached_property
from pathlib import Path
from typing import Final

import click
import pyoxigraph as ox
from msgspec import Struct

from observance.cli.options import knowledge_option, lang_option, load_settings, register_option, resolve_language
from observance.core import UsageError, translate
from observance.knowledge_base import KnowledgeBase
from observance.rdf import oxishacl_errors
from observance.register import Register
from observance.submissions import submissions_in
from oxishacl import (
    CONFORMANCE_DISALLOWS,
    FIRST,
    DataDocuments,
    Index,
    ParsedDocument,
    Term,
    ValidationReport,
    ValidationResult,
    Validator,
    compile_shapes,
    node_name,
    read_documents,
    report_to_object,
    report_to_text,
    report_to_turtle,
    sh,
    with_unused_labels,
)

_QUESTION: Final = "where-silence-counts"
_FORMATS: Final = ("text", "json", "turtle")
_PATH: Final = sh("path")
# What concludes from silence otherwise than by asking for something: for an incomplete node it would have results.
_REFUSED: Final = (
    "not", "xone", "qualifiedMaxCount", "qualifiedValueShapesDisjoint", "targetWhere", "sparql", "validator", "nodeValidator",
    "propertyValidator",
)  # fmt: skip
# The properties whose values name what is asked for; `rdf:first` is that of their lists.
_NAMING: Final = frozenset({sh("class"), sh("hasValue"), FIRST})


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
    Silence counts only about parties for which the register is complete; about others nothing is concluded from it.
    Exit code 0: the register conforms; 1: there are results; 2: a file cannot be read, or shapes are refused.
    """  # noqa: D301 - \b keeps the lines below it apart
    language = resolve_language(lang)
    with KnowledgeBase.open(load_settings(knowledge), registers=registers) as kb, oxishacl_errors():
        kb.workers.start()
        labels: set[str] = set()
        validator = compile_shapes(read_documents(shapes, used_labels=labels).quads, version="1.2")
        _check_shapes(validator)
        documents = _documents(kb.register.queried, used_labels=labels)
        silence = Silence(validator, _covered_kinds(kb, as_of=as_of, lang=language), _own_nodes(kb, documents))
        report = silence.report(Index(documents.quads, background=Index(kb.knowledge.quads)))
    for warning in validator.warnings():
        click.echo(warning.sentence(language), err=True)
    click.echo(translate("register.silence-counts", language, count=len(silence.complete_parties)), err=True)
    if form == "turtle":
        text = report_to_turtle(report)
    elif form == "json":
        text = json.dumps(report_to_object(report, documents, lang=language), ensure_ascii=False, indent=2) + "\n"
    else:
        text = report_to_text(report, documents, lang=language)
    click.echo(text.encode(sys.stdout.encoding if form == "text" else "utf-8", errors="backslashreplace"), nl=False)
    context.exit(0 if report.conforms else 1)


def _check_shapes(validator: Validator) -> None:
    """Raise UsageError for shapes that conclude from silence otherwise than by asking for something."""
    for name in _REFUSED:
        found = next(validator.graph.pairs(sh(name)), None)
        if found is not None:
            raise UsageError("register.shapes-refused", term=f"sh:{name}", shape=validator.graph.name(found[0]))


def _documents(register: Register, *, used_labels: set[str]) -> DataDocuments:
    """The documents of the register, with blank nodes that no other document has, nor the shapes."""
    return DataDocuments(
        tuple(
            ParsedDocument(document, with_unused_labels(register.document_quads[number], used_labels=used_labels))
            for number, document in enumerate(register.documents)
        )
    )


def _covered_kinds(kb: KnowledgeBase, *, as_of: str | None, lang: str) -> Mapping[str, frozenset[str]]:
    """For each party about which the register is complete, the kinds of record for which it is."""
    moment = {} if as_of is None else {"asOf": as_of}
    rows = json.loads(kb.questions.answer(_QUESTION, {"lang": lang, **moment}, format="json").body)["results"]["bindings"]
    kinds: dict[str, set[str]] = {}
    for row in rows:
        kinds.setdefault(row["party"]["value"], set()).add(row["kind"]["value"])
    return {party: frozenset(of_party) for party, of_party in kinds.items()}


def _own_nodes(kb: KnowledgeBase, documents: DataDocuments) -> frozenset[str]:
    """The submissions of the register, and the blank nodes of its documents: the nodes that no other document describes."""
    own = {name for document in documents.documents for name in submissions_in(document.document, knowledge=kb.knowledge)}
    own.update(node_name(quad.subject) for quad in documents.quads if isinstance(quad.subject, ox.BlankNode))
    return frozenset(own)


Kinds = frozenset[str] | None
"""The kinds of record that a shape names; None where silence counts for none."""


class Asked(Struct, frozen=True):
    """What a shape asks for."""

    kinds: Kinds
    follows: bool
    """Whether it follows more than predicates: from a node to what other documents say of it."""
    follows_further: bool
    """Whether it does so from nodes that it has reached; then it asks for what no kind says."""


class Silence(Struct, frozen=True, dict=True):
    """Which results of the shapes rest on what a complete register says."""

    validator: Validator
    covered: Mapping[str, frozenset[str]]
    """For each party about which the register is complete, the kinds of record for which it is."""
    own_nodes: frozenset[str]
    """The nodes that one document alone describes."""

    @cached_property
    def asked(self) -> Mapping[Term, Asked]:
        """What each node of the shapes graph asks for."""
        return {node: self._asks(node) for node in self.validator.graph.by_subject}

    @property
    def complete_parties(self) -> frozenset[str]:
        """The parties that are complete for all that one of the shapes names."""
        return frozenset[str]().union(*(self._complete(asked.kinds) for asked in self.asked.values()))

    def report(self, data: Index) -> ValidationReport:
        """The results of each shape, where the nodes are incomplete that are so for what it asks."""
        results: dict[tuple[Kinds, bool], tuple[ValidationResult, ...]] = {
            (kinds, own): self.validator.validate(data, incomplete=self._incomplete(kinds, own_nodes=own))
            for kinds in {asked.kinds for asked in self.asked.values()}
            for own in (True, False)
        }
        order = {shape: number for number, shape in enumerate(dict.fromkeys(r.shape for of_group in results.values() for r in of_group))}
        kept = [
            result for (kinds, own), found in results.items() for result in found
            if self.asked[result.shape].kinds == kinds and own == self._stays_within(result, self.asked[result.shape])
        ]  # fmt: skip
        kept.sort(key=lambda result: order[result.shape])
        return ValidationReport(tuple(kept), disallowed=CONFORMANCE_DISALLOWS)

    def _stays_within(self, result: ValidationResult, asked: Asked) -> bool:
        """Whether documents are asked for their own statements only; a party may be asked for its documents."""
        return not (asked.follows_further or (asked.follows and node_name(result.focus) in self.own_nodes))

    def _asks(self, shape: Term) -> Asked:
        """What the shape and all that it refers to ask for."""
        graph, named, follows, follows_further = self.validator.graph, set[str](), False, False
        queue, seen = [(shape, False)], {shape}
        for node, is_reached in queue:
            paths = graph.objects(node, _PATH)
            more = any(not isinstance(path, ox.NamedNode) for path in paths)
            follows, follows_further = follows or more, follows_further or (more and is_reached)
            for predicate in graph.predicates(node):
                targets = () if predicate == _PATH else graph.objects(node, predicate)
                named.update(target.value for target in targets if isinstance(target, ox.NamedNode) and self._names(predicate, target))
                unseen = [target for target in targets if target not in seen and not isinstance(target, ox.Literal)]
                seen.update(unseen)
                queue += [(target, is_reached or bool(paths)) for target in unseen]
        known = {kind for kinds in self.covered.values() for kind in kinds}
        kinds = frozenset(named) if named and named <= known and not follows_further else None
        return Asked(kinds, follows, follows_further)

    def _names(self, predicate: Term, target: Term) -> bool:
        """Whether the statement names what is asked for; a list may also hold shapes."""
        return predicate in _NAMING and target not in self.validator.graph.by_subject

    def _complete(self, kinds: Kinds) -> frozenset[str]:
        """The parties that a statement of completeness covers for each of the kinds."""
        return frozenset(party for party, covered in self.covered.items() if kinds is not None and kinds <= covered)

    def _incomplete(self, kinds: Kinds, *, own_nodes: bool) -> Callable[[Term], bool]:
        complete = self._complete(kinds)
        own: Collection[str] = self.own_nodes if own_nodes else ()

        def is_incomplete(node: Term) -> bool:
            return not isinstance(node, ox.Literal) and (name := node_name(node)) not in complete and name not in own

        return is_incomplete
