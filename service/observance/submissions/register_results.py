"""The results of validating a register that is open, as data that questions are asked of."""

import pyoxigraph as ox

from observance.core.namespaces import OBS, RDF
from observance.knowledge.loading import Knowledge
from observance.register.opening import Register
from observance.submissions.engines import ENGINES, ShapesGraph
from observance.submissions.report_turtle import triples
from observance.submissions.validation import ValidationBackground, validate_document
from oxishacl.parsing.source import Document, Source

_NAME = "urn:observance:register"


def register_results(register: Register, *, parties: frozenset[str], knowledge: Knowledge, shapes: ShapesGraph) -> tuple[ox.Triple, ...]:
    """The report on the documents with a submission of one of the parties (of anyone, for none), read against the other documents.

    They are validated together, which finds what validating one by one finds.
    """
    classes = knowledge.subclasses(OBS + "Submission")
    chosen = [_concerns(document, parties, classes=classes) for document in register.documents]
    if not any(chosen):
        return ()
    own = tuple(quad for place, chose in enumerate(chosen) if chose for quad in register.placed(place))
    others = tuple(quad for place, chose in enumerate(chosen) if not chose for quad in register.placed(place))
    document = Document(Source(_NAME, b""), "turtle", own)
    examined = validate_document(document, background=ValidationBackground(knowledge, shapes, others), engine=ENGINES[0])
    return tuple(triples(examined.report, number=1))


def _concerns(document: Document, parties: frozenset[str], *, classes: frozenset[str]) -> bool:
    """Whether the document holds a submission, and something of one of the parties."""
    typed = any(q.predicate.value == RDF + "type" and _iri(q.object) in classes for q in document.quads)
    filed = {_iri(q.object) for q in document.quads if q.predicate.value == OBS + "onBehalfOf"}
    return typed and (not parties or bool(filed & parties))


def _iri(term: object) -> str:
    return term.value if isinstance(term, ox.NamedNode) else ""
