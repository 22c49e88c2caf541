"""The handler for descriptions of things: as the data of a page, or in a syntax of RDF."""

from typing import Final

import pyoxigraph as ox

from observance.core import PREFIXES, NotFoundError, SerializedAnswer
from observance.handlers.paging import page_of
from observance.handlers.requests import HeadingsRequest, ResourceRequest
from observance.handlers.table import HandlerContext, json_answer, turtle_answer
from observance.rdf import is_iri, nested_turtle
from observance.resources import ResourceReader, closest

_REFERENCES_ON_A_PAGE: Final = 100
_SYNTAXES: Final = {
    "jsonld": ("application/ld+json", ox.RdfFormat.JSON_LD),
    "ntriples": ("application/n-triples", ox.RdfFormat.N_TRIPLES),
    "rdfxml": ("application/rdf+xml", ox.RdfFormat.RDF_XML),
}


def headings(request: HeadingsRequest, context: HandlerContext) -> SerializedAnswer:
    """Return the kind and the title of each thing of which anything is said."""
    labels = ResourceReader(context.disclosed(request.audience).evaluator.store, request.lang).labels
    described = [iri for iri in request.iris if is_iri(iri) and labels.is_described(iri)]
    return json_answer({iri: {"kind": labels.kind(iri), "title": labels.title(iri)} for iri in described})


def resource(request: ResourceRequest, context: HandlerContext) -> SerializedAnswer:
    """Return the description of the thing; raises NotFoundError in a syntax of RDF if nothing is said of it."""
    kb = context.disclosed(request.audience)
    reader = ResourceReader(kb.evaluator.store, request.lang)
    iri = reader.find(request.iris)
    sought = request.iris[0]
    if iri is None:
        if request.format != "html":
            raise NotFoundError("resources.unknown", iri=ascii(sought)[1:-1][:200])
        # Names of the knowledge and of declared parties, which anybody may read.
        near = closest(sought, (*kb.knowledge.subjects, *kb.register.queried.declared))
        return json_answer({"closest": [{"iri": each, "text": reader.labels.of(each)} for each in near]})
    if request.format == "html":
        if not request.refers_by:
            return json_answer({"resource": reader.describe(iri)})
        found, page = page_of(reader.references(iri, request.refers_by), request.page, size=_REFERENCES_ON_A_PAGE)
        group = reader.listed(request.refers_by, found, count=page["total"])
        return json_answer({"iri": iri, "label": reader.labels.of(iri), "references": group, "page": page})
    triples = reader.whole(iri)
    if request.format == "turtle":
        return turtle_answer(nested_turtle(triples))
    media_type, syntax = _SYNTAXES[request.format]
    body = ox.serialize(triples, format=syntax, prefixes=dict(PREFIXES) if request.format == "jsonld" else None)
    assert body is not None
    return SerializedAnswer(media_type, body)
