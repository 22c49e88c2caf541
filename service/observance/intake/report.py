"""A report written out: text for people, JSON for programs, Turtle for graphs. The same report gives the same bytes."""

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import groupby
from typing import Any, Final

import pyoxigraph as ox

from observance.graph.turtle import turtle
from observance.model import SEVERITIES, Finding, Report
from observance.namespaces import RDF, SH, XSD, compact
from observance.phrases import LANGUAGES, say

_SIGNS: Final = {"Violation": "✗", "Warning": "!", "Info": "·"}
_FULL: Final = 3
_BOOLEAN: Final = ox.NamedNode(XSD + "boolean")


def as_object(report: Report) -> dict[str, Any]:
    """The report as a JSON object: `conforms` is SHACL's, `processable` says that no result is a violation."""
    return {
        "file": report.name,
        "conforms": report.conforms,
        "processable": report.processable,
        "submissions": [{"node": node, "class": kind} for node, kind in report.submissions],
        "notes": [{lang: say(phrase, lang, **values) for lang in LANGUAGES} for phrase, values in report.notes],
        "results": [_result(finding) for finding in report.findings],
    }


def as_json(reports: Sequence[Report | dict[str, Any]], *, several: bool) -> str:
    """One object for one input, a list for several; what could not be read stands in the list as its error."""
    objects = [as_object(report) if isinstance(report, Report) else report for report in reports]
    return json.dumps(objects if several else objects[0], ensure_ascii=False, indent=2)


def _result(finding: Finding) -> dict[str, Any]:
    return {
        "paragraph": finding.paragraph,
        "severity": finding.severity,
        "message": dict(finding.message),
        "focus": finding.focus,
        "path": finding.path,
        "value": finding.value,
        "shape": finding.shape,
        "component": finding.component,
    }


def as_text(report: Report, *, lang: str) -> str:
    """The report for people: the verdict first, then the findings by paragraph, each with where it is and what to do."""
    return "\n".join(_lines(report, lang=lang))


def _lines(report: Report, *, lang: str) -> Iterator[str]:
    verdict = "conforms" if report.conforms else "processable" if report.processable else "to-repair"
    yield f"{report.name}: {say(f'report.{verdict}', lang)}"
    for node, kind in report.submissions:
        yield "  " + say("report.submission", lang, node=_shown(node), kind=compact(kind))
    for phrase, values in report.notes:
        yield "  " + say("report.note", lang, note=say(phrase, lang, **values))
    for paragraph, findings in groupby(report.findings, key=lambda finding: finding.paragraph):
        yield "  " + (say("report.paragraph", lang, number=paragraph) if paragraph else say("report.document", lang))
        for _, alike in groupby(findings, key=lambda finding: (finding.severity, finding.focus, finding.shape)):
            yield from _told(list(alike), lang=lang)
    if report.findings:
        counts = ((s, sum(f.severity == s for f in report.findings)) for s in SEVERITIES)
        yield "  " + " · ".join(f"{_SIGNS[s]} " + say(f"report.count-{s.lower()}", lang, count=count) for s, count in counts if count)
    yield "  " + say("report.shacl", lang, answer=say("report.yes" if report.conforms else "report.no", lang))


def _told(findings: Sequence[Finding], *, lang: str) -> Iterator[str]:
    """What one shape says of one node: the first few in full, and how many more there are."""
    for finding in findings[:_FULL]:
        yield f"    {_SIGNS[finding.severity]} {message(finding, lang=lang)}"
    if len(findings) > _FULL:
        yield f"    {_SIGNS[findings[0].severity]} " + say("report.more", lang, count=len(findings) - _FULL)
    yield f"      {_shown(findings[0].focus)} · {compact(findings[0].shape)}"


def message(finding: Finding, *, lang: str) -> str:
    """The finding's message in the language, marked where only the other one exists."""
    if lang in finding.message:
        return finding.message[lang]
    return next((f"[{other}] {text}" for other, text in finding.message.items()), compact(finding.shape))


def _shown(node: str) -> str:
    return node if node.startswith("_:") else compact(node)


def as_turtle(reports: Iterable[Report], *, first: int = 1) -> str:
    """The reports as sh:ValidationReport (SHACL 1.0, section 3.6), in Turtle; nodes are numbered in order from `first`."""
    return turtle([triple for number, report in enumerate(reports, first) for triple in triples(report, number=number)])


def triples(report: Report, *, number: int) -> Iterator[ox.Triple]:
    """The report as triples; its nodes bear the number."""
    node = ox.BlankNode(f"report{number}")
    yield ox.Triple(node, _rdf("type"), _sh("ValidationReport"))
    yield ox.Triple(node, _sh("conforms"), ox.Literal(str(report.conforms).lower(), datatype=_BOOLEAN))
    results = [(ox.BlankNode(f"report{number}result{n}"), finding) for n, finding in enumerate(report.findings, 1)]
    for result, _ in results:
        yield ox.Triple(node, _sh("result"), result)
    for result, finding in results:
        yield from _result_triples(result, finding)


def _result_triples(result: ox.BlankNode, finding: Finding) -> Iterator[ox.Triple]:
    terms = finding.terms
    if terms is None:
        raise ValueError("a finding without its terms cannot be written as RDF")
    yield ox.Triple(result, _rdf("type"), _sh("ValidationResult"))
    yield ox.Triple(result, _sh("focusNode"), terms.focus)
    yield ox.Triple(result, _sh("resultSeverity"), _sh(finding.severity))
    yield ox.Triple(result, _sh("sourceShape"), ox.NamedNode(finding.shape))
    yield ox.Triple(result, _sh("sourceConstraintComponent"), ox.NamedNode(finding.component))
    apart = _apart(result)
    if terms.path is not None:
        yield ox.Triple(result, _sh("resultPath"), apart(terms.path))
    if terms.value is not None:
        yield ox.Triple(result, _sh("value"), terms.value)
    for lang, text in finding.message.items():
        yield ox.Triple(result, _sh("resultMessage"), ox.Literal(text, language=lang))
    for triple in terms.path_triples:
        yield ox.Triple(apart(triple.subject), triple.predicate, apart(triple.object))


def _apart(result: ox.BlankNode) -> Callable[[Any], Any]:
    """Each result has the nodes of its path for itself."""
    return lambda term: ox.BlankNode(result.value + term.value) if isinstance(term, ox.BlankNode) else term


def _sh(name: str) -> ox.NamedNode:
    return ox.NamedNode(SH + name)


def _rdf(name: str) -> ox.NamedNode:
    return ox.NamedNode(RDF + name)
