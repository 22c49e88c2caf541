"""The JSON-LD context covers the vocabulary, and a submission in JSON-LD is the same graph as in Turtle."""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path

import pyoxigraph as ox
import pytest
from rdflib import OWL, RDF, RDFS, Graph, URIRef

from observance.core import DCTERMS, OBS, PREFIXES, PROV
from observance.knowledge_base import KnowledgeBase
from observance.rdf import parse_document, read_source
from oxishacl import Document, Source

ROOT = Path(__file__).parents[2]
PAIR = Path(__file__).parent / "context"
CORE = Graph().parse(ROOT / "ontology" / "core.ttl")
CONTEXT: Mapping[str, object] = json.loads((ROOT / "ontology" / "context.jsonld").read_text(encoding="utf-8"))["@context"]
PROPERTIES = {OWL.ObjectProperty, OWL.DatatypeProperty, OWL.AnnotationProperty}
# The terms of other vocabularies in submissions.
REUSED = {
    *(DCTERMS + name for name in ("dateSubmitted", "language", "identifier", "title", "description")),
    PROV + "wasRevisionOf",
    *(PREFIXES["time"] + name for name in ("hasBeginning", "hasEnd", "inXSDDate", "inXSDgYearMonth", "inXSDgYear")),
}


def declared_terms(kinds: set[URIRef]) -> set[str]:
    """The terms of the project's namespace that the core vocabulary declares with one of these types."""
    return {str(term) for kind in kinds for term in CORE.subjects(RDF.type, kind) if str(term).startswith(OBS)}


def submission_properties() -> set[str]:
    """The properties of the project's namespace whose domain is a submission or a part of one."""
    roots = {URIRef(OBS + "Submission"), URIRef(OBS + "SubmissionPart")}
    return {
        name
        for name in declared_terms(PROPERTIES)
        if (domain := CORE.value(URIRef(name), RDFS.domain)) is not None and roots & set(CORE.transitive_objects(domain, RDFS.subClassOf))
    }


def context_keys() -> Iterator[tuple[str, str]]:
    """Each key of the context with its IRI."""
    for key, definition in CONTEXT.items():
        name = definition.get("@id", "") if isinstance(definition, dict) else definition
        if isinstance(name, str) and not key.startswith("@") and key not in PREFIXES:
            prefix, _, local = name.partition(":")
            yield key, PREFIXES.get(prefix, prefix + ":") + local


def read_document(name: str, *, kb: KnowledgeBase) -> Document:
    """One of the two files of the pair."""
    return parse_document(read_source(PAIR / name, settings=kb.settings), settings=kb.settings, contexts=kb.contexts)


def canonical(document: Document) -> set[ox.Quad]:
    """The quads with canonical blank nodes, so that isomorphic graphs are equal sets."""
    dataset = ox.Dataset(document.quads)
    dataset.canonicalize(ox.CanonicalizationAlgorithm.RDFC_1_0)
    return set(dataset)


def test_every_term_has_a_key() -> None:
    """The keys for the project's namespace are the local names of its declared classes and properties."""
    keys = {key: iri for key, iri in context_keys() if iri.startswith(OBS)}
    assert keys == {iri.removeprefix(OBS): iri for iri in declared_terms({OWL.Class, *PROPERTIES})}


def test_reused_terms_have_a_key() -> None:
    """Each term of another vocabulary in submissions has a key."""
    assert set(dict(context_keys()).values()) >= REUSED


def test_prefixes() -> None:
    """The prefixes of the context have the same IRIs as everywhere else."""
    assert {key: iri for key, iri in CONTEXT.items() if key in PREFIXES} == {key: PREFIXES[key] for key in CONTEXT if key in PREFIXES}


def test_same_triples(kb: KnowledgeBase) -> None:
    """The pair of files, in JSON-LD and in Turtle, has the same graph."""
    assert canonical(read_document("every-term.jsonld", kb=kb)) == canonical(read_document("every-term.ttl", kb=kb))


def test_pair_uses_every_term(kb: KnowledgeBase) -> None:
    """The pair uses every property of submissions and their parts, and every most specific class of both."""
    document = read_document("every-term.jsonld", kb=kb)
    used = {term.value for quad in document.quads for term in (quad.predicate, quad.object) if isinstance(term, ox.NamedNode)}
    root_classes = {URIRef(OBS + name) for name in ("Submission", "SubmissionPart")}
    classes = {str(kind) for root in root_classes for kind in CORE.transitive_subjects(RDFS.subClassOf, root)}
    leaf_classes = {kind for kind in classes if (None, RDFS.subClassOf, URIRef(kind)) not in CORE}
    assert submission_properties() | leaf_classes | REUSED <= used


@pytest.mark.parametrize(("key", "value"), [("milestne", "x"), ("level", "Partail"), ("onBehalfOf", "X9"), ("type", "Milestne")])
def test_misspelt_term_is_reported(key: str, value: str, kb: KnowledgeBase) -> None:
    """Validation reports a key or value that is no term; JSON-LD alone would ignore it."""
    part = {"id": "ex:part", "type": "Milestone", key: value}
    text = json.dumps({"@context": "https://w3id.org/observance/context.jsonld", "@graph": [{"type": "IndicativeTimetable"}, part]})
    report = kb.submissions.validate(Source("misspelt.jsonld", text.encode()))
    reported = [finding.value or "" for finding in report.findings if finding.severity == "Violation"]
    assert [text for text in reported if text.endswith((key, value))]
