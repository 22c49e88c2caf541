"""The report as JSON and as text for people."""

import json
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby
from typing import Any, Final

from msgspec import to_builtins
from msgspec.structs import asdict

from observance.core import LANGUAGES, compact, translate
from observance.submissions.model import (
    REGISTER_FORM,
    SEVERITIES,
    Cause,
    CauseBranch,
    Evidence,
    Finding,
    LocatedStatement,
    Provenance,
    Repair,
    SubmissionReport,
)
from oxishacl import Place

_SEVERITY_SIGNS: Final = {"Violation": "✗", "Warning": "!", "Info": "·"}
_MAX_IN_FULL: Final = 3
# The author's message states the facts of a SPARQL-based constraint.
_SPARQL_COMPONENT: Final = "#SPARQLConstraintComponent"
# An IRI in N-Triples, as a term or as a datatype.
_IRI: Final = re.compile(r"(?:(?<=^)|(?<=\"\^\^))<([^<>]*)>$")


def report_to_json(report: SubmissionReport) -> dict[str, Any]:
    """Return the report as a JSON object: `conforms` is sh:conforms, `processable` says that no result is a violation."""
    report_object: dict[str, Any] = {
        "file": report.name,
        "conforms": report.conforms,
        "processable": report.processable,
        "submissions": [{"node": node, "class": kind} for node, kind in report.submissions],
        "notes": [{lang: translate(f"oxishacl.{code}", lang, **values) for lang in LANGUAGES} for code, values in report.notes],
        "results": [_result(finding) for finding in report.findings],
    }
    if report.on_record:
        report_object["on_record"] = list(report.on_record)
    if report.left_out:
        report_object["left_out"] = dict(report.left_out)
    if report.evidence is not None:
        report_object["evidence"] = _evidence(report.evidence)
    if report.provenance is not None:
        report_object["provenance"] = asdict(report.provenance)
    return report_object


def reports_to_json(reports: Sequence[SubmissionReport | dict[str, Any]], *, several: bool) -> str:
    """Serialise one object for one input, a list for several; an unreadable input is represented by its error object."""
    objects = [report_to_json(report) if isinstance(report, SubmissionReport) else report for report in reports]
    return json.dumps(objects if several else objects[0], ensure_ascii=False, indent=2)


def _result(finding: Finding) -> dict[str, Any]:
    return {
        "paragraph": finding.paragraph,
        "fault_of": finding.fault_of,
        "severity": finding.severity,
        "message": dict(finding.message),
        "focus": finding.focus,
        "path": finding.path,
        "value": finding.value,
        "shape": finding.shape,
        "component": finding.component,
        "place": None if finding.place is None else asdict(finding.place),
        "facts": dict(finding.facts),
        "branches": [_branch(branch) for branch in finding.branches],
        "repair": None if finding.repair is None else _repair(finding.repair),
        "fingerprint": finding.fingerprint,
    }


def _repair(repair: Repair) -> dict[str, Any]:
    return {**asdict(repair), "choices": list(repair.choices), "edits": [to_builtins(edit) for edit in repair.edits]}


def _branch(branch: CauseBranch) -> dict[str, Any]:
    return {"shape": branch.shape, "value": branch.value, "causes": [_cause(cause) for cause in branch.causes]}


def _cause(cause: Cause) -> dict[str, Any]:
    return {
        "facts": dict(cause.facts),
        "message": dict(cause.message),
        "focus": cause.focus,
        "path": cause.path,
        "value": cause.value,
        "shape": cause.shape,
        "component": cause.component,
        "branches": [_branch(branch) for branch in cause.branches],
    }


def _statement(statement: LocatedStatement) -> dict[str, Any]:
    return {**asdict(statement), "place": None if statement.place is None else asdict(statement.place)}


def _evidence(evidence: Evidence) -> dict[str, Any]:
    met = [
        {"paragraph": m.paragraph, "shape": m.shape, "focus": m.focus, "statements": [_statement(statement) for statement in m.statements]}
        for m in evidence.met
    ]
    return {"met": met, "uncovered": [_statement(statement) for statement in evidence.uncovered]}


