"""What a shape cannot see: which document each statement came from. Stated as facts of the submitted document.

The shapes of the knowledge then say what each fact means; the terms are those under « Intake » in the core ontology.
"""

from collections.abc import Iterator
from collections.abc import Set as AbstractSet

import pyoxigraph as ox

from observance.core.namespaces import OBS, RDF
from observance.knowledge.loading import Knowledge
from oxishacl.parsing.source import Document

DOCUMENT = ox.NamedNode("urn:observance:document")
_TYPE = RDF + "type"


def document_facts(document: Document, *, knowledge: Knowledge, foreign: AbstractSet[str], own: AbstractSet[str]) -> Iterator[ox.Quad]:
    """The facts of a document: its submissions, what it redescribes, the reserved classes it claims, its unknown terms.

    `foreign` holds the nodes that other documents describe, `own` the submissions of this one.
    """
    yield _fact(DOCUMENT, _TYPE, ox.NamedNode(OBS + "SubmittedDocument"))
    described = {quad.subject for quad in document.quads}
    for subject in sorted(described, key=str):
        label = subject.value if isinstance(subject, ox.NamedNode) else str(subject)
        if label in own:
            yield _fact(DOCUMENT, OBS + "submits", subject)
        if label in knowledge.subjects or label in foreign:
            yield _fact(DOCUMENT, OBS + "redescribes", subject)
    own_names = {subject.value for subject in described if isinstance(subject, ox.NamedNode)}
    for quad in document.quads:
        if _is_reserved(quad, knowledge=knowledge):
            yield _fact(DOCUMENT, OBS + "claims", quad.subject)
        for iri in _named(quad):
            if knowledge.owns(iri) and not any(iri in names for names in (knowledge.subjects, own_names, foreign)):
                yield _fact(quad.subject, OBS + "usesUnknownTerm", ox.NamedNode(iri))


def _is_reserved(quad: ox.Quad, *, knowledge: Knowledge) -> bool:
    if quad.predicate.value != _TYPE or not isinstance(quad.object, ox.NamedNode):
        return False
    return knowledge.objects(quad.object.value, OBS + "reserved") == ("true",)


def _named(quad: ox.Quad) -> Iterator[str]:
    datatype = quad.object.datatype if isinstance(quad.object, ox.Literal) else None
    for term in (quad.predicate, quad.object, datatype):
        if isinstance(term, ox.NamedNode):
            yield term.value


def _fact(subject: ox.NamedNode | ox.BlankNode | ox.Triple, predicate: str, value: ox.NamedNode | ox.BlankNode | ox.Triple) -> ox.Quad:
    return ox.Quad(subject, ox.NamedNode(predicate), value)
