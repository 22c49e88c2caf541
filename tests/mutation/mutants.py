"""The changes that a shapes file or a norm can suffer, one at a time; each must be noticed by some case."""

from collections.abc import Iterator
from dataclasses import dataclass

from rdflib import RDF, SH, Graph, Literal, URIRef
from rdflib.term import Node

OBS = "https://w3id.org/observance/ns#"
ELSEWHERE = URIRef("http://www.w3.org/2000/01/rdf-schema#seeAlso")
OTHER_CLASS = URIRef(OBS + "PartyList")
OTHER_DATATYPE = URIRef("http://www.w3.org/2001/XMLSchema#base64Binary")
SEVERITIES = (SH.Violation, SH.Warning, SH.Info)
# What makes a constraint component apply (SHACL 1.0, section 4).
PARAMETERS = (
    SH["class"], SH.datatype, SH.nodeKind, SH.minCount, SH.maxCount, SH.minExclusive, SH.minInclusive, SH.maxExclusive, SH.maxInclusive,
    SH.minLength, SH.maxLength, SH.pattern, SH.languageIn, SH.uniqueLang, SH.equals, SH.disjoint, SH.lessThan, SH.lessThanOrEquals,
    SH["not"], SH["and"], SH["or"], SH.xone, SH.node, SH.qualifiedValueShape, SH.closed, SH.hasValue, SH["in"], SH.sparql,
)  # fmt: skip
COUNTS = (SH.minCount, SH.maxCount, SH.minLength, SH.maxLength, SH.qualifiedMinCount, SH.qualifiedMaxCount)
TARGETS = (SH.targetClass, SH.targetObjectsOf, SH.targetSubjectsOf)


@dataclass(frozen=True)
class Mutant:
    """One change: the statement that goes and, if any, the one that comes."""

    shape: URIRef
    change: str
    gone: tuple[Node, Node, Node]
    new: tuple[Node, Node, Node] | None

    @property
    def name(self) -> str:
        """What the list of equivalent mutants calls it."""
        return f"{self.shape} {self.change}"

    def apply(self, graph: Graph) -> None:
        """The graph has the change."""
        graph.remove(self.gone)
        if self.new is not None:
            graph.add(self.new)

    def undo(self, graph: Graph) -> None:
        """The graph is as it was."""
        if self.new is not None:
            graph.remove(self.new)
        graph.add(self.gone)


def mutants(graph: Graph) -> Iterator[Mutant]:
    """Every mutant of the shapes in the graph, in a stable order."""
    shapes = sorted({s for s in graph.subjects(RDF.type) if isinstance(s, URIRef)} - {*graph.subjects(RDF.type, SH.SPARQLConstraint)})
    for shape in shapes:
        for triple in sorted(graph.triples((shape, None, None)), key=str):
            yield from _of(triple, shape=shape)


def _of(triple: tuple[Node, Node, Node], *, shape: URIRef) -> Iterator[Mutant]:
    _, predicate, value = triple
    name = str(predicate).rpartition("#")[2]
    if predicate in PARAMETERS or predicate in TARGETS:
        yield Mutant(shape, f"drop {name} {_short(value)}", triple, None)
    for what, new in _changes(predicate, value=value):
        yield Mutant(shape, f"{name} {what}", triple, (shape, predicate, new))


def _changes(predicate: Node, *, value: Node) -> Iterator[tuple[str, Node]]:
    """What the value of a property of a shape can become."""
    if predicate in COUNTS and isinstance(value, Literal):
        yield from ((f"{int(value)} to {n}", Literal(n)) for n in (int(value) - 1, int(value) + 1) if n >= 0)
    elif predicate in (SH["class"], SH.targetClass):
        yield "to another", OTHER_CLASS
    elif predicate == SH.datatype:
        yield "to another", OTHER_DATATYPE
    elif predicate == SH.nodeKind:
        yield "to another", SH.Literal if value != SH.Literal else SH.IRI
    elif predicate in (SH.path, SH.targetObjectsOf, SH.targetSubjectsOf):
        yield "to another", ELSEWHERE
    elif predicate == SH.severity:
        yield from ((f"to {str(s).rpartition('#')[2]}", s) for s in SEVERITIES if s != value)


def _short(value: Node) -> str:
    return str(value).rpartition("/")[2] if isinstance(value, URIRef) else str(value) if isinstance(value, Literal) else "…"
