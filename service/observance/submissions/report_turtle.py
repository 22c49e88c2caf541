"""The report in RDF: a sh:ValidationReport (SHACL 1.0, section 3.6), its causes as sh:detail."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, Final

import pyoxigraph as ox

from observance.core import DCTERMS, LANGUAGES, PROV, RDF, RDFS, SH, XSD, translate
from observance.rdf import serialize_turtle
from observance.submissions.model import Cause, CauseBranch, Finding, Provenance, ResultTerms, SubmissionReport
from oxishacl import Place

_BOOLEAN: Final = ox.NamedNode(XSD + "boolean")
_DATE: Final = ox.NamedNode(XSD + "date")


def reports_to_turtle(reports: Iterable[SubmissionReport], *, first: int = 1) -> str:
    """The reports as sh:ValidationReport, in Turtle; nodes are numbered in order from `first`."""
    return serialize_turtle([triple for number, report in enumerate(reports, first) for triple in report_triples(report, number=number)])


def report_triples(report: SubmissionReport, *, number: int) -> Iterator[ox.Triple]:
    """The report as triples; its nodes bear the number."""
    node = ox.BlankNode(f"report{number}")
    yield ox.Triple(node, _rdf("type"), _sh("ValidationReport"))
    yield ox.Triple(node, _sh("conforms"), ox.Literal(str(report.conforms).lower(), datatype=_BOOLEAN))
    for lang in LANGUAGES:
        # sh:conforms does not say whether the submission can be processed: a sentence does.
        ready = translate("report.ready", lang, answer=translate("report.yes" if report.processable else "report.no", lang))
        yield ox.Triple(node, ox.NamedNode(RDFS + "comment"), ox.Literal(ready, language=lang))
    results = [(ox.BlankNode(f"report{number}result{n}"), finding) for n, finding in enumerate(report.findings, 1)]
    for result, _ in results:
        yield ox.Triple(node, _sh("result"), result)
    if report.provenance is not None:
        yield from _made_from(node, report.provenance)
    for result, finding in results:
        yield from _finding(result, finding)


def _finding(node: ox.BlankNode, finding: Finding) -> Iterator[ox.Triple]:
    yield from _result(node, finding, terms=finding.terms)
    yield ox.Triple(node, ox.NamedNode(DCTERMS + "identifier"), ox.Literal(finding.fingerprint))
    if finding.place is not None:
        place = ox.BlankNode(node.value + "place")
        yield ox.Triple(node, ox.NamedNode(PROV + "atLocation"), place)
        yield ox.Triple(place, ox.NamedNode(RDFS + "label"), ox.Literal(_label(finding.place)))


def _result(node: ox.BlankNode, said: Finding | Cause, *, terms: ResultTerms | None) -> Iterator[ox.Triple]:
    if terms is None:
        raise ValueError("a finding without its terms cannot be written as RDF")
    yield ox.Triple(node, _rdf("type"), _sh("ValidationResult"))
    yield ox.Triple(node, _sh("focusNode"), terms.focus)
    yield ox.Triple(node, _sh("resultSeverity"), _sh(said.severity))
    yield ox.Triple(node, _sh("sourceShape"), ox.NamedNode(said.shape) if said.shape else ox.BlankNode(node.value + "shape"))
    yield ox.Triple(node, _sh("sourceConstraintComponent"), ox.NamedNode(said.component))
    apart = _apart(node)
    if terms.path is not None:
        yield ox.Triple(node, _sh("resultPath"), apart(terms.path))
    if terms.value is not None:
        yield ox.Triple(node, _sh("value"), terms.value)
    yield from _texts(node, _sh("resultMessage"), said.message)
    yield from _texts(node, ox.NamedNode(RDFS + "comment"), said.facts)
    for triple in terms.path_triples:
        yield ox.Triple(apart(triple.subject), triple.predicate, apart(triple.object))
    yield from _details(node, said.branches)


def _details(node: ox.BlankNode, branches: Iterable[CauseBranch]) -> Iterator[ox.Triple]:
    for place, cause in enumerate((cause for branch in branches for cause in branch.causes), 1):
        detail = ox.BlankNode(f"{node.value}d{place}")
        yield ox.Triple(node, _sh("detail"), detail)
        yield from _result(detail, cause, terms=cause.terms)


def _made_from(node: ox.BlankNode, made: Provenance) -> Iterator[ox.Triple]:
    """What the report was made from, each with its digest; the engine and the date as of which it was asked for."""
    digests = {
        "submission": f"rdfc-1.0;sha-256;{made.rdfc10}" if made.rdfc10 else None,
        "file": f"sha-256;{made.sha256}",
        "shapes": f"sha-256;{made.shapes}",
        "knowledge": f"sha-256;{made.knowledge}",
        "register": f"sha-256;{made.register}" if made.register else None,
        "engine": f"observance;{made.version};{made.engine}",
    }
    for title, identifier in digests.items():
        if identifier is not None:
            source = ox.BlankNode(node.value + title)
            yield ox.Triple(node, ox.NamedNode(PROV + "wasDerivedFrom"), source)
            yield ox.Triple(source, ox.NamedNode(DCTERMS + "title"), ox.Literal(title))
            yield ox.Triple(source, ox.NamedNode(DCTERMS + "identifier"), ox.Literal(identifier))
    if made.as_of is not None:
        yield ox.Triple(node, ox.NamedNode(DCTERMS + "valid"), ox.Literal(made.as_of, datatype=_DATE))


def _label(place: Place) -> str:
    return f"{place.line}:{place.column}" + (f" {place.pointer}" if place.pointer else "")


def _texts(node: ox.BlankNode, predicate: ox.NamedNode, texts: Mapping[str, str]) -> Iterator[ox.Triple]:
    for lang, text in sorted(texts.items()):
        yield ox.Triple(node, predicate, ox.Literal(text, language=lang))


def _apart(result: ox.BlankNode) -> Callable[[Any], Any]:
    """Each result has the nodes of its path for itself."""
    return lambda term: ox.BlankNode(result.value + term.value) if isinstance(term, ox.BlankNode) else term


def _sh(name: str) -> ox.NamedNode:
    return ox.NamedNode(SH + name)


def _rdf(name: str) -> ox.NamedNode:
    return ox.NamedNode(RDF + name)
