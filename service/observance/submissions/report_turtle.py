"""The report in RDF: a sh:ValidationReport (SHACL 1.0, section 3.6), with causes as sh:detail."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, Final

import pyoxigraph as ox

from observance.core import DCTERMS, LANGUAGES, OBS, PROV, RDF, RDFS, SH, XSD, translate
from observance.rdf import serialize_turtle
from observance.submissions.model import Cause, CauseBranch, Finding, Provenance, ResultTerms, SubmissionReport
from oxishacl import Place

_BOOLEAN: Final = ox.NamedNode(XSD + "boolean")
_DATE: Final = ox.NamedNode(XSD + "date")


def reports_to_turtle(reports: Iterable[SubmissionReport], *, first: int = 1) -> str:
    """Serialise the reports in Turtle, each a sh:ValidationReport; their nodes are numbered from `first`."""
    return serialize_turtle([triple for number, report in enumerate(reports, first) for triple in report_triples(report, number=number)])


def report_triples(report: SubmissionReport, *, number: int) -> Iterator[ox.Triple]:
    """Yield the triples of the report; the number is part of its blank node labels."""
    node = ox.BlankNode(f"report{number}")
    yield ox.Triple(node, _rdf("type"), _sh("ValidationReport"))
    yield ox.Triple(node, _sh("conforms"), ox.Literal(str(report.conforms).lower(), datatype=_BOOLEAN))
    for lang in LANGUAGES:
        # sh:conforms does not say whether the submission can be processed, so that a comment does.
        sentence = translate("report.ready", lang, answer=translate("report.yes" if report.processable else "report.no", lang))
        yield ox.Triple(node, ox.NamedNode(RDFS + "comment"), ox.Literal(sentence, language=lang))
    results = [(ox.BlankNode(f"report{number}result{n}"), finding) for n, finding in enumerate(report.findings, 1)]
    for result, _ in results:
        yield ox.Triple(node, _sh("result"), result)
    if report.provenance is not None:
        yield from _provenance(node, report.provenance)
    for result, finding in results:
        yield from _finding(result, finding)


def _finding(node: ox.BlankNode, finding: Finding) -> Iterator[ox.Triple]:
    yield from _result(node, finding, terms=finding.terms)
    yield ox.Triple(node, ox.NamedNode(DCTERMS + "identifier"), ox.Literal(finding.fingerprint))
    if finding.fault_of is not None:
        yield ox.Triple(node, ox.NamedNode(OBS + "faultOf"), ox.NamedNode(finding.fault_of))
    if finding.place is not None:
        place = ox.BlankNode(node.value + "place")
        yield ox.Triple(node, ox.NamedNode(PROV + "atLocation"), place)
        yield ox.Triple(place, ox.NamedNode(RDFS + "label"), ox.Literal(_label(finding.place)))


def _result(node: ox.BlankNode, finding: Finding | Cause, *, terms: ResultTerms | None) -> Iterator[ox.Triple]:
    if terms is None:
        raise ValueError("a finding without its terms cannot be written as RDF")
    yield ox.Triple(node, _rdf("type"), _sh("ValidationResult"))
    yield ox.Triple(node, _sh("focusNode"), terms.focus)
    yield ox.Triple(node, _sh("resultSeverity"), _sh(finding.severity))
    yield ox.Triple(node, _sh("sourceShape"), ox.NamedNode(finding.shape) if finding.shape else ox.BlankNode(node.value + "shape"))
    yield ox.Triple(node, _sh("sourceConstraintComponent"), ox.NamedNode(finding.component))
    relabelled = _relabelling(node)
    if terms.path is not None:
        yield ox.Triple(node, _sh("resultPath"), relabelled(terms.path))
    if terms.value is not None:
        yield ox.Triple(node, _sh("value"), terms.value)
    yield from _texts(node, _sh("resultMessage"), finding.message)
    yield from _texts(node, ox.NamedNode(RDFS + "comment"), finding.facts)
    for triple in terms.path_triples:
        yield ox.Triple(relabelled(triple.subject), triple.predicate, relabelled(triple.object))
    yield from _details(node, finding.branches)


def _details(node: ox.BlankNode, branches: Iterable[CauseBranch]) -> Iterator[ox.Triple]:
    for number, cause in enumerate((cause for branch in branches for cause in branch.causes), 1):
        detail = ox.BlankNode(f"{node.value}d{number}")
        yield ox.Triple(node, _sh("detail"), detail)
        yield from _result(detail, cause, terms=cause.terms)


def _provenance(node: ox.BlankNode, provenance: Provenance) -> Iterator[ox.Triple]:
    """Yield the inputs of the report with their digests, its engine, and the date for which it was requested."""
    digests = {
        "submission": f"rdfc-1.0;sha-256;{provenance.rdfc10}" if provenance.rdfc10 else None,
        "file": f"sha-256;{provenance.sha256}",
        "shapes": f"sha-256;{provenance.shapes}",
        "knowledge": f"sha-256;{provenance.knowledge}",
        "register": f"sha-256;{provenance.register}" if provenance.register else None,
        "engine": f"observance;{provenance.version};{provenance.engine}",
    }
    for title, identifier in digests.items():
        if identifier is not None:
            source = ox.BlankNode(node.value + title)
            yield ox.Triple(node, ox.NamedNode(PROV + "wasDerivedFrom"), source)
            yield ox.Triple(source, ox.NamedNode(DCTERMS + "title"), ox.Literal(title))
            yield ox.Triple(source, ox.NamedNode(DCTERMS + "identifier"), ox.Literal(identifier))
    if provenance.as_of is not None:
        yield ox.Triple(node, ox.NamedNode(DCTERMS + "valid"), ox.Literal(provenance.as_of, datatype=_DATE))


def _label(place: Place) -> str:
    return f"{place.line}:{place.column}" + (f" {place.pointer}" if place.pointer else "")


def _texts(node: ox.BlankNode, predicate: ox.NamedNode, texts: Mapping[str, str]) -> Iterator[ox.Triple]:
    for lang, text in sorted(texts.items()):
        yield ox.Triple(node, predicate, ox.Literal(text, language=lang))


def _relabelling(result: ox.BlankNode) -> Callable[[Any], Any]:
    """Return a function that gives the blank nodes of a path labels of their own for each result."""
    return lambda term: ox.BlankNode(result.value + term.value) if isinstance(term, ox.BlankNode) else term


def _sh(name: str) -> ox.NamedNode:
    return ox.NamedNode(SH + name)


def _rdf(name: str) -> ox.NamedNode:
    return ox.NamedNode(RDF + name)
