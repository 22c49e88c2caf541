"""Validation reports on the documents of a register, in a form in which they can be kept: the same wherever the document stands in it."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, Final

import pyoxigraph as ox

from observance.register import label_in_document, label_in_register
from observance.submissions.model import Finding, SubmissionReport
from observance.submissions.report_turtle import report_triples

_NAME: Final = "urn:observance:register"
_OF_DOCUMENT: Final = "d"
_OF_REPORT: Final = "r"


def report_to_keep(findings: Iterable[Finding], *, submissions: Mapping[str, str], number: int) -> str:
    """Return the report on the document with this number, and with these submissions, in N-Triples.

    The first letter of a blank node's label says whether the node is the document's; all others become the report's.
    """

    def kept(term: ox.BlankNode) -> ox.BlankNode:
        label = label_in_document(term.value, number=number)
        return ox.BlankNode(_OF_REPORT + term.value if label is None else _OF_DOCUMENT + label)

    report = SubmissionReport(_NAME, tuple(findings), submissions=tuple(submissions.items()))
    triples = (_relabelled(triple, kept) for triple in report_triples(report, number=1))
    return (ox.serialize(triples, format=ox.RdfFormat.N_TRIPLES) or b"").decode()


def kept_report(text: str, *, number: int) -> Iterator[ox.Triple]:
    """Yield the triples of what `report_to_keep` gave, for a document that has this number now."""

    def restored(term: ox.BlankNode) -> ox.BlankNode:
        label = term.value[1:]
        return ox.BlankNode(label_in_register(label, number=number) if term.value[0] == _OF_DOCUMENT else f"report{number}_{label}")

    return (_relabelled(quad.triple, restored) for quad in ox.parse(text, format=ox.RdfFormat.N_TRIPLES))


def _relabelled(triple: ox.Triple, relabel: Callable[[ox.BlankNode], ox.BlankNode]) -> ox.Triple:
    subject, predicate, target = triple
    is_blank = isinstance(subject, ox.BlankNode), isinstance(target, ox.BlankNode)
    if not any(is_blank):
        return triple
    new: list[Any] = [relabel(term) if blank else term for term, blank in zip((subject, target), is_blank, strict=True)]
    return ox.Triple(new[0], predicate, new[1])
