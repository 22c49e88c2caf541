"""The submissions in a document; where there is none, the statement in which one was meant, and why it is not read as one."""

from collections.abc import Collection, Iterator
from typing import Final

import pyoxigraph as ox

from observance.core import (
    OBS,
    PREFIXES,
    RDF,
    InvalidInputError,
    compact,
    intended_iri,
    local_name,
    misspelt_namespaces,
    nearest_iri,
    undeclared_prefix,
)
from observance.knowledge import Knowledge
from oxishacl import Document, Place, SourcePositions, node_name, quoted_position

_TYPE = RDF + "type"
IS_RECORD: Final = "validate.is-record"
"""The name of the message for a document that holds a record of the register."""


def submissions_in(document: Document, *, knowledge: Knowledge) -> dict[str, str]:
    """Return the nodes of the submissions in the document, each with its class."""
    classes = knowledge.subclasses(OBS + "Submission")
    return {node_name(document.quads[number].subject): iri for number, iri in _types(document) if iri in classes}


def no_submission(document: Document, *, knowledge: Knowledge, records: Collection[str], positions: SourcePositions) -> InvalidInputError:
    """Return the error for a document without a submission: its cause and, where there is a statement to name, line and column.

    `records` are the classes and properties of the records of a register.
    """
    name = document.source.name
    for declared, meant in misspelt_namespaces(document.prefixes).items():
        for written in _as_written(declared, meant=meant):
            place = quoted_position(document.source.content, written)
            if place is not None:
                return InvalidInputError("validate.namespace", name=name, found=written, meant=meant, **place)
    for number, iri in _names(document):
        intended, prefix = intended_iri(iri), undeclared_prefix(iri)
        if intended is not None:
            return _error("namespace", document, place=positions.of(number), found=_namespace(iri), meant=_namespace(intended))
        if prefix is not None:
            return _error("undeclared-prefix", document, place=positions.of(number), prefix=prefix, namespace=PREFIXES[prefix])
    types = _types(document)
    unknown = next(((n, iri) for n, iri in types if knowledge.owns(iri) and iri not in knowledge.subjects), None)
    record = next(((n, iri) for n, iri in _names(document) if iri in records), None)
    if unknown is None and record is not None:
        return _error(IS_RECORD.removeprefix("validate."), document, place=positions.of(record[0]), found=compact(record[1]))
    if not types:
        return InvalidInputError("validate.no-class", name=name)
    kinds = [kind for kind in knowledge.subclasses(OBS + "Submission") if len(knowledge.subclasses(kind)) == 1]
    number, iri = unknown or types[0]
    nearest = compact(nearest_iri(iri, among=kinds) or min(kinds))
    code = "class-unknown" if unknown is not None else "class-of-other"
    return _error(code, document, place=positions.of(number), found=compact(iri), nearest=nearest)


def _as_written(namespace: str, *, meant: str) -> Iterator[str]:
    """Yield the namespace, and what the document may say where its base completed it: ends with all of the meant one but its scheme."""
    yield namespace
    ends = (namespace[n + 1 :] for n, sign in enumerate(namespace) if sign == "/")
    yield from (end for end in ends if end.endswith(meant.partition("://")[2]))


def _error(code: str, document: Document, *, place: Place | None, **values: str) -> InvalidInputError:
    line, column = (place.line, place.column) if place else (1, 1)
    return InvalidInputError(f"validate.{code}", name=document.source.name, line=line, column=column, **values)


def _types(document: Document) -> list[tuple[int, str]]:
    """Return the IRIs of classes that nodes are said to have, each with the number of its statement."""
    return [(n, q.object.value) for n, q in enumerate(document.quads) if q.predicate.value == _TYPE and isinstance(q.object, ox.NamedNode)]


def _names(document: Document) -> list[tuple[int, str]]:
    """Return the IRIs of classes and properties, each with the number of its statement; classes first."""
    return _types(document) + [(number, quad.predicate.value) for number, quad in enumerate(document.quads)]


def _namespace(iri: str) -> str:
    return iri.removesuffix(local_name(iri))
