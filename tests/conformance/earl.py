"""The outcomes of the W3C suite as an EARL report, with an assertion for each test and engine."""

from collections.abc import Iterable, Iterator
from pathlib import Path

import pyoxigraph as ox

EARL = "http://www.w3.org/ns/earl#"
DOAP = "http://usefulinc.com/ns/doap#"
RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
TEST = "urn:x-shacl-test:/"
SUBJECTS = {"observance": "https://w3id.org/observance/", "pySHACL": "https://github.com/RDFLib/pySHACL"}


def write(outcomes: Iterable[tuple[str, str, bool]], *, path: Path) -> None:
    """Write the outcomes, tuples of engine, test and whether it passed, as Turtle; the same outcomes give the same bytes."""
    prefixes = {"earl": EARL, "doap": DOAP}
    path.write_bytes(ox.serialize(_triples(outcomes), format=ox.RdfFormat.TURTLE, prefixes=prefixes) or b"")


def _triples(outcomes: Iterable[tuple[str, str, bool]]) -> Iterator[ox.Triple]:
    for name, home in SUBJECTS.items():
        yield ox.Triple(ox.NamedNode(home), ox.NamedNode(RDF + "type"), ox.NamedNode(EARL + "Software"))
        yield ox.Triple(ox.NamedNode(home), ox.NamedNode(DOAP + "name"), ox.Literal(name))
    for number, (engine, test, passed) in enumerate(outcomes):
        assertion, result = ox.BlankNode(f"a{number}"), ox.BlankNode(f"r{number}")
        outcome = ox.NamedNode(EARL + ("passed" if passed else "failed"))
        yield ox.Triple(assertion, ox.NamedNode(RDF + "type"), ox.NamedNode(EARL + "Assertion"))
        yield ox.Triple(assertion, ox.NamedNode(EARL + "assertedBy"), ox.NamedNode(SUBJECTS["observance"]))
        yield ox.Triple(assertion, ox.NamedNode(EARL + "subject"), ox.NamedNode(SUBJECTS[engine]))
        yield ox.Triple(assertion, ox.NamedNode(EARL + "test"), ox.NamedNode(TEST + test))
        yield ox.Triple(assertion, ox.NamedNode(EARL + "mode"), ox.NamedNode(EARL + "automatic"))
        yield ox.Triple(assertion, ox.NamedNode(EARL + "result"), result)
        yield ox.Triple(result, ox.NamedNode(RDF + "type"), ox.NamedNode(EARL + "TestResult"))
        yield ox.Triple(result, ox.NamedNode(EARL + "outcome"), outcome)