def report_to_text(report: SubmissionReport, *, lang: str) -> str:
    """Return the report for people: the verdict, then the findings by paragraph, each with its place, causes and remedy."""
    return "\n".join(_lines(report, lang=lang))


def _lines(report: SubmissionReport, *, lang: str) -> Iterator[str]:
    verdict = "conforms" if report.conforms else "processable" if report.processable else "to-repair"
    yield f"{report.name}: {translate(f'report.{verdict}', lang)}"
    for node, kind in report.submissions:
        yield "  " + translate("report.submission", lang, node=_node_text(node), kind=compact(kind))
    for node in report.on_record:
        yield "  " + translate("report.on-record", lang, node=_node_text(node))
    for code, values in report.notes:
        yield "  " + translate("report.note", lang, note=translate(f"oxishacl.{code}", lang, **values))
    for heading, findings in groupby(report.findings, key=lambda finding: _finding_heading(finding, lang=lang)):
        yield "  " + heading
        for _, equal_findings in groupby(findings, key=lambda finding: (finding.severity, finding.focus, finding.shape)):
            yield from _finding_group(list(equal_findings), lang=lang)
    if report.findings:
        yield "  " + _counts(report.findings, lang=lang)
    if report.evidence is not None:
        yield from _evidence_lines(report.evidence, lang=lang)
    yield "  " + translate("report.shacl", lang, answer=translate("report.yes" if report.conforms else "report.no", lang))
    yield "  " + translate("report.ready", lang, answer=translate("report.yes" if report.processable else "report.no", lang))
    if report.provenance is not None:
        yield "  " + translate("report.made-from", lang, **_digests(report.provenance))
        if report.provenance.as_of is not None:
            yield "  " + translate("report.as-of", lang, date=report.provenance.as_of)


def _counts(findings: Sequence[Finding], *, lang: str) -> str:
    counts = Counter(finding.severity for finding in findings)
    texts = (f"{_SEVERITY_SIGNS[s]} " + translate(f"report.count-{s.lower()}", lang, count=counts[s]) for s in SEVERITIES if counts[s])
    return " · ".join(texts)


def _heading(paragraph: str | None, *, lang: str) -> str:
    return translate("report.paragraph", lang, number=paragraph) if paragraph else translate("report.document", lang)


def _finding_heading(finding: Finding, *, lang: str) -> str:
    return translate("report.form", lang) if finding.fault_of == REGISTER_FORM else _heading(finding.paragraph, lang=lang)


def _digests(provenance: Provenance) -> Mapping[str, str]:
    submission = f"rdfc10:{provenance.rdfc10[:12]}" if provenance.rdfc10 else f"sha256:{provenance.sha256[:12]}"
    return {
        "submission": submission,
        "shapes": provenance.shapes[:12],
        "knowledge": provenance.knowledge[:12],
        "engine": f"{provenance.engine} {provenance.version}",
    }


def _finding_group(findings: Sequence[Finding], *, lang: str) -> Iterator[str]:
    """Yield the lines of findings with the same shape and focus node: the first in full, and the number of others."""
    for finding in findings[:_MAX_IN_FULL]:
        yield f"    {_SEVERITY_SIGNS[finding.severity]} {finding_message(finding, lang=lang)}"
        if finding.place is not None:
            yield f"      {_place_text(finding.place, lang=lang)}"
        if lang in finding.facts and not finding.component.endswith(_SPARQL_COMPONENT):
            yield f"      {finding.facts[lang]}"
        yield from _branch_lines(finding.branches, lang=lang, indent="      ")
        yield from _repair_lines(finding, lang=lang)
    if len(findings) > _MAX_IN_FULL:
        yield f"    {_SEVERITY_SIGNS[findings[0].severity]} " + translate("report.more", lang, count=len(findings) - _MAX_IN_FULL)
    # The label of a blank node stands nowhere in its file.
    shape = "" if findings[0].shape.startswith("_:") else f" · {compact(findings[0].shape)}"
    yield f"      {_node_text(findings[0].focus)}{shape}"


