"""Fingerprints: the properties that they depend on, and those that they do not."""

import pyoxigraph as ox
import pytest
from msgspec.structs import replace

from conftest import ROOT
from observance.submissions.findings import fingerprint, paths_from_submissions
from oxishacl import Source

CASES = ROOT / "tests" / "shapes" / "envelope"
P, Q, R = (ox.NamedNode(f"urn:x:{name}") for name in "pqr")
TOP, MIDDLE, PART = (ox.NamedNode(f"urn:x:{name}") for name in ("top", "middle", "part"))


def path_digest(*statements: tuple[ox.NamedNode, ox.NamedNode, ox.NamedNode]) -> str:
    """The digest of the path to the part in a document with these statements."""
    return paths_from_submissions([ox.Quad(*statement) for statement in statements], roots={TOP.value})[PART.value]


def test_two_shortest_paths():
    """Of two paths of the same length, the same one is chosen whatever the order of statements."""
    assert path_digest((TOP, P, PART), (TOP, Q, PART)) == path_digest((TOP, Q, PART), (TOP, P, PART))
    assert path_digest((TOP, P, PART), (TOP, Q, PART)) in {path_digest((TOP, P, PART)), path_digest((TOP, Q, PART))}


def test_shortest_path():
    """A longer path changes nothing, even with a cycle."""
    assert path_digest((TOP, P, PART), (TOP, Q, MIDDLE), (MIDDLE, R, PART), (PART, R, TOP)) == path_digest((TOP, P, PART))


def test_every_step_of_a_path_counts():
    """Paths with different predicates or steps have different digests."""
    digests = [
        path_digest((TOP, P, PART)),
        path_digest((TOP, Q, PART)),
        path_digest((TOP, P, MIDDLE), (MIDDLE, P, PART)),
        path_digest((TOP, Q, MIDDLE), (MIDDLE, P, PART)),
    ]

    assert len(set(digests)) == 4


def test_dependencies(kb):
    """Fingerprints depend on paragraph, shape, path from the submission, property path, component and value."""
    finding = kb.submissions.validate(CASES / "invalid.part-milestone-state.ttl").findings[0]
    paths = paths_from_submissions([], roots=()) | {finding.focus: "one"}
    changed = [fingerprint(replace(finding, **{name: "another"}), paths=paths) for name in ("paragraph", "shape", "path", "component")]
    valued = replace(finding, terms=replace(finding.terms, value=ox.Literal("another")))

    prints = [
        fingerprint(finding, paths=paths), *changed, fingerprint(valued, paths=paths), fingerprint(finding, paths={finding.focus: "other"}),
    ]  # fmt: skip
    assert len(set(prints)) == len(prints) == 7


@pytest.mark.parametrize("name", ["invalid.filer-without-iri", "invalid.revision-without-iri", "invalid.part-milestone-state"])
def test_blank_node_labels_do_not_matter(kb, name):
    """Documents that differ only in blank node labels give the same fingerprints."""
    quads = list(ox.parse((CASES / f"{name}.ttl").read_bytes(), format=ox.RdfFormat.TURTLE))

    def renamed(term, label):
        return ox.BlankNode(label + term.value) if isinstance(term, ox.BlankNode) else term

    def prints(label: str) -> list[str]:
        lines = (ox.Triple(renamed(q.subject, label), q.predicate, renamed(q.object, label)) for q in quads)
        text = ox.serialize(lines, format=ox.RdfFormat.N_TRIPLES)
        return sorted(finding.fingerprint for finding in kb.submissions.validate(Source("a.nt", text)).findings)

    assert any(isinstance(term, ox.BlankNode) for quad in quads for term in (quad.subject, quad.object))
    assert prints("a") == prints("b")
