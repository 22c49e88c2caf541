"""What takes part in a fingerprint, and what does not."""

import pyoxigraph as ox
import pytest
from msgspec.structs import replace

from conftest import ROOT
from observance.submissions.findings import fingerprint, paths_from_submissions
from oxishacl import Source

CASES = ROOT / "tests" / "shapes" / "envelope"
P, Q, R = (ox.NamedNode(f"urn:x:{name}") for name in "pqr")
TOP, MIDDLE, PART = (ox.NamedNode(f"urn:x:{name}") for name in ("top", "middle", "part"))


def way(*statements: tuple[ox.NamedNode, ox.NamedNode, ox.NamedNode]) -> str:
    """The way to the part, when the submission and its parts say this."""
    return paths_from_submissions([ox.Quad(*statement) for statement in statements], roots={TOP.value})[PART.value]


def test_least_of_two_ways():
    """Of two ways of one length it is the same, in whatever order they are stated."""
    assert way((TOP, P, PART), (TOP, Q, PART)) == way((TOP, Q, PART), (TOP, P, PART))
    assert way((TOP, P, PART), (TOP, Q, PART)) in {way((TOP, P, PART)), way((TOP, Q, PART))}


def test_shortest_way():
    """A longer way changes nothing, even one in a circle."""
    assert way((TOP, P, PART), (TOP, Q, MIDDLE), (MIDDLE, R, PART), (PART, R, TOP)) == way((TOP, P, PART))


def test_every_step_of_a_way_counts():
    """Parts that are reached by other properties are reached by other ways."""
    found = [way((TOP, P, PART)), way((TOP, Q, PART)), way((TOP, P, MIDDLE), (MIDDLE, P, PART)), way((TOP, Q, MIDDLE), (MIDDLE, P, PART))]

    assert len(set(found)) == 4


def test_what_takes_part(kb):
    """Paragraph, shape, way, path, component and value each make it another; file and labels of blank nodes do not."""
    finding = kb.submissions.validate(CASES / "invalid.part-milestone-state.ttl").findings[0]
    found = paths_from_submissions([], roots=()) | {finding.focus: "one"}
    changed = [fingerprint(replace(finding, **{name: "another"}), paths=found) for name in ("paragraph", "shape", "path", "component")]
    valued = replace(finding, terms=replace(finding.terms, value=ox.Literal("another")))

    prints = [
        fingerprint(finding, paths=found), *changed, fingerprint(valued, paths=found), fingerprint(finding, paths={finding.focus: "other"}),
    ]  # fmt: skip
    assert len(set(prints)) == len(prints) == 7


@pytest.mark.parametrize("name", ["invalid.filer-without-iri", "invalid.revision-without-iri", "invalid.part-milestone-state"])
def test_labels_take_no_part(kb, name):
    """Where node or value is blank, the fingerprints are those of the same document with other labels."""
    quads = list(ox.parse((CASES / f"{name}.ttl").read_bytes(), format=ox.RdfFormat.TURTLE))

    def renamed(term, label):
        return ox.BlankNode(label + term.value) if isinstance(term, ox.BlankNode) else term

    def prints(label: str) -> list[str]:
        lines = (ox.Triple(renamed(q.subject, label), q.predicate, renamed(q.object, label)) for q in quads)
        text = ox.serialize(lines, format=ox.RdfFormat.N_TRIPLES)
        return sorted(finding.fingerprint for finding in kb.submissions.validate(Source("a.nt", text)).findings)

    assert any(isinstance(term, ox.BlankNode) for quad in quads for term in (quad.subject, quad.object))
    assert prints("a") == prints("b")