def _branch_lines(branches: Sequence[CauseBranch], *, lang: str, indent: str) -> Iterator[str]:
    for branch in branches:
        phrase = "report.branch-lacks" if branch.causes else "report.branch-has"
        yield indent + "– " + translate(phrase, lang, value=branch.value, shape=branch.shape)
        for cause in branch.causes:
            yield f"{indent}  " + " ".join(text for text in (cause.message.get(lang), cause.facts[lang]) if text)
            yield from _branch_lines(cause.branches, lang=lang, indent=indent + "    ")


def _repair_lines(finding: Finding, *, lang: str) -> Iterator[str]:
    repair = finding.repair
    if repair is None:
        return
    yield "      " + translate("report.repair-gap" if repair.gap else "report.repair", lang)
    yield from (f"        {line}" for line in repair.write.splitlines())
    if repair.choices:
        yield "      " + translate("report.repair-choices", lang, choices=", ".join(repair.choices))
    if repair.instead_of:
        yield "      " + translate("report.repair-instead", lang)
        yield from (f"        {line}" for line in repair.instead_of.splitlines())


def _place_text(place: Place, *, lang: str) -> str:
    position = translate("report.place", lang, line=place.line, column=place.column)
    return f"{position} ({place.pointer})" if place.pointer else position


def _evidence_lines(evidence: Evidence, *, lang: str) -> Iterator[str]:
    yield "  " + translate("report.evidence", lang)
    for paragraph, met in groupby(evidence.met, key=lambda shape: shape.paragraph):
        yield "    " + _heading(paragraph, lang=lang)
        for shape in met:
            yield f"      ✓ {compact(shape.shape)} · {_node_text(shape.focus)}"
            yield from (f"          {_statement_line(statement)}" for statement in shape.statements)
    yield "  " + translate("report.uncovered", lang, count=len(evidence.uncovered))
    yield from (f"      {_statement_line(statement)}" for statement in evidence.uncovered)


def _statement_line(statement: LocatedStatement) -> str:
    place = f"{statement.place.line}:{statement.place.column} " if statement.place else ""
    return place + statement_text(asdict(statement))


def statement_text(statement: Mapping[str, Any]) -> str:
    """Return the text of a statement (a JSON object of a report), its IRIs in compact form."""
    terms = (statement["subject"], statement["predicate"], statement["object"])
    return " ".join(_IRI.sub(lambda match: compact(match[1]), term) for term in terms)


def finding_message(finding: Finding, *, lang: str) -> str:
    """Return the finding's message in the language, or the message in another language, preceded by that language's code."""
    if lang in finding.message:
        return finding.message[lang]
    return next((f"[{language}] {text}" for language, text in finding.message.items()), compact(finding.shape))


def _node_text(node: str) -> str:
    return node if node.startswith("_:") else compact(node)


COMPARISON_KINDS: Final = ("new", "persisting", "resolved")

Result = Mapping[str, Any]
Results = Sequence[Result]


def compare_reports(new: Results, old: Results) -> dict[str, list[Result]]:
    """Return the results (JSON objects of a report) by kind: those of `new` that are new or persisting, those of `old` that are resolved.

    If a fingerprint occurs more often than before, the additional results are new.
    """
    added, persisting = _split(new, others=old)
    resolved, _ = _split(old, others=new)
    return {"new": added, "persisting": persisting, "resolved": resolved}


def _split(results: Results, *, others: Results) -> tuple[list[Result], list[Result]]:
    unmatched = Counter(result["fingerprint"] for result in others)
    unique, common = list[Result](), list[Result]()
    for result in results:
        if unmatched[result["fingerprint"]] > 0:
            unmatched[result["fingerprint"]] -= 1
            common.append(result)
        else:
            unique.append(result)
    return unique, common
