"""The handlers for forms: deriving them, reading documents into them, and checking what somebody wrote."""

import re
from itertools import chain
from typing import Final

import msgspec
import pyoxigraph as ox
from msgspec.structs import replace

from observance.core import RDF, NotFoundError, SerializedAnswer, UsageError
from observance.forms import Field, FilledForm, Part, interpret, read_filled, start_from
from observance.handlers.requests import FormCheckRequest, FormDocumentRequest, FormReadingRequest, FormRequest, FormsRequest
from observance.handlers.table import HandlerContext, turtle_answer
from observance.knowledge_base import KnowledgeBase
from observance.rdf import is_iri, nested_turtle, parse_document
from oxishacl import Source, node_name

_XML_NAME: Final = re.compile(r"[^\W\d][\w.-]*\Z")
"""What an IRI ends in that XML can write as the name of an element; pyoxigraph writes an ill-formed one for any other."""
_MOST_ON_RECORD: Final = 300
"""How many submissions on record, or parts of them, a field offers."""
_TURTLE: Final = "text/turtle"
_PLAIN: Final = {
    "application/n-triples": ox.RdfFormat.N_TRIPLES,
    "application/rdf+xml": ox.RdfFormat.RDF_XML,
    "application/ld+json": ox.RdfFormat.JSON_LD,
}


def forms(request: FormsRequest, context: HandlerContext) -> SerializedAnswer:
    """Return the forms without their fields."""
    found = context.disclosed(request.audience).forms.forms.values()
    return _answer([replace(form, part=replace(form.part, fields=())) for form in found])


def form(request: FormRequest, context: HandlerContext) -> SerializedAnswer:
    """Return the form; raises NotFoundError if there is none."""
    kb = context.disclosed(request.audience)
    found, party = kb.forms.form(request.name), request.audience.party if request.audience is not None else None
    return _answer(replace(found, part=offered_part(found.part, party=party, kinds=_kinds(party, kb) if party else None)))


def _kinds(party: str, kb: KnowledgeBase) -> frozenset[str]:
    """The classes of the party, by the knowledge and by the register."""
    types = (q for q in kb.register.queried.quads if q.predicate.value == RDF + "type")
    return frozenset(kb.knowledge.objects(party, RDF + "type")) | {node_name(q.object) for q in types if node_name(q.subject) == party}


def offered_part(part: Part, *, party: str | None, kinds: frozenset[str] | None = None) -> Part:
    """The part, which of what is on record offers the party's own, or without a party the newest; others are taken all the same.

    `kinds` are the classes of the party: what is asked of others is marked as such.
    """

    def offered(asked: Field) -> Field:
        is_for_others = kinds is not None and bool(asked.asked_of) and asked.asked_of not in kinds
        if asked.part is not None:
            return replace(asked, part=offered_part(asked.part, party=party, kinds=kinds), is_for_others=is_for_others)
        on_record = [choice for choice in asked.choices if choice.party and party in (None, choice.party)][:_MOST_ON_RECORD]
        choices = (*(choice for choice in asked.choices if not choice.party), *on_record)
        return replace(asked, choices=choices, is_for_others=is_for_others)

    return replace(part, fields=tuple(map(offered, part.fields)))


def read(request: FormReadingRequest, context: HandlerContext) -> SerializedAnswer:
    """Return the filled form; raises what parsing raises, NotFoundError without a submission for a form, or for one of that name."""
    kb = context.disclosed(request.audience)
    filled = _on_record(request, kb) if request.node else _in_document(request, kb)
    if request.start:
        filled = start_from(kb.forms.form(filled.form), filled, is_revision=request.start == "revision")
    return _answer(filled)


def _on_record(request: FormReadingRequest, kb: KnowledgeBase) -> FilledForm:
    form, register = kb.forms.form(request.name), kb.register.queried
    # Of the documents that say anything of it alone: to look through all of a large register takes long.
    about = kb.evaluator.store.graphs_about(ox.NamedNode(request.node)) if is_iri(request.node) else ()
    found = (quads for graph, quads in zip(register.graph_names, register.document_quads, strict=True) if graph in about)
    quads = tuple(chain.from_iterable(found))
    own = [q for q in quads if isinstance(q.subject, ox.NamedNode) and q.subject.value == request.node]
    if not any(isinstance(q.object, ox.NamedNode) and q.object.value == form.kind for q in own):
        raise NotFoundError("forms.none-on-record", node=ascii(request.node)[1:-1][:200])
    return read_filled(form, quads, request.node)


def _in_document(request: FormReadingRequest, kb: KnowledgeBase) -> FilledForm:
    source = Source(request.file, request.content, request.media_type)
    document = parse_document(source, settings=kb.settings, contexts=kb.contexts)
    try:
        return kb.forms.read(document, name=request.name)
    except NotFoundError:
        if not request.name or request.start:
            raise
        return kb.forms.read(document)


def check(request: FormCheckRequest, context: HandlerContext) -> SerializedAnswer:
    """Return what is found out about the filled form; raises NotFoundError for a form that does not exist."""
    return _answer(context.disclosed(request.audience).forms.check(msgspec.json.decode(request.filled, type=FilledForm)))


def document(request: FormDocumentRequest, context: HandlerContext) -> SerializedAnswer:
    """Return what the filled form states; raises NotFoundError for a form that does not exist.

    Raises UsageError if an entry cannot be taken, or a statement cannot be written in the syntax.
    """
    filled = msgspec.json.decode(request.filled, type=FilledForm)
    interpretation = interpret(context.disclosed(request.audience).forms.form(filled.form), filled)
    if interpretation.problems:
        raise UsageError("forms.not-written", count=len(interpretation.problems))
    if request.media_type == _TURTLE:
        return turtle_answer(nested_turtle(interpretation.triples))
    is_xml = request.media_type == "application/rdf+xml"
    if is_xml and not all(_XML_NAME.search(triple.predicate.value) for triple in interpretation.triples):
        raise UsageError("forms.not-in-syntax", syntax=request.media_type)
    body = ox.serialize(interpretation.triples, format=_PLAIN[request.media_type])
    assert body is not None
    return SerializedAnswer(request.media_type, body)


def _answer(value: object) -> SerializedAnswer:
    return SerializedAnswer("application/json", msgspec.json.encode(value))
