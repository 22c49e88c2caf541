"""Validation: a document that was read, against the shapes, in the light of the knowledge and of a register."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pyoxigraph as ox
from rdflib import BNode, Graph, URIRef
from rdflib.term import Node

from observance.errors import Unreadable
from observance.graph.convert import to_rdflib
from observance.graph.knowledge import Knowledge
from observance.intake.background import joined
from observance.intake.explain import Explainer, nearest, paragraphs_of
from observance.intake.facts import DOCUMENT, facts
from observance.model import SEVERITIES, Document, Finding, Report
from observance.namespaces import OBS, RDF, compact
from observance.shacl.referee import Shapes, results


@dataclass(frozen=True)
class Background:
    """What a submission is read against: knowledge, shapes, and the documents of the register that is opened."""

    knowledge: Knowledge
    shapes: Shapes
    register: tuple[ox.Quad, ...] = ()
    graph: Graph = field(init=False)
    described: frozenset[str] = field(init=False)
    """The nodes that the register describes."""

    def __post_init__(self) -> None:
        """Join knowledge and register once."""
        object.__setattr__(self, "graph", self.knowledge.graph + to_rdflib(self.register) if self.register else self.knowledge.graph)
        object.__setattr__(self, "described", frozenset(q.subject.value for q in self.register if isinstance(q.subject, ox.NamedNode)))


def validate(document: Document, *, background: Background) -> Report:
    """The report on every submission of the document, findings in the order of paragraph, severity and document.

    Raises Unreadable when the document holds no submission, with the nearest class that is known.
    """
    knowledge = background.knowledge
    submissions = _submissions(document, knowledge=knowledge)
    own = background.graph
    stated = list(facts(document, knowledge=knowledge, foreign=background.described, own=frozenset(submissions)))
    with joined(own, (to_rdflib(document.quads), to_rdflib(stated))) as data:
        order = _order(document)
        found = list(results(data, shapes=background.shapes, focus=order.keys()))
    explainer = Explainer(background.shapes, knowledge=knowledge, paragraphs=_paragraphs(document, submissions, knowledge=knowledge))
    places = {_label(node): place for node, place in order.items()}
    # pySHACL says a thing once for each target by which it comes to a node.
    keyed = {_key(finding, places=places): finding for finding in map(explainer.finding, found)}
    return Report(document.source.name, tuple(keyed[key] for key in sorted(keyed)), document.notes, tuple(submissions.items()))


def _submissions(document: Document, *, knowledge: Knowledge) -> dict[str, str]:
    classes = knowledge.subclasses(OBS + "Submission")
    typed = [quad for quad in document.quads if quad.predicate.value == RDF + "type"]
    named = [(_name(q.subject), q.object.value) for q in typed if isinstance(q.object, ox.NamedNode)]
    found = {name: kind for name, kind in named if kind in classes}
    if found:
        return found
    types = sorted({kind for _, kind in named})
    near = next((match for iri in types if (match := nearest(iri, among=classes))), OBS + "Submission")
    raise Unreadable(
        "validate.no-submission",
        name=document.source.name,
        nearest=compact(near),
        found=", ".join(compact(iri) for iri in types[:3]) or "–",
    )


def _order(document: Document) -> Mapping[Node, int]:
    """The nodes that a finding may be about, with their place in the document."""
    nodes: dict[Node, int] = {URIRef(DOCUMENT.value): -1}
    for place, quad in enumerate(document.quads):
        nodes.setdefault(_node(quad.subject), place)
    # A part that is named but not described is about the submission all the same.
    for place, quad in enumerate(document.quads):
        if isinstance(quad.object, ox.BlankNode):
            nodes.setdefault(_node(quad.object), place)
    return nodes


def _paragraphs(document: Document, submissions: Mapping[str, str], *, knowledge: Knowledge) -> dict[Node, str]:
    stated: dict[str, dict[str, str]] = defaultdict(dict)
    below: dict[str, list[str]] = defaultdict(list)
    for quad in document.quads:
        if not isinstance(quad.object, ox.Literal):
            stated[quad.predicate.value].setdefault(_name(quad.subject), _name(quad.object))
            below[_name(quad.subject)].append(_name(quad.object))
    numbers = paragraphs_of(submissions, knowledge=knowledge, stated=stated)
    for root, number in list(numbers.items()):
        _spread(root, number=number, below=below, numbers=numbers, stop=submissions.keys())
    distinct = set(numbers.values())
    if len(distinct) == 1:
        # What belongs to no submission belongs to the only paragraph that the document is about.
        number = distinct.pop()
        numbers |= {_name(quad.subject): numbers.get(_name(quad.subject), number) for quad in document.quads}
    return {_term(name): number for name, number in numbers.items()}


def _spread(root: str, *, number: str, below: Mapping[str, Sequence[str]], numbers: dict[str, str], stop: Iterable[str]) -> None:
    todo, roots = list(below.get(root, ())), set(stop)
    while todo:
        name = todo.pop()
        if name not in numbers and name not in roots:
            numbers[name] = number
            todo += below.get(name, ())


def _key(finding: Finding, *, places: Mapping[str, int]) -> tuple[Any, ...]:
    number = tuple(int(part) if part.isdigit() else 0 for part in (finding.paragraph or "").split("."))
    return (
        number, SEVERITIES.index(finding.severity), places.get(finding.focus, 0), finding.focus, finding.shape, finding.path or "",
        finding.value or "", finding.component,
    )  # fmt: skip


def _name(term: ox.NamedNode | ox.BlankNode | ox.Triple | ox.Literal) -> str:
    return term.value if isinstance(term, ox.NamedNode) else str(term)


def _node(term: ox.NamedNode | ox.BlankNode | ox.Triple) -> Node:
    return BNode(term.value) if isinstance(term, ox.BlankNode) else URIRef(_name(term))


def _term(name: str) -> Node:
    return BNode(name[2:]) if name.startswith("_:") else URIRef(name)


def _label(node: Node) -> str:
    return f"_:{node}" if isinstance(node, BNode) else str(node)
