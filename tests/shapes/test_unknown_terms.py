"""A term of ours that does not exist is found wherever a submission may use one, once, with the nearest that exists."""

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pyoxigraph as ox
import pytest
from rdflib import OWL, RDF, RDFS, Graph, Literal, URIRef
from rdflib.term import Node

from observance.house import House
from observance.model import Report, Source
from observance.namespaces import OBS

ROOT = Path(__file__).parents[2]
CORE = Graph().parse(ROOT / "ontology" / "core.ttl")
SUBMISSION, PART = URIRef(OBS + "Submission"), URIRef(OBS + "SubmissionPart")
UNKNOWN = OBS + "NoSuchTerm"
NODE = "https://example.org/node-"
TYPE = ox.NamedNode(str(RDF.type))


def kinds(root: URIRef) -> list[Node]:
    """The classes below the root that have none below them."""
    below = set(CORE.transitive_subjects(RDFS.subClassOf, root))
    return sorted(kind for kind in below if (None, RDFS.subClassOf, kind) not in CORE)


def properties(kind: Node) -> list[Node]:
    """The properties that a node of the kind may have, by their domain."""
    return sorted({p for above in CORE.transitive_objects(kind, RDFS.subClassOf) for p in CORE.subjects(RDFS.domain, above)})


def takes_terms(name: Node) -> bool:
    """Whether the property takes a term of ours: its range is a class that only the knowledge may fill, or it has none."""
    reach = CORE.value(name, RDFS.range)
    ours = reach is None or (reach, URIRef(OBS + "reserved"), Literal(True)) in CORE or name == URIRef(OBS + "underParagraph")
    return ours and (name, RDF.type, OWL.ObjectProperty) in CORE


def uses() -> Iterator[tuple[Node | None, Node, Node]]:
    """Each (property that holds the part or None, kind of the node, property that takes a term of ours)."""
    for kind in kinds(SUBMISSION):
        yield from ((None, kind, name) for name in properties(kind) if takes_terms(name))
    for kind in kinds(PART):
        holding = sorted(p for p in CORE.subjects(RDFS.range, kind) if (p, RDF.type, OWL.ObjectProperty) in CORE)
        yield from ((holds, kind, name) for holds in holding for name in properties(kind) if takes_terms(name) and CORE.value(holds, RDFS.domain))


USES = [use for use in uses() if use[0] is None or str(use[0]) != OBS + "ofNeed"]


@pytest.fixture(scope="module")
def report(house: House) -> Report:
    """The report on one document in which each use has a node of its own, with a term that does not exist."""
    quads = []
    for number, (holds, kind, name) in enumerate(USES):
        node, whole = ox.NamedNode(f"{NODE}{number}"), ox.NamedNode(f"{NODE}{number}-whole")
        quads += [ox.Quad(node, TYPE, ox.NamedNode(str(kind))), ox.Quad(node, ox.NamedNode(str(name)), ox.NamedNode(UNKNOWN))]
        if holds is not None:
            domain = CORE.value(holds, RDFS.domain) or SUBMISSION
            holder = next(leaf for leaf in kinds(SUBMISSION) if domain in CORE.transitive_objects(leaf, RDFS.subClassOf))
            quads += [ox.Quad(whole, TYPE, ox.NamedNode(str(holder))), ox.Quad(whole, ox.NamedNode(str(holds)), node)]
    return house.validate(Source("unknown.nt", ox.serialize(quads, format=ox.RdfFormat.N_TRIPLES) or b""))


@pytest.mark.parametrize("number", range(len(USES)), ids=lambda number: " ".join(str(part).rpartition("#")[2] for part in USES[number] if part))
def test_unknown_term_is_found_once(number: int, report: Report) -> None:
    """A term that does not exist is one finding, a violation, which names a term that exists."""
    found = [finding for finding in report.findings if (finding.focus, finding.value) == (f"{NODE}{number}", UNKNOWN)]
    assert Counter(finding.severity for finding in found) == {"Violation": 1}
