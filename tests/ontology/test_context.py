"""The JSON-LD context covers the vocabulary, and a submission says the same through it as in Turtle."""

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
# What others' vocabularies lend to a submission.
LENT = {
    *(DCTERMS + name for name in ("dateSubmitted", "language", "identifier", "title", "description")),
    PROV + "wasRevisionOf",
    *(PREFIXES["time"] + name for name in ("hasBeginning", "hasEnd", "inXSDDate", "inXSDgYearMonth", "inXSDgYear")),
}


def declared(kinds: set[URIRef]) -> set[str]:
    """The terms of our own namespace that the core declares to be of these kinds."""
    return {str(term) for kind in kinds for term in CORE.subjects(RDF.type, kind) if str(term).startswith(OBS)}


def submitted() -> set[str]:
    """The properties of ours that a submission or a part of one may have, by their domain."""
    roots = {URIRef(OBS + "Submission"), URIRef(OBS + "SubmissionPart")}
    return {
        name
        for name in declared(PROPERTIES)
        if (domain := CORE.value(URIRef(name), RDFS.domain)) is not None and roots & set(CORE.transitive_objects(domain, RDFS.subClassOf))
    }


def defined() -> Iterator[tuple[str, str]]:
    """Each key of the context with the IRI that it stands for."""
    for key, definition in CONTEXT.items():
        name = definition.get("@id", "") if isinstance(definition, dict) else definition
        if isinstance(name, str) and not key.startswith("@") and key not in PREFIXES:
            prefix, _, local = name.partition(":")
            yield key, PREFIXES.get(prefix, prefix + ":") + local


def opened(name: str, *, kb: KnowledgeBase) -> Document:
    """One of the two files of the pair, read."""
    return parse_document(read_source(PAIR / name, settings=kb.settings), settings=kb.settings, contexts=kb.contexts)


def canonical(document: Document) -> set[ox.Quad]:
    """The quads with blank nodes renamed so that equal graphs are equal sets."""
    dataset = ox.Dataset(document.quads)
    dataset.canonicalize(ox.CanonicalizationAlgorithm.RDFC_1_0)
    return set(dataset)


def test_every_term_has_a_key() -> None:
    """Each class and property of ours has its local name as a key, and each key of ours stands for a term that is declared."""
    keys = {key: iri for key, iri in defined() if iri.startswith(OBS)}
    assert keys == {iri.removeprefix(OBS): iri for iri in declared({OWL.Class, *PROPERTIES})}


def test_lent_terms_have_a_key() -> None:
    """Each term of another vocabulary that a submission uses has a key."""
    assert set(dict(defined()).values()) >= LENT


def test_prefixes() -> None:
    """A prefix of the context stands for what it stands for everywhere else."""
    assert {key: iri for key, iri in CONTEXT.items() if key in PREFIXES} == {key: PREFIXES[key] for key in CONTEXT if key in PREFIXES}


def test_same_triples(kb: KnowledgeBase) -> None:
    """The same submissions in JSON-LD and in Turtle are the same graph."""
    assert canonical(opened("every-term.jsonld", kb=kb)) == canonical(opened("every-term.ttl", kb=kb))


def test_pair_uses_every_term(kb: KnowledgeBase) -> None:
    """The pair uses every property that a submission or its parts may have, and every kind of submission and part."""
    document = opened("every-term.jsonld", kb=kb)
    used = {term.value for quad in document.quads for term in (quad.predicate, quad.object) if isinstance(term, ox.NamedNode)}
    above = {URIRef(OBS + name) for name in ("Submission", "SubmissionPart")}
    kinds = {str(kind) for root in above for kind in CORE.transitive_subjects(RDFS.subClassOf, root)}
    leaves = {kind for kind in kinds if (None, RDFS.subClassOf, URIRef(kind)) not in CORE}
    assert submitted() | leaves | LENT <= used


@pytest.mark.parametrize(("key", "value"), [("milestne", "x"), ("level", "Partail"), ("onBehalfOf", "X9"), ("type", "Milestne")])
def test_misspelt_is_not_lost(key: str, value: str, kb: KnowledgeBase) -> None:
    """A key or value that no term defines is found by validation; JSON-LD alone would leave it out in silence."""
    part = {"id": "ex:part", "type": "Milestone", key: value}
    text = json.dumps({"@context": "https://w3id.org/observance/context.jsonld", "@graph": [{"type": "IndicativeTimetable"}, part]})
    report = kb.submissions.validate(Source("misspelt.jsonld", text.encode()))
    wrong = [finding.value or "" for finding in report.findings if finding.severity == "Violation"]
    assert [shown for shown in wrong if shown.endswith((key, value))]
