"""The mutants of a shapes graph: each changes or removes one statement of a shape."""

from collections.abc import Iterator
from dataclasses import dataclass

from rdflib import RDF, SH, Graph, Literal, URIRef
from rdflib.term import Node

OBS = "https://w3id.org/observance/ns#"
OTHER_PROPERTY = URIRef("http://www.w3.org/2000/01/rdf-schema#seeAlso")
OTHER_CLASS = URIRef(OBS + "PartyList")
OTHER_DATATYPE = URIRef("http://www.w3.org/2001/XMLSchema#base64Binary")
SEVERITIES = (SH.Violation, SH.Warning, SH.Info)
# The parameters that make a constraint component apply (SHACL 1.0, section 4).
PARAMETERS = (
    SH["class"], SH.datatype, SH.nodeKind, SH.minCount, SH.maxCount, SH.minExclusive, SH.minInclusive, SH.maxExclusive, SH.maxInclusive,
    SH.minLength, SH.maxLength, SH.pattern, SH.languageIn, SH.uniqueLang, SH.equals, SH.disjoint, SH.lessThan, SH.lessThanOrEquals,
    SH["not"], SH["and"], SH["or"], SH.xone, SH.node, SH.qualifiedValueShape, SH.closed, SH.hasValue, SH["in"], SH.sparql,
)  # fmt: skip
COUNTS = (SH.minCount, SH.maxCount, SH.minLength, SH.maxLength, SH.qualifiedMinCount, SH.qualifiedMaxCount)
TARGETS = (SH.targetClass, SH.targetObjectsOf, SH.targetSubjectsOf)


@dataclass(frozen=True)
class Mutant:
    """A mutant: the removed statement and, if any, the added one."""

    shape: URIRef
    change: str
    removed: tuple[Node, Node, Node]
    added: tuple[Node, Node, Node] | None

    @property
    def name(self) -> str:
        """The shape and the change, for messages."""
        return f"{self.shape} {self.change}"

    def apply(self, graph: Graph) -> None:
        """Apply the change to the graph."""
        graph.remove(self.removed)
        if self.added is not None:
            graph.add(self.added)

    def undo(self, graph: Graph) -> None:
        """Undo the change in the graph."""
        if self.added is not None:
            graph.remove(self.added)
        graph.add(self.removed)


def mutants(graph: Graph) -> Iterator[Mutant]:
    """All mutants of the shapes in the graph, in a stable order."""
    shapes = sorted({s for s in graph.subjects(RDF.type) if isinstance(s, URIRef)} - {*graph.subjects(RDF.type, SH.SPARQLConstraint)})
    for shape in shapes:
        for triple in sorted(graph.triples((shape, None, None)), key=str):
            yield from _mutants_of_triple(triple, shape=shape)


def _mutants_of_triple(triple: tuple[Node, Node, Node], *, shape: URIRef) -> Iterator[Mutant]:
    _, predicate, value = triple
    name = str(predicate).rpartition("#")[2]
    if predicate in PARAMETERS or predicate in TARGETS:
        yield Mutant(shape, f"drop {name} {_short_name(value)}", triple, None)
    for change, new_value in _changed_values(predicate, value=value):
        yield Mutant(shape, f"{name} {change}", triple, (shape, predicate, new_value))


def _changed_values(predicate: Node, *, value: Node) -> Iterator[tuple[str, Node]]:
    """The values that the value of a property of a shape can change to, each with its description."""
    if predicate in COUNTS and isinstance(value, Literal):
        yield from ((f"{int(value)} to {n}", Literal(n)) for n in (int(value) - 1, int(value) + 1) if n >= 0)
    elif predicate in (SH["class"], SH.targetClass):
        yield "to another", OTHER_CLASS
    elif predicate == SH.datatype:
        yield "to another", OTHER_DATATYPE
    elif predicate == SH.nodeKind:
        yield "to another", SH.Literal if value != SH.Literal else SH.IRI
    elif predicate in (SH.path, SH.targetObjectsOf, SH.targetSubjectsOf):
        yield "to another", OTHER_PROPERTY
    elif predicate == SH.severity:
        yield from ((f"to {str(s).rpartition('#')[2]}", s) for s in SEVERITIES if s != value)


def _short_name(value: Node) -> str:
    return str(value).rpartition("/")[2] if isinstance(value, URIRef) else str(value) if isinstance(value, Literal) else "…"
