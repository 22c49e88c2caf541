"""A term of ours that does not exist is found wherever a submission may use one, once, with the nearest that exists."""

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pyoxigraph as ox
from rdflib import OWL, RDF, RDFS, Graph, Literal, URIRef
from rdflib.term import Node

from conftest import check_each
from observance.core import OBS
from observance.knowledge_base import KnowledgeBase
from observance.submissions import SubmissionReport
from oxishacl import Source

ROOT = Path(__file__).parents[2]
CORE = Graph().parse(ROOT / "ontology" / "core.ttl")
SUBMISSION, PART = URIRef(OBS + "Submission"), URIRef(OBS + "SubmissionPart")
UNKNOWN = OBS + "NoSuchTerm"
NODE = "https://example.org/node-"
TYPE = ox.NamedNode(str(RDF.type))


def kinds(root: URIRef) -> list[URIRef]:
    """The classes below the root that have none below them."""
    below = {kind for kind in CORE.transitive_subjects(RDFS.subClassOf, root) if isinstance(kind, URIRef)}
    return sorted(kind for kind in below if (None, RDFS.subClassOf, kind) not in CORE)


def properties(kind: Node) -> list[URIRef]:
    """The properties that a node of the kind may have, by their domain."""
    above = set(CORE.transitive_objects(kind, RDFS.subClassOf))
    return sorted({name for wider in above for name in CORE.subjects(RDFS.domain, wider) if isinstance(name, URIRef)})


def takes_terms(name: Node) -> bool:
    """Whether the property takes a term of ours: its range is a class that only the knowledge may fill, or it has none."""
    reach = CORE.value(name, RDFS.range)
    ours = reach is None or (reach, URIRef(OBS + "reserved"), Literal(True)) in CORE or name == URIRef(OBS + "underParagraph")
    return ours and (name, RDF.type, OWL.ObjectProperty) in CORE


def holders(kind: URIRef) -> list[URIRef]:
    """The properties that hold a part of the kind in a submission."""
    holding = [name for leaf in kinds(SUBMISSION) for name in properties(leaf) if CORE.value(name, RDFS.range) == kind]
    return sorted(set(holding))


def uses() -> Iterator[tuple[URIRef | None, URIRef, URIRef]]:
    """Each (property that holds the part or None, kind of the node, property that takes a term of ours)."""
    for kind in kinds(SUBMISSION):
        yield from ((None, kind, name) for name in properties(kind) if takes_terms(name))
    for kind in kinds(PART):
        yield from ((holds, kind, name) for holds in holders(kind) for name in properties(kind) if takes_terms(name))


def named(number: int) -> str:
    """The terms of a use, to name it by."""
    return " ".join(term.rpartition("#")[2] for term in USES[number] if term)


USES = list(uses())


def report_on_uses(kb: KnowledgeBase) -> SubmissionReport:
    """The report on one document in which each use has a node of its own, with a term that does not exist."""
    quads = []
    for number, (holds, kind, name) in enumerate(USES):
        node, whole = ox.NamedNode(f"{NODE}{number}"), ox.NamedNode(f"{NODE}{number}-whole")
        quads += [ox.Quad(node, TYPE, ox.NamedNode(str(kind))), ox.Quad(node, ox.NamedNode(str(name)), ox.NamedNode(UNKNOWN))]
        if holds is not None:
            holder = next(leaf for leaf in kinds(SUBMISSION) if holds in properties(leaf))
            quads += [ox.Quad(whole, TYPE, ox.NamedNode(str(holder))), ox.Quad(whole, ox.NamedNode(str(holds)), node)]
    return kb.submissions.validate(Source("unknown.nt", ox.serialize(quads, format=ox.RdfFormat.N_TRIPLES) or b""))


def test_unknown_term_is_found_once(kb: KnowledgeBase) -> None:
    """Wherever a term that does not exist is used, it is one finding, a violation."""
    report = report_on_uses(kb)

    def check(number: int) -> None:
        found = [finding for finding in report.findings if (finding.focus, finding.value) == (f"{NODE}{number}", UNKNOWN)]
        assert Counter(finding.severity for finding in found) == {"Violation": 1}

    check_each(check, range(len(USES)), name=named)
